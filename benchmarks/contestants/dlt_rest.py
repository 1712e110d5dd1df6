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
from target import BASE_URL, DIRECTORY, KEY, LARGEST, ORGANIZATION, finished  # noqa: E402


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
            {
                **listing("members", "organization/projects/{resources.projects.id}/users"),
                "primary_key": ["_projects_id", "id"],
                "include_from_parent": ["id"],
            },
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
