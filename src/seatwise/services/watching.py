"""Looks at what syncs brought and tells what is worth it, beside the worker's syncs and never in their way.

What was looked at is a row in the database (`Watch`), so a run that ended in any process is looked at once, after a
crash too. A kind's first look at a connection finds what was there already: that is no news.
"""

import logging
import threading
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, OperationalError, close_old_connections, connections, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from seatwise.store.models import Condition, Connection, Key, Run, Watch

from . import anomalies
from .alerts import tell
from .budget_alerts import look_at_budgets
from .conditions import KINDS, Kind, own_key_kind
from .deliveries import Postman
from .own_key import own_key_row, step_of

log = logging.getLogger("seatwise.alerts")
TICK = 1.0
"""Seconds between two looks at what is due."""
EVERY = timedelta(minutes=15)
"""Time alone makes keys expire and syncs late."""
SEVERAL = 5
"""With more of a kind at once there is one alert for all of them."""
ENDED = ("complete", "partial", "failed", "canceled")


def keep(stop: threading.Event) -> None:
    """Looks and delivers until `stop` is set. Survives a database that is away, and whatever a look raises."""
    postman = Postman()
    while not stop.wait(TICK):
        try:
            close_old_connections()
            look()
            postman.go()
        except DatabaseError as error:
            log.error("alerts wait, the database does not answer: %s", error)
            connections.close_all()
        except Exception:
            log.exception("a look for alerts failed")
            stop.wait(60)
    postman.end()
    connections.close_all()


def look() -> None:
    """Looks at each connection whose run has ended since, or that was not looked at for a while; then at budgets."""
    due = due_connections()
    for connection in due:
        try:
            look_at(connection.pk)
        except OperationalError:  # the database is away: nothing can be written down either
            raise
        except Exception:
            log.exception("the look at %s failed", connection.name)
            looked = {"run_id": connection.ended, "looked_at": datetime.now(UTC)}  # type: ignore[attr-defined]
            Watch.objects.filter(connection=connection).update(**looked)  # again in a while, not every second
    if due:
        look_at_budgets(datetime.now(UTC).date())


def due_connections() -> list[Connection]:
    runs = Run.objects.filter(connection=OuterRef("pk"), state__in=ENDED).order_by("-id")
    rows = Connection.objects.filter(disconnected_at=None).annotate(
        ended=Coalesce(Subquery(runs.values("pk")[:1]), 0), seen=Coalesce("watch__run_id", 0)
    )
    late = Q(watch__looked_at=None) | Q(watch__looked_at__lt=datetime.now(UTC) - EVERY)
    return list(rows.filter(late | Q(ended__gt=F("seen"))).order_by("pk"))


def look_at(connection_id: int) -> None:
    """One connection, in one transaction: what is told and that it was told are written together."""
    Watch.objects.get_or_create(connection_id=connection_id)
    with transaction.atomic():
        watch = Watch.objects.select_for_update(skip_locked=True).filter(connection_id=connection_id).first()
        if watch is None:  # another worker is at it
            return
        connection = Connection.objects.get(pk=connection_id)
        ended = Run.objects.filter(connection_id=connection_id, state__in=ENDED).order_by("-id")
        run_id = ended.values_list("pk", flat=True).first() or 0
        complete = set(connection.streams.exclude(synced_at=None).values_list("name", flat=True))
        own_key = own_key_row(connection)
        for kind in (*KINDS, own_key_kind(own_key)):
            if complete.issuperset(kind.needs):
                _compare(connection, kind, watch)
        if own_key:
            _expiry(connection, own_key)
        for found in anomalies.unusual_days(connection, datetime.now(UTC).date()):
            said = anomalies.say(connection, found)
            occurrence = f"{connection.pk}:{found.day}:{found.currency}"
            tell("anomaly", occurrence, *said[:3], link=said.link, connection=connection)
        watch.run_id, watch.looked_at = run_id, datetime.now(UTC)
        watch.save()


def _compare(connection: Connection, kind: Kind, watch: Watch) -> None:
    """What holds now against what was known: what is new is told, what has ended may be news again."""
    now = {subject[:300] for subject in kind.subjects(connection)}
    rows = Condition.objects.filter(connection=connection, kind=kind.name)
    known = set(rows.values_list("subject", flat=True))
    new, first = sorted(now - known), kind.name not in watch.baselines
    if gone := list(known - now):
        for begin in range(0, len(gone), 500):
            rows.filter(subject__in=gone[begin : begin + 500]).delete()
    made = Condition.objects.bulk_create(
        [Condition(connection=connection, kind=kind.name, subject=subject) for subject in new], batch_size=500
    )
    if first:
        watch.baselines = [*watch.baselines, kind.name]
    if made and (not first or kind.news_at_once):
        _tell(connection, kind, made)


def _tell(connection: Connection, kind: Kind, made: list[Condition]) -> None:
    if len(made) <= SEVERAL:
        for condition in made:
            said = kind.say(connection, condition.subject)
            occurrence = f"{connection.pk}:{condition.subject}:{condition.pk}"
            tell(kind.name, occurrence, *said[:3], link=said.link, connection=connection)
        return
    each = [kind.say(connection, condition.subject) for condition in made[:20]]
    facts = [(said.facts[0][1], said.title) for said in each]
    if len(made) > len(each):
        facts.append(("And", f"{len(made) - len(each)} more"))
    title = f"{connection.name} has {len(made)} {kind.many}"
    link = each[0].link.rsplit("/", 2)[0] + "/"
    tell(kind.name, f"{connection.pk}:{made[0].pk}-{made[-1].pk}", title, "", facts, link=link, connection=connection)


def _expiry(connection: Connection, key: Key) -> None:
    step = step_of(key.expires_at, datetime.now(UTC)) if key.expires_at else None
    if key.expires_at is None or step is None:
        return
    tell(
        "own_key",
        f"{connection.pk}:{key.vendor_id}:{key.expires_at:%Y-%m-%dT%H:%M}:{step}",
        f"The Admin Key that Seatwise uses for {connection.name} expires on {key.expires_at:%Y-%m-%d}",
        "When it has expired, nothing of this connection is synced any more. Make a new one and reconnect.",
        [
            ("Key", key.name or "Unknown"),
            ("Value", key.redacted_value or "Unknown"),
            ("Expires", f"{key.expires_at:%Y-%m-%d %H:%M} UTC"),
            ("Left", f"{step} days or less"),
        ],
        link=f"/connections/{connection.pk}/",
        connection=connection,
    )
