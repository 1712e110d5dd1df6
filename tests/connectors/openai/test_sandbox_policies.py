"""What an organization and its projects may do: limits, alerts, retention, tools and models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from sandbox_description import answer_of, described, validate
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox

NOW = 1_800_000_000
PROJECT = "/organization/projects/{project_id}"


@pytest.fixture
def acme() -> Organization:
    made = Organization.seeded("Acme", users=20, projects=4, seed=4, now=NOW)
    project_id = made.projects.ids()[0]
    made.set_spend_limit(12_345, project_id=project_id, enforcing=False)
    for cents in (100, 200, 300, 400, 500):
        made.add_spend_alert(cents, ["a@acme.example"], project_id=project_id)
        made.add_spend_alert(cents * 10, ["b@acme.example"])
    return made


@pytest.fixture
def base_url(acme: Organization) -> Iterator[str]:
    with Sandbox([acme]).running() as url:
        yield url


@described
@pytest.mark.parametrize(
    "path",
    [
        "/organization/spend_limit",
        "/organization/data_retention",
        f"{PROJECT}/spend_limit",
        f"{PROJECT}/data_retention",
        f"{PROJECT}/hosted_tool_permissions",
        f"{PROJECT}/model_permissions",
        f"{PROJECT}/rate_limits",
        f"{PROJECT}/spend_alerts",
        "/organization/spend_alerts",
    ],
)
def test_every_answer_fits_the_published_description(acme: Organization, base_url: str, path: str) -> None:
    real = path.replace("{project_id}", acme.projects.ids()[0])
    listed = path.endswith(("rate_limits", "spend_alerts"))
    key = acme.key.value
    for body in all_pages(base_url, real, key, limit=4) if listed else [get(base_url, real, key).json]:
        validate(answer_of(path), body)


async def test_openais_client_reads_all_of_it(acme: Organization, base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "max_retries": 0, "_strict_response_validation": True}
    project_id = acme.projects.ids()[0]
    acme.set_tools(project_id, web_search=False)
    acme.set_models(project_id, "allow_list", ["gpt-4o-2024-08-06"])
    acme.set_data_retention("zero_data_retention", project_id=project_id)
    async with AsyncOpenAI(admin_api_key=acme.key.value, **options) as client:
        admin = client.admin.organization
        assert (await admin.spend_limit.retrieve()).threshold_amount == acme.spend_limits[None]["threshold_amount"]
        limit = await admin.projects.spend_limit.retrieve(project_id)
        assert (limit.threshold_amount, limit.enforcement.status) == (12_345, "inactive")
        alerts = [row.threshold_amount async for row in admin.projects.spend_alerts.list(project_id, limit=2)]
        assert alerts[-5:] == [100, 200, 300, 400, 500]
        assert [row.id async for row in admin.spend_alerts.list(limit=2)] == acme.spend_alerts[None].ids()
        limits = [
            row.model_dump(exclude_unset=True)
            async for row in admin.projects.rate_limits.list_rate_limits(project_id, limit=50)
        ]
        assert limits == list(acme.rate_limits[project_id])
        assert (await admin.data_retention.retrieve()).type == "modified_abuse_monitoring"
        assert (await admin.projects.data_retention.retrieve(project_id)).type == "zero_data_retention"
        tools = await admin.projects.hosted_tool_permissions.retrieve(project_id)
        assert (tools.web_search.enabled, tools.mcp.enabled) == (False, acme.tools_of(project_id)["mcp"]["enabled"])
        models = await admin.projects.model_permissions.retrieve(project_id)
        assert (models.mode, models.api_model_ids) == ("allow_list", ["gpt-4o-2024-08-06"])


@pytest.mark.parametrize("level", ["/organization", PROJECT])
def test_no_limit_is_not_found(acme: Organization, base_url: str, level: str) -> None:
    project_id = acme.projects.ids()[0]
    acme.set_spend_limit(None)
    acme.set_spend_limit(None, project_id=project_id)
    path = f"{level.replace('{project_id}', project_id)}/spend_limit"
    assert get(base_url, path, acme.key.value).status == 404


def test_alerts_are_paged_both_ways(acme: Organization, base_url: str) -> None:
    key, ids = acme.key.value, acme.spend_alerts[None].ids()
    page = get(base_url, "/organization/spend_alerts", key, limit=2, before=ids[4]).json
    assert [row["id"] for row in page["data"]] == ids[2:4]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[3], True)
    newest = all_rows(base_url, "/organization/spend_alerts", key, limit=2, order="desc")
    assert [row["id"] for row in newest] == ids[::-1]
    page = get(base_url, "/organization/spend_alerts", key, limit=9, before=ids[4], order="desc").json
    assert ([row["id"] for row in page["data"]], page["has_more"]) == (ids[:4:-1], False)
    answer = get(base_url, "/organization/spend_alerts", key, before="alert_none")
    assert (answer.status, answer.error["param"]) == (400, "before")


def test_a_project_can_have_thousands_of_rate_limits(acme: Organization, base_url: str) -> None:
    acme.rate_limit_models = 3_000
    project_id = acme.projects.ids()[1]
    path = f"/organization/projects/{project_id}/rate_limits"
    assert len(get(base_url, path, acme.key.value).json["data"]) == 100
    rows = all_rows(base_url, path, acme.key.value, limit=1_000)
    assert len({row["id"] for row in rows}) == 3_000
    changed = acme.set_rate_limit(project_id, rows[7]["id"], max_requests_per_1_minute=1)
    assert all_rows(base_url, path, acme.key.value, limit=1_000)[7] == changed
    assert acme.rate_limits[acme.projects.ids()[2]][rows[7]["id"]]["max_requests_per_1_minute"] != 1


def test_rate_limits_of_an_unknown_project_are_refused_without_the_envelope(acme: Organization, base_url: str) -> None:
    answer = get(base_url, "/organization/projects/proj_none/rate_limits", acme.key.value)
    assert (answer.status, answer.json) == (404, {"code": 404, "message": "The project proj_none was not found"})
