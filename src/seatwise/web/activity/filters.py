"""What the address of the list of audit events says. Page and file read it here, so they agree."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import QueryDict

from seatwise.web import addresses


@dataclass(frozen=True)
class Filters(addresses.Filters):
    """The names are those of the service's arguments; `since` and `until` are days in UTC, both included."""

    actor: str = ""
    type: str = ""
    project: str = ""
    target: str = ""
    connection: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        days = {name: query.get(name, "") for name in ("since", "until")}
        return cls(
            **{name: addresses.text(query, name) for name in ("actor", "type", "project", "target", "connection")},
            **{name: said if addresses.day(said) else "" for name, said in days.items()},
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the service takes them."""
        last = addresses.day(self.until)
        until = last + timedelta(days=1) if last and last.year < 9999 else None
        return {**self.said, "since": addresses.day(self.since), "until": until}
