"""What a usage or cost request asks for, and the vendor's refusals of what it may not ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from .. import errors
from ..paging import Limits, original, page_token, read_page_token, time_page
from ..rows import Row, encode

WIDTHS = {"1m": 60, "1h": 3600, "1d": 86_400}
USAGE_LIMITS = {"1m": Limits(1, 1440, 60), "1h": Limits(1, 168, 24), "1d": Limits(1, 31, 7)}
COST_LIMITS = {"1d": Limits(1, 180, 7)}
Refused = tuple[str, frozenset[str]]
"""A family (or `costs`) and fields that the organization may not group by together."""


@dataclass(frozen=True, slots=True)
class Question:
    """`filters` go from a worker's attribute to the values wanted; both are hashable, to be remembered by."""

    starts: tuple[int, ...]
    width: int
    groups: tuple[str, ...]
    filters: tuple[tuple[str, frozenset[str | bool | None]], ...]
    following: str | None

    def wants(self, worker: object) -> bool:
        return not self.filters or all(getattr(worker, name) in wanted for name, wanted in self.filters)


def asked(
    query: Any,
    now: int,
    *,
    limits: Mapping[str, Limits],
    groups: tuple[str, ...],
    filters: Mapping[str, str],
) -> Question:
    """`query` is a multidict; `groups` may be grouped by, and `filters` go from a parameter to a worker's attribute.
    Raises ApiError 400."""
    width = query.get("bucket_width", "1d")
    if width not in limits:
        raise errors.bad_parameter("bucket_width", f"Invalid 'bucket_width': '{width}' is not one of {_or(limits)}.")
    limit, seconds = limits[width].read(query), WIDTHS[width]
    start, end = _moment(query, "start_time", None), _moment(query, "end_time", now)
    wanted_groups = _several(query, "group_by")
    if unknown := next((group for group in wanted_groups if group not in groups), None):
        raise errors.bad_parameter("group_by", f"Invalid 'group_by': '{unknown}' is not one of {_or(groups)}.")
    same = "&".join(sorted(f"{name}={value}" for name, value in query.items() if name != "page"))
    token = original(query.get("page"))
    first = start - start % seconds if token is None else read_page_token(token, same)
    times = range(first, end, seconds)
    following = page_token(now, same, times[limit]) if len(times) > limit else None
    return Question(
        tuple(times[:limit]),
        seconds,
        tuple(group for group in groups if group in wanted_groups),
        tuple((name, _values(query, param)) for param, name in filters.items() if _several(query, param)),
        following,
    )


def refuse(question: Question, kind: str, refused: list[Refused], also: frozenset[str] = frozenset()) -> None:
    """Raises ApiError 400 where the organization may not group so; `also` are filters that count as groupings."""
    there = {*question.groups, *also}
    for which, fields in refused:
        if which in (kind, "*") and fields <= there:
            named = " and ".join(f"'{field}'" for field in sorted(fields))
            message = f"Grouping by {named} is not supported for this organization and time range."
            raise errors.bad_parameter("group_by", message)


def grouping(groups: tuple[str, ...]) -> Callable[[object], Any]:
    """From a worker to what it is grouped by, for `named`."""
    return attrgetter(*groups) if groups else lambda worker: None


def named(groups: tuple[str, ...], key: Any) -> Row:
    """The grouped fields of a result, by name; attrgetter gives one bare, several as a tuple."""
    if len(groups) == 1:
        return {groups[0]: key}
    return dict(zip(groups, key, strict=True)) if groups else {}


def page(question: Question, buckets: list[bytes]) -> bytes:
    return time_page(buckets, question.following)


def bucket(start: int, width: int, results: list[Any]) -> bytes:
    """A bucket without activity has no results and is there all the same."""
    end = start + width
    return encode(
        {
            "object": "bucket",
            "start_time": start,
            "end_time": end,
            "start_time_iso": _iso(start),
            "end_time_iso": _iso(end),
            "results": results,
        }
    )


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _several(query: Any, name: str) -> list[str]:
    return [*query.getall(f"{name}[]", []), *query.getall(name, [])]


def _values(query: Any, param: str) -> frozenset[str | bool | None]:
    values = _several(query, param)
    if param != "batch":
        return frozenset(values)
    if unknown := next((value for value in values if value not in ("true", "false")), None):
        raise errors.bad_parameter("batch", f"Invalid 'batch': expected a boolean, but got '{unknown}' instead.")
    return frozenset(value == "true" for value in values)


def _moment(query: Any, name: str, default: int | None) -> int:
    text = query.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit()):
        raise errors.bad_parameter(name, f"Invalid '{name}': expected an integer, but got '{text}' instead.")
    return int(text)


def _or(names: Any) -> str:
    return ", ".join(names)
