"""Usage: ten families told out of one ledger, so that every grouping of the same days sums to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import AsyncOpenAI, omit
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.connectors.openai.sandbox.spend import USAGE

NOW = 1_800_000_000
DAY, HOUR = 86_400, 3_600
TODAY = NOW - NOW % DAY
FAMILIES = sorted(USAGE)
DIMENSIONS = {
    "project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source", "size", "source",
    "context_level", "vector_store_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def acme() -> Organization:
    return Organization.seeded("Acme", users=90, projects=4, archived_projects=1, seed=3, now=NOW)


@pytest.fixture(scope="module")
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def path(family: str) -> str:
    return f"/organization/usage/{family}"


def buckets(organization: Organization, base_url: str, family: str, **query: Any) -> list[dict[str, Any]]:
    return all_rows(base_url, path(family), organization.key.value, **query)


def figures(rows: list[dict[str, Any]]) -> Counter[str]:
    """The sum of every figure over all results of these buckets."""
    found: Counter[str] = Counter()
    for bucket in rows:
        for result in bucket["results"]:
            found.update({name: value for name, value in result.items() if name not in DIMENSIONS | {"object"}})
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_grouping_sums_to_the_ungrouped_answer(acme: Organization, base_url: str, family: str) -> None:
    query = {"start_time": NOW - 40 * DAY, "limit": 31}
    whole = buckets(acme, base_url, family, **query)
    assert all(len(bucket["results"]) <= 1 for bucket in whole)
    assert sum(figures(whole).values()) > 0
    accepted = list(USAGE[family].accepted)
    for groups in ([each] for each in accepted):
        told = buckets(acme, base_url, family, **query, group_by__=groups)
        assert [figures([bucket]) for bucket in told] == [figures([bucket]) for bucket in whole]
    told = buckets(acme, base_url, family, **query, group_by=accepted)
    assert [figures([bucket]) for bucket in told] == [figures([bucket]) for bucket in whole]
    for bucket in told:
        keys = [tuple(result[group] for group in accepted) for result in bucket["results"]]
        assert len(set(keys)) == len(keys)
        assert all(set(result) & DIMENSIONS == set(accepted) for result in bucket["results"])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), family=st.sampled_from(FAMILIES), data=st.data())
def test_random_organizations_sum_however_they_are_grouped(seed: int, family: str, data: st.DataObject) -> None:
    made = Organization.seeded("Random", users=20, seed=seed, now=NOW + seed % DAY, awkward=0.3)
    groups = data.draw(st.lists(st.sampled_from(USAGE[family].accepted), unique=True))
    start = TODAY - data.draw(st.integers(0, 30)) * DAY
    whole = made.used(family, start, made.now)
    split = made.used(family, start, made.now, groups)
    assert tuple(map(sum, zip(*split.values(), strict=True))) == whole.get((), ())
    hours = [made.used(family, at, at + HOUR).get((), ()) for at in range(start, made.now, HOUR)]
    assert tuple(map(sum, zip(*filter(None, hours), strict=True))) == whole.get((), ())


@described
@pytest.mark.parametrize("family", FAMILIES)
def test_every_page_fits_the_published_description(acme: Organization, base_url: str, family: str) -> None:
    query = {"start_time": NOW - 20 * DAY, "group_by__": list(USAGE[family].groups)}
    for body in all_pages(base_url, path(family), acme.key.value, **query):
        validate(answer_of(path(family)), body)
        result = {name for bucket in body["data"] for each in bucket["results"] for name in each if name == "object"}
        assert len(result) <= 1


@pytest.mark.parametrize("family", FAMILIES)
async def test_openais_client_reads_every_family(acme: Organization, base_url: str, family: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
    groups: Any = list(USAGE[family].groups)
    read: list[Any] = []
    page: str | None = None
    async with AsyncOpenAI(admin_api_key=acme.key.value, **options) as client:
        while True:
            answer = await getattr(client.admin.organization.usage, family)(
                start_time=NOW - 20 * DAY, group_by=groups, page=page or omit
            )
            read += answer.data
            page = answer.next_page
            if not answer.has_more:
                break
    told = buckets(acme, base_url, family, start_time=NOW - 20 * DAY, group_by__=groups, limit=31)
    sent = [[result["object"] for result in bucket["results"]] for bucket in told]
    assert [[result.object for result in bucket.results] for bucket in read] == sent
    assert {name for names in sent for name in names} == {f"organization.usage.{USAGE[family].result}.result"}


@pytest.mark.parametrize(
    ("width", "seconds", "default", "most"), [("1m", 60, 60, 1440), ("1h", HOUR, 24, 168), ("1d", DAY, 7, 31)]
)
def test_buckets_are_aligned_filled_and_bounded(
    acme: Organization, base_url: str, width: str, seconds: int, default: int, most: int
) -> None:
    key, query = acme.key.value, {"start_time": NOW - 2_000 * seconds + 7, "bucket_width": width, "end_time": NOW}
    page = get(base_url, path("completions"), key, **query).json
    starts = [bucket["start_time"] for bucket in page["data"]]
    first = (NOW - 2_000 * seconds + 7) // seconds * seconds
    assert starts == list(range(first, first + default * seconds, seconds))
    assert all(bucket["end_time"] - bucket["start_time"] == seconds for bucket in page["data"])
    assert page["data"][0]["start_time_iso"].endswith("+00:00")
    assert len(get(base_url, path("completions"), key, **query, limit=most).json["data"]) == most
    assert get(base_url, path("completions"), key, **query, limit=most + 1).error["param"] == "limit"
    assert get(base_url, path("completions"), key, start_time=1, bucket_width="1w").error["param"] == "bucket_width"


def test_minutes_and_hours_sum_to_the_day(acme: Organization, base_url: str) -> None:
    start = TODAY - 6 * DAY
    day = figures(buckets(acme, base_url, "completions", start_time=start, end_time=start + DAY))
    for width, limit in (("1h", 24), ("1m", 1440)):
        query = {"start_time": start, "end_time": start + DAY, "bucket_width": width, "limit": limit}
        assert figures(buckets(acme, base_url, "completions", **query)) == day
    inside = figures(buckets(acme, base_url, "completions", start_time=start + 5 * HOUR, end_time=start + DAY))
    assert inside == day


def test_input_includes_what_was_cached(acme: Organization, base_url: str) -> None:
    for bucket in buckets(acme, base_url, "completions", start_time=NOW - 20 * DAY, group_by__=["model"]):
        for result in bucket["results"]:
            assert result["input_tokens"] == result["input_cached_tokens"] + result["input_uncached_tokens"]
            assert result["num_model_requests"] > 0


def test_grouped_rows_can_lack_a_user_a_key_or_a_project() -> None:
    made = Organization.seeded("Acme", users=300, seed=1, now=NOW)
    found = made.used("completions", NOW - 700 * DAY, NOW, ("project_id", "user_id", "api_key_id"))
    keys = {tuple(part is None for part in key) for key in found}
    assert {(False, False, False), (False, False, True), (False, True, True), (True, True, True)} <= keys
    users, accounts = set(made.users.ids()), {row["id"] for table in made.service_accounts.values() for row in table}
    named = {user_id for _, user_id, _ in found if user_id}
    assert named & users
    assert named & accounts  # a live service account looks like a user
    assert named - users - accounts  # and some have left
    listed = {key_id for table in made.api_keys.values() for key_id in table.ids()}
    assert {key_id for _, _, key_id in found if key_id} - listed  # so have some keys
    archived = {row["id"] for row in made.projects if row["status"] == "archived"}
    assert archived & {project_id for project_id, _, _ in found}
    models = {model for (model,) in made.used("completions", NOW - 30 * DAY, NOW, ("model",))}
    assert "zephyr-preview" in models


def test_filters_keep_what_they_name(acme: Organization, base_url: str) -> None:
    query = {
        "start_time": NOW - 20 * DAY,
        "limit": 31,
        "group_by__": ["project_id", "user_id", "api_key_id", "model", "batch"],
    }
    rows = [result for bucket in buckets(acme, base_url, "completions", **query) for result in bucket["results"]]
    sample = next(row for row in rows if row["user_id"] and row["api_key_id"])
    for param, name in (
        ("project_ids", "project_id"),
        ("user_ids", "user_id"),
        ("api_key_ids", "api_key_id"),
        ("models", "model"),
    ):
        told = buckets(acme, base_url, "completions", **query, **{f"{param}__": [sample[name]]})
        found = [result for bucket in told for result in bucket["results"]]
        assert found == [row for row in rows if row[name] == sample[name]]
    for flag in ("true", "false"):
        told = buckets(acme, base_url, "completions", **query, batch=flag)
        found = [result for bucket in told for result in bucket["results"]]
        assert found == [row for row in rows if row["batch"] is (flag == "true")]
    assert get(base_url, path("completions"), acme.key.value, start_time=1, batch="maybe").error["param"] == "batch"


def test_a_page_token_is_bound_to_its_question(acme: Organization, base_url: str) -> None:
    query: dict[str, Any] = {"start_time": NOW - 20 * DAY, "group_by__": ["model"]}
    page = get(base_url, path("completions"), acme.key.value, **query).json
    assert get(base_url, path("completions"), acme.key.value, **query, page=page["next_page"]).status == 200
    for changed in ({"limit": 7}, {"models__": ["o3"]}, {"bucket_width": "1h"}):
        answer = get(base_url, path("completions"), acme.key.value, **query, **changed, page=page["next_page"])
        assert (answer.status, answer.error["param"]) == (400, "page")


@pytest.mark.parametrize(
    ("family", "group"),
    [
        ("completions", "size"),
        ("vector_stores", "user_id"),
        ("file_search_calls", "model"),
        ("embeddings", "api_source"),
    ],
)
def test_a_family_refuses_groupings_it_does_not_know(
    acme: Organization, base_url: str, family: str, group: str
) -> None:
    answer = get(base_url, path(family), acme.key.value, start_time=NOW - DAY, group_by__=[group])
    assert (answer.status, answer.error["param"]) == (400, "group_by")


def test_an_organization_can_refuse_a_grouping(base_url: str, acme: Organization) -> None:
    made = Organization.seeded("Other", users=5, now=NOW)
    made.refuse_grouping("completions", "user_id", "project_id")
    with Sandbox([made]).running() as url:
        for groups, status in ((["user_id"], 200), (["project_id", "user_id", "model"], 400)):
            answer = get(url, path("completions"), made.key.value, start_time=NOW - DAY, group_by__=groups)
            assert answer.status == status
        assert get(url, path("embeddings"), made.key.value, start_time=NOW - DAY, group_by__=groups).status == 200


def test_decisions_are_no_family_here(acme: Organization, base_url: str) -> None:
    assert get(base_url, path("decisions"), acme.key.value, start_time=1).status == 404


def test_usage_needs_its_own_permission(acme: Organization, base_url: str) -> None:
    answer = get(base_url, path("images"), acme.add_key(scopes=frozenset({"api.management.read"})).value, start_time=1)
    assert "Missing scopes: api.usage.read." in answer.error["message"]


def test_a_token_can_be_refused_on_schedule(acme: Organization) -> None:
    sandbox = Sandbox([acme])
    sandbox.faults.add(Fault("page_refused", "/organization/usage/*", nth=2))
    with sandbox.running() as url:
        query: dict[str, Any] = {"start_time": NOW - 20 * DAY}
        page = get(url, path("completions"), acme.key.value, **query).json
        answer = get(url, path("completions"), acme.key.value, **query, page=page["next_page"])
        assert (answer.status, answer.error["param"]) == (400, "page")
        assert get(url, path("completions"), acme.key.value, **query, page=page["next_page"]).status == 200
