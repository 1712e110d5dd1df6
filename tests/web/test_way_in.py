"""The way in: one-time links, the sign-in form, signing out, a new password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from fixtures.operators import PASSWORD
from seatwise.services import operators
from seatwise.services.links import create_setup_link
from seatwise.services.rights import actor_of
from seatwise.store.models import Operator, Setting

As = Callable[[str], Client]
NEW = {"password": "correct horse battery", "again": "correct horse battery"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_failures_from_other_tests() -> None:
    """The limit of attempts is counted in the process's cache."""
    cache.clear()


def test_the_first_owner_comes_by_a_link_that_works_once(client: Client) -> None:
    token = create_setup_link()
    path = f"/welcome/{token}"
    assert b"You will own this Seatwise" in client.get(path).content
    answer = client.post(path, {"email": "kim@example.com", "name": "Kim", **NEW})
    assert answer["Location"] == "/"
    owner = Operator.objects.get()
    assert (owner.email, owner.role) == ("kim@example.com", "owner")
    assert client.get("/integrations/").status_code == 200
    again = Client().get(path)
    assert again.status_code == 404
    assert b"This link does not work" in again.content
    assert create_setup_link() is None


def test_setting_up_asks_for_the_password_twice_and_for_a_good_one(client: Client) -> None:
    path = f"/welcome/{create_setup_link()}"
    typed = {"email": "kim@example.com", "password": "correct horse battery", "again": "another"}
    assert b"not the same" in client.post(path, typed).content
    weak = client.post(path, {"email": "kim@example.com", "password": "12345678", "again": "12345678"})
    assert b'role="alert"' in weak.content
    assert b"12345678" not in weak.content
    assert not Operator.objects.exists()
    assert client.post(path, {"email": "kim@example.com", **NEW}).status_code == 302


def test_an_invited_operator_joins_with_the_role_they_were_given(client: Client, operator_of: Any) -> None:
    token = operators.invite_operator(actor_of(operator_of("owner")), email="sam@example.com", role="viewer")
    path = f"/welcome/{token}"
    assert b"sam@example.com" in client.get(path).content
    client.post(path, {"name": "Sam", **NEW})
    assert Operator.objects.get(email="sam@example.com").role == "viewer"
    assert client.get("/integrations/").status_code == 200
    assert Client().get(path).status_code == 404


def test_a_reset_link_gives_a_new_password(client: Client, operator_of: Any) -> None:
    token = operators.reset_password(actor_of(operator_of("owner")), email=operator_of("viewer").email)
    client.post(f"/welcome/{token}", NEW)
    assert Operator.objects.get(email="viewer@example.com").check_password(NEW["password"])


def test_a_link_nobody_made_says_where_to_get_one(client: Client) -> None:
    answer = client.get("/welcome/" + "x" * 43)
    assert answer.status_code == 404
    assert b"Sign in" in answer.content


def test_signing_in_and_out(client: Client, operator_of: Any) -> None:
    operator_of("viewer")
    typed = {"login": "Viewer@example.com", "password": PASSWORD, "next": "/integrations/?tab=all"}
    assert client.post("/accounts/login/", typed)["Location"] == "/integrations/?tab=all"
    assert client.get("/integrations/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/integrations/").status_code == 302


def test_asking_to_sign_out_by_a_mere_link_asks_first(client_of: As) -> None:
    client = client_of("viewer")
    assert b"Sign out?" in client.get("/accounts/logout/").content
    assert client.get("/integrations/").status_code == 200


def test_a_wrong_password_and_an_unknown_e_mail_sound_the_same(client: Client, operator_of: Any) -> None:
    known = operator_of("viewer").email
    said = [
        client.post("/accounts/login/", {"login": who, "password": "wrong"}).context["form"].non_field_errors()
        for who in (known, "nobody@example.com")
    ]
    assert said[0]
    assert said[0] == said[1]


def test_too_many_wrong_passwords_close_the_door_for_a_while(client: Client, operator_of: Any) -> None:
    email = operator_of("viewer").email
    for _ in range(12):
        client.post("/accounts/login/", {"login": email, "password": "wrong"})
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert client.get("/integrations/").status_code == 302


def test_no_sign_in_leads_to_another_site(client: Client, operator_of: Any) -> None:
    email = operator_of("viewer").email
    typed = {"login": email, "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post("/accounts/login/", typed)["Location"] == "/"


def test_an_operator_changes_their_own_password(client_of: As, operator_of: Any) -> None:
    client = client_of("viewer")
    assert b"Current password" in client.get("/accounts/password/change/").content
    new = NEW["password"]
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert Operator.objects.get().check_password(new)


def test_a_disabled_operator_cannot_sign_in(client: Client, operator_of: Any) -> None:
    operator = operator_of("viewer")
    operator.is_active = False
    operator.save()
    client.post("/accounts/login/", {"login": operator.email, "password": PASSWORD})
    assert client.get("/integrations/").status_code == 302


def test_the_help_page_names_the_support_address(client_of: As) -> None:
    assert b"Ask whoever runs this Seatwise" in client_of("viewer").get("/help/connect-openai").content
    Setting.objects.create(name="support_address", value="help@example.com")
    assert b'href="mailto:help@example.com"' in client_of("viewer").get("/help/connect-openai").content
