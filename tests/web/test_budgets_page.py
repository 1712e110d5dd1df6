"""Budgets and alerts on pages: what is known, what is not, and what each role may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from fixtures.alerts import today
from seatwise.services.alerts import tell
from seatwise.store.models import Alert, Budget, Stream

As = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(connection_of: Callable[..., Any], spend_of: Callable[..., None]) -> Any:
    connection = connection_of("Acme")
    spend_of(connection, {today() - timedelta(days=n): 10 for n in range(60)}, "project", "proj_1")
    return connection


def page(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_an_empty_list_says_what_budgets_are_for(client_of: As) -> None:
    assert "Connect an account of a vendor first" in page(client_of("admin"), "/budgets/")


def test_a_budget_is_set_shown_changed_and_deleted(client_of: As, acme: Any) -> None:
    client = client_of("admin")
    assert "New budget" in page(client, "/budgets/")
    typed = {"name": "Team <b>", "scope": "project", "connection": "Acme", "subject": "proj_1", "amount": "1,000",
             "currency": "usd", "actual": "50 %, 80", "forecast": ""}  # fmt: skip
    assert "is set" in client.post("/budgets/new/", typed, follow=True).content.decode()
    row = Budget.objects.get()
    assert row.thresholds == [[50, "actual"], [80, "actual"]]
    listed = page(client, "/budgets/")
    assert "Team &lt;b&gt;" in listed
    assert "$1,000.00" in listed
    assert 'role="img" aria-label="' in listed
    assert "Not passed this month" in page(client, f"/budgets/{row.pk}/")
    assert "50, 80" in page(client, f"/budgets/{row.pk}/edit/")
    changed = {"name": "Team", "amount": "1", "currency": "usd", "actual": "100", "forecast": ""}
    html = client.post(f"/budgets/{row.pk}/edit/", changed, follow=True).content.decode()
    assert "Over" in html
    assert "100% of the budget" in html
    client.post(f"/budgets/{row.pk}/delete/")
    assert not Budget.objects.exists()


def test_a_budgets_page_tells_its_own_alerts_whatever_else_was_told(client_of: As, acme: Any, budget_of: Any) -> None:
    one, other = budget_of("One", amount="5"), budget_of("Other", amount="5")
    for number in range(210):
        tell("budget", f"more:{number}", f"Other again {number}", link=f"/budgets/{other.id}/",
             budget=Budget.objects.get(pk=other.id))  # fmt: skip
    html = page(client_of("viewer"), f"/budgets/{one.id}/")
    assert "What was told" in html
    assert "Other" not in html


def test_what_is_wrong_stands_beside_its_field(client_of: As, acme: Any) -> None:
    client = client_of("admin")
    typed = {"name": "x", "scope": "project", "connection": "", "subject": "", "amount": "1", "currency": "usd"}
    assert "Choose a connection" in client.post("/budgets/new/", typed).content.decode()
    typed |= {"connection": "Acme"}
    assert 'id="id_subject_error"' in client.post("/budgets/new/", typed).content.decode()
    typed |= {"scope": "all", "actual": "half"}
    assert 'id="id_actual_error"' in client.post("/budgets/new/", typed).content.decode()
    assert 'id="id_actual_error"' in client.post("/budgets/new/", {**typed, "actual": "5000"}).content.decode()
    assert not Budget.objects.exists()


def test_a_new_budget_can_be_asked_for_from_another_page(client_of: As, acme: Any) -> None:
    html = page(client_of("admin"), "/budgets/new/", scope="project", connection="Acme", subject="proj_1")
    assert 'value="proj_1"' in html
    assert '<option value="project" selected>' in html


def test_what_is_not_read_is_never_fine(client_of: As, acme: Any, budget_of: Any) -> None:
    info = budget_of(amount="100000")
    Stream.objects.filter(name="costs").update(state="forbidden", enabled=True)
    assert "Incomplete" in page(client_of("viewer"), "/budgets/")
    assert "The key may not read" in page(client_of("viewer"), f"/budgets/{info.id}/")


def test_a_viewer_sees_and_sets_nothing(client_of: As, acme: Any, budget_of: Any) -> None:
    info, client = budget_of(amount="5"), client_of("viewer")
    for path in ("/budgets/", f"/budgets/{info.id}/", "/alerts/", f"/alerts/{Alert.objects.get().pk}/"):
        html = page(client, path)
        assert "Edit" not in html
        assert "New budget" not in html
        assert "Acknowledge<" not in html
    for path in ("/budgets/new/", f"/budgets/{info.id}/edit/", f"/budgets/{info.id}/delete/"):
        assert client.get(path).status_code == 403
        assert client.post(path).status_code == 403
    assert client.post(f"/alerts/{Alert.objects.get().pk}/acknowledge/").status_code == 403
    assert client.post("/alerts/acknowledge/").status_code == 403
    assert client.get("/settings/channels/").status_code == 403


def test_alerts_are_listed_filtered_and_acknowledged(client_of: As, acme: Any, budget_of: Any) -> None:
    budget_of(amount="5")
    tell("new_owner", "1", "<i>ada</i> is an owner", "Look.", [("User", "<b>")], link="/users/1/", connection=acme)
    client = client_of("admin")
    html = page(client, "/alerts/")
    assert "2 open" in html
    assert "&lt;i&gt;ada" in html
    assert "is an owner" not in page(client, "/alerts/", kind="budget")
    assert "No alert fits" in page(client, "/alerts/", state="acknowledged")
    alert = Alert.objects.get(kind="new_owner")
    one = page(client, f"/alerts/{alert.pk}/")
    assert "&lt;b&gt;" in one
    assert 'href="/users/1/"' in one
    assert "No delivery is on record" in one
    client.post(f"/alerts/{alert.pk}/acknowledge/")
    assert "1 open" in page(client, "/alerts/")
    assert "1 alert acknowledged." in client.post("/alerts/acknowledge/", follow=True).content.decode()
    assert "admin@example.com" in page(client, f"/alerts/{alert.pk}/")
    assert client.get("/alerts/4711/").status_code == 404


def test_a_list_without_alerts_says_what_will_be_told(client_of: As) -> None:
    assert "Keys and owners that the first sync finds are no news" in page(client_of("viewer"), "/alerts/")


def test_filters_answer_with_the_list_alone(client_of: As) -> None:
    answer = client_of("viewer").get("/alerts/?kind=budget", headers={"HX-Request": "true", "HX-Target": "alerts"})
    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/alerts/?kind=budget"


def test_where_alerts_lead_there_is_a_page(budget_of: Any, acme: Any) -> None:
    info = budget_of(amount="5")
    assert Alert.objects.get().link == f"/budgets/{info.id}/"
    for link in (f"/budgets/{info.id}/", "/users/1/", "/keys/1/", "/connections/1/", "/spend/"):
        assert resolve(link)
