"""`users`, `projects`: who is at the vendors, as what, with which license, in which projects."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatwise.sdk.status import DEPARTED, STATUSES

from .files import into, parquet_file
from .objects import PROJECT, USER, flat, plain
from .paging import every, in_order
from .ready import ready
from .show import Form, field, listing, say, show

if TYPE_CHECKING:
    from seatwise.services.rights import Actor
    from seatwise.services.users import UserInfo

of_connection = click.option("--connection", default="", metavar="NAME", help="Of this connection alone.")
SORTS = ("email", "name", "role", "status", "joined_at", "last_active_at", "month_spend")
PROJECT_SORTS = ("name", "created_at", "status")
KINDS = ("user", "invite", "service_account")
USED = ("lately", "longer_ago", "unknown")


def known(operator: "Actor", connection: str) -> str:
    """The name of a connection as it is spelled here; none for none. Raises NotFound: a typo is no empty listing."""
    from seatwise.services.connections import get_connection

    return get_connection(operator, name=connection).name if connection else ""


@click.command()
@of_connection
@click.option("--status", multiple=True, type=click.Choice([s.name for s in STATUSES]), help="Repeat it for several.")
@click.option("--role", default="", metavar="ROLE", help="The vendor's word for what they may do.")
@click.option(
    "--search",
    default="",
    metavar="TEXT",
    help="In e-mail and name, one or two letters at their beginning; from 8 on also how an ID begins.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Of this kind alone.")
@click.option("--used", type=click.Choice(USED), help="By the last known use; lately is within 30 days.")
@click.option("--departed", is_flag=True, help="Those who left, instead of those who are present.")
@in_order(SORTS, "email")
@parquet_file
@listing
def users(form: Form, parquet: Path | None, sort: str, **asked: Any) -> None:
    """Users and invited people who are present; with --departed only those who left.

    \b
    Example:
      seatwise users --status active --csv > users.csv
    """
    if gone := set(asked["status"]) & set(DEPARTED):
        if gone != set(asked["status"]):
            raise click.UsageError("Who is present and who left are two listings: ask for one of them.")
        asked["departed"] = True
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.users import UserInfo, export_users, list_users

    filters: dict[str, Any] = {name: value or "" for name, value in asked.items()}
    filters |= {"connection": known(operator, asked["connection"]), "status": asked["status"], "sort": sort}
    filters["departed"] = asked["departed"]
    say(unknown_of(operator, listing="users", connection=filters["connection"]))
    if parquet:
        into(parquet, form, UserInfo, export_users(operator, **filters), flat(USER))
        return
    found = export_users(operator, **filters) if form.kind else every(form, list_users, operator, **filters)
    show_users(form, found, asked["departed"])


def show_users(form: Form, found: "Iterable[UserInfo]", departed: bool = False) -> None:
    table = {
        "E-mail": field("email"),
        "Name": field("name"),
        "Role": field("role"),
        "Status": field("status"),
        "Licenses": field("licenses"),
        "Connection": field("connection"),
        "Left" if departed else "Last active": field("departed_at" if departed else "last_active_at"),
    }
    show(form, (plain(user, USER) for user in found), flat(USER), table)


@click.command()
@of_connection
@click.option("--status", default="", metavar="STATUS", help="active, archived or missing.")
@click.option("--search", default="", metavar="TEXT", help="In the name.")
@in_order(PROJECT_SORTS, "name")
@listing
def projects(form: Form, connection: str, status: str, search: str, sort: str) -> None:
    """Projects of the connected organizations.

    \b
    Example:
      seatwise projects --connection "Acme Corp" --json
    """
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.projects import export_projects, list_projects

    filters: dict[str, Any] = {"connection": known(operator, connection), "status": status, "search": search}
    filters["sort"] = sort
    say(unknown_of(operator, listing="projects", connection=filters["connection"]))
    found = export_projects(operator, **filters) if form.kind else every(form, list_projects, operator, **filters)
    table = {
        "Name": field("name"),
        "ID": field("id"),
        "Status": field("status"),
        "Members": field("members"),
        "Connection": field("connection"),
        "Created": field("created_at"),
    }
    show(form, (plain(project, PROJECT) for project in found), flat(PROJECT), table)
