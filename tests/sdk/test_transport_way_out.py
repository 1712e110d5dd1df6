"""The way out: proxies by the usual variables, and nothing else of the environment."""

from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from seatwise.sdk.errors import Unavailable
from seatwise.sdk.proxy import proxy_for
from seatwise.sdk.transport import Transport

KEY = "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def proxy() -> AsyncIterator[Any]:
    """A server that notes what it is asked for; as a proxy, it answers for every host."""
    seen: list[tuple[str, dict[str, str]]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append((request.raw_path, dict(request.headers)))
        return web.Response(status=407 if request.method == "CONNECT" else 200)

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    seen_at = type("Proxy", (), {"seen": seen, "port": runner.addresses[0][1]})
    yield seen_at
    await runner.cleanup()


def transport(url: str) -> Transport:
    return Transport(url, {"Authorization": f"Bearer {KEY}"}, secrets=(KEY,))


async def test_requests_go_through_the_proxy_with_its_own_password(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://clerk:open%20sesame@127.0.0.1:{proxy.port}")
    async with transport("http://vendor.test/v1") as client:
        assert (await client.get("/things")).status == 200
    [(asked, headers)] = proxy.seen
    assert asked == "http://vendor.test/v1/things"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert b64decode(headers["Proxy-Authorization"].removeprefix("Basic ")) == b"clerk:open sesame"


@pytest.mark.parametrize("login", ["clerk:open-sesame@", ""])
async def test_a_proxy_that_refuses_never_sees_the_key_and_is_named(proxy, login, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://{login}127.0.0.1:{proxy.port}")
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.01)
    async with transport("https://vendor.test/v1") as client:
        with pytest.raises(Unavailable, match="proxy answered 407") as caught:
            await client.get("/things")
    assert KEY not in str(proxy.seen)
    assert "sesame" not in str(caught.value) + caught.value.detail


async def test_this_machine_is_reached_without_a_proxy(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with transport(f"http://127.0.0.1:{proxy.port}/v1") as client:
        assert (await client.get("/things")).status == 200


async def test_a_netrc_does_not_touch_the_key(proxy, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with transport(f"http://127.0.0.1:{proxy.port}/v1") as client:
        assert (await client.get("/things")).status == 200
    assert proxy.seen[0][1]["Authorization"] == f"Bearer {KEY}"


PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "https://vendor.test", None),
        ({"HTTPS_PROXY": PROXY}, "https://vendor.test", PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other.test"}, "https://vendor.test", PROXY),
        ({"HTTPS_PROXY": "proxy.test:3128"}, "https://vendor.test", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://vendor.test", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, "https://vendor.test", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "a.test, vendor.test"}, "https://vendor.test", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": ".vendor.test"}, "https://api.vendor.test", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*.vendor.test"}, "https://api.vendor.test", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "vendor.test:8443"}, "https://vendor.test:8443", None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "vendor.test:8443"}, "https://vendor.test", PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "dor.test,,"}, "https://vendor.test", PROXY),
        ({"HTTPS_PROXY": PROXY}, "https://localhost:8000", None),
        ({"HTTPS_PROXY": PROXY}, "https://[::1]:8000", None),
        ({"ALL_PROXY": PROXY, "OPENAI_PROXY": PROXY}, "https://vendor.test", None),
    ],
)
def test_the_usual_variables_say_which_proxy(variables, url, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == (expected, "")


def test_a_proxy_of_another_kind_is_said_so_rather_than_passed_by(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hidden@proxy.test:1080")
    with pytest.raises(Unavailable, match="HTTPS_PROXY") as caught:
        transport("https://vendor.test/v1")
    assert "hidden" not in str(caught.value)
