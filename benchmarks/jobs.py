"""What is to be synced: the directory alone, or everything an Admin Key can tell. The same for every contestant.

A list of ours goes by its short name everywhere here; `STREAMS` has Seatwise's."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DAY = 86_400
HISTORY = 90
"""Whole days of usage and costs; today's part comes on top."""
DIRECTORY = ("users", "invites", "projects", "members")
KEYS = ("service_accounts", "api_keys", "admin_keys")
SPEND = ("usage_completions", "costs")
STREAMS = {"members": "project_members"}
USAGE_GROUPS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
COST_GROUPS = ("project_id", "line_item")
FINEST_COST_GROUPS = (*COST_GROUPS, "api_key_id", "user_id")


@dataclass(frozen=True)
class Job:
    """`cost_groups` are the finest the vendor accepts; `refusals` how often it refuses finer ones to a client that
    does not know."""

    name: str
    lists: tuple[str, ...]
    cost_groups: tuple[str, ...] = ()
    refusals: int = 0

    @property
    def streams(self) -> str:
        return ",".join(STREAMS.get(name, name) for name in self.lists)


JOBS = {
    job.name: job
    for job in (
        Job("directory", DIRECTORY),
        Job("whole", (*DIRECTORY, *KEYS, *SPEND), COST_GROUPS, refusals=2),
        Job("finest", (*DIRECTORY, *KEYS, *SPEND), FINEST_COST_GROUPS),
    )
}


def digest(ids: Iterable[str]) -> str:
    """One word for a set of ids, in any order."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def environment(job: Job, since: int) -> dict[str, str]:
    """What a hand-written contestant is told."""
    return {"BENCH_JOB": job.name, "BENCH_SINCE": str(since), "BENCH_COST_GROUPS": ",".join(job.cost_groups)}


def told() -> tuple[Job, int]:
    """The other way, in the contestant: the job, and the first day (epoch seconds)."""
    return JOBS[os.environ["BENCH_JOB"]], int(os.environ["BENCH_SINCE"])


def first_day(now: int) -> int:
    return now - now % DAY - HISTORY * DAY


def spend_query(job: Job, name: str, since: int) -> dict[str, Any]:
    """The largest pages of usage or costs."""
    usage = name == "usage_completions"
    groups = USAGE_GROUPS if usage else job.cost_groups
    return {"start_time": since, "bucket_width": "1d", "limit": 31 if usage else 180, "group_by[]": list(groups)}


PATHS = {"usage_completions": "/organization/usage/completions", "costs": "/organization/costs"}
