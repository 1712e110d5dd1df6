"""Messages go to the public internet or where an owner allowed it, whatever an address looks like."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from fixtures.receivers import Receiver
from seatwise.sdk import outbound
from seatwise.sdk.outbound import Gate, NotPublic, host_of, is_public, post

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001::7f00:1", "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
    "2002:7f00:1::", "2002:0a00:0001::", "100::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
        "0x7f.1", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]",
    ],
)  # fmt: skip
def test_this_machine_is_not_reached_however_its_name_is_spelled(receiver: Receiver, host: str) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    sent = post(f"https://{host}:{port}/", b"{}", {}, allowed=[])
    assert not sent.done
    assert not receiver.came
    refused = ("is no public address", "names no host", "could not be resolved")
    assert any(why in sent.reason for why in refused), sent.reason


def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a name answered before: what counts is the address that is connected to."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    asked: list[str] = []

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    sent = post(f"https://hooks.example.com:{port}/", b"{}", {}, allowed=[])
    assert sent.reason.startswith("Not sent: 127.0.0.1 is no public address")
    assert len(asked) == 1, "it is resolved once, and what was looked at is what is used"
    assert not receiver.came


def test_the_socket_is_made_for_the_very_address_that_was_looked_at() -> None:
    gate = Gate("hooks.example.com", ["other.example.com"])
    for address in PRIVATE:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(NotPublic):
            gate.make((family, socket.SOCK_STREAM, 0, "", (address, 443)))
    assert gate.refused == PRIVATE


def test_an_allowed_host_is_reached_without_tls(receiver: Receiver) -> None:
    sent = post(receiver.url, b'{"a":1}', {"X-Own": "1"}, allowed=["127.0.0.1"])
    assert sent.done
    (came,) = receiver.came
    assert came.body == b'{"a":1}'
    assert came.headers["content-type"] == "application/json"
    assert came.headers["x-own"] == "1"
    assert came.headers["user-agent"].startswith("Seatwise/")
    assert not {"cookie", "authorization", "referer"} & set(came.headers)


def test_another_host_of_the_same_address_is_not_allowed_with_it(receiver: Receiver) -> None:
    assert not post(receiver.url.replace("127.0.0.1", "localhost"), b"", {}, allowed=["127.0.0.1"]).done
    assert not receiver.came


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.answers.append((status, {"Location": receiver.url + "/next"}, b""))
        sent = post(receiver.url, b"{}", {}, allowed=["127.0.0.1"])
        assert sent.reason.startswith(f"{status}: it answered with another address")
        assert not sent.again
    assert [came.path for came in receiver.came] == ["/hook/s3cret-path"] * 5


@pytest.mark.parametrize(
    ("status", "again"), [(400, False), (404, False), (410, False), (408, True), (429, True), (500, True), (503, True)]
)
def test_what_may_pass_is_tried_again_and_what_will_not_is_not(receiver: Receiver, status: int, again: bool) -> None:
    receiver.answers.append((status, {"Retry-After": "70"}, b"no\nthanks"))
    sent = post(receiver.url, b"{}", {}, allowed=["127.0.0.1"])
    assert (sent.done, sent.again, sent.wait) == (False, again, 70.0 if again else None)
    assert sent.reason == f"{status}: no thanks"


def test_a_server_that_hangs_up_or_is_away_is_tried_again(receiver: Receiver) -> None:
    receiver.answers.append((0, {}, b""))
    assert post(receiver.url, b"{}", {}, allowed=["127.0.0.1"]).again
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        sent = post(f"http://127.0.0.1:{free.getsockname()[1]}/x", b"", {}, allowed=["127.0.0.1"])
    assert (sent.again, sent.reason) == (True, "It could not be reached.")


def test_an_answer_that_repeats_the_address_does_not_give_it_away(receiver: Receiver) -> None:
    receiver.answers.append((400, {}, f"no hook at {receiver.url} /hook/s3cret-path whsec_c2VjcmV0c2VjcmV0".encode()))
    sent = post(receiver.url, b"{}", {}, allowed=["127.0.0.1"], secrets=["whsec_c2VjcmV0c2VjcmV0"])
    assert "s3cret-path" not in sent.reason
    assert "c2VjcmV0" not in sent.reason


def test_a_large_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answers.append((400, {}, b"x" * 5_000_000))
    assert len(post(receiver.url, b"{}", {}, allowed=["127.0.0.1"]).reason) < 300


def test_without_tls_nothing_is_sent_to_a_host_that_is_not_allowed() -> None:
    assert "https://" in post("http://hooks.example.com/", b"", {}, allowed=[]).reason


def test_behind_a_proxy_a_host_must_be_allowed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    monkeypatch.setenv("HTTP_PROXY", f"http://user:passphrase@127.0.0.1:{port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:passphrase@127.0.0.1:{port}")
    sent = post("https://hooks.example.com/x", b"", {}, allowed=[])
    assert "proxy" in sent.reason
    assert "passphrase" not in sent.reason
    assert not receiver.came
    assert post("http://hooks.intra.example/x", b"{}", {}, allowed=["hooks.intra.example"]).done
    assert receiver.came[0].path == "http://hooks.intra.example/x"


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.com", "ftp://a.example/x", "https://", "https:///x", "https://u:p@a.example/", "https://a b/",
     "https://a.example\\@b.example/", "https://a.example:99999/", "file:///etc/passwd", "https://a.example/\n"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        host_of(url)


def test_a_host_is_compared_in_one_spelling() -> None:
    assert host_of("https://Hooks.Example.COM.:8443/x?y") == "hooks.example.com"
    assert host_of("https://[::1]/") == "::1"
    assert outbound.same_host(" [::1] ") == "::1"
