"""The Spend screen in every state: what it shows, what it says beside, where its lines lead, and its files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from seatwise.services.anomalies import Unusual, say
from seatwise.services.rights import SYSTEM
from seatwise.services.spend import get_spend
from seatwise.store.models import Connection, Cost, Project, Stream, Usage
from seatwise.sync import lease, rollups, usage_sums

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
As = Callable[[str], Client]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def acme(connection_of: Callable[..., Any], user_of: Callable[..., Any]) -> Connection:
    row = connection_of("Acme")
    user_of(row, vendor_id="user-ada", name="Ada Lovelace", email="ada@acme.example")
    Stream.objects.create(
        connection=row, name="costs", state="complete", synced_at=NOW, covered_from=date(2025, 11, 23),
        covered_to=date(2026, 11, 24),
    )  # fmt: skip
    costs = (
        (date(2026, 11, 3), "12.5", "proj_a", "user-ada", "gpt-x, input"),
        (date(2026, 11, 20), "3", "proj_b", None, "gpt-x, output"),
        (date(2026, 11, 20), "-1.25", None, None, "Promotional credits"),
        (date(2026, 10, 20), "5", "proj_a", None, "gpt-x, input"),
    )  # fmt: skip
    for slot, (day, amount, project, user, line) in enumerate(costs):
        Cost.objects.create(
            connection=row, stream="costs", day=day, slot=slot, hash=0, project_id=project, user_id=user,
            line_item=line, model=line.split(",")[0], amount=int(Decimal(amount) * 10**10), currency="usd",
        )  # fmt: skip
    rollups.rebuild(row.pk, sorted({day for day, *_ in costs}))
    run = lease.claim(row, "test", {})
    assert run
    rollups.place(run, set().union(*rollups.settle(run)))
    lease.release(run, "complete", "", "")
    return row


def page(client: Client, address: str = "", **headers: str) -> str:
    response = client.get(f"/spend/{address}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def lines(client: Client, path: str) -> list[dict[str, str]]:
    response = client.get(f"/spend/{path}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_month_is_shown_with_its_days_its_lines_and_what_is_still_open(client_of: As, acme: Connection) -> None:
    text = page(client_of("viewer"))
    assert "$14.25" in text
    assert "proj_a" in text
    assert "Unattributed" in text
    assert "Nov 23 had not ended when it was read" in text
    assert "Days from Nov 16 on may still be restated" in text
    assert text.count("<title>Nov ") == 23
    assert "\N{MINUS SIGN}$1.25" in text
    assert 'aria-label="Spend by day"' in text
    assert 'style="' not in text


def test_lines_lead_further_in_and_back_out(client_of: As, acme: Connection) -> None:
    client = client_of("viewer")
    text = page(client, "?by=project")
    inside = re.search(r'href="(\?[^"]*project=proj_a[^"]*)"', text)
    assert inside
    text = page(client, inside[1].replace("&amp;", "&"))
    assert "$12.50" in text
    assert "proj_b" not in text
    assert "Take away: Project proj_a" in text
    text = page(client, "?by=person")
    assert "Ada Lovelace" in text
    assert "Reported" in text
    assert re.search(r'href="\?[^"]*person=user-ada', text)
    assert "gpt-x" in page(client, "?by=model&person=user-ada")


@pytest.mark.parametrize("by", ["total", "project", "person", "api_key", "model", "line_item"])
@pytest.mark.parametrize("range", ["this_month", "last_month", "last_90_days", "this_year", "custom"])
def test_every_dimension_of_every_range_sums_to_its_headline(
    client_of: As, acme: Connection, by: str, range: str
) -> None:
    address = f"by={by}&range={range}" + ("&from=2026-11-01&to=2026-11-10" if range == "custom" else "")
    asked = {"start": date(2026, 11, 1), "end": date(2026, 11, 10)} if range == "custom" else {"range": range}
    page(client_of("viewer"), f"?{address}")
    wanted = get_spend(SYSTEM, by="total", **asked).totals[0].amount  # type: ignore[arg-type]
    found = lines(client_of("viewer"), f"export.csv?{address}")
    assert sum(Decimal(line["amount"]) for line in found) == Decimal(wanted)


def test_htmx_gets_the_part_and_the_shortest_address(client_of: As, acme: Connection) -> None:
    response = client_of("viewer").get(
        "/spend/?by=model&range=this_month&connection=", headers={"HX-Request": "true", "HX-Target": "spend"}
    )
    assert response.content.decode().lstrip().startswith('<div id="spend"')
    assert response["HX-Push-Url"] == "/spend/?by=model"


def test_nothing_connected_says_where_to_begin(client_of: As) -> None:
    text = page(client_of("viewer"))
    assert "Nothing is connected yet" in text


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        ({"state": "forbidden", "covered_from": None}, "Usage: Read (api.usage.read)"),
        ({"enabled": False, "covered_from": None}, "switched off"),
        ({"covered_from": None, "covered_to": None}, "were not read yet"),
    ],
)
def test_costs_that_were_never_read_say_why(
    client_of: As, connection_of: Callable[..., Any], stream: dict[str, Any], says: str
) -> None:
    row = connection_of("Acme")
    Stream.objects.create(connection=row, name="costs", **stream)
    text = page(client_of("viewer"))
    assert says in text
    assert "No costs are known yet" in text
    assert "$0" not in text


def test_a_part_that_is_read_is_not_shown_as_the_whole(client_of: As, acme: Connection) -> None:
    Stream.objects.filter(name="costs").update(covered_from=date(2026, 11, 10))
    text = page(client_of("viewer"), "?range=last_30_days")
    assert "Days before Nov 10, 2026 are still to be read" in text
    assert "Not read" in text
    assert "there is no comparison" in text


def test_an_empty_range_and_one_that_is_none(client_of: As, acme: Connection) -> None:
    assert "Nothing was spent" in page(client_of("viewer"), "?range=custom&from=2026-01-05&to=2026-01-06")
    response = client_of("viewer").get("/spend/?from=2026-12-24")
    assert response.status_code == 400
    assert "lies in the future" in response.content.decode()


def test_days_that_were_never_read_are_not_said_to_cost_nothing(client_of: As, acme: Connection) -> None:
    text = page(client_of("viewer"), "?range=custom&from=2024-01-05&to=2024-01-06")
    assert "No cost is known" in text
    assert "Nothing was spent" not in text


def test_namesakes_of_two_connections_are_told_apart(
    client_of: As, acme: Connection, connection_of: Callable[..., Any]
) -> None:
    labs = connection_of("Labs")
    cost = Cost.objects.get(connection=acme, project_id="proj_a", day__month=11)
    cost.pk, cost.connection, cost.project_id = None, labs, "proj_c"
    cost.save(force_insert=True)
    rollups.rebuild(labs.pk, [cost.day])
    for row, project in ((acme, "proj_a"), (acme, "proj_b"), (labs, "proj_c")):
        name = "Only here" if project == "proj_b" else "Default project"
        Project.objects.create(connection=row, vendor_id=project, name=name, hash=0, first_seen_at=NOW)
    names = {line.name for line in get_spend(SYSTEM, by="project").days}
    assert {"Default project (Acme)", "Default project (Labs)", "Only here"} <= names


def test_a_family_that_counts_no_requests_is_not_said_to_have_none(client_of: As, acme: Connection) -> None:
    Usage.objects.create(
        connection=acme, stream="usage_vector_stores", day=NOW.date(), slot=0, hash=0, quantity=77, unit="bytes"
    )
    usage_sums.rebuild(acme.pk, "usage_vector_stores", [NOW.date()])
    text = client_of("viewer").get("/spend/usage/").content.decode()
    assert "77 byte-days" in text
    assert '<td class="num">0' not in text


def test_files_hold_the_rows_of_the_range(client_of: As, acme: Connection) -> None:
    client = client_of("viewer")
    found = lines(client, "costs/csv/?range=this_month")
    assert sorted(row["amount"] for row in found) == ["-1.25", "12.50", "3.00"]
    assert {row["BillingCurrency"] for row in lines(client, "costs/focus-csv/?project=proj_a&range=this_year")} == {
        "USD"
    }
    response = client.get("/spend/costs/parquet/?range=this_month")
    assert b"".join(response.streaming_content)[:4] == b"PAR1"  # type: ignore[arg-type]
    assert client.get("/spend/costs/odt/").status_code == 404


def test_usage_has_a_page_of_its_own(client_of: As, acme: Connection) -> None:
    client = client_of("viewer")
    response = client.get("/spend/usage/?by=project&family=completions")
    text = response.content.decode()
    assert response.status_code == 200
    assert "No usage is known" in text
    assert "Nothing was used" not in text
    assert "were not read yet" in text
    assert client.get("/spend/usage/?family=poems").status_code == 400


def test_a_users_page_shows_the_months_and_how_they_are_known(client_of: As, acme: Connection) -> None:
    from seatwise.store.models import User

    text = client_of("viewer").get(f"/users/{User.objects.get().pk}/").content.decode()
    assert "What is attributed to this user, by UTC month." in text
    assert "$12.50" in text
    assert "Open under Spend" in text


def test_users_show_and_sort_by_the_months_spend(client_of: As, acme: Connection) -> None:
    text = client_of("viewer").get("/users/?sort=-month_spend").content.decode()
    assert "$12.50" in text
    assert 'aria-sort="descending"' in text


def test_long_names_and_markup_stay_what_they_are(client_of: As, acme: Connection) -> None:
    name = "<script>alert(1)</script>" + "x" * 300
    Cost.objects.update(line_item=name, model=name)
    rollups.rebuild(acme.pk, list(Cost.objects.values_list("day", flat=True)))
    for by in ("model", "line_item"):
        text = page(client_of("viewer"), f"?by={by}")
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_what_is_not_read_of_many_accounts_is_folded_and_not_cut_off(
    client_of: As, connection_of: Callable[..., Any]
) -> None:
    for number in range(7):
        Stream.objects.create(connection=connection_of(f"Account {number}"), name="costs")
    text = page(client_of("viewer"))
    assert text.count("were not read yet") == 7
    assert "and 3 more</summary>" in text
    assert text.count("</details>") == text.count("<details")


def test_the_earliest_day_that_may_be_restated_is_said(
    client_of: As, acme: Connection, connection_of: Callable[..., Any]
) -> None:
    covered = {"covered_from": date(2025, 11, 23), "covered_to": date(2026, 11, 20)}
    Stream.objects.create(
        connection=connection_of("Zed"), name="costs", state="complete", synced_at=datetime(2026, 11, 19, tzinfo=UTC),
        **covered,
    )  # fmt: skip
    assert "Days from Nov 12 on may still be restated" in page(client_of("viewer"))


def test_a_mistyped_connection_is_not_found(client_of: As, acme: Connection) -> None:
    response = client_of("viewer").get("/spend/?connection=Acmee")
    assert response.status_code == 404
    assert "no connection called Acmee" in response.content.decode()


def test_months_of_a_person_say_that_days_wait_for_their_persons(client_of: As, acme: Connection) -> None:
    from seatwise.store.models import SpendMonth, Unsettled, User

    SpendMonth.objects.filter(dimension="person").delete()
    where = f"/users/{User.objects.get().pk}/"
    assert "Nothing in the last months." in client_of("viewer").get(where).content.decode()
    Unsettled.objects.create(connection=acme, day=date(2026, 11, 3))
    text = client_of("viewer").get(where).content.decode()
    assert "Of 1 day the persons are still being worked out" in text
    assert "Nothing in the last months." not in text


def test_the_link_of_an_alert_survives_a_rename(client_of: As, acme: Connection) -> None:
    link = say(acme, Unusual(date(2026, 11, 20), "usd", 10**12, 10**10, 2 * 10**10)).link
    Connection.objects.filter(pk=acme.pk).update(name="Acme & Sons")
    response = client_of("viewer").get(link, follow=True)
    assert response.redirect_chain == [
        ("/spend/?range=custom&from=2026-11-20&to=2026-11-20&by=project&connection=Acme+%26+Sons", 302)
    ]
    assert "$1.75" in response.content.decode()
    assert client_of("viewer").get("/spend/?account=999").status_code == 404
