"""Costs: the ledger of usage, priced; exact to the last digit, in whichever form and grouping they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox

NOW = 1_800_000_000
DAY, HOUR = 86_400, 3_600
TODAY = NOW - NOW % DAY
COSTS = "/organization/costs"
GROUPS = ("project_id", "user_id", "line_item", "api_key_id", "api_source")


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=60, projects=3, seed=3, now=NOW)


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def costs(acme: Organization, base_url: str, **query: Any) -> list[dict[str, Any]]:
    return all_rows(base_url, COSTS, acme.key.value, **{"start_time": NOW - 60 * DAY, "limit": 180, **query})


def results(buckets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for bucket in buckets for result in bucket["results"]]


def by_day(buckets: list[dict[str, Any]]) -> list[Decimal]:
    amounts = [[Decimal(result["amount"]["value"]) for result in bucket["results"]] for bucket in buckets]
    return [sum(each, Decimal(0)) for each in amounts]


@pytest.mark.parametrize("text", [False, True])
def test_every_grouping_sums_to_the_ungrouped_answer_exactly(acme: Organization, base_url: str, text: bool) -> None:
    acme.text_amounts = text
    whole = costs(acme, base_url)
    assert all(len(bucket["results"]) <= 1 for bucket in whole)
    days = by_day(whole)
    assert sum(days) > 100
    for size in range(1, len(GROUPS) + 1):
        for groups in combinations(GROUPS, size):
            assert by_day(costs(acme, base_url, group_by__=list(groups))) == days
    assert sum(days) == acme.spent(TODAY - 60 * DAY, NOW)[()]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), groups=st.lists(st.sampled_from(GROUPS), unique=True))
def test_random_organizations_sum_however_they_are_grouped(seed: int, groups: list[str]) -> None:
    made = Organization.seeded("Random", users=20, seed=seed, now=NOW + seed % DAY, awkward=0.3)
    start, end = TODAY - 20 * DAY, made.now
    whole = made.spent(start, end).get((), Decimal(0))
    assert sum(made.spent(start, end, groups).values(), Decimal(0)) == whole
    days = [made.spent(day, min(end, day + DAY)).get((), Decimal(0)) for day in range(start, end, DAY)]
    assert sum(days, Decimal(0)) == whole


def test_costs_are_usage_times_price(acme: Organization) -> None:
    start, end = TODAY - 30 * DAY, TODAY - 10 * DAY
    lines = acme.spent(start, end, ("line_item",))
    used = acme.used("completions", start, end, ("model", "batch", "service_tier"))
    _, fresh, cached, output = used["gpt-4o-2024-08-06", False, "default"]
    for words, tokens, price in (("input", fresh, "2.50"), ("cached_input", cached, "1.25"), ("output", output, "10")):
        told = lines[f"gpt-4o-2024-08-06, {words}_tokens",]
        assert told == tokens * Decimal(price) / 1_000_000
    assert lines["omni-moderation-2024-09-26, input_tokens",] == 0


def test_amounts_are_odd_tiny_zero_and_negative(acme: Organization, base_url: str) -> None:
    amounts = [Decimal(row["amount"]["value"]) for row in results(costs(acme, base_url, group_by__=list(GROUPS)))]
    assert any(amount < 0 for amount in amounts)
    assert any(amount == 0 for amount in amounts)
    assert any(0 < amount < Decimal("0.0001") for amount in amounts)
    assert any(int(amount.as_tuple().exponent) <= -8 for amount in amounts)
    raw = get(base_url, COSTS, acme.key.value, start_time=NOW - 60 * DAY, limit=180, group_by__=list(GROUPS)).body
    assert b"e-" in raw  # a JSON number may be written so
    acme.text_amounts = True
    texts = [row["amount"]["value"] for row in results(costs(acme, base_url, group_by__=list(GROUPS)))]
    assert all(isinstance(text, str) and len(text.partition(".")[2]) == 16 for text in texts)
    assert [Decimal(text) for text in texts] == amounts


def test_quantities_stand_with_line_items_only(acme: Organization, base_url: str) -> None:
    assert all(row["quantity"] is None is row["quantity_unit"] for row in results(costs(acme, base_url)))
    rows = results(costs(acme, base_url, group_by__=["line_item"]))
    units = {row["quantity_unit"] for row in rows}
    assert {"tokens", "images", "characters", "duration_seconds", "gibibyte_hours", None} <= units
    assert all(row["quantity"] > 0 for row in rows if row["amount"]["value"] >= 0)
    given_back = [row for row in rows if row["amount"]["value"] < 0]
    assert {(row["line_item"], row["project_id"], row["quantity"]) for row in given_back} == {
        ("Promotional credits", None, None)
    }


def test_line_items_change_their_texts_one_day(acme: Organization, base_url: str) -> None:
    assert acme.ledger.renamed_at is not None
    told = costs(acme, base_url, group_by__=["line_item"])
    old, new = set(), set()
    for bucket in told:
        texts = {row["line_item"] for row in bucket["results"]}
        (new if bucket["start_time"] >= acme.ledger.renamed_at else old).update(texts)
    assert {"gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06, cached input"} <= old - new
    assert {"gpt-4o-2024-08-06, input_tokens", "gpt-4o-2024-08-06, cached_input_tokens"} <= new - old


def test_only_a_grouping_by_user_names_users(acme: Organization, base_url: str) -> None:
    assert not any("user_id" in row for row in results(costs(acme, base_url, group_by__=["project_id"])))
    users = {row["user_id"] for row in results(costs(acme, base_url, group_by__=["user_id"]))}
    assert None in users
    assert users & set(acme.users.ids())


@pytest.mark.parametrize(
    ("refused", "query", "status"),
    [
        (("user_id",), {"group_by__": ["user_id"]}, 400),
        (("user_id",), {"group_by__": ["project_id"]}, 200),
        (("user_id", "project_id"), {"group_by__": ["user_id"]}, 200),
        (("user_id", "project_id"), {"group_by__": ["project_id", "user_id"]}, 400),
        (("user_id", "project_id"), {"group_by__": ["user_id"], "project_ids__": ["proj_any"]}, 400),
    ],
)
def test_an_organization_can_refuse_groupings(
    acme: Organization, base_url: str, refused: tuple[str, ...], query: dict[str, Any], status: int
) -> None:
    acme.refuse_grouping("costs", *refused)
    answer = get(base_url, COSTS, acme.key.value, start_time=NOW - DAY, **query)
    assert answer.status == status
    if status == 400:
        assert (answer.error["param"], answer.error["code"]) == ("group_by", None)


def test_filters_keep_what_they_name(acme: Organization, base_url: str) -> None:
    groups = ["project_id", "line_item", "api_key_id"]
    rows = results(costs(acme, base_url, group_by__=groups))
    sample = next(row for row in rows if row["api_key_id"])
    for param, name in (("project_ids", "project_id"), ("api_key_ids", "api_key_id"), ("line_items", "line_item")):
        told = results(costs(acme, base_url, group_by__=groups, **{f"{param}__": [sample[name]]}))
        assert told == [row for row in rows if row[name] == sample[name]]


def test_there_are_daily_buckets_only(acme: Organization, base_url: str) -> None:
    key = acme.key.value
    assert get(base_url, COSTS, key, start_time=1, bucket_width="1h").error["param"] == "bucket_width"
    assert len(get(base_url, COSTS, key, start_time=NOW - 300 * DAY).json["data"]) == 7
    assert len(get(base_url, COSTS, key, start_time=NOW - 300 * DAY, limit=180).json["data"]) == 180
    assert get(base_url, COSTS, key, start_time=NOW - 300 * DAY, limit=181).error["param"] == "limit"


@described
def test_every_page_fits_the_published_description(acme: Organization, base_url: str) -> None:
    """But for the amounts told as text, which were seen and never described."""
    groups = ["project_id", "line_item", "api_key_id"]
    for body in all_pages(base_url, COSTS, acme.key.value, start_time=NOW - 40 * DAY, group_by__=groups):
        validate(answer_of(COSTS), body)


async def test_openais_client_reads_costs_and_loses_digits(acme: Organization, base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
    query: Any = {"start_time": NOW - 30 * DAY, "limit": 31, "group_by": list(GROUPS)}
    async with AsyncOpenAI(admin_api_key=acme.key.value, **options) as client:
        answer = await client.admin.organization.usage.costs(**query)
    read = [result for bucket in answer.data for result in bucket.results]
    told = results(costs(acme, base_url, start_time=NOW - 30 * DAY, group_by__=list(GROUPS)))
    values: list[Any] = [result.amount.value for result in read]  # type: ignore[union-attr]
    assert values == [float(row["amount"]["value"]) for row in told]
    assert any(Decimal(value) != row["amount"]["value"] for value, row in zip(values, told, strict=True))
