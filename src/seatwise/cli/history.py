"""`runs`, `changes`, `audit`: what was synced, what changed at the vendors, what operators did here. Newest first."""

from datetime import datetime

import click

from .objects import AUDIT, CHANGE, RUN, flat, plain
from .paging import When, every
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, show, text

KINDS = ("arrived", "changed", "departed", "returned", "baseline", "new_owner")
OUTCOMES = ("done", "refused", "not_allowed")
since_when = click.option("--since", type=When(), metavar="WHEN", help="2026-03-01, 2026-03-01T12:00Z, 7d, 12h, 90m.")


@click.command()
@of_connection
@listing
def runs(form: Form, connection: str) -> None:
    """Syncs that ran: trigger, state, counts of each stream, requests, duration, error.

    \b
    Example:
      seatwise runs --connection "Acme Corp" --limit 10
    """
    operator = ready()
    from seatwise.services.connections import get_connection
    from seatwise.services.syncs import list_runs

    of = get_connection(operator, name=connection).id if connection else None
    table = {
        "Run": field("id"),
        "Connection": field("connection"),
        "Trigger": field("trigger"),
        "State": field("state"),
        "Started": field("started_at"),
        "Seconds": _seconds,
        "Requests": field("requests"),
        "Streams": _streams,
        "Error": field("error"),
    }
    found = every(form, list_runs, operator, connection=of)
    show(form, (plain(run, RUN) for run in found), flat(RUN), table)


def _seconds(row: Row) -> str:
    ended = row["finished_at"] and row["started_at"]
    return f"{(row['finished_at'] - row['started_at']).total_seconds():.1f}" if ended else ""


def _streams(row: Row) -> str:
    return ", ".join(
        f"{s['name']} {s['state']} {s['records']} (+{s['arrived']} ~{s['changed']} -{s['departed']} ↩{s['returned']})"
        for s in row["streams"]
    )


@click.command()
@of_connection
@click.option("--stream", default="", metavar="STREAM", help="Of this stream alone.")
@click.option("--kind", type=click.Choice(KINDS), help="Of this kind alone.")
@click.option("--search", default="", metavar="TEXT", help="In what is known of it: a name, an e-mail, an ID.")
@since_when
@listing
def changes(form: Form, connection: str, stream: str, kind: str | None, search: str, since: datetime | None) -> None:
    """What arrived, changed, departed and returned at the vendors, with before and after.

    \b
    Example:
      seatwise changes --since 7d
    """
    operator = ready()
    from seatwise.services.changes import list_changes

    of = known(operator, connection)
    filters = {"connection": of, "stream": stream, "kind": kind or "", "search": search, "since": since}
    found = every(form, list_changes, operator, **filters)
    table = {
        "At": field("at"),
        "Connection": field("connection"),
        "Stream": field("stream"),
        "ID": field("id"),
        "Kind": field("kind"),
        "Before": lambda row: _fields(row["before"]),
        "After": lambda row: _fields(row["after"]),
    }
    show(form, (plain(change, CHANGE) for change in found), flat(CHANGE), table)


def _fields(values: dict[str, object] | None) -> str:
    return ", ".join(f"{name}={text(value)}" for name, value in (values or {}).items())


@click.command()
@click.option("--search", default="", metavar="TEXT", help="In who did it, and to what.")
@click.option("--operation", default="", metavar="NAME", help="This operation alone, such as connect.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="With this outcome alone.")
@since_when
@listing
def audit(form: Form, search: str, operation: str, outcome: str | None, since: datetime | None) -> None:
    """What operators did here.

    \b
    Example:
      seatwise audit --since 30d --csv
    """
    operator = ready()
    from seatwise.services.audit import list_audit_entries

    filters = {"search": search, "name": operation, "outcome": outcome or "", "since": since}
    found = every(form, list_audit_entries, operator, **filters)
    table = {
        "At": field("at"),
        "Operator": field("operator"),
        "Operation": field("operation"),
        "Target": field("target"),
        "Outcome": field("outcome"),
        "Detail": lambda row: _fields(row["detail"]),
    }
    show(form, (plain(line, AUDIT) for line in found), flat(AUDIT), table)
