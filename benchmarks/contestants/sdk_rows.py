"""The SDK's typed models as rows of the target."""

import json
from typing import Any


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
