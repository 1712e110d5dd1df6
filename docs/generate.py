"""Writes docs/reference from the code: `./dev docs`. The same code always gives the same pages, to the byte.

Each page is a function from what the product declares to Markdown. Nothing here repeats a fact that the code knows;
sentences stand here only where the code has none. `tests/test_reference.py` compares the pages with those committed.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from doors import api, commands
from markdown import table, whole

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/reference"

ENVIRONMENT = {
    "SEATWISE_DATA_DIR": (
        "`data` in the current directory (`./dev run`: `data` in the checkout, `./dev demo`: `data/demo`)",
        """Where everything lies: the SQLite database, the keys, locks, and in `logs` what `serve` logged. Made if
absent, and closed to other users.""",
    ),
    "SEATWISE_DATABASE_URL": (
        "SQLite in the data directory",
        """`postgresql://user:password@host:port/name`. What follows a `?` goes to the driver, such as
`?sslmode=verify-full`. The keys stay in the data directory.""",
    ),
    "SEATWISE_SECRET_KEYS": (
        "the file `secret_keys` in the data directory, made if absent",
        """The keys that seal vendor credentials, newest first, separated by commas or blanks. Each is 32 random bytes
in URL-safe base64. See [rotate keys](../how-to/rotate-keys.md).""",
    ),
    "SEATWISE_HOSTS": (
        "`localhost,127.0.0.1,[::1]`, and what `serve --host` listens on unless that is every address",
        "The names under which browsers reach Seatwise, separated by commas. A request for any other name is refused.",
    ),
    "SEATWISE_HTTPS": (
        "plain HTTP, for this machine alone",
        """`1` behind a proxy that speaks HTTPS: cookies go over HTTPS only, plain HTTP is redirected, and browsers are
told to stay with HTTPS. The proxy must set `X-Forwarded-Proto` itself, and drop what a client sent under that name.""",
    ),
    "SEATWISE_OPENAI_BASE_URL": (
        "OpenAI's own, `https://api.openai.com/v1`",
        "Where administration calls go, for example to a [sandbox](commands.md#seatwise-sandbox).",
    ),
    "SEATWISE_SMTP_URL": (
        "no e-mail, unless a channel names a mail server of its own",
        """The mail server for alerts: `smtp://user:password@smtp.example.com:587` speaks STARTTLS, `smtps://…` TLS from
the first byte, and `smtp://…?tls=none` neither. Letters such as `@` in a password are percent-encoded.""",
    ),
    "SEATWISE_MAIL_FROM": (
        "`seatwise@localhost`, which many mail servers refuse",
        "Whom alerts by e-mail come from, such as `seatwise@example.com`. A channel can name another sender.",
    ),
    "SEATWISE_DEBUG": (
        "such an error is one line, and says how to see more",
        "`1` is the same as `seatwise --debug`: an unexpected error shows where it happened.",
    ),
    "HTTPS_PROXY": (
        "vendors are called directly",
        """The proxy through which vendors are reached, such as `http://user:password@proxy.example.com:3128`. For an
`http://` base URL it is `HTTP_PROXY`. In small letters they work as well.""",
    ),
    "NO_PROXY": (
        "everything but this machine itself goes through the proxy",
        "Names and domains that are reached without the proxy, separated by commas. `*` is everything.",
    ),
}
"""Variable: what holds without it, and what it does. A test compares the names with those in the code."""


def main(arguments: list[str]) -> int:
    """Writes the pages; with `--into FOLDER` there. Says which differ from what was there."""
    into = Path(arguments[arguments.index("--into") + 1]) if "--into" in arguments else REFERENCE
    for name, text in sorted(pages().items()):
        page = into / name
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text() != text:
            page.write_text(text)
            print(f"wrote {name}")
    return 0


def pages() -> dict[str, str]:
    """All pages, by their path below the reference."""
    with tempfile.TemporaryDirectory() as data:
        set_up(data)
        from seatwise.connectors.catalog import connectors

        found = {f"integrations/{slug}.md": integration(connector) for slug, connector in connectors().items()}
        made: tuple[Callable[[], Iterator[str]], ...] = (commands, permissions, statuses, settings, environment, api)
        return found | {f"{page.__name__}.md": whole(page()) for page in made}


def set_up(data: str) -> None:
    """Django with an empty data directory of its own, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("SEATWISE_")]:
        del os.environ[name]
    os.environ |= {"SEATWISE_DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "seatwise.settings"}
    import django

    django.setup()


def integration(connector: Any) -> str:
    """What one connector declares: what it asks for, what it reads, what that needs."""
    return whole(_integration(connector))


def _integration(connector: Any) -> Iterator[str]:
    from seatwise.sdk.capabilities import capabilities, label

    can, manifest = capabilities(connector), connector.manifest
    yield f"# {manifest.name}"
    yield f"{manifest.summary} This integration only reads."
    yield f"How to: [connect {manifest.name}](../../how-to/{manifest.how_to}.md)."
    yield "## User fields"
    yield "\n".join(f"- {name}" for name in can.user_fields)
    yield "A field that the vendor did not send is unknown. It is never shown as *no*."
    yield "## License types"
    yield table(("License", "Who holds it"), ((kind.name, kind.rule) for kind in manifest.licenses))
    yield "## What is asked for"
    for field in manifest.fields:
        yield f"### {field.label}"
        yield field.help
        kept = "Sealed, never shown again." if field.secret else "Shown on the connection's page."
        yield f"Shape: `{field.pattern}`. {kept}"
    several = "Yes. Each is a connection of its own." if can.several_accounts else "No, one account."
    yield f"Several accounts: {several}"
    yield "## Streams"
    for stream, shown in zip(connector.streams, can.streams, strict=True):
        yield f"### {stream.label}"
        yield stream.summary
        facts = {
            "Name in scripts": f"`{stream.name}`",
            "Permission needed": stream.needs,
            "Freshness": shown.freshness,
            "Can be switched off": "No: without it nothing else makes sense." if stream.required else "Yes",
        }
        if stream.parent:
            facts["Read for each of"] = stream.parent.label
        yield table(("", ""), facts.items())
        yield table(("Field", "Name in scripts"), ((label(name), f"`{name}`") for name in stream.fields))
    if can.on_demand:
        yield "## On demand"
        yield (
            "Read for one project or one person when an operator asks, and stored with the time it was read: for all "
            "of them it would take thousands of calls with each sync."
        )
        headings = ("What", "Name in scripts", "Of one", "What it tells", "Permission needed")
        yield table(headings, ((p.label, f"`{p.name}`", p.of, p.summary, p.needs) for p in can.on_demand))


def permissions() -> Iterator[str]:
    """Which role may do what."""
    from seatwise.services.rights import ROLES, Permission

    yield "# Roles and permissions"
    yield (
        "An operator is somebody who signs in here. Each has one role; a role is a set of permissions. An API token "
        "has a role too, never a stronger one than its maker. Whoever can read the data directory acts as owner on the "
        "command line. What needs a permission that is missing is refused, and written into the audit log."
    )
    mark = {True: "yes", False: "no"}
    rows = ([one.value, *(mark[one in granted] for granted in ROLES.values())] for one in Permission)
    yield table(("Permission", *(role.capitalize() for role in ROLES)), rows)
    for one in Permission:
        yield f"## {one.name.replace('_', ' ').capitalize()}"
        yield f"{one.value}. Held by: {', '.join(role for role, granted in ROLES.items() if one in granted)}."


def statuses() -> Iterator[str]:
    """Each status with the rule that sets it."""
    from seatwise.sdk.status import DEPARTED, STATUSES

    yield "# Statuses"
    yield (
        "Every user and every invited person has one status. The rules are tried in this order, and the first that "
        "matches decides. The vendor's own words are kept beside it (`vendor_status`)."
    )
    for status in STATUSES:
        yield f"## {status.label}"
        gone = " Has left: shown with those who departed." if status.name in DEPARTED else ""
        yield f"`{status.name}`. {status.rule}{gone}"


def settings() -> Iterator[str]:
    """What can be changed while it runs."""
    from seatwise.services.settings import DECLARED

    yield "# Settings"
    yield (
        "They hold for the whole install, and change at once: in the product under **Settings**. What belongs to a "
        "single connection (its name, interval and streams) stands on its page. What is chosen before it starts stands "
        "under [environment](environment.md)."
    )
    for setting in DECLARED:
        yield f"## {setting.label}"
        yield setting.help
        bounds = f" From {setting.minimum} to {setting.maximum}." if setting.minimum is not None else ""
        yield f"Called `{setting.name}` in the audit log. At first: {setting.default or 'empty'}.{bounds}"


def environment() -> Iterator[str]:
    """The variables an install is run with."""
    yield "# Environment"
    yield (
        "Choices an install makes before it starts. What can be changed while it runs stands under "
        "[settings](settings.md). Variables of the vendor's own libraries, such as `OPENAI_API_KEY`, change nothing."
    )
    for name, (default, meaning) in ENVIRONMENT.items():
        yield f"## {name}"
        yield meaning
        yield f"Without it: {default}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
