"""What a pretend organization spends: daily costs per project and line item, in whole micro-dollars, so that every way
of grouping sums to the same amount."""

from collections.abc import Iterator
from typing import Any

from . import errors
from .paging import Limits, original, page_token, read_page_token, time_page
from .people import draw
from .rows import Row, encode
from .world import Organization

DAY = 86_400
LIMITS = Limits(1, 180, 7)
_GROUPS = ("project_id", "line_item", "api_key_id")
_SPENDERS = 50
_LINES = (("gpt-4o-2024-08-06, input", 2_500_000), ("gpt-4o-2024-08-06, output", 10_000_000))


def costs_page(organization: Organization, query: Any) -> bytes:
    """One page of daily buckets. `query` is a multidict. Raises ApiError 400 for bad parameters."""
    limit = LIMITS.read(query)
    start, end = _moment(query, "start_time", None), _moment(query, "end_time", organization.now)
    if query.get("bucket_width", "1d") != "1d":
        raise errors.bad_parameter("bucket_width", "Invalid 'bucket_width': only '1d' is supported.")
    groups = [*query.getall("group_by[]", []), *query.getall("group_by", [])]
    if unknown := next((group for group in groups if group not in _GROUPS), None):
        raise errors.bad_parameter("group_by", f"Invalid 'group_by': '{unknown}' is not one of {', '.join(_GROUPS)}.")
    wanted = {*query.getall("project_ids[]", []), *query.getall("project_ids", [])}
    same = "&".join(sorted(f"{name}={value}" for name, value in query.items() if name != "page"))
    token = original(query.get("page"))
    first = start - start % DAY if token is None else read_page_token(token, same)
    days = range(first, end, DAY)
    spenders = [row["id"] for row in organization.projects][:_SPENDERS]
    projects = [project_id for project_id in spenders if not wanted or project_id in wanted]
    buckets = [encode(_bucket(organization.id, day, projects, groups)) for day in days[:limit]]
    following = page_token(organization.now, same, days[limit]) if len(days) > limit else None
    return time_page(buckets, following)


def _moment(query: Any, name: str, default: int | None) -> int:
    text = query.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit()):
        raise errors.bad_parameter(name, f"Invalid '{name}': expected an integer, but got '{text}' instead.")
    return int(text)


def _bucket(organization_id: str, day: int, projects: list[str], groups: list[str]) -> Row:
    """A bucket without activity has no results and is there all the same."""
    sums: dict[tuple[str | None, str | None], list[int]] = {}
    for project_id, line, tokens, micros in _spent(organization_id, day, projects):
        key = (project_id if "project_id" in groups else None, line if "line_item" in groups else None)
        total = sums.setdefault(key, [0, 0])
        total[0] += tokens
        total[1] += micros
    results = [_result(project_id, line, *total) for (project_id, line), total in sums.items()]
    return {"object": "bucket", "start_time": day, "end_time": day + DAY, "results": results}


def _spent(organization_id: str, day: int, projects: list[str]) -> Iterator[tuple[str, str, int, int]]:
    """Project, line item, tokens and micro-dollars; nobody works on the 25th of December."""
    if day // DAY % 365 == 358:
        return
    for project_id in projects:
        for line, price in _LINES:
            tokens = draw(organization_id, "cost", day, project_id, line) % 400_000
            yield project_id, line, tokens, tokens * price // 1_000_000


def _result(project_id: str | None, line: str | None, tokens: int, micros: int) -> Row:
    return {
        "object": "organization.costs.result",
        "amount": {"value": micros / 1_000_000, "currency": "usd"},
        "line_item": line,
        "project_id": project_id,
        "api_key_id": None,
        "quantity": tokens if line else None,
        "quantity_unit": "tokens" if line else None,
    }
