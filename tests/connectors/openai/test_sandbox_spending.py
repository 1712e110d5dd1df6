"""Time and second thoughts: days that run, arrive late, are restated, and the marks that use leaves elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox_http import all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox, Wanted, sized_organization

NOW = 1_800_000_000
DAY, HOUR = 86_400, 3_600
TODAY = NOW - NOW % DAY


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=90, projects=4, seed=3, now=NOW, late=False)


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


def day_of(organization: Organization, base_url: str, day: int, **query: Any) -> list[dict[str, Any]]:
    path, key = "/organization/usage/completions", organization.key.value
    (bucket,) = all_rows(base_url, path, key, start_time=day, end_time=day + DAY, **query)
    return list(bucket["results"])


def requests(rows: list[dict[str, Any]]) -> int:
    return sum(row["num_model_requests"] for row in rows)


def test_the_same_seed_spends_the_same() -> None:
    one, same, other = (Organization.seeded("Acme", users=60, seed=seed, now=NOW) for seed in (1, 1, 2))
    everything = [
        each.spent(NOW - 90 * DAY, NOW, ("project_id", "user_id", "line_item")) for each in (one, same, other)
    ]
    assert everything[0] == everything[1] != everything[2]


def test_the_running_day_is_partial_and_grows(acme: Organization, base_url: str) -> None:
    assert requests(day_of(acme, base_url, TODAY)) > 0
    seen = [requests(day_of(acme, base_url, TODAY))]
    for _ in range(4):
        acme.advance(4 * HOUR)
        seen.append(requests(day_of(acme, base_url, TODAY)))
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]
    acme.advance(DAY)
    assert requests(day_of(acme, base_url, TODAY)) == seen[-1] == acme.used("completions", TODAY, TODAY + DAY)[()][0]
    assert day_of(acme, base_url, TODAY + 9 * DAY) == []


def test_late_data_changes_a_past_day_for_days_and_only_upwards() -> None:
    made = Organization.seeded("Acme", users=300, seed=3, now=NOW)
    groups = ("project_id", "user_id", "api_key_id", "model")
    told = [made.used("completions", TODAY - DAY, TODAY, groups)]
    for _ in range(6):
        made.advance(DAY)
        told.append(made.used("completions", TODAY - DAY, TODAY, groups))
    sums = [sum(each[0] for each in day.values()) for day in told]
    assert sums == sorted(sums)
    assert sums[0] < sums[-1]
    assert set(told[0]) < set(told[-1])  # rows appear
    assert any(told[0][key] != told[-1][key] for key in told[0])  # and rows grow
    assert told[-1] == told[-2]


def test_costs_lag_behind_usage_where_data_is_late() -> None:
    made = Organization.seeded("Acme", users=90, seed=3, now=TODAY + 3 * HOUR)
    assert made.used("completions", TODAY, made.now)[()][0] > 0
    assert made.spent(TODAY, made.now) == {}
    made.advance(9 * HOUR)
    assert made.spent(TODAY, made.now)[()] > 0


def test_a_day_is_restated_up_down_and_away(acme: Organization, base_url: str) -> None:
    day, other = TODAY - 5 * DAY, TODAY - 6 * DAY
    before, beside = requests(day_of(acme, base_url, day)), day_of(acme, base_url, other)
    money = acme.spent(day, day + DAY)[()]
    acme.restate_day(day, 3)
    assert requests(day_of(acme, base_url, day)) == 3 * before
    assert acme.spent(day, day + DAY)[()] == 3 * money
    acme.restate_day(day + HOUR, Decimal("0.5"))
    assert 1.4 * before < requests(day_of(acme, base_url, day)) < 1.6 * before
    by_project = {row["project_id"] for row in day_of(acme, base_url, day, group_by__=["project_id"])}
    gone = min(each for each in by_project if each)
    acme.restate_day(day, 0, project_id=gone)
    assert {row["project_id"] for row in day_of(acme, base_url, day, group_by__=["project_id"])} == by_project - {gone}
    acme.restate_day(day, 0)
    assert day_of(acme, base_url, day) == []
    assert day_of(acme, base_url, other) == beside


def test_usage_can_become_known_late(acme: Organization, base_url: str) -> None:
    day = TODAY - 9 * DAY
    before = requests(day_of(acme, base_url, day))
    acme.add_usage(day + 5 * HOUR, model="gpt-7-nobody-knows", requests=12, figures=(100, 20, 30))
    (row,) = [row for row in day_of(acme, base_url, day, group_by__=["model"]) if row["model"] == "gpt-7-nobody-knows"]
    assert (row["num_model_requests"], row["input_tokens"], row["output_tokens"]) == (12, 120, 30)
    assert requests(day_of(acme, base_url, day)) == before + 12
    acme.add_usage(day, "images", model="gpt-image-1", requests=2, figures=(5,), size="512x512")
    assert acme.used("images", day, day + DAY, ("size",))["512x512",][1] >= 5
    for wrong in ({"family": "dreams"}, {"figures": (1, 2)}):
        with pytest.raises(ValueError, match=r"famil|figures"):
            acme.add_usage(day, **wrong)  # type: ignore[arg-type]


def test_a_used_key_shows_it_everywhere(acme: Organization, base_url: str) -> None:
    user_id = next(row["id"] for row in acme.users if "api_key_last_used_at" in row)
    project_id = acme.projects.ids()[0]
    key = acme.add_api_key(project_id, user_id=user_id)
    assert key["last_used_at"] is None
    acme.now += HOUR
    row = acme.use_key(key["id"], model="o3-2025-04-16", requests=7)
    assert row["last_used_at"] == acme.users[user_id]["api_key_last_used_at"] == acme.now
    used = acme.used("completions", TODAY, acme.now, ("project_id", "user_id", "api_key_id", "model"))
    assert used[project_id, user_id, key["id"], "o3-2025-04-16"][0] == 7
    acme.use_key(key["id"], at=acme.now - 3 * DAY)
    assert acme.api_keys[project_id][key["id"]]["last_used_at"] == acme.now
    acme.revoke_api_key(key["id"])
    assert acme.used("completions", TODAY, acme.now, ("api_key_id",))[key["id"],][0] == 7


def test_keys_in_use_go_on_being_used_as_time_passes(acme: Organization) -> None:
    def last_uses() -> dict[str, int]:
        return {row["id"]: row["last_used_at"] or 0 for table in acme.api_keys.values() for row in table}

    before = last_uses()
    acme.advance(3 * DAY)
    after = last_uses()
    moved = {key_id for key_id in before if after[key_id] > before[key_id]}
    assert moved
    assert all(before[key_id] == after[key_id] for key_id in before.keys() - moved)
    used = {key_id for (key_id,) in acme.used("completions", TODAY + DAY, acme.now, ("api_key_id",))}
    assert used & before.keys() <= moved


def test_no_key_was_used_after_its_last_use() -> None:
    made = Organization.seeded("Acme", users=200, seed=5, now=NOW, late=False)
    last = {row["id"]: row["last_used_at"] for table in made.api_keys.values() for row in table}
    for day in range(TODAY - 200 * DAY, NOW, DAY):
        for (key_id,) in made.used("completions", day, day + DAY, ("api_key_id",)):
            if key_id in last:
                assert last[key_id] is not None
                assert last[key_id] >= day


@pytest.mark.parametrize("how", ["user", "key", "project"])
def test_what_is_gone_stops_spending_and_its_past_stays(acme: Organization, how: str) -> None:
    worker = next(
        each for each in acme.ledger.workers if each.user_id in acme.users and each.api_key_id and not each.ended
    )
    assert worker.user_id
    assert worker.api_key_id
    assert worker.project_id
    field, value = {
        "user": ("user_id", worker.user_id),
        "key": ("api_key_id", worker.api_key_id),
        "project": ("project_id", worker.project_id),
    }[how]
    past = acme.used("completions", TODAY - 60 * DAY, NOW, (field,))[value,]
    spent = acme.spent(TODAY - 60 * DAY, NOW, (field,))[value,]
    {"user": acme.remove_user, "key": acme.revoke_api_key, "project": acme.archive_project}[how](value)
    acme.now += 10 * DAY
    assert acme.used("completions", TODAY - 60 * DAY, acme.now, (field,))[value,] == past
    assert acme.spent(TODAY - 60 * DAY, acme.now, (field,))[value,] == spent


def test_an_empty_organization_spends_nothing() -> None:
    made = Organization("Empty", now=NOW)
    key = made.add_key()
    with Sandbox([made]).running() as base_url:
        for path in ("/organization/usage/completions", "/organization/costs"):
            (bucket,) = get(base_url, path, key.value, start_time=NOW - HOUR).json["data"]
            assert bucket["results"] == []
    assert made.spent(NOW - 400 * DAY, NOW) == {}


def test_measured_organizations_have_the_same_results_every_day() -> None:
    made = Organization.seeded(
        "Even", users=400, projects=8, wanted=Wanted(16, 80, results=40, lines=40), late=False, now=NOW
    )
    for day in range(TODAY - 370 * DAY, TODAY, 41 * DAY):
        assert len(made.used("completions", day, day + DAY, ("project_id", "user_id", "model"))) == 40
        assert len(made.spent(day, day + DAY, ("project_id", "line_item"))) == 40


def test_the_benchmarks_organization_has_its_published_rows_and_requests() -> None:
    made = sized_organization("M", now=NOW)
    tables = [made.members, made.service_accounts, made.api_keys]
    assert [sum(map(len, each.values())) for each in tables] == [18_000, 1_500, 8_600]
    sizes = [10_000, 2_000, 300, 50, *(len(table) for each in tables for table in each.values())]
    pages = sum(max(1, -(-size // 100)) for size in sizes)
    days = range(TODAY - 90 * DAY, TODAY, DAY)
    results = [len(made.used("completions", day, day + DAY, ("project_id", "user_id", "model"))) for day in days]
    lines = [len(made.spent(day, day + DAY, ("project_id", "line_item"))) for day in days]
    assert (set(results), set(lines)) == ({200}, {100})
    assert pages + 3 + 1 == 1_148
    assert sum(sizes) + sum(results) + sum(lines) == 67_450
