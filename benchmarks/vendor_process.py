"""The vendor of a benchmark: the sandbox in a process of its own, steered by lines of JSON on its standard input.

Its CPU is nobody's. Started by `vendor.py`; not for use by hand.
"""

import json
import sys
import time
from collections import deque
from typing import Any

from jobs import DAY, JOBS, USAGE_GROUPS, Job, digest, first_day

from seatwise.connectors.openai.sandbox import Organization, RateLimit, Sandbox, sized_organization


class Clocked(deque[Any]):
    """The sandbox's log of requests, which also remembers when its first one came."""

    first: float | None = None

    def append(self, entry: Any) -> None:
        if self.first is None:
            self.first = time.time()
        super().append(entry)


def main(size: str, job: Job) -> None:
    organization = sized_organization(size, now=int(time.time()))  # type: ignore[arg-type]
    if "costs" in job.lists:
        for field in {"user_id", "api_key_id"} - {*job.cost_groups}:
            organization.refuse_grouping("costs", field)
    sandbox = Sandbox([organization])
    with sandbox.running() as base_url:
        say(base_url=base_url, organization=organization.id, key=organization.key.value, **expected(organization, job))
        for line in sys.stdin:
            order = json.loads(line)
            if order["do"] == "begin":
                begin(sandbox, order["latency"], order["limit"])
                say()
            elif order["do"] == "count":
                log: Any = sandbox.requests
                say(first=log.first, statuses=sandbox.statuses, pages=pages(sandbox), most_at_once=sandbox.most_at_once)
            elif order["do"] == "change":
                say(changed=change(organization, order["users"]))


def begin(sandbox: Sandbox, latency: float, limit: list[float] | None) -> None:
    """A new contestant: empty log, full bucket."""
    sandbox.forget_requests()
    sandbox.requests = Clocked(maxlen=sandbox.requests.maxlen)
    sandbox.latency = latency
    sandbox.rate_limit = RateLimit(limit[0], limit[1], int(limit[2]), "retry-after-ms") if limit else None


def pages(sandbox: Sandbox) -> dict[str, int]:
    """Requests that were not refused, by list."""
    counts: dict[str, int] = {}
    for request in list(sandbox.requests):
        if request.status == 200 and request.query.get("limit") != "1":
            counts[request.path] = counts.get(request.path, 0) + 1
    return counts


def change(organization: Organization, users: int) -> int:
    """Gives that many users another role, spread over the whole list."""
    ids = list(organization.users.ids())
    for user_id in ids[:: max(1, len(ids) // users)][:users]:
        role = organization.users[user_id].get("role")
        organization.update_user(user_id, role="reader" if role == "owner" else "owner")
    return users


def expected(organization: Organization, job: Job) -> dict[str, Any]:
    """Rows a complete sync brings, the fewest requests that list them, and what the rows sum to."""
    active = [row["id"] for row in organization.projects if row["status"] != "archived"]
    since = first_day(organization.now)
    places: dict[str, list[int]] = {
        "users": [len(organization.users)],
        "invites": [len(organization.invites)],
        "projects": [len(organization.projects)],
        "members": [len(organization.members[project]) for project in active],
        "service_accounts": [len(organization.service_accounts[project]) for project in active],
        "api_keys": [len(organization.api_keys[project]) for project in active],
        "admin_keys": [len(organization.admin_keys)],
    }
    rows = {name: sum(places[name]) for name in job.lists if name in places}
    requests = sum(max(1, -(-count // 100)) for name in rows for count in places[name])
    sums = {}
    if "costs" in job.lists:
        days = [(day, day + DAY) for day in range(since, organization.now + 1, DAY)]
        used = [organization.used("completions", *day, by=USAGE_GROUPS) for day in days]
        spent = [organization.spent(*day, by=job.cost_groups) for day in days]
        rows |= {"usage_completions": sum(map(len, used)), "costs": sum(map(len, spent))}
        requests += -(-len(days) // 31) + -(-len(days) // 180)
        sums = {
            "requests": sum(told[0] for day in used for told in day.values()),
            "tokens": sum(told[1] + told[2] + told[3] for day in used for told in day.values()),
            "spent": str(sum(amount for day in spent for amount in day.values())),
        }
    return {
        "since": since, "rows": rows, "requests": requests, "sums": sums, "chain": -(-rows["users"] // 100),
        "ids": {name: digest(ids) for name, ids in listed(organization, active).items() if name in rows},
    }  # fmt: skip


def listed(organization: Organization, active: list[str]) -> dict[str, list[str]]:
    """Who is there, as Seatwise tells them apart."""
    return {
        "users": [*organization.users.ids()],
        "invites": [*organization.invites.ids()],
        "projects": [*organization.projects.ids()],
        "members": [f"{project}/{user}" for project in active for user in organization.members[project].ids()],
        "service_accounts": [i for project in active for i in organization.service_accounts[project].ids()],
        "api_keys": [i for project in active for i in organization.api_keys[project].ids()],
        "admin_keys": [*organization.admin_keys.ids()],
    }


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], JOBS[sys.argv[2]])
