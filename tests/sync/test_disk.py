"""A full disk: what came is stored, nobody departs, and the next sync repairs."""

import pytest
from django.db import DatabaseError
from django.db import connection as database

from fixtures.vendor import stored, truth
from seatwise.store.models import Run, User
from seatwise.sync import dispatch, lease

pytestmark = [
    pytest.mark.directory,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("config.getoption('--db') == 'postgres'", reason="Postgres' disk is not ours to fill"),
]


@pytest.fixture
def full_disk():
    """Lets the database grow by this many pages and no more."""

    def fill(pages: int) -> None:
        with database.cursor() as cursor:
            cursor.execute("VACUUM")  # pages that earlier tests left free would be used first
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + pages}")

    yield fill
    with database.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.mark.parametrize("pages", [2, 6, 12])
def test_a_disk_that_fills_up_loses_nothing(acme, labs, connect, sync, full_disk, pages):
    other = connect(labs)
    sync(other)
    connection = connect(acme)
    full_disk(pages)
    with pytest.raises(DatabaseError, match="full"):
        dispatch.sync_now(connection, "operator")
    assert not User.objects.filter(connection=connection, departed_at__isnull=False).exists()
    with database.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")
    Run.objects.filter(state="running").update(lease_until="2020-01-01T00:00Z")
    lease.bury()
    assert sync(connection).state == "complete"
    assert stored(connection) == truth(acme)
    assert stored(other) == truth(labs)
