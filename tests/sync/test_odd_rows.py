"""Odd rows of vendors, where they meet the database: none of them ends a run."""

import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection as database
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from seatwise.sdk.records import AuditEvent, Group, Key, Limit, Project, ProjectRole, User
from seatwise.store import key_roster
from seatwise.store import models as stored
from seatwise.sync import erase, persons, tables
from seatwise.sync.tables import TABLES

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 1, tzinfo=UTC)
INCOMPRESSIBLE = "".join(chr(0x10000 + n * n * 7919 % 65_521) for n in range(5000))


def store(connection, record):
    table = TABLES[type(record)]
    records, hashes = tables.digested([record])
    tables.insert(table, connection.pk, NOW, [*zip(records, hashes, strict=True)], tables.values(table, records))
    return table.model._default_manager.get(connection=connection, vendor_id=records[0].id)


def test_names_and_words_of_any_length_are_stored(connection_of):
    connection = connection_of()
    user = store(connection, User(id="u", status="active", name=INCOMPRESSIBLE, email=INCOMPRESSIBLE, role="r" * 100))
    assert (user.name, user.email) == (INCOMPRESSIBLE, INCOMPRESSIBLE)
    key = store(connection, Key(id="k", kind="project", name=INCOMPRESSIBLE, owner_email=INCOMPRESSIBLE))
    assert (key.name, key.owner_email) == (INCOMPRESSIBLE, INCOMPRESSIBLE)
    assert store(connection, Project(id="p", status="w" * 100)).status == "w" * 100
    assert store(connection, Group(id="g", kind="w" * 100)).kind == "w" * 100
    limit = Limit(id="l", what="spend_limit", interval="w" * 100, enforcement="w" * 100)
    assert store(connection, limit).interval == "w" * 100
    role = ProjectRole(id="p" * 200 + "/" + "r" * 200, kind="project", stands_for="w" * 150)
    assert store(connection, role).stands_for == "w" * 150


def test_a_nul_is_stored_nowhere_not_even_as_the_name_of_something_in_a_payload():
    event = AuditEvent(id="a", type="t", at=NOW, payload={"a\0b": {"c\0d": ["e\0f"]}})
    ((told,), _) = tables.digested([event])
    assert told.payload == {"a\ufffdb": {"c\ufffdd": ["e\ufffdf"]}}


def test_erasing_takes_pieces_of_every_table_and_leaves_the_connection_alone_for_the_end(
    connection_of, user_of, key_of, account_of, monkeypatch
):
    monkeypatch.setattr(erase, "AT_ONCE", 2)
    connection, other = connection_of(), connection_of()
    for one in (connection, other):
        for number in range(3):
            user_of(one, vendor_id=f"user-{number}")
            key_of(one)
            account_of(one)
            store(one, Group(id=f"g{number}"))
        run = stored.Run.objects.create(connection=one, trigger="t", state="running", lease="x")
        stored.RunStream.objects.create(run=run, name="users")
        stored.Change.objects.create(connection=one, run=run, at=NOW, stream="users", vendor_id="u", kind="arrived")
    left = []

    def count(sender, instance, **_):
        for model in (relation.related_model for relation in stored.Connection._meta.related_objects):
            left.extend(model._default_manager.filter(connection=instance))

    pre_delete.connect(count, sender=stored.Connection)
    with CaptureQueriesContext(database) as queries:
        erase.erase(connection)
    pre_delete.disconnect(count, sender=stored.Connection)
    assert left == []
    pieces = [re.search(r'"id" IN \(([^)]*)\)', query["sql"]) for query in queries.captured_queries]
    assert max(len(piece[1].split(",")) for piece in pieces if piece) == 2
    assert not stored.Connection.objects.filter(pk=connection.pk).exists()
    assert stored.User.objects.count() == stored.Key.objects.count() == stored.Group.objects.count() == 3
    assert stored.Run.objects.get().connection == other


def test_keys_leave_no_waiting_list_in_the_index_of_texts(connection_of, key_of):
    if database.vendor != "postgresql":
        pytest.skip("SQLite has no such list")
    connection = connection_of()
    for number in range(50):
        key_of(connection, name=f"Key {number}")
    key_roster.settle()
    with database.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('key_text')")
        assert cursor.fetchone() == (0,)


def test_days_are_the_same_whatever_style_of_dates_the_server_is_set_to(connection_of):
    connection, day = connection_of(), date(2026, 5, 31)
    stored.Cost.objects.create(
        connection=connection, stream="costs", day=day, slot=1, hash=1, user_id="user-1", currency="usd", amount=7
    )
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SET LOCAL datestyle = 'German'")
    assert persons.persons(connection.pk, [day], {}) == {day: {("user-1", "reported", "usd"): 7}}
