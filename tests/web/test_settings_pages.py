"""Settings: of the install, of operators, of tokens, of one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.services.settings import DECLARED
from seatwise.services.tokens import actor_of_token
from seatwise.store.models import ApiToken, AuditEntry, Operator, Setting

As = Callable[[str], Client]
DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}
pytestmark = pytest.mark.django_db


def copied(html: str) -> str:
    return re.findall(r'data-copy="([^"]+)"', html)[0]


def test_settings_begin_where_the_operator_may(client_of: As) -> None:
    assert client_of("admin").get("/settings/")["Location"] == "/settings/general/"
    assert client_of("viewer").get("/settings/")["Location"] == "/settings/account/"


def test_general_settings_are_saved_and_bounded(client_of: As) -> None:
    client = client_of("admin")
    html = client.get("/settings/general/").content.decode()
    assert 'value="90"' in html
    typed = {setting.name: str(setting.default) for setting in DECLARED}
    typed |= {"idle_days": "30", "departures_brake": "40", "support_address": "help@example.com"}
    assert "The settings are saved" in client.post("/settings/general/", typed, follow=True).content.decode()
    assert Setting.objects.get(name="idle_days").value == 30
    refused = client.post("/settings/general/", {**typed, "idle_days": "0"}).content.decode()
    assert 'id="id_idle_days_error" role="alert"' in refused
    assert Setting.objects.get(name="idle_days").value == 30


@pytest.mark.parametrize("address", ["seatwise.example.com", "ftp://example.com", "https://", "https://example.com?a"])
def test_an_address_that_links_cannot_begin_with_is_refused(client_of: As, address: str) -> None:
    client = client_of("admin")
    typed = {setting.name: str(setting.default) for setting in DECLARED}
    html = client.post("/settings/general/", typed | {"public_address": address}).content.decode()
    assert 'id="id_public_address_error" role="alert"' in html
    assert not Setting.objects.exists()
    client.post("/settings/general/", typed | {"public_address": "http://seatwise.internal:8080/base/"})
    assert Setting.objects.get(name="public_address").value == "http://seatwise.internal:8080/base/"
    client.post("/settings/general/", typed)
    assert Setting.objects.get(name="public_address").value == ""


def test_an_invitation_is_a_link_shown_once(client_of: As) -> None:
    client = client_of("owner")
    answer = client.post("/settings/operators/invite/", {"email": "sam@example.com", "role": "admin"}, headers=DIALOG)
    html = answer.content.decode()
    link = copied(html)
    assert link.startswith("http://testserver/welcome/")
    assert 'id="operator-list"' in html
    assert "sam@example.com" in html
    listed = client.get("/settings/operators/").content.decode()
    assert "Invited" in listed
    assert link.rsplit("/", 1)[1] not in listed
    assert Operator.objects.get(email="sam@example.com").role == "admin"
    chosen = {"password": "correct horse battery", "again": "correct horse battery"}
    Client().post(link.removeprefix("http://testserver"), chosen)
    assert Operator.objects.get(email="sam@example.com").has_usable_password()


def test_an_invitation_refused_says_why_beside_its_field(client_of: As) -> None:
    client = client_of("owner")
    html = client.post("/settings/operators/invite/", {"email": "owner@example.com", "role": "viewer"}).content.decode()
    assert "An operator already." in html
    html = client.post("/settings/operators/invite/", {"email": "no address", "role": "emperor"}).content.decode()
    assert 'id="id_email_error" role="alert"' in html
    assert 'id="role-error"' in html


def test_a_new_link_replaces_the_old_one(client_of: As) -> None:
    client = client_of("owner")
    typed = {"email": "sam@example.com", "role": "admin"}
    old = copied(client.post("/settings/operators/invite/", typed).content.decode())
    sam = Operator.objects.get(email="sam@example.com")
    assert "An earlier one stops working" in client.get(f"/settings/operators/{sam.pk}/link/").content.decode()
    new = copied(client.post(f"/settings/operators/{sam.pk}/link/").content.decode())
    assert Client().get(old.removeprefix("http://testserver")).status_code == 404
    assert Client().get(new.removeprefix("http://testserver")).status_code == 200


def test_a_lost_password_is_a_link_too(client_of: As, operator_of: Any) -> None:
    viewer = operator_of("viewer")
    html = client_of("owner").post(f"/settings/operators/{viewer.pk}/link/").content.decode()
    assert "A new password for viewer@example.com" in html
    assert b"viewer@example.com" in Client().get(copied(html).removeprefix("http://testserver")).content


def test_a_role_is_changed_and_written_down(client_of: As, operator_of: Any) -> None:
    viewer, client = operator_of("viewer"), client_of("owner")
    html = client.get(f"/settings/operators/{viewer.pk}/role/").content.decode()
    assert re.search(r'value="viewer" required checked', html)
    assert "All that viewers may, and:" in html
    done = client.post(f"/settings/operators/{viewer.pk}/role/", {"role": "admin"}, follow=True).content.decode()
    assert "viewer@example.com is an admin now." in done
    assert AuditEntry.objects.get(operation="change_operator_role").detail == {"before": "viewer", "after": "admin"}


def test_the_last_owner_stays(client_of: As, operator_of: Any) -> None:
    owner, client = operator_of("owner"), client_of("owner")
    for path, typed in (("role", {"role": "viewer"}), ("disable", {})):
        html = client.post(f"/settings/operators/{owner.pk}/{path}/", typed).content.decode()
        assert "is the last owner" in html
        assert "Make somebody else an owner first" in html
    owner.refresh_from_db()
    assert (owner.role, owner.is_active) == ("owner", True)


def test_a_disabled_operator_is_out_at_once_and_can_be_let_in_again(client_of: As, operator_of: Any) -> None:
    viewer, theirs, client = operator_of("viewer"), client_of("viewer"), client_of("owner")
    assert theirs.get("/settings/account/").status_code == 200
    client.post(f"/settings/operators/{viewer.pk}/disable/")
    assert theirs.get("/settings/account/").status_code in (302, 403)
    assert "Enable viewer@example.com" in client.get("/settings/operators/").content.decode()
    client.post(f"/settings/operators/{viewer.pk}/enable/")
    assert client_of("viewer").get("/settings/account/").status_code == 200


def test_an_operator_nobody_knows_is_not_found(client_of: As) -> None:
    for path in ("role", "disable", "link"):
        assert client_of("owner").get(f"/settings/operators/4711/{path}/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_operators_are_for_owners_alone(client_of: As, operator_of: Any, role: str) -> None:
    owner, client = operator_of("owner"), client_of(role)
    pages = ("", "invite/", f"{owner.pk}/role/", f"{owner.pk}/disable/", f"{owner.pk}/link/")
    for page in pages:
        assert client.get(f"/settings/operators/{page}").status_code == 403
    typed = {"email": "x@example.com", "role": "owner"}
    for page in (*pages[1:], f"{owner.pk}/enable/"):
        assert client.post(f"/settings/operators/{page}", typed).status_code == 403
    assert Operator.objects.count() == 2
    assert "/settings/operators/" not in client.get("/settings/account/").content.decode()


def test_a_token_is_shown_once_and_works_until_it_is_revoked(client_of: As) -> None:
    client = client_of("viewer")
    typed = {"name": "nightly <b>", "days": "30", "role": "viewer"}
    html = client.post("/settings/tokens/new/", typed, headers=DIALOG).content.decode()
    text = copied(html)
    actor = actor_of_token(text)
    assert actor is not None
    assert actor.role == "viewer"
    assert 'id="token-list"' in html
    listed = client.get("/settings/tokens/").content.decode()
    assert text not in listed
    assert "nightly &lt;b&gt;" in listed
    token = ApiToken.objects.get()
    assert "Revoke this token?" in client.get(f"/settings/tokens/{token.pk}/revoke/").content.decode()
    client.post(f"/settings/tokens/{token.pk}/revoke/")
    assert actor_of_token(text) is None
    assert "Revoked" in client.get("/settings/tokens/").content.decode()


def test_a_token_is_never_stronger_than_its_maker(client_of: As) -> None:
    client = client_of("viewer")
    assert 'value="owner"' not in client.get("/settings/tokens/new/").content.decode()
    html = client.post("/settings/tokens/new/", {"name": "x", "days": "30", "role": "owner"}).content.decode()
    assert 'id="role-error"' in html
    assert not ApiToken.objects.exists()


def test_nobody_sees_or_revokes_the_tokens_of_others_but_owners(client_of: As, operator_of: Any) -> None:
    client_of("admin").post("/settings/tokens/new/", {"name": "of the admin", "days": "30", "role": "viewer"})
    token, viewer = ApiToken.objects.get(), client_of("viewer")
    assert "of the admin" not in viewer.get("/settings/tokens/").content.decode()
    assert viewer.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    assert "of the admin" in client_of("owner").get("/settings/tokens/").content.decode()


def test_my_account_tells_what_i_may_do(client_of: As) -> None:
    html = client_of("viewer").get("/settings/account/").content.decode()
    assert "Export listings as files" in html
    assert "Rotate the keys" not in html
    assert "/accounts/password/change/" in html
