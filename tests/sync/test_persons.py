"""Whose a day's costs are: row by row the best evidence there is, and nothing of the bill is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatwise.store.models import Connection, Cost, Key, Usage
from seatwise.sync import persons
from seatwise.sync.persons import Sums, owners_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
Found = dict[tuple[str, str], int]


@pytest.fixture
def acme(connection_of: Any) -> Connection:
    """`key_ada` is Ada's, `key_bot` a machine's, `key_open` is listed without an owner; `key_gone` is in no list."""
    row: Connection = connection_of("Acme")
    listed = (("key_ada", "user", "ada"), ("key_bot", "service_account", "bot"), ("key_open", None, None))
    for number, (key, kind, owner) in enumerate(listed):
        Key.objects.create(
            connection=row, vendor_id=key, hash=number, first_seen_at=datetime(2026, 1, 1, tzinfo=UTC), kind="project",
            owner_kind=kind, owner_id=owner,
        )  # fmt: skip
    return row


def used(row: Connection, user: str | None, tokens: int, key: str | None = None, **columns: Any) -> None:
    place = {"project_id": "p", "model": "m", "api_key_id": key, "user_id": user, **columns}
    slot = Usage.objects.count()
    Usage.objects.create(
        connection=row, stream="usage_completions", day=DAY, slot=slot, hash=0, input_tokens=tokens, **place
    )


def cost(row: Connection, amount: int, **columns: Any) -> None:
    place = {"project_id": "p", "model": "m", **columns}
    slot = Cost.objects.count()
    Cost.objects.create(
        connection=row, stream="costs", day=DAY, slot=slot, hash=0, amount=amount, currency="usd", **place
    )


def whose(row: Connection) -> Found:
    found: Sums = persons.persons(row.pk, [DAY], owners_of(row.pk))[DAY]
    return {(person, method): amount for (person, method, _), amount in found.items() if amount}


def test_what_the_vendor_reports_comes_before_the_owner_of_the_key(acme: Connection) -> None:
    cost(acme, 7, user_id="bob", api_key_id="key_ada")
    used(acme, "cyd", 1, "key_ada")
    assert whose(acme) == {("bob", "reported"): 7}


def test_the_owner_of_the_key_comes_before_whoever_used_it(acme: Connection) -> None:
    cost(acme, 7, api_key_id="key_ada")
    used(acme, "cyd", 1, "key_ada")
    assert whose(acme) == {("ada", "key_owner"): 7}


def test_what_a_machines_key_costs_is_nobodys_whoever_works_beside_it(acme: Connection) -> None:
    cost(acme, 7, api_key_id="key_bot")
    used(acme, "cyd", 1)
    assert whose(acme) == {("", ""): 7}


@pytest.mark.parametrize("key", ["key_gone", "key_open"])
def test_a_key_without_a_known_owner_is_whose_tokens_went_through_it(acme: Connection, key: str) -> None:
    cost(acme, 90, api_key_id=key)
    used(acme, "bob", 1, key)
    used(acme, "cyd", 2, key, model="another", project_id=None)
    used(acme, "dan", 96, "key_ada")
    assert whose(acme) == {("bob", "token_share"): 30, ("cyd", "token_share"): 60}


def test_a_key_that_no_usage_names_is_shared_within_project_model_and_day(acme: Connection) -> None:
    cost(acme, 90, api_key_id="key_gone")
    used(acme, "bob", 1, "key_ada")
    used(acme, "cyd", 2)
    used(acme, "dan", 96, model="another")
    assert whose(acme) == {("bob", "token_share"): 30, ("cyd", "token_share"): 60}


def test_a_key_whose_own_usage_names_nobody_is_not_put_on_who_used_others(acme: Connection) -> None:
    """A machine's key that was deleted: what it used is known, and it was none of the people beside it."""
    cost(acme, 90, api_key_id="key_gone")
    used(acme, None, 5, "key_gone")
    used(acme, "bob", 5, "key_ada")
    assert whose(acme) == {("", ""): 90}


def test_tokens_of_a_key_that_name_nobody_stay_nobodys(acme: Connection) -> None:
    cost(acme, 90, api_key_id="key_gone")
    used(acme, None, 2, "key_gone")
    used(acme, "bob", 1, "key_gone")
    assert whose(acme) == {("bob", "token_share"): 30, ("", ""): 60}


def test_within_a_model_a_key_is_as_it_is_without(acme: Connection) -> None:
    """Who used the key, of whatever model: what is narrowed says the same of the same row."""
    cost(acme, 90, api_key_id="key_gone", model="image")
    used(acme, "bob", 1, "key_gone")
    narrowed = persons.parts(acme.pk, [DAY], owners_of(acme.pk), model="image")
    assert [(part.person, part.method, part.amount) for _, part in narrowed] == [("bob", "token_share", 90)]
    assert whose(acme) == {("bob", "token_share"): 90}


def test_very_many_keys_that_are_gone_are_looked_up_too(acme: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "NAMED", 1)
    for number in range(3):
        cost(acme, 5, api_key_id=f"key_{number}")
        used(acme, f"user-{number}", 1, f"key_{number}")
    used(acme, "ada", 1, "key_ada")
    assert whose(acme) == {(f"user-{number}", "token_share"): 5 for number in range(3)}


PEOPLE, KEYS = (None, "ada", "bob", "cyd"), (None, "key_ada", "key_bot", "key_open", "key_gone", "key_old")
COSTS = st.tuples(
    st.integers(-(10**12), 10**12), st.sampled_from(PEOPLE), st.sampled_from(KEYS), st.sampled_from((None, "p", "q")),
    st.sampled_from((None, "m", "n")),
)  # fmt: skip
USED = st.tuples(
    st.integers(0, 10**6), st.sampled_from(PEOPLE), st.sampled_from(KEYS), st.sampled_from((None, "p", "q")),
    st.sampled_from((None, "m", "n")),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None, max_examples=40)
@given(costs=st.lists(COSTS, max_size=10), usage=st.lists(USED, max_size=10))
def test_persons_sum_to_the_bill_and_to_themselves_within_each_model(
    costs: list[Any], usage: list[Any], acme: Connection
) -> None:
    Cost.objects.all().delete()
    Usage.objects.all().delete()
    for amount, user, key, project, model in costs:
        cost(acme, amount, user_id=user, api_key_id=key, project_id=project, model=model)
    for tokens, user, key, project, model in usage:
        used(acme, user, tokens, key, project_id=project, model=model)
    found = whose(acme)
    assert sum(found.values()) == sum(row[0] for row in costs)
    within: Found = {}
    for model in {row[4] for row in costs}:
        for _, part in persons.parts(acme.pk, [DAY], owners_of(acme.pk), model=model):
            at = part.person, part.method
            within[at] = within.get(at, 0) + part.amount
    assert {at: amount for at, amount in within.items() if amount} == found
