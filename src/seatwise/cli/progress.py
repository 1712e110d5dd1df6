"""The progress of a sync: a live bar for each stream on a terminal, plain lines elsewhere. On standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .show import harmless

if TYPE_CHECKING:
    from seatwise.services.connections import ConnectionInfo
    from seatwise.services.syncs import RunInfo


@contextmanager
def shown(connection: "ConnectionInfo") -> "Iterator[Callable[[RunInfo], None]]":
    """What to call with the run as it goes on."""
    if sys.stderr.isatty():
        with _bars(connection) as follow:
            yield follow
    else:
        yield _lines()


def _lines() -> "Callable[[RunInfo], None]":
    """A line when it begins, or is joined, and when a stream ends."""
    said: set[str] = set()

    def follow(run: "RunInfo") -> None:
        if not said:
            said.add("")
            click.echo(f"{harmless(run.connection)}: sync {run.id} is under way", err=True)
        for stream in run.streams:
            if stream.state not in ("pending", "syncing") and stream.name not in said:
                said.add(stream.name)
                click.echo(f"{harmless(run.connection)}: {stream.name} {stream.state}, {stream.records:,}", err=True)

    return follow


@contextmanager
def _bars(connection: "ConnectionInfo") -> "Iterator[Callable[[RunInfo], None]]":
    """A vendor does not say how many are to come: what is stored already is the best guess, and without it the bar only
    moves. The count beside it is real."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(f"{escape(harmless(connection.name))}  {{task.description}}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f} {task.fields[state]}"),
        TimeElapsedColumn(),
    )
    guess = {stream.name: stream.records for stream in connection.streams}
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def follow(run: "RunInfo") -> None:
            for stream in run.streams:
                task = tasks.get(stream.name)
                if task is None:
                    task = tasks[stream.name] = bars.add_task(stream.label, total=None, state="")
                ended = stream.state not in ("pending", "syncing")
                total = stream.records if ended else max(guess.get(stream.name, 0), stream.records) or None
                bars.update(task, completed=stream.records, total=total, state=stream.state if ended else "so far")

        yield follow
