"""Who may ask: nobody without a token or a sign-in, and nobody more than their role allows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from api.described import DESCRIPTION
from seatwise.services.operators import disable_operator, list_operators
from seatwise.services.rights import SYSTEM
from seatwise.services.tokens import list_tokens, revoke_token
from seatwise.store.models import Operator

pytestmark = pytest.mark.django_db
Caller = Callable[[str], Client]
OPERATIONS = [(method, path) for path, methods in DESCRIPTION["paths"].items() for method in methods]
NUMBERS = {"{key}": "1", "{connection}": "1", "{run}": "1", "{budget}": "1", "{channel}": "1", "{slug}": "openai"}
BODIES = {
    ("post", "/api/v1/budgets"): {"name": "All", "scope": "all", "amount": "100"},
    ("patch", "/api/v1/budgets/{budget}"): {"name": "All"},
}


def ask(client: Client, method: str, path: str) -> Any:
    body = BODIES.get((method, path))
    for place, number in NUMBERS.items():
        path = path.replace(place, number)
    return getattr(client, method)(path, *([] if body is None else [body, "application/json"]))


@pytest.fixture
def nobody(db: None) -> Client:
    """Signed in, with a role that may nothing."""
    client = Client()
    client.force_login(Operator.objects.create(email="nobody@example.com", role=""))
    return client


@pytest.mark.parametrize(("method", "path"), [*OPERATIONS, ("get", "/api/v1/openapi.json")])
def test_a_stranger_is_refused_everywhere(method: str, path: str) -> None:
    for client in (
        Client(),
        Client(headers={"authorization": "Bearer seatwise_wrong"}),
        Client(enforce_csrf_checks=True),
    ):
        answer = ask(client, method, path)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_asks_for_a_permission(method: str, path: str, nobody: Client) -> None:
    answer = ask(nobody, method, path)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "not_allowed"


@pytest.mark.parametrize(("method", "path"), [each for each in OPERATIONS if each[0] != "get"])
def test_a_viewer_changes_nothing(method: str, path: str, caller: Caller) -> None:
    assert ask(caller("viewer"), method, path).status_code == 403


def test_a_token_stops_with_its_maker_its_end_and_its_revocation(caller: Caller) -> None:
    admin, viewer = caller("admin"), caller("viewer")
    assert admin.get("/api/v1/users").status_code == viewer.get("/api/v1/users").status_code == 200
    disable_operator(SYSTEM, id=next(each.id for each in list_operators(SYSTEM) if each.role == "admin"))
    revoke_token(SYSTEM, id=next(each.id for each in list_tokens(SYSTEM) if each.role == "viewer"))
    assert admin.get("/api/v1/users").status_code == viewer.get("/api/v1/users").status_code == 401


def test_a_signed_in_browser_reads_but_writes_only_with_its_form_token(caller: Caller, copy: Any) -> None:
    caller("admin")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(Operator.objects.get())
    assert browser.get("/api/v1/users").status_code == 200
    assert browser.get("/api/v1/openapi.json").status_code == 200
    forged = browser.post(f"/api/v1/connections/{copy.pk}/pause")
    assert (forged.status_code, forged.json()["error"]["code"]) == (403, "not_allowed")


def test_too_many_requests_at_once_are_told_to_wait(caller: Caller) -> None:
    client = caller("viewer")
    with time_machine.travel(datetime.now(UTC), tick=False):
        answers = [client.get("/api/v1/runs/1") for _ in range(101)]
    assert {answer.status_code for answer in answers[:100]} == {404}
    refused = answers[100]
    assert refused.json()["error"]["code"] == "too_many_requests"
    assert int(refused["Retry-After"]) >= 1
