"""The outbox on its way out: each channel by itself, so that a dead one holds up no other.

A delivery is taken by writing a claim and a later next try: a worker that dies leaves it to the next one, and two
workers never send the same at once. What was sent just before a crash may come twice, with the same id.
"""

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import connections, transaction

from seatwise.sdk.outbound import Sent
from seatwise.store.models import Channel, Delivery

from .backoff import next_try
from .messages import Message, told
from .settings import value_of
from .ways import send

log = logging.getLogger("seatwise.alerts")
LEASE = timedelta(minutes=2)
"""Longer than any way takes for one message."""
GATHERED = 200
"""Alerts of one digest at most."""
AT_A_TIME = 20
"""Messages of one channel in a row before the others are looked at again."""
SIDE_BY_SIDE = 8


class Postman:
    """Delivers what is due, several channels side by side."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="deliver")
        self.under_way: dict[int, Future[None]] = {}

    def go(self) -> None:
        """Sends each channel that has something due on its way, unless it is."""
        self.under_way = {key: future for key, future in self.under_way.items() if not future.done()}
        for channel in due_channels():
            if channel not in self.under_way:
                self.under_way[channel] = self.pool.submit(_apart, channel)

    def end(self) -> None:
        """Waits for what is under way; what has not begun stays in the outbox."""
        self.pool.shutdown(cancel_futures=True)


def due_channels() -> list[int]:
    due = Delivery.objects.filter(state="waiting", next_try_at__lte=datetime.now(UTC), channel__enabled=True)
    return list(due.order_by("channel_id").values_list("channel_id", flat=True).distinct())


def _apart(channel: int) -> None:
    try:
        deliver(channel)
    except Exception:
        log.exception("delivering to channel %d broke off", channel)
    finally:
        connections.close_all()


def deliver(channel_id: int) -> int:
    """Sends what is due of one channel, until something fails; how many messages went out."""
    for sent in range(AT_A_TIME):
        channel = Channel.objects.filter(pk=channel_id, enabled=True).first()
        claimed = take(channel) if channel else []
        if channel is None or not claimed:
            return sent
        outcome = send(channel, message_of(claimed, digest=channel.digest_hour is not None))
        note(claimed, outcome)
        if not outcome.done:
            log.warning("an alert could not be delivered by %s: %s", channel.name, outcome.reason)
            return sent
    return AT_A_TIME


def take(channel: Channel) -> list[Delivery]:
    """The next message's deliveries, claimed: one, or for a digest all that are due. None where another was faster."""
    now, claim = datetime.now(UTC), uuid4().hex
    due = Delivery.objects.filter(channel=channel, state="waiting", next_try_at__lte=now)
    most = 1 if channel.digest_hour is None else GATHERED
    keys = list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:most])
    due.filter(pk__in=keys).update(claim=claim, next_try_at=now + LEASE)
    return list(Delivery.objects.filter(claim=claim, pk__in=keys).select_related("alert__connection").order_by("pk"))


def message_of(deliveries: Sequence[Delivery], *, digest: bool) -> Message:
    ids = "".join(each.uid.hex for each in deliveries)
    uid = ids if len(deliveries) == 1 else hashlib.sha256(ids.encode()).hexdigest()[:32]
    address = str(value_of("public_address"))
    alerts = [told(each.alert, address) for each in deliveries if each.alert]
    return Message(f"msg_{uid}", alerts, digest=digest and bool(alerts))


def note(deliveries: Sequence[Delivery], outcome: Sent) -> None:
    """Writes down how a try went. After one that failed, all that waits for the channel waits as long."""
    now = datetime.now(UTC)
    with transaction.atomic():
        for each in deliveries:
            each.tries += 1
            each.log = [*each.log, {"at": now.isoformat(), "done": outcome.done, "reason": outcome.reason}]
            each.reason = "" if outcome.done else outcome.reason
            wait = next_try(each.tries, outcome.wait) if outcome.again else None
            each.state = "delivered" if outcome.done else "failed" if wait is None else "waiting"
            each.next_try_at = now + wait if wait else None
            each.finished_at = None if wait else now
            fields = ("tries", "log", "reason", "state", "next_try_at", "finished_at")
            ours = Delivery.objects.filter(pk=each.pk, claim=each.claim)
            ours.update(**{name: getattr(each, name) for name in fields}, claim="")
        until = min((each.next_try_at for each in deliveries if each.next_try_at), default=None)
        if until:
            others = Delivery.objects.filter(channel_id=deliveries[0].channel_id, state="waiting", claim="")
            others.filter(next_try_at__lt=until).update(next_try_at=until)
