"""Channels: the ways by which alerts reach people, each tried with a button, each with a log of what went out.

Their secrets are sealed like a vendor's credentials and never shown again. Which hosts may be reached though their
address is not public is an owner's word.
"""

import base64
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet

from seatwise.sdk.outbound import host_of, is_public, same_host
from seatwise.store.models import AllowedHost, Channel, Delivery
from seatwise.store.secrets import SecretUnreadable, opened, seal

from .alerts import KINDS
from .audit import operation
from .errors import Conflict, NotFound, Refusal
from .links import wrong_email
from .messages import SIGNED_WITH
from .rights import Actor, Permission, require
from .texts import plain
from .ways import PORTS

WAYS = {"email": "E-mail", "slack": "Slack", "teams": "Microsoft Teams", "webhook": "Webhook"}
SECRET = ("url", "password", "signing_secret")
"""What is never given back."""
MOST_RECIPIENTS = 50


class ChannelInfo(msgspec.Struct, frozen=True):
    """`shown` is what may be seen of where it leads: a host, or addresses. `kinds` are the alerts it takes, none for
    all. `options` are what was entered, without its secrets. `problem` is why the last message did not arrive."""

    id: int
    kind: str
    name: str
    shown: str
    kinds: list[str]
    digest_hour: int | None
    enabled: bool
    created_at: datetime
    options: dict[str, str]
    waiting: int
    failed: int
    delivered_at: datetime | None
    problem: str


class HostInfo(msgspec.Struct, frozen=True):
    host: str
    allowed_by: str
    at: datetime


def list_channels(operator: Actor) -> list[ChannelInfo]:
    """By name."""
    require(operator, Permission.MANAGE_ALERTS)
    return [_info(row) for row in sorted(_rows(), key=lambda row: (row.name.casefold(), row.pk))]


def get_channel(operator: Actor, *, id: int) -> ChannelInfo:
    """Raises NotFound."""
    require(operator, Permission.MANAGE_ALERTS)
    row = _rows().filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such channel. Somebody may have deleted it: look at the list again.")
    return _info(row)


def create_channel(
    operator: Actor,
    *,
    kind: str,
    name: str,
    options: Mapping[str, str],
    kinds: Sequence[str] = (),
    digest_hour: int | None = None,
) -> tuple[ChannelInfo, str | None]:
    """`options` are url for slack, teams and webhook; recipients (and server, security, user, password, sender) for
    email. With a webhook's signing secret, this one time. Raises Refusal (`fields`) and Conflict."""
    with operation(operator, Permission.MANAGE_ALERTS, "create_channel", plain(name).strip(), kind=kind) as entry:
        if kind not in WAYS:
            raise Refusal("There is no such way.", fields={"kind": f"One of {', '.join(WAYS)}."})
        row = Channel(kind=kind)
        sealed = _checked(row, name, options, kinds, digest_hour, {})
        signing = _signing(row, sealed)
        _save(row, sealed)
        entry.detail |= _told(row)
    return get_channel(operator, id=row.pk), signing


def change_channel(
    operator: Actor,
    *,
    id: int,
    name: str | None = None,
    options: Mapping[str, str] | None = None,
    kinds: Sequence[str] | None = None,
    digest_hour: int | None = None,
    enabled: bool | None = None,
) -> tuple[ChannelInfo, str | None]:
    """What is None stays, but for `digest_hour`: without one alerts go at once. Of `options` an empty secret stays as
    it is, unless the server it is for changes. Switched off, what waits is given up. With a webhook's new signing
    secret, this one time, where its old one cannot be opened any more. Raises NotFound, Refusal and Conflict."""
    with operation(operator, Permission.MANAGE_ALERTS, "change_channel") as entry:
        row = _row(id, lock=True)
        kinds = row.kinds if kinds is None else kinds
        before = {} if options is None else _before(row, options)
        sealed = _checked(row, row.name if name is None else name, options, kinds, digest_hour, before)
        signing = _signing(row, sealed) if sealed else None
        if enabled is not None:
            row.enabled = enabled
        _save(row, sealed)
        if not row.enabled:
            off = {"state": "failed", "reason": "The channel was switched off.", "finished_at": datetime.now(UTC)}
            Delivery.objects.filter(channel=row, state="waiting").update(**off)
        entry.target, entry.detail = row.name, _told(row)
    return get_channel(operator, id=id), signing


def renew_signing_secret(operator: Actor, *, id: int) -> str:
    """A webhook's new signing secret, this one time; the old one signs nothing more. Raises NotFound and Conflict."""
    with operation(operator, Permission.MANAGE_ALERTS, "renew_signing_secret") as entry:
        row = _row(id, lock=True)
        entry.target = row.name
        if row.kind != "webhook":
            raise Conflict("Only webhooks are signed.")
        signing = _new_secret()
        _save(row, {**_sealed(row), "signing_secret": signing})
    return signing


def delete_channel(operator: Actor, *, id: int) -> None:
    """With its log. Raises NotFound."""
    with operation(operator, Permission.MANAGE_ALERTS, "delete_channel") as entry:
        row = _row(id, lock=True)
        entry.target, entry.detail = row.name, _told(row)
        row.delete()


def list_allowed_hosts(operator: Actor) -> list[HostInfo]:
    require(operator, Permission.MANAGE_ALERTS)
    return [HostInfo(row.host, row.allowed_by, row.at) for row in AllowedHost.objects.order_by("host")]


def allow_host(operator: Actor, *, host: str) -> None:
    """Lets alerts go to this host though its address is not public, or over plain HTTP. Raises Refusal."""
    host = same_host(plain(host))
    with operation(operator, Permission.MANAGE_OPERATORS, "allow_host", host):
        if not 1 <= len(host) <= 255 or any(letter in host for letter in "/@ ?#") or not host.isprintable():
            raise Refusal("This is no host.", fields={"host": "A name or an address alone, such as hooks.intra.net."})
        AllowedHost.objects.get_or_create(host=host, defaults={"allowed_by": plain(operator.name)[:200]})


def forbid_host(operator: Actor, *, host: str) -> None:
    """Takes that back. Raises NotFound."""
    with operation(operator, Permission.MANAGE_OPERATORS, "forbid_host", plain(host)):
        if not AllowedHost.objects.filter(host=same_host(plain(host))).delete()[0]:
            raise NotFound("This host is not on the list.")


def _rows() -> "QuerySet[Any]":
    return Channel.objects.annotate(
        waiting=Count("delivery", filter=Q(delivery__state="waiting")),
        failed=Count("delivery", filter=Q(delivery__state="failed")),
        delivered_at=Max("delivery__finished_at", filter=Q(delivery__state="delivered")),
    )


def _info(row: Any) -> ChannelInfo:
    problem = Delivery.objects.filter(channel=row).exclude(tries=0).order_by("-id").values_list("reason", flat=True)
    try:
        options, unreadable = {k: v for k, v in _sealed(row).items() if k not in SECRET}, ""
    except Refusal as refusal:
        options, unreadable = {}, refusal.message
    return ChannelInfo(
        id=row.pk,
        kind=row.kind,
        name=row.name,
        shown=row.shown,
        kinds=list(row.kinds),
        digest_hour=row.digest_hour,
        enabled=row.enabled,
        created_at=row.created_at,
        options=options,
        waiting=row.waiting,
        failed=row.failed,
        delivered_at=row.delivered_at,
        problem=unreadable or problem.first() or "",
    )


def _row(id: int, *, lock: bool = False) -> Channel:
    rows = Channel.objects.select_for_update() if lock else Channel.objects
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such channel. Somebody may have deleted it: look at the list again.")
    return row


def _sealed(row: Channel) -> dict[str, str]:
    try:
        with opened(row) as found:
            return dict(found)
    except SecretUnreadable as error:
        raise Refusal(str(error)) from None


def _before(row: Channel, options: Mapping[str, str]) -> dict[str, str]:
    """What is sealed; nothing where it cannot be opened and the secrets are typed anew. Raises Refusal."""
    try:
        return _sealed(row)
    except Refusal:
        if any(options.get(name) for name in SECRET) or (row.kind == "email" and not options.get("user")):
            return {}
        raise


def _save(row: Channel, sealed: Mapping[str, str]) -> None:
    """What is sealed stays where nothing is given."""
    try:
        with transaction.atomic():
            row.save()  # its secrets are bound to its number
            if sealed:
                seal(row, sealed)
                row.save(update_fields=["sealed"])
    except IntegrityError:
        raise Conflict(f"There is a channel called {row.name}.", fields={"name": "Another has it."}) from None


def _checked(
    row: Channel,
    name: str,
    options: Mapping[str, str] | None,
    kinds: Sequence[str],
    digest_hour: int | None,
    before: Mapping[str, str],
) -> dict[str, str]:
    """Sets what the row holds in clear; what is to be sealed, nothing without options. Raises Refusal."""
    wrong: dict[str, str] = {}
    row.name, row.kinds, row.digest_hour = plain(name).strip(), [str(kind) for kind in kinds], digest_hour
    if not 1 <= len(row.name) <= 120:
        wrong["name"] = "Give it a name of 1 to 120 characters."
    if set(row.kinds) - set(KINDS):
        wrong["kinds"] = f"Of {', '.join(KINDS)}."
    if digest_hour is not None and not 0 <= digest_hour <= 23:
        wrong["digest_hour"] = "An hour from 0 to 23, in UTC."
    given: dict[str, str] = {}
    if options is not None:
        typed = {name: value.strip() for name, value in options.items()}
        kept = {name: value for name, value in before.items() if name in SECRET and not typed.get(name)}
        given = {**typed, **kept}
        row.shown = (_wrong_mail if row.kind == "email" else _wrong_url)(given, wrong)
        if "password" in kept and given.get("server") != before.get("server"):
            _leave_password(given, wrong)
    if wrong:
        raise Refusal("Nothing was saved. " + " ".join(wrong.values()), fields=wrong)
    return given


def _leave_password(given: dict[str, str], wrong: dict[str, str]) -> None:
    """Whoever names another server need not know the password: it is not for that one."""
    if given.get("server"):
        wrong.setdefault("password", "The server changed: type its password again.")
    given["password"] = ""


def _signing(row: Channel, sealed: dict[str, str]) -> str | None:
    """A webhook's new signing secret, where it has none."""
    if row.kind != "webhook" or "signing_secret" in sealed:
        return None
    sealed["signing_secret"] = _new_secret()
    return sealed["signing_secret"]


def _wrong_url(given: dict[str, str], wrong: dict[str, str]) -> str:
    """The host of the address, which may be shown: its path may be the secret."""
    try:
        url = given.get("url", "")
        host = host_of(url)
    except ValueError as error:
        wrong["url"] = str(error)
        return ""
    if AllowedHost.objects.filter(host=host).exists():
        return host
    if not url.lower().startswith("https://"):
        wrong["url"] = (
            "Without https:// everybody on the way could read it. An owner can allow its host under Settings, Channels."
        )
    elif _certainly_private(host):
        wrong["url"] = f"{host} is no public address. An owner can allow it under Settings, Channels."
    return host


def _certainly_private(host: str) -> bool:
    """What can be said without asking anybody; the rest is seen when it is connected to."""
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _wrong_mail(given: dict[str, str], wrong: dict[str, str]) -> str:
    people = [each.strip() for each in given.get("recipients", "").replace(";", ",").replace("\n", ",").split(",")]
    people = list(dict.fromkeys(each for each in people if each))
    bad = next((each for each in people if wrong_email(each)), None)
    if bad or not 1 <= len(people) <= MOST_RECIPIENTS:
        wrong["recipients"] = f"{bad} is no address." if bad else f"1 to {MOST_RECIPIENTS} addresses."
    given["recipients"] = ",".join(people)
    if given.get("sender") and wrong_email(given["sender"]):
        wrong["sender"] = "One address."
    security = given.setdefault("security", "starttls") or "starttls"
    if security not in PORTS:
        wrong["security"] = f"One of {', '.join(PORTS)}."
    elif server := given.get("server"):
        host, _, port = server.rpartition(":") if not server.endswith("]") and ":" in server else (server, "", "")
        number = port or str(PORTS[security])
        if not host or any(letter in host for letter in "/@ ") or not number.isdecimal() or not 0 < int(number) < 65536:
            wrong["server"] = "A host, and a port if it is not the usual one, such as smtp.example.com:587."
        given["server"] = f"{same_host(host)}:{number}"
    if given.get("password") and security == "none":
        wrong["security"] = "A password is only sent over TLS."
    return ", ".join(people)


def _new_secret() -> str:
    return SIGNED_WITH + base64.b64encode(random.token_bytes(32)).decode()


def _told(row: Channel) -> dict[str, Any]:
    """For the audit log: nothing that is secret."""
    return {
        "kind": row.kind, "to": row.shown, "kinds": row.kinds or "all", "digest_hour": row.digest_hour,
        "enabled": row.enabled,
    }  # fmt: skip
