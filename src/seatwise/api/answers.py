"""How a value leaves: the services' own values, as JSON. Times are ISO 8601 in UTC, absent is null."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from seatwise.services.missing import unknown_of

from .access import actor


def answer(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )


def answer_listed(request: HttpRequest, page: msgspec.Struct, listing: str, connection: str) -> HttpResponse:
    """A page with `unknown`: in sentences, what keeps its listing from being whole."""
    unknown = unknown_of(actor(request), listing=listing, connection=connection)
    return answer({**msgspec.structs.asdict(page), "unknown": unknown})
