"""Thresholds of budgets: each is told once a month, whoever looks and however often.

A threshold that was passed is a row, unique in the database, and written in one transaction with the alert.
"""

from datetime import date

from django.db import transaction

from seatwise.store.models import Alert, Budget, ThresholdFired
from seatwise.store.sums import Span

from . import budget_figures as figures
from .alerts import Facts, tell
from .coverage import coverage_of
from .money import cents

LATE = 8
"""Days of a month in which the month before is looked at too: vendors still add to its last days."""
BASES = {"actual": "spent", "forecast": "forecast"}


def look_at_budgets(today: date) -> None:
    """Tells of every threshold that was passed since it was looked last."""
    for pk in Budget.objects.order_by("pk").values_list("pk", flat=True):
        look_at_budget(pk, today)


def look_at_budget(pk: int, today: date) -> None:
    """This month, and in its first days the one before in what it really cost, unless the budget was set since."""
    month = today.replace(day=1)
    with transaction.atomic():
        budget = Budget.objects.select_for_update().filter(pk=pk).first()
        if budget is None:
            return
        if today.day <= LATE and budget.set_at.date() < month:
            _look(budget, figures.month_before(today), None)
        _look(budget, month, today)


def _look(budget: Budget, month: date, today: date | None) -> Alert | None:
    """One month, its forecast too where `today` is in it. Several thresholds passed at once are one alert."""
    connections = figures.connections_of(budget)
    amounts = {"actual": figures.spent(budget, connections, month)}
    ahead = figures.forecast(budget, coverage_of(connections, Span(month, today)), today) if today else None
    if ahead is not None:
        amounts["forecast"] = ahead
    known = budget.fired.filter(period=month, revision=budget.revision).values_list("basis", "percent")
    told = set(known)
    passed = [
        (basis, percent)
        for percent, basis in budget.thresholds
        if basis in amounts and (basis, percent) not in told and amounts[basis] * 100 >= budget.amount * percent
    ]
    if not passed:
        return None
    ThresholdFired.objects.bulk_create([
        ThresholdFired(
            budget=budget, period=month, revision=budget.revision, basis=basis, percent=percent, amount=amounts[basis]
        )
        for basis, percent in passed
    ])  # fmt: skip
    return _tell(budget, month, amounts, passed, over=today is None)


def _tell(
    budget: Budget, month: date, amounts: dict[str, int], passed: list[tuple[str, int]], *, over: bool
) -> Alert | None:
    spent = [percent for basis, percent in passed if basis == "actual"]
    basis = "actual" if spent else "forecast"
    percent = max(spent or [percent for _, percent in passed])
    whole = f"{cents(budget.amount)} {budget.currency.upper()}"
    name = f"{month:%B %Y}"
    if basis == "actual":
        title = f"{budget.name}: {percent}% of the budget for {name} is spent"
    else:
        title = f"{budget.name}: the forecast for {name} passes {percent}% of the budget"
    facts: Facts = [
        ("Budget", whole),
        ("Spent", _of(budget, amounts["actual"])),
        *([("Forecast", _of(budget, amounts["forecast"]))] if "forecast" in amounts else []),
        ("Thresholds passed", ", ".join(f"{p}% {BASES[b]}" for b, p in sorted(passed, key=lambda each: each[::-1]))),
        ("Month", f"{month:%Y-%m} (UTC)"),
    ]
    text = "It counts every day that is read so far, and today is not over."
    if over:
        text = "The month is over; the vendor added to its last days."
    occurrence = f"{budget.pk}:{month}:{budget.revision}:{basis}:{percent}"
    link = f"/budgets/{budget.pk}/"
    return tell("budget", occurrence, title, text, facts, link=link, connection=budget.connection, budget=budget)


def _of(budget: Budget, amount: int) -> str:
    return f"{cents(amount)} {budget.currency.upper()} ({figures.percent(amount, budget)}%)"
