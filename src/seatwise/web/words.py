"""How every state looks: a tone, an icon and a word, so that color never says it alone."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from seatwise.sdk.status import BY_NAME


class Look(NamedTuple):
    """`tone` is good, warn, bad, info or muted; `icon` a Lucide name; `word` what stands beside it."""

    tone: str
    icon: str
    word: str


_STATUS_LOOKS = {
    "active": ("good", "circle-check"),
    "invited": ("info", "mail"),
    "invite_expired": ("warn", "mail-x"),
    "disabled": ("muted", "circle-slash"),
    "banned": ("bad", "ban"),
    "removed": ("muted", "user-minus"),
    "missing": ("warn", "user-x"),
    "unknown": ("muted", "circle-question-mark"),
}

LOOKS: dict[str, dict[str, Look]] = {
    "user": {name: Look(*look, BY_NAME[name].label) for name, look in _STATUS_LOOKS.items()},
    "connection": {
        "not_connected": Look("muted", "unplug", "Not connected"),
        "pending": Look("info", "clock", "Waiting to sync"),
        "syncing": Look("info", "refresh-cw", "Syncing"),
        "connected": Look("good", "circle-check-big", "Connected"),
        "partial": Look("warn", "triangle-alert", "Partial"),
        "needs_attention": Look("bad", "circle-alert", "Needs attention"),
        "paused": Look("muted", "circle-pause", "Paused"),
        "disconnected": Look("muted", "unplug", "Disconnected"),
    },
    "stream": {
        "off": Look("muted", "toggle-left", "Switched off"),
        "pending": Look("muted", "clock", "Waiting"),
        "syncing": Look("info", "refresh-cw", "Syncing"),
        "complete": Look("good", "circle-check", "Complete"),
        "failed": Look("bad", "circle-x", "Failed"),
        "forbidden": Look("warn", "lock", "Not allowed"),
        "held": Look("warn", "hand", "Held"),
        "canceled": Look("muted", "circle-stop", "Canceled"),
    },
    "run": {
        "queued": Look("info", "clock", "Queued"),
        "running": Look("info", "refresh-cw", "Running"),
        "complete": Look("good", "circle-check", "Complete"),
        "partial": Look("warn", "triangle-alert", "Partial"),
        "failed": Look("bad", "circle-x", "Failed"),
        "canceled": Look("muted", "circle-stop", "Canceled"),
    },
    "probe": {
        "allowed": Look("good", "check", "Allowed"),
        "refused": Look("warn", "lock", "Refused"),
        "not_tried": Look("muted", "minus", "Not tried"),
    },
    "change": {
        "arrived": Look("good", "plus", "Arrived"),
        "changed": Look("info", "pencil", "Changed"),
        "departed": Look("warn", "log-out", "Departed"),
        "returned": Look("info", "undo-2", "Returned"),
        "baseline": Look("muted", "flag", "First complete sync"),
    },
    "event": {"event": Look("muted", "scroll-text", "Audit event")},
    "source": {
        "read": Look("good", "circle-check", "Read"),
        "partial": Look("warn", "triangle-alert", "Partly read"),
        "silent": Look("muted", "volume-x", "Names nobody"),
        "forbidden": Look("warn", "lock", "Not allowed"),
        "off": Look("muted", "toggle-left", "Switched off"),
        "unread": Look("muted", "clock", "Not read yet"),
    },
    "advice": {
        "remove": Look("warn", "user-minus", "Ask, then remove"),
        "ask": Look("info", "message-circle-question-mark", "Ask"),
        "withdraw": Look("muted", "mail-x", "Withdraw or invite again"),
    },
    "issue": {
        "orphaned": Look("bad", "user-x", "Orphaned"),
        "owner_left": Look("warn", "log-out", "Owner left"),
        "owner_disabled": Look("warn", "circle-slash", "Owner disabled"),
        "never_used": Look("info", "circle-dashed", "Never used"),
        "unused_90_days": Look("info", "hourglass", "Long unused"),
        "no_expiry": Look("muted", "infinity", "No expiry"),
        "expiring_soon": Look("warn", "calendar-clock", "Expiring soon"),
        "expired": Look("muted", "calendar-x", "Expired"),
    },
    "owner": {
        "present": Look("good", "circle-check", "Present"),
        "disabled": Look("warn", "circle-slash", "Disabled"),
        "left": Look("bad", "log-out", "Left"),
        "unlisted": Look("warn", "user-x", "Not listed"),
        "unnamed": Look("warn", "user-x", "Not named"),
        "unknown": Look("muted", "circle-question-mark", "Unknown"),
    },
    "budget": {
        "within": Look("good", "circle-check", "Within"),
        "nearing": Look("warn", "triangle-alert", "Nearing"),
        "over": Look("bad", "circle-alert", "Over"),
        "incomplete": Look("warn", "circle-question-mark", "Incomplete"),
    },
    "alert": {
        "budget": Look("warn", "wallet", "Budget"),
        "anomaly": Look("warn", "trending-up", "Unusual spend"),
        "orphaned_key": Look("bad", "key-round", "Orphaned key"),
        "new_owner": Look("info", "user-plus", "New owner"),
        "new_admin_key": Look("info", "shield-plus", "New Admin Key"),
        "connection": Look("bad", "plug", "Connection"),
        "own_key": Look("bad", "calendar-clock", "Our Admin Key"),
    },
    "delivery": {
        "waiting": Look("info", "clock", "Waiting"),
        "delivered": Look("good", "check", "Delivered"),
        "failed": Look("bad", "circle-x", "Not delivered"),
        "testing": Look("info", "clock", "Being sent"),
    },
    "channel": {
        "on": Look("good", "circle-check", "On"),
        "failing": Look("bad", "circle-alert", "Failing"),
        "off": Look("muted", "toggle-left", "Off"),
        "untried": Look("muted", "circle-dashed", "Not used yet"),
    },
    "outcome": {
        "done": Look("good", "check", "Done"),
        "refused": Look("warn", "circle-x", "Refused"),
        "not_allowed": Look("bad", "shield-x", "Not allowed"),
    },
    "project": {
        "active": Look("good", "circle-check", "Active"),
        "archived": Look("muted", "archive", "Archived"),
        "missing": Look("warn", "circle-question-mark", "Missing"),
    },
    "operator": {
        "active": Look("good", "circle-check", "Active"),
        "disabled": Look("muted", "circle-slash", "Disabled"),
        "invited": Look("info", "mail", "Invited"),
    },
    "method": {
        "reported": Look("info", "badge-check", "Reported"),
        "key_owner": Look("muted", "key-round", "Key owner"),
        "token_share": Look("muted", "percent", "Token share"),
        "": Look("muted", "circle-question-mark", "Unattributed"),
    },
    "token": {
        "active": Look("good", "circle-check", "Active"),
        "expired": Look("muted", "clock", "Expired"),
        "revoked": Look("muted", "circle-slash", "Revoked"),
    },
}


def look(kind: str, state: str) -> Look:
    """How a state of that kind looks; a word we do not know is shown as it stands."""
    return LOOKS.get(kind, {}).get(state) or Look("muted", "circle-question-mark", sentence(state) or "Unknown")


def sentence(name: str) -> str:
    """A name from the code as words for people: project_members → Project members."""
    words = name.replace("_", " ")
    return (words[:1].upper() + words[1:]).replace("Api ", "API ")


def day(on: date) -> str:
    """A day as pages write it: Dec 5, 2026."""
    return f"{on:%b} {on.day}, {on.year}"


def exactly(moment: datetime) -> str:
    """A moment to the second: Dec 5, 2026, 09:00:00 UTC."""
    exact = moment.astimezone(UTC)
    return f"{day(exact)}, {exact:%H:%M:%S} UTC"


_DATE = re.compile(
    r"(?<![\w.:/@-])(on|at|before|since|up to|used?|joined) (\d{4}-\d\d-\d\d)(?![\w/@-]|[.:]\w)( (?=\d\d:\d\d))?", re.I
)
"""A day, and the words of ours that stand before one: what a vendor called by a day has no such word before it."""


def told(sentence: str) -> str:
    """A sentence that all doors say, with its dates as pages write them; dates that are part of a name stay."""
    return _DATE.sub(_retold, sentence)


def _retold(found: re.Match[str]) -> str:
    try:
        return f"{found[1]} {day(date.fromisoformat(found[2]))}" + (", " if found[3] else "")
    except ValueError:
        return found[0]


def within(label: str) -> str:
    """A heading inside a sentence: Project members → project members, but API keys as it is."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def who(operator: str) -> str:
    """Whoever did something here, as the audit log names them: cli:root → root (command line)."""
    kind, _, name = operator.partition(":")
    door = {"cli": "command line", "token": "API token"}.get(kind)
    return f"{name} ({door})" if name and door else {"system": "Seatwise itself"}.get(operator, operator)


def trigger(name: str) -> str:
    """What made a sync run: the schedule, a connection just made, or somebody by name."""
    kind, _, who = name.partition(":")
    if kind in TRIGGERS:
        return f"{TRIGGERS[kind]} by {who}" if who else TRIGGERS[kind]
    return name


TRIGGERS = {"schedule": "On schedule", "connect": "After connecting", "operator": "On demand"}


MINUS = "\N{MINUS SIGN}"
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def money(amount: str, currency: str) -> str:
    """A decimal string for people: $1,234.50; less than a cent as such, never as nothing."""
    value = Decimal(amount)
    sign, minus = SIGNS.get(currency, ""), MINUS if value < 0 else ""
    unit = "" if sign or not currency else f" {currency.upper()}"
    size = abs(value)
    if 0 < size < Decimal("0.005"):
        return f"{f'> {MINUS}' if value < 0 else '< '}{sign}0.01{unit}"
    return f"{minus}{sign}{size:,.2f}{unit}"


def lasted(seconds: float) -> str:
    """A duration, with no more figures than it deserves."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def ago(seconds: float) -> str:
    """A span since (or, when negative, until) something, in the one unit that tells enough."""
    span, ahead = abs(seconds), seconds < 0
    if span < 45:
        return "in a moment" if ahead else "just now"
    for unit, length, limit in _UNITS:
        if span < limit:
            amount = max(1, round(span / length))
            text = f"{amount} {unit}{'s' if amount > 1 else ''}"
            return f"in {text}" if ahead else f"{text} ago"
    raise AssertionError("the last unit has no limit")


_UNITS = (
    ("minute", 60, 3_570),
    ("hour", 3_600, 84_600),
    ("day", 86_400, 26 * 86_400),
    ("month", 30.44 * 86_400, 350 * 86_400),
    ("year", 365.25 * 86_400, float("inf")),
)
