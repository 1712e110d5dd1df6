"""`channels`, `test-channel`, `deliveries`, `allowed-hosts`: the ways by which alerts reach people, what went out."""

import click

from .objects import CHANNEL, DELIVERY, HOST, flat, plain
from .paging import every
from .ready import ready
from .show import Form, Row, field, harmless, listing, show
from .stop import Stop

STATES = ("waiting", "delivered", "failed")


@click.command()
@listing
def channels(form: Form) -> None:
    """Channels by which alerts are sent, and whether messages arrive. Their secrets are never shown.

    \b
    Example:
      seatwise channels
      seatwise channels --json
    """
    operator = ready()
    from seatwise.services.channels import list_channels

    table = {
        "Channel": field("name"),
        "Kind": field("kind"),
        "To": field("shown"),
        "Alerts": lambda row: row["kinds"] or "all",
        "When": _when,
        "On": field("enabled"),
        "Waiting": field("waiting"),
        "Problem": field("problem"),
    }
    show(form, (plain(channel, CHANNEL) for channel in list_channels(operator)), flat(CHANNEL), table)


def _when(row: Row) -> str:
    return "at once" if row["digest_hour"] is None else f"daily at {row['digest_hour']}:00 UTC"


@click.command()
@click.option("--channel", default="", metavar="NAME", help="Through this channel alone.")
@click.option("--state", type=click.Choice(STATES), help="In this state alone.")
@listing
def deliveries(form: Form, channel: str, state: str | None) -> None:
    """What was sent through which channel, and why something was not; the latest first.

    \b
    Example:
      seatwise deliveries --state failed
      seatwise deliveries --channel "On call" --json
    """
    operator = ready()
    from seatwise.services.delivery_log import list_deliveries

    found = every(form, list_deliveries, operator, channel=channel, state=state or "")
    table = {
        "At": field("created_at"),
        "Channel": field("channel"),
        "Alert": lambda row: row["alert"] or "Test",
        "State": field("state"),
        "Tries": lambda row: len(row["tries"]),
        "Next try": field("next_try_at"),
        "Reason": field("reason"),
    }
    show(form, (plain(delivery, DELIVERY) for delivery in found), flat(DELIVERY), table)


@click.command("allowed-hosts")
@listing
def allowed_hosts(form: Form) -> None:
    """Hosts that alerts may be sent to though their address is not public.

    \b
    Example:
      seatwise allowed-hosts --csv
    """
    operator = ready()
    from seatwise.services.channels import list_allowed_hosts

    table = {"Host": field("host"), "Allowed by": field("allowed_by"), "At": field("at")}
    show(form, (plain(host, HOST) for host in list_allowed_hosts(operator)), flat(HOST), table)


@click.command("test-channel")
@click.argument("name")
def test_channel(name: str) -> None:
    """Send a test through a channel at once, and say how it went. Exit code 1 where it did not arrive.

    \b
    Example:
      seatwise test-channel "On call"
    """
    operator = ready()
    from seatwise.services.channels import list_channels
    from seatwise.services.delivery_log import try_channel

    called = [each for each in list_channels(operator) if each.name.casefold() == name.strip().casefold()]
    if not called:
        raise click.BadParameter(f"There is no channel called {name}.", param_hint="'NAME'")
    sent = try_channel(operator, id=called[0].id)
    if sent.state != "delivered":
        raise Stop(harmless(f"The test through {called[0].name} did not arrive. {sent.reason}"))
    click.echo(harmless(f"The test through {called[0].name} was delivered."), err=True)
