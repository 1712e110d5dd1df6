"""The command line: a door. It asks services and prints what they answer; its names and exit codes are a promise.

`program` finds the commands (one module per noun, imported when asked for), `ready` sets Django up inside a command,
`show` prints listings, `objects` holds the names scripts get, `stop` says what went wrong and with which exit code.
"""

import sys


def main() -> None:
    """The `seatwise` command."""
    from .program import seatwise

    for stream in (sys.stdout, sys.stderr):  # a name the terminal cannot show must not end a listing
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    seatwise(prog_name="seatwise")
