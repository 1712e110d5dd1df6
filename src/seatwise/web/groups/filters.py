"""What the addresses of the two lists say. Page and file read it here, so they agree."""

from dataclasses import dataclass

from django.http import QueryDict

from seatwise.services import groups, roles
from seatwise.web import addresses

MANAGED = {"scim": "Managed by SCIM", "here": "Managed at the vendor"}
KINDS = {"organization": "Of an organization", "project": "Of a project"}


@dataclass(frozen=True)
class GroupFilters(addresses.Filters):
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
            sort=addresses.sort(query, groups.SORTS, "name"),
        )


@dataclass(frozen=True)
class RoleFilters(addresses.Filters):
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
            sort=addresses.sort(query, roles.SORTS, "kind"),
        )
