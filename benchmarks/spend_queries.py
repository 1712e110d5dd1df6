"""The questions behind Users and Spend, and how long the services that answer them take: `addresses`, or `ask N`."""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

os.environ["DJANGO_SETTINGS_MODULE"] = "seatwise.settings"
import django

django.setup()

from seatwise.services import kept  # noqa: E402
from seatwise.services.forecast import forecast  # noqa: E402
from seatwise.services.rights import command_line  # noqa: E402
from seatwise.services.spend import get_spend  # noqa: E402
from seatwise.services.spend_months import months_of  # noqa: E402
from seatwise.services.usage import get_usage  # noqa: E402
from seatwise.services.users import list_users  # noqa: E402
from seatwise.store import sums  # noqa: E402
from seatwise.store.models import Connection, User  # noqa: E402

OPERATOR = command_line()
Question = Callable[[], Any]
BY = ("total", "project", "person", "api_key", "model", "line_item")
USAGE_BY = ("model", "project", "person", "api_key")
RANGES = ("this_month", "last_30_days", "last_90_days", "this_year")


def main() -> None:
    asked = list(questions())
    if sys.argv[1] == "addresses":
        print(json.dumps({name: paths for name, _, paths in asked if paths}))
        return
    times: dict[str, list[float]] = {}
    first: dict[str, list[float]] = {}
    for turn in range(int(sys.argv[2])):
        for name, some, _ in asked:
            began = time.perf_counter()
            some[turn % len(some)]()
            took = (time.perf_counter() - began) * 1000
            (times if turn >= len(some) else first).setdefault(name, []).append(took)
    print(json.dumps({"times": {name: times.get(name) or first[name] for name in first}, "first": first}))


def questions() -> Iterator[tuple[str, list[Question], list[str]]]:
    """Each with the services' calls, and the addresses of the pages that ask the same."""
    dice = random.Random(1)
    connection = Connection.objects.get().pk
    some = list(User.objects.exclude(spend_rank=None).order_by("pk")[:20_000:400])
    words = [(user.email or "")[1:6] for user in some]
    by_spend: dict[str, Any] = {"sort": "-month_spend"}
    cursors = list(depths())
    yield _users("users by month's spend", [by_spend])
    yield _users("the same, any depth", [{**by_spend, "cursor": cursor} for cursor in dice.sample(cursors, 20)])
    yield _users("search, sorted by spend", [{**by_spend, "search": word} for word in words])
    yield _users("search that finds everybody, by spend", [{**by_spend, "search": "bench.example"}])
    yield (
        "one person's months",
        [_call(months_of, dimension="person", key=user.vendor_id, connection=connection) for user in some],
        [f"/users/{user.pk}/" for user in some],
    )
    for by in BY:
        asked = [{"by": by, "range": name} for name in RANGES]
        yield f"spend by {by}", [_call(get_spend, **one) for one in asked], [_address(one) for one in asked]
    project = get_spend(OPERATOR, by="project").lines.items[0].id or ""
    within = [{"by": by, "range": "last_30_days", "project": project} for by in ("model", "line_item")]
    yield "within a project", [_call(get_spend, **one) for one in within], [_address(one) for one in within]
    persons = [{"by": "person", "range": "last_30_days", "project": project}]
    yield "persons within a project", [_call(get_spend, **one) for one in persons], [_address(one) for one in persons]
    for by in USAGE_BY:
        used = {"by": by, "range": "last_30_days"}
        yield f"usage by {by}", [_call(get_usage, **used)], [f"/spend/usage/?{urlencode(used)}"]
    yield "forecast", [_call(forecast)], []
    now = get_spend(OPERATOR, by="total", range="this_year").range
    first = now.first.replace(year=now.first.year - 1)
    yield "12 months of all users, by method", [lambda: sums.of_months("method", [connection], first, now.last)], []


def _users(name: str, asked: list[dict[str, Any]]) -> tuple[str, list[Question], list[str]]:
    return name, [_call(list_users, **one) for one in asked], [f"/users/?{urlencode(one)}" for one in asked]


def _address(asked: dict[str, Any]) -> str:
    return f"/spend/?{urlencode(asked)}"


def _call(function: Callable[..., Any], **asked: Any) -> Question:
    return lambda: function(OPERATOR, **asked)


def depths() -> Iterator[str]:
    page = list_users(OPERATOR, sort="-month_spend", limit=500)
    while page.next:
        yield page.next
        page = list_users(OPERATOR, sort="-month_spend", limit=500, cursor=page.next)


if __name__ == "__main__":
    kept._answers.clear()
    main()
