"""Refusals in the vendor's own words and envelope: `{"error": {"message", "type", "param", "code"}}`."""

from .rows import encode


class ApiError(Exception):
    """An answer with a status of 400 or above."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body = encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


def no_key() -> ApiError:
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth"
        " (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the"
        " API from your browser and are prompted for a username and password. You can obtain an API key from"
        " https://platform.openai.com/account/api-keys.",
    )


def incorrect_key(value: str) -> ApiError:
    """Unknown, revoked and expired keys alike; the vendor repeats the key's head and tail."""
    masked = f"{value[:8]}{'*' * (len(value) - 12)}{value[-4:]}" if len(value) > 16 else "*" * len(value)
    message = f"Incorrect API key provided: {masked}. You can find your API key at https://platform.openai.com/account/api-keys."
    return ApiError(401, message, code="invalid_api_key")


def mismatched_organization() -> ApiError:
    message = "OpenAI-Organization header should match organization for API key"
    return ApiError(401, message, code="mismatched_organization")


def address_refused(address: str) -> ApiError:
    return ApiError(
        401, f"Your IP address {address} is not authorized to access this resource.", code="ip_not_authorized"
    )


def missing_scopes(scope: str, *, in_project: bool, status: int) -> ApiError:
    roles = (" (Reader, Writer, Owner)", " and project (Member, Owner)") if in_project else ("", "")
    message = (
        f"You have insufficient permissions for this operation. Missing scopes: {scope}. Check that you have the"
        f" correct role in your organization{roles[0]}{roles[1]}, and if you're using a restricted API key, that it has"
        " the necessary scopes."
    )
    return ApiError(status, message)


def too_many_requests(headers: dict[str, str]) -> ApiError:
    message = "You're making too many requests, please slow down."
    return ApiError(429, message, kind="requests", code="rate_limit_exceeded", headers=headers)


def bad_parameter(param: str, message: str) -> ApiError:
    return ApiError(400, message, param=param)


def page_refused() -> ApiError:
    return bad_parameter("page", "The page token is invalid, have you modified the query parameters?")


def not_found(message: str) -> ApiError:
    return ApiError(404, message)


def bare_not_found(message: str) -> ApiError:
    """As some endpoints say it, without the envelope."""
    error = ApiError(404, message)
    error.body = encode({"code": 404, "message": message})
    return error


def project_archived(name: str) -> ApiError:
    return ApiError(400, f"Project {name} is archived", code="project_archived")
