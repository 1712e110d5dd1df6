"""One-time links: the owner's set-up, an invitation, a new password. The link is the proof, so these services ask no
operator. 256 random bits, kept as a hash alone, used once, and not for long.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import msgspec
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from seatwise.store.models import OneTimeLink, Operator

from .audit import Entry, write
from .errors import NotFound, Refusal
from .rights import actor_of
from .texts import plain

LASTS = {"setup": timedelta(days=1), "invite": timedelta(days=7), "reset": timedelta(days=1)}
LONGEST_EMAIL, LONGEST_PASSWORD = 254, 1000
GONE = "This link was used, has run out, or never was. Ask an owner of this Seatwise for a new one."


class LinkInfo(msgspec.Struct, frozen=True):
    """`email` is empty for the owner's set-up: there is nobody yet."""

    purpose: str
    email: str


def create_setup_link() -> str | None:
    """The token that sets up the first owner, in place of any before it; None for good once there is an owner."""
    with transaction.atomic():
        if owner_exists():
            return None
        OneTimeLink.objects.filter(purpose="setup").delete()
        return new_link("setup", None)


def new_link(purpose: str, operator: Operator | None) -> str:
    """A token, for services that have asked for the permission. It replaces those the operator had."""
    if operator is not None:
        OneTimeLink.objects.filter(operator=operator, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + LASTS[purpose]
    OneTimeLink.objects.create(purpose=purpose, operator=operator, token_hash=hashed(token), expires_at=expires_at)
    return token


def read_link(token: str) -> LinkInfo:
    """What a link is for. Raises NotFound."""
    link = _usable(token)
    return LinkInfo(link.purpose, link.operator.email if link.operator else "")


def accept_link(token: str, *, password: str, email: str = "", name: str = "") -> Operator:
    """Uses the link up: the operator, who may sign in with `password` now. Raises NotFound, and Refusal with `fields`,
    after which the link still works."""
    with transaction.atomic():
        link = _usable(token, lock=True)
        operator = link.operator or Operator(email=email.strip(), role="owner")
        if called := plain(name).strip():
            operator.name = called[:120]
        _check(operator, password)
        # Only one of two that come at once: the second finds the link used.
        used = OneTimeLink.objects.filter(pk=link.pk, used_at=None).update(used_at=datetime.now(UTC))
        if not used or (link.purpose == "setup" and owner_exists()):
            raise NotFound(GONE)
        operator.set_password(password)
        operator.save()
        write(actor_of(operator), f"accept_{link.purpose}", Entry(operator.email), "done")
        return operator


def owner_exists() -> bool:
    return Operator.objects.filter(role="owner").exists()


def hashed(token: str) -> str:
    """Tokens are random: a plain hash is enough, and lets the database look them up."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _usable(token: str, *, lock: bool = False) -> OneTimeLink:
    links = OneTimeLink.objects.select_for_update() if lock else OneTimeLink.objects
    link = links.filter(token_hash=hashed(token), used_at=None, expires_at__gt=datetime.now(UTC)).first()
    if link is None or (link.purpose == "setup" and owner_exists()):
        raise NotFound(GONE)
    if link.operator is not None and not link.operator.is_active:
        raise NotFound(GONE)
    return link


def wrong_email(email: str) -> str:
    """What is wrong with an operator's address; empty where nothing is."""
    try:
        validate_email(email)
    except ValidationError:
        return "Enter an e-mail address."
    return "" if len(email) <= LONGEST_EMAIL else f"At most {LONGEST_EMAIL} characters."


def _check(operator: Operator, password: str) -> None:
    wrong = {"email": said} if (said := wrong_email(operator.email)) else {}
    if len(password) > LONGEST_PASSWORD:
        raise Refusal("This password is too long.", fields={"password": f"At most {LONGEST_PASSWORD} characters."})
    try:
        validate_password(password, operator)
    except ValidationError as error:
        wrong["password"] = " ".join(error.messages)
    if wrong:
        raise Refusal(" ".join(wrong.values()), fields=wrong)
