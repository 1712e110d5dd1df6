"""Spend as services tell it: named lines that sum to the total, what is not known said beside, and nothing of two
currencies added."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from fixtures.costs import NOW, TODAY, day
from seatwise.connectors.openai.sandbox import Organization
from seatwise.services import spend
from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.forecast import forecast
from seatwise.services.money import before, decimal, span_of
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.spend_figures import Ranked
from seatwise.services.spend_months import months_of
from seatwise.services.usage import export_usage, get_usage
from seatwise.store.models import Connection, Cost, Key, Project, Usage
from seatwise.store.sums import Span, parts
from seatwise.sync import rollups, usage_sums

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def shown(found: spend.Spend) -> list[tuple[str | None, str]]:
    return [(line.name, line.amount) for line in found.lines.items]


def test_amounts_are_exact_and_have_two_decimals_at_least() -> None:
    assert [decimal(n) for n in (0, 1, -1, 12 * 10**9, 10**12)] == [
        "0.00", "0.0000000001", "-0.0000000001", "1.20", "100.00",
    ]  # fmt: skip


def test_ranges_are_whole_utc_days_up_to_today() -> None:
    assert span_of() == Span(date(2026, 11, 1), TODAY)
    assert span_of("last_month") == Span(date(2026, 10, 1), date(2026, 10, 31))
    assert span_of("last_7_days") == Span(date(2026, 11, 17), TODAY)
    assert span_of("this_year").first == date(2026, 1, 1)
    assert span_of("last_month", start=day(3)) == Span(day(3), TODAY)
    assert span_of(end=date(2030, 1, 1)).last == TODAY
    assert before(span_of("last_7_days")) == Span(day(13), day(7))
    for wrong in ({"start": day(-1)}, {"start": day(1), "end": day(2)}, {"start": date(2020, 1, 1)}, {"name": "ever"}):
        with pytest.raises(Refusal):
            span_of(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "last", "months", "around"),
    [
        (date(2026, 1, 1), date(2026, 2, 28), 2, []),
        (
            date(2026, 1, 2),
            date(2026, 3, 30),
            1,
            [(date(2026, 1, 2), date(2026, 1, 31)), (date(2026, 3, 1), date(2026, 3, 30))],
        ),
        (date(2026, 1, 5), date(2026, 1, 9), 0, [(date(2026, 1, 5), date(2026, 1, 9))]),
        (date(2026, 12, 31), date(2027, 1, 31), 1, [(date(2026, 12, 31), date(2026, 12, 31))]),
    ],
)
def test_a_range_is_cut_into_whole_months_and_the_days_around(
    first: date, last: date, months: int, around: Any
) -> None:
    found, spans = parts(Span(first, last))
    assert len(found) == months
    assert [tuple(span) for span in spans] == around


def test_lines_have_names_shares_and_what_they_were_before(spent: Callable[..., Connection]) -> None:
    row = spent(
        (day(1), "6", {"project_id": "proj_1"}), (day(2), "2", {"project_id": "proj_2"}),
        (day(9), "3", {"project_id": "proj_1"}), (day(1), "-1", {}),
    )  # fmt: skip
    Project.objects.create(
        connection=row, vendor_id="proj_1", name="Search", hash=1, first_seen_at=NOW, departed_at=NOW, status="missing"
    )
    found = spend.get_spend(SYSTEM, by="project", range="last_7_days")
    assert shown(found) == [("Search", "6.00"), ("proj_2", "2.00"), (None, "-1.00")]
    search, other, nobody = found.lines.items
    assert (search.before, search.share, search.departed, search.connection) == ("3.00", 0.857143, True, "Acme")
    assert (other.before, nobody.id, nobody.share) == ("0.00", None, -0.142857)
    assert [(total.amount, total.before) for total in found.totals] == [("7.00", "3.00")]
    assert found.compared


def test_the_days_show_the_largest_the_rest_and_what_is_nobodys(spent: Callable[..., Connection]) -> None:
    spent(
        *((day(n % 3), str(10 - n), {"project_id": f"proj_{n}"}) for n in range(7)), (day(2), "0.5", {}),
    )  # fmt: skip
    found = spend.get_spend(SYSTEM, by="project", range="last_7_days")
    assert [(line.kind, line.name) for line in found.days] == [
        ("key", "proj_0"), ("key", "proj_1"), ("key", "proj_2"), ("key", "proj_3"), ("other", "Other"),
        ("unattributed", "Unattributed"),
    ]  # fmt: skip
    columns = [sum(map(Decimal, amounts)) for amounts in zip(*(line.amounts for line in found.days), strict=True)]
    assert columns == [0, 0, 0, 0, Decimal("13.5"), 15, 21]


def test_two_currencies_are_never_added(spent: Callable[..., Connection]) -> None:
    spent((day(1), "5", {}), (day(1), "3", {"currency": "eur"}), (day(1), "1", {"currency": "eur", "project_id": "p"}))
    found = spend.get_spend(SYSTEM, by="project", range="last_7_days")
    assert [(total.currency, total.amount) for total in found.totals] == [("eur", "4.00"), ("usd", "5.00")]
    assert found.currency == "eur"
    assert shown(found) == [(None, "3.00"), ("p", "1.00")]
    assert shown(spend.get_spend(SYSTEM, by="project", range="last_7_days", currency="USD")) == [(None, "5.00")]

    def exported(**asked: str) -> list[tuple[str, str]]:
        lines = spend.export_spend(SYSTEM, by="total", range="last_7_days", **asked)
        return [(line.currency, line.amount) for line in lines]

    assert exported() == [("eur", "4.00"), ("usd", "5.00")]
    assert exported(currency="USD") == [("usd", "5.00")]


def test_the_same_model_of_two_accounts_is_one_line_and_their_projects_are_two(
    spent: Callable[..., Connection], connection_of: Callable[..., Any]
) -> None:
    for name in ("Acme", "Labs"):
        columns = {"project_id": "proj_1", "line_item": "gpt-x, input"}
        spent((day(1), "2", columns), connection=connection_of(name))
    assert shown(spend.get_spend(SYSTEM, by="model")) == [("gpt-x", "4.00")]
    assert shown(spend.get_spend(SYSTEM, by="line_item")) == [("gpt-x, input", "4.00")]
    projects = spend.get_spend(SYSTEM, by="project").lines.items
    assert [(line.connection, line.amount) for line in projects] == [("Acme", "2.00"), ("Labs", "2.00")]
    assert shown(spend.get_spend(SYSTEM, by="total")) == [("Acme", "2.00"), ("Labs", "2.00")]
    assert shown(spend.get_spend(SYSTEM, by="project", connection="labs")) == [("proj_1", "2.00")]
    assert [line.amounts[-2] for line in spend.get_spend(SYSTEM, by="model").days] == ["4.00"]


def test_within_one_key_the_lines_are_of_its_rows(spent: Callable[..., Connection]) -> None:
    spent(
        (day(1), "6", {"project_id": "p1", "line_item": "a, in", "api_key_id": "k1"}),
        (day(2), "1", {"project_id": "p1", "line_item": "a, out"}),
        (day(1), "4", {"project_id": "p1", "line_item": "b"}),
        (day(1), "9", {"project_id": "p2", "line_item": "a, in"}), (day(1), "0.5", {"line_item": "b"}),
    )  # fmt: skip
    for asked, wanted in (
        ({"by": "model", "project": "p1"}, [("a", "7.00"), ("b", "4.00")]),
        ({"by": "line_item", "project": "p1", "model": "a"}, [("a, in", "6.00"), ("a, out", "1.00")]),
        ({"by": "api_key", "project": "p1"}, [("k1", "6.00"), (None, "5.00")]),
        ({"by": "project", "model": "b"}, [("p1", "4.00"), (None, "0.50")]),
        ({"by": "model", "project": "unattributed"}, [("b", "0.50")]),
        ({"by": "project", "project": "p2"}, [("p2", "9.00")]),
    ):
        found = spend.get_spend(SYSTEM, **asked)  # type: ignore[arg-type]
        assert shown(found) == wanted, asked
        assert found.totals[0].amount == decimal(sum(int(Decimal(n) * 10**10) for _, n in wanted))
    assert [n.name for n in spend.narrowed_to(SYSTEM, project="unattributed")] == ["Unattributed"]


def test_persons_by_three_methods_sum_to_the_total_and_within_a_project_too(
    spent: Callable[..., Connection], connection_of: Callable[..., Any], user_of: Callable[..., Any]
) -> None:
    row = connection_of("Acme")
    ada = user_of(row, name="Ada", vendor_id="user-ada")
    Key.objects.create(
        connection=row, vendor_id="key_1", hash=1, first_seen_at=NOW, kind="project", owner_kind="user",
        owner_id="user-ada", departed_at=NOW,
    )  # fmt: skip
    for user, tokens, slot in (("user-ada", 1, 1), ("user-gone", 2, 2)):
        Usage.objects.create(
            connection=row, stream="usage_completions", day=day(1), slot=slot, hash=0, project_id="p1", model="m",
            user_id=user, input_tokens=tokens,
        )  # fmt: skip
    spent(
        (day(1), "5", {"project_id": "p1", "user_id": "user-ada", "line_item": "m"}),
        (day(1), "3", {"project_id": "p2", "api_key_id": "key_1", "line_item": "m"}),
        (day(1), "1", {"project_id": "p1", "line_item": "m"}),
        (day(1), "2", {"project_id": "p2", "api_key_id": "key_2"}),
        connection=row,
    )  # fmt: skip
    found = spend.get_spend(SYSTEM, by="person")
    assert shown(found) == [("Ada", "8.3333333333"), (None, "2.00"), ("user-gone", "0.6666666667")]
    first = found.lines.items[0]
    assert first.row == ada.pk
    assert first.methods == {"reported": "5.00", "key_owner": "3.00", "token_share": "0.3333333333"}
    assert found.totals[0].methods == {"reported": "5.00", "key_owner": "3.00", "token_share": "1.00", "": "2.00"}
    within = spend.get_spend(SYSTEM, by="person", project="p1")
    assert shown(within) == [("Ada", "5.3333333333"), ("user-gone", "0.6666666667")]
    hers = spend.get_spend(SYSTEM, by="project", person="user-ada")
    assert shown(hers) == [("p1", "5.3333333333"), ("p2", "3.00")]
    assert shown(spend.get_spend(SYSTEM, by="model", person="user-ada")) == [("m", "8.3333333333")]
    assert spend.get_spend(SYSTEM, by="total", person="user-ada").totals[0].amount == "8.3333333333"
    with pytest.raises(Refusal, match="by project and by model"):
        spend.get_spend(SYSTEM, by="line_item", person="user-ada")


def test_the_next_page_begins_behind_the_last_line_and_leads_back(spent: Callable[..., Connection]) -> None:
    spent(*((day(1), str(1 + n // 2), {"project_id": f"p{n:02}"}) for n in range(25)))
    seen, cursor = [], ""
    while True:
        page = spend.get_spend(SYSTEM, by="project", limit=10, cursor=cursor).lines
        assert page.total == 25
        seen.append([line.id for line in page.items])
        if page.next is None:
            break
        cursor = page.next
    assert len({key for some in seen for key in some}) == 25
    assert page.previous
    back = spend.get_spend(SYSTEM, by="project", limit=10, cursor=page.previous).lines
    assert [line.id for line in back.items] == seen[1]
    with pytest.raises(Refusal):
        spend.get_spend(SYSTEM, cursor="nonsense")


def test_what_was_worked_out_is_kept_until_the_costs_change(
    spent: Callable[..., Connection], django_assert_max_num_queries: Any
) -> None:
    row = spent((day(1), "5", {"project_id": "p"}))
    assert spend.get_spend(SYSTEM, by="project").totals[0].amount == "5.00"
    Cost.objects.update(amount=7 * 10**10)
    rollups.rebuild(row.pk, [day(1)])
    assert spend.get_spend(SYSTEM, by="project").totals[0].amount == "7.00"


def test_months_begin_with_the_first_that_has_any_and_say_what_is_known(spent: Callable[..., Connection]) -> None:
    row = spent(
        (date(2026, 9, 30), "2", {"project_id": "p"}), (day(1), "3", {"project_id": "p"}), covered_from=date(2026, 9, 5)
    )
    found = months_of(SYSTEM, dimension="project", key="p", connection=row.pk)
    (usd,) = found.currencies
    assert [(month.month.month, month.amount, month.known, month.running) for month in usd.months] == [
        (9, "2.00", False, False), (10, "0.00", True, False), (11, "3.00", True, True),
    ]  # fmt: skip
    assert (usd.amount, usd.largest) == ("5.00", "3.00")
    assert months_of(SYSTEM, dimension="project", key="other", connection=row.pk).currencies == []
    with pytest.raises(NotFound):
        months_of(SYSTEM, dimension="project", key="p", connection=0)
    with pytest.raises(Refusal):
        months_of(SYSTEM, dimension="total", key="", connection=row.pk)


def test_who_may_not_see_spend_is_refused_before_anything_is_read(spent: Callable[..., Connection]) -> None:
    nobody = Actor("nobody@example.com", "")
    for asked in (
        lambda: spend.get_spend(nobody), lambda: spend.export_spend(nobody), lambda: get_usage(nobody),
        lambda: export_usage(nobody), lambda: forecast(nobody),
        lambda: months_of(nobody, dimension="project", key="p", connection=1),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            asked()


def test_the_first_lines_are_those_of_the_whole_order_with_credits_and_equal_amounts() -> None:
    dice = random.Random(7)
    for signs in ((1,), (1, 0, -1), (-1,)):
        parts = {
            connection: {f"key-{n}": dice.choice(signs) * dice.randrange(1, 90) for n in range(400)}
            for connection in (0, 1, 2)
        }
        wanted = sorted((-n, key, of) for of, keys in parts.items() for key, n in keys.items() if n)
        ranked = Ranked(parts)
        assert len(ranked) == len(wanted)
        assert ranked.total == -sum(line[0] for line in wanted)
        for begin, end in ((0, 5), (0, 51), (150, 210), (0, len(wanted) + 9), (0, 5)):
            found = [(-line.amount, line.key, line.connection_id) for line in ranked.cut(begin, end)]
            assert found == wanted[begin:end]


def test_usage_is_told_by_family_with_its_own_unit(connection_of: Callable[..., Any]) -> None:
    row = connection_of("Acme")
    for slot, (stream, columns) in enumerate((
        ("usage_completions", {"model": "m", "requests": 5, "input_tokens": 70, "output_tokens": 3}),
        ("usage_completions", {"model": "m", "requests": 1, "user_id": "user-1"}),
        ("usage_completions", {"model": "n", "requests": 9}),
        ("usage_vector_stores", {"quantity": 400, "unit": "bytes"}),
    )):  # fmt: skip
        Usage.objects.create(connection=row, stream=stream, day=day(slot), slot=slot, hash=0, **columns)
        usage_sums.rebuild(row.pk, stream, [day(slot)])
    found = get_usage(SYSTEM, by="model", range="last_7_days")
    told = [
        (line.family, line.id, line.requests, line.input_tokens, line.quantity, line.unit) for line in found.lines.items
    ]
    assert told == [
        ("completions", "n", 9, 0, 0, None), ("completions", "m", 6, 70, 0, None),
        ("vector_stores", None, 0, 0, 400, "byte-days"),
    ]  # fmt: skip
    assert [line.requests for line in export_usage(SYSTEM, by="person", person="user-1", range="last_7_days")] == [1]
    assert [each.problem for each in found.coverage][:1] == ["unread"]
    first = get_usage(SYSTEM, by="model", range="last_7_days", limit=2).lines
    rest = get_usage(SYSTEM, by="model", range="last_7_days", limit=2, cursor=first.next or "").lines
    assert [line.family for line in rest.items] == ["vector_stores"]
    for wrong in ({"by": "line_item"}, {"family": "poems"}, {"line_item": "x"}):
        with pytest.raises(Refusal):
            get_usage(SYSTEM, **wrong)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_synced_organization_is_told_as_its_ledger_says(
    acme: Organization, connect: Callable[..., Any], sync: Callable[..., Any]
) -> None:
    with time_machine.travel(NOW):
        connection = connect(acme)
        sync(connection)
        end = int(NOW.timestamp()) // 86400 * 86400 + 86400
        truth = acme.used("completions", end - 7 * 86400, end, by=("model",))
        told = get_usage(SYSTEM, by="model", family="completions", range="last_7_days").lines.items
        assert {(line.id,): line.requests for line in told} == {key: counts[0] for key, counts in truth.items()}
