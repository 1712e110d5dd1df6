"""What can go wrong at a vendor, sorted by who must act.

    VendorError
    ├── Refused                 the operator must act
    │   ├── BadCredentials      the key as a whole: wrong, revoked, expired, another organization's, or its address
    │   └── MissingPermission   the key is good, one permission is missing; other streams may go on
    ├── Transient               nobody must act: wait and try again
    │   ├── RateLimited
    │   └── Unavailable         no answer, a cut answer, a 5xx
    └── Unexpected              we must act: an answer that fits no rule we know
        ├── NotFound            not there now: just created, or just removed; the next run asks again
        └── TooLarge

A message is shown to operators as it stands: it says what happened and the next step, and never holds a secret.
"""

LONGEST_PERMISSION = 200


class VendorError(Exception):
    """Base of all errors a connector raises. `str(error)` is for the operator, `detail` for whoever looks closer."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        self.message = message.replace("\0", "\ufffd")  # vendors' words are among them, and Postgres stores no NUL
        self.detail = detail.replace("\0", "\ufffd")
        super().__init__(self.message)


class Refused(VendorError):
    """The vendor said no; an operator must change something."""


class BadCredentials(Refused):
    """No stream can be read with these credentials."""


class MissingPermission(Refused):
    """Good credentials that may not read this stream. `permission` is the vendor's own word for what is missing."""

    def __init__(self, message: str, *, permission: str = "", detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.permission = permission[:LONGEST_PERMISSION]


class Transient(VendorError):
    """Passes by itself; the next run tries again."""


class RateLimited(Transient):
    """Asked too often. `retry_after` is in seconds, None where the vendor did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after


class Unavailable(Transient):
    """The vendor did not answer, or not to the end."""


class Unexpected(VendorError):
    """An answer no rule covers; the stream stops rather than guess."""


class NotFound(Unexpected):
    """What this was asked of is not there now. That says nothing of what it holds."""


class TooLarge(Unexpected):
    """An answer above the size that was asked to be the most; it was not read. Asking for less may help."""
