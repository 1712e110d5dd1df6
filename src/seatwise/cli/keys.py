"""`keys`, `service-accounts`: which keys there are, who answers for them, and what is wrong with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .files import into, parquet_file
from .objects import KEY, SERVICE_ACCOUNT, flat, plain
from .paging import every, in_order
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, say, show

if TYPE_CHECKING:
    from collections.abc import Iterable

ISSUES = (
    "orphaned", "owner_left", "owner_disabled", "never_used", "unused_90_days", "no_expiry", "expiring_soon",
    "expired",
)  # fmt: skip
SORTS = ("name", "owner", "created_at", "last_use_at", "expires_at")
ACCOUNT_SORTS = ("name", "created_at")
in_project = click.option("--project", default="", metavar="PROJECT", help="Of this project: its name or ID.")


@click.command()
@of_connection
@click.option("--issue", type=click.Choice(ISSUES), metavar="ISSUE", help=f"One of {', '.join(ISSUES)}.")
@click.option("--kind", type=click.Choice(("project", "admin")), help="Keys of projects, or Admin Keys.")
@in_project
@click.option("--owner", default="", metavar="OWNER", help="Of this owner: an e-mail or an ID.")
@click.option("--search", default="", metavar="TEXT", help="In name, short form and owner.")
@in_order(SORTS, "name")
@parquet_file
@listing
def keys(form: Form, parquet: Path | None, **asked: Any) -> None:
    """Keys of the connected organizations, with what is wrong with them and how that is known.

    A key's value is never known here; the vendor shows a short form. After how many days a key counts as unused is a
    setting; it is 90 unless changed.

    \b
    Example:
      seatwise keys --issue orphaned --csv > orphaned-keys.csv
    """
    operator = ready()
    from seatwise.services.keys import KeyInfo, export_keys, list_keys
    from seatwise.services.missing import unknown_of

    filters = {name: value or "" for name, value in asked.items()}
    filters["connection"] = known(operator, asked["connection"])
    say(unknown_of(operator, listing="keys", connection=filters["connection"]))
    if parquet:
        into(parquet, form, KeyInfo, export_keys(operator, **filters), flat(KEY))
        return
    issue = asked["issue"]
    found = export_keys(operator, **filters) if form.kind else every(form, list_keys, operator, **filters)
    table = {
        "Name": lambda row: row["name"] or row["id"],
        "Short form": field("redacted_value"),
        "Owner": lambda row: row["owner_email"] or row["owner_name"] or row["owner_id"],
        "Project": lambda row: row["project"] or row["project_id"],
        "Connection": field("connection"),
        "Last used": field("last_use_at"),
        "Evidence" if issue else "Issues": _evidence(issue),
    }
    show(form, (plain(key, KEY) for key in found), flat(KEY), table)


def _evidence(issue: str | None) -> Any:
    """For one issue its sentence, for any the names of all."""

    def told(row: Row) -> "Iterable[str]":
        found = row["issues"]
        return [each["evidence"] for each in found if each["name"] == issue] or [each["name"] for each in found]

    return told


@click.command("service-accounts")
@of_connection
@in_project
@click.option("--search", default="", metavar="TEXT", help="In the name.")
@in_order(ACCOUNT_SORTS, "name")
@listing
def service_accounts(form: Form, connection: str, project: str, search: str, sort: str) -> None:
    """Service accounts of the connected organizations: accounts of machines, with how many keys they own.

    \b
    Example:
      seatwise service-accounts --project Search --json
    """
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.service_accounts import export_service_accounts, list_service_accounts

    filters: dict[str, Any] = {"connection": known(operator, connection), "project": project, "search": search}
    filters["sort"] = sort
    say(unknown_of(operator, listing="service_accounts", connection=filters["connection"]))
    exported = export_service_accounts(operator, **filters) if form.kind else None
    found = exported or every(form, list_service_accounts, operator, **filters)
    table = {
        "Name": lambda row: row["name"] or row["id"],
        "ID": field("id"),
        "Project": lambda row: row["project"] or row["project_id"],
        "Role": field("role"),
        "Keys": field("keys"),
        "Last used": field("last_use_at"),
        "Connection": field("connection"),
    }
    show(form, (plain(account, SERVICE_ACCOUNT) for account in found), flat(SERVICE_ACCOUNT), table)
