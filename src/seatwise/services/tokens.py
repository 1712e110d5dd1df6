"""API tokens: a script's way in. Shown once, kept as a hash, with an expiry and a role no stronger than its maker's."""

import secrets
from datetime import UTC, datetime, timedelta

import msgspec
from django.db.models import Q

from seatwise.store.models import ApiToken

from .audit import operation
from .errors import NotFound, Refusal
from .links import hashed
from .rights import ROLES, Actor, Permission, at_most, require
from .texts import plain

PREFIX = "seatwise_"
LONGEST = 365
NOTED_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: not every request is worth a write."""


class TokenInfo(msgspec.Struct, frozen=True):
    """`state` is active, expired or revoked; `operator` the e-mail of its maker."""

    id: int
    name: str
    role: str
    operator: str
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def create_token(operator: Actor, *, name: str, days: int, role: str) -> tuple[str, TokenInfo]:
    """The token in clear, this one time, and what is kept of it. Raises Refusal."""
    name = plain(name).strip()
    with operation(operator, Permission.MANAGE_OWN_TOKENS, "create_token", name, role=role, days=days):
        wrong: dict[str, str] = {}
        if not 1 <= len(name) <= 120:
            wrong["name"] = "Give it a name of 1 to 120 characters."
        if not 1 <= days <= LONGEST:
            wrong["days"] = f"A token lasts 1 to {LONGEST} days."
        if role not in ROLES or not at_most(role, operator.role):
            wrong["role"] = "A token cannot do more than you."
        if operator.operator_id is None:
            raise Refusal("A token belongs to an operator: sign in to make one.")
        if wrong:
            raise Refusal(" ".join(wrong.values()), fields=wrong)
        text = PREFIX + secrets.token_urlsafe(32)
        row = ApiToken.objects.create(
            name=name,
            role=role,
            operator_id=operator.operator_id,
            token_hash=hashed(text),
            expires_at=datetime.now(UTC) + timedelta(days=days),
        )
        return text, _info(row)


def list_tokens(operator: Actor) -> list[TokenInfo]:
    """One's own; for those who manage operators, everybody's."""
    require(operator, Permission.MANAGE_OWN_TOKENS)
    return [_info(row) for row in ApiToken.objects.filter(_mine(operator)).select_related("operator").order_by("-pk")]


def revoke_token(operator: Actor, *, id: int) -> None:
    """It stops working at once. Raises NotFound."""
    with operation(operator, Permission.MANAGE_OWN_TOKENS, "revoke_token") as entry:
        row = ApiToken.objects.filter(_mine(operator), pk=id).first()
        if row is None:
            raise NotFound("There is no such token.")
        entry.target = row.name
        ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=datetime.now(UTC))


def actor_of_token(text: str) -> Actor | None:
    """Who acts with this token: never more than its maker may today. None for one that does not work."""
    now = datetime.now(UTC)
    usable = ApiToken.objects.filter(token_hash=hashed(text), revoked_at=None, expires_at__gt=now)
    row = usable.select_related("operator").filter(operator__is_active=True).first()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    role = row.role if at_most(row.role, row.operator.role) else row.operator.role
    return Actor(f"token:{row.name}", role, row.operator_id)


def _mine(operator: Actor) -> Q:
    return Q() if operator.may(Permission.MANAGE_OPERATORS) else Q(operator_id=operator.operator_id)


def _info(row: ApiToken) -> TokenInfo:
    state = "revoked" if row.revoked_at else "expired" if row.expires_at <= datetime.now(UTC) else "active"
    return TokenInfo(
        row.pk, row.name, row.role, row.operator.email, state, row.created_at, row.expires_at, row.last_used_at
    )
