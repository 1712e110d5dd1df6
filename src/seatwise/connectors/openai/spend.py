"""Usage by family, and costs, by UTC day. Money is Decimal from the raw answer, dollars as sent."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from itertools import chain, combinations
from operator import attrgetter
from typing import Any

import msgspec

from seatwise.sdk.connector import Remark
from seatwise.sdk.errors import TooLarge, Unexpected
from seatwise.sdk.records import Cost, Usage
from seatwise.sdk.streams import Day, Pages, Series, Window

from .client import Client, CostBucket, CostResult, Invalid, TokenRefused, UsageBucket, UsageResult

NEEDS = "Usage: Read (api.usage.read)"
HISTORY, RESTATED = timedelta(days=365), timedelta(days=7)
USAGE_DAYS, COST_DAYS = 31, 180
"""The largest pages: buckets of a day a request may ask for."""
LARGEST_ANSWER = 4 * 2**20
"""Bytes; a day of a large organization can have thousands of results, so the next request asks for fewer days."""
LARGEST_COST = 10**8
"""Of one row, in the currency: far above any bill, and some still sum to what a column holds."""
COST_GROUPS = ("project_id", "line_item", "api_key_id", "user_id")
SPARED = (("batch", "service_tier"), ("api_key_id",), ("user_id",))
"""Groupings that OpenAI may refuse an organization. Which ones those are is not said, so it is tried: without one of
these, in this order, then without two, then without any."""
LACKING = ("api_key_id", "user_id")
"""Those of them that rows are then without."""
ABOUT_GROUPING = re.compile(r"group|combin|user_id|api_key_id|service_tier|\bbatch\b", re.IGNORECASE)
WORDS = {"user_id": "user", "api_key_id": "key", "batch": "batch", "service_tier": "service tier"}


@dataclass(frozen=True)
class Family:
    """One of OpenAI's usage endpoints; `counts` is the field that `quantity` holds, in `unit`."""

    name: str
    summary: str
    groups: tuple[str, ...]
    counts: str = ""
    unit: str | None = None

    @cached_property
    def grouped(self) -> Callable[[UsageResult], tuple[Any, ...]]:
        """A result's values of `groups`, and one more, for a getter of one name gives no tuple."""
        return attrgetter(*self.groups, "project_id")


ALL = ("project_id", "user_id", "api_key_id", "model")
FAMILIES = (
    Family("completions", "Tokens and requests of text models", (*ALL, "batch", "service_tier")),
    Family("embeddings", "Tokens and requests of embeddings", ALL),
    Family("moderations", "Tokens and requests of moderations", ALL),
    Family("images", "Images made", ALL, "images", "images"),
    Family("audio_speeches", "Characters spoken", ALL, "characters", "characters"),
    Family("audio_transcriptions", "Seconds transcribed", ALL, "seconds", "seconds"),
    Family("vector_stores", "Bytes kept in vector stores", ("project_id",), "usage_bytes", "bytes"),
    Family(
        "code_interpreter_sessions", "Sessions of the code interpreter", ("project_id",), "num_sessions", "sessions"
    ),
    Family("file_search_calls", "Searches in files", ("project_id", "user_id", "api_key_id")),
    Family("web_search_calls", "Searches of the web", ALL),
)


async def read_usage(family: Family, client: Client, window: Window) -> Pages:
    """The days of a window in order, each whole, in lists."""
    where, stream = f"/organization/usage/{family.name}", f"usage_{family.name}"
    found = grouped(client, where, UsageBucket, window, USAGE_DAYS, family.groups, stream)
    async with aclosing(found) as lists:
        async for buckets, lacks in lists:
            yield [Day(day(bucket), used(family, bucket.results), lacks) for bucket in buckets]


async def read_costs(client: Client, window: Window) -> Pages:
    """The same of costs. A day with one whose amount is not said holds the others, and lacks it."""
    found = grouped(client, "/organization/costs", CostBucket, window, COST_DAYS, COST_GROUPS, "costs")
    async with aclosing(found) as lists:
        async for buckets, lacks in lists:
            yield [billed(bucket, lacks) for bucket in buckets]


def billed(bucket: CostBucket, lacks: tuple[str, ...]) -> Day:
    told = [row for row in bucket.results if row.amount is not None]
    if len(told) < len(bucket.results):
        lacks = (*lacks, "amount")
    return Day(day(bucket), merged(cost(row, day(bucket)) for row in told), lacks)


def ways(groups: Sequence[str]) -> list[tuple[str, ...]]:
    """What to give up of these groupings, the finest way first: nothing."""
    spared = [some for some in SPARED if set(some) <= set(groups)]
    return [
        tuple(chain.from_iterable(given_up))
        for number in range(len(spared) + 1)
        for given_up in combinations(spared, number)
    ]


async def grouped(
    client: Client, where: str, bucket_type: type[Any], window: Window, most: int, groups: Sequence[str], stream: str
) -> Any:
    """Lists of buckets by the finest grouping this organization may ask for, each with what its rows lack for it. What
    is given up is remarked, and kept for the session once a coarser question is answered. A refusal in other words is
    asked about once more; where no question is answered, it was about something else and is raised."""
    possible, way = ways(groups), client.coarser.get(stream, 0)
    first: Invalid | None = None
    doubted = False
    while True:
        given_up = possible[way]
        asked = {"group_by[]": [group for group in groups if group not in given_up]}
        lacks = tuple(group for group in given_up if group in LACKING)
        try:
            async with aclosing(days_of(client, where, bucket_type, window, most, asked)) as lists:
                async for buckets in lists:
                    if first and way > client.coarser.get(stream, 0):
                        client.coarser[stream] = way
                        named = " and ".join(WORDS[group] for group in given_up)
                        said = f"OpenAI refused to group these by {named}, so that is not known here."
                        client.remarks[stream] = Remark(said, first.detail)
                    yield buckets, lacks
            return
        except Invalid as error:
            first = first or error
            if not doubted and not ABOUT_GROUPING.search(f"{error.param} {error.detail}"):
                doubted = True
                continue
            way += 1
            if way == len(possible):
                raise first from None


async def days_of(
    client: Client, where: str, bucket_type: type[Any], window: Window, most: int, asked: Mapping[str, Sequence[str]]
) -> Any:
    """Lists of buckets, a request each where the answer fits in one page: OpenAI's page tokens hold only for the very
    same parameters, so windows are cut to a page rather than followed by token."""
    begin, days = window.start, client.fitting.get(where, most)
    while begin < window.end:
        end = min(begin + timedelta(days=days), window.end)
        span = {"start_time": str(epoch(begin)), "end_time": str(epoch(end)), "bucket_width": "1d"}
        params = {**span, "limit": str((end - begin).days), **asked}
        expected = begin
        largest = LARGEST_ANSWER if (end - begin).days > 1 else None
        try:
            async with aclosing(
                client.pages(where, bucket_type, params=params, by="next_page", largest=largest)
            ) as pages:
                async for page in pages:
                    buckets = once(bucket for bucket in page.rows() if begin <= day(bucket) < end)
                    for bucket in buckets:
                        if day(bucket) != expected:  # zero days are sent too: a hole means that something is missing
                            raise Unexpected(f"OpenAI left out {expected} in {where}. Nothing of it was stored.")
                        expected += timedelta(days=1)
                    yield buckets
        except TokenRefused:
            if expected == begin:
                raise
            end = expected  # asked for anew from here, without a token
        except TooLarge as error:  # it was not read: fewer days fit
            if (end - begin).days == 1:
                raise TooLarge(
                    f"What OpenAI tells of {begin} alone in {where} is more than Seatwise reads in one answer. "
                    "Nothing of that day was stored, and no further days were asked for. Please report this.",
                    detail=error.detail,
                ) from None
            days = client.fitting[where] = (end - begin).days // 2
            end = expected
        if expected != end:
            raise Unexpected(f"OpenAI's answer for {where} ends before {expected}. The next sync asks again.")
        begin = end


def day(bucket: UsageBucket | CostBucket) -> date:
    return datetime.fromtimestamp(bucket.start_time, UTC).date()


def epoch(of: date) -> int:
    return int(datetime(of.year, of.month, of.day, tzinfo=UTC).timestamp())


def used(family: Family, results: Iterable[UsageResult]) -> list[Any]:
    """A day's usage. A result that counts nothing is none."""
    rows = merged(usage(family, result) for result in results)
    return [row for row in rows if row.requests or row.input_tokens or row.output_tokens or row.quantity]


def usage(family: Family, row: UsageResult) -> Usage:
    """A count that a family does not send is none of its counts."""
    groups = zip(family.groups, family.grouped(row), strict=False)
    return Usage(
        id="|".join(["" if value is None else f"{name}={value}" for name, value in groups]),
        project_id=row.project_id,
        user_id=row.user_id,
        api_key_id=row.api_key_id,
        model=row.model,
        requests=(row.num_requests if row.num_model_requests is None else row.num_model_requests) or 0,
        input_tokens=row.input_tokens or 0,
        cached_tokens=row.input_cached_tokens or 0,
        output_tokens=row.output_tokens or 0,
        quantity=(getattr(row, family.counts) or 0) if family.counts else 0,
        unit=family.unit,
    )


def cost(row: CostResult, of: date) -> Cost:
    given = row.amount
    if given is None or not given.value.is_finite():
        raise Unexpected(f"OpenAI sent a cost of {of} without an amount. Nothing of this answer was stored.")
    if abs(given.value) > LARGEST_COST:
        raise Unexpected(
            f"OpenAI sent a cost above {LARGEST_COST:,} for one day, {of}, which cannot be. Nothing of this answer "
            "was stored.",
            detail=f"{given.value:.3E} {given.currency}",
        )
    parts = (row.project_id, row.line_item, row.api_key_id, row.user_id, given.currency)
    return Cost(
        id="|".join(part or "" for part in parts),
        project_id=row.project_id,
        line_item=row.line_item,
        api_key_id=row.api_key_id,
        user_id=row.user_id,
        amount=given.value,
        currency=given.currency.lower(),
        quantity=row.quantity,
        quantity_unit=row.quantity_unit,
    )


def once(rows: Iterable[Any]) -> list[Any]:
    """Without those that are sent again just as they were."""
    found: list[Any] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


def merged(rows: Iterable[Any]) -> list[Any]:
    """One row for each id. A row sent again just as it was counts once; parts of one group that differ add up to it."""
    found: dict[str, Any] = {}
    parts: dict[str, list[Any]] = {}
    for row in rows:
        if (before := found.get(row.id)) is None:
            found[row.id] = row
        elif row not in parts.setdefault(row.id, [before]):
            parts[row.id].append(row)
            found[row.id] = added(before, row)
    return list(found.values())


def added(one: Any, other: Any) -> Any:
    names = ("amount",) if isinstance(one, Cost) else COUNTED
    return msgspec.structs.replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


COUNTED = ("requests", "input_tokens", "cached_tokens", "output_tokens", "quantity")


def _family(family: Family) -> Series:
    fields = ("project_id", "user_id", "api_key_id", "model") if "model" in family.groups else family.groups
    counted = ("quantity", "unit") if family.counts else ()
    tokens = ("input_tokens",) if family.name in ("completions", "embeddings", "moderations") else ()
    output = ("cached_tokens", "output_tokens") if family.name == "completions" else ()
    groups = ", ".join("API key" if f == "api_key_id" else f.removesuffix("_id") for f in family.groups[:4])
    requests = ("requests",) if family.name not in ("vector_stores", "code_interpreter_sessions") else ()
    return Series(
        name=f"usage_{family.name}",
        record=Usage,
        fields=(*(f for f in fields if f in ALL), *requests, *tokens, *output, *counted),
        needs=NEEDS,
        list=partial(read_usage, family),
        summary=f"{family.summary}, by day and {groups}.",
        history=HISTORY,
        restated=RESTATED,
        step=timedelta(days=USAGE_DAYS),
    )


usage_streams = tuple(_family(family) for family in FAMILIES)
costs = Series(
    name="costs",
    record=Cost,
    fields=("project_id", "line_item", "api_key_id", "user_id", "amount", "currency", "quantity", "quantity_unit"),
    needs=NEEDS,
    list=read_costs,
    summary="What each day cost, by project and line item, and by key and user where OpenAI tells.",
    history=HISTORY,
    restated=RESTATED,
    step=timedelta(days=COST_DAYS),
)
