"""`seatwise serve`: the web server and the worker that keeps the schedule, in one command."""

import errno
import os
import socket

import click

from .processes import Child
from .ready import ready
from .stop import Stop

HERE = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


port_option = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), metavar="P", help="0: any free one."
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="H", help="The address to listen on.")
@port_option
def serve(host: str, port: int) -> None:
    """Run the web application and keep every connection in sync.

    One command for all: the web server, and one worker process that keeps the schedule. Prints the address and, until
    there is an owner, a link to become it.

    \b
    Example:
      seatwise serve --host 0.0.0.0 --port 8000
    """
    allow_host(host)
    listener = listen(host, port)
    ready()
    from seatwise.services.links import create_setup_link

    token = create_setup_link()
    click.echo(f"Seatwise is at {address(listener)} (Ctrl-C ends it).")
    if token:
        click.echo("It has no owner yet. Become the owner with this link, which works once:")
        click.echo(f"  {link(address(listener), token)}")
    keep_serving(listener)


def keep_serving(listener: socket.socket) -> None:
    """Serves on the socket, with a worker beside, until told to end."""
    from .server import run

    run(listener, Child("worker", "_worker"))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Raises Stop where the address is taken or not ours."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        why = f"cannot be listened on: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            why = "is in use, by another Seatwise or another program"
        raise Stop(f"Port {port} of {host} {why}.", hints=["Choose another with --port."]) from None


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{EVERYWHERE.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def allow_host(host: str) -> None:
    """Lets requests in that name the address listened on; other names are for SEATWISE_HOSTS to say."""
    if "SEATWISE_HOSTS" in os.environ or host in HERE:
        return
    if host in EVERYWHERE:
        click.echo("Set SEATWISE_HOSTS to the names that browsers will use, such as seatwise.example.com.", err=True)
    else:
        os.environ["SEATWISE_HOSTS"] = ",".join([*HERE[:2], "[::1]", host])


def link(base: str, token: str) -> str:
    """The one-time link of a token, at this address."""
    from django.urls import reverse

    return base + reverse("welcome", args=[token])
