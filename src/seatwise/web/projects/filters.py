"""What the address of the projects list says. Page and file read it here, so they agree."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.services.projects import SORTS
from seatwise.web import addresses

STATUSES = {"active": "Active", "archived": "Archived"}


class Filters(NamedTuple):
    """The names are those of the services' arguments."""

    search: str = ""
    connection: str = ""
    status: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            status=addresses.one_of(query, "status", STATUSES),
            sort=addresses.one_of(query, "sort", [*SORTS, *(f"-{name}" for name in SORTS)], "name"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        return self._asdict()

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order holds projects back."""
        return bool(self.search or self.connection or self.status)

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)
