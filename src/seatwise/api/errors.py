"""Refusals and failures, each with its status and a code; all in one shape."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from seatwise.services.errors import Conflict, NotAllowed, NotFound, Refusal, Unreachable

from .answers import answer

log = logging.getLogger("seatwise.api")
STATUSES: dict[type, int] = {NotAllowed: 403, NotFound: 404, Conflict: 409, Unreachable: 502, Refusal: 422}
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "refused",
    429: "too_many_requests",
    500: "internal_error",
    502: "vendor_unreachable",
}
MESSAGES = {
    401: "Send a token made under Settings (Authorization: Bearer …). Here it is missing, wrong, expired or revoked.",
    404: "There is nothing at this address. See openapi.json for what there is.",
    405: "This address does not take this method. See openapi.json for what it takes.",
    429: "Too many requests at once. Wait as long as Retry-After says.",
}


def failure(status: int, message: str = "", *, fields: dict[str, str] | None = None, detail: str = "") -> HttpResponse:
    said = message or MESSAGES.get(status, "")
    error = {"code": CODES.get(status, f"http_{status}"), "message": said, "fields": fields or {}, "detail": detail}
    return answer({"error": error}, status)


def handle_errors(api: NinjaAPI) -> None:
    """Teaches the API what to answer to whatever a route raises."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: _refused,
        ValidationError: _invalid,
        HttpError: lambda request, error: failure(error.status_code, MESSAGES.get(error.status_code) or str(error)),
        Http404: lambda request, error: failure(404),
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    status = next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)
    return failure(status, refusal.message, fields=refusal.fields, detail=refusal.detail)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Parameters that are not what the route declares."""
    # A place is the parameter's source, its name, and where in a list: scripts know the name.
    fields = {
        [str(part) for part in each["loc"] if isinstance(part, str)][-1]: str(each["msg"]) for each in error.errors
    }
    wrong = ", ".join(fields)
    return failure(422, f"These parameters are not as declared: {wrong}.", fields=fields)


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return failure(500, "This failed inside Seatwise. What happened is in its log.")
