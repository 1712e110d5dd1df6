"""Why a command stops, in plain words, and its exit code.

0  done                     3  partial: `sync` alone
1  could not be done        4  the operator must act first
2  wrong usage
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seatwise.services.errors import Refusal

FAILED, USAGE, PARTIAL, ACT = 1, 2, 3, 4


class Stop(click.ClickException):
    """Ends the command with a message on standard error. `hints` follow it, one a line."""

    def __init__(self, message: str, exit_code: int = FAILED, hints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click means it so
        self.hints = list(hints)

    def format_message(self) -> str:
        return "\n".join([self.message, *(f"  {hint}" for hint in self.hints)])


def explained(error: Exception) -> Stop:
    """Any error as its message and exit code."""
    from seatwise.services.errors import NotFound, Refusal, Unreachable

    if isinstance(error, Refusal):
        code = USAGE if isinstance(error, NotFound) else FAILED if isinstance(error, Unreachable) else ACT
        return Stop(error.message, code, _hints(error))
    if "django.db" in sys.modules and isinstance(error, sys.modules["django.db"].Error):
        return Stop(f"The database did not do its part: {_first_line(error)}", FAILED, [CHECK])
    what = f"{type(error).__name__}: {_first_line(error)}"
    return Stop(f"Something happened that Seatwise did not expect. {what}", FAILED, [TRACEBACK])


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "it does not say why")


CHECK = "Run `seatwise check` to see what is wrong and what to do."
TRACEBACK = "Run `seatwise --debug` with the same command to see where, and report it."


def _hints(refusal: "Refusal") -> list[str]:
    said = [sentence for sentence in refusal.fields.values() if sentence not in refusal.message]
    return said + [probe_line(line.label, line.state, line.message or line.needs) for line in refusal.lines]


def probe_line(label: str, state: str, note: str) -> str:
    """One stream of a probe: what the key may read."""
    word = {"allowed": "allowed", "refused": "refused"}.get(state, "not tried")
    return f"{label}: {word}" + (f" ({note})" if note and word != "allowed" else "")
