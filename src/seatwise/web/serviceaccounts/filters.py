"""What the address of the list of service accounts says."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.services.service_accounts import SORTS
from seatwise.web import addresses


class Filters(NamedTuple):
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
            sort=addresses.one_of(query, "sort", [*SORTS, *(f"-{name}" for name in SORTS)], "name"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the services take them."""
        return self._asdict()

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.connection or self.project)

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)
