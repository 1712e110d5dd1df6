"""`budgets`, `alerts`, `acknowledge`: what the month may cost and does, and what happened that somebody should know."""

from datetime import datetime

import click

from .history import since_when
from .objects import ALERT, BUDGET, flat, plain
from .paging import every
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, harmless, listing, show

KINDS = ("budget", "anomaly", "orphaned_key", "new_owner", "new_admin_key", "connection", "own_key")
SCOPES = ("all", "connection", "project", "person", "key", "model")


@click.command()
@of_connection
@click.option("--scope", type=click.Choice(SCOPES), help="Budgets for this alone.")
@listing
def budgets(form: Form, connection: str, scope: str | None) -> None:
    """Budgets of this month: what is spent, what the month will come to, which thresholds were passed.

    \b
    Example:
      seatwise budgets
      seatwise budgets --scope project --json
    """
    operator = ready()
    from seatwise.services.budgets import list_budgets

    found = list_budgets(operator, connection=known(operator, connection), scope=scope or "")
    table = {
        "Budget": field("name"),
        "For": _what,
        "Spent": field("spent"),
        "Of": field("amount"),
        "Currency": lambda row: row["currency"].upper(),
        "Percent": field("percent"),
        "Forecast": lambda row: row["forecast"] or f"Unknown. {row['forecast_why']}",
        "State": field("state"),
    }
    show(form, (plain(budget, BUDGET) for budget in found), flat(BUDGET), table)


def _what(row: Row) -> str:
    parts = (row["scope"], row["subject_name"], row["connection"])
    return ", ".join(part for part in parts if part)


@click.command()
@of_connection
@click.option("--kind", "of_kind", type=click.Choice(KINDS), help="Of this kind alone.")
@click.option("--open", "unseen", is_flag=True, help="Those that nobody has acknowledged: --acknowledged no.")
@click.option("--acknowledged", type=click.BOOL, metavar="YES|NO", help="Those that somebody has, or nobody.")
@since_when
@listing
def alerts(
    form: Form,
    connection: str,
    of_kind: str | None,
    unseen: bool,
    acknowledged: bool | None,
    since: datetime | None,
) -> None:
    """What happened that somebody should know, each once, with its evidence.

    \b
    Example:
      seatwise alerts --open
      seatwise alerts --kind budget --since 30d --csv
    """
    if unseen and acknowledged:
        raise click.UsageError("An open alert is one that nobody has acknowledged.")
    operator = ready()
    from seatwise.services.alerts import list_alerts

    of = known(operator, connection)
    acknowledged = False if unseen else acknowledged
    found = every(
        form, list_alerts, operator, connection=of, kind=of_kind or "", acknowledged=acknowledged, since=since
    )
    table = {
        "At": field("at"),
        "Kind": field("kind"),
        "Connection": field("connection"),
        "What": field("title"),
        "Acknowledged": field("acknowledged_at"),
    }
    show(form, (plain(alert, ALERT) for alert in found), flat(ALERT), table)


@click.command()
@click.argument("keys", nargs=-1, required=True, type=click.IntRange(1), metavar="KEY…")
def acknowledge(keys: tuple[int, ...]) -> None:
    """Mark alerts as seen, by their `key`; a second time changes nothing.

    \b
    Example:
      seatwise acknowledge 12 13
    """
    operator = ready()
    from seatwise.services.alerts import acknowledge_alert

    for key in keys:
        found = acknowledge_alert(operator, key=key)
        click.echo(harmless(f"Acknowledged: {found.title}"), err=True)
