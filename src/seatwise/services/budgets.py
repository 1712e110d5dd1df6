"""Budgets: so much a month for everything, a connection, a project, a person, a key or a model; what is spent of each,
what the month will come to, and which thresholds were passed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from seatwise.store.models import Budget, Connection, SpendMonth
from seatwise.store.models.spend import ten_billionths
from seatwise.store.sums import Span

from . import budget_figures as figures
from .audit import operation
from .budget_alerts import look_at_budget
from .budget_subjects import subject_of
from .coverage import Coverage, coverage_of
from .errors import Conflict, NotFound, Refusal
from .forecast import basis_of
from .money import decimal, today
from .rights import Actor, Permission, require
from .spend_names import names_of
from .texts import connections_called, plain

SCOPES = {
    "all": "Everything",
    "connection": "A connection",
    "project": "A project",
    "person": "A person",
    "key": "A key",
    "model": "A model",
}
BASES = ("actual", "forecast")
LARGEST = Decimal(10) ** 8
MOST_THRESHOLDS, HIGHEST = 20, 1000


class ThresholdInfo(msgspec.Struct, frozen=True):
    """`basis` is actual or forecast; `fired_at` when it was passed this month, None while it was not."""

    percent: int
    basis: str
    fired_at: datetime | None = None


class BudgetInfo(msgspec.Struct, frozen=True):
    """Amounts are decimal strings in `currency`. `month` is its first day. `state`: over, nearing (a threshold is
    passed, or the forecast is above the budget), within, or incomplete, where not all costs of the month are read, or
    of a person's not all days worked out: `coverage` says why. `forecast` is None while too little is known,
    and `forecast_why` says so. `other_currencies` are not counted."""

    id: int
    name: str
    scope: str
    connection: str | None
    subject: str | None
    subject_name: str | None
    amount: str
    currency: str
    thresholds: list[ThresholdInfo]
    month: date
    spent: str
    percent: int
    forecast: str | None
    forecast_percent: int | None
    forecast_why: str
    state: str
    coverage: list[Coverage]
    other_currencies: list[str]
    created_at: datetime


def list_budgets(operator: Actor, *, connection: str = "", scope: str = "") -> list[BudgetInfo]:
    """By name; those of one connection (budgets for everything are of none), or of one scope."""
    require(operator, Permission.SEE_SPEND)
    rows = Budget.objects.select_related("connection")
    if (called := connections_called(connection)) is not None:
        rows = rows.filter(connection__in=called)
    if scope:
        rows = rows.filter(scope=plain(scope))
    return [_info(row) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.pk))]


def get_budget(operator: Actor, *, id: int) -> BudgetInfo:
    """Raises NotFound."""
    require(operator, Permission.SEE_SPEND)
    return _info(_row(id))


def create_budget(
    operator: Actor,
    *,
    name: str,
    scope: str,
    amount: str | Decimal,
    currency: str = "usd",
    connection: str = "",
    subject: str = "",
    thresholds: Sequence[tuple[int, str]] = ((50, "actual"), (80, "actual"), (100, "actual"), (100, "forecast")),
) -> BudgetInfo:
    """`subject` is the vendor's id of what it is for, or its name where only one is called so; `thresholds` are pairs
    of percent and basis. What is passed already is told at once. Raises Refusal (`fields`) and Conflict."""
    given = {"name": name, "amount": amount, "currency": currency, "thresholds": thresholds}
    with operation(operator, Permission.MANAGE_ALERTS, "create_budget", plain(name).strip()) as entry:
        values = _checked(given, _wrong_scope(scope))
        row = Budget(scope=scope, **values)
        if scope != "all":
            row.connection = _connection(connection)
            row.subject, row.label = subject_of(scope, row.connection, plain(subject).strip())
        _save(row)
        entry.detail = _told(row)
        look_at_budget(row.pk, today())
    return get_budget(operator, id=row.pk)


def change_budget(operator: Actor, *, id: int, **changes: Any) -> BudgetInfo:
    """Changes `name`, `amount`, `currency` or `thresholds`; what it is for stays. Another amount begins the month's
    thresholds anew. Raises NotFound, Refusal and Conflict."""
    with operation(operator, Permission.MANAGE_ALERTS, "change_budget") as entry:
        row = _row(id, lock=True)
        before = _told(row)
        now = {"name": row.name, "amount": decimal(row.amount), "currency": row.currency, "thresholds": row.thresholds}
        values = _checked(now | {name: value for name, value in changes.items() if value is not None}, {})
        anew = (values["amount"], values["currency"]) != (row.amount, row.currency)
        if anew or values["thresholds"] != row.thresholds:
            row.set_at = datetime.now(UTC)
        for name, value in values.items():
            setattr(row, name, value)
        row.revision += anew
        entry.target = row.name
        _save(row)
        entry.detail = {"before": before, "after": _told(row)}
        look_at_budget(row.pk, today())
    return get_budget(operator, id=id)


def delete_budget(operator: Actor, *, id: int) -> None:
    """What it told stays among the alerts. Raises NotFound."""
    with operation(operator, Permission.MANAGE_ALERTS, "delete_budget") as entry:
        row = _row(id, lock=True)
        entry.target, entry.detail = row.name, _told(row)
        row.delete()


def spent_currencies(operator: Actor) -> list[str]:
    """Currencies that anything was ever spent in; usd where nothing was."""
    require(operator, Permission.SEE_SPEND)
    rows = SpendMonth.objects.filter(dimension="total").order_by().values_list("currency", flat=True)
    return sorted(set(rows.distinct())) or ["usd"]


def _info(row: Budget) -> BudgetInfo:
    day = today()
    month = day.replace(day=1)
    connections = figures.connections_of(row)
    coverage = coverage_of(connections, Span(month, day))
    spent, ahead = figures.spent(row, connections, month), figures.forecast(row, coverage, day)
    fired = {
        (each.basis, each.percent): each.at for each in row.fired.filter(period=month, revision=row.revision)
    }  # fmt: skip
    gaps = [each for each in coverage if each.problem or (row.scope == "person" and each.unsettled)]
    thresholds = [ThresholdInfo(percent, basis, fired.get((basis, percent))) for percent, basis in row.thresholds]
    return BudgetInfo(
        id=row.pk,
        name=row.name,
        scope=row.scope,
        connection=row.connection.name if row.connection else None,
        subject=row.subject or None,
        subject_name=_subject_name(row),
        amount=decimal(row.amount),
        currency=row.currency,
        thresholds=thresholds,
        month=month,
        spent=decimal(spent),
        percent=figures.percent(spent, row),
        forecast=None if ahead is None else decimal(ahead),
        forecast_percent=None if ahead is None else figures.percent(ahead, row),
        forecast_why=basis_of(coverage, day).why if ahead is None else "",
        state=_state(row, spent, ahead, bool(fired), incomplete=bool(gaps) or not connections),
        coverage=gaps,
        other_currencies=figures.other_currencies(row, connections, month),
        created_at=row.created_at,
    )


def _state(row: Budget, spent: int, ahead: int | None, fired: bool, *, incomplete: bool) -> str:
    """The worst that is certain; nothing is fine while a part of it is unknown."""
    if spent >= row.amount:
        return "over"
    if fired or (ahead is not None and ahead > row.amount):
        return "nearing"
    return "incomplete" if incomplete else "within"


def _subject_name(row: Budget) -> str | None:
    if row.scope in ("all", "connection") or row.connection_id is None:
        return None
    dimension = figures.DIMENSIONS[row.scope]
    named = names_of(dimension, {row.connection_id: [row.subject]}).get((row.connection_id, row.subject))
    return (named.name if named else None) or row.label or row.subject


def _row(id: int, *, lock: bool = False) -> Budget:
    if lock:
        Budget.objects.select_for_update().filter(pk=id).first()
    row = Budget.objects.select_related("connection").filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such budget. Somebody may have deleted it: look at the list again.")
    return row


def _save(row: Budget) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(f"There is a budget called {row.name}.", fields={"name": "Another budget has it."}) from None


def _connection(name: str) -> Connection:
    found = connections_called(name) or ()
    row = Connection.objects.filter(pk__in=found).first()
    if row is None:
        raise Refusal("Which connection is it for?", fields={"connection": "Choose a connection."})
    return row


def _wrong_scope(scope: str) -> dict[str, str]:
    return {} if scope in SCOPES else {"scope": f"One of {', '.join(SCOPES)}."}


def _checked(given: dict[str, Any], wrong: dict[str, str]) -> dict[str, Any]:
    """The values as columns hold them. Raises Refusal with all that is wrong."""
    wrong = dict(wrong)
    name = plain(str(given["name"])).strip()
    if not 1 <= len(name) <= 120:
        wrong["name"] = "Give it a name of 1 to 120 characters."
    amount = _amount(given["amount"])
    if amount is None:
        wrong["amount"] = "An amount above zero, such as 500 or 500.00, of a hundred million at most."
    currency = str(given["currency"]).strip().lower()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        wrong["currency"] = "A currency of three letters, such as USD."
    thresholds = _thresholds(given["thresholds"])
    if thresholds is None:
        wrong["thresholds"] = f"Whole percents from 1 to {HIGHEST}, {MOST_THRESHOLDS} at most."
    if wrong:
        raise Refusal("Nothing was saved. " + " ".join(wrong.values()), fields=wrong)
    return {"name": name, "amount": amount, "currency": currency, "thresholds": thresholds}


def _amount(said: Any) -> int | None:
    try:
        value = Decimal(str(said).strip().replace(",", ""))
    except InvalidOperation:
        return None
    return ten_billionths(value) if value.is_finite() and Decimal("0.01") <= value <= LARGEST else None


def _thresholds(said: Any) -> list[list[Any]] | None:
    """Each once, the lowest first; None where one makes no sense."""
    found: set[tuple[int, str]] = set()
    for percent, basis in said:
        if type(percent) is not int or not 1 <= percent <= HIGHEST or basis not in BASES:
            return None
        found.add((percent, basis))
    return [list(each) for each in sorted(found, key=lambda each: (each[1], each[0]))] if (
        len(found) <= MOST_THRESHOLDS
    ) else None  # fmt: skip


def _told(row: Budget) -> dict[str, Any]:
    """For the audit log."""
    return {
        "scope": row.scope, "subject": row.label or row.subject, "amount": decimal(row.amount),
        "currency": row.currency, "thresholds": [f"{percent}% {basis}" for percent, basis in row.thresholds],
    }  # fmt: skip
