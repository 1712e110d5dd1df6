"""A budget as it is drawn: a bar with what is spent, what is forecast, and a mark for each threshold."""

from collections.abc import Iterable
from typing import NamedTuple

from seatwise.services.budgets import BudgetInfo

SCOPES = {
    "all": "All connections", "connection": "All of", "project": "Project", "person": "Person", "key": "Key",
    "model": "Model",
}  # fmt: skip


class Shown(NamedTuple):
    """`spent`, `ahead` and `marks` are places in percent of the bar, which is longer than the budget where more was
    spent or forecast; `whole` is where the budget ends. `says` is all of it in words."""

    budget: BudgetInfo
    what: str
    spent: str
    ahead: str
    whole: str
    marks: list[str]
    says: str


def shown(budgets: Iterable[BudgetInfo]) -> list[Shown]:
    return [show(budget) for budget in budgets]


def show(budget: BudgetInfo) -> Shown:
    ahead = budget.forecast_percent or 0
    longest = max(100, min(budget.percent, 200), min(ahead, 200))

    def place(percent: int) -> str:
        return f"{max(0, min(percent, longest)) * 100 / longest:.2f}%"

    marks = sorted({each.percent for each in budget.thresholds if each.percent < longest and each.percent != 100})
    forecast = "" if budget.forecast_percent is None else f", forecast {budget.forecast_percent} percent"
    return Shown(
        budget=budget,
        what=_what(budget),
        spent=place(budget.percent),
        ahead=place(ahead),
        whole=place(100),
        marks=[place(percent) for percent in marks],
        says=f"{budget.percent} percent spent{forecast}",
    )


def _what(budget: BudgetInfo) -> str:
    if budget.scope in ("all", "connection"):
        return " ".join(part for part in (SCOPES[budget.scope], budget.connection) if part)
    return f"{SCOPES[budget.scope]} {budget.subject_name} · {budget.connection}"
