"""What the address of the list of keys says: search, filters, issue, order. Page and file both read it here."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.services.keys import ISSUES, SORTS
from seatwise.web import addresses

KINDS = {"project": "Project keys", "admin": "Admin Keys"}


class Filters(NamedTuple):
    """The names are those of the services' arguments. A word the address does not know is left out."""

    search: str = ""
    connection: str = ""
    kind: str = ""
    project: str = ""
    owner: str = ""
    issue: str = ""
    sort: str = "name"

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            kind=addresses.one_of(query, "kind", KINDS),
            project=addresses.text(query, "project"),
            owner=addresses.text(query, "owner"),
            issue=addresses.one_of(query, "issue", ISSUES),
            sort=addresses.one_of(query, "sort", [*SORTS, *(f"-{name}" for name in SORTS)], "name"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the services take them."""
        return self._asdict()

    @property
    def narrowed(self) -> bool:
        """Whether anything but the issue and the order holds keys back."""
        return bool(self.search or self.connection or self.kind or self.project or self.owner)

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)

    def with_issue(self, issue: str) -> str:
        """The address of the same list with another issue."""
        return addresses.short(self._replace(issue=issue)._asdict(), self._field_defaults) or "?"
