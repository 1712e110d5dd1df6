"""What the address of the projects list says. Page and file read it here, so they agree."""

from dataclasses import dataclass

from django.http import QueryDict

from seatwise.services.projects import SORTS
from seatwise.web import addresses

STATUSES = {"active": "Active", "archived": "Archived"}


@dataclass(frozen=True)
class Filters(addresses.Filters):
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
            sort=addresses.sort(query, SORTS, "name"),
        )
