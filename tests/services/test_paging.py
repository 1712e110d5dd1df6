"""Cursors come back from outside: whatever they hold, the answer is a page or a refusal, never a failure."""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatwise.services.audit import list_audit_entries
from seatwise.services.changes import list_changes
from seatwise.services.errors import Refusal
from seatwise.services.projects import list_projects
from seatwise.services.rights import SYSTEM
from seatwise.services.syncs import list_runs
from seatwise.services.users import SORTS, list_users
from seatwise.store.models import AuditEntry, Change, Project, Run

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 1, tzinfo=UTC)
LISTINGS = (
    *((list_users, {"sort": sort}, 4) for sort in SORTS),
    *((list_projects, {"sort": sort}, 2) for sort in ("name", "created_at", "status")),
    (list_changes, {}, 2),
    (list_audit_entries, {}, 2),
    (list_runs, {}, 1),
)


@pytest.fixture
def rows(connection_of, user_of):
    acme = connection_of("Acme")
    for number in range(3):
        user_of(acme, email=f"{number}@x", name="N", role="r", joined_at=DAY, last_active_at=DAY)
        Project.objects.create(connection=acme, vendor_id=f"p{number}", hash=0, first_seen_at=DAY, status="active")
        Change.objects.create(connection=acme, at=DAY, stream="users", vendor_id=f"{number}", kind="arrived")
        AuditEntry.objects.create(operator="a", operation="b")
        Run.objects.create(connection=acme, trigger="connect", state="complete")


@pytest.mark.parametrize(("ask", "filters"), [listing[:2] for listing in LISTINGS])
def test_every_listing_turns_forth_and_back(rows, ask, filters):
    first = ask(SYSTEM, limit=2, **filters)
    second = ask(SYSTEM, cursor=first.next, limit=2, **filters)
    assert (len(first.items), len(second.items)) == (2, 1)
    assert first.previous is None
    assert second.next is None
    assert ask(SYSTEM, cursor=second.previous, limit=2, **filters).items == first.items


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("2026-01-01T00:00:00+00:00"),
    st.just("2026-01-01"), st.lists(st.integers(), max_size=1), st.characters(codec=None),
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_forged_cursor_is_a_page_or_a_refusal(rows, data):
    ask, filters, length = data.draw(st.sampled_from(LISTINGS))
    values = data.draw(st.lists(VALUES, min_size=length, max_size=length))
    plain = json.dumps([data.draw(st.booleans()), *values]).encode()
    cursor = data.draw(st.one_of(st.just(urlsafe_b64encode(plain).decode().rstrip("=")), st.text(max_size=20)))
    with suppress(Refusal):
        assert len(ask(SYSTEM, cursor=cursor, limit=2, **filters).items) <= 2


@pytest.mark.parametrize(("limit", "rows_given"), [(-5, 1), (0, 1), (2, 2), (10**9, 3)])
def test_a_page_has_bounds(rows, limit, rows_given):
    assert len(list_users(SYSTEM, limit=limit).items) == rows_given
