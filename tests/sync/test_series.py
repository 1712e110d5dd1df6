"""Usage and costs as copies of what the vendor says happened: replaced day by day, never doubled, never lost."""

import signal
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from fixtures.killing import bury_the_dead, killed_at
from fixtures.vendor import states
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox, Wanted
from seatwise.store.models import Change, Cost, Run, Setting, SpendDay, SpendMonth, Stream, Unsettled, Usage
from seatwise.store.models.spend import amount
from seatwise.sync import dispatch, lease

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400
BY = ("project_id", "line_item", "user_id", "api_key_id")


def midnight(organization: Organization, ago: int = 0) -> int:
    return organization.now // DAY * DAY - ago * DAY


def date_of(epoch: int) -> date:
    return datetime.fromtimestamp(epoch, UTC).date()


def copied(connection) -> dict[tuple[str | None, ...], Decimal]:
    """The costs that are stored, summed by everything the vendor groups by."""
    sums: dict[tuple[str | None, ...], int] = Counter()
    for *by, value in Cost.objects.filter(connection=connection).values_list(*BY, "amount"):
        sums[tuple(by)] += value
    return {by: amount(value) for by, value in sums.items() if value}


def told(organization: Organization, days: int) -> dict[tuple[str | None, ...], Decimal]:
    """The vendor's own ledger of these days, today included."""
    spent = organization.spent(midnight(organization, days), midnight(organization) + DAY, by=BY)
    return {by: cut(value) for by, value in spent.items() if cut(value)}


def cut(value: Decimal) -> Decimal:
    """To the unit that is stored."""
    return value.quantize(Decimal("1e-10"))


def near(one: dict[tuple[str | None, ...], Decimal], other: dict[tuple[str | None, ...], Decimal]) -> bool:
    """Equal but for each row's rounding to the unit that is stored: thirty days of half a unit."""
    keys = one.keys() | other.keys()
    return all(abs(one.get(key, Decimal(0)) - other.get(key, Decimal(0))) <= Decimal("2e-9") for key in keys)


def sums_tie(connection) -> bool:
    """On every dimension, by day and by month, the sums are those of the rows."""
    rows: dict[date, int] = Counter()
    for day, value in Cost.objects.filter(connection=connection).values_list("day", "amount"):
        rows[day] += value
    wanted = {day: value for day, value in rows.items() if value}
    for dimension in ("total", "project", "api_key", "line_item", "model", "person", "method"):
        days: dict[date, int] = Counter()
        months: dict[date, int] = Counter()
        for day, value in SpendDay.objects.filter(connection=connection, dimension=dimension).values_list(
            "day", "amount"
        ):
            days[day] += value
        for month, value in SpendMonth.objects.filter(connection=connection, dimension=dimension).values_list(
            "month", "amount"
        ):
            months[month] += value
        if {day: value for day, value in days.items() if value} != wanted or sum(months.values()) != sum(rows.values()):
            return False
    return not Unsettled.objects.filter(connection=connection).exists()


def asked(vendor: Sandbox, path: str = "/organization/costs") -> list[tuple[int, int]]:
    """The windows that were asked for, in days before today."""
    today = datetime.now(UTC).date()
    found = []
    for request in vendor.requests_to(path):
        begin, end = (date_of(int(request.query[name])) for name in ("start_time", "end_time"))
        found.append(((today - begin).days, (today - end).days + 1))
    return found


@pytest.fixture
def connection(acme, connect, sync):
    connection = connect(acme)
    assert sync(connection).state == "complete"
    return connection


def test_a_first_sync_reads_all_of_the_history_that_is_wanted(acme, connection):
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)
    today = datetime.now(UTC).date()
    for stream in connection.streams.filter(covered_from__isnull=False).exclude(name="audit_events"):
        assert (stream.covered_from, stream.covered_to) == (today - timedelta(days=30), today + timedelta(days=1))


def test_usage_is_the_vendors_by_family_project_user_key_and_model(acme, connection):
    by = ("project_id", "user_id", "api_key_id", "model")
    begin, end = midnight(acme, 30), midnight(acme) + DAY
    for family in ("completions", "embeddings", "images", "audio_speeches", "web_search_calls"):
        rows: dict[tuple[str | None, ...], int] = Counter()
        for *key, requests in Usage.objects.filter(stream=f"usage_{family}").values_list(*by, "requests"):
            rows[tuple(key)] += requests
        assert dict(rows) == {key: figures[0] for key, figures in acme.used(family, begin, end, by=by).items()}, family


def test_the_same_again_writes_nothing_and_asks_for_the_tail_only(vendor, connection, sync):
    before = list(Cost.objects.order_by("pk").values_list("pk", "hash"))
    vendor.forget_requests()
    run = sync(connection)
    assert list(Cost.objects.order_by("pk").values_list("pk", "hash")) == before
    for stream in run.streams.all():
        assert (stream.arrived, stream.changed, stream.departed) == (0, 0, 0), stream.name
    assert asked(vendor) == [(7, 0)]
    assert asked(vendor, "/organization/usage/completions") == [(7, 0)]
    assert not Change.objects.exclude(kind="baseline").exists()


@pytest.mark.parametrize("factor", ["0.5", "3", "0"])
def test_a_restated_day_is_replaced_up_or_down_without_a_duplicate(acme, connection, sync, factor):
    acme.restate_day(midnight(acme, 3), factor)
    run = sync(connection)
    assert run.state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)
    change = Change.objects.get(stream="costs", kind="restated")
    assert change.vendor_id == str(date_of(midnight(acme, 3)))
    assert change.before != change.after


def test_what_is_restated_after_the_tail_comes_with_the_end_of_its_month(acme, connection, sync, vendor):
    """Today is any day of a month: what was read of the last one is made as it is on the first of this."""
    Setting.objects.filter(name="history_days").update(value=90)
    sync(connection)
    last = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    back = (datetime.now(UTC).date() - last).days
    acme.restate_day(midnight(acme, back), 2)
    Stream.objects.filter(connection=connection, name="costs").update(month_read=None)
    vendor.forget_requests()
    sync(connection)
    assert asked(vendor)[0] == (back, 0)
    assert near(copied(connection), told(acme, 90))
    vendor.forget_requests()
    sync(connection)
    assert asked(vendor) == [(7, 0)]


def test_a_longer_history_is_filled_in_newest_first_after_everything_else(acme, connection, sync, vendor):
    Setting.objects.filter(name="history_days").update(value=365)
    vendor.forget_requests()
    sync(connection)
    windows = asked(vendor, "/organization/usage/completions")
    assert windows[0] == (7, 0)
    assert [begin for begin, _ in windows[1:]] == sorted(begin for begin, _ in windows[1:])
    assert windows[-1][0] == 365
    paths = [request.path for request in vendor.requests]
    past = [
        number
        for number, request in enumerate(vendor.requests)
        if request.path == "/organization/usage/completions" and int(request.query["start_time"]) < midnight(acme, 8)
    ]
    assert max(number for number, path in enumerate(paths) if path == "/organization/users") < min(past)
    assert near(copied(connection), told(acme, 365))


def test_a_backfill_cut_off_goes_on_where_it_stood(acme, connect, sync, vendor):
    connection = connect(acme)
    Setting.objects.filter(name="history_days").update(value=365)
    vendor.faults.add(Fault("server_error", "/organization/usage/completions", nth=4, times=None))
    run = sync(connection)
    assert states(run)["usage_completions"] == "failed"
    row = connection.streams.get(name="usage_completions")
    today = datetime.now(UTC).date()
    assert (today - row.covered_from).days == 31 * 3 - 1
    vendor.faults.clear()
    vendor.forget_requests()
    run = sync(connection)
    assert run.state == "complete", (run.error, run.detail)
    assert asked(vendor, "/organization/usage/completions")[1][1] == (today - row.covered_from).days + 1
    used = acme.used("completions", midnight(acme, 365), midnight(acme) + DAY, by=("model",))
    rows: dict[str | None, int] = Counter()
    for model, requests in Usage.objects.filter(stream="usage_completions").values_list("model", "requests"):
        rows[model] += requests
    assert dict(rows) == {model: figures[0] for (model,), figures in used.items()}


@pytest.mark.parametrize("kind", ["truncated", "cut", "html", "empty_object", "malformed_row", "null_data", "array"])
def test_a_broken_answer_fails_its_stream_and_loses_nothing(acme, connection, sync, vendor, kind):
    before = copied(connection)
    vendor.faults.add(Fault(kind, "/organization/costs", times=None, field="results"))
    run = sync(connection)
    assert run.state == "partial"
    assert states(run)["costs"] == "failed"
    assert states(run)["users"] == "complete"
    assert run.streams.get(name="costs").message
    assert copied(connection) == before
    vendor.faults.clear()
    acme.restate_day(midnight(acme, 2), 2)
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)


def test_a_worker_that_lost_its_lease_writes_no_day(acme, connection, monkeypatch):
    acme.restate_day(midnight(acme, 2), 2)
    before = copied(connection)
    stolen = []

    def steal(run: Run) -> None:
        if not stolen:
            stolen.append(Run.objects.filter(pk=run.pk).update(lease="another worker's"))

    with pytest.raises(lease.LeaseLost):
        dispatch.sync_now(connection, "operator", {}, progress=steal)
    assert stolen
    assert copied(connection) == before
    assert sums_tie(connection)


@pytest.mark.parametrize("point", [120, 170, 230, 290, 360])
def test_a_sync_killed_among_its_days_goes_on_where_its_cursor_stands(acme, connect, sync, point):
    connection = connect(acme)
    assert killed_at(point) == -signal.SIGKILL
    for stream in Stream.objects.exclude(covered_from=None).filter(name="costs"):  # never more than is there
        begin, end = stream.covered_from, stream.covered_to - timedelta(days=1)
        days = set(Cost.objects.values_list("day", flat=True))
        lively = {
            date_of(midnight(acme, ago))
            for ago in range(31)
            if acme.spent(midnight(acme, ago), midnight(acme, ago) + DAY)
        }
        assert {day for day in lively if begin <= day <= end} <= days
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)
    for name, model in (("costs", Cost), ("usage_completions", Usage), ("usage_images", Usage)):
        stream = connection.streams.get(name=name)
        assert stream.records == model.objects.filter(connection=connection, stream=name).count(), name


@pytest.mark.parametrize("point", [60, 90, 110, 130, 150, 170])
def test_a_later_sync_killed_among_restated_days_tells_each_once(acme, connection, sync, point):
    for ago in (2, 3, 5):
        acme.restate_day(midnight(acme, ago), 2)
    killed_at(point)
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)
    changes = Change.objects.filter(stream="costs", kind="restated").values_list("vendor_id", flat=True)
    assert sorted(changes) == sorted(str(date_of(midnight(acme, ago))) for ago in (2, 3, 5))


def test_without_the_scope_the_streams_say_so_alone(acme, connect, sync):
    connection = connect(acme, name="Narrow")
    from seatwise.store.secrets import seal

    key = acme.add_key(scopes=frozenset({"api.management.read", "api.groups.read", "api.audit_logs.read"}))
    seal(connection, {"organization_id": acme.id, "admin_key": key.value})
    connection.save()
    run = sync(connection)
    assert run.state == "partial"
    forbidden = {name for name, state in states(run).items() if state == "forbidden"}
    assert forbidden == {"costs", *(name for name in states(run) if name.startswith("usage_"))}
    assert run.streams.filter(name="costs", message__contains="api.usage.read").exists()
    assert connection.streams.get(name="costs").enabled


def test_a_stream_new_in_a_release_that_the_key_may_not_read_is_off_and_the_check_stays_green(acme, connect, sync):
    connection = connect(acme)
    from seatwise.store.secrets import seal

    key = acme.add_key(scopes=frozenset({"api.management.read", "api.groups.read", "api.audit_logs.read"}))
    seal(connection, {"organization_id": acme.id, "admin_key": key.value})
    connection.save()
    Stream.objects.filter(connection=connection, name__startswith="usage_").delete()
    Stream.objects.filter(connection=connection, name="costs").delete()
    run = sync(connection)
    assert run.state == "complete"
    connection.refresh_from_db()
    assert connection.last_complete_sync_at
    row = connection.streams.get(name="costs")
    assert not row.enabled
    assert "New in this release" in row.message
    assert "api.usage.read" in row.message
    assert "costs" not in states(sync(connection))


def test_a_refused_grouping_falls_back_and_says_why(acme, connect, sync):
    acme.refuse_grouping("costs", "user_id", "project_id")
    acme.refuse_grouping("completions", "api_key_id")
    connection = connect(acme)
    run = sync(connection)
    assert run.state == "complete"
    assert "refused to group these by user" in connection.streams.get(name="costs").message
    assert "key" in connection.streams.get(name="usage_completions").message
    assert not Cost.objects.exclude(user_id=None).exists()
    total = sum(acme.spent(midnight(acme, 30), midnight(acme) + DAY).values(), Decimal(0))
    assert abs(sum(copied(connection).values()) - total) < Decimal("1e-6")
    assert sums_tie(connection)


def test_amounts_as_text_negative_ones_and_rows_without_anybody_are_stored_as_sent(acme, connect, sync):
    acme.text_amounts = True
    connection = connect(acme)
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)


def test_days_that_are_sent_twice_count_once(acme, connect, sync, vendor):
    connection = connect(acme)
    vendor.faults.add(Fault("duplicate_rows", "/organization/costs", times=None))
    vendor.faults.add(Fault("duplicate_rows", "/organization/usage/completions", times=None))
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    used = acme.used("completions", midnight(acme, 30), midnight(acme) + DAY)
    stored = Usage.objects.filter(stream="usage_completions").values_list("requests", flat=True)
    assert sum(stored) == sum(figures[0] for figures in used.values())


def test_rows_of_a_group_that_are_sent_twice_count_once_and_parts_of_it_add_up():
    from seatwise.connectors.openai.spend import merged
    from seatwise.sdk.records import Cost as Told

    one = Told(id="a", project_id="p", amount=Decimal("1.5"), currency="usd")
    other = Told(id="a", project_id="p", amount=Decimal("0.25"), currency="usd")
    assert [row.amount for row in merged([one, one])] == [Decimal("1.5")]
    assert [row.amount for row in merged([one, other, one, other])] == [Decimal("1.75")]


def test_a_refused_page_token_gives_up_no_grouping_and_the_next_sync_repairs(acme, connect, sync, vendor):
    connection = connect(acme)
    vendor.faults.add(Fault("empty_more", "/organization/costs"), Fault("page_refused", "/organization/costs", nth=2))
    run = sync(connection)
    assert states(run)["costs"] == "failed"
    assert "token" in run.streams.get(name="costs").message
    assert len(vendor.requests_to("/organization/costs")) == 2
    vendor.faults.clear()
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert Cost.objects.exclude(user_id=None).exists()


def test_unknown_models_and_line_items_are_kept_verbatim(acme, connection, sync):
    acme.add_usage(
        midnight(acme, 1), project_id=next(iter(acme.projects.ids())), model="gpt-∞\u202e-preview", requests=7
    )
    assert sync(connection).state == "complete"
    assert Usage.objects.filter(model="gpt-∞\u202e-preview", requests=7).exists()
    assert sums_tie(connection)


@pytest.mark.parametrize("off", [-2 * DAY, 2 * DAY])
def test_a_vendor_whose_clock_differs_loses_no_day(acme, connect, sync, off):
    """Windows go by our clock; the vendor's own today may be another. What is missing comes when both have had it."""
    acme.now += off
    connection = connect(acme)
    assert sync(connection).state == "complete"
    acme.now -= off
    assert sync(connection).state == "complete"
    assert near(copied(connection), told(acme, 30))
    assert sums_tie(connection)


def test_days_of_a_large_organization_are_asked_for_in_answers_of_a_bounded_size(connect, sync, settings, monkeypatch):
    from seatwise.connectors.openai import spend

    monkeypatch.setattr(spend, "LARGEST_ANSWER", 60_000)
    large = Organization.seeded(
        "Large", users=60, projects=6, members_per_project=20,
        wanted=Wanted(service_accounts=6, api_keys=60, results=40, lines=40),
    )  # fmt: skip
    with Sandbox([large]).running() as url:
        settings.VENDOR_BASE_URLS = {"openai": url}
        connection = connect(large)
        assert sync(connection).state == "complete"
    used = large.used("completions", midnight(large, 30), midnight(large) + DAY)
    stored = Usage.objects.filter(stream="usage_completions").values_list("requests", flat=True)
    assert sum(stored) == sum(figures[0] for figures in used.values())
