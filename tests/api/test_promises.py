"""Every route keeps what the API's own description promises, whatever it is asked."""

from collections.abc import Iterator
from functools import cache

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from api.described import DESCRIPTION
from seatwise.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]
schema = schemathesis.openapi.from_dict(DESCRIPTION)
schema.app = application
ROUTES = [(method.upper(), path) for path, methods in DESCRIPTION["paths"].items() for method in methods]
FEW = hypothesis_settings(  # beside each parameter's bounds, which are all tried
    max_examples=5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
NOT_HERE = [
    ignored_auth,  # test_access.py: it would call without the token that the session's examples need
    positive_data_acceptance,  # a cursor that looks like one and is none is refused
]


@pytest.fixture(autouse=True)
def one_transaction() -> Iterator[None]:
    """As Django's own client does: a request that ends closes the database, and this one is rolled back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(caller: object, copy: object) -> str:
    client: Client = caller("owner")  # type: ignore[operator]
    return str(client.defaults["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_answers_as_described(method: str, path: str, token: str) -> None:
    """What a route is asked is made up here: `schema.parametrize` does it for all, wherever tests are looked for."""

    def answered(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=NOT_HERE)

    given = {"feedback": words_of_the_code(), "given_kwargs": {}, "explicit_settings": FEW}
    build_operation_test(config=schema.config, operation=schema[path][method], test_func=answered, **given)()


@cache
def words_of_the_code() -> FeedbackSources:
    """Constants of the application, which are tried as values."""
    return FeedbackSources(constants_value_source=make_constants_value_source(schema))
