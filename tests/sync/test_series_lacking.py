"""Days the vendor told more coarsely than it could: they are said, and read once more when it may be told by now."""

from datetime import date, timedelta

import pytest

from fixtures.vendor import states
from ledger import asked, copied, near, sums_tie, told
from seatwise.connectors.openai.sandbox import Fault
from seatwise.sdk.streams import Window
from seatwise.services.rights import SYSTEM
from seatwise.services.spend import get_spend
from seatwise.store.models import Change, Cost, Setting, Usage
from seatwise.sync import days as rows_of_days
from seatwise.sync import lacking

pytestmark = pytest.mark.django_db(transaction=True)
ONE = timedelta(days=1)


def test_where_keys_alone_are_refused_users_are_still_told(acme, connect, sync):
    acme.refuse_grouping("costs", "api_key_id")
    acme.refuse_grouping("completions", "api_key_id")
    connection = connect(acme)
    assert sync(connection).state == "complete"
    for stream, rows in (("costs", Cost.objects), ("usage_completions", Usage.objects)):
        some = rows.filter(stream=stream)
        assert some.exclude(user_id=None).exists()
        assert not some.exclude(api_key_id=None).exists()
        assert "refused to group these by key, so" in connection.streams.get(name=stream).message
    assert sums_tie(connection)


def test_what_is_accepted_again_is_read_once_more_newest_first_without_a_line_in_changes(acme, connect, sync, vendor):
    acme.refuse_grouping("costs", "user_id", "project_id")
    acme.refuse_grouping("completions", "api_key_id")
    connection = connect(acme)
    Setting.objects.filter(name="history_days").update(value=90)
    sync(connection)
    costs, used = (connection.streams.get(name=name) for name in ("costs", "usage_completions"))
    assert costs.lacking == [[str(costs.covered_from), str(costs.covered_to - ONE), "user_id"]]
    assert used.lacking == [[str(used.covered_from), str(used.covered_to - ONE), "api_key_id"]]
    acme.refused_groupings.clear()
    vendor.forget_requests()
    assert sync(connection).state == "complete"
    windows = asked(vendor)
    assert windows[0] == (7, 0)
    assert windows[1:] == [(38, 8), (69, 39), (90, 70)]
    paths = [request.path for request in vendor.requests]
    again = [n for n, path in enumerate(paths) if path == "/organization/costs"][1]
    assert max(n for n, path in enumerate(paths) if path == "/organization/users") < again
    for stream in connection.streams.filter(name__in=("costs", "usage_completions")):
        assert (stream.lacking, stream.message) == ([], "")
    assert near(copied(connection), told(acme, 90))
    assert sums_tie(connection)
    assert not Change.objects.exclude(kind="baseline").exists()
    vendor.forget_requests()
    sync(connection)
    assert asked(vendor) == [(7, 0)]


def test_what_is_read_once_more_goes_on_where_it_broke_off(acme, connect, sync, vendor):
    acme.refuse_grouping("costs", "user_id")
    connection = connect(acme)
    Setting.objects.filter(name="history_days").update(value=90)
    sync(connection)
    acme.refused_groupings.clear()
    vendor.faults.add(Fault("odd_error", "/organization/costs", nth=3, times=None))
    assert states(sync(connection))["costs"] == "failed"
    row = connection.streams.get(name="costs")
    assert row.lacking == [[str(row.covered_from), str(row.covered_to - 40 * ONE), "user_id"]]
    vendor.faults.clear()
    vendor.forget_requests()
    assert sync(connection).state == "complete"
    assert asked(vendor) == [(7, 0), (69, 39), (90, 70)]
    assert connection.streams.get(name="costs").lacking == []
    assert near(copied(connection), told(acme, 90))


def test_what_is_told_no_better_is_said_and_asked_for_again_on_another_day(acme, connect, sync, vendor):
    """What a vendor refuses can depend on the days that are asked for."""
    acme.refuse_grouping("costs", "user_id")
    connection = connect(acme)
    sync(connection)
    acme.refused_groupings.clear()
    finest_twice_and_without_the_key = Fault("server_error", "/organization/costs", nth=2, times=3, status=400)
    vendor.faults.add(finest_twice_and_without_the_key)
    assert sync(connection).state == "complete"
    row = connection.streams.get(name="costs")
    assert row.lacking == [[str(row.covered_from), str(row.covered_to - 9 * ONE), "user_id"]]
    assert "by user" in row.message
    before = copied(connection)
    vendor.faults.clear()
    vendor.forget_requests()
    sync(connection)
    assert asked(vendor) == [(7, 0)]
    assert copied(connection) == before
    row.refresh_from_db()
    assert row.message.startswith(f"OpenAI refused to group these from {row.lacking[0][0]} to {row.lacking[0][1]}")
    connection.streams.update(asked_again=row.asked_again - ONE)
    sync(connection)
    row.refresh_from_db()
    assert (row.lacking, row.message) == ([], "")
    assert near(copied(connection), told(acme, 30))


def test_days_that_are_coarse_are_said_where_persons_are_shown(acme, connect, sync, client_of):
    acme.refuse_grouping("costs", "user_id")
    connection = connect(acme)
    sync(connection)
    found = {by: get_spend(SYSTEM, by=by, range="last_7_days").coverage[0] for by in ("person", "api_key", "total")}
    assert {by: each.problem for by, each in found.items()} == {"person": "lacking", "api_key": "", "total": ""}
    assert "refused to group “Costs”" in found["person"].message
    page = client_of("viewer").get("/spend/?by=person&range=last_7_days").content.decode()
    assert "refused to group" in page
    assert "refused to group" not in client_of("viewer").get("/spend/?by=project&range=last_7_days").content.decode()


def test_stretches_are_cut_to_what_is_asked_for_and_the_newest_comes_first():
    day = date(2026, 3, 1)
    days = {day + n * ONE: ("user_id",) for n in range(40)} | {day + 40 * ONE: ("amount",)}
    assert lacking.days_of(lacking.packed(days)) == days
    assert lacking.packed(days) == [["2026-03-01", "2026-04-09", "user_id"], ["2026-04-10", "2026-04-10", "amount"]]
    assert list(lacking.windows(days, day + 3 * ONE, day + 40 * ONE)) == [
        (Window(day + 9 * ONE, day + 40 * ONE), frozenset(["user_id"])),
        (Window(day + 3 * ONE, day + 9 * ONE), frozenset(["user_id"])),
    ]


def test_a_total_that_moves_by_the_rounding_of_its_rows_has_not_moved():
    assert not rows_of_days.moved({"amount in usd": "1.0000000001"}, {"amount in usd": "1.0000000003"})
    assert rows_of_days.moved({"amount in usd": "1"}, {"amount in usd": "1.01"})
    assert rows_of_days.moved({}, {"requests": "1"})
