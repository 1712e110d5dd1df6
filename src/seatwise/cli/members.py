"""`group-members` and `project-groups`: who is in a group, and which groups were let into a project."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .objects import GROUP_MEMBER, PROJECT_GROUP, flat
from .paging import every
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, say, show

if TYPE_CHECKING:
    from seatwise.services.groups import GroupMembers
    from seatwise.services.rights import Actor


@click.command("group-members")
@click.argument("group")
@of_connection
@click.option("--search", default="", metavar="TEXT", help="People called so.")
@listing
def group_members(form: Form, group: str, connection: str, search: str) -> None:
    """Who is in a GROUP (its name or ID), by e-mail; members whom no list of users holds stand at the end.

    \b
    Example:
      seatwise group-members "Data science" --csv
    """
    operator = ready()
    table = {
        "E-mail": field("email"),
        "Name": field("name"),
        "Status": field("status"),
        "ID": field("id"),
        "Group": field("group"),
        "Connection": field("connection"),
    }
    show(form, _members(form, operator, group, known(operator, connection), search), flat(GROUP_MEMBER), table)


def _members(form: Form, operator: "Actor", group: str, connection: str, search: str) -> Iterator[Row]:
    from seatwise.services.groups import find_groups, get_group, list_group_members

    others = 0
    for place in find_groups(operator, group=group, connection=connection):
        called = f"{place.name or place.id} of {place.connection}"
        say(get_group(operator, key=place.key).unknown, called)

        def members(operator: "Actor", *, key: int = place.key, **page: Any) -> "GroupMembers":
            nonlocal others
            found = list_group_members(operator, key=key, search=search, **page)
            others = found.others
            return found

        for each in every(form, members, operator):
            own = {name: getattr(each, name) for name in ("id", "email", "name", "status")}
            yield {"connection": place.connection, "group_id": place.id, "group": place.name, **own}
        if others:
            say([f"{others} more members are in no list of users."], called)


@click.command("project-groups")
@click.argument("project")
@of_connection
@listing
def project_groups(form: Form, project: str, connection: str) -> None:
    """The groups that were let into a PROJECT (its name or ID), with the roles they hold there.

    \b
    Example:
      seatwise project-groups "Search assistant" --json
    """
    operator = ready()
    table = {
        "Group": lambda row: row["name"] or row["id"],
        "Members": field("members"),
        "Roles": field("roles"),
        "Permissions": field("permissions"),
        "Project": lambda row: row["project"] or row["project_id"],
        "Connection": field("connection"),
    }
    show(form, _groups(operator, project, known(operator, connection)), flat(PROJECT_GROUP), table)


def _groups(operator: "Actor", project: str, connection: str) -> Iterator[Row]:
    from seatwise.services.groups import list_project_groups
    from seatwise.services.projects import find_projects

    for place in find_projects(operator, project=project, connection=connection):
        found = list_project_groups(operator, key=place.key)
        say(found.unknown, f"{place.name or place.id} of {place.connection}")
        for each in found.items:
            own = {name: getattr(each, name) for name in ("id", "name", "members", "roles", "permissions")}
            yield {"connection": place.connection, "project_id": place.id, "project": place.name, **own}
