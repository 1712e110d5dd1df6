"""Everything the product wrote and printed, searched for its keys: in clear, base64, hex and URL-encoded."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from disguises import leaks
from fixtures.program import until
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox


def test_the_search_finds_each_disguise():
    secret = "sk-admin-" + "aB3_" * 12
    for text in (secret, secret.encode().hex(), base64.b64encode(b'{"k": "' + secret.encode()).decode()):
        assert leaks(secret, {"text": b"before " + text.encode() + b" after"}) == ["text"]
    assert not leaks(secret, {"text": secret[:-1].encode()})


@pytest.fixture
def org() -> Organization:
    return Organization.seeded("Acme", users=30, invites=3, projects=2, seed=5)


def test_no_key_is_in_anything_the_product_wrote_or_printed(
    org: Organization, program_env: dict[str, str], run: Callable[..., Any], start: Callable[..., Any], tmp_path: Path
) -> None:
    wrong = org.add_key(name="revoked")
    wrong.revoked = True
    mid = org.add_key(name="dies")
    sandbox = Sandbox([org])
    with sandbox.running() as base_url:
        program_env["SEATWISE_OPENAI_BASE_URL"] = base_url
        said = dict(traffic(run, org, {"good": org.key.value, "revoked": wrong.value, "dies": mid.value}))
        served = start("serve", "--port", "0")
        link = served.wait_for(r"http://[\d.]+:\d+/welcome/(\S{40,})")[1]
        until(lambda: len(list((tmp_path / "data/logs").glob("*.log"))) == 2, "the logs of its two processes")
        served.end()
        said["serve"] = served.said.encode()
    written = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(name.endswith(".sqlite3") or "secret_keys" in name for name in written)
    for secret in (org.key.value, wrong.value, mid.value):
        assert not leaks(secret, {**said, **written})
    sealing = (tmp_path / "data/secret_keys").read_text().split()
    for key in sealing:
        assert not leaks(key, {**said, **{n: t for n, t in written.items() if "secret_keys" not in n}})
    assert not leaks(link, written)


def traffic(run: Callable[..., Any], org: Organization, keys: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Commands that go well and badly; what each said."""

    def say(name: str, *arguments: str, **options: Any) -> tuple[str, bytes]:
        done = run(*arguments, **options)
        return name, (done.stdout + done.stderr).encode()

    connect = ("connect", "openai", "--name", "Acme", "--organization-id")
    yield say("refused", *connect, org.id, "--admin-key-file", "-", input=keys["revoked"])
    yield say("other", *connect, "org-ZZZZZZZZZZZZZZZZZZZZZZZZ", "--admin-key-file", "-", input=keys["good"])
    yield say("shape", *connect, keys["good"], "--admin-key-file", "-", input=org.id)
    yield say("connect", *connect, org.id, "--admin-key-file", "-", input=keys["good"] + "\n")
    yield say("sync", "sync")
    yield say("reconnect", "reconnect", "Acme", "--admin-key-file", "-", input=keys["dies"])
    for key in org.keys:
        key.revoked = key.value == keys["dies"]
    yield say("broken sync", "--debug", "sync")
    for listing in ("users", "runs", "changes", "audit", "connections", "licenses", "check"):
        yield say(listing, listing, "--json")
    yield say("rotate", "rotate-secrets")


@pytest.mark.django_db(transaction=True)
def test_trouble_at_the_vendor_says_nothing_of_the_key(
    acme: Organization, vendor: Sandbox, connect: Callable[..., Any], sync: Callable[..., Any],
    caplog: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.05)
    connection = connect(acme)
    for kind in ("html", "array", "cut", "server_error"):
        vendor.faults.add(Fault(kind, "/organization/users", times=None))
        sync(connection)
        vendor.faults.clear()
    out, err = capfd.readouterr()
    assert not leaks(acme.key.value, {"log": caplog.text.encode(), "out": out.encode(), "err": err.encode()})
    assert not re.search(r"sk-admin-\w{8}", caplog.text + out + err)


def test_trouble_with_a_channel_says_nothing_of_its_secrets(
    seatwise: Any, receiver: Any, letterbox: Any, allowed: Any, client_of: Any, settings: Any, caplog: Any, capfd: Any
) -> None:
    from seatwise.services import alerts, channels, deliveries
    from seatwise.services.rights import SYSTEM
    from seatwise.store import models

    password, secrets = "a-long-mail-password", ["s3cret-path"]
    letterbox.refuse = f"535 no such password: {password}"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", letterbox.port, False
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "u", password
    kept = {"server": f"127.0.0.1:{letterbox.port}", "user": "u", "password": "another-mail-password"}
    for kind in ("slack", "teams", "webhook"):
        channels.create_channel(SYSTEM, kind=kind, name=kind, options={"url": receiver.url})
    to = {"recipients": "a@example.com"}
    channels.create_channel(SYSTEM, kind="email", name="mail", options=to)
    info, _ = channels.create_channel(SYSTEM, kind="email", name="own mail", options=to | kept)
    signing = channels.renew_signing_secret(SYSTEM, id=models.Channel.objects.get(kind="webhook").pk)
    secrets += [password, kept["password"], signing, signing.removeprefix("whsec_")]
    for status in (500, 404, 302, 0):
        said = f"no such hook: {receiver.url}".encode()
        receiver.answers += [(status, {"Location": receiver.url}, said)] * 3
        alerts.tell("new_owner", str(status), "Somebody is an owner")
        models.Delivery.objects.filter(state="waiting").update(next_try_at="2020-01-01T00:00Z")
        for channel in deliveries.due_channels():
            deliveries.deliver(channel)
    rows = [
        str(list(model.objects.values()))
        for model in (models.Channel, models.Delivery, models.Alert, models.AuditEntry)
    ]
    owner = client_of("owner")
    paths = [f"/settings/channels/{path}" for path in ("", f"{info.id}/edit/")]
    paths += [f"/api/v1/{path}" for path in ("channels", f"channels/{info.id}", "deliveries", "allowed-hosts")]
    pages = [owner.get(path).content.decode() for path in paths]
    pages += [seatwise(command, "--json").output for command in ("channels", "deliveries", "allowed-hosts")]
    assert all("own mail" in page or "127.0.0.1" in page for page in pages)
    out, err = capfd.readouterr()
    texts = {str(n): text.encode() for n, text in enumerate([*rows, *pages, caplog.text, out, err])}
    assert "535" in caplog.text
    for secret in secrets:
        assert not leaks(secret, texts), secret
