"""`licenses`, `license-advice`, `license-trend`: who holds a license, whom to look at, how the numbers went."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from .objects import ADVICE, HOLDER, LICENSE, TREND, flat, plain
from .paging import every
from .people import known, of_connection, show_users
from .ready import ready
from .show import Form, Row, field, listing, show

if TYPE_CHECKING:
    from seatwise.services.licenses import LicenseInfo
    from seatwise.services.rights import Actor

GROUPS = ("assigned", "idle", "invited", "unknown")
of_license = click.option("--license", default="", metavar="NAME", help="Of this license alone.")


@click.command()
@of_connection
@click.option("--group", type=click.Choice(GROUPS), help="The users behind one of the numbers.")
@listing
def licenses(form: Form, connection: str, group: str | None) -> None:
    """Licenses with who holds them: assigned, and of these idle; invited; of unknown use.

    \b
    Example:
      seatwise licenses
      seatwise licenses --group idle --csv
    """
    operator = ready()
    from seatwise.services.licenses import list_license_users, list_licenses

    name = known(operator, connection)
    found = list_licenses(operator, connection=name)
    if group:
        slugs = dict.fromkeys(info.slug for info in found)
        each = (every(form, list_license_users, operator, license=s, group=group, connection=name) for s in slugs)
        show_users(form, chain.from_iterable(each))
        return

    table = {
        "License": field("license"),
        "Connection": field("connection"),
        "Assigned": field("assigned"),
        "Idle": _idle,
        "Invited": field("invited"),
        "Unknown use": field("unknown"),
    }
    columns = [*flat(LICENSE), "holders"]
    show(form, (_with_holders(form, operator, info) for info in found), columns, table)


def _with_holders(form: Form, operator: "Actor", info: "LicenseInfo") -> dict[str, Any]:
    """For scripts, who holds it; for people the numbers are enough."""
    from seatwise.services.licenses import list_license_users

    row = plain(info, LICENSE)
    if form.kind:
        whole = form._replace(limit=None)
        users = every(whole, list_license_users, operator, license=info.slug, connection=info.connection)
        row["holders"] = [plain(user, HOLDER) for user in users]
    return row


def _idle(row: Row) -> str:
    return f"{row['idle']} (over {row['idle_days']} days)"


@click.command("license-advice")
@of_connection
@of_license
@listing
def license_advice(form: Form, connection: str, license: str) -> None:
    """Whom to look at first: idle for long, of no known use, or invited in vain; each with the reason.

    \b
    Example:
      seatwise license-advice
      seatwise license-advice --connection "Acme Corp" --json
    """
    operator = ready()
    from seatwise.services.license_advice import list_license_advice

    def found() -> Iterator[dict[str, Any]]:
        for info in _licenses(operator, known(operator, connection), license):
            for each in list_license_advice(operator, license=info.slug, connection=info.connection):
                user = {name: getattr(each.user, name) for name in ("connection", "id", "kind", "email", "name")}
                yield plain(user | {"license": info.license, "action": each.action, "reason": each.reason}, ADVICE)

    table = {
        "Who": lambda row: row["email"] or row["name"] or row["id"],
        "Do": field("action"),
        "Why": field("reason"),
        "License": field("license"),
        "Connection": field("connection"),
    }
    show(form, found(), flat(ADVICE), table)


@click.command("license-trend")
@of_connection
@of_license
@click.option("--days", type=click.IntRange(1, 1100), default=182, show_default=True, help="So many days back.")
@listing
def license_trend(form: Form, connection: str, license: str, days: int) -> None:
    """How the numbers of a license went, day by day, or week by week where it is long; the oldest first.

    \b
    Example:
      seatwise license-trend --days 30 --csv
    """
    operator = ready()
    from seatwise.services.license_advice import license_trend as trend

    def found() -> Iterator[dict[str, Any]]:
        for info in _licenses(operator, known(operator, connection), license):
            for each in trend(operator, license=info.slug, connection=info.connection, days=days):
                numbers = {name: getattr(each, name) for name in each.__struct_fields__}
                yield plain({"connection": info.connection, "license": info.license, **numbers}, TREND)

    table = {name.replace("_", " ").capitalize(): field(name) for name in ("day", *GROUPS, "license", "connection")}
    show(form, found(), flat(TREND), table)


def _licenses(operator: "Actor", connection: str, called: str) -> "list[LicenseInfo]":
    """Of this connection, or of each; by name or slug. Raises BadParameter for a license that nobody sells."""
    from seatwise.services.licenses import list_licenses

    found = list_licenses(operator, connection=connection)
    if not called:
        return found
    named = [info for info in found if called.casefold() in (info.license.casefold(), info.slug)]
    if found and not named:
        raise click.BadParameter(f"There is no license {called}.", param_hint="'--license'")
    return named
