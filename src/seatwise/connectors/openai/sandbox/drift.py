"""What happens in a company between two syncs: plausible random changes, the same for the same world and seed."""

import random

from .drift_access import ACCESS_STEPS, Step, active_projects, one
from .rows import MISSING, Row
from .truth import Drift
from .world import Organization

_ROLES = ("owner", "reader", "auditor")


def drift(organization: Organization, seed: int, *, steps: int | None = None, access: bool = False) -> Drift:
    """Change `organization` in `steps` ways (1 to 12 unless told) and answer the net difference. At most a tenth of the
    users leave, and one at least may. `access`: keys, service accounts, groups and roles change too."""
    dice = random.Random(seed)
    before = organization.truth()
    leavers = max(1, len(organization.users) // 10)
    told = []
    for _ in range(dice.randint(1, 12) if steps is None else steps):
        known = (*_STEPS, *ACCESS_STEPS) if access else _STEPS
        step = dice.choice([each for each in known if leavers or each is not _leave])
        leavers -= step is _leave
        done = step(organization, dice)
        if done is not None:
            told.append(done)
    return Drift.between(before, organization.truth(), tuple(told))


def _join(organization: Organization, dice: random.Random) -> str:
    row = organization.add_user(role=dice.choice(_ROLES))
    return f"{row['id']} joined as {row['role']}"


def _leave(organization: Organization, dice: random.Random) -> str | None:
    """The first user stays: an organization has an owner."""
    user_id = one(organization.users.ids()[1:], dice)
    if user_id is not None:
        organization.remove_user(user_id)
    return user_id and f"{user_id} left"


def _change_user(organization: Organization, dice: random.Random) -> str | None:
    user_id = one(organization.users.ids(), dice)
    if user_id is None:
        return None
    fields: Row = dice.choice(
        (
            {"role": dice.choice(_ROLES)},
            {"name": f"Renamed {dice.randrange(1000)}"},
            {"name": None},
            {"name": MISSING},
            {"email": f"moved.{dice.randrange(10**6)}@{organization.domain}"},
            {"enabled": False},
            {"enabled": True},
            {"banned": True, "banned_at": organization.now},
            {"banned": False, "banned_at": None},
            {"api_key_last_used_at": organization.now},
        )
    )
    organization.update_user(user_id, **fields)
    return f"{user_id} now has {fields}"


def _invite(organization: Organization, dice: random.Random) -> str:
    project_id = one(active_projects(organization), dice)
    places = ((project_id, dice.choice(("member", "owner"))),) if project_id is not None else ()
    row = organization.invite(role=dice.choice(("owner", "reader")), projects=places)
    return f"{row['id']} was sent"


def _accept(organization: Organization, dice: random.Random) -> str | None:
    invite_id = one(_pending(organization), dice)
    if invite_id is None:
        return None
    return f"{invite_id} was accepted by {organization.accept_invite(invite_id)['id']}"


def _withdraw(organization: Organization, dice: random.Random) -> str | None:
    invite_id = one(_pending(organization), dice)
    if invite_id is not None:
        organization.withdraw_invite(invite_id)
    return invite_id and f"{invite_id} was withdrawn"


def _found_project(organization: Organization, dice: random.Random) -> str:
    row = organization.add_project()
    for user_id in dice.sample(organization.users.ids(), min(3, len(organization.users))):
        organization.add_member(row["id"], user_id)
    return f"{row['id']} was founded"


def _rename_project(organization: Organization, dice: random.Random) -> str | None:
    project_id = one(active_projects(organization), dice)
    if project_id is not None:
        organization.update_project(project_id, name=f"Renamed {dice.randrange(1000)}")
    return project_id and f"{project_id} was renamed"


def _archive_project(organization: Organization, dice: random.Random) -> str | None:
    """The first project stays: the default project cannot be archived."""
    project_id = one(active_projects(organization)[1:], dice)
    if project_id is not None:
        organization.archive_project(project_id)
    return project_id and f"{project_id} was archived"


def _change_membership(organization: Organization, dice: random.Random) -> str | None:
    project_id, user_id = one(active_projects(organization), dice), one(organization.users.ids(), dice)
    if project_id is None or user_id is None:
        return None
    role = dice.choice(("member", "owner", None))
    if user_id not in organization.members[project_id]:
        organization.add_member(project_id, user_id, role or "member")
    elif role is None:
        organization.remove_member(project_id, user_id)
    else:
        organization.update_member(project_id, user_id, role=role)
    return f"{user_id} is {role or 'in or out'} in {project_id}"


_STEPS: tuple[Step, ...] = (
    *(_join, _join, _leave, _leave, _change_user, _change_user, _change_user, _invite, _accept, _withdraw),
    *(_found_project, _rename_project, _archive_project, _change_membership, _change_membership),
)


def _pending(organization: Organization) -> list[str]:
    return [row["id"] for row in organization.invites if row["status"] == "pending"]
