"""The worker of `serve`: keeps the schedule, does the syncs that are due, and tells what they bring. Started by
`serve`, not by people."""

import threading

import click

from .logs import keep_log
from .processes import on_end
from .ready import give_way, ready


@click.command("_worker", hidden=True)
@click.option("--parent", type=int)
def worker(parent: int | None) -> None:
    """Keep the schedule until told to end, or until the process that started this has gone.

    \b
    Example:
      seatwise _worker
    """
    stop = threading.Event()
    on_end(parent, stop.set)
    give_way()
    ready()
    keep_log("worker")
    from seatwise.services.rights import SYSTEM
    from seatwise.services.syncs import keep_schedule
    from seatwise.services.watching import keep

    # Beside the syncs: neither waits for the other.
    alerts = threading.Thread(target=keep, args=(stop,), name="alerts", daemon=True)
    alerts.start()
    keep_schedule(SYSTEM, stop=stop)
    alerts.join(20)
