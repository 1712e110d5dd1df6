"""What may begin to hold at a connection and is worth telling: each kind says of whom it holds now, and describes one.

Nothing here writes; `watching` compares with what was known.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from django.db.models import F, QuerySet

from seatwise.connectors.catalog import connectors
from seatwise.store.models import Change, Connection, Key, User
from seatwise.store.models.keys import TROUBLES

from .alerts import Facts
from .rows import describe_row

LONG = timedelta(days=1)
"""A connection not synced for so long is worth a word, whatever its interval: a shorter silence is often our own."""
OWNER_TROUBLES = {"left": "is gone", "disabled": "is disabled", "unlisted": "is in no complete list of users"}
"""By the standing of our own key's owner."""


class Said(NamedTuple):
    title: str
    text: str
    facts: Facts
    link: str


class Kind(NamedTuple):
    """`needs` are streams that must have been complete once; `news_at_once` that the first look tells too."""

    name: str
    subjects: Callable[[Connection], Iterable[str]]
    say: Callable[[Connection, str], Said]
    needs: tuple[str, ...] = ()
    news_at_once: bool = False
    many: str = ""
    """What several at once are called."""


def orphaned_keys(connection: Connection) -> Iterable[str]:
    return _orphaned(connection).values_list("vendor_id", flat=True)


def say_orphaned(connection: Connection, subject: str) -> Said:
    key = Key.objects.filter(connection=connection, kind="project", vendor_id=subject).first()
    if key is None:
        return Said("A key is orphaned", "", [("ID", subject)], "/keys/")
    why = {
        "left": "its owner has left the organization",
        "unlisted": "its owner is in no list of the organization",
        "unnamed": "no owner is named",
    }.get(key.owner_standing, "its owner may no longer use the project")
    return Said(
        f"The key {key.name or key.redacted_value or subject} is orphaned: {why}",
        "The key works on. Revoke it at the vendor, or find who answers for it.",
        [
            ("Key", key.name or "Unknown"),
            ("Value", key.redacted_value or "Unknown"),
            ("Owner", key.owner_email or key.owner_name or key.owner_id or "Unknown"),
            ("Last used", _day(key.last_use_at)),
            ("Expires", _day(key.expires_at) if key.expires_at else "Never" if key.expires is False else "Unknown"),
        ],
        f"/keys/{key.pk}/",
    )


def owners(connection: Connection) -> Iterable[str]:
    role = connectors()[connection.integration].manifest.owner_role
    if not role:
        return []
    rows = User.objects.filter(connection=connection, kind="user", departed_at=None, role=role)
    return rows.values_list("vendor_id", flat=True)


def say_owner(connection: Connection, subject: str) -> Said:
    user = User.objects.filter(connection=connection, kind="user", vendor_id=subject).first()
    changes = Change.objects.filter(connection=connection, stream="users", vendor_id=subject)
    role = connectors()[connection.integration].manifest.owner_role
    change = changes.filter(after__role=role).order_by("-id").first()
    before = (change.before or {}).get("role") if change else None
    who = (user and (user.email or user.name)) or subject
    return Said(
        f"{who} is an owner of {connection.name} now",
        "An owner may do everything in the organization, such as making Admin Keys.",
        [
            ("User", who),
            ("Role before", before or ("None: the user is new" if change and change.kind == "arrived" else "Unknown")),
            ("Seen", _moment(change.at) if change else "Unknown"),
        ],
        f"/users/{user.pk}/" if user else f"/users/?role={quote(role)}",
    )


def admin_keys(connection: Connection) -> Iterable[str]:
    rows = Key.objects.filter(connection=connection, kind="admin", departed_at=None)
    return rows.values_list("vendor_id", flat=True)


def say_admin_key(connection: Connection, subject: str) -> Said:
    key = Key.objects.filter(connection=connection, kind="admin", vendor_id=subject).first()
    if key is None:
        return Said(f"{connection.name} has a new Admin Key", "", [("ID", subject)], "/keys/")
    return Said(
        f"{connection.name} has a new Admin Key: {key.name or key.redacted_value or subject}",
        "An Admin Key can add and remove people and keys. Make sure that somebody meant to make it.",
        [
            ("Name", key.name or "Unknown"),
            ("Value", key.redacted_value or "Unknown"),
            ("Owner", key.owner_email or key.owner_name or key.owner_id or "Unknown"),
            ("Created", _moment(key.created_at) if key.created_at else "Unknown"),
            ("Expires", _day(key.expires_at) if key.expires_at else "Never" if key.expires is False else "Unknown"),
        ],
        f"/keys/{key.pk}/",
    )


def troubled(connection: Connection) -> Iterable[str]:
    if connection.attention:
        return ["attention"]
    last = connection.last_complete_sync_at
    long_ago = last is not None and datetime.now(UTC) - last > LONG
    return ["stale"] if long_ago and not connection.paused and describe_row(connection.pk).stale else []


def say_troubled(connection: Connection, subject: str) -> Said:
    last = connection.last_complete_sync_at
    facts = [("Last complete sync", _moment(last) if last else "Never")]
    if subject == "stale":
        text = "What is shown of it grows old. Look at its last sync."
        return Said(f"{connection.name} has not been synced for long", text, facts, f"/connections/{connection.pk}/")
    return Said(f"{connection.name} needs attention", connection.attention, facts, f"/connections/{connection.pk}/")


def say_ownerless(connection: Connection, subject: str) -> Said:
    key = Key.objects.filter(connection=connection, kind="admin", vendor_id=subject).first()
    owner = (key and (key.owner_email or key.owner_name or key.owner_id)) or "Unknown"
    return Said(
        f"The owner of the Admin Key that Seatwise uses for {connection.name} {_owner_trouble(key) or 'is gone'}",
        "A key may stop working with its owner. Make a new one with an owner who stays, and reconnect.",
        [("Owner", owner), ("Value", (key and key.redacted_value) or "Unknown")],
        f"/connections/{connection.pk}/",
    )


KINDS = (
    Kind("orphaned_key", orphaned_keys, say_orphaned, ("users", "api_keys"), many="orphaned keys"),
    Kind("new_owner", owners, say_owner, ("users",), many="new owners"),
    Kind("new_admin_key", admin_keys, say_admin_key, ("admin_keys",), many="new Admin Keys"),
    Kind("connection", troubled, say_troubled, news_at_once=True),
)


def own_key_kind(key: Key | None) -> Kind:
    """The Admin Key the connection works with, where its owner is known not to answer for it. To find the key takes
    opening the secret, so it is found once for all who ask."""
    gone = [key.vendor_id] if key and _owner_trouble(key) else []
    return Kind("own_key", lambda _: gone, say_ownerless, ("users", "admin_keys"), news_at_once=True)


def _orphaned(connection: Connection) -> "QuerySet[Key]":
    rows = Key.objects.filter(connection=connection, kind="project", departed_at=None)
    found: QuerySet[Key] = rows.annotate(issue=F("troubles").bitand(TROUBLES["orphaned"])).exclude(issue=0)
    return found


def _owner_trouble(key: Key | None) -> str:
    """What is known to be wrong with its owner. One of whom nothing is known may well be there, and a machine need not
    be of any project whose machines are listed."""
    if key is None or (key.owner_kind == "service_account" and key.owner_standing == "unlisted"):
        return ""
    return OWNER_TROUBLES.get(key.owner_standing, "")


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "Unknown"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
