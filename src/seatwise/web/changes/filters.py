"""What the address of the page of changes says."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from seatwise.services.changes import NEW_OWNER
from seatwise.web import addresses
from seatwise.web.words import LOOKS

KINDS = {name: look.word for name, look in LOOKS["change"].items()} | {NEW_OWNER: "New owner"}


@dataclass(frozen=True)
class Filters(addresses.Filters):
    """The names are those of the service's arguments; `since` is a day, from its first moment in UTC."""

    search: str = ""
    connection: str = ""
    stream: str = ""
    kind: str = ""
    since: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        since = query.get("since", "")
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            stream=addresses.text(query, "stream"),
            kind=addresses.one_of(query, "kind", KINDS),
            since=since if addresses.day(since) else "",
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the service takes them."""
        return {**self.said, "since": addresses.day(self.since)}
