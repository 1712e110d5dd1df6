"""`connections`, and what is set on one: `pause`, `resume`, `settings`."""

from typing import TYPE_CHECKING

import click

from .objects import CONNECTION, flat, plain
from .ready import ready
from .show import Form, Row, field, listing, show

if TYPE_CHECKING:
    from seatwise.services.connections import ConnectionInfo


@click.command()
@click.option("--integration", default="", metavar="SLUG", help="Of this integration alone, such as openai.")
@listing
def connections(form: Form, integration: str) -> None:
    """The connections and how they are: state, freshness, what needs attention.

    \b
    Example:
      seatwise connections --json
    """
    operator = ready()
    from seatwise.services.connections import list_connections

    found = list_connections(operator, integration=integration)
    table = {
        "Name": field("name"),
        "Organization": field("organization_id"),
        "State": field("state"),
        "Last complete sync": field("last_complete_sync_at"),
        "Next sync": field("next_sync_at"),
        "Streams": _streams,
        "Attention": field("attention"),
    }
    show(form, (plain(info, CONNECTION) for info in found), flat(CONNECTION), table)


def _streams(row: Row) -> str:
    return ", ".join(f"{s['name']} {s['state']} ({s['records']})" for s in row["streams"])


@click.command()
@click.argument("name")
def pause(name: str) -> None:
    """Pause the schedule of a connection. Asked for, it still syncs.

    \b
    Example:
      seatwise pause "Acme Corp"
    """
    operator = ready()
    from seatwise.services import connections as service

    found = service.get_connection(operator, name=name)
    service.pause(operator, connection=found.id)
    click.echo(f"{found.name} is paused: it syncs when asked to, until `seatwise resume`.", err=True)


@click.command()
@click.argument("name")
def resume(name: str) -> None:
    """Resume the schedule of a connection.

    \b
    Example:
      seatwise resume "Acme Corp"
    """
    operator = ready()
    from seatwise.services import connections as service

    found = service.get_connection(operator, name=name)
    info = service.resume(operator, connection=found.id)
    click.echo(f"{info.name} syncs every {info.sync_every} minutes again.", err=True)


@click.command()
@click.argument("name")
@click.option("--name", "new_name", metavar="NEW", help="Call it this from now on.")
@click.option("--every", type=click.IntRange(1), metavar="MINUTES", help="Sync about every so many minutes.")
@click.option("--streams", metavar="STREAM,…", help="Exactly these streams are switched on.")
def settings(name: str, new_name: str | None, every: int | None, streams: str | None) -> None:
    """Rename a connection, set its interval, choose its streams; then, or without options, say how they are.

    \b
    Example:
      seatwise settings "Acme Corp" --every 30 --streams users,invites
    """
    operator = ready()
    from seatwise.services import connections as service

    info = service.get_connection(operator, name=name)
    if (new_name, every, streams) != (None, None, None):
        chosen = None if streams is None else [word.strip() for word in streams.split(",") if word.strip()]
        info = service.change_connection(operator, connection=info.id, name=new_name, sync_every=every, streams=chosen)
    for line in _settings(info):
        click.echo(line)


def _settings(info: "ConnectionInfo") -> list[str]:
    on = ", ".join(stream.name for stream in info.streams if stream.enabled)
    off = ", ".join(stream.name for stream in info.streams if not stream.enabled)
    paused = " (paused)" if info.paused else ""
    return [f"name     {info.name}", f"every    {info.sync_every} minutes{paused}", f"streams  {on}"] + (
        [f"off      {off}"] if off else []
    )
