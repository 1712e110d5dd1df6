"""A tap of all nine lists on Singer's SDK. Its streams go one after another, as taps do."""

import json
from collections.abc import Iterable
from typing import Any

from jobs import PATHS, spend_query
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from target import BASE_URL, COLUMNS, JOB, KEY, LARGEST, ORGANIZATION, SINCE

TEXT = th.StringType
NUMBERS = {
    "day", "added_at", "last_used_at", "created_at", "archived_at", "accepted_at", "expires_at", "banned_at",
    "requests", "input_tokens", "cached_tokens", "output_tokens",
}  # fmt: skip
FLAGS = {"service_account", "scim", "enabled", "banned", "batch"}


def schema(name: str) -> dict[str, Any]:
    kind = {**dict.fromkeys(NUMBERS, th.IntegerType), **dict.fromkeys(FLAGS, th.BooleanType)}
    columns = COLUMNS[name].split()
    return th.PropertiesList(*(th.Property(column, kind.get(column, TEXT)) for column in columns)).to_dict()


class Listing(RESTStream[str]):
    """One list; `query` goes with every request."""

    url_base = BASE_URL
    records_jsonpath = "$.data[*]"
    primary_keys = ("id",)
    query: dict[str, Any] = {"limit": LARGEST}
    cursor, param = "last_id", "after"

    @property
    def http_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {KEY}", "OpenAI-Organization": ORGANIZATION}

    def get_url_params(self, context: Any, next_page_token: str | None) -> dict[str, Any]:
        return {**self.query, **({self.param: next_page_token} if next_page_token else {})}

    def get_next_page_token(self, response: Any, previous_token: Any) -> str | None:
        page = response.json()
        return page[self.cursor] if page["has_more"] else None

    def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
        yield from response.json()["data"]


class Users(Listing):
    name, path, schema = "users", "/organization/users", schema("users")

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        account = row.get("user") or {}
        names = ("id", "email", "name", "role", "added_at")
        return {
            **{name: row.get(name) for name in names}, "last_used_at": row.get("api_key_last_used_at"),
            "service_account": row.get("is_service_account"), "scim": row.get("is_scim_managed"),
            **{name: account.get(name) for name in ("enabled", "banned", "banned_at")},
        }  # fmt: skip


class Invites(Listing):
    name, path, schema = "invites", "/organization/invites", schema("invites")

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        names = ("id", "email", "role", "status", "created_at", "expires_at", "accepted_at")
        return {**{name: row.get(name) for name in names}, "projects": json.dumps(row.get("projects"))}


class Projects(Listing):
    name, path, schema = "projects", "/organization/projects", schema("projects")
    query = {"limit": LARGEST, "include_archived": "true"}

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return {name: row.get(name) for name in ("id", "name", "status", "created_at", "archived_at")}

    def generate_child_contexts(self, record: dict[str, Any], context: Any) -> Iterable[dict[str, Any]]:
        if record["status"] != "archived":
            yield {"project_id": record["id"]}


class OfProject(Listing):
    parent_stream_type = Projects
    state_partitioning_keys: list[str] = []

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        project = context["project_id"]
        return {"id": f"{project}/{row['id']}", "project_id": project, **self.rest(row)}

    def rest(self, row: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class Members(OfProject):
    name, path, schema = "members", "/organization/projects/{project_id}/users", schema("members")

    def rest(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"user_id": row["id"], "role": row.get("role"), "added_at": row.get("added_at")}


class ServiceAccounts(OfProject):
    name, path = "service_accounts", "/organization/projects/{project_id}/service_accounts"
    schema = schema("service_accounts")

    def rest(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"account_id": row["id"], **{name: row.get(name) for name in ("name", "role", "created_at")}}


KEY_FIELDS = ("name", "redacted_value", "created_at", "last_used_at", "expires_at")


class ApiKeys(OfProject):
    name, path, schema = "api_keys", "/organization/projects/{project_id}/api_keys", schema("api_keys")
    query = {"limit": LARGEST, "owner_project_access": "any"}

    def rest(self, row: dict[str, Any]) -> dict[str, Any]:
        owner = row.get("owner") or {}
        person = owner.get("user") or owner.get("service_account") or {}
        return {
            "key_id": row["id"], **{name: row.get(name) for name in KEY_FIELDS},
            "access": row.get("owner_project_access"), "owner_kind": owner.get("type"),
            **{f"owner_{name}": person.get(name) for name in ("id", "name", "email")},
        }  # fmt: skip


class AdminKeys(Listing):
    name, path, schema = "admin_keys", "/organization/admin_api_keys", schema("admin_keys")

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        owner = row.get("owner") or {}
        return {
            "id": row["id"], **{name: row.get(name) for name in KEY_FIELDS}, "owner_kind": owner.get("type"),
            "owner_id": owner.get("id"), "owner_name": owner.get("name"),
        }  # fmt: skip


class Series(Listing):
    cursor, param = "next_page", "page"
    groups: tuple[str, ...] = ()

    def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
        for bucket in response.json()["data"]:
            at = bucket["start_time"]
            for row in bucket["results"]:
                yield {"id": "|".join(str(part) for part in (at, *map(row.get, self.groups))), "day": at, **row}


class Usage(Series):
    name, path, schema = "usage_completions", PATHS["usage_completions"], schema("usage_completions")

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return {
            **{name: row.get(name) for name in ("id", "day", *self.groups, "input_tokens", "output_tokens")},
            "requests": row.get("num_model_requests"), "cached_tokens": row.get("input_cached_tokens"),
        }  # fmt: skip


class Costs(Series):
    name, path, schema = "costs", PATHS["costs"], schema("costs")

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        given, quantity = row["amount"], row.get("quantity")
        names = ("id", "day", "project_id", "line_item", "api_key_id", "user_id", "quantity_unit")
        return {
            **{name: row.get(name) for name in names}, "amount": str(given["value"]), "currency": given["currency"],
            "quantity": None if quantity is None else str(quantity),
        }  # fmt: skip


for of in (Usage, Costs):
    if of.name in JOB.lists:
        of.query = spend_query(JOB, of.name, SINCE)
        of.groups = tuple(of.query["group_by[]"])


class TapAdmin(Tap):
    name = "tap-bench"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Any]:
        kinds = (Users, Invites, Projects, Members, ServiceAccounts, ApiKeys, AdminKeys, Usage, Costs)
        return [kind(self) for kind in kinds if kind.name in JOB.lists]


TapAdmin(config={}, parse_env_config=False).sync_all()
