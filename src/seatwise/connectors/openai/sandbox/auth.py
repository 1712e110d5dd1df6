"""Who may call: keys, their scopes, and the order in which the vendor refuses."""

from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from . import errors

MANAGEMENT_READ = "api.management.read"
USAGE_READ = "api.usage.read"
AUDIT_LOGS_READ = "api.audit_logs.read"
GROUPS_READ = "api.groups.read"

Scopes = Literal["all", "read_only"] | frozenset[str]


@dataclass(slots=True)
class Key:
    """One API key. `refused_paths` are globs of paths it gets "Missing scopes" on, whatever its scopes say."""

    id: str
    name: str
    value: str = field(repr=False)
    scopes: Scopes = "all"
    refused_paths: tuple[str, ...] = ()
    revoked: bool = False
    expired: bool = False
    expires_at: int | None = None

    def works(self, now: int) -> bool:
        return not (self.revoked or self.expired or (self.expires_at is not None and self.expires_at <= now))

    @property
    def redacted(self) -> str:
        """As listings show it: `sk-admin...def`."""
        return f"{self.value[: self.value.index('-', 3)]}...{self.value[-3:]}"

    def allows(self, scope: str, path: str) -> bool:
        """Whether this key may read `path` (below the version), which needs `scope`."""
        if not self.value.startswith("sk-admin-") or any(fnmatchcase(path, glob) for glob in self.refused_paths):
            return False
        if isinstance(self.scopes, frozenset):
            return scope in self.scopes
        return self.scopes == "all" or scope.endswith(".read")


def presented(authorization: str | None) -> str:
    """The key of an Authorization header. Raises the vendor's 401 where there is none."""
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise errors.no_key()
    return value.strip()


def check_address(address: str, allowed: Collection[str]) -> None:
    """Refuse callers outside the organization's list of addresses; an empty list lets everyone in."""
    if allowed and address not in allowed:
        raise errors.address_refused(address)
