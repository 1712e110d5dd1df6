"""dlt's REST API source into SQLite by its sqlalchemy destination, otherwise as its defaults have it."""

import os
from typing import Any

for name, value in {
    "LOAD__WORKERS": "1",  # with more, its jobs meet "database is locked"
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "DLT_DATA_DIR": os.environ["BENCH_DIRECTORY"],
}.items():
    os.environ.setdefault(name, value)

import dlt  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402
from jobs import spend_query  # noqa: E402
from target import BASE_URL, DIRECTORY, JOB, KEY, LARGEST, ORGANIZATION, SINCE, finished  # noqa: E402


def of_project(name: str, path: str, **params: Any) -> dict[str, Any]:
    return {
        **listing(name, "organization/projects/{resources.projects.id}/" + path, **params),
        "primary_key": ["_projects_id", "id"],
        "include_from_parent": ["id"],
    }


def series(name: str, path: str) -> dict[str, Any]:
    """Rows of every day's results; a day's are told apart by what they are grouped by."""
    query = spend_query(JOB, name, SINCE)
    groups = query["group_by[]"]

    def results(bucket: dict[str, Any]) -> list[dict[str, Any]]:
        at = bucket["start_time"]
        return [{"id": "|".join(str(r.get(g)) for g in groups), "day": at, **r} for r in bucket["results"]]

    return {
        "name": name,
        "endpoint": {
            "path": path, "params": query, "data_selector": "data",
            "paginator": {
                "type": "cursor", "cursor_path": "next_page", "cursor_param": "page", "has_more_path": "has_more",
            },
        },
        "processing_steps": [{"yield_map": results}],
        "primary_key": ["day", "id"],
        "write_disposition": "merge",
    }  # fmt: skip


def listing(name: str, path: str, **params: Any) -> dict[str, Any]:
    endpoint = {"path": path, "params": {"limit": LARGEST, **params}, "data_selector": "data"}
    return {"name": name, "endpoint": endpoint, "primary_key": "id", "write_disposition": "merge"}


source = rest_api_source(
    {
        "client": {
            "base_url": BASE_URL,
            "auth": {"type": "bearer", "token": KEY},
            "headers": {"OpenAI-Organization": ORGANIZATION},
            "paginator": {
                "type": "cursor", "cursor_path": "last_id", "cursor_param": "after", "has_more_path": "has_more",
            },
        },
        "resources": [
            listing("users", "organization/users"),
            listing("invites", "organization/invites"),
            listing("projects", "organization/projects", include_archived="true"),
            of_project("members", "users"),
            *([
                of_project("service_accounts", "service_accounts"),
                of_project("api_keys", "api_keys", owner_project_access="any"),
                listing("admin_keys", "organization/admin_api_keys"),
                series("usage_completions", "organization/usage/completions"),
                series("costs", "organization/costs"),
            ] if "costs" in JOB.lists else []),
        ],
    }  # type: ignore[arg-type]
)  # fmt: skip
pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=str(DIRECTORY / "pipelines"),
    destination=dlt.destinations.sqlalchemy(f"sqlite:///{DIRECTORY}/target.sqlite3"),
    dataset_name="main",
    progress=None,
)
pipeline.run(source)
finished()
