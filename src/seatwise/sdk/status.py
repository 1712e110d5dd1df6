"""The statuses of a user and the rule that sets each; the first rule that matches wins, in this order."""

from typing import NamedTuple


class Status(NamedTuple):
    name: str
    label: str
    rule: str


STATUSES = (
    Status("banned", "Banned", "The vendor says the account is banned."),
    Status("disabled", "Disabled", "The vendor says the account is switched off."),
    Status(
        "active",
        "Active",
        "In the last complete listing of users, neither banned nor switched off. "
        "A vendor that does not say whether an account is switched on makes nobody unknown.",
    ),
    Status("invited", "Invited", "Invited, not yet accepted, and the invitation has not run out."),
    Status("invite_expired", "Invite expired", "Invited, but the invitation ran out before it was accepted."),
    Status(
        "removed",
        "Removed",
        "Was listed, is gone from a complete listing, and an event of the vendor's audit log says that it was removed.",
    ),
    Status("missing", "Missing", "Was listed, is gone from a complete listing, and nothing says why."),
    Status("unknown", "Unknown", "Seen, but no complete listing has confirmed it yet."),
)
BY_NAME = {status.name: status for status in STATUSES}
DEPARTED = ("removed", "missing")
