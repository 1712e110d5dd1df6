"""kill -9 at many points of a sync, then a run to the end, equals the truth."""

import signal

import pytest

from fixtures.killing import bury_the_dead, killed_at
from fixtures.vendor import stored, truth
from seatwise.store.models import Change

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("point", [6, 14, 25, 37, 48, 58])
def test_a_first_sync_killed_anywhere_is_repaired_by_the_next(acme, connect, sync, point):
    connection = connect(acme)
    assert killed_at(point) == -signal.SIGKILL
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert set(Change.objects.values_list("kind", flat=True)) == {"baseline"}


@pytest.mark.parametrize("point", [12, 30, 45, 60, 70, 76, 82, 90])
def test_a_later_sync_killed_anywhere_tells_every_change_once(acme, connect, sync, point):
    connection = connect(acme)
    sync(connection)
    Change.objects.all().delete()
    gone = list(acme.truth().users)[:5]
    for key in gone:
        acme.remove_user(key)
    came = {acme.add_user(email=f"new{i}@example.com")["id"] for i in range(5)}
    killed_at(point)
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    told = Change.objects.filter(stream="users")
    assert sorted(told.filter(kind="departed").values_list("vendor_id", flat=True)) == sorted(gone)
    assert sorted(told.filter(kind="arrived").values_list("vendor_id", flat=True)) == sorted(came)
