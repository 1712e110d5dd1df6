"""What OpenAI's refusals mean, by who must act: first its code, then its words, then the status.

The status alone misleads: a missing permission comes as 401 or 403, and a refused address as 401 like a revoked key.
"""

import re
from collections.abc import Callable

from seatwise.sdk.errors import (
    BadCredentials,
    MissingPermission,
    NotFound,
    RateLimited,
    Unavailable,
    Unexpected,
    VendorError,
)

KEYS = "platform.openai.com → Settings → Organization → Admin keys"
SCOPES = re.compile(r"[Mm]issing scopes?: *([a-z_]\w*(?:\.\w+)*(?:, *[a-z_]\w*(?:\.\w+)*)*)")
LOG_IS_OFF = re.compile(
    r"4\d\d .*?audit log\w*\b.{0,40}\b(not (been )?(enabled|activated|turned on|switched on)|disabled|off)\b",
    re.IGNORECASE | re.DOTALL,
)
BELOW_SOMETHING = re.compile(r"(/organization)?/(users|groups|projects)/[^/]+/.+")

_KEY_REFUSED = (
    f"OpenAI does not accept this Admin Key: it was revoked, has expired or was mistyped. Create a new one at {KEYS} "
    "and reconnect with it."
)
_OTHER_ORGANIZATION = (
    "This Admin Key belongs to another organization than the one entered. Check the Organization ID, or enter a key "
    "that an owner of this organization created."
)
_ADDRESS_REFUSED = (
    "OpenAI refuses the address of this server: it is not on the organization's IP allowlist. An owner must add it in "
    "its settings; this takes up to 15 minutes. The key itself may be good."
)
_NO_MEMBER = (
    "OpenAI says that whoever made this Admin Key is not a member of an organization. An owner of the organization "
    f"must create a new key at {KEYS}."
)
_REGION_REFUSED = (
    "OpenAI does not serve the country this server's address belongs to. Run Seatwise, or its way to the internet, "
    "from a supported country."
)

CREDENTIALS_BY_CODE = {
    "invalid_api_key": _KEY_REFUSED,
    "invalid_authentication": _KEY_REFUSED,
    "mismatched_organization": _OTHER_ORGANIZATION,
    "invalid_organization": _OTHER_ORGANIZATION,
    "ip_not_authorized": _ADDRESS_REFUSED,
}
CREDENTIALS_BY_WORDS = (
    ("should match organization", _OTHER_ORGANIZATION),
    ("no such organization", _OTHER_ORGANIZATION),
    ("must be a member of an organization", _NO_MEMBER),
    ("territory not supported", _REGION_REFUSED),
    ("not authorized to access this resource", _ADDRESS_REFUSED),
    ("incorrect api key", _KEY_REFUSED),
    ("authentication token has been invalidated", _KEY_REFUSED),
    ("didn't provide an api key", _KEY_REFUSED),
)


class Archived(Unexpected):
    """This project is archived, in so many words: it has no members to list."""


class TokenRefused(Unexpected):
    """OpenAI no longer takes the token of a page that it gave."""


class Invalid(Unexpected):
    """OpenAI refuses the parameters (400): of the groupings of costs, not every organization may ask for each. `param`
    is the one it names."""

    param = ""


def other_organization(detail: str) -> BadCredentials:
    return BadCredentials(_OTHER_ORGANIZATION, detail=detail)


def meaning(status: int, code: str, words: str, *, path: str, detail: str, in_json: bool, own: bool) -> VendorError:
    """The error for a refusal. `words` is the vendor's message, `path` what was asked for, `detail` free of secrets,
    `own` whether it is an error as the vendor words them."""
    text = words.lower()
    if code in CREDENTIALS_BY_CODE:
        return BadCredentials(CREDENTIALS_BY_CODE[code], detail=detail)
    if code == "project_archived" or (status == 400 and "is archived" in text):
        return Archived("This project is archived.", detail=detail)
    if (scopes := SCOPES.search(words)) or "insufficient permissions" in text:
        return missing(scopes[1] if scopes else "", detail)
    for known, message in CREDENTIALS_BY_WORDS:
        if known in text:
            return BadCredentials(message, detail=detail)
    if status == 400 and "page token" in text:
        return TokenRefused(
            "OpenAI refused the token of a page it had given. What came before is stored; the next sync asks again.",
            detail=detail,
        )
    if status == 404 and own and BELOW_SOMETHING.fullmatch(path):
        return NotFound(
            "OpenAI does not find what this was asked of: it was removed there, or created only just now.",
            detail=detail,
        )
    if status in (401, 403) and not in_json:
        return Unexpected(
            "Something between this server and OpenAI refused the request with a page of its own: a proxy or a "
            "firewall. Ask whoever runs it to let this server reach api.openai.com.",
            detail=detail,
        )
    return by_status(status, detail)


def missing(permission: str, detail: str) -> MissingPermission:
    named = f"the permission {permission}" if permission else "a permission"
    return MissingPermission(
        f"This Admin Key lacks {named}. Create one with “Read only” or “All” at {KEYS} and reconnect with it. "
        "A change of an existing key takes up to 15 minutes.",
        permission=permission,
        detail=detail,
    )


def by_status(status: int, detail: str) -> VendorError:
    if status == 401:
        return BadCredentials(_KEY_REFUSED, detail=detail)
    if status == 403:
        return missing("", detail)
    if status == 429:
        return RateLimited("OpenAI says we ask too often. The next sync goes on.", detail=detail)
    if status == 400:
        return Invalid("OpenAI refused the question (status 400). Please report this with its details.", detail=detail)
    if status == 407:
        return Unavailable("The proxy wants a user name and a password. Put them into HTTPS_PROXY.", detail=detail)
    if status == 408 or status >= 500:
        return Unavailable(f"OpenAI answered with status {status}. The next sync tries again.", detail=detail)
    kinds: dict[int, Callable[[], str]] = {
        3: lambda: "sent us on to another address, where we do not follow with a key",
        4: lambda: f"refused the request (status {status})",
    }
    what = kinds.get(status // 100, lambda: f"answered with status {status} instead of a list")()
    return Unexpected(
        f"OpenAI {what}. Nothing was changed here. If SEATWISE_OPENAI_BASE_URL is set, check it; "
        "otherwise please report this with its details.",
        detail=detail,
    )


def says_log_is_off(refused: VendorError) -> bool:
    """Whether a refusal (4xx) means that the audit log was never switched on. OpenAI documents only that nothing is
    recorded before; an empty list is what others saw. Should it refuse instead, its words are all there is to go by."""
    passing = isinstance(refused, RateLimited | Unavailable)
    return not passing and bool(LOG_IS_OFF.match(refused.detail))


def is_final(refused: VendorError) -> bool:
    """Whether it is the question that was refused (400, 403, 404), so that asking it again would change nothing."""
    asked = isinstance(refused, Invalid | MissingPermission | NotFound) or refused.detail.startswith("404 ")
    return asked and not isinstance(refused, TokenRefused)
