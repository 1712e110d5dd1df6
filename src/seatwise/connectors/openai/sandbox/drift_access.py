"""The part of the drift that is about keys, service accounts, groups and roles."""

import random
from collections.abc import Callable

from .world import Organization

Step = Callable[[Organization, random.Random], str | None]
"""A change, told in words; None where there was nothing to change."""


def one(ids: list[str], dice: random.Random) -> str | None:
    return dice.choice(ids) if ids else None


def active_projects(organization: Organization) -> list[str]:
    return [row["id"] for row in organization.projects if row["status"] == "active"]


def _add_key(organization: Organization, dice: random.Random) -> str | None:
    project_id, user_id = one(active_projects(organization), dice), one(organization.users.ids(), dice)
    if project_id is None or user_id is None:
        return None
    expires_at = dice.choice((None, organization.now + 86_400 * dice.randrange(1, 90)))
    row = organization.add_api_key(project_id, user_id=user_id, expires_at=expires_at)
    return f"{row['id']} of {user_id} was made in {project_id}"


def _revoke_key(organization: Organization, dice: random.Random) -> str | None:
    key_id = _key(organization, dice)
    if key_id is not None:
        organization.revoke_api_key(key_id)
    return key_id and f"{key_id} was revoked"


def _use_key(organization: Organization, dice: random.Random) -> str | None:
    key_id = _key(organization, dice)
    if key_id is not None:
        organization.use_key(key_id, requests=dice.randrange(1, 50))
    return key_id and f"{key_id} was used"


def _add_account(organization: Organization, dice: random.Random) -> str | None:
    project_id = one(active_projects(organization), dice)
    if project_id is None:
        return None
    row = organization.add_service_account(project_id, f"bot {dice.randrange(1000)}")
    return f"{row['id']} was set up in {project_id}"


def _remove_account(organization: Organization, dice: random.Random) -> str | None:
    project_id = one(active_projects(organization), dice)
    account_id = project_id and one(organization.service_accounts[project_id].ids(), dice)
    if not project_id or not account_id:
        return None
    organization.remove_service_account(project_id, account_id)
    return f"{account_id} was taken down"


def _change_group(organization: Organization, dice: random.Random) -> str | None:
    group_id, user_id = one(organization.groups.ids(), dice), one(organization.users.ids(), dice)
    if group_id is None or user_id is None:
        return None
    inside = user_id in organization.group_members[group_id]
    (organization.remove_from_group if inside else organization.add_to_group)(group_id, user_id)
    return f"{user_id} {'left' if inside else 'came into'} {group_id}"


def _found_group(organization: Organization, dice: random.Random) -> str:
    members = dice.sample(organization.users.ids(), min(3, len(organization.users)))
    row = organization.add_group(f"Group {dice.randrange(1000)}", members)
    project_id = one(active_projects(organization), dice)
    if project_id is not None:
        organization.add_group_to_project(project_id, row["id"], dice.choice(("member", "viewer")))
    return f"{row['id']} was founded"


def _change_role(organization: Organization, dice: random.Random) -> str | None:
    user_id = one(organization.users.ids(), dice)
    custom = [row["id"] for row in organization.roles if not row["predefined_role"]]
    if user_id is None or not custom:
        return None
    role_id = dice.choice(custom)
    held = role_id in organization.assignments.get((None, "user", user_id), ())
    if held:
        organization.unassign_role(role_id, user_id=user_id)
    else:
        organization.assign_role(role_id, user_id=user_id)
    return f"{user_id} {'lost' if held else 'got'} {role_id}"


def _change_admin_keys(organization: Organization, dice: random.Random) -> str:
    """The first stays: somebody is reading with it."""
    key_id = one(organization.admin_keys.ids()[1:], dice) if dice.random() < 0.5 else None
    if key_id is None:
        return f"{organization.add_key(f'Key {dice.randrange(1000)}').id} was made"
    organization.remove_key(key_id)
    return f"{key_id} was revoked"


def _key(organization: Organization, dice: random.Random) -> str | None:
    project_id = one(active_projects(organization), dice)
    return one(organization.api_keys[project_id].ids(), dice) if project_id is not None else None


ACCESS_STEPS: tuple[Step, ...] = (
    *(_add_key, _add_key, _revoke_key, _use_key, _use_key, _use_key, _add_account, _remove_account),
    *(_change_group, _change_group, _found_group, _change_role, _change_admin_keys),
)
