"""kill -9 at many points of a sync, then a run to the end, equals the truth."""

import os
import signal
import subprocess
import sys

import pytest

from fixtures.vendor import stored, truth
from seatwise.store.models import Change, Run

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]
CHILD = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connection as database
from seatwise.store.models import Connection
from seatwise.sync import dispatch, lease
database.settings_dict["NAME"] = sys.argv[1]
settings.VENDOR_BASE_URLS = {"openai": sys.argv[2]}
point = int(sys.argv[3])
passed = 0
def hit(execute, sql, params, many, context):
    global passed
    passed += 1
    if passed == point:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)
with database.execute_wrapper(hit):
    dispatch.sync_now(Connection.objects.get(), "operator")
print(passed)
"""


def killed_at(point: int) -> int:
    """Syncs in a process of its own that dies at its `point`th statement; its exit status."""
    from django.conf import settings
    from django.db import connection as database

    arguments = [str(database.settings_dict["NAME"]), settings.VENDOR_BASE_URLS["openai"], str(point)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "seatwise.settings"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def bury_the_dead():
    """What time does: the lease runs out."""
    Run.objects.filter(state="running").update(lease_until="2020-01-01T00:00Z")


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
