"""The HTTP server: every request is authenticated, limited, possibly failed on schedule, answered and logged."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Literal

from aiohttp import web

from . import errors
from .auth import MANAGEMENT_READ, Key, check_address, presented
from .endpoints import ENDPOINTS, Endpoint
from .errors import ApiError
from .faults import Fault, Faults
from .limiting import Bucket, RateLimit
from .rows import encode
from .running import HOST, running, serve
from .spoiling import spoiled
from .world import Organization

VERSION = "/v1"
_HTML = b"<!DOCTYPE html>\n<html><head><title>%d</title></head><body><h1>Something went wrong</h1></body></html>\n"


@dataclass(slots=True)
class Request:
    """One request as the sandbox saw it. `path` is below the version, `query` a multidict; `status` is 0 until a whole
    answer has gone out, and stays 0 where none does. The key itself is nowhere, only its id."""

    method: str
    path: str
    query: Any
    key_id: str | None
    organization_id: str | None
    fault: str | None = None
    status: int = 0


class Sandbox:
    """A pretend OpenAI. Attributes given here may be changed while it runs.

    `latency`: seconds before each answer. `missing_scope_status`: what a refused permission answers.
    `check_organization` False: an OpenAI-Organization header that names another organization than the key's is let
    pass, and the answer's `openai-organization` header names the key's own.
    """

    def __init__(
        self,
        organizations: Iterable[Organization],
        *,
        latency: float = 0.0,
        rate_limit: RateLimit | None = None,
        missing_scope_status: Literal[401, 403] = 403,
        check_organization: bool = True,
    ) -> None:
        self.organizations = list(organizations)
        self.latency = latency
        self.rate_limit = rate_limit
        self.missing_scope_status = missing_scope_status
        self.check_organization = check_organization
        self.faults = Faults()
        self._buckets: dict[str, Bucket] = {}
        self._at_once = 0
        self._served = 0
        self.forget_requests()

    # -- what was asked ----------------------------------------------------------------------------------------------

    def forget_requests(self) -> None:
        """Start the log and the counters anew. The log keeps the last 100,000 requests."""
        self.requests: deque[Request] = deque(maxlen=100_000)
        self.statuses: Counter[int] = Counter()
        self.most_at_once = 0

    def requests_to(self, path: str) -> list[Request]:
        """Logged requests whose path matches this glob, oldest first."""
        return [request for request in list(self.requests) if fnmatchcase(request.path, path)]

    # -- running -----------------------------------------------------------------------------------------------------

    @contextmanager
    def running(self, port: int = 0, host: str = HOST) -> Iterator[str]:
        """Serve from a thread; yields the base URL. Port 0 is any free one. Raises OSError where the port is taken."""
        with running(self._application(), port, host) as origin:
            yield origin + VERSION

    def serve_forever(self, port: int = 0, *, host: str = HOST, ready: Callable[[str], None] = print) -> None:
        """Serve until SIGINT or SIGTERM; `ready` is told the base URL. Only from a main thread. Raises OSError."""
        asyncio.run(serve(self._application(), port, host, lambda origin: ready(origin + VERSION)))

    # -- answering ---------------------------------------------------------------------------------------------------

    def _application(self) -> web.Application:
        app = web.Application()
        for endpoint in ENDPOINTS:
            app.router.add_get(VERSION + endpoint.path, partial(self._serve, endpoint), allow_head=False)
        app.router.add_route("*", "/{anything:.*}", partial(self._serve, None))
        return app

    async def _serve(self, endpoint: Endpoint | None, request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        path = request.path.removeprefix(VERSION)
        organization, key = self._caller(request)
        organization_id = organization.id if organization else None
        fault = self.faults.due(path, organization_id)
        entry = Request(request.method, path, request.query, key.id if key else None, organization_id)
        entry.fault = fault.kind if fault else None
        self.requests.append(entry)
        self._served += 1
        headers = {"x-request-id": f"req_{self._served:032x}", "openai-version": "2020-10-01"}
        if organization_id is not None:
            headers["openai-organization"] = organization_id
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            if fault is not None and fault.kind in ("slow", "hang"):
                await asyncio.sleep(fault.seconds if fault.kind == "slow" else 86_400)
            response = self._response(endpoint, request, organization, key, fault)
            headers["openai-processing-ms"] = str(round((time.perf_counter() - began) * 1000))
            response.headers.update(headers)
            if fault is not None and fault.kind == "cut":
                return await _cut(request, response)
            entry.status = response.status
            return response
        finally:
            self._at_once -= 1
            self.statuses[entry.status] += 1

    def _caller(self, request: web.Request) -> tuple[Organization | None, Key | None]:
        """Whose key the request carries, whatever state the key is in."""
        value = request.headers.get("Authorization", "").rpartition(" ")[2]
        for organization in self.organizations:
            for key in organization.keys:
                if key.value == value:
                    return organization, key
        return None, None

    def _response(
        self,
        endpoint: Endpoint | None,
        request: web.Request,
        organization: Organization | None,
        key: Key | None,
        fault: Fault | None,
    ) -> web.Response:
        try:
            if fault is not None:
                if fault.kind == "revoke_key" and key is not None:
                    key.revoked = True
                instead = _instead(fault)
                if instead is not None:
                    return instead
            body = self._body(endpoint, request, organization, key)
        except ApiError as error:
            return _json(error.status, error.body, error.headers)
        if fault is not None:
            body = spoiled(body, request.query, fault)
            body = body[: len(body) // 2] if fault.kind == "truncated" else body
        return _json(200, body)

    def _body(
        self, endpoint: Endpoint | None, request: web.Request, organization: Organization | None, key: Key | None
    ) -> bytes:
        value = presented(request.headers.get("Authorization"))
        if organization is None or key is None or not key.works(organization.now):
            raise errors.incorrect_key(value)
        check_address(request.remote or "", organization.allowed_ips)
        named = request.headers.get("OpenAI-Organization", "")
        if self.check_organization and named and named != organization.id:
            raise errors.mismatched_organization()
        self._limit(organization)
        path = request.path.removeprefix(VERSION)
        scope = endpoint.scope if endpoint else MANAGEMENT_READ
        if not key.allows(scope, path):
            in_project = path.startswith(("/organization/projects/", "/projects/"))
            raise errors.missing_scopes(scope, in_project=in_project, status=self.missing_scope_status)
        if endpoint is None:
            raise errors.not_found(f"Invalid URL ({request.method} {request.path})")
        return endpoint.answer(organization, dict(request.match_info), request.query)

    def _limit(self, organization: Organization) -> None:
        if self.rate_limit is None:
            return
        now = time.monotonic()
        bucket = self._buckets.get(organization.id)
        if bucket is None or bucket.limit is not self.rate_limit:
            bucket = self._buckets[organization.id] = Bucket(self.rate_limit, now)
        bucket.take(now)


def _json(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, headers=headers, content_type="application/json")


def _page(status: int) -> web.Response:
    return web.Response(status=status, body=_HTML % status, content_type="text/html", charset="utf-8")


def _instead(fault: Fault) -> web.Response | None:
    """The answer of a fault that never gets as far as the endpoint; None for the others. 429 is raised as ApiError."""
    if fault.kind == "rate_limit":
        hints = {"Retry-After": fault.retry_after, "retry-after-ms": fault.retry_after_ms}
        raise errors.too_many_requests({name: f"{hint}" for name, hint in hints.items() if hint is not None})
    if fault.kind == "page_refused":
        raise errors.page_refused()
    if fault.kind == "html":
        return _page(200)
    if fault.kind == "server_error":
        status = fault.status or 500
        if fault.html:
            return _page(status)
        message = "The server had an error while processing your request. Sorry about that!"
        raise ApiError(status, message, kind="server_error")
    if fault.kind == "odd_error":
        status = fault.status or 404
        odd = (
            {"error": "Something went wrong"}
            if fault.html
            else {"code": status, "message": "The resource was not found"}
        )
        return _json(status, encode(odd))
    return None


async def _cut(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it and close the connection."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    cut = web.StreamResponse(status=whole.status, headers=whole.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return cut
