"""`users`, `licenses`, `projects`: who is at the vendors, as what, with which license, in which projects."""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from seatwise.sdk.status import DEPARTED, STATUSES

from .objects import HOLDER, LICENSE, PROJECT, USER, flat, plain
from .paging import every
from .ready import ready
from .show import Form, Row, field, listing, say, show

if TYPE_CHECKING:
    from seatwise.services.licenses import LicenseInfo
    from seatwise.services.rights import Actor
    from seatwise.services.users import UserInfo

of_connection = click.option("--connection", default="", metavar="NAME", help="Of this connection alone.")
GROUPS = ("assigned", "idle", "invited", "unknown")


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
@click.option("--departed", is_flag=True, help="Those who left, instead of those who are present.")
@listing
def users(form: Form, connection: str, status: tuple[str, ...], role: str, search: str, departed: bool) -> None:
    """Users and invited people who are present; with --departed only those who left.

    \b
    Example:
      seatwise users --status active --csv > users.csv
    """
    if gone := set(status) & set(DEPARTED):
        if gone != set(status):
            raise click.UsageError("Who is present and who left are two listings: ask for one of them.")
        departed = True
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.users import export_users, list_users

    filters: dict[str, Any] = {"connection": known(operator, connection), "status": status, "role": role}
    filters |= {"search": search, "departed": departed}
    say(unknown_of(operator, listing="users", connection=filters["connection"]))
    found = export_users(operator, **filters) if form.kind else every(form, list_users, operator, **filters)
    _show_users(form, found, departed)


def _show_users(form: Form, found: "Iterable[UserInfo]", departed: bool = False) -> None:
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
@click.option("--group", type=click.Choice(GROUPS), help="The users behind one of the numbers.")
@listing
def licenses(form: Form, connection: str, group: str | None) -> None:
    """Licenses with who holds them: assigned, and of these idle; invited; of unknown use.

    \b
    Example:
      seatwise licenses
      seatwise licenses --group idle --csv
    """
    operator = ready()
    from seatwise.services.licenses import list_license_users, list_licenses

    name = known(operator, connection)
    found = list_licenses(operator, connection=name)
    if group:
        slugs = dict.fromkeys(info.slug for info in found)
        each = (every(form, list_license_users, operator, license=s, group=group, connection=name) for s in slugs)
        _show_users(form, chain.from_iterable(each))
        return

    table = {
        "License": field("license"),
        "Connection": field("connection"),
        "Assigned": field("assigned"),
        "Idle": _idle,
        "Invited": field("invited"),
        "Unknown use": field("unknown"),
    }
    columns = [*flat(LICENSE), "holders"]
    show(form, (_with_holders(form, operator, info) for info in found), columns, table)


def _with_holders(form: Form, operator: "Actor", info: "LicenseInfo") -> dict[str, Any]:
    """For scripts, who holds it; for people the numbers are enough."""
    from seatwise.services.licenses import list_license_users

    row = plain(info, LICENSE)
    if form.kind:
        whole = form._replace(limit=None)
        users = every(whole, list_license_users, operator, license=info.slug, connection=info.connection)
        row["holders"] = [plain(user, HOLDER) for user in users]
    return row


def _idle(row: Row) -> str:
    return f"{row['idle']} (over {row['idle_days']} days)"


@click.command()
@of_connection
@click.option("--status", default="", metavar="STATUS", help="active, archived or missing.")
@click.option("--search", default="", metavar="TEXT", help="In the name.")
@listing
def projects(form: Form, connection: str, status: str, search: str) -> None:
    """Projects of the connected organizations.

    \b
    Example:
      seatwise projects --connection "Acme Corp" --json
    """
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.projects import export_projects, list_projects

    filters: dict[str, Any] = {"connection": known(operator, connection), "status": status, "search": search}
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
