"""Operators: who signs in here, as what. There is always an owner who can."""

from datetime import datetime

import msgspec
from django.db import IntegrityError, transaction

from seatwise.store.models import OneTimeLink, Operator

from .audit import operation
from .errors import Conflict, NotFound, Refusal
from .links import new_link, wrong_email
from .rights import ROLES, Actor, Permission, require
from .texts import plain, same_name


class OperatorInfo(msgspec.Struct, frozen=True):
    """`state` is active, invited (the link was not used yet) or disabled."""

    id: int
    email: str
    name: str
    role: str
    state: str
    created_at: datetime
    last_login: datetime | None


def list_operators(operator: Actor) -> list[OperatorInfo]:
    """Everybody who may sign in, is invited, or was disabled."""
    require(operator, Permission.MANAGE_OPERATORS)
    return [_info(row) for row in Operator.objects.order_by("email")]


def invite_operator(operator: Actor, *, email: str, role: str) -> str:
    """The token of a one-time link, good for a week; asked again for somebody who has not come yet, it replaces the old
    one. Raises Refusal and Conflict."""
    email = email.strip()
    with operation(operator, Permission.MANAGE_OPERATORS, "invite_operator", email, role=role):
        _known_role(role)
        if wrong := wrong_email(email):
            raise Refusal(wrong, fields={"email": wrong})
        row = next((each for each in _locked() if same_name(each.email, email)), None)
        if row is not None and row.has_usable_password():
            raise Conflict(f"{row.email} is an operator already.", fields={"email": "An operator already."})
        row = row or Operator(email=email)
        row.role, row.is_active = role, True
        row.set_unusable_password()
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise Conflict(f"{email} was invited a moment ago.", fields={"email": "Invited already."}) from None
        return new_link("invite", row)


def change_operator_role(operator: Actor, *, id: int, role: str) -> None:
    """Raises NotFound, Refusal, and Conflict where no owner would be left."""
    with operation(operator, Permission.MANAGE_OPERATORS, "change_operator_role") as entry:
        _known_role(role)
        row = _row(id)
        entry.target = row.email
        entry.detail = {"before": row.role, "after": role}
        if role != "owner":
            _keep_an_owner(row)
        row.role = role
        row.save(update_fields=["role"])


def disable_operator(operator: Actor, *, id: int) -> None:
    """Ends their sign-in, links and tokens. Raises NotFound, and Conflict where no owner would be left."""
    with operation(operator, Permission.MANAGE_OPERATORS, "disable_operator") as entry:
        row = _row(id)
        entry.target = row.email
        _keep_an_owner(row)
        row.is_active = False
        row.save(update_fields=["is_active"])
        OneTimeLink.objects.filter(operator=row, used_at=None).delete()


def enable_operator(operator: Actor, *, id: int) -> None:
    """Lets them sign in again. Raises NotFound."""
    with operation(operator, Permission.MANAGE_OPERATORS, "enable_operator") as entry:
        row = _row(id)
        entry.target = row.email
        row.is_active = True
        row.save(update_fields=["is_active"])


def reset_password(operator: Actor, *, email: str) -> str:
    """The token of a one-time link that sets a new password, good for a day. Raises NotFound and Conflict."""
    with operation(operator, Permission.MANAGE_OPERATORS, "reset_password", email.strip()):
        row = next((each for each in _locked() if same_name(each.email, email)), None)
        if row is None:
            raise NotFound(f"There is no operator with the address {email.strip()}.")
        if not row.is_active:
            raise Conflict(f"{row.email} is disabled: enable them first.")
        return new_link("reset", row)


def _info(row: Operator) -> OperatorInfo:
    state = "disabled" if not row.is_active else "active" if row.has_usable_password() else "invited"
    return OperatorInfo(row.pk, row.email, row.name, row.role, state, row.created_at, row.last_login)


def _locked() -> list[Operator]:
    """All operators, locked in one order: two owners cannot remove each other at the same moment."""
    return list(Operator.objects.select_for_update().order_by("pk"))


def _row(id: int) -> Operator:
    row = next((each for each in _locked() if each.pk == id), None)
    if row is None:
        raise NotFound("There is no such operator.")
    return row


def _known_role(role: str) -> None:
    if role not in ROLES:
        raise Refusal(f"There is no role called {plain(role)}.", fields={"role": f"One of {', '.join(ROLES)}."})


def _keep_an_owner(row: Operator) -> None:
    able = [each for each in _locked() if each.role == "owner" and each.is_active and each.has_usable_password()]
    if able == [row]:
        raise Conflict(f"{row.email} is the last owner who can sign in. Make somebody else an owner first.")
