"""`limits`: what organizations and projects may spend and ask for, each minute and each month."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .objects import LIMIT, flat, plain
from .paging import every
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, moment, say, show

if TYPE_CHECKING:
    from seatwise.services.limits import LimitInfo
    from seatwise.services.paging import Page
    from seatwise.services.rights import Actor

RATES = {
    "requests_per_minute": "requests a minute",
    "tokens_per_minute": "tokens a minute",
    "images_per_minute": "images a minute",
    "audio_megabytes_per_minute": "MB of audio a minute",
    "requests_per_day": "requests a day",
    "batch_tokens_per_day": "batch tokens a day",
}


@click.command()
@of_connection
@click.option("--project", default="", metavar="PROJECT", help="Those of this project too: its name or ID.")
@click.option("--search", default="", metavar="TEXT", help="With --project: rate limits of models called so.")
@click.option("--read", is_flag=True, help="With --project: ask the vendor first.")
@listing
def limits(form: Form, connection: str, project: str, search: str, read: bool) -> None:
    """Limits and rules of whole organizations as of the last sync; with --project also the project's own, as they were
    when somebody last had them read.

    \b
    Example:
      seatwise limits
      seatwise limits --project "Search assistant" --read --json
    """
    if (read or search) and not project:
        raise click.UsageError("--read and --search are for the limits of a --project.")
    operator = ready()
    from seatwise.services.limits import list_limits

    name = known(operator, connection)
    found = _of_project(form, operator, project, name, search, read) if project else None
    table = {
        "What": field("what"),
        "Name": field("name"),
        "Limit": _limit,
        "Counts for": lambda row: row["project"] or "the organization",
        "Connection": field("connection"),
    }
    rows = found or iter(list_limits(operator, connection=name))
    show(form, (plain(each, LIMIT) for each in rows), flat(LIMIT), table)


def _of_project(
    form: Form, operator: "Actor", project: str, connection: str, search: str, read: bool
) -> Iterator["LimitInfo"]:
    from seatwise.services.limits import get_project_limits, read_project_limits
    from seatwise.services.projects import find_projects

    for place in find_projects(operator, project=project, connection=connection):
        if read:
            read_project_limits(operator, key=place.key)
        told = get_project_limits(operator, key=place.key, limit=1)
        at = f"as of {moment(told.lookup.read_at, 'seconds')}" if told.lookup.read_at else "never read: use --read"
        called = f"{place.name or place.id} of {place.connection}"
        say([f"its own limits are {at}", *told.unknown], called)
        yield from (*told.organization, *told.project)

        def rates(operator: "Actor", *, key: int = place.key, **page: Any) -> "Page[LimitInfo]":
            return get_project_limits(operator, key=key, search=search, **page).rate_limits

        yield from every(form, rates, operator)


def _limit(row: Row) -> str:
    parts = [] if row["value"] is None else [str(row["value"])]
    if row["amount"] is not None:
        each = f" a {row['interval']}" if row["interval"] else ""
        parts.append(f"{row['amount']} {(row['currency'] or '').upper()}{each}")
    parts += [f"{row[name]:,} {said}" for name, said in RATES.items() if row[name] is not None]
    return ", ".join([*parts, *(row["names"] or [])])
