"""kill -9 at many points of a sync, then a run to the end, equals the truth."""

import pytest

from fixtures.killing import BASELINE, CLOSE, MEMBERS_LEAVE, USE_SETTLED, bury_the_dead, kill
from fixtures.vendor import stored, truth
from seatwise.store.models import Change

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("point", [(14,), (37,), (58,), (4, BASELINE), (1, USE_SETTLED), (1, CLOSE)])
def test_a_first_sync_killed_anywhere_is_repaired_by_the_next(acme, connect, sync, point):
    connection = connect(acme)
    kill(*point)
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert set(Change.objects.values_list("kind", flat=True)) == {"baseline"}


@pytest.mark.parametrize("point", [(12,), (41,), (57,), (67,), (82,), (1, MEMBERS_LEAVE), (1, USE_SETTLED), (1, CLOSE)])
def test_a_later_sync_killed_anywhere_tells_every_change_once(acme, connect, sync, point):
    connection = connect(acme)
    sync(connection)
    Change.objects.all().delete()
    gone = list({user: 0 for _, user in acme.truth().members})[:5]
    for key in gone:
        acme.remove_user(key)
    left = set(stored(connection)["members"]) - set(truth(acme)["members"])
    came = {acme.add_user(email=f"new{i}@example.com")["id"] for i in range(5)}
    kill(*point)
    bury_the_dead()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    told = Change.objects.filter(stream="users")
    assert sorted(told.filter(kind="departed").values_list("vendor_id", flat=True)) == sorted(gone)
    assert sorted(told.filter(kind="arrived").values_list("vendor_id", flat=True)) == sorted(came)
    told = Change.objects.filter(stream="project_members").values_list("kind", "vendor_id")
    assert sorted(told) == sorted(("departed", f"{project}/{user}") for project, user, _ in left) != []
