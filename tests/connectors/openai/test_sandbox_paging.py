"""Pages: bounds and defaults of every listing, cursors that hold, and the vendor's refusals of those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox, sized_organization

NOW = 1_800_000_000
DAY = 86_400


@pytest.fixture(scope="module")
def acme() -> Organization:
    return Organization.seeded("Acme", users=130, invites=130, projects=120, admin_keys=25, groups=120, now=NOW)


@pytest.fixture(scope="module")
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


@pytest.mark.parametrize(
    ("path", "default", "most"),
    [
        ("/organization/users", 20, 100),
        ("/organization/invites", 20, 100),
        ("/organization/projects", 20, 100),
        ("/organization/admin_api_keys", 20, None),
        ("/organization/groups", 100, 1000),
        ("/organization/costs", 7, 180),
    ],
)
def test_each_listing_has_its_own_bounds(
    acme: Organization, base_url: str, path: str, default: int, most: int | None
) -> None:
    query: dict[str, Any] = {"start_time": NOW - 200 * DAY} if path.endswith("costs") else {}
    assert len(get(base_url, path, acme.key.value, **query).json["data"]) == default
    for limit in ("-1", "ten", "1.5", *([str(most + 1)] if most else [])):
        answer = get(base_url, path, acme.key.value, limit=limit, **query)
        assert (answer.status, answer.error["param"]) == (400, "limit")
    assert get(base_url, path, acme.key.value, limit=most or 5000, **query).status == 200


def test_only_groups_may_be_asked_for_nothing(acme: Organization, base_url: str) -> None:
    assert get(base_url, "/organization/users", acme.key.value, limit=0).status == 400
    assert get(base_url, "/organization/groups", acme.key.value, limit=0).json["data"] == []


def test_following_the_cursor_lists_every_row_once(acme: Organization, base_url: str) -> None:
    for path, table in (("/organization/users", acme.users), ("/organization/groups", acme.groups)):
        rows = all_rows(base_url, path, acme.key.value, limit=7)
        assert [row["id"] for row in rows] == table.ids()


def test_the_last_page_says_so_even_when_it_is_full(acme: Organization, base_url: str) -> None:
    pages = all_pages(base_url, "/organization/users", acme.key.value, limit=65)
    assert [(len(page["data"]), page["has_more"]) for page in pages] == [(65, True), (65, False)]
    assert pages[0]["first_id"] == acme.users.ids()[0]
    assert pages[0]["last_id"] == acme.users.ids()[64]


@pytest.mark.parametrize(
    ("query", "param"),
    [({"after": "user-nobody"}, "after"), ({"after": "user-nobody", "limit": 5}, "after"), ({"limit": ""}, "limit")],
)
def test_a_cursor_nobody_handed_out_is_refused(
    acme: Organization, base_url: str, query: dict[str, Any], param: str
) -> None:
    answer = get(base_url, "/organization/users", acme.key.value, **query)
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert answer.error["param"] == param


def test_an_unknown_order_is_refused(acme: Organization, base_url: str) -> None:
    answer = get(base_url, "/organization/groups", acme.key.value, order="upwards")
    assert (answer.status, answer.error["param"]) == (400, "order")


@pytest.mark.parametrize("name", ["emails__", "emails"])
def test_users_are_found_by_address_in_either_spelling_of_the_parameter(
    acme: Organization, base_url: str, name: str
) -> None:
    wanted = [row["email"] for row in acme.users if row.get("email")][3:5]
    found = all_rows(base_url, "/organization/users", acme.key.value, **{name: [email.upper() for email in wanted]})
    assert [row["email"] for row in found] == wanted


def test_archived_projects_are_hidden_and_their_members_refused(acme: Organization, base_url: str) -> None:
    key, project_id = acme.key.value, acme.projects.ids()[5]
    acme.archive_project(project_id)
    assert project_id not in {row["id"] for row in all_rows(base_url, "/organization/projects", key)}
    listed = all_rows(base_url, "/organization/projects", key, include_archived="true")
    assert [row["id"] for row in listed] == acme.projects.ids()
    member_id = next(iter(acme.members[project_id].ids()))
    for path in ("users", f"users/{member_id}"):
        answer = get(base_url, f"/organization/projects/{project_id}/{path}", key)
        assert (answer.status, answer.error["code"]) == (400, "project_archived")
    assert get(base_url, f"/organization/projects/{project_id}", key).json["status"] == "archived"


@pytest.mark.parametrize(
    "path", ["users/user-nobody", "invites/invite-none", "projects/proj_none", "projects/proj_none/users", "nothing"]
)
def test_what_does_not_exist_is_not_found(acme: Organization, base_url: str, path: str) -> None:
    answer = get(base_url, f"/organization/{path}", acme.key.value)
    assert answer.status == 404
    assert answer.error["type"] == "invalid_request_error"


def test_a_user_outside_a_project_is_no_member_of_it(acme: Organization, base_url: str) -> None:
    project = acme.add_project("Empty")
    answer = get(base_url, f"/organization/projects/{project['id']}/users/{acme.users.ids()[0]}", acme.key.value)
    assert answer.status == 404
    assert "is not a member of" in answer.error["message"]


def test_cost_buckets_are_whole_utc_days_and_there_without_activity(acme: Organization, base_url: str) -> None:
    buckets = all_rows(
        base_url, "/organization/costs", acme.key.value, start_time=NOW - 370 * DAY, end_time=NOW, limit=50
    )
    starts = [bucket["start_time"] for bucket in buckets]
    assert starts == list(range((NOW - 370 * DAY) // DAY * DAY, NOW, DAY))
    assert [bucket["results"] for bucket in buckets].count([]) == 1
    assert all(len(bucket["results"]) <= 1 for bucket in buckets)


def test_costs_sum_to_the_same_however_they_are_grouped(acme: Organization, base_url: str) -> None:
    def total(**query: Any) -> Decimal:
        buckets = all_rows(base_url, "/organization/costs", acme.key.value, start_time=NOW - 20 * DAY, **query)
        return sum((row["amount"]["value"] for bucket in buckets for row in bucket["results"]), Decimal(0))

    assert total() == total(group_by__=["project_id"]) == total(group_by=["line_item", "project_id"]) > 0
    assert 0 < total(project_ids__=acme.projects.ids()[:1]) < total()


def test_a_page_token_is_good_for_its_own_query_only(acme: Organization, base_url: str) -> None:
    query: dict[str, Any] = {"start_time": NOW - 20 * DAY, "limit": 5}
    token = get(base_url, "/organization/costs", acme.key.value, **query).json["next_page"]
    assert get(base_url, "/organization/costs", acme.key.value, page=token, **query).status == 200
    for broken in ({**query, "limit": 6, "page": token}, {**query, "page": "page_%%%"}):
        answer = get(base_url, "/organization/costs", acme.key.value, **broken)
        assert answer.status == 400
        assert "page token is invalid" in answer.error["message"]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({}, "start_time"),
        ({"start_time": "yesterday"}, "start_time"),
        ({"start_time": 1, "bucket_width": "1h"}, "bucket_width"),
        ({"start_time": 1, "group_by__": ["color"]}, "group_by"),
    ],
)
def test_costs_refuse_what_they_do_not_know(
    acme: Organization, base_url: str, query: dict[str, Any], param: str
) -> None:
    answer = get(base_url, "/organization/costs", acme.key.value, **query)
    assert (answer.status, answer.error["param"]) == (400, param)


def test_any_page_of_a_hundred_thousand_users_can_be_asked_for() -> None:
    organization = sized_organization("XL", now=NOW)
    ids = organization.users.ids()
    assert len(ids) == 100_000
    with Sandbox([organization]).running() as base_url:
        for start in range(5_000, 100_001, 5_000):
            after = ids[start - 101]
            page = get(base_url, "/organization/users", organization.key.value, limit=100, after=after).json
            assert [row["id"] for row in page["data"]] == ids[start - 100 : start]
            assert page["has_more"] == (start < 100_000)
