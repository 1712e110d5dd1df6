"""Every page, answer of the API and file, asked for by an owner while an Admin Key is stored, searched for that key."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404

from api.described import DESCRIPTION
from disguises import leaks
from seatwise.services import alerts, budgets, channels
from seatwise.services.rights import SYSTEM
from seatwise.store import models
from web.test_doors import pages

pytestmark = pytest.mark.usefixtures("kept")
LINK = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)')
CHANGE = {
    "account_logout", "alert_acknowledge", "alerts_acknowledge", "budget_delete", "cancel", "channel_delete",
    "channel_renew", "channel_switch", "channel_test", "delivery_again", "operator_disable", "operator_enable",
    "operator_link", "operator_role", "pause", "read_limits", "read_roles", "resume", "streams", "sync", "token_revoke",
}  # fmt: skip
"""Addresses that change something; they lead to a page."""
PER_PAGE = 2
"""Addresses of one kind that are opened: the pages of two users are the same page."""


@pytest.fixture
def secret(copy: Any, acme: Any) -> str:
    """The stored key; beside it whatever has pages of its own."""
    budgets.create_budget(SYSTEM, name="All", scope="all", amount="1")
    channels.create_channel(SYSTEM, kind="email", name="Mail", options={"recipients": "a@example.com"})
    alerts.tell("new_owner", "somebody", "Somebody is an owner")
    assert models.Connection.objects.get(pk=copy.pk).sealed
    return str(acme.key.value)


def crawled(client: Client, begin: list[str]) -> Iterator[tuple[str, str, bytes]]:
    """From page to page by their links: the page's name, its address and what it says."""
    waiting, seen, opened = list(begin), set(begin), {}
    while waiting:
        path = waiting.pop(0)
        try:
            name = resolve(path.partition("?")[0]).url_name or ""
        except Resolver404:  # static files
            continue
        if path.startswith("/api/") or name == "account_logout" or opened.get(name, 0) >= PER_PAGE:
            continue
        opened[name] = opened.get(name, 0) + 1
        answer = client.get(path)
        said = b"".join(answer) if answer.streaming else answer.content
        yield name, path, said
        links = [unescape(link) for link in LINK.findall(said.decode(errors="replace"))]
        links += [answer["Location"]] if answer.status_code == 302 else []
        waiting += [link for link in dict.fromkeys(links) if link not in seen]
        seen |= set(links)


def test_no_page_and_no_file_says_a_stored_key(secret: str, copy: Any, client_of: Any) -> None:
    known = dict(pages())
    begin = ["/", *(path for path in known.values() if "/1/" not in path), f"/connections/{copy.pk}/departures"]
    found = list(crawled(client_of("owner"), begin))
    assert not leaks(secret, {path: said for _, path, said in found})
    unseen = set(known) - {name for name, _, _ in found}
    assert unseen <= CHANGE, "nothing links there"
    assert sum(b"," in said and path.partition("?")[0].endswith(("csv", "csv/")) for _, path, said in found) > 8


def test_no_answer_of_the_api_says_a_stored_key(secret: str, copy: Any, client_of: Any) -> None:
    owner: Client = client_of("owner")
    asked, said = {"/api/v1/spend/months": {"connection": copy.pk}}, {}
    for path in (path for path, methods in DESCRIPTION["paths"].items() if "get" in methods):
        address = path
        if "{" in path:  # of what is listed there, the first
            listed = said.get(path.partition("/{")[0])
            first = json.loads(listed)["items"][0] if listed else {"integration": copy.integration}
            name = path.partition("{")[2].partition("}")[0]
            address = path.replace(f"{{{name}}}", str(first.get(name, first.get("id"))))
        answer = owner.get(address, asked.get(path, {}))
        assert answer.status_code == 200, (address, answer.content)
        said[path] = answer.content
    assert not leaks(secret, said)
