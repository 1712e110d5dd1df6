"""The ways out: one message through one channel, once. What the network does becomes a value; nothing is raised for it,
and no secret of the channel gets into its reason."""

import smtplib
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from seatwise.sdk.outbound import SECONDS, Gate, Sent, mail_class, network_reason, post
from seatwise.sdk.redaction import redactor
from seatwise.store.models import AllowedHost, Channel
from seatwise.store.secrets import SecretUnreadable, opened

from . import messages
from .messages import Message

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How a mail server is spoken to, and its usual port."""


def send(channel: Channel, message: Message) -> Sent:
    """Once. Hosts whose address is not public are reached where an owner allowed them."""
    allowed = list(AllowedHost.objects.values_list("host", flat=True))
    try:
        with opened(channel) as secrets:
            return _send(channel.kind, secrets, message, allowed)
    except SecretUnreadable as error:
        return Sent(False, str(error), again=True)


def _send(kind: str, secrets: Mapping[str, str], message: Message, allowed: Collection[str]) -> Sent:
    if kind == "email":
        return _mail(secrets, message, allowed)
    if kind == "webhook":
        body = messages.webhook(message)
        headers = messages.signature(secrets["signing_secret"], message.id, body, datetime.now(UTC))
        return post(secrets["url"], body, headers, allowed=allowed, secrets=[secrets["signing_secret"]])
    body = messages.slack(message) if kind == "slack" else messages.teams(message)
    return post(secrets["url"], body, {}, allowed=allowed)


class Backend(EmailBackend):
    """Django's, with sockets from the gate."""

    def __init__(self, gate: Gate, **options: Any) -> None:
        super().__init__(timeout=SECONDS, **options)
        self.gate = gate

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return mail_class(self.gate, implicit_tls=bool(self.use_ssl))


def _mail(secrets: Mapping[str, str], message: Message, allowed: Collection[str]) -> Sent:
    subject, text = messages.letter(message)
    gate, options, sender = _server(secrets, allowed)
    if not options["host"]:
        return Sent(False, "No mail server is set: name one in the channel, or in SEATWISE_SMTP_URL.")
    to = secrets["recipients"].split(",")
    mail = EmailMessage(subject, text, sender, to, headers={"Auto-Submitted": "auto-generated"})
    redact = redactor([options["password"] or ""])
    backend = mail.connection = Backend(gate, **options)
    try:
        mail.send()
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return Sent(False, _answer(error.smtp_code, redact(str(said))), again=error.smtp_code < 500)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return Sent(False, f"{code}: the mail server refused every recipient.", again=code < 500)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Sent(False, gate.why()) if gate.refused else Sent(False, _broken(error), again=True)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            backend.close()  # what broke off halfway is open still
    return Sent(True, f"Handed to {options['host']}")


def _server(secrets: Mapping[str, str], allowed: Collection[str]) -> tuple[Gate, dict[str, Any], str]:
    """The channel's own mail server, else that of the environment, which whoever runs this install has chosen."""
    sender = secrets.get("sender") or settings.DEFAULT_FROM_EMAIL
    if not secrets.get("server"):
        gate = Gate(settings.EMAIL_HOST, [settings.EMAIL_HOST])
        return gate, {
            "host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT, "username": settings.EMAIL_HOST_USER,
            "password": settings.EMAIL_HOST_PASSWORD, "use_tls": settings.EMAIL_USE_TLS,
            "use_ssl": settings.EMAIL_USE_SSL,
        }, sender  # fmt: skip
    host, _, port = secrets["server"].rpartition(":")
    security = secrets.get("security") or "starttls"
    return Gate(host, allowed), {
        "host": host, "port": int(port), "username": secrets.get("user", ""), "password": secrets.get("password", ""),
        "use_tls": security == "starttls", "use_ssl": security == "tls",
    }, sender  # fmt: skip


def _answer(code: int, said: str) -> str:
    line = " ".join(said.split())[:200]
    return f"{code}: {line}" if line.isprintable() else f"{code}"


def _broken(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The mail server hung up."
    if isinstance(error, smtplib.SMTPException):
        return "The mail server does not offer what is asked of it: STARTTLS, or a sign-in."
    return network_reason(error, "The mail server")
