"""The `seatwise` command itself: which commands there are, and what becomes of an error none of them caught.

Help must come fast, so a command's module imports click alone; Django comes up inside the command (`ready`).
"""

import errno
from importlib import import_module

import click

from seatwise import __version__

from .stop import explained

COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "connect": "connect",
    "reconnect": "connect",
    "disconnect": "connect",
    "connections": "connections",
    "sync": "sync",
    "cancel": "sync",
    "pause": "connections",
    "resume": "connections",
    "settings": "connections",
    "overview": "activity",
    "users": "people",
    "keys": "keys",
    "service-accounts": "keys",
    "spend": "spend",
    "spend-months": "months",
    "usage": "spend",
    "budgets": "alerts",
    "alerts": "alerts",
    "acknowledge": "alerts",
    "channels": "channels",
    "test-channel": "channels",
    "deliveries": "channels",
    "allowed-hosts": "channels",
    "licenses": "licenses",
    "license-advice": "licenses",
    "license-trend": "licenses",
    "projects": "people",
    "project-groups": "members",
    "limits": "limits",
    "groups": "rights",
    "group-members": "members",
    "roles": "rights",
    "access": "rights",
    "changes": "history",
    "audit-events": "activity",
    "runs": "history",
    "audit": "history",
    "capabilities": "capabilities",
    "check": "upkeep",
    "reset-password": "upkeep",
    "rotate-secrets": "upkeep",
    "sandbox": "sandbox",
    "_worker": "worker",
}
"""Command: the module it is in, as a function of that name. In the order of the help."""


class Program(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"{__package__}.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name.lstrip("_").replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl([(name, c.get_short_help_str(90)) for name, c in commands if c and not c.hidden])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            gone = isinstance(error, OSError) and error.errno == errno.EPIPE  # `seatwise users | head`
            if gone or ctx.params["debug"]:
                raise
            raise explained(error) from None


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="seatwise")
@click.option("--debug", is_flag=True, envvar="SEATWISE_DEBUG", help="Show where an unexpected error happened.")
def seatwise(debug: bool) -> None:
    """Who can use your AI vendors' organizations, as what, and with which license.

    Every listing takes --json and --csv. Messages go to standard error. Times are ISO 8601 in UTC.

    \b
    Example:
      seatwise demo
      seatwise COMMAND --help
    """
