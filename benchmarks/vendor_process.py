"""The vendor of a benchmark: the sandbox in a process of its own, steered by lines of JSON on its standard input.

Its CPU is nobody's. Started by `vendor.py`; not for use by hand.
"""

import json
import sys
import time
from collections import deque
from typing import Any

from seatwise.connectors.openai.sandbox import Organization, RateLimit, Sandbox, sized_organization


class Clocked(deque[Any]):
    """The sandbox's log of requests, which also remembers when its first one came."""

    first: float | None = None

    def append(self, entry: Any) -> None:
        if self.first is None:
            self.first = time.time()
        super().append(entry)


def main(size: str) -> None:
    organization = sized_organization(size, now=int(time.time()))  # type: ignore[arg-type]
    sandbox = Sandbox([organization])
    with sandbox.running() as base_url:
        say(base_url=base_url, organization=organization.id, key=organization.key.value, **expected(organization))
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


def expected(organization: Organization) -> dict[str, Any]:
    """Rows a complete sync brings, and the fewest requests that list them."""
    active = [row["id"] for row in organization.projects if row["status"] != "archived"]
    lists = [len(organization.users), len(organization.invites), len(organization.projects)]
    lists += [len(organization.members[project]) for project in active]
    return {
        "rows": {"users": lists[0], "invites": lists[1], "projects": lists[2], "members": sum(lists[3:])},
        "chain": -(-lists[0] // 100),
        "requests": sum(max(1, -(-rows // 100)) for rows in lists),
    }


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
