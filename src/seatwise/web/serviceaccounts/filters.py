"""What the address of the list of service accounts says."""

from dataclasses import dataclass

from django.http import QueryDict

from seatwise.services.service_accounts import SORTS
from seatwise.web import addresses


@dataclass(frozen=True)
class Filters(addresses.Filters):
    """The names are those of the services' arguments. A word the address does not know is left out."""

    search: str = ""
    connection: str = ""
    project: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            project=addresses.text(query, "project"),
            sort=addresses.sort(query, SORTS, "name"),
        )
