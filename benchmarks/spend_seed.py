"""A year of one large organization, straight into the database: `seed USERS USAGE`, and `write SECONDS`, which goes on
writing the last days' costs as a sync does. No vendor is asked."""

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice

os.environ["DJANGO_SETTINGS_MODULE"] = "seatwise.settings"
import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from seatwise.sdk.records import Cost, Usage  # noqa: E402
from seatwise.store import models as stored  # noqa: E402
from seatwise.store import roster  # noqa: E402
from seatwise.sync import days, lease, rollups, usage_sums  # noqa: E402

TODAY = datetime.now(UTC).date()
DAYS, PROJECTS, COSTS = 365, 1000, 1000
MODELS = tuple(f"model-{n}" for n in range(12))
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def main() -> None:
    if sys.argv[1] == "write":
        write(float(sys.argv[2]))
        return
    call_command("migrate", verbosity=0)
    seed(int(sys.argv[2]), int(sys.argv[3]))


def seed(users: int, usage: int) -> None:
    dice = random.Random(1)
    connection = stored.Connection.objects.create(name="XL", integration="openai", organization_id="org-bench")
    people = [f"user-{''.join(dice.choices(LETTERS, k=24))}" for _ in range(users)]
    projects = [f"proj_{''.join(dice.choices(LETTERS, k=24))}" for _ in range(PROJECTS)]
    directory(connection, people, projects)
    weights = [1 / (n + 50) ** 0.6 for n in range(users)]
    for ago in range(DAYS):
        day = TODAY - timedelta(days=ago)
        used = list(some_usage(dice, usage // DAYS, people, weights, projects))
        spent = list(some_costs(dice, used))
        with transaction.atomic():
            days.insert(stored.Usage, connection.pk, "usage_completions", rows(day, used))
            days.insert(stored.Cost, connection.pk, "costs", rows(day, spent))
            rollups.rebuild(connection.pk, [day])
            usage_sums.rebuild(connection.pk, "usage_completions", [day])
    settle(connection)
    now = datetime.now(UTC)
    for declared in ("costs", "usage_completions"):
        stored.Stream.objects.create(
            connection=connection, name=declared, state="complete", synced_at=now, allowed=True,
            covered_from=TODAY - timedelta(days=DAYS - 1), covered_to=TODAY + timedelta(days=1),
        )  # fmt: skip
    print(stored.Usage.objects.count(), stored.Cost.objects.count(), stored.SpendDay.objects.count())


def directory(connection: stored.Connection, people: list[str], projects: list[str]) -> None:
    now = datetime.now(UTC)
    common = {"connection": connection, "hash": 0, "first_seen_at": now, "status": "active"}
    users = (
        stored.User(
            vendor_id=key, kind="user", email=(email := f"{key[5:12].lower()}.{n}@bench.example"), email_key=email,
            name=(name := f"Person {key[5:12]}"), name_key=name.lower(), role="reader", **common,
        )
        for n, key in enumerate(people)
    )  # fmt: skip
    while some := list(islice(users, 5000)):
        stored.User.objects.bulk_create(some, batch_size=500)
    rows = [stored.Project(vendor_id=key, name=f"Project {n}", **common) for n, key in enumerate(projects)]
    stored.Project.objects.bulk_create(rows, batch_size=500)
    while roster.settle():
        pass


def some_usage(
    dice: random.Random, count: int, people: list[str], weights: list[float], projects: list[str]
) -> Iterator[Usage]:
    for user in dice.choices(people, weights, k=count):
        project, model = dice.choice(projects[: PROJECTS // 4]), dice.choice(MODELS)
        yield Usage(
            id=f"{user}{project}{model}", project_id=project, user_id=user, model=model,
            requests=dice.randrange(1, 400), input_tokens=dice.randrange(1, 900_000),
            output_tokens=dice.randrange(1, 90_000),
        )  # fmt: skip


def some_costs(dice: random.Random, used: list[Usage]) -> Iterator[Cost]:
    """By project and line item, as most organizations are told."""
    places = dict.fromkeys((one.project_id, one.model) for one in used)
    for project, model in list(places)[: COSTS // 2]:
        for kind in ("input_tokens", "output_tokens"):
            amount = Decimal(dice.randrange(1, 10**11)).scaleb(-10)
            yield Cost(
                id=f"{project}{model}{kind}", project_id=project, line_item=f"{model}, {kind}", amount=amount,
                currency="usd",
            )  # fmt: skip


def rows(day: date, records: list[Usage] | list[Cost]) -> list[tuple[date, int, int, Usage | Cost]]:
    found = {days.slot(record.id): record for record in records}
    return [(day, slot, slot, record) for slot, record in found.items()]


def settle(connection: stored.Connection) -> None:
    """As the end of a run does."""
    run = lease.claim(connection, "bench", {})
    if run is None:
        raise RuntimeError("a run is open")
    rollups.place(run, set().union(*rollups.settle(run)))
    lease.release(run, "complete", "", "")


def write(seconds: float) -> None:
    """As syncs one after another: 1,000 rows of a day's usage a transaction all the time, and every 20 seconds the
    costs of the last eight days and whom they belong to."""
    dice, connection = random.Random(time.time()), stored.Connection.objects.get()
    last = [TODAY - timedelta(days=ago) for ago in range(8)]
    rows = stored.Usage.objects.filter(connection=connection)
    keys = {day: list(rows.filter(day=day).values_list("pk", flat=True)) for day in last}
    end, due = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        with transaction.atomic():
            day = dice.choice(last)
            chosen = dice.sample(keys[day], 1000)
            some = [stored.Usage(pk=key, requests=dice.randrange(400)) for key in chosen]
            stored.Usage.objects.bulk_update(some, ["requests"], batch_size=200)
            usage_sums.rebuild(connection.pk, "usage_completions", [day])
        if time.monotonic() > due:
            changed = list(stored.Cost.objects.filter(connection=connection, day__in=last).values_list("pk", flat=True))
            with transaction.atomic():
                for key in dice.sample(changed, 200):
                    stored.Cost.objects.filter(pk=key).update(amount=dice.randrange(1, 10**11))
                rollups.rebuild(connection.pk, last)
            settle(connection)
            due = time.monotonic() + 20
        time.sleep(0.01)


if __name__ == "__main__":
    main()
