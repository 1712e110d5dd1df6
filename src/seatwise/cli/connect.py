"""`connect`, `reconnect`, `disconnect`. What is asked for comes from each integration's declaration.

A secret is typed on a terminal or read from a file: never an argument, never the environment, never printed.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from .ready import ready
from .stop import USAGE, Stop, probe_line

if TYPE_CHECKING:
    from seatwise.sdk.manifest import Field, Manifest
    from seatwise.services.connections import ConnectionInfo


class Connect(click.Group):
    """One subcommand for each integration, made from its manifest when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_manifests())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        manifest = _manifests().get(cmd_name)
        return _connect_one(manifest) if manifest else None


@click.group(cls=Connect, short_help="Connect an account of an integration, such as an OpenAI organization.")
def connect() -> None:
    """Connect an account: its key is tried first, then saved sealed, and the first sync is made due.

    Exit codes: 0 saved; 4 refused and nothing saved; 1 the vendor could not be reached and nothing saved.

    \b
    Example:
      seatwise connect openai --name "Acme Corp" --organization-id org-abc123
      seatwise connect openai --name "Acme Corp" --organization-id org-abc123 --admin-key-file key.txt
    """


def _connect_one(manifest: "Manifest") -> click.Command:
    def callback(name: str, off: tuple[str, ...], **given: Any) -> None:
        from seatwise.services import connections

        operator, credentials = ready(), _credentials(manifest.fields, given)
        saved = connections.connect(
            operator, integration=manifest.slug, name=name, credentials=credentials, streams_off=off
        )
        _report(saved)
        click.echo(f"{saved.name} is connected. A running `seatwise serve` syncs it now, else `seatwise sync` does.")

    named = click.Option(["--name"], required=True, metavar="NAME", help="What this account is called here.")
    off = click.Option(["--without", "off"], multiple=True, metavar="STREAM", help="Switch a stream off.")
    shown = " ".join(f"{_option_name(field)} …" for field in manifest.fields if not field.secret)
    example = f"\b\nExample:\n  seatwise connect {manifest.slug} --name NAME {shown}"
    params: list[click.Parameter] = [named, *map(_option, manifest.fields), off]
    about = f"{manifest.name}: {manifest.summary}"
    return click.Command(
        manifest.slug, callback=callback, params=params, help=f"{about}\n\n{example}", short_help=about
    )


class Reconnect(click.Command):
    """Takes every integration's secrets as options: which of them it needs depends on the connection."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        secrets = {field.name: field for m in _manifests().values() for field in m.fields if field.secret}
        return [*self.params, *map(_option, secrets.values()), *super().get_params(ctx)[len(self.params) :]]


@click.command(cls=Reconnect)
@click.argument("name")
def reconnect(name: str, **given: Any) -> None:
    """Replace the key of a connection; the account stays the same. Checks as `connect` does, with its exit codes.

    \b
    Example:
      seatwise reconnect "Acme Corp" --admin-key-file key.txt
    """
    operator = ready()
    from seatwise.services import connections

    connection = connections.get_connection(operator, name=name)
    fields = [field for field in _manifests()[connection.integration].fields if field.secret]
    saved = connections.reconnect(operator, connection=connection.id, credentials=_credentials(fields, given))
    _report(saved)
    click.echo(f"{saved.name} is connected again.")


@click.command()
@click.argument("name")
@click.option("--erase", is_flag=True, help="Erase what was synced from it, too.")
@click.option("--yes", is_flag=True, help="Really do it.")
def disconnect(name: str, erase: bool, yes: bool) -> None:
    """Stop syncing a connection and destroy its key. What was synced stays, unless --erase.

    \b
    Example:
      seatwise disconnect "Acme Corp" --yes
    """
    operator = ready()
    from seatwise.services import connections

    connection = connections.get_connection(operator, name=name)
    goes = "Its key is destroyed, and its users, projects, runs and changes are erased." if erase else (
        "Its key is destroyed. Users, projects, runs and changes stay."
    )  # fmt: skip
    if not yes:
        raise Stop(f"This disconnects {connection.name}. {goes} Nothing is done without --yes.", USAGE)
    connections.disconnect(operator, connection=connection.id, erase=erase)
    click.echo(f"{connection.name} is disconnected. {goes}", err=True)


def _manifests() -> "dict[str, Manifest]":
    operator = ready()
    from seatwise.services.integrations import get_integration, list_integrations

    slugs = [tile.slug for tile in list_integrations(operator).tiles]
    return {slug: get_integration(operator, slug=slug).manifest for slug in slugs}


def _option(field: "Field") -> click.Option:
    if not field.secret:
        return click.Option([_option_name(field)], required=True, metavar="ID", help=field.help)
    where = f"Read the {field.label} from FILE; - is standard input. Without it, it is asked for on a terminal."
    return click.Option([_option_name(field)], type=click.File(), metavar="FILE", help=where)


def _option_name(field: "Field") -> str:
    return f"--{field.name.replace('_', '-')}" + ("-file" if field.secret else "")


def _credentials(fields: "Iterable[Field]", given: Mapping[str, Any]) -> dict[str, str]:
    return {
        field.name: _secret(field, given[f"{field.name}_file"]) if field.secret else given[field.name]
        for field in fields
    }


def _secret(field: "Field", file: TextIO | None) -> str:
    if file is not None:
        try:
            return file.read(10_000).strip()
        except UnicodeDecodeError:
            raise Stop(f"What {_option_name(field)} names is no text file.", USAGE) from None
    if not sys.stdin.isatty():
        elsewhere = f"elsewhere, give it with {_option_name(field)} FILE (- is standard input)."
        raise Stop(f"The {field.label} is asked for on a terminal; {elsewhere}", USAGE)
    return str(click.prompt(f"{field.label} (not shown)", hide_input=True, err=True)).strip()


def _report(saved: "ConnectionInfo") -> None:
    """What the key was found to allow, stream by stream."""
    for stream in saved.streams:
        off = "" if stream.enabled else ", switched off"
        click.echo(probe_line(stream.label, stream.probe, stream.untried or stream.permission or stream.needs) + off)
