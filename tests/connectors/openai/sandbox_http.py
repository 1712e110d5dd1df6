"""A plain client for looking at the sandbox's answers exactly as they come, good or bad."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def exact(self) -> Any:
        """As `json`, numbers with a point as Decimal."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found


def get(
    base_url: str,
    path: str,
    key: str | None,
    *,
    timeout: float = 20,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Answer:
    """One GET of `path` below the base URL. A name in `query` may end in `__`, for the vendor's `[]`."""
    parts = urlsplit(base_url)
    pairs = {name.replace("__", "[]"): value for name, value in query.items()}
    sent = {**({"Authorization": f"Bearer {key}"} if key is not None else {}), **(headers or {})}
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}{path}?{urlencode(pairs, doseq=True)}", headers=sent)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
    finally:
        connection.close()


def all_pages(base_url: str, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
    """Every page of a listing, whichever of the vendor's envelopes it comes in; numbers with a point as Decimal."""
    pages = []
    while True:
        answer = get(base_url, path, key, **query)
        assert answer.status == 200, answer.body
        page = answer.exact
        pages.append(page)
        if not page["has_more"]:
            return pages
        if "next_page" in page:
            query["page"] = page["next_page"]
        else:
            query["after"] = page["next"] if "next" in page else page["last_id"]


def all_rows(base_url: str, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
    return [row for page in all_pages(base_url, path, key, **query) for row in page["data"]]
