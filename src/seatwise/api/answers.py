"""How a value leaves: the services' own values, as JSON. Times are ISO 8601 in UTC, absent is null."""

from typing import Any

import msgspec
from django.http import HttpResponse


def answer(value: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )
