"""The SDK's typed models as rows of the target."""

import json
from collections.abc import Callable
from typing import Any

from jobs import Job, spend_query


def user(row: Any) -> tuple[Any, ...]:
    account = row.user
    enabled, banned, banned_at = (account.enabled, account.banned, account.banned_at) if account else (None,) * 3
    return (
        row.id, row.email, row.name, row.role, row.added_at, row.api_key_last_used_at, row.is_service_account,
        row.is_scim_managed, enabled, banned, banned_at,
    )  # fmt: skip


def invite(row: Any) -> tuple[Any, ...]:
    projects = json.dumps([{"id": one.id, "role": one.role} for one in row.projects or ()])
    return row.id, row.email, row.role, row.status, row.created_at, row.expires_at, row.accepted_at, projects


def project(row: Any) -> tuple[Any, ...]:
    return row.id, row.name, row.status, row.created_at, row.archived_at


def member(row: Any, project_id: str) -> tuple[Any, ...]:
    return f"{project_id}/{row.id}", project_id, row.id, row.role, row.added_at


def service_account(row: Any, project_id: str) -> tuple[Any, ...]:
    return f"{project_id}/{row.id}", project_id, row.id, row.name, row.role, row.created_at


def api_key(row: Any, project_id: str) -> tuple[Any, ...]:
    owner = row.owner
    person = owner.user or owner.service_account
    return (
        f"{project_id}/{row.id}", project_id, row.id, row.name, row.redacted_value, row.created_at, row.last_used_at,
        getattr(row, "expires_at", None), getattr(row, "owner_project_access", None), owner.type,
        person.id if person else None, person.name if person else None, getattr(person, "email", None),
    )  # fmt: skip


def admin_key(row: Any) -> tuple[Any, ...]:
    owner = row.owner
    return (
        row.id, row.name, row.redacted_value, row.created_at, row.last_used_at, getattr(row, "expires_at", None),
        owner.type, owner.id, owner.name,
    )  # fmt: skip


def usage(day: Any) -> list[tuple[Any, ...]]:
    at = day.start_time
    return [
        (
            f"{at}|{r.project_id}|{r.user_id}|{r.api_key_id}|{r.model}|{r.batch}|{r.service_tier}", at, r.project_id,
            r.user_id, r.api_key_id, r.model, r.batch, r.service_tier, r.num_model_requests, r.input_tokens,
            r.input_cached_tokens, r.output_tokens,
        )
        for r in day.results
    ]  # fmt: skip


def cost(day: Any) -> list[tuple[Any, ...]]:
    at = day.start_time
    return [
        (
            f"{at}|{r.project_id}|{r.line_item}|{r.api_key_id}|{getattr(r, 'user_id', None)}", at, r.project_id,
            r.line_item, r.api_key_id, getattr(r, "user_id", None), str(r.amount.value), r.amount.currency,
            r.quantity, getattr(r, "quantity_unit", None),
        )
        for r in day.results
    ]  # fmt: skip


def days(job: Job, since: int, name: str) -> tuple[dict[str, Any], Callable[[Any], list[tuple[Any, ...]]]]:
    """What to ask usage or costs by, and what makes rows of a day."""
    query = spend_query(job, name, since)
    return {"group_by": query.pop("group_by[]"), **query}, usage if name == "usage_completions" else cost
