"""`spend` and `usage`: what connected accounts cost and used, by project, person, key, model or line item."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .files import into, parquet_file
from .objects import COST, SPEND, USAGE, USAGE_ROW, flat, plain
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, say, show

if TYPE_CHECKING:
    from seatwise.services.coverage import Coverage

Command = TypeVar("Command", bound=Callable[..., Any])
BY = ("total", "project", "person", "api_key", "model", "line_item")
RANGES = ("this_month", "last_month", "last_7_days", "last_30_days", "last_90_days", "this_year")


class Day(click.ParamType[date]):
    """A UTC day: 2026-03-01."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day. Write 2026-03-01.")


def in_range(command: Command) -> Command:
    """The options of both: days, and what to narrow to."""
    options = (
        click.option("--range", "range_", type=click.Choice(RANGES), help="Instead of --from and --to."),
        click.option("--from", "start", type=Day(), metavar="DAY", help="The first UTC day: 2026-03-01."),
        click.option("--to", "end", type=Day(), metavar="DAY", help="The last, included (default: today)."),
        of_connection,
        click.option("--project", default="", metavar="ID", help="Within this project (or `unattributed`)."),
        click.option("--person", default="", metavar="ID", help="Within this user, by the vendor's id."),
        click.option("--api-key", "--key", "api_key", default="", metavar="ID", help="Within this API key."),
        click.option("--model", default="", metavar="NAME", help="Within this model."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.option("--by", type=click.Choice(BY), default="project", show_default=True, help="What the lines are of.")
@in_range
@click.option("--line-item", default="", metavar="TEXT", help="Within this line item.")
@click.option("--currency", default="", metavar="CODE", help="Lines in this currency alone.")
@click.option("--rows", is_flag=True, help="The vendor's rows, one by one, instead of sums.")
@click.option("--focus", is_flag=True, help="The same rows in the columns of FinOps FOCUS.")
@parquet_file
@listing
def spend(form: Form, by: str, rows: bool, focus: bool, parquet: Path | None, **asked: Any) -> None:
    """What connected accounts cost, the largest first; this month unless days are given.

    \b
    Example:
      seatwise spend --by person --range last_30_days
      seatwise spend --from 2026-01-01 --to 2026-01-31 --focus --csv > january.csv
    """
    operator = ready()
    from seatwise.services import costs
    from seatwise.services.spend import export_spend, get_coverage
    from seatwise.services.spend_lines import SpendLine

    asked = _asked(operator, asked)
    currency = asked.pop("currency")
    if currency and (rows or focus):
        raise click.UsageError("--currency is for sums: with --rows and --focus each row says its currency.")
    told_by = ("person", "api_key") if rows or focus else (by, *(name for name in asked if asked[name]))
    _warn(get_coverage(operator, by=told_by, **{name: asked[name] for name in ("connection", "range", "start", "end")}))
    kind: Any
    if rows or focus:
        kind = costs.FocusRow if focus else costs.CostRow
        lines: Iterable[Any] = (costs.export_focus if focus else costs.export_costs)(operator, **asked)
        names: Any = kind.__struct_fields__ if focus else COST
        table = _focus_table() if focus else _cost_table()
    else:
        kind, names, table = SpendLine, SPEND, _table(by)
        lines = export_spend(operator, by=by, currency=currency, **asked)
    if parquet:
        into(parquet, form, kind, lines)
        return
    show(form, (_row(form, plain(line, names)) for line in lines), flat(names), table)


@click.command()
@click.option("--by", type=click.Choice(BY[:-1]), default="model", show_default=True, help="What the lines are of.")
@in_range
@click.option("--family", default="", metavar="NAME", help="One family: completions, embeddings, images ...")
@click.option("--rows", is_flag=True, help="The vendor's rows by day, one by one, instead of sums.")
@parquet_file
@listing
def usage(form: Form, by: str, rows: bool, parquet: Path | None, **asked: Any) -> None:
    """What connected accounts used: requests, tokens and quantities, each family by itself.

    \b
    Example:
      seatwise usage --by project --family completions --range last_month --json
      seatwise usage --rows --range last_90_days --parquet usage.parquet
    """
    operator = ready()
    from seatwise.services.usage import UsageLine, export_usage, get_usage
    from seatwise.services.usage_rows import UsageRow, export_usage_rows

    asked = _asked(operator, asked)
    _warn(get_usage(operator, by="total" if rows else by, limit=1, **asked).coverage)
    lines: Iterable[Any] = export_usage_rows(operator, **asked) if rows else export_usage(operator, by=by, **asked)
    if parquet:
        into(parquet, form, UsageRow if rows else UsageLine, lines)
        return
    if rows:
        show(form, (plain(line, USAGE_ROW) for line in lines), flat(USAGE_ROW), _usage_row_table())
        return
    table = {
        by.replace("_", " ").capitalize(): _name,
        "Family": field("family"),
        "Requests": _count("requests"),
        "Input tokens": _count("input_tokens"),
        "Output tokens": _count("output_tokens"),
        "Quantity": lambda row: f"{row['quantity']:,} {row['unit']}" if row["unit"] else "",
        "Connection": field("connection"),
    }
    show(form, (plain(line, USAGE) for line in lines), flat(USAGE), table)


def _row(form: Form, row: dict[str, Any]) -> Row:
    """In a CSV file an amount is a number, a negative one too; in JSON it is a decimal string."""
    if form.kind != "csv":
        return row
    from seatwise.services.money import AMOUNTS

    return {name: Decimal(value) if name in AMOUNTS and value else value for name, value in row.items()}


def _asked(operator: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """The options as services take them."""
    others = {name: value for name, value in asked.items() if name != "range_"}
    return {**others, "connection": known(operator, asked["connection"]), "range": asked["range_"] or ""}


def _warn(coverage: "Iterable[Coverage]") -> None:
    """What is not read, and which day was still running, on standard error: a sum must not look whole where it is
    not."""
    from seatwise.services.coverage import in_short

    coverage = list(coverage)
    for each in in_short(coverage):
        say([each.message], each.connection)
    for connection, day in sorted({(each.connection, each.running) for each in coverage if each.running}):
        say([f"{day} had not ended when it was read: its figures will grow."], connection)


def _name(row: Row) -> str:
    return row["name"] or row["id"] or "Unattributed"


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:,}" if row[name] else ""


def _money(row: Row) -> str:
    return f"{row['amount']} {row['currency'].upper()}"


def _table(by: str) -> dict[str, Callable[[Row], Any]]:
    table: dict[str, Callable[[Row], Any]] = {
        by.replace("_", " ").capitalize(): _name,
        "Spend": _money,
        "Share": lambda row: "" if row["share"] is None else f"{row['share']:.1%}",
        "Before": field("before"),
        "Connection": field("connection"),
    }
    if by == "person":
        table["How it is known"] = lambda row: list(row["methods"])
    return table


def _usage_row_table() -> dict[str, Callable[[Row], Any]]:
    return {
        "Day": field("day"),
        "Family": field("family"),
        "Project": lambda row: row["project"] or row["project_id"],
        "Key": lambda row: row["api_key"] or row["api_key_id"],
        "User": lambda row: row["user"] or row["user_id"],
        "Model": field("model"),
        "Requests": _count("requests"),
        "Input tokens": _count("input_tokens"),
        "Output tokens": _count("output_tokens"),
        "Connection": field("connection"),
        "": _partial,
    }


def _partial(row: Row) -> str:
    return "running" if row["partial"] else ""


def _cost_table() -> dict[str, Callable[[Row], Any]]:
    return {
        "Day": field("day"),
        "Project": lambda row: row["project"] or row["project_id"],
        "Line item": field("line_item"),
        "Key": lambda row: row["api_key"] or row["api_key_id"],
        "User": lambda row: row["user"] or row["user_id"],
        "Cost": _money,
        "Connection": field("connection"),
        "": _partial,
    }


def _focus_table() -> dict[str, Callable[[Row], Any]]:
    names = ("ChargePeriodStart", "SubAccountName", "ChargeDescription", "BilledCost", "BillingCurrency")
    return {name: field(name) for name in names}
