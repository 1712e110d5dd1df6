"""Channels in Settings: set, tried, switched and deleted; what is secret is typed once and never comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from fixtures.receivers import Receiver
from seatwise.services.alerts import KINDS
from seatwise.services.deliveries import deliver
from seatwise.services.rights import SYSTEM
from seatwise.services.secrets import rotate_secrets
from seatwise.store.models import AllowedHost, AuditEntry, Channel, Delivery
from seatwise.store.secrets import opened

As = Callable[[str], Client]
pytestmark = pytest.mark.django_db
ALL = list(KINDS)


def test_a_webhook_is_added_and_its_secret_shown_once(client_of: As, receiver: Receiver, allowed: Any) -> None:
    client = client_of("admin")
    typed = {"name": "SIEM", "url": receiver.url, "kinds": ALL, "digest_hour": "now"}
    html = client.post("/settings/channels/new/webhook/", typed).content.decode()
    (secret,) = re.findall(r'data-copy="(whsec_[^"]+)"', html)
    channel = Channel.objects.get()
    assert (channel.kinds, channel.digest_hour, channel.shown) == ([], None, "127.0.0.1")
    pages = [f"/settings/channels/{path}" for path in ("", f"{channel.pk}/edit/", f"{channel.pk}/delete/")]
    for path in pages:
        html = client.get(path).content.decode()
        assert "s3cret-path" not in html
        assert secret not in html
    assert "s3cret-path" not in channel.sealed + str(list(AuditEntry.objects.values()))
    assert "was taken by" in client.post(f"/settings/channels/{channel.pk}/test/", follow=True).content.decode()
    renewed = client.post(f"/settings/channels/{channel.pk}/secret/").content.decode()
    assert secret not in renewed
    assert "whsec_" in renewed


def test_an_empty_secret_stays_as_it_is(client_of: As, receiver: Receiver, allowed: Any) -> None:
    client = client_of("admin")
    typed = {"name": "Costs", "url": receiver.url, "kinds": ["budget"], "digest_hour": "7"}
    client.post("/settings/channels/new/slack/", typed)
    channel = Channel.objects.get()
    client.post(f"/settings/channels/{channel.pk}/edit/", {**typed, "name": "Money", "url": "", "digest_hour": "now"})
    channel.refresh_from_db()
    assert (channel.name, channel.digest_hour, channel.kinds) == ("Money", None, ["budget"])
    with opened(channel) as sealed:
        assert sealed["url"] == receiver.url
    rotate_secrets(SYSTEM)
    channel.refresh_from_db()
    with opened(channel) as sealed:
        assert sealed["url"] == receiver.url


def test_a_mail_channel_keeps_its_password_and_shows_the_rest(client_of: As) -> None:
    client = client_of("admin")
    typed = {"name": "Mail", "recipients": "a@example.com", "server": "smtp.example.com", "security": "tls",
             "user": "seatwise", "password": "pass phrase", "sender": "s@example.com", "kinds": ALL,
             "digest_hour": "now"}  # fmt: skip
    client.post("/settings/channels/new/email/", typed)
    channel = Channel.objects.get()
    html = client.get(f"/settings/channels/{channel.pk}/edit/").content.decode()
    assert 'value="smtp.example.com:465"' in html
    assert "pass phrase" not in html
    client.post(f"/settings/channels/{channel.pk}/edit/", {**typed, "password": "", "user": "other"})
    with opened(Channel.objects.get()) as sealed:
        assert (sealed["user"], sealed["password"]) == ("other", "pass phrase")


def test_a_kept_password_goes_to_no_other_mail_server(client_of: As) -> None:
    client = client_of("admin")
    typed = {"name": "Mail", "recipients": "a@example.com", "server": "smtp.example.com", "security": "tls",
             "user": "seatwise", "password": "pass phrase", "kinds": ALL, "digest_hour": "now"}  # fmt: skip
    client.post("/settings/channels/new/email/", typed)
    channel = Channel.objects.get()
    edit = f"/settings/channels/{channel.pk}/edit/"
    for server in ("evil.example.com:465", "smtp.example.com:4650", "SMTP.example.com:465", ""):
        answer = client.post(edit, {**typed, "password": "", "server": server}).content.decode()
        moved = server.startswith(("evil", "smtp"))
        assert ("The server changed: type its password again." in answer) == moved
        with opened(Channel.objects.get()) as sealed:
            kept = {"password", "server"} & {name for name, value in sealed.items() if value}
            assert sealed["server"] == ("smtp.example.com:465" if server else "")
            assert kept == ({"password", "server"} if server else set()), "without a server nothing asks for it"
    client.post(edit, {**typed, "password": "another", "server": "other.example.com"})
    with opened(Channel.objects.get()) as sealed:
        assert (sealed["server"], sealed["password"]) == ("other.example.com:465", "another")


def unreadable() -> None:
    """What a lost key file does."""
    Channel.objects.update(sealed="k1:000000000000:AAAA")


def test_secrets_that_cannot_be_opened_are_entered_anew(client_of: As, receiver: Receiver, allowed: Any) -> None:
    client = client_of("admin")
    typed = {"name": "SIEM", "url": receiver.url, "kinds": ALL, "digest_hour": "now"}
    client.post("/settings/channels/new/webhook/", typed)
    channel = Channel.objects.get()
    edit = f"/settings/channels/{channel.pk}/edit/"
    unreadable()
    assert "enter them anew" in client.post(edit, {**typed, "url": ""}).content.decode()
    (secret,) = re.findall(r'data-copy="(whsec_[^"]+)"', client.post(edit, typed).content.decode())
    with opened(Channel.objects.get()) as sealed:
        assert sealed == {"url": receiver.url, "signing_secret": secret}


def test_a_mail_channel_that_cannot_be_opened_never_loses_its_password_unsaid(client_of: As) -> None:
    client = client_of("admin")
    typed = {"name": "Mail", "recipients": "a@example.com", "server": "smtp.example.com", "security": "tls",
             "user": "seatwise", "password": "pass phrase", "kinds": ALL, "digest_hour": "now"}  # fmt: skip
    client.post("/settings/channels/new/email/", typed)
    edit = f"/settings/channels/{Channel.objects.get().pk}/edit/"
    unreadable()
    assert "enter them anew" in client.post(edit, {**typed, "password": ""}).content.decode()
    client.post(edit, {**typed, "password": "", "user": ""})
    with opened(Channel.objects.get()) as sealed:
        assert (sealed["server"], sealed.get("password", "")) == ("smtp.example.com:465", "")
    unreadable()
    client.post(edit, typed)
    with opened(Channel.objects.get()) as sealed:
        assert sealed["password"] == "pass phrase"


@pytest.mark.parametrize("lost", [False, True])
def test_what_cannot_be_sent_any_more_can_be_switched_off(
    client_of: As, channel_of: Any, receiver: Receiver, lost: bool
) -> None:
    channel = channel_of("slack", receiver.url)
    AllowedHost.objects.all().delete()
    if lost:
        unreadable()
    client_of("admin").post(f"/settings/channels/{channel.pk}/switch/")
    channel.refresh_from_db()
    assert (channel.enabled, channel.shown) == (False, "127.0.0.1")


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("slack", {"url": "hooks.slack.com/x"}, "url"),
        ("slack", {"url": "http://hooks.slack.com/x"}, "url"),
        ("webhook", {"url": "https://169.254.169.254/latest"}, "url"),
        ("webhook", {"url": "https://localhost/x"}, "url"),
        ("teams", {"url": "https://[::1]/x"}, "url"),
        ("email", {"recipients": "nobody"}, "recipients"),
        ("email", {"recipients": "a@example.com", "server": "http://x/", "security": "tls"}, "server"),
        (
            "email",
            {"recipients": "a@example.com", "server": "smtp:25", "security": "none", "password": "x"},
            "security",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client_of: As, kind: str, typed: dict[str, str], field: str) -> None:
    given = {"name": "x", "kinds": ALL, "digest_hour": "now", **typed}
    html = client_of("admin").post(f"/settings/channels/new/{kind}/", given).content.decode()
    assert f'id="id_{field}_error" role="alert"' in html
    assert not Channel.objects.exists()


def test_hosts_are_an_owners_to_allow(client_of: As, receiver: Receiver) -> None:
    admin, owner = client_of("admin"), client_of("owner")
    assert admin.post("/settings/channels/hosts/allow/", {"host": "127.0.0.1"}).status_code == 403
    assert "Allow a host" not in admin.get("/settings/channels/").content.decode()
    assert not AllowedHost.objects.exists()
    html = owner.post("/settings/channels/hosts/allow/", {"host": "http://x/"}).content.decode()
    assert 'id="id_host_error"' in html
    owner.post("/settings/channels/hosts/allow/", {"host": "127.0.0.1"})
    typed = {"name": "x", "url": receiver.url, "kinds": ALL, "digest_hour": "now"}
    admin.post("/settings/channels/new/slack/", typed)
    channel = Channel.objects.get()
    assert "was taken by" in admin.post(f"/settings/channels/{channel.pk}/test/", follow=True).content.decode()
    assert admin.post("/settings/channels/hosts/forbid/", {"host": "127.0.0.1"}).status_code == 403
    owner.post("/settings/channels/hosts/forbid/", {"host": "127.0.0.1"})
    answer = admin.post(f"/settings/channels/{channel.pk}/test/", follow=True).content.decode()
    assert "An owner can allow the host under Settings, Channels." in answer
    assert len(receiver.came) == 1


def test_a_channel_is_switched_off_on_and_deleted(client_of: As, channel_of: Any, receiver: Receiver) -> None:
    channel, client = channel_of("slack", receiver.url, digest_hour=8), client_of("admin")
    from seatwise.services.alerts import tell

    tell("new_owner", "1", "Somebody is an owner")
    client.post(f"/settings/channels/{channel.pk}/switch/")
    row = Delivery.objects.get()
    assert (row.state, row.reason) == ("failed", "The channel was switched off.")
    assert deliver(channel.pk) == 0
    client.post(f"/settings/channels/{channel.pk}/switch/")
    channel.refresh_from_db()
    assert (channel.enabled, channel.digest_hour) == (True, 8)
    html = client.post(f"/settings/channels/deliveries/{row.pk}/again/", follow=True).content.decode()
    assert "is sent by" in html
    client.post(f"/settings/channels/{channel.pk}/delete/")
    assert not Channel.objects.exists()
    assert client.get("/settings/channels/4711/edit/").status_code == 404
    assert client.get("/settings/channels/new/pigeon/").status_code == 404
