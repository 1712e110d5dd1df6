"""`spend-months`: what each month of one project, person, key, model or line item came to."""

from collections.abc import Iterator

import click

from .objects import MONTH, flat, plain
from .ready import ready
from .show import Form, Row, listing, say, show

DIMENSIONS = ("project", "person", "api_key", "model", "line_item")


@click.command("spend-months")
@click.option("--connection", required=True, metavar="NAME", help="In this connection.")
@click.option("--dimension", type=click.Choice(DIMENSIONS), default="project", show_default=True, help="What ID is of.")
@click.option("--id", "of", default="", metavar="ID", help="The vendor's ID or word; without it, what has none.")
@click.option("--months", type=click.IntRange(1, 60), default=12, show_default=True, help="So many months back.")
@listing
def spend_months(form: Form, connection: str, dimension: str, of: str, months: int) -> None:
    """What each month of one project, person, key, model or line item came to, the newest last.

    \b
    Example:
      seatwise spend-months --connection "Acme Corp" --dimension person --id user-abc123 --months 6
    """
    operator = ready()
    from seatwise.services.connections import get_connection
    from seatwise.services.coverage import in_short
    from seatwise.services.spend_months import months_of

    row = get_connection(operator, name=connection)
    told = months_of(operator, dimension=dimension, key=of, connection=row.id, months=months)
    say((each.message for each in in_short([told.coverage] if told.coverage else [])), row.name)
    same = {"connection": told.connection, "dimension": dimension, "id": of}

    def found() -> Iterator[Row]:
        for currency in told.currencies:
            for month in currency.months:
                own = {name: getattr(month, name) for name in ("month", "amount", "methods", "known", "running")}
                yield plain({**same, **own, "currency": currency.currency}, MONTH)

    table = {
        "Month": lambda row: f"{row['month']:%Y-%m}",
        "Spend": lambda row: f"{row['amount']} {row['currency'].upper()}",
        "": lambda row: "so far" if row["running"] else "" if row["known"] else "not all read",
    }
    show(form, found(), flat(MONTH), table)
