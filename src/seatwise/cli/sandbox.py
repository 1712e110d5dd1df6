"""`seatwise sandbox`: the pretend OpenAI alone, a program of its own: it is started here, not known."""

import os
import signal
from importlib import import_module

import click

from .processes import on_end
from .stop import Stop

PROGRAM = "seatwise.connectors.openai.sandbox.__main__"


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), metavar="P", help="0, the default, is any free one.")
@click.option("--users", type=click.IntRange(1), metavar="N", help="Users of the first of three organizations.")
@click.option("--size", type=click.Choice(["M", "XL"]), help="One organization of 10,000 or 100,000 users instead.")
@click.option("--latency", type=click.FloatRange(0), metavar="SECONDS", help="Thinking time of each answer.")
@click.option("--rate", metavar="REQUESTS/SECONDS", help="Answer 429 above this rate, such as 60/1 or 500/60.")
@click.option("--now", type=int, hidden=True)
@click.option("--drift", type=click.IntRange(1), metavar="SECONDS", help="Let something small happen every so often.")
@click.option("--json", is_flag=True, help="Print one line of JSON.")
@click.option("--parent", type=int, hidden=True, help="End when this process has gone.")
def sandbox(port: int, json: bool, parent: int | None, **options: object) -> None:
    """Run the pretend OpenAI alone, until Ctrl-C.

    Prints its base URL, and each organization's ID and (pretend) keys. Point SEATWISE_OPENAI_BASE_URL at the base URL
    and connect them as if they were real.

    \b
    Example:
      seatwise sandbox --port 8090 --users 1000
    """
    if parent is not None:
        on_end(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    arguments = [f"--port={port}", *(["--json"] if json else [])]
    arguments += [f"--{name}={value}" for name, value in options.items() if value is not None]
    try:
        import_module(PROGRAM).main(arguments)
    except OSError as error:
        raise Stop(
            f"Port {port} cannot be listened on: {error.strerror}", hints=["Choose another with --port."]
        ) from None
