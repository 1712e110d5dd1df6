"""The log of what went out through which channel, with each try and its reason; a test, and another try by hand."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from seatwise.store.models import Channel, Delivery

from .audit import attempt, operation, write
from .deliveries import message_of, note
from .errors import Conflict, NotFound
from .paging import Page, page_of
from .rights import Actor, Permission, require
from .texts import plain, same_name
from .ways import send

STATES = {"waiting": "Waiting", "delivered": "Delivered", "failed": "Not delivered"}


class Try(msgspec.Struct, frozen=True):
    at: datetime
    done: bool
    reason: str


class DeliveryInfo(msgspec.Struct, frozen=True):
    """`alert` is the title, None of a test; `state` is waiting, delivered or failed; `reason` why the last try did."""

    id: int
    channel: str
    channel_id: int
    alert: str | None
    alert_key: int | None
    state: str
    reason: str
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None
    tries: list[Try]


def list_deliveries(
    operator: Actor, *, channel: str = "", state: str = "", cursor: str = "", limit: int = 50
) -> Page[DeliveryInfo]:
    """The latest first; through one channel, by its name, or in one state. Raises NotFound."""
    require(operator, Permission.MANAGE_ALERTS)
    rows = Delivery.objects.select_related("channel", "alert")
    if channel:
        rows = rows.filter(channel__in=_called(channel))
    if state:
        rows = rows.filter(state=plain(state))
    return page_of(rows, ("-id",), cursor, limit, _info)


def _called(name: str) -> list[int]:
    """The channels meant, however the name is spelled. Raises NotFound: a typo is no empty log."""
    found = [pk for pk, called in Channel.objects.values_list("pk", "name") if same_name(called, name)]
    if not found:
        raise NotFound(f"There is no channel called {plain(name)}. It may have been renamed: look at the list again.")
    return found


def try_channel(operator: Actor, *, id: int) -> DeliveryInfo:
    """Sends a test at once and tells how it went. Raises NotFound."""
    with attempt(operator, Permission.MANAGE_ALERTS, "try_channel") as entry:
        channel = Channel.objects.filter(pk=id).first()
        if channel is None:
            raise NotFound("There is no such channel. Somebody may have deleted it: look at the list again.")
        entry.target = channel.name
        # Out of the worker's reach: a test is tried once, by hand.
        row = Delivery.objects.create(channel=channel, state="testing")
        outcome = send(channel, message_of([row], digest=False))
        note([row], replace(outcome, again=False))  # nobody waits for a test
    entry.detail["arrived"] = outcome.done
    write(operator, "try_channel", entry, "done")
    return _info(Delivery.objects.select_related("channel", "alert").get(pk=row.pk))


def send_again(operator: Actor, *, id: int) -> DeliveryInfo:
    """Puts what was given up into the outbox once more. Raises NotFound and Conflict."""
    with operation(operator, Permission.MANAGE_ALERTS, "send_again", str(id)) as entry:
        row = Delivery.objects.select_for_update(of=("self",)).select_related("channel", "alert").filter(pk=id).first()
        if row is None:
            raise NotFound("There is no such delivery.")
        entry.target = row.channel.name
        if row.state != "failed" or row.alert is None:
            raise Conflict("Only an alert that was given up can be sent again.")
        if not row.channel.enabled:
            raise Conflict(
                f"{row.channel.name} is switched off. Switch it on under Settings, Channels, and send again."
            )
        row.state, row.tries, row.next_try_at, row.finished_at = "waiting", 0, datetime.now(UTC), None
        row.save(update_fields=["state", "tries", "next_try_at", "finished_at"])
    return _info(row)


def _info(row: Delivery) -> DeliveryInfo:
    return DeliveryInfo(
        id=row.pk,
        channel=row.channel.name,
        channel_id=row.channel_id,
        alert=row.alert.title if row.alert else None,
        alert_key=row.alert_id,
        state=row.state,
        reason=row.reason,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        finished_at=row.finished_at,
        tries=[Try(datetime.fromisoformat(each["at"]), each["done"], each["reason"]) for each in row.log],
    )
