"""`overview`, `audit-events`: the first look, and what was done at the vendors by their own audit logs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from .files import into, parquet_file
from .history import since_when
from .objects import AUDIT_EVENT, FIGURE, flat, plain
from .paging import When, every
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, say, show


@click.command()
@listing
def overview(form: Form) -> None:
    """What accounts cost, who works, what needs a look, what changed this week; each figure with what is not known.

    \b
    Example:
      seatwise overview --json
    """
    operator = ready()
    from seatwise.services.overview import list_figures

    table = {"": field("card"), "Figure": field("label"), "Value": _value, "Not known": _notes}
    show(form, (plain(figure, FIGURE) for figure in list_figures(operator)), flat(FIGURE), table)


def _value(row: Row) -> str:
    if row["value"] is None:
        return "unknown"
    return f"{row['value']} {row['currency'].upper()}" if row["currency"] else str(row["value"])


def _notes(row: Row) -> str:
    notes = row["notes"]
    return f"{notes[0]} (and {len(notes) - 1} more)" if len(notes) > 1 else "".join(notes)


@click.command("audit-events")
@of_connection
@click.option("--type", "of_type", default="", metavar="TYPE", help="The vendor's word, such as user.deleted.")
@click.option("--actor", default="", metavar="WHO", help="An e-mail or a part of it, or an ID.")
@click.option("--target", default="", metavar="ID", help="Whom or what it was done to.")
@click.option("--project", default="", metavar="PROJECT", help="Its name or ID.")
@since_when
@click.option("--until", type=When(), metavar="WHEN", help="Before this moment.")
@parquet_file
@listing
def audit_events(
    form: Form,
    parquet: Path | None,
    connection: str,
    of_type: str,
    actor: str,
    target: str,
    project: str,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """What was done at the vendors, by their own audit logs, newest first. What operators did here: seatwise audit.

    \b
    Example:
      seatwise audit-events --type user.deleted --since 30d
    """
    operator = ready()
    from seatwise.services.audit_events import AuditEventInfo, export_audit_events, list_audit_events
    from seatwise.services.missing import unknown_of

    filters: dict[str, Any] = {"connection": known(operator, connection), "type": of_type, "actor": actor}
    filters |= {"target": target, "project": project, "since": since, "until": until}
    say(unknown_of(operator, listing="audit_events", connection=filters["connection"]))
    if parquet:
        into(parquet, form, AuditEventInfo, export_audit_events(operator, **filters), flat(AUDIT_EVENT))
        return
    found = (
        export_audit_events(operator, **filters) if form.kind else every(form, list_audit_events, operator, **filters)
    )
    table = {
        "At": field("at"),
        "Type": field("type"),
        "Who": field("actor"),
        "To": lambda row: row["target"] or row["target_id"],
        "Project": field("project"),
        "Connection": field("connection"),
        "Address": field("ip_address"),
    }
    show(form, (plain(event, AUDIT_EVENT) for event in found), flat(AUDIT_EVENT), table)
