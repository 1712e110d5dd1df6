"""Every route keeps what the API's own description promises, whatever it is asked."""

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from seatwise.api import api
from seatwise.wsgi import application

schema = schemathesis.openapi.from_dict(dict(api.get_openapi_schema(path_prefix="/api/v1/")))
schema.app = application
ANYTHING = list(HealthCheck)
NOT_HERE = [
    ignored_auth,  # test_access.py: it would call without the token that the session's examples need
    positive_data_acceptance,  # a cursor that looks like one and is none is refused
]


@pytest.mark.django_db(transaction=True)
@schema.parametrize()
@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=ANYTHING, derandomize=True, database=None)
def test_every_route_answers_as_described(case: schemathesis.Case, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=NOT_HERE)


@pytest.fixture
def token(caller: object, copy: object) -> str:
    client: Client = caller("owner")  # type: ignore[operator]
    return str(client.defaults["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")
