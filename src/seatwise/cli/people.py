"""`users`, `licenses`, `projects`: who is at the vendors, as what, with which license, in which projects."""

import click

from seatwise.sdk.status import DEPARTED, STATUSES

from .objects import LICENSE, PROJECT, USER, flat, plain
from .paging import every
from .ready import ready
from .show import Form, Row, field, listing, show

of_connection = click.option("--connection", default="", metavar="NAME", help="Of this connection alone.")


@click.command()
@of_connection
@click.option("--status", multiple=True, type=click.Choice([s.name for s in STATUSES]), help="Repeat it for several.")
@click.option("--role", default="", metavar="ROLE", help="The vendor's word for what they may do.")
@click.option("--search", default="", metavar="TEXT", help="In e-mail and name.")
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
    from seatwise.services.users import export_users, list_users

    filters = {"connection": connection, "status": status, "role": role, "search": search, "departed": departed}
    found = export_users(operator, **filters) if form.kind else every(form, list_users, operator, **filters)
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
@listing
def licenses(form: Form, connection: str) -> None:
    """Licenses with who holds them: assigned, and of these idle; invited; of unknown use.

    \b
    Example:
      seatwise licenses
    """
    operator = ready()
    from seatwise.services.licenses import list_licenses

    table = {
        "License": field("license"),
        "Connection": field("connection"),
        "Assigned": field("assigned"),
        "Idle": _idle,
        "Invited": field("invited"),
        "Unknown use": field("unknown"),
    }
    found = list_licenses(operator, connection=connection)
    show(form, (plain(info, LICENSE) for info in found), flat(LICENSE), table)


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
    from seatwise.services.projects import list_projects

    found = every(form, list_projects, operator, connection=connection, status=status, search=search)
    table = {
        "Name": field("name"),
        "ID": field("id"),
        "Status": field("status"),
        "Connection": field("connection"),
        "Created": field("created_at"),
    }
    show(form, (plain(project, PROJECT) for project in found), flat(PROJECT), table)
