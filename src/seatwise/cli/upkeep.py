"""`check`, `reset-password`, `rotate-secrets`: what an install needs now and then."""

import click

from .objects import FINDING, flat, plain
from .ready import ready
from .show import Form, field, listing, show
from .stop import FAILED, Stop


@click.command()
@listing
@click.pass_context
def check(ctx: click.Context, form: Form) -> None:
    """Configuration, database, key store, reachability: what is wrong and what to do. Exit code 1 if anything is.

    \b
    Example:
      seatwise check
    """
    operator = ready(migrated=False)
    from seatwise.services.health import check as look

    found = look(operator)
    table = {"": lambda row: "ok" if row["ok"] else "WRONG", "What": field("what"), "What to do": field("what_to_do")}
    show(form, (plain(finding, FINDING) for finding in found), flat(FINDING), table)
    if not all(finding.ok for finding in found):
        ctx.exit(FAILED)


@click.command()
@click.argument("email")
@click.option("--address", default="http://127.0.0.1:8000", show_default=True, metavar="URL", help="Where Seatwise is.")
def reset_password(email: str, address: str) -> None:
    """Print a one-time link with which an operator sets a new password.

    \b
    Example:
      seatwise reset-password ada@example.com --address https://seatwise.example.com
    """
    operator = ready()
    from seatwise.services.operators import reset_password as reset

    from .serve import link

    click.echo("This link works once, for a day. Give it to nobody else.", err=True)
    click.echo(link(address.rstrip("/"), reset(operator, email=email)))


@click.command()
def rotate_secrets() -> None:
    """Seal all credentials anew with the newest key, making one unless SEATWISE_SECRET_KEYS gives them.

    \b
    Example:
      seatwise rotate-secrets
    """
    operator = ready()
    from seatwise.services.secrets import rotate_secrets as rotate

    try:
        count = rotate(operator)
    except RuntimeError as error:
        raise Stop(str(error)) from None
    whose = "1 connection or channel" if count == 1 else f"{count} connections and channels"
    click.echo(f"The credentials of {whose} are sealed with the newest key.", err=True)
