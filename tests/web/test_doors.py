"""Every page asks who is there, and what they may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

OPEN = {"account_login", "account_logout", "account_inactive", "welcome", "healthz"}
EXAMPLES = {"token": "t" * 43}


def pages(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every page's name and an address of it; the API is a door of its own."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if not str(pattern.pattern).startswith("api/"):
                yield from pages(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            wanted = pattern.pattern.converters.items()
            given = {
                name: 1 if isinstance(kind, IntConverter) else EXAMPLES.get(name, "openai") for name, kind in wanted
            }
            yield pattern.name, reverse(pattern.name, kwargs=given)


def test_every_page_but_the_way_in_asks_for_a_sign_in(client: Client, db: None) -> None:
    asked = {name: client.get(path) for name, path in pages() if name not in OPEN}
    assert len(asked) > 15
    for name, answer in asked.items():
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/?next="), name


def test_every_post_asks_for_a_sign_in_too(client: Client, db: None) -> None:
    for name, path in pages():
        if name not in OPEN:
            answer = client.post(path)
            assert (answer.status_code, answer["Location"][:16]) == (302, "/accounts/login/"), name


def test_a_fragment_asked_for_without_a_sign_in_sends_the_whole_page_there(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/integrations/?tab=all"}
    answer = client.get("/integrations/openai/tile", headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fintegrations%2F%3Ftab%3Dall"


def test_health_is_open_and_says_nothing_but_that(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    "path",
    ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/confirm-email/", "/admin/"],
)
def test_nobody_signs_up_and_no_letter_is_sent(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, {"email": "a@example.com"}).status_code == 404


def test_a_disabled_operator_is_out_at_once(client_of: Callable[[str], Client], operator_of: Any) -> None:
    client = client_of("admin")
    operator = operator_of("admin")
    operator.is_active = False
    operator.save()
    assert client.get("/integrations/").status_code == 302


def test_a_page_forbids_code_that_is_not_ours(client_of: Callable[[str], Client]) -> None:
    answer = client_of("owner").get("/integrations/")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]


def test_what_cannot_be_found_looks_like_the_rest(client: Client, client_of: Callable[[str], Client]) -> None:
    assert b"There is no page at this address" in client.get("/nowhere").content
    missing = client_of("owner").get("/connections/404/")
    assert missing.status_code == 404
    assert b'href="/integrations/"' in missing.content
