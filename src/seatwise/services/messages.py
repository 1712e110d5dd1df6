"""Alerts as each way to people wants them: a Slack message, a Teams card, a signed webhook, a letter. Nothing is sent
here. Names come from vendors, so nothing in them may become a mention, a link or a header."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from seatwise.store.models import Alert

from .alerts import KINDS

MOST = 20
"""Alerts of a digest that are told in full; Slack takes 50 blocks, Teams 28 KB."""
LONGEST = 400
SIGNED_WITH = "whsec_"


class Told(msgspec.Struct, frozen=True):
    """One alert, as webhooks get it; the names are those of scripts."""

    key: int
    kind: str
    at: datetime
    connection: str | None
    title: str
    text: str
    facts: list[tuple[str, str]]
    link: str


class Message(msgspec.Struct, frozen=True):
    """`id` stays the same for each try. `alerts` is empty for a test; `digest` says that they were gathered."""

    id: str
    alerts: list[Told]
    digest: bool = False

    @property
    def title(self) -> str:
        if not self.alerts:
            return "A test from Seatwise"
        if self.digest:
            return f"Seatwise: {len(self.alerts)} alert{'s' if len(self.alerts) > 1 else ''}"
        return self.alerts[0].title


def told(alert: Alert, address: str) -> Told:
    """`address` is where people reach this install, empty where nobody said: then the link is only its path."""
    return Told(
        key=alert.pk,
        kind=alert.kind,
        at=alert.at,
        connection=alert.connection.name if alert.connection else None,
        title=alert.title,
        text=alert.text,
        facts=[(str(label), str(value)) for label, value in alert.facts],
        link=address.rstrip("/") + alert.link if alert.link else "",
    )


TEST = "If you can read this, alerts arrive here."


def webhook(message: Message) -> bytes:
    """What a webhook's body says."""
    kind = "alerts.digest" if message.digest else f"alert.{message.alerts[0].kind}" if message.alerts else "alert.test"
    alerts = message.alerts
    data = {"alerts": alerts} if message.digest else alerts[0] if alerts else {"title": message.title, "text": TEST}
    return msgspec.json.encode({"type": kind, "timestamp": datetime.now(UTC), "data": data})


def signature(secret: str, id: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over id, time and body. Raises ValueError for no such secret."""
    stamp = str(int(at.timestamp()))
    signed = hmac.new(key_of(secret), f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    mark = base64.b64encode(signed).decode()
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mark}"}


def key_of(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SIGNED_WITH), validate=True)
    except binascii.Error:
        raise ValueError("the signing secret is not in base64") from None


def slack(message: Message) -> bytes:
    blocks: list[dict[str, Any]] = []
    for each in message.alerts[:MOST]:
        lines = [f"*{_slack(each.title)}*", _slack(each.text)]
        lines += [f"{_slack(label)}: {_slack(value)}" for label, value in each.facts]
        if each.link.startswith("http"):
            lines.append(f"<{_slack(each.link)}|Open in Seatwise>")
        text = "\n".join(line for line in lines if line)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}})
    blocks += [_context(_kinds(message.alerts))] if message.alerts else [_context(TEST)]
    if more := len(message.alerts) - MOST:
        blocks += [_context(f"And {more} more, in Seatwise.")] if more > 0 else []
    return msgspec.json.encode({"text": _slack(message.title), "blocks": blocks})


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _slack(text)}]}


def _slack(text: str) -> str:
    """No mention, no link: Slack reads those between < and >. Nor emphasis that swallows the rest."""
    text = _short(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("*", "∗").replace("`", "'")  # noqa: RUF001 (looks like one, and means nothing to Slack)


def teams(message: Message) -> bytes:
    """An Adaptive Card, as Teams' workflows take it. Texts are RichTextBlocks, which know no markup at all."""
    body: list[dict[str, Any]] = []
    for number, each in enumerate(message.alerts[:MOST]):
        body.append(_rich(each.title, bold=True, separator=bool(number)))
        body += [_rich(each.text)] if each.text else []
        body += [_rich(f"{label}: {value}") for label, value in each.facts]
    if not message.alerts:
        body = [_rich(message.title, bold=True), _rich(TEST)]
    if len(message.alerts) > MOST:
        body.append(_rich(f"And {len(message.alerts) - MOST} more, in Seatwise."))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if len(message.alerts) == 1 and message.alerts[0].link.startswith("http"):
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open in Seatwise", "url": message.alerts[0].link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return msgspec.json.encode({"type": "message", "attachments": [attachment]})


def _rich(text: str, *, bold: bool = False, separator: bool = False) -> dict[str, Any]:
    run = {"type": "TextRun", "text": _short(text), **({"weight": "Bolder"} if bold else {})}
    return {"type": "RichTextBlock", "inlines": [run], **({"separator": True} if separator else {})}


def letter(message: Message) -> tuple[str, str]:
    """Subject and text of an e-mail."""
    parts = []
    for each in message.alerts:
        facts = "\n".join(f"  {label}: {value}" for label, value in each.facts)
        parts.append("\n".join(part for part in (each.title, each.text, facts, each.link) if part))
    if not message.alerts:
        parts = [TEST]
    return _short(message.title), "\n\n".join(parts) + "\n\n-- \nSeatwise\n"


def _kinds(alerts: Sequence[Told]) -> str:
    return "Seatwise · " + ", ".join(dict.fromkeys(KINDS[each.kind][0] for each in alerts if each.kind in KINDS))


def _short(text: str) -> str:
    """On one line, and of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
