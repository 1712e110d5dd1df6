"""Costs as the vendor tells them: the same ledger, priced. Amounts are whole numbers of 1e-12 dollars until they are
written, so that every way of grouping sums to the same amount."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import msgspec

from ..rows import Row
from .ledger import Ledger
from .questions import COST_LIMITS, Question, Refused, asked, bucket, grouping, named, page, refuse
from .workers import Line

GROUPS = ("project_id", "user_id", "line_item", "api_key_id", "api_source")
_FILTERS: Mapping[str, str] = {"project_ids": "project_id", "api_key_ids": "api_key_id"}
_LINE_FILTER = "line_items"


def costs_page(ledger: Ledger, now: int, query: Any, refused: list[Refused], *, text_amounts: bool) -> bytes:
    """One page of daily buckets. `query` is a multidict; `text_amounts` writes amounts as strings. Raises ApiError 400
    for what may not be asked."""
    question = asked(query, now, limits=COST_LIMITS, groups=GROUPS, filters=_FILTERS)
    also = frozenset({"project_id"} if any(name == "project_id" for name, _ in question.filters) else ())
    refuse(question, "costs", refused, also)
    lines = frozenset((*query.getall(f"{_LINE_FILTER}[]", []), *query.getall(_LINE_FILTER, [])))
    buckets = [
        ledger.bucket(
            ("costs", start, question.groups, question.filters, lines, text_amounts),
            now,
            partial(_bucket, ledger, now, question, start, lines, text_amounts),
        )
        for start in question.starts
    ]
    return page(question, buckets)


def _bucket(
    ledger: Ledger, now: int, question: Question, start: int, lines: frozenset[str], text_amounts: bool
) -> bytes:
    return bucket(start, question.width, _results(ledger, now, question, start, lines, text_amounts))


def _results(
    ledger: Ledger, now: int, question: Question, start: int, lines: frozenset[str], text_amounts: bool
) -> list[Row]:
    by_line, renamed = "line_item" in question.groups, ledger.renamed(start)
    groups = tuple(group for group in question.groups if group != "line_item")
    of = grouping(groups)
    sums: dict[tuple[Any, str | None], list[Any]] = {}
    for worker, _, figures in ledger.billed(start, start + question.width, now):
        if question.wants(worker):
            key = of(worker)
            for line, figure in zip(worker.lines, figures, strict=True):
                text = line.renamed if renamed else line.text
                if figure and (not lines or text in lines):
                    total = sums.setdefault((key, text if by_line else None), [0, 0, line])
                    total[0] += figure * line.price
                    total[1] += figure
    return [
        _result({**named(groups, key), **({"line_item": text} if by_line else {})}, amount, figure, line, text_amounts)
        for (key, text), (amount, figure, line) in sums.items()
    ]


def _result(grouped: Row, amount: int, figure: int, line: Line, text_amounts: bool) -> Row:
    """`user_id` and `api_source` are there only where they were asked for: the published description has neither."""
    counted = "line_item" in grouped and line.price >= 0
    return {
        "object": "organization.costs.result",
        "amount": {"value": dollars_text(amount) if text_amounts else msgspec.Raw(dollars(amount)), "currency": "usd"},
        "line_item": None,
        "project_id": None,
        "api_key_id": None,
        **grouped,
        "quantity": _number(figure * line.quantity) if counted else None,
        "quantity_unit": line.unit if counted else None,
    }


def dollars(amount: int) -> bytes:
    """1e-12 dollars as a JSON number, to the last digit; small ones as `7.5e-5`, which is how floats are written."""
    if 0 < abs(amount) < 100_000_000:
        return f"{Decimal(amount).scaleb(-12).normalize():e}".encode()
    whole, parts = divmod(abs(amount), 10**12)
    return f"{'-' if amount < 0 else ''}{whole}.{parts:012d}".rstrip("0").rstrip(".").encode()


def dollars_text(amount: int) -> str:
    """The string form seen live: sixteen decimals."""
    return f"{Decimal(amount).scaleb(-12):.16f}"


def _number(quantity: Fraction) -> msgspec.Raw:
    """A quantity as a JSON number; all of the price list's have finitely many decimals."""
    if quantity.denominator == 1:
        return msgspec.Raw(str(quantity.numerator).encode())
    return msgspec.Raw(f"{Decimal(quantity.numerator) / quantity.denominator:f}".encode())
