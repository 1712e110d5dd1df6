"""Series under faults: broken answers, lost leases, kills, scopes that are not there."""

from datetime import timedelta

import pytest

from fixtures.killing import CLOSE, PERSONS_SETTLED, USE_SETTLED, bury_the_dead, kill
from fixtures.vendor import states
from ledger import DAY, copied, date_of, midnight, near, sums_tie, told
from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import Change, Cost, Run, Stream, Usage
from seatwise.sync import dispatch, lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", ["truncated", "cut", "html", "empty_object", "malformed_row", "null_data", "array"])
def test_a_broken_answer_fails_its_stream_and_loses_nothing(acme, connection, sync, vendor, kind, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 3.0)
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.05)
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


@pytest.mark.parametrize("point", [(120,), (230,), (360,), (1, PERSONS_SETTLED), (1, CLOSE)])
def test_a_sync_killed_among_its_days_goes_on_where_its_cursor_stands(acme, connect, sync, point):
    connection = connect(acme)
    kill(*point)
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


@pytest.mark.parametrize("point", [(90,), (130,), (170,), (1, PERSONS_SETTLED), (1, USE_SETTLED), (1, CLOSE)])
def test_a_later_sync_killed_among_restated_days_tells_each_once(acme, connection, sync, point):
    for ago in (2, 3, 5):
        acme.restate_day(midnight(acme, ago), 2)
    kill(*point)
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


@pytest.mark.parametrize("killed", [False, True])
def test_a_stream_new_in_a_release_that_the_key_may_not_read_is_off_and_the_check_stays_green(
    acme, connect, sync, killed
):
    connection = connect(acme)
    from seatwise.store.secrets import seal

    key = acme.add_key(scopes=frozenset({"api.management.read", "api.groups.read", "api.audit_logs.read"}))
    seal(connection, {"organization_id": acme.id, "admin_key": key.value})
    connection.save()
    Stream.objects.filter(connection=connection, name__startswith="usage_").delete()
    Stream.objects.filter(connection=connection, name="costs").delete()
    if killed:  # the first sync after the upgrade
        Stream.objects.create(connection=connection, name="costs", state="failed", message=lease.DIED)
    run = sync(connection)
    assert run.state == "complete"
    connection.refresh_from_db()
    assert connection.last_complete_sync_at
    row = connection.streams.get(name="costs")
    assert not row.enabled
    assert "New in this release" in row.message
    assert "api.usage.read" in row.message
    assert "costs" not in states(sync(connection))
    Stream.objects.filter(connection=connection, name="costs").update(enabled=True)  # from here on the operator's
    run = sync(connection)
    assert (run.state, states(run)["costs"]) == ("partial", "forbidden")
    assert connection.streams.get(name="costs").enabled
