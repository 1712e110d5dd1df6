"""Listings against the plain truth: whatever is asked, the index's answer is what a look at every row gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatwise.sdk.status import DEPARTED
from seatwise.store import roster
from seatwise.store.listing import GROUPED, KEYS, Heads, Listing, Place
from seatwise.store.models import Connection, Headcount, User
from seatwise.store.wanted import Wanted

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = st.text(alphabet="aAbß%_\\'\"é李\n\0 .@*🙂", max_size=6)
STATUSES = ("active", "unknown", "banned", "invited", "removed", "missing")


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(STATUSES))
    times = st.one_of(st.none(), st.integers(0, 3).map(lambda day: START + timedelta(days=day, microseconds=day % 2)))
    return {
        "connection": draw(st.integers(0, 1)),
        "kind": draw(st.sampled_from(("user", "invite", "service_account"))),
        "status": status,
        "departed_at": START if status in DEPARTED else None,
        "listed": draw(st.booleans()) or draw(st.booleans()),
        "email": draw(st.one_of(st.none(), LETTERS)),
        "name": draw(st.one_of(st.none(), LETTERS)),
        "role": draw(st.sampled_from((None, "", "owner", "reader"))),
        "joined_at": draw(times),
        "last_active_at": draw(times),
        "spend_rank": draw(st.one_of(st.none(), st.integers(-(2**40), 2**40))),
        "vendor_id": draw(st.text(alphabet="aB-0", min_size=8, max_size=10)),
    }


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    kinds = st.lists(st.sampled_from(("user", "invite")), max_size=2, unique=True)
    return {
        "connections": draw(st.one_of(st.none(), st.lists(st.integers(0, 1), max_size=2, unique=True))),
        "kinds": tuple(draw(kinds)),
        "statuses": tuple(draw(st.lists(st.sampled_from(STATUSES), max_size=3, unique=True))),
        "role": draw(st.sampled_from((None, None, "", "owner", "reader"))),
        "departed": draw(st.booleans()),
        "text": draw(
            st.one_of(st.just(""), LETTERS, st.text(max_size=4), st.text(alphabet="aB-0", min_size=8, max_size=9))
        ),
    }


@pytest.fixture
def two(connection_of: Callable[..., Any]) -> list[Connection]:
    return [connection_of(), connection_of()]


def store(rows: list[dict[str, Any]], two: list[Connection]) -> None:
    for row in rows:
        number = User.objects.count()
        fields = {
            name: value.replace("\0", "\ufffd") if isinstance(value, str) else value for name, value in row.items()
        }
        fields |= {"connection": two[row["connection"]], "vendor_id": f"{row['vendor_id']}~{number}", "hash": number}
        for name in ("email", "name"):
            fields[f"{name}_key"] = None if fields[name] is None else fields[name].strip().lower()
        User.objects.create(first_seen_at=START, **fields)


def matches(user: User, wanted: Wanted) -> bool:
    term = wanted.term
    texts = [text for text in (user.email_key, user.name_key) if text is not None]
    found = (
        any(text.startswith(term) if len(term) < 3 else term in text for text in texts)
        or (len(wanted.typed) >= 8 and user.vendor_id.startswith(wanted.typed))
        or not term
    )
    return (
        user.listed
        and (user.departed_at is not None) is wanted.departed
        and (wanted.connections is None or user.connection_id in wanted.connections)
        and (not wanted.kinds or user.kind in wanted.kinds)
        and (not wanted.statuses or user.status in wanted.statuses)
        and (wanted.role is None or (user.role or "") == wanted.role)
        and found
    )


def in_order(users: list[User], by: str, descending: bool) -> list[int]:
    key = KEYS.get(by, "email_key")

    def compare(a: User, b: User) -> int:
        turn = -1 if descending else 1
        one, two = ((getattr(user, by) or "") if by in GROUPED else "" for user in (a, b))
        if one != two:  # who has no role stands last, both ways round
            return (1 if not one else -1) if not (one and two) else (turn if one > two else -turn)
        x, y = getattr(a, key), getattr(b, key)
        if (x is None) != (y is None):
            return 1 if x is None else -1
        first, second = ((x, a.pk), (y, b.pk)) if x is not None else ((a.pk,), (b.pk,))
        return turn if first > second else -turn

    return [user.pk for user in sorted(users, key=cmp_to_key(compare))]


def walked(listing: Callable[[], Listing], descending: bool, limit: int, backwards: bool) -> Iterator[int]:
    after: Place | None = None
    while found := listing().places(descending=descending, after=after, limit=limit, backwards=backwards):
        yield from (place.id for place in found)
        after = found[-1]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rows=st.lists(people(), max_size=14),
    settled=st.integers(0, 14),
    question=questions(),
    by=st.sampled_from(("email", "name", "role", "status", "joined_at", "last_active_at", "month_spend")),
    descending=st.booleans(),
    limit=st.integers(1, 5),
    few=st.sampled_from((1, 3, 5000)),
    sorts=st.sampled_from((1, 5000)),
)
def test_any_question_is_answered_as_a_look_at_every_row_would(
    two: list[Connection], rows: list[dict[str, Any]], settled: int, question: dict[str, Any], by: str,
    descending: bool, limit: int, few: int, sorts: int,
) -> None:  # fmt: skip
    with undone():
        ask(two, rows, settled, question, by, descending, limit, few, sorts)


@contextmanager
def undone() -> Iterator[None]:
    """One example's rows, and their numbers, are gone before the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(
    two: list[Connection], rows: list[dict[str, Any]], settled: int, question: dict[str, Any], by: str,
    descending: bool, limit: int, few: int, sorts: int,
) -> None:  # fmt: skip
    store(rows[:settled], two)
    while roster.settle(3):
        pass
    store(rows[settled:], two)
    chosen = question["connections"]
    wanted = Wanted(**{**question, "connections": None if chosen is None else tuple(two[i].pk for i in chosen)})
    meant = [user for user in User.objects.all() if matches(user, wanted)]
    expected = in_order(meant, by, descending)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seatwise.store.sources.FEW", few)
        patch.setattr("seatwise.store.listing.FEW", few)
        patch.setattr("seatwise.store.sources.SORTED", sorts)
        patch.setattr("seatwise.store.listing.SORTED", sorts)
        patch.setattr("seatwise.store.listing.COUNTED", few)
        groups = Counter((u.connection_id, u.kind, u.status, u.role or "") for u in meant)
        if wanted.term and len(meant) > few:
            assert Listing(wanted).total is Listing(wanted).heads is None
        else:
            assert Listing(wanted).total == len(meant)
            assert {heads[:4]: heads.people for heads in Listing(wanted).heads or ()} == groups
        assert list(walked(lambda: Listing(wanted, by), descending, limit, backwards=False)) == expected
        assert list(walked(lambda: Listing(wanted, by), descending, limit, backwards=True)) == expected[::-1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=40), st.characters(codec=None).map(lambda c: c * 10_000)))
def test_any_text_can_be_searched_for(two: list[Connection], text: str) -> None:
    listing = Listing(Wanted(text=text))
    assert listing.total == len(listing.places(limit=10))


def test_the_headcount_follows_every_way_a_row_can_change(two: list[Connection], user_of: Callable[..., User]) -> None:
    users = [user_of(two[i % 2], role=("owner", None)[i % 2], email=f"{i}@x") for i in range(8)]
    roster.settle()
    users.append(user_of(two[0], email="late@x"))
    User.objects.filter(pk__in=[u.pk for u in users[:3]]).update(status="missing", departed_at=START)
    User.objects.filter(pk=users[3].pk).update(listed=False)
    User.objects.filter(pk=users[4].pk).update(role="reader", email_key="new@y", name_key="somebody")
    User.objects.filter(pk=users[5].pk).delete()
    roster.settle()
    truth = Counter((u.connection_id, u.kind, u.status, u.role or "") for u in User.objects.filter(listed=True))
    kept = {heads[:4]: heads.people for heads in map(Heads._make, headcounts()) if heads.people}
    assert kept == truth
    assert [place.id for place in Listing(Wanted(text="new@")).places(limit=9)] == [users[4].pk]
    assert not Listing(Wanted(text="4@x")).places(limit=9)


@pytest.mark.parametrize(("found", "total"), [(6, 6), (7, None)])
def test_a_text_is_counted_up_to_a_number_and_never_beyond(
    two: list[Connection], user_of: Callable[..., User], monkeypatch: pytest.MonkeyPatch, found: int, total: int | None
) -> None:
    monkeypatch.setattr("seatwise.store.listing.COUNTED", 6)
    for i in range(found):
        user_of(two[i % 2], email=f"{i}@example.com", role=("reader", "owner")[i % 2])
        user_of(two[0], email=f"{i}@elsewhere.com")
        if i == 3:
            roster.settle()
    for text in ("Example.com", "le.c"):
        assert Listing(Wanted(text=text)).total == total
        assert (Listing(Wanted(text=text)).heads is None) is (total is None)
    assert Listing(Wanted(text="Example.com", role="owner")).total == 3
    assert Listing(Wanted()).total == 2 * found


def headcounts() -> Any:
    return Headcount.objects.values_list("connection_id", "kind", "status", "role", "people")


def test_nothing_is_settled_twice(two: list[Connection], user_of: Callable[..., User]) -> None:
    for _ in range(7):
        user_of(two[0])
    done = [roster.settle(3) for _ in range(4)]
    assert done == ([3, 3, 1, 0] if database.vendor == "sqlite" else [0, 0, 0, 0])
