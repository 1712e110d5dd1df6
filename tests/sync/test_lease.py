"""Neither a dead, nor a frozen, nor a second worker can block or corrupt."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.db.models.functions import Now

from fixtures.vendor import states, stored, truth
from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import Change, Connection, Run, Setting, User
from seatwise.sync import dispatch, engine, lease, schedule

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


def expire(run):
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_a_second_worker_does_not_get_the_run(acme, connect):
    connection = connect(acme)
    assert lease.claim(connection, "schedule", {})
    assert lease.claim(connection, "schedule", {}) is None


def test_a_dead_workers_run_is_ended_and_its_connection_due_at_once(acme, connect, sync):
    connection = connect(acme)
    dead = lease.claim(connection, "schedule", {})
    expire(dead)
    assert lease.bury() == 1
    dead.refresh_from_db()
    assert (dead.state, dead.error) == ("failed", lease.DIED)
    assert [c.pk for c in schedule.due()] == [connection.pk]
    assert sync(connection).state == "complete"


def test_a_frozen_worker_that_wakes_up_writes_nothing_more(acme, connect, sync):
    connection = connect(acme)
    frozen = lease.claim(connection, "schedule", {})
    expire(frozen)
    assert sync(connection).state == "complete"
    with pytest.raises(lease.LeaseLost), lease.held(frozen):
        Setting.objects.create(name="written", value=1)
    assert not Setting.objects.filter(name="written").exists()


def test_a_run_taken_over_in_the_middle_stops_at_its_next_transaction(acme, connect, monkeypatch):
    connection = connect(acme)
    run = lease.claim(connection, "schedule", {})
    write = engine.Listing.write

    def write_then_lose(self, records):
        write(self, records)
        Run.objects.filter(pk=run.pk).update(lease="another")

    monkeypatch.setattr(engine.Listing, "write", write_then_lose)
    with pytest.raises(lease.LeaseLost):
        engine.sync(run)
    assert Run.objects.get(pk=run.pk).state == "running"
    assert not Change.objects.exists()


def test_two_workers_at_once_never_both_write(acme, connect):
    connection = connect(acme)
    runs: list[Run] = []

    def work():
        try:
            runs.append(dispatch.sync_now(Connection.objects.get(pk=connection.pk), "operator"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {run.state for run in runs} == {"complete"}
    assert len(runs) == 3
    assert stored(connection) == truth(acme)
    assert Change.objects.filter(kind="baseline", stream="users").count() == 1
    assert not Change.objects.exclude(kind="baseline").exists()


def test_cancel_ends_the_run_and_keeps_what_came(acme, connect, vendor):
    connection = connect(acme)
    vendor.faults.add(Fault("hang", "/organization/users", nth=2, times=None, seconds=30))
    seen: list[Run] = []

    def stop_when_begun(run):
        if not seen and User.objects.filter(connection=connection).exists():
            seen.append(run)
            assert dispatch.cancel(connection)

    run = dispatch.sync_now(connection, "operator", progress=stop_when_begun)
    run.refresh_from_db()
    assert run.state == "canceled"
    assert states(run)["users"] == "canceled"
    assert User.objects.filter(connection=connection).exclude(kind="invite").count() == 100
    assert dispatch.cancel(connection) is False


def test_the_worker_takes_what_is_due_and_plans_the_next(acme, labs, connect):
    first, second = connect(acme), connect(labs)
    with transaction.atomic():
        dispatch.request(first, "connect")
        dispatch.request(second, "connect")
    stop = threading.Event()
    worker = threading.Thread(target=dispatch.work, args=(stop,))
    worker.start()
    try:
        wait_for(lambda: Run.objects.filter(state="complete").count() == 2)
    finally:
        stop.set()
        worker.join(30)
    assert not worker.is_alive()
    assert set(Run.objects.values_list("trigger", flat=True)) == {"connect"}
    for connection in Connection.objects.all():
        assert connection.next_sync_at is not None
        assert connection.next_trigger == "schedule"


TROUBLE = {
    "breaks": Fault("missing_cursor", "/organization/users"),
    "is revoked": Fault("revoke_key", "/organization/users"),
    "hangs": Fault("hang", "/organization/users", times=None),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_one_connections_trouble_never_touches_another_that_syncs_beside_it(
    acme, labs, connection, connect, sync, vendor, monkeypatch, trouble
):
    monkeypatch.setattr("seatwise.connectors.openai.client.ANSWER_WITHIN", 1.0)
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 2.0)
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.05)
    other = connect(labs)
    sync(other)
    for organization in (acme, labs):
        organization.remove_users(3)
    vendor.faults.add(replace(TROUBLE[trouble], organization=acme.id))
    before = list(Run.objects.values_list("pk", flat=True))
    both = threading.Barrier(2, timeout=60)  # each begins once the other has its run
    stop = threading.Event()
    worker = threading.Thread(target=dispatch.work, args=(stop, lambda run: both.wait() and None))
    for one in (connection, other):
        dispatch.request(one, "operator")
    worker.start()
    try:
        runs = Run.objects.exclude(pk__in=before)
        wait_for(lambda: runs.exclude(state__in=lease.OPEN).count() == 2)
    finally:
        stop.set()
        worker.join(30)
    assert runs.get(connection=other).state == "complete"
    assert runs.get(connection=connection).state == ("failed" if trouble == "is revoked" else "partial")
    assert stored(other) == truth(labs)
    left = Change.objects.filter(stream="users", kind="departed").values_list("connection", flat=True)
    assert list(left) == [other.pk] * 3
    other.refresh_from_db()
    assert other.attention == ""


def test_a_worker_told_to_stop_leaves_its_sync_due(acme, connect, vendor):
    connection = connect(acme)
    vendor.faults.add(Fault("hang", "/organization/users", times=None, seconds=60))
    dispatch.request(connection, "connect")
    stop = threading.Event()
    worker = threading.Thread(target=dispatch.work, args=(stop,))
    worker.start()
    wait_for(lambda: Run.objects.filter(state="running").exists())
    stop.set()
    worker.join(30)
    assert Run.objects.get().state == "canceled"
    assert [c.pk for c in schedule.due()] == [connection.pk]


def test_a_request_during_a_run_is_not_lost(acme, connect):
    connection = connect(acme)
    dispatch.sync_now(connection, "operator", progress=lambda run: dispatch.request(connection, "operator"))
    assert [c.pk for c in schedule.due()] == [connection.pk]


def test_a_paused_connection_is_not_planned_but_can_be_asked_for(acme, connect, sync):
    connection = connect(acme, paused=True)
    assert sync(connection).state == "complete"
    connection.refresh_from_db()
    assert connection.next_sync_at is None
    dispatch.request(connection, "operator")
    assert [c.pk for c in schedule.due()] == [connection.pk]


def wait_for(condition, seconds=60.0):
    """Looks until it is so; fails loudly where it never is."""
    deadline = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        deadline.wait(0.05)
    pytest.fail("it never came to be")
