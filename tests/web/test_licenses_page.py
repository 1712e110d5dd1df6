"""Licenses: each number with its rule and the list behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import Connection, Setting, User

As = Callable[[str], Client]
pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def acme_connection(connect: Any, acme: Organization, sync: Any) -> Connection:
    made: Connection = connect(acme)
    sync(made)
    return made


def numbers(client: Client) -> dict[str, int]:
    html = client.get("/licenses/").content.decode()
    found = re.findall(r'openai/(\w+)/\?connection=Acme" aria-label="[^"]*">([\d,]+)<', html)
    return {group: int(number.replace(",", "")) for group, number in found}


def test_every_number_opens_a_list_of_as_many(client_of: As, acme_connection: Connection) -> None:
    client = client_of("viewer")
    for group, number in numbers(client).items():
        html = client.get(f"/licenses/openai/{group}/?connection=Acme").content.decode()
        assert f"{number} user{'' if number == 1 else 's'}" in html or ("Nobody" in html and number == 0), group
    assert set(numbers(client)) == {"assigned", "idle", "invited", "unknown"}


def test_idle_follows_the_setting(client_of: As, acme_connection: Connection) -> None:
    client = client_of("admin")
    User.objects.filter(kind="user", status="active").update(last_active_at=datetime.now(UTC) - timedelta(days=40))
    assert numbers(client)["idle"] == 0
    Setting.objects.create(name="idle_days", value=30)
    assert numbers(client)["idle"] == numbers(client)["assigned"]
    assert "more than 30 days ago" in client.get("/licenses/").content.decode()


def test_service_accounts_hold_no_license(client_of: As, acme_connection: Connection) -> None:
    client, before = client_of("viewer"), 0
    before = numbers(client)["assigned"]
    row = User.objects.filter(kind="user", status="active").first()
    assert row
    User.objects.filter(pk=row.pk).update(kind="service_account")
    assert numbers(client)["assigned"] == before - 1


def test_nothing_is_called_waste(client_of: As, acme_connection: Connection) -> None:
    for path in ("/licenses/", "/licenses/openai/idle/", "/licenses/openai/unknown/"):
        html = client_of("viewer").get(path).content.decode().lower()
        text = re.sub(r"<[^>]*>", " ", html)  # what is read: a form's random token may hold any four letters
        assert not [word for word in ("wast", "unused", "saving", "could save") if word in text]


def test_a_list_is_of_one_connection_or_of_all(
    client_of: As, acme_connection: Connection, connect: Any, labs: Organization, sync: Any
) -> None:
    sync(connect(labs))
    client = client_of("viewer")
    part = {"HX-Request": "true", "HX-Target": "license-users"}
    all_of_them = User.objects.filter(kind="user", status="active", departed_at=None).count()
    html = client.get("/licenses/openai/assigned/", headers=part).content.decode()
    assert html.strip().startswith('<div id="license-users"')
    assert f"{all_of_them} users" in html


def test_what_there_is_not_is_not_found(client_of: As, acme_connection: Connection) -> None:
    for path in ("/licenses/openai/wasted/", "/licenses/other/assigned/"):
        assert client_of("viewer").get(path).status_code == 404


def test_an_empty_install_says_where_to_begin(client_of: As) -> None:
    assert "Nothing is connected yet" in client_of("viewer").get("/licenses/").content.decode()
