"""What the addresses of the two lists say. Page and file read it here, so they agree."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.services import groups, roles
from seatwise.web import addresses

MANAGED = {"scim": "Managed by SCIM", "here": "Managed at the vendor"}
KINDS = {"organization": "Of an organization", "project": "Of a project"}


def _sort(query: QueryDict, sorts: tuple[str, ...], otherwise: str) -> str:
    return addresses.one_of(query, "sort", [*sorts, *(f"-{name}" for name in sorts)], otherwise)


class GroupFilters(NamedTuple):
    """The names are those of the services' arguments."""

    search: str = ""
    connection: str = ""
    managed: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, query: QueryDict) -> "GroupFilters":
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            managed=addresses.one_of(query, "managed", MANAGED),
            sort=_sort(query, groups.SORTS, "name"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        return self._asdict()

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.connection or self.managed)

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)


class RoleFilters(NamedTuple):
    """The names are those of the services' arguments."""

    search: str = ""
    connection: str = ""
    kind: str = ""
    sort: str = "kind"

    @classmethod
    def read(cls, query: QueryDict) -> "RoleFilters":
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            kind=addresses.one_of(query, "kind", KINDS),
            sort=_sort(query, roles.SORTS, "kind"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        return self._asdict()

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.connection or self.kind)

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)
