"""`sync` and `cancel`. The exit code of `sync` is a promise: see its help."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .ready import give_way, ready
from .show import harmless
from .stop import ACT, FAILED, PARTIAL, explained

if TYPE_CHECKING:
    from seatwise.services.connections import ConnectionInfo
    from seatwise.services.rights import Actor
    from seatwise.services.syncs import RunInfo

WORST_FIRST = (ACT, FAILED, PARTIAL, 0)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--confirm-departures", is_flag=True, help="Let those depart whom a sync held for confirmation.")
@click.pass_context
def sync(ctx: click.Context, names: tuple[str, ...], confirm_departures: bool) -> None:
    """Sync these connections, all by default, and wait until it is done. Joins a sync that is under way.

    \b
    Exit codes:
      0  all streams complete
      3  partial: streams failed or were forbidden; what came is stored
      4  the operator must act first: credentials refused, or departures held for confirmation
      1  the sync itself could not be done
      2  wrong usage

    \b
    Example:
      seatwise sync
      seatwise sync "Acme Corp" --confirm-departures
    """
    give_way()
    operator = ready(pages=False)
    found = _named(operator, names)
    if not found:
        click.echo("Nothing is connected. `seatwise connect --help` shows how.", err=True)
    codes = {0}
    with _interrupts() as interrupted:
        for connection in found:
            codes.add(_sync_one(operator, connection, confirm_departures))
            if interrupted:
                ctx.exit(130)
    ctx.exit(next(code for code in WORST_FIRST if code in codes))


def _named(operator: "Actor", names: Iterable[str]) -> "list[ConnectionInfo]":
    from seatwise.services.connections import get_connection, list_connections

    if names:
        return list({info.id: info for info in (get_connection(operator, name=name) for name in names)}.values())
    return [info for info in list_connections(operator) if info.state != "disconnected"]


def _sync_one(operator: "Actor", connection: "ConnectionInfo", confirm: bool) -> int:
    """One connection's trouble never touches another's: whatever happens, here is an exit code for it."""
    from seatwise.services.connections import get_connection
    from seatwise.services.syncs import sync_now

    from .progress import shown

    try:
        with shown(connection) as progress:
            run = sync_now(operator, connection=connection.id, confirm_departures=confirm, progress=progress)
        now = get_connection(operator, id=connection.id)
    except Exception as error:
        if click.get_current_context().find_root().params["debug"]:
            raise
        why = explained(error)
        click.echo(f"{harmless(connection.name)}: {why.format_message()}", err=True)
        return why.exit_code
    for line in report(run):
        click.echo(line)
    return outcome(run, now.state)


def outcome(run: "RunInfo", state: str) -> int:
    """The exit code of one run, given how its connection stands after it."""
    if any(stream.state == "held" for stream in run.streams) or (run.state == "failed" and state == "needs_attention"):
        return ACT
    return {"complete": 0, "failed": FAILED}.get(run.state, PARTIAL)


def report(run: "RunInfo") -> list[str]:
    """What a run did, a line for itself and one for each stream."""
    took = f", {(run.finished_at - run.started_at).total_seconds():.1f} s" if run.finished_at and run.started_at else ""
    lines = [f"{harmless(run.connection)}: {run.state}, {run.requests:,} requests{took}"]
    if run.error:
        lines.append(f"  {harmless(run.error)}")
    for stream in run.streams:
        lines.append(f"  {stream.label}: {stream.state}, {stream.records:,} records{_differences(stream)}")
        if stream.message and stream.message != run.error:
            lines.append(f"    {harmless(stream.message)}")
    return lines


def _differences(stream: Any) -> str:
    counts = {word: getattr(stream, word) for word in ("arrived", "changed", "departed", "returned")}
    said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return f" ({said})" if said else ""


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Ctrl-C ends the sync that runs as canceled, in good order; here it is remembered for those after it."""
    seen: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        seen.append(number)
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


@click.command()
@click.argument("name")
def cancel(name: str) -> None:
    """Cancel the sync of a connection that is under way. What came before is stored.

    \b
    Example:
      seatwise cancel "Acme Corp"
    """
    operator = ready()
    from seatwise.services.connections import get_connection
    from seatwise.services.syncs import cancel_sync

    found = get_connection(operator, name=name)
    there = cancel_sync(operator, connection=found.id)
    click.echo(f"The sync of {found.name} is asked to stop." if there else f"{found.name} is not syncing.", err=True)
