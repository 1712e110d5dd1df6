"""`capabilities`: what an integration can sync, from its declaration; with a connection, what its key really allows."""

from typing import TYPE_CHECKING, Any

import click

from .objects import CAPABILITIES, plain
from .ready import ready
from .show import Form, Row, field, listing, show, text

if TYPE_CHECKING:
    from seatwise.services.integrations import Abilities


@click.command()
@click.argument("integration", required=False)
@click.option("--connection", default="", metavar="NAME", help="What the key of this connection allows.")
@listing
def capabilities(form: Form, integration: str | None, connection: str) -> None:
    """User fields, license types and streams of an integration, and what it reads on demand, with what each needs.

    \b
    Example:
      seatwise capabilities openai --connection "Acme Corp"
    """
    operator = ready()
    from seatwise.services.connections import get_connection
    from seatwise.services.integrations import get_capabilities, list_integrations

    of = get_connection(operator, name=connection) if connection else None
    if of and integration and integration != of.integration:
        raise click.UsageError(f"{of.name} is a connection of {of.integration}, not of {integration}.")
    wanted = [of.integration] if of else [integration] if integration else []
    slugs = wanted or [tile.slug for tile in list_integrations(operator).tiles]
    tables = [get_capabilities(operator, slug=slug, connection=of.id if of else None) for slug in slugs]
    if form.kind == "json":
        show(form, (plain(table, CAPABILITIES) for table in tables), (), {})
        return
    rows = [row for table in tables for row in _rows(table)]
    columns = ("integration", "kind", "name", "needs", "freshness", "required", "allowed", "permission", "fields")
    headings = {"": field("kind"), "Name": field("name"), "Needs": field("needs"), "Freshness": field("freshness")}
    if of:
        headings["The key allows it"] = _allowed
    show(form, rows, columns, headings)


def _allowed(row: Row) -> str:
    return (text(row["allowed"]) or "not tried") if row["kind"] == "stream" else ""


def _rows(table: "Abilities") -> list[dict[str, Any]]:
    """User fields first, then license types, then streams, then what is read on demand."""

    def row(kind: str, name: str, **more: Any) -> dict[str, Any]:
        blank = dict.fromkeys(("needs", "freshness", "required", "allowed", "permission", "fields"))
        return {"integration": table.integration, "kind": kind, "name": name, **blank, **more}

    named = [row("user field", name) for name in table.user_fields]
    named += [row("license type", name) for name in table.license_types]
    named += [
        row("stream", s.name, needs=s.needs, freshness=s.freshness, required=s.required,
            allowed=s.allowed, permission=s.permission or None, fields=list(s.fields))
        for s in table.streams
    ]  # fmt: skip
    return named + [
        row("on demand", f"{part.of} {part.name}", needs=part.needs, freshness=part.freshness, required=False)
        for part in table.on_demand
    ]
