"""The transport against a small HTTP server that misbehaves as asked."""

import asyncio
import gzip
import traceback
from email.utils import formatdate
from time import time
from typing import Any

import pytest
from aiohttp import web

from fixtures.scripted import Server, ok, serving, status
from seatwise.sdk.errors import RateLimited, Unavailable, Unexpected, VendorError
from seatwise.sdk.transport import Transport, retry_after, spelled

KEY = "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4


def transport_to(server: Server, **options: Any) -> Transport:
    return Transport(server.url + "/v1", {"Authorization": f"Bearer {KEY}"}, vendor="Acme", secrets=(KEY,), **options)


async def cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half of it")
    request.transport.close()  # type: ignore[union-attr]
    return response


async def hang_up(request: web.Request) -> web.StreamResponse:
    request.transport.close()  # type: ignore[union-attr]
    raise asyncio.CancelledError


async def never(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    raise AssertionError("the client went away long before")


async def echo_of_the_key(request: web.Request) -> web.Response:
    key = request.headers["Authorization"].removeprefix("Bearer ")
    text = f"no: {key}, {key[:12]}****{key[-4:]}, {key[:10]}...{key[-3:]}"
    return web.Response(status=500, text=text, headers={"X-Echo": key})


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of hundredths of a second where they are seconds."""
    monkeypatch.setattr("seatwise.sdk.transport.BACKOFF", 0.01)
    monkeypatch.setattr("seatwise.sdk.pace.FIRST_WAIT", 0.01)


async def test_an_answer_comes_back_as_it_is(server):
    server.script = [status(404, "none", X_Request_Id="req_1")]
    async with transport_to(server) as transport:
        missing = await transport.get("/things")
        found = await transport.get("/things", {"after": "a/b&c", "limit": "100"})
    assert (missing.status, missing.body, missing.headers["x-request-id"]) == (404, b"none", "req_1")
    assert (found.status, found.body) == (200, b"all of /v1/things?after=a%2Fb%26c&limit=100")
    assert (transport.requests, transport.retried, transport.limited) == (2, 0, 0)


async def test_packed_answers_are_unpacked(server):
    async def packed(request):
        assert request.headers["Accept-Encoding"] == "gzip"
        return web.Response(body=gzip.compress(b"x" * 50_000), headers={"Content-Encoding": "gzip"})

    server.always = packed
    async with transport_to(server) as transport:
        assert (await transport.get("/")).body == b"x" * 50_000


async def test_requests_say_who_we_are_and_take_no_cookie(server):
    server.script = [status(200, "", Set_Cookie="track=1")]
    async with transport_to(server) as transport:
        await transport.get("/")
        await transport.get("/")
    for _, request in server.seen:
        assert request.headers["User-Agent"].startswith("Seatwise/")
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        assert "Cookie" not in request.headers


@pytest.mark.parametrize("code", [301, 302, 307, 308])
async def test_a_redirect_is_handed_back_and_the_key_goes_nowhere(server, code):
    async with serving(Server()) as elsewhere:
        server.always = status(code, Location=f"{elsewhere.url}/v1/things")
        async with transport_to(server) as transport:
            assert (await transport.get("/things")).status == code
    assert not elsewhere.seen


PASSING = {
    "408": status(408),
    "429": status(429),
    "500": status(500),
    "502 in HTML": status(502, "<html>bad gateway</html>"),
    "503 with a hint": status(503, Retry_After="0.01"),
    "cut": cut,
    "hung up": hang_up,
    "silent": never,
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
async def test_trouble_that_passes_is_retried(server, trouble):
    server.script = [trouble, trouble]
    async with transport_to(server, timeout=0.3) as transport:
        assert (await transport.get("/things")).body == b"all of /v1/things"
    assert len(server.seen) == 3
    assert transport.retried >= 1


@pytest.mark.parametrize("trouble", sorted(set(PASSING) - {"429"}))
async def test_trouble_that_lasts_ends_in_unavailable(server, trouble):
    server.always = PASSING[trouble]
    async with transport_to(server, timeout=0.05) as transport:
        with pytest.raises(Unavailable) as caught:
            await transport.get("/things")
    assert "Acme" in str(caught.value)
    assert "next sync tries again" in str(caught.value)
    assert transport.requests == 6


async def test_a_vendor_that_is_not_there_is_unavailable():
    async with serving(Server()) as server:
        transport = transport_to(server)
    async with transport:
        with pytest.raises(Unavailable, match="could not be reached"):
            await transport.get("/things")


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 418, 422])
async def test_a_refusal_is_asked_once(server, code):
    server.always = status(code)
    async with transport_to(server) as transport:
        assert (await transport.get("/things")).status == code
    assert len(server.seen) == 1


async def test_being_refused_for_ever_ends_in_rate_limited_for_all_who_wait(server):
    server.always = status(429)
    async with transport_to(server, give_up_after=0.5) as transport:
        results = await asyncio.gather(*(transport.get(f"/{n}") for n in range(200)), return_exceptions=True)
        with pytest.raises(RateLimited):
            await transport.get("/afterwards")
    assert all(isinstance(result, RateLimited) for result in results)
    assert transport.limited == transport.requests < 40


async def test_one_path_that_is_refused_alone_does_not_stop_the_others(server):
    async def picky(request):
        return await (status(429) if request.path.endswith("/picky") else ok)(request)

    server.always = picky
    async with transport_to(server, give_up_after=0.3) as transport:
        tasks = [asyncio.create_task(transport.get("/picky", first=True))]
        tasks += [asyncio.create_task(transport.get(f"/{n}")) for n in range(30)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], RateLimited)
    assert not [result for result in results[1:] if isinstance(result, Exception)]


async def test_a_hint_holds_everyone(server):
    server.script = [status(429, Retry_After_Ms="400")]
    async with transport_to(server) as transport:
        await transport.get("/0")
        refused_at = server.seen[0][0]
        server.script = [status(503, Retry_After="0.4")]
        first = asyncio.create_task(transport.get("/1"))
        await server.until(lambda: len(server.seen) == 3 and not server.at_once)
        await asyncio.sleep(0.05)  # for the answer's way back
        await asyncio.gather(first, *(transport.get(f"/{n}", first=n == 5) for n in range(2, 12)))
    times = [at for at, _ in server.seen]
    assert times[1] - refused_at >= 0.39
    assert times[3] - times[2] >= 0.39


async def test_after_a_hold_one_goes_ahead_alone(server):
    async def slow(request):
        await asyncio.sleep(0.1)
        return await ok(request)

    server.script = [status(429)]
    async with transport_to(server) as transport:
        await transport.get("/0")
        server.script, server.always, server.most_at_once = [status(429, Retry_After_Ms="100")], slow, 0
        await transport.get("/1")
        tasks = [asyncio.create_task(transport.get(f"/{n}")) for n in range(2, 12)]
        await server.until(lambda: server.seen[-1][1].path == "/v1/2")
        assert server.at_once == 1
        await asyncio.gather(*tasks)
    assert transport.limited == 2


async def test_a_hint_beyond_patience_ends_it_for_everyone(server):
    server.always = status(429, Retry_After="3600")
    async with transport_to(server) as transport:
        results = await asyncio.gather(*(transport.get(f"/{n}") for n in range(50)), return_exceptions=True)
    assert {type(result) for result in results} == {RateLimited}
    assert {result.retry_after for result in results if isinstance(result, RateLimited)} == {3600.0}
    assert {"asks us to wait 60 minutes, longer than one sync waits" in str(result) for result in results} == {True}
    assert transport.requests <= 8


async def test_a_server_that_is_away_for_long_says_so_too(server):
    server.always = status(503, Retry_After="300")
    async with transport_to(server) as transport:
        with pytest.raises(Unavailable, match="status 503, and asks us to wait 5 minutes, longer"):
            await transport.get("/0")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(121, "3 minutes"), (300, "5 minutes"), (7200, "120 minutes"), (7201, "3 hours"), (9e8, "250,000 hours")],
)
def test_a_wait_is_spelled_in_plain_words_and_never_shorter(seconds, words):
    assert spelled(seconds) == words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After-Ms": "soon", "Retry-After": "9"}, 9.0),
        *(({"Retry-After": value}, None) for value in ("0", "-5", "nan", "inf", "soon", "1e99", "", "99 Foo 2026")),
    ],
)
def test_a_hint_is_taken_only_where_it_makes_sense(headers, seconds):
    assert retry_after(headers) == seconds


def test_a_hint_may_be_a_date():
    assert 50 < (retry_after({"Retry-After": formatdate(time() + 60, usegmt=True)}) or 0) <= 61
    assert retry_after({"Retry-After": formatdate(time() - 60, usegmt=True)}) is None


async def in_pieces(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(64):
        await response.write(b"x" * 1024)
    return response


async def bomb(request: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(b"0" * 20_000_000), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("large", [status(200, "x" * 20_000), in_pieces, bomb], ids=["told", "in pieces", "packed"])
async def test_an_answer_has_a_largest_size(server, large):
    server.always = large
    async with transport_to(server, largest=10_000) as transport:
        with pytest.raises(Unexpected, match="9 KiB"):
            await transport.get("/things")
        server.always = ok
        assert (await transport.get("/small")).status == 200
    assert transport.requests == 2


LEAKS = {
    "echo": (echo_of_the_key, {}),
    "silent": (never, {"timeout": 0.05}),
    "cut": (cut, {}),
    "hung up": (hang_up, {}),
    "429": (status(429, KEY), {"give_up_after": 0.1}),
    "large": (bomb, {"largest": 1000}),
    "not packed as said": (status(200, "plain", Content_Encoding="gzip"), {}),
}


def everything_said(error: BaseException) -> str:
    """All that a log, a page with locals or a curious hand could get out of an exception and those behind it."""
    texts = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    behind: BaseException | None = error
    while behind:
        texts += [repr(behind), str(behind), repr(behind.args), repr(vars(behind))]
        behind = behind.__cause__ or behind.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("leak", LEAKS)
async def test_no_error_carries_the_key(server, leak):
    server.always, options = LEAKS[leak]
    async with transport_to(server, **options) as transport:
        try:
            await transport.get("/things")
        except VendorError as error:
            caught = error
    assert caught.__cause__ is caught.__context__ is None
    said = everything_said(caught)
    pieces = [KEY[start : start + 8] for start in range(len(KEY) - 8)]
    assert not [piece for piece in pieces if piece in said]
    assert KEY not in repr(transport)


async def test_the_first_chain_needs_no_place(server):
    gate = asyncio.Event()

    async def wait_at_the_gate(request):
        if request.path != "/v1/chain":
            await gate.wait()
        return await ok(request)

    server.always = wait_at_the_gate
    async with transport_to(server) as transport:
        others = [asyncio.create_task(transport.get(f"/{n}")) for n in range(40)]
        await server.until(lambda: server.at_once == 8)
        for _ in range(3):
            await transport.get("/chain", first=True)
        assert transport.requests < 43
        gate.set()
        await asyncio.gather(*others)
    assert server.most_at_once <= 17


async def test_who_gives_up_waiting_leaves_no_place_taken(server):
    async with transport_to(server, places=2) as transport:
        for _ in range(5):
            server.always = never
            tasks = [asyncio.create_task(transport.get(f"/{n}")) for n in range(6)]
            await server.until(lambda: server.at_once == 2)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server.always = ok
            assert (await transport.get("/after")).status == 200
            await server.until(lambda: not server.at_once)


@pytest.mark.parametrize("url", ["ftp://host/v1", "https://", "https://user:secret@host/v1", "host/v1"])
def test_an_address_that_cannot_be_used_is_said_so(url):
    with pytest.raises(Unavailable, match="address") as caught:
        Transport(url, {})
    assert "secret" not in str(caught.value)
