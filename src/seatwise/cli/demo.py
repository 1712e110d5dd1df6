"""`seatwise demo`: three pretend organizations, two of them connected and synced, and the web application.

The pretend vendor is a process beside us; nothing else here knows it from the real one: what follows goes through the
same services as a real connection.
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from .processes import Child, bare
from .ready import ready
from .serve import address, keep_serving, listen, port_option
from .show import harmless
from .stop import Stop

if TYPE_CHECKING:
    from seatwise.services.connections import ConnectionInfo
    from seatwise.services.rights import Actor

EMAIL = "admin@example.com"
EVERY = 60
"""Seconds in which something happens in the pretend companies: the next sync shows it."""


class Pretend(NamedTuple):
    """An organization of the sandbox. Its key opens nothing but the sandbox, so it may be shown."""

    name: str
    id: str
    key: str


@click.command()
@click.option("--users", default=240, show_default=True, type=click.IntRange(1, 100_000), metavar="N")
@port_option
@click.option("--exit", "leave", is_flag=True, help="End after the summary.")
def demo(users: int, port: int, leave: bool) -> None:
    """Try Seatwise with three pretend OpenAI organizations: two are connected, the third is for you to connect.

    Its data lies in SEATWISE_DATA_DIR, or without it in a new folder for temporary files.

    \b
    Example:
      seatwise demo --users 5000
    """
    listener = None if leave else listen("127.0.0.1", port)
    if not os.environ.get("SEATWISE_DATA_DIR"):
        os.environ["SEATWISE_DATA_DIR"] = tempfile.mkdtemp(prefix="seatwise-demo-")
    began = f"--now={_began()}"
    options = ("--json", f"--users={users}", began, f"--drift={EVERY}")
    sandbox = Child("sandbox", "sandbox", *options, stdout=subprocess.PIPE, env=bare())
    try:
        organizations = _meet(sandbox)
        operator = ready()
        _only_pretend(operator, organizations)
        _sync(operator, organizations[:2])
        there = f"http://127.0.0.1:{port}" if port else "on a free port"  # with --exit nothing listens yet
        _sign_in(operator, address(listener) if listener else f"{there} (while `seatwise demo` runs)")
        _third(organizations[2])
        if listener:
            click.echo("\nCtrl-C ends it.")
            keep_serving(listener)
    finally:
        sandbox.end()


def _began() -> int:
    """When this demo was first started: its pretend companies go on from there instead of being made anew."""
    path = Path(os.environ["SEATWISE_DATA_DIR"]) / "demo_began"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(f"{int(time.time())}\n")
    return int(path.read_text())


def _meet(sandbox: Child) -> list[Pretend]:
    """Waits until the sandbox answers, and sends the vendor's calls there: ours, and those of the worker to come."""
    assert sandbox.process.stdout is not None
    said = sandbox.process.stdout.readline()
    if not said:
        raise Stop("The sandbox did not start; what it said stands above.")
    told = json.loads(said)
    os.environ["SEATWISE_OPENAI_BASE_URL"] = told["base_url"]
    return [Pretend(each["name"], each["id"], each["keys"][0]) for each in told["organizations"]]


def _only_pretend(operator: "Actor", organizations: list[Pretend]) -> None:
    """Pretend data is never mixed with somebody's own."""
    from seatwise.services.connections import list_connections
    from seatwise.services.operators import list_operators

    known = {organization.id for organization in organizations}
    emails = {each.email for each in list_operators(operator)}
    strange = any(info.organization_id not in known for info in list_connections(operator))
    if strange or (emails and EMAIL not in emails):
        hint = "Leave SEATWISE_DATA_DIR and SEATWISE_DATABASE_URL unset, or let them name a place for the demo alone."
        raise Stop(
            "This Seatwise holds connections or operators of its own, so the demo leaves it alone.", hints=[hint]
        )


def _sync(operator: "Actor", organizations: list[Pretend]) -> None:
    """Connects those that are not yet, as an operator would, and syncs all that are."""
    from seatwise.services import connections, syncs

    from .progress import shown
    from .sync import report

    there = {info.organization_id for info in connections.list_connections(operator)}
    for name, organization_id, key in organizations:
        if organization_id not in there:
            credentials = {"organization_id": organization_id, "admin_key": key}
            connections.connect(operator, integration="openai", name=name, credentials=credentials)
    for info in connections.list_connections(operator):
        if info.state == "disconnected":
            continue
        with shown(info) as progress:
            run = syncs.sync_now(operator, connection=info.id, progress=progress)
        if run.state == "canceled":
            raise click.Abort
        click.echo("\n".join(["", *report(run), *_people(operator, info)]))


def _people(operator: "Actor", info: "ConnectionInfo") -> list[str]:
    """Users by role and status, and licenses."""
    from seatwise.services.licenses import list_licenses
    from seatwise.services.users import user_facets

    licenses = list_licenses(operator, connection=info.name)
    members, invited, machines = (
        user_facets(operator, connection=info.name, kind=kind) for kind in ("user", "invite", "service_account")
    )
    return [
        f"  Users by role: {_counts(members.roles)}",
        f"  Users by status: {_counts({**members.status, **invited.status})}",
        f"  Service accounts, which are no people: {sum(machines.status.values()):,}",
        *(
            f"  License {each.license}: {each.assigned:,} assigned, {each.idle:,} idle, {each.invited:,} invited, "
            f"{each.unknown:,} of unknown use"
            for each in licenses
        ),
    ]


def _sign_in(operator: "Actor", here: str) -> None:
    """The demo's owner, through the same one-time links as any other, with a new password each time."""
    from seatwise.services.links import accept_link, create_setup_link
    from seatwise.services.operators import reset_password

    password = "-".join(secrets.token_hex(3) for _ in range(3))
    token = create_setup_link() or reset_password(operator, email=EMAIL)
    accept_link(token, email=EMAIL, name="Ada Admin", password=password)
    click.echo(f"\nSeatwise: {here}\n  Sign in as {EMAIL} with the password {password}")


def _third(organization: Pretend) -> None:
    click.echo(
        f"\n{organization.name} is yours to connect (Integrations, OpenAI, Connect):\n"
        f"  Organization ID: {organization.id}\n  Admin Key: {organization.key}"
    )


def _counts(counts: "Mapping[str, int]") -> str:
    return ", ".join(f"{count:,} {harmless(name)}" for name, count in counts.items() if count) or "none"
