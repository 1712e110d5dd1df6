"""The questions, and how long they take: `questions`, or `ask TIMES SECONDS`, which times the service that answers
them, and then its statements alone, each sent to the database and all its rows fetched."""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "seatwise.settings"
import django

django.setup()

from django.db import connection  # noqa: E402

from seatwise.services.paging import encode  # noqa: E402
from seatwise.services.rights import command_line  # noqa: E402
from seatwise.services.users import list_users  # noqa: E402
from seatwise.store.listing import Listing  # noqa: E402
from seatwise.store.wanted import Wanted  # noqa: E402

Statement = tuple[str, Any]
OPERATOR = command_line()
DIFFERENT = 50
"""Different words to search for, and different depths."""
FAR = 200
"""Rows between two of the depths that are drawn from."""


def main() -> None:
    asked = dict(questions())
    if sys.argv[1] == "questions":
        print(json.dumps(asked))
        return
    services: dict[str, list[float]] = {}
    queries: dict[str, list[float]] = {}
    deadline = time.monotonic() + float(sys.argv[3])
    for turn in range(int(sys.argv[2]) + 5):
        if turn > 7 and time.monotonic() > deadline:
            break
        for name, some in asked.items():
            service, statements = timed(lambda: list_users(OPERATOR, **some[turn % len(some)]))  # noqa: B023
            query = replayed(statements)
            if turn >= 5:
                services.setdefault(name, []).append(service)
                queries.setdefault(name, []).append(query)
    print(json.dumps({"query": queries, "service": services}))


def timed(ask: Callable[[], object]) -> tuple[float, list[Statement]]:
    """Milliseconds, and what the database was asked."""
    statements: list[Statement] = []

    def noted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    began = time.perf_counter()
    with connection.execute_wrapper(noted):
        ask()
    return (time.perf_counter() - began) * 1000, statements


def replayed(statements: list[Statement]) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(*statement)
            cursor.fetchall()
    return (time.perf_counter() - began) * 1000


def questions() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each with the service's arguments, which are the words of the page's address too."""
    dice = random.Random(1)  # the same words every time
    cursors: dict[str, list[str]] = {sort: list(depths(sort)) for sort in ("email", "-last_active_at")}
    some = [user for cursor in dice.sample(cursors["email"], 20) for user in people(cursor)]
    emails = [user.email for user in some if user.email and len(user.email.partition("@")[0]) > 8]
    drawn = [dice.choice(emails) for _ in range(DIFFERENT)]
    yield "first page", [{}]
    yield "search, part of an address", [{"search": email[2:8]} for email in drawn]
    yield "search, whole address", [{"search": email} for email in drawn]
    yield "search, what everybody has", [{"search": drawn[0].partition("@")[2]}]
    yield "search, one or two letters", [{"search": email[: 1 + n % 2]} for n, email in enumerate(drawn)]
    yield "search, three letters", [{"search": email[:3]} for email in drawn]
    yield "search and filter", [{"search": email[2:8], "role": "owner", "status": ["active"]} for email in drawn]
    yield "search, sorted by last activity", [{"search": email[2:8], "sort": "-last_active_at"} for email in drawn]
    yield "filter by status", [{"status": [status]} for status in ("disabled", "invited", "active")]
    yield "filter by role", [{"role": role} for role in ("owner", "reader")]
    yield "filter by kind", [{"kind": kind} for kind in ("service_account", "invite")]
    for sort in ("name", "role", "status", "joined_at", "-last_active_at"):
        yield f"sort by {sort}", [{"sort": sort}]
    yield "any depth", [{"cursor": cursor} for cursor in dice.sample(cursors["email"], DIFFERENT)]
    yield (
        "any depth, by last activity",
        [
            {"sort": "-last_active_at", "cursor": cursor}
            for cursor in dice.sample(cursors["-last_active_at"], DIFFERENT)
        ],
    )


def depths(sort: str) -> Iterator[str]:
    """Cursors all the way through the list."""
    by, descending = sort.removeprefix("-"), sort.startswith("-")
    listing, after = Listing(Wanted(), by), None
    while len(places := listing.places(descending=descending, after=after, limit=FAR)) == FAR:
        after = places[-1]
        yield encode(after, backwards=False)


def people(cursor: str) -> list[Any]:
    items: list[Any] = list_users(OPERATOR, cursor=cursor, limit=50).items
    return items


if __name__ == "__main__":
    main()
