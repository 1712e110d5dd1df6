"""Usage and costs as copies of what the vendor says happened: replaced day by day, never doubled, never lost."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from fixtures.vendor import states
from ledger import DAY, asked, copied, date_of, midnight, near, sums_tie, told
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox, Wanted
from seatwise.store.models import Change, Cost, Key, Setting, SpendDay, Stream, Usage
from seatwise.sync import rollups

pytestmark = pytest.mark.django_db(transaction=True)


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
    final = datetime.now(UTC).date() - timedelta(days=7)  # what is restated after its end is not final
    last = (final.replace(day=1) - timedelta(days=1)).replace(day=1)
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


def test_a_day_that_was_read_while_it_ran_is_not_restated_by_its_end(acme, connection, sync):
    """Yesterday was last read before midnight, the day before was over then."""
    today = datetime.now(UTC).date()
    Stream.objects.filter(connection=connection, covered_to__isnull=False).update(covered_to=today)
    for ago in (1, 2):
        acme.restate_day(midnight(acme, ago), 2)
    sync(connection)
    changes = Change.objects.filter(stream="costs", kind="restated").values_list("vendor_id", flat=True)
    assert list(changes) == [str(today - timedelta(days=2))]


def test_a_series_left_behind_its_horizon_begins_anew_without_a_hole(acme, connection, sync, vendor):
    today = datetime.now(UTC).date()
    long_ago = {"covered_from": today - timedelta(days=400), "covered_to": today - timedelta(days=300)}
    Stream.objects.filter(connection=connection, name="costs").update(**long_ago)
    vendor.forget_requests()
    assert sync(connection).state == "complete"
    assert asked(vendor) == [(30, 0)]
    stream = connection.streams.get(name="costs")
    assert (stream.covered_from, stream.covered_to) == (today - timedelta(days=30), today + timedelta(days=1))
    assert near(copied(connection), told(acme, 30))


def test_what_a_key_cost_is_its_owners_however_late_the_owner_is_known(acme, connect, sync):
    """The vendor names no users; the list of keys comes after the costs, or says another owner than before."""
    acme.refuse_grouping("costs", "user_id")
    connection = connect(acme)
    Stream.objects.filter(connection=connection, name="api_keys").update(enabled=False)
    sync(connection)
    persons = SpendDay.objects.filter(connection=connection, dimension="person").order_by("day", "key", "method")
    assert not persons.filter(method="key_owner").exists()
    Stream.objects.filter(connection=connection, name="api_keys").update(enabled=True)
    sync(connection)
    found = list(persons.values_list("day", "key", "method", "amount"))
    assert persons.filter(method="key_owner").exists()
    Key.objects.filter(connection=connection, owner_kind="user").update(owner_id="user-before", hash=0)
    with transaction.atomic():
        rollups.unsettle(connection.pk, {day for day, *_ in found})
    Stream.objects.filter(connection=connection, name="api_keys").update(enabled=False)
    sync(connection)
    assert persons.filter(key="user-before").exists()
    Stream.objects.filter(connection=connection, name="api_keys").update(enabled=True)
    sync(connection)
    assert list(persons.values_list("day", "key", "method", "amount")) == found


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


def test_a_backfill_cut_off_goes_on_where_it_stood(acme, connect, sync, vendor, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 3.0)
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.05)
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


def test_a_refused_grouping_falls_back_and_says_why(acme, connect, sync):
    acme.refuse_grouping("costs", "user_id", "project_id")
    acme.refuse_grouping("completions", "api_key_id")
    connection = connect(acme)
    run = sync(connection)
    assert run.state == "complete"
    assert "refused to group these by user" in connection.streams.get(name="costs").message
    assert "to group these by key, so" in connection.streams.get(name="usage_completions").message
    assert Usage.objects.filter(stream="usage_completions").exclude(user_id=None).exists()
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
