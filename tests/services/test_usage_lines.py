"""Usage by person: ranked by one number and counted where it is looked at, it is the same as all of it added up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from seatwise.services.errors import Refusal
from seatwise.services.paging import encode
from seatwise.services.rights import SYSTEM
from seatwise.services.usage import UsageLine, export_usage, get_usage
from seatwise.store.models import Usage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def used(connection_of: Callable[..., Any]) -> list[Any]:
    """Two accounts: people with requests, with tokens alone, with a quantity alone, with nothing, and nobody."""
    rows = [connection_of("Acme", organization_id="org-a"), connection_of("Labs", organization_id="org-b")]
    for row in rows:
        for number in range(40):
            counts = [{"requests": number, "input_tokens": 5}, {"output_tokens": number}, {"requests": 3}][number % 3]
            at = {"connection": row, "day": date(2026, 11, 1 + number % 20), "slot": number, "hash": 0}
            user = f"user-{number % 13}" if number % 4 else None
            Usage.objects.create(**at, stream="usage_completions", user_id=user, project_id=f"p{number % 2}", **counts)
            Usage.objects.create(**at, stream="usage_images", user_id=user, quantity=number // 9, unit="images")
        Usage.objects.create(**at | {"slot": 99}, stream="usage_completions", user_id="user-idle")
        Usage.objects.create(**at | {"slot": 98}, stream="usage_completions", user_id="user-silent", output_tokens=7)
    return rows


def pages(**asked: Any) -> list[UsageLine]:
    found, cursor = list[UsageLine](), ""
    while True:
        page = get_usage(SYSTEM, by="person", limit=5, cursor=cursor, **asked).lines
        found += page.items
        if not page.next:
            assert len(found) == page.total
            return found
        before = page.items
        cursor = page.next
        back = get_usage(SYSTEM, by="person", limit=5, cursor=cursor, **asked).lines.previous
        assert get_usage(SYSTEM, by="person", limit=5, cursor=back or "", **asked).lines.items == before


@pytest.mark.parametrize(
    "asked", [{}, {"project": "p1"}, {"person": "user-3"}, {"person": "unattributed"}, {"family": "images"}]
)
def test_pages_by_person_are_what_all_rows_add_up_to(used: list[Any], asked: dict[str, str]) -> None:
    found = pages(**asked)
    assert found == list(export_usage(SYSTEM, by="person", **asked))
    assert found
    order = [(line.family, -(line.requests or line.quantity)) for line in found if line.requests or line.quantity]
    assert order == sorted(order)


def test_who_used_tokens_alone_is_a_line_and_who_used_nothing_is_none(used: list[Any]) -> None:
    found = {(line.connection, line.id): line for line in pages() if line.family == "completions"}
    assert ("Acme", "user-idle") not in found
    assert (found["Labs", "user-silent"].requests, found["Labs", "user-silent"].output_tokens) == (0, 7)
    assert found[None, None].connection_id is None
    total = sum(Usage.objects.filter(stream="usage_completions").values_list("requests", flat=True))
    assert sum(line.requests for line in found.values()) == total


def test_a_place_that_is_none_is_refused(used: list[Any]) -> None:
    for place in ([1, "", 2, "x", 1], ["completions", None, 2, "x", 1], ["completions", "", "2", "x", 1], ["x", 2]):
        with pytest.raises(Refusal):
            get_usage(SYSTEM, by="person", cursor=encode(place, backwards=False))
