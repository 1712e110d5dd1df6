"""How keys and service accounts change: admin keys of the organization, service accounts and API keys of projects."""

from typing import Any

from . import shapes
from .audit import session
from .auth import Key, Scopes
from .people import token
from .rows import Row
from .state import State


class Access(State):
    _key_project: dict[str, str]
    """The project of each project key."""
    _key_places: dict[str, set[str]]
    """The projects in which a user owns keys."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._key_project, self._key_places = {}, {}

    # -- admin keys --------------------------------------------------------------------------------------------------

    def add_key(
        self,
        name: str = "Admin key",
        *,
        scopes: Scopes = "all",
        refused_paths: tuple[str, ...] = (),
        owner_id: str | None = None,
        expires_at: int | None = None,
    ) -> Key:
        """A new admin key, listed among the admin keys. Its value depends on the organization's id and its number. Past
        `expires_at` it is refused."""
        told = {"scopes": sorted(scopes) if isinstance(scopes, frozenset) else [scopes]}
        key_id = f"key_{token(self.id, 'key', len(self.keys))}"
        self.record_event("api_key.created", {"id": key_id, "data": told})
        key = self._list_admin_key(name, owner_id=owner_id, created_at=self.now - 3600, expires_at=expires_at)
        key.scopes, key.refused_paths = scopes, refused_paths
        return key

    def _list_admin_key(
        self,
        name: str,
        *,
        owner_id: str | None = None,
        created_at: int | None = None,
        expires_at: int | None = None,
        last_used_at: int | None = None,
    ) -> Key:
        key = self._new_key(name, "sk-admin-")
        key.expires_at = expires_at
        created_at = self.now - 3600 if created_at is None else created_at
        first = owner_id or next(iter(self.users.slice(None, 1).ids), None)
        nobody = shapes.user(f"user-{token(self.id)}", name, None, role="owner", added_at=self.now)
        owner = nobody if first is None else self.users[first]
        times = {"created_at": created_at, "expires_at": expires_at, "last_used_at": last_used_at}
        self.admin_keys.put(shapes.admin_key(key.id, name, key.redacted, owner=owner, **times))
        return key

    def remove_key(self, key_id: str) -> Row:
        """Revoke an admin key and take it off the list."""
        row = self.admin_keys[key_id]
        self.record_event("api_key.deleted", {"id": key_id})
        next(key for key in self.keys if key.id == key_id).revoked = True
        self.admin_keys.remove(key_id)
        return row

    def add_project_key(self, name: str = "Project key") -> Key:
        """A key of the kind that works on models and is refused by every administration endpoint."""
        return self._new_key(name, "sk-proj-")

    def _new_key(self, name: str, prefix: str) -> Key:
        number = len(self.keys)
        value = prefix + token(self.id, "secret", number, length=64)
        self.keys.append(Key(f"key_{token(self.id, 'key', number)}", name, value))
        return self.keys[-1]

    # -- service accounts --------------------------------------------------------------------------------------------

    def add_service_account(
        self, project_id: str, name: str = "service account", *, role: str = "member", with_key: bool = True
    ) -> Row:
        """A service account at the end of a project's list, with a key unless told otherwise."""
        row = shapes.service_account(f"user-{self._token('service account')}", name, role=role, created_at=self.now)
        told = {"id": row["id"], "data": {"role": role}}
        self.record_event("service_account.created", told, project_id=project_id)
        self.service_accounts[project_id].put(row)
        if with_key:
            self.add_api_key(project_id, service_account_id=row["id"], name=name)
        return row

    def remove_service_account(self, project_id: str, account_id: str) -> Row:
        """A service account and its keys leave the project's lists."""
        row = self.service_accounts[project_id][account_id]
        self.record_event("service_account.deleted", {"id": account_id}, project_id=project_id)
        for key in [key for key in self.api_keys[project_id] if _owner_id(key) == account_id]:
            self._forget_key(project_id, key["id"])
        self.service_accounts[project_id].remove(account_id)
        return row

    # -- API keys ----------------------------------------------------------------------------------------------------

    def add_api_key(
        self,
        project_id: str,
        *,
        user_id: str | None = None,
        service_account_id: str | None = None,
        name: str = "key",
        **fields: Any,
    ) -> Row:
        """A key of a user (also of one without access) or of a service account of the project. `fields` may set
        `created_at`, `last_used_at` and `expires_at`; a key without `expires_at` lacks the field."""
        if user_id is not None:
            owner = shapes.key_owner(self.users[user_id], self._role_in(project_id, user_id))
        elif service_account_id is not None:
            owner = shapes.key_owner(self.service_accounts[project_id][service_account_id])
        else:
            raise ValueError("a key belongs to a user or to a service account")
        key_id = f"key_{self._token('api key')}"
        tail, created_at = self._token("tail")[:3], fields.pop("created_at", self.now)
        row = shapes.api_key(key_id, name, tail=tail, owner=owner, created_at=created_at, **fields)
        told = {"id": key_id, "data": {"scopes": ["api.model.request"]}}
        self.record_event("api_key.created", told, project_id=project_id)
        self._list_key(project_id, row)
        self._see_access(user_id or "")
        return self.api_keys[project_id][key_id]

    def revoke_api_key(self, key_id: str) -> Row:
        """Delete a project key: it leaves the list, and nothing more is spent with it."""
        project_id = self._key_project[key_id]
        row = self.api_keys[project_id][key_id]
        self.record_event("api_key.deleted", {"id": key_id}, project_id=project_id)
        self._forget_key(project_id, key_id)
        return row

    def _list_key(self, project_id: str, row: Row) -> None:
        self.api_keys[project_id].put(row)
        self._index_key(project_id, row)

    def _index_key(self, project_id: str, row: Row) -> None:
        self._key_project[row["id"]] = project_id
        if row["owner"]["type"] == "user":
            self._key_places.setdefault(_owner_id(row), set()).add(project_id)

    def _forget_key(self, project_id: str, key_id: str) -> None:
        del self._key_project[key_id]
        self.api_keys[project_id].remove(key_id)
        self.ledger.end(self.now, lambda worker: worker.api_key_id == key_id)

    # -- who has access ----------------------------------------------------------------------------------------------

    def has_access(self, project_id: str, user_id: str) -> bool:
        """Whether a user has effective access to a project: as a member, through a group, or as an organization's
        owner."""
        if user_id not in self.users:
            return False
        if user_id in self.members[project_id] or self.users[user_id].get("role") == "owner":
            return True
        groups = self.project_groups[project_id].ids()
        return any(user_id in self.group_members[group_id] for group_id in groups)

    def _see_access(self, user_id: str) -> None:
        """Write down with each of the user's keys whether its owner has access now."""
        for project_id in self._key_places.get(user_id, ()):
            access = "active" if self.has_access(project_id, user_id) else "inactive"
            for key in self.api_keys[project_id]:
                if _owner_id(key) == user_id and key["owner_project_access"] != access:
                    self.api_keys[project_id].update(key["id"], {"owner_project_access": access})

    def _role_in(self, project_id: str, user_id: str) -> str:
        members = self.members[project_id]
        return str(members[user_id]["role"]) if user_id in members else "member"

    def _session(self, user_id: str) -> Row:
        return session(self.users[user_id])


def _owner_id(key: Row) -> str:
    return str(key["owner"][key["owner"]["type"]]["id"])
