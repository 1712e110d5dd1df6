"""Airbyte's CDK: a declarative manifest of all nine lists, ten workers. Its records go to SQLite right here, in pieces,
so that no destination and no pipe is charged to it."""

import logging
from typing import Any

from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from jobs import FINEST_COST_GROUPS, PATHS, USAGE_GROUPS, spend_query
from target import BASE_URL, JOB, KEY, LARGEST, ORGANIZATION, SINCE, Target, finished

PIECE = 500
ID = {"type": "object", "properties": {"id": {"type": ["null", "string"]}}, "additionalProperties": True}


def requester(path: str, **params: Any) -> dict[str, Any]:
    query = {name.replace("[]", ""): value for name, value in params.items()}
    several = "&".join(f"group_by[]={group}" for group in query.pop("group_by", ()))
    return {
        "type": "HttpRequester",
        "url_base": BASE_URL + path + (f"?{several}" if several else ""),
        "http_method": "GET",
        "authenticator": {"type": "BearerAuthenticator", "api_token": "{{ config['key'] }}"},
        "request_headers": {"OpenAI-Organization": ORGANIZATION},
        "request_parameters": {name: str(value) for name, value in query.items()},
    }


def paginator(cursor: str, param: str) -> dict[str, Any]:
    return {
        "type": "DefaultPaginator",
        "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": param},
        "pagination_strategy": {
            "type": "CursorPagination",
            "cursor_value": f"{{{{ response['{cursor}'] }}}}",
            "stop_condition": "{{ not response['has_more'] }}",
        },
    }


def stream(name: str, retriever: dict[str, Any], transformations: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "type": "DeclarativeStream", "name": name, "primary_key": [],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": ID},
        "retriever": {"type": "SimpleRetriever", **retriever},
        "transformations": list(transformations),
    }  # fmt: skip


def listing(name: str, path: str, **params: Any) -> dict[str, Any]:
    return stream(
        name,
        {
            "requester": requester(path, limit=LARGEST, **params),
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
            "paginator": paginator("last_id", "after"),
        },
    )


def of_project(name: str, path: str, **params: Any) -> dict[str, Any]:
    """The one template a record costs: a project's rows do not name it."""
    made = listing(name, "/organization/projects/{{ stream_partition.project_id }}/" + path, **params)
    parent = {
        "type": "ParentStreamConfig", "stream": PROJECTS, "parent_key": "id", "partition_field": "project_id",
    }  # fmt: skip
    made["retriever"]["partition_router"] = {"type": "SubstreamPartitionRouter", "parent_stream_configs": [parent]}
    made["transformations"] = [
        {
            "type": "AddFields",
            "fields": [{"path": ["project_id"], "value": "{{ stream_partition.project_id }}", "value_type": "string"}],
        }
    ]
    return made


def series(name: str) -> dict[str, Any]:
    expander = {
        "type": "RecordExpander", "expand_records_from_field": ["results"],
        "parent_fields": [
            {"type": "ParentFieldPath", "parent_path": ["start_time"], "record_path": ["day"]},
        ],
    }  # fmt: skip
    return stream(
        name,
        {
            "requester": requester(PATHS[name], **spend_query(JOB, name, SINCE)),
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"], "record_expander": expander},
            },
            "paginator": paginator("next_page", "page"),
        },
    )


PROJECTS = listing("projects", "/organization/projects", include_archived="true")
STREAMS = [
    listing("users", "/organization/users"),
    listing("invites", "/organization/invites"),
    PROJECTS,
    of_project("members", "users"),
    of_project("service_accounts", "service_accounts"),
    of_project("api_keys", "api_keys", owner_project_access="any"),
    listing("admin_keys", "/organization/admin_api_keys"),
    series("usage_completions"),
    series("costs"),
]
MANIFEST = {
    "version": "7.0.0", "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["projects"]},
    "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 10, "max_concurrency": 10},
    "streams": [made for made in STREAMS if made["name"] in JOB.lists],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
}  # fmt: skip


def inner(record: dict[str, Any], *path: str) -> Any:
    found: Any = record
    for name in path:
        found = (found or {}).get(name)
    return found


def person(record: dict[str, Any], field: str) -> Any:
    return inner(record, "owner", "user", field) or inner(record, "owner", "service_account", field)


def used(r: dict[str, Any]) -> tuple[Any, ...]:
    get = r.get
    return (
        "|".join(str(get(name)) for name in ("day", *USAGE_GROUPS)),
        get("day"), get("project_id"), get("user_id"), get("api_key_id"), get("model"), get("batch"),
        get("service_tier"), get("num_model_requests"), get("input_tokens"), get("input_cached_tokens"),
        get("output_tokens"),
    )  # fmt: skip


def cost(r: dict[str, Any]) -> tuple[Any, ...]:
    get = r.get
    return (
        "|".join(str(get(name)) for name in ("day", *FINEST_COST_GROUPS)),
        get("day"), get("project_id"), get("line_item"), get("api_key_id"), get("user_id"),
        str(inner(r, "amount", "value")), inner(r, "amount", "currency"), get("quantity"), get("quantity_unit"),
    )  # fmt: skip


ROWS: dict[str, Any] = {
    "users": lambda r: (
        r["id"], r.get("email"), r.get("name"), r.get("role"), r.get("added_at"), r.get("api_key_last_used_at"),
        r.get("is_service_account"), r.get("is_scim_managed"), inner(r, "user", "enabled"), inner(r, "user", "banned"),
        inner(r, "user", "banned_at"),
    ),
    "invites": lambda r: (
        r["id"], r.get("email"), r.get("role"), r.get("status"), r.get("created_at"), r.get("expires_at"),
        r.get("accepted_at"), str(r.get("projects")),
    ),
    "projects": lambda r: (r["id"], r.get("name"), r.get("status"), r.get("created_at"), r.get("archived_at")),
    "members": lambda r: (f"{r['project_id']}/{r['id']}", r["project_id"], r["id"], r.get("role"), r.get("added_at")),
    "service_accounts": lambda r: (
        f"{r['project_id']}/{r['id']}", r["project_id"], r["id"], r.get("name"), r.get("role"), r.get("created_at"),
    ),
    "api_keys": lambda r: (
        f"{r['project_id']}/{r['id']}", r["project_id"], r["id"], r.get("name"), r.get("redacted_value"),
        r.get("created_at"), r.get("last_used_at"), r.get("expires_at"), r.get("owner_project_access"),
        inner(r, "owner", "type"), person(r, "id"), person(r, "name"), person(r, "email"),
    ),
    "admin_keys": lambda r: (
        r["id"], r.get("name"), r.get("redacted_value"), r.get("created_at"), r.get("last_used_at"),
        r.get("expires_at"), inner(r, "owner", "type"), inner(r, "owner", "id"), inner(r, "owner", "name"),
    ),
    "usage_completions": used,
    "costs": cost,
}  # fmt: skip


def main() -> None:
    target = Target()
    config = {"key": KEY}
    streams = [
        ConfiguredAirbyteStream(
            stream=AirbyteStream(name=name, json_schema=ID, supported_sync_modes=[SyncMode.full_refresh]),
            sync_mode=SyncMode.full_refresh,
            destination_sync_mode=DestinationSyncMode.overwrite,
        )
        for name in JOB.lists
    ]
    catalog = ConfiguredAirbyteCatalog(streams=streams)
    source = ConcurrentDeclarativeSource(catalog=catalog, config=config, state=None, source_config=MANIFEST)
    waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in JOB.lists}
    logging.disable(logging.INFO)
    for message in source.read(logging.getLogger("bench"), config, catalog, []):
        if message.type == Type.RECORD and message.record:
            name = message.record.stream
            rows = waiting[name]
            rows.append(ROWS[name](message.record.data))
            if len(rows) >= PIECE:
                target.write(name, rows)
                rows.clear()
    for name, rows in waiting.items():
        target.write(name, rows)
    finished()


main()
