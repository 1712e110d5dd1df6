"""`groups`, `roles`, `access`: who holds which roles through what, and what a user or a project makes of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .objects import ACCESS, GROUP, ROLE, flat, plain
from .paging import every, in_order
from .people import known, of_connection
from .ready import ready
from .show import Form, Row, field, listing, say, show

if TYPE_CHECKING:
    from seatwise.services.access import Holder, UserAccess
    from seatwise.services.grants import Grant
    from seatwise.services.paging import Page
    from seatwise.services.rights import Actor

GROUP_SORTS = ("name", "created_at")
ROLE_SORTS = ("name", "kind")


@click.command()
@of_connection
@click.option("--managed", type=click.Choice(["scim", "here"]), help="By the identity provider, or not.")
@click.option("--search", default="", metavar="TEXT", help="In the name.")
@in_order(GROUP_SORTS, "name")
@listing
def groups(form: Form, connection: str, managed: str | None, search: str, sort: str) -> None:
    """Groups of people, with the roles they hold in the organization.

    \b
    Example:
      seatwise groups --managed scim --json
    """
    operator = ready()
    from seatwise.services.groups import export_groups, list_groups
    from seatwise.services.missing import unknown_of

    filters: dict[str, Any] = {"connection": known(operator, connection), "managed": managed or "", "search": search}
    filters["sort"] = sort
    table = {
        "Name": field("name"),
        "Members": field("members"),
        "Projects": field("projects"),
        "Roles": field("roles"),
        "SCIM": field("scim_managed"),
        "Connection": field("connection"),
    }
    say(unknown_of(operator, listing="groups", connection=filters["connection"]))
    found = export_groups(operator, **filters) if form.kind else every(form, list_groups, operator, **filters)
    show(form, (plain(each, GROUP) for each in found), flat(GROUP), table)


@click.command()
@of_connection
@click.option("--kind", "counts_in", type=click.Choice(["organization", "project"]), help="Where the role counts.")
@click.option("--search", default="", metavar="TEXT", help="In name and permissions.")
@in_order(ROLE_SORTS, "kind")
@listing
def roles(form: Form, connection: str, counts_in: str | None, search: str, sort: str) -> None:
    """Roles with what they permit; those of projects, as far as they were read.

    \b
    Example:
      seatwise roles --search api_keys --json
    """
    operator = ready()
    from seatwise.services.missing import unknown_of
    from seatwise.services.roles import export_roles, list_roles

    filters: dict[str, Any] = {"connection": known(operator, connection), "kind": counts_in or "", "search": search}
    filters["sort"] = sort
    table = {
        "Name": field("name"),
        "Counts in": lambda row: row["project"] or row["kind"],
        "Permissions": field("permissions"),
        "Groups": field("groups"),
        "Connection": field("connection"),
    }
    say(unknown_of(operator, listing="roles", connection=filters["connection"]))
    found = export_roles(operator, **filters) if form.kind else every(form, list_roles, operator, **filters)
    show(form, (plain(each, ROLE) for each in found), flat(ROLE), table)


@click.command()
@click.argument("user", default="")
@click.option("--project", default="", metavar="PROJECT", help="Everybody in this project: its name or ID.")
@of_connection
@click.option("--search", default="", metavar="TEXT", help="With --project: people called so.")
@click.option("--read", is_flag=True, help="Ask the vendor first for the roles this USER was given directly.")
@listing
def access(form: Form, user: str, project: str, connection: str, search: str, read: bool) -> None:
    """What a USER (e-mail, name or ID) may do where, or who may do what in a project: each role with why.

    What is not known is said on standard error.

    \b
    Example:
      seatwise access ada@acme.example
      seatwise access --project "Search assistant" --csv
    """
    if bool(user) == bool(project):
        raise click.UsageError("Name a USER, or a project with --project.")
    if read and project:
        raise click.UsageError("--read is for one USER.")
    if search and user:
        raise click.UsageError("--search is for the people of a --project.")
    operator = ready()
    name = known(operator, connection)
    found = _of_user(operator, user, name, read) if user else _of_project(form, operator, project, name, search)
    table = {
        "Who" if project else "Where": (lambda row: row["email"] or row["name"] or row["user_id"])
        if project
        else _where,
        "Role": field("role"),
        "Why": field("why"),
        "Permissions": field("permissions"),
        "Connection": field("connection"),
    }
    show(form, found, flat(ACCESS), table)


def _where(row: Row) -> str:
    return str(row["project"] or row["project_id"] or "the organization")


def _of_user(operator: "Actor", user: str, connection: str, read: bool) -> Iterator[Row]:
    from seatwise.services.access import find_user_access, read_user_roles

    for found in find_user_access(operator, user=user, connection=connection):
        told = read_user_roles(operator, key=found.key) if read else found
        say([*([told.note] if told.note else []), *told.unknown], told.connection)
        for grant in told.organization:
            yield _row(told, grant)
        for place in told.projects:
            for grant in place.grants:
                yield _row(told, grant, place.id, place.name)


def _of_project(form: Form, operator: "Actor", project: str, connection: str, search: str) -> Iterator[Row]:
    from seatwise.services.access import export_project_access, list_project_access
    from seatwise.services.projects import find_projects

    for place in find_projects(operator, project=project, connection=connection):
        first = list_project_access(operator, key=place.key, limit=1)
        say(first.unknown, f"{place.name or place.id} of {place.connection}")
        exported = export_project_access(operator, key=place.key) if form.kind and not search else None
        for holder in exported or _holders(form, operator, place.key, search):
            for grant in holder.grants:
                who = {"user_id": holder.id, "email": holder.email, "name": holder.name}
                yield {"connection": place.connection, **who, **_held(grant, place.id, place.name)}


def _holders(form: Form, operator: "Actor", key: int, search: str) -> "Iterator[Holder]":
    from seatwise.services.access import list_project_access

    def holders(operator: "Actor", **page: Any) -> "Page[Holder]":
        return list_project_access(operator, key=key, search=search, **page).holders

    return every(form, holders, operator)


def _row(told: "UserAccess", grant: "Grant", project_id: str | None = None, project: str | None = None) -> Row:
    who = {"connection": told.connection, "user_id": told.id, "email": told.email, "name": told.name}
    return {**who, **_held(grant, project_id, project)}


def _held(grant: "Grant", project_id: str | None, project: str | None) -> dict[str, Any]:
    held = {name: getattr(grant, name) for name in ("role", "permissions", "reason", "why", "group")}
    return {"project_id": project_id, "project": project, **held}
