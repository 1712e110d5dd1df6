"""The page of the audit log: one service call, its filters in the address."""

import json
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from seatwise.services.audit import AuditLine, list_audit_entries
from seatwise.services.rights import Actor
from seatwise.web import addresses
from seatwise.web.shell import screen, wants_fragment
from seatwise.web.words import LOOKS, sentence

from .filters import OPERATIONS, Filters


class Shown(NamedTuple):
    """`facts` are the entry's details, one name and text each."""

    entry: AuditLine
    facts: list[tuple[str, str]]


@require_safe
@screen
def audit(request: HttpRequest, operator: Actor) -> HttpResponse:
    filters = Filters.read(request.GET)
    page = list_audit_entries(operator, **filters.asked, cursor=request.GET.get("cursor", ""))
    fragment = wants_fragment(request, "entries")
    context = {
        "filters": filters,
        "page": page,
        "entries": [Shown(e, [(sentence(k), _text(v)) for k, v in e.detail.items()]) for e in page.items],
        "outcomes": [(name, look.word) for name, look in LOOKS["outcome"].items()],
        "operations": [(name, sentence(name)) for name in OPERATIONS],
    }
    response = render(request, "auditlog/table.html" if fragment else "auditlog/page.html", context)
    if fragment:
        addresses.keep(request, response, filters.address)
    return response


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
