"""With many rows, what a page asks is found by an index that narrows it, on a database that nobody tends."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from fixtures.rows import multiply
from seatwise.services.access import list_project_access
from seatwise.services.rights import SYSTEM
from seatwise.services.users import list_users
from seatwise.store import roster
from seatwise.store.models import Connection, Project, ProjectMember, User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("config.getoption('--db') == 'postgres'", reason="Postgres gathers statistics by itself"),
]
MANY = 3000
EVERYBODY = re.compile(
    r"SCAN (store_user|store_projectmember|U\d)"
    r"|SEARCH \S+ USING (COVERING )?INDEX (user|project_member)_\w+ \(connection_id=\?( AND kind=\?)?\):"
)


@pytest.fixture
def crowd(connection_of: Callable[[str], Connection]) -> Connection:
    """A connection with MANY users, each in one of a hundred projects, settled and with statistics as after a sync."""
    connection, now = connection_of("Crowd"), datetime.now(UTC)
    plain = {"connection": connection, "first_seen_at": now, "hash": 1}
    Project.objects.create(vendor_id="proj-7", name="Seven", status="active", **plain)
    user = User.objects.create(
        vendor_id="user-10000", email="u10000@x.example", email_key="u10000@x.example", role="reader", status="active",
        kind="user", last_active_at=now, **plain,
    )  # fmt: skip
    member = ProjectMember.objects.create(
        vendor_id="proj-0/user-10000", project_id="proj-0", user_id=user.vendor_id, **plain
    )
    project, name = "'proj-' || (n %% 100)", "'user-' || (10000 + n)"
    address = "'u' || (10000 + n) || '@x.example'"
    role = "CASE WHEN n %% 50 = 0 THEN 'owner' ELSE 'reader' END"
    multiply(user, MANY, vendor_id=name, email=address, email_key=address, role=role)
    multiply(member, MANY, vendor_id=f"{project} || '/' || {name}", project_id=project, user_id=name)
    while roster.settle() == roster.PIECE:
        pass
    roster.gather_statistics("store_user", "store_projectmember")
    return connection


def plans(ask: Callable[[], Any]) -> list[str]:
    """How SQLite goes about each question."""
    with CaptureQueriesContext(database) as asked:
        ask()
    steps = []
    with database.cursor() as cursor:
        for query in asked:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                steps += [f"{row[3]}: {query['sql'][:200]}" for row in cursor.fetchall()]
    return steps


@pytest.mark.parametrize(
    "ask",
    [
        lambda crowd: list_users(SYSTEM),
        lambda crowd: list_users(SYSTEM, connection="Crowd", used="longer_ago"),
        lambda crowd: list_project_access(SYSTEM, key=Project.objects.get().pk),
    ],
)
def test_no_question_of_a_page_goes_through_everybody(crowd, ask):
    wrong = [step for step in plans(lambda: ask(crowd)) if EVERYBODY.match(step)]
    assert not wrong
