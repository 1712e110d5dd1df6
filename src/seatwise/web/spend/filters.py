"""What the address of a spend page says: the range, the dimension, and what it is narrowed to. The names are those of
the API and the command line."""

from datetime import date
from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.services.money import RANGES
from seatwise.services.spend_figures import NARROWING
from seatwise.web import addresses

CUSTOM = "custom"
TABS = {
    "total": "Accounts",
    "project": "Projects",
    "person": "People",
    "api_key": "API keys",
    "model": "Models",
    "line_item": "Line items",
}
ONE = {"project": "Project", "person": "Person", "api_key": "API key", "model": "Model", "line_item": "Line item"}
INTO = {"total": "project", "project": "model", "person": "model", "api_key": "model", "model": "project"}
"""What a line opens into."""


class Filters(NamedTuple):
    range: str = "this_month"
    start: date | None = None
    end: date | None = None
    by: str = "project"
    connection: str = ""
    currency: str = ""
    family: str = ""
    project: str = ""
    person: str = ""
    api_key: str = ""
    model: str = ""
    line_item: str = ""

    @classmethod
    def read(cls, query: QueryDict, by: Any = tuple(TABS), otherwise: str = "project") -> "Filters":
        name = addresses.one_of(query, "range", [*RANGES, CUSTOM], CUSTOM if "from" in query else "this_month")
        custom = name == CUSTOM
        return cls(
            range=name,
            start=_day(query.get("from", "")) if custom else None,
            end=_day(query.get("to", "")) if custom else None,
            by=addresses.one_of(query, "by", by, otherwise),
            connection=addresses.text(query, "connection"),
            currency=addresses.text(query, "currency"),
            family=addresses.text(query, "family"),
            **{name: query.get(name, "").strip()[:2000] for name in NARROWING},
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the services take them."""
        named = {"range": "" if self.range == CUSTOM else self.range, "start": self.start, "end": self.end}
        if self.range == CUSTOM and not self.start and not self.end:
            named["range"] = "last_30_days"
        return {**named, "by": self.by, "connection": self.connection, **self.within}

    @property
    def within(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in NARROWING if getattr(self, name)}

    @property
    def named(self) -> dict[str, str]:
        """As an address has them, the usual left out."""
        said = {
            "range": self.range if self.range != "this_month" else "",
            "from": self.start.isoformat() if self.start else "",
            "to": self.end.isoformat() if self.end else "",
            "by": self.by,
            "connection": self.connection,
            "currency": self.currency,
            "family": self.family,
            **self.within,
        }
        return {name: value for name, value in said.items() if value}

    def address(self, **changed: Any) -> str:
        """The query of the same page with these filters changed; None takes one away."""
        query = QueryDict(mutable=True)
        for name, value in {**self.named, **changed}.items():
            if value:
                query[name] = str(value)
        return "?" + query.urlencode()


def _day(said: str) -> date | None:
    found = addresses.day(said)
    return found.date() if found else None
