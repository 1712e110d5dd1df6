"""Filters live in the address: read leniently, so that an old link still lists, and written as short as can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, QueryDict

LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Filters:
    """What the address of a list says, by the names of the service's arguments. Page and file read it alike."""

    APART: ClassVar[tuple[str, ...]] = ("sort",)
    """What holds no rows back."""

    @property
    def said(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def asked(self) -> dict[str, Any]:
        """As the services take them."""
        return self.said

    @property
    def narrowed(self) -> bool:
        """Whether anything that is not APART holds rows back."""
        return any(value for name, value in self.said.items() if name not in self.APART)

    @property
    def address(self) -> str:
        return short(self.said, {each.name: each.default for each in fields(self)})


def text(query: QueryDict, name: str) -> str:
    """One filter's text, trimmed and of bounded length."""
    return query.get(name, "").strip()[:LONGEST_SEARCH]


def one_of(query: QueryDict, name: str, known: Any, otherwise: str = "") -> str:
    """One filter's word, if it is a known one."""
    said = query.get(name, "")
    return said if said in known else otherwise


def sort(query: QueryDict, known: Sequence[str], otherwise: str) -> str:
    """The order: one of the known ones, with '-' before it the other way round."""
    return one_of(query, "sort", [*known, *(f"-{name}" for name in known)], otherwise)


def day(said: str) -> datetime | None:
    """The first moment of a day such as 2026-11-03, in UTC; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(said), time(), UTC)
    except ValueError:
        return None


def short(filters: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The shortest query that says the same; empty, or beginning with '?'."""
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        if value == defaults.get(name):
            continue
        if isinstance(value, tuple):
            query.setlist(name, list(value))
        else:
            query[name] = "yes" if value is True else str(value)
    return "?" + query.urlencode() if query else ""


def keep(request: HttpRequest, response: HttpResponse, query: str) -> None:
    """Has htmx write the shortest address into the address bar, once: looking again is no step in the history."""
    if "cursor" in request.GET:
        return
    address, htmx = request.path + query, getattr(request, "htmx", None)
    response["HX-Push-Url"] = "false" if htmx and htmx.current_url_abs_path == address else address
