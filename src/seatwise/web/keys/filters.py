"""What the address of the list of keys says: search, filters, issue, order. Page and file both read it here."""

from dataclasses import dataclass, replace

from django.http import QueryDict

from seatwise.services.keys import ISSUES, SORTS
from seatwise.web import addresses

KINDS = {"project": "Project keys", "admin": "Admin Keys"}


@dataclass(frozen=True)
class Filters(addresses.Filters):
    """The names are those of the services' arguments. A word the address does not know is left out."""

    APART = ("issue", "sort")
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
            sort=addresses.sort(query, SORTS, "name"),
        )

    def with_issue(self, issue: str) -> str:
        """The address of the same list with another issue."""
        return replace(self, issue=issue).address or "?"
