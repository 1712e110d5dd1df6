"""The overview, over HTTP: each card with its links and with what it does not know."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.store.models import Change, LicenseDay, Stream

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_any_connection_it_leads_to_integrations(client_of, db):
    page = text(client_of("viewer"), "/overview/")
    assert "Nothing is connected yet" in page
    assert "/integrations/" in page


def test_every_number_opens_its_list_and_every_gap_is_said(client_of, connection_of, user_of):
    acme = connection_of("Acme", attention="The key was revoked.")
    user_of(acme, last_active_at=NOW - timedelta(days=1), last_active_source="API key use")
    user = user_of(acme, email="boss@x", vendor_id="user-boss")
    Change.objects.create(
        connection=acme, stream="users", kind="arrived", vendor_id="user-boss", label="boss@x", at=NOW,
        after={"role": "owner"},
    )  # fmt: skip
    Stream.objects.create(connection=acme, name="costs", state="forbidden")
    page = text(client_of("viewer"), "/overview/")
    for said in (
        "The key was revoked.", f"/connections/{acme.pk}", "New owners", f"/users/{user.pk}/", "No use known",
        "/changes/?stream=users&amp;kind=new_owner", "?status=active&amp;kind=user&amp;used=longer_ago",
        "things are not known", "Active in the last 30 days", "No list of keys was ever read.",
    ):  # fmt: skip
        assert said in page, said
    assert "0 keys" not in page


def test_the_licenses_page_has_advice_with_reasons_and_a_line_of_days(client_of, connection_of, user_of):
    acme = connection_of("Acme")
    user_of(acme, email="idle@x", last_active_at=datetime(2025, 6, 1, tzinfo=UTC), last_active_source="Own key")
    client = client_of("viewer")
    assert "Nothing yet" in text(client, "/licenses/")
    for back, idle in ((2, 0), (1, 1), (0, 1)):
        LicenseDay.objects.create(
            connection=acme, license="openai", day=NOW.date() - timedelta(days=back), assigned=10 + back, idle=idle,
            invited=1, unknown=2, idle_days=90,
        )  # fmt: skip
    page = text(client, "/licenses/")
    for said in ("Last known use Jun 1, 2025, by API key.", "Ask, then remove", "assigned from 12 to 10", "<polyline"):
        assert said in page, said
    assert "style=" not in page
    held = text(client, "/licenses/openai/idle/")
    assert "Last known use Jun 1, 2025, by API key." in held
    for said in (page, held):
        assert "wast" not in said.lower()


def test_the_line_of_the_largest_group_stays_inside_the_drawing():
    from seatwise.services.license_advice import LicenseTrend
    from seatwise.web.licenses.trend import trend

    first, last = NOW.date() - timedelta(days=1), NOW.date()
    drawn = trend([LicenseTrend(first, 10, 1, 40, 2), LicenseTrend(last, 11, 1, 20, 2)])
    assert drawn.top == 40
    assert {line.name: line.points for line in drawn.lines}["invited"] == "0.00,0.00 100.00,50.00"
