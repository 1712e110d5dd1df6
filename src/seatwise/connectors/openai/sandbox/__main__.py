"""`python -m seatwise.connectors.openai.sandbox`: the pretend OpenAI alone, in a process of its own."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from time import time

from .demo import demo_organizations, sized_organization
from .drift import drift
from .limiting import RateLimit
from .server import Sandbox
from .world import Organization


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    sized = options.size and [sized_organization(options.size, now=options.now)]
    organizations = sized or demo_organizations(options.users, now=options.now)
    for organization in organizations:
        organization.minimal_users = options.minimal
    sandbox = Sandbox(organizations, latency=options.latency, rate_limit=_rate(options))

    def ready(base_url: str) -> None:
        print(_as_json(sandbox, base_url) if options.json else described(sandbox, base_url), flush=True)
        if options.drift:
            Drifting(organizations, options.now or int(time()), options.drift).go_on()

    sandbox.serve_forever(options.port, ready=ready)


class Drifting:
    """Lets something small happen every so many seconds since `began`; started again, it first catches up, so that the
    same world goes on. After MOST things the company keeps still."""

    MOST = 200

    def __init__(self, organizations: Sequence[Organization], began: int, seconds: int) -> None:
        self.organizations, self.began, self.seconds, self.done = organizations, began, seconds, 0

    def go_on(self) -> None:
        """Call it in the server's loop: between two answers, never within one."""
        due = min(self.MOST, (int(time()) - self.began) // self.seconds)
        while self.done < due:
            self.done += 1
            organization = self.organizations[self.done % len(self.organizations)]
            organization.now = self.began + self.done * self.seconds
            drift(organization, self.done, steps=1)
        asyncio.get_running_loop().call_later(self.seconds, self.go_on)


def described(sandbox: Sandbox, base_url: str) -> str:
    """The base URL, and each organization with its pretend keys, one line each."""
    lines = [f"Base URL: {base_url}"]
    for organization in sandbox.organizations:
        lines += [
            "",
            f"{organization.name}",
            f"  Organization ID: {organization.id}",
            f"  Admin Key: {organization.key.value}",
        ]
    return "\n".join(lines)


def _as_json(sandbox: Sandbox, base_url: str) -> str:
    organizations = [
        {"name": each.name, "id": each.id, "keys": [key.value for key in each.keys]} for each in sandbox.organizations
    ]
    return json.dumps({"base_url": base_url, "organizations": organizations})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatwise.connectors.openai.sandbox", description=__doc__)
    parser.add_argument(
        "--size", choices=("M", "XL"), help="one organization of a benchmark's size instead of the demo's three"
    )
    parser.add_argument("--users", type=int, default=240, help="users of the first demo organization (240)")
    parser.add_argument("--now", type=int, metavar="EPOCH", help="when the organizations are seeded for (now)")
    parser.add_argument("--drift", type=int, metavar="SECONDS", help="let something small happen every so often")
    parser.add_argument("--minimal", action="store_true", help="list users with six fields only")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="thinking time of each answer")
    parser.add_argument(
        "--rate", type=_pace, metavar="REQUESTS/SECONDS", help="answer 429 above this rate, such as 60/1 or 500/60"
    )
    parser.add_argument("--burst", type=int, default=10, help="requests let pass at once before the rate counts (10)")
    parser.add_argument("--hint", choices=("retry-after-ms", "retry-after", "none"), default="retry-after-ms")
    parser.add_argument("--port", type=int, default=0, help="0 is any free one")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser


def _pace(text: str) -> tuple[float, float]:
    """Requests and seconds of `60/1`."""
    requests, _, seconds = text.partition("/")
    try:
        pace = float(requests), float(seconds or 1)
    except ValueError:
        pace = 0, 0
    if min(pace) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate such as 60/1")
    return pace


def _rate(options: argparse.Namespace) -> RateLimit | None:
    if options.rate is None:
        return None
    requests, seconds = options.rate
    return RateLimit(requests, seconds, options.burst, None if options.hint == "none" else options.hint)


if __name__ == "__main__":
    main()
