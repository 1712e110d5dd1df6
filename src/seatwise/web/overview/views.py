"""The overview: one service call; each line with the address of the list behind it."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.overview import ChangeCount, ChangesCard, ImportantChanges, get_overview
from seatwise.services.rights import Actor
from seatwise.web.changes.diff import Moment, moments
from seatwise.web.shell import screen
from seatwise.web.words import look, sentence

KINDS_SHOWN = 8


class Important(NamedTuple):
    """One sort of change, with where all of them stand."""

    sort: ImportantChanges
    moments: list[Moment]
    address: str


class Counted(NamedTuple):
    label: str
    kind: str
    number: int
    address: str


@require_safe
@screen
def overview(request: HttpRequest, operator: Actor) -> HttpResponse:
    seen = get_overview(operator)
    if not seen.connected:
        return render(request, "overview/empty.html")
    context: dict[str, Any] = {
        "seen": seen,
        "important": [_important(sort, seen.changes) for sort in seen.changes.important],
        "counts": [_counted(count, seen.changes) for count in seen.changes.counts[:KINDS_SHOWN]],
        "issues": [issue for issue in seen.keys.issues if issue.keys],
    }
    return render(request, "overview/page.html", context)


def _important(sort: ImportantChanges, card: ChangesCard) -> Important:
    return Important(sort, moments(sort.changes), _address(card, sort.stream, sort.kind))


def _counted(count: ChangeCount, card: ChangesCard) -> Counted:
    label = f"{sentence(count.stream)} {look('change', count.kind).word.lower()}"
    return Counted(label, count.kind, count.changes, _address(card, count.stream, count.kind))


def _address(card: ChangesCard, stream: str, kind: str) -> str:
    asked = {"stream": stream, "kind": kind, "since": card.since.date().isoformat()}
    return "?" + urlencode({name: value for name, value in asked.items() if value})
