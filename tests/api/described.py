"""What the API says of itself. Working it out takes a second, and several modules walk it."""

from typing import Any

from seatwise.api import api

DESCRIPTION: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
