"""The reference pages of the doors: commands as their own help says them, the API as it describes itself."""

from collections.abc import Iterator
from typing import Any

from markdown import code, table

WIDTH = 100
"""Columns of a command's help."""
WHEN = {
    400: "The request could not be read.",
    403: "The role lacks a permission; the message names it.",
    409: "It is there already, or in a state that does not allow this.",
    422: "A parameter is not as declared, or what was asked was refused; `fields` says which parameter.",
    500: "A fault of ours. What happened is in the log.",
    502: "The vendor could not be reached; nothing was decided.",
}
"""Where the API itself has no sentence."""


def commands() -> Iterator[str]:
    """Every command as its own help says it."""
    import click

    from seatwise.cli.program import COMMANDS, seatwise
    from seatwise.cli.ready import ready

    ready()
    yield "# Commands"
    yield (
        "This is what `seatwise COMMAND --help` says. From a checkout, write `./dev run` in place of `seatwise`. "
        "Names, options, exit codes and JSON names are a promise to scripts: one may be added, none is changed."
    )
    yield "## Exit codes"
    yield table(("Code", "Means"), ((str(number), meaning) for number, meaning in _exit_codes()))
    yield "## What scripts get"
    yield (
        "Every listing takes `--json` (one array of objects) and `--csv`. Times are ISO 8601 in UTC; what is absent is "
        "null. Messages go to standard error."
    )
    yield table(("Object", "Names"), _objects())
    yield "## seatwise"
    root = click.Context(seatwise, info_name="seatwise")
    yield _help(root, seatwise)
    for name in COMMANDS:
        command = seatwise.get_command(root, name)
        if command and not command.hidden:
            yield from _command(root, command, name)


def _command(above: Any, command: Any, name: str) -> Iterator[str]:
    import click

    context = click.Context(command, info_name=name, parent=above)
    yield f"## {context.command_path}"
    yield _help(context, command)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _command(context, command.get_command(context, inner), inner)


def _help(context: Any, command: Any) -> str:
    context.terminal_width = WIDTH
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


def _exit_codes() -> list[tuple[int, str]]:
    from seatwise.cli import stop

    return [
        (0, "Done. Of `sync`: every stream is complete."),
        (stop.FAILED, "It could not be done: the database, the disk, a vendor out of reach, or a fault of ours."),
        (stop.USAGE, "Wrong usage: an option that is not there, or a name that nothing has."),
        (stop.PARTIAL, "Of `sync` alone: streams failed or were forbidden. What came is stored."),
        (stop.ACT, "You must act first: a key or a name was refused, or departures wait for you to confirm them."),
    ]


def _objects() -> Iterator[tuple[str, str]]:
    from seatwise.cli import objects

    for name, names in vars(objects).items():
        if name.isupper() and isinstance(names, tuple):
            yield name.lower(), ", ".join(map(_name, names))


def _name(name: Any) -> str:
    return f"`{name}`" if isinstance(name, str) else f"`{name[0]}` (each: {', '.join(map(_name, name[1]))})"


def api() -> Iterator[str]:
    """Every operation, from the API's own description."""
    from seatwise.api import api as described

    schema = described.get_openapi_schema()
    yield "# API"
    yield (
        "Below `/api/v1`. Each request carries `Authorization: Bearer …` with a token made under Settings; a signed-in "
        "browser needs none. Programs find the same in `/api/v1/openapi.json`."
    )
    yield "## Pages"
    yield (
        "A list answers `items`, `next`, `previous`, `total` and `more_than`. Send `next` or `previous` back as "
        "`cursor` for the page after or before. `limit` is the size of a page."
    )
    yield "## Errors"
    yield 'Whatever is no success is `{"error": {"code", "message", "fields", "detail"}}`. The message says what to do.'
    yield table(("Status", "Code", "When"), _errors())
    for path, operations in sorted(schema["paths"].items()):
        for method, operation in operations.items():
            yield from _operation(schema, f"{method.upper()} {path}", operation)


def _errors() -> Iterator[tuple[str, str, str]]:
    from seatwise.api.errors import CODES, MESSAGES

    for status, name in CODES.items():
        yield str(status), f"`{name}`", MESSAGES.get(status) or WHEN[status]


def _operation(schema: Any, title: str, operation: Any) -> Iterator[str]:
    yield f"## {title}"
    yield f"`{operation['operationId']}`. {operation.get('description', '')}".strip()
    if parameters := operation.get("parameters"):
        yield table(("Parameter", "In", "Is"), (_parameter(each) for each in parameters))
    for status, answer in operation["responses"].items():
        if str(status).startswith("2") and "content" in answer:
            shape = answer["content"]["application/json"]["schema"]
            yield table(("Field of the answer", "Is"), _fields(schema, shape))


def _parameter(each: Any) -> tuple[str, str, str]:
    shape = each["schema"]
    said = [_kind(shape), *([each["description"]] if "description" in each else [])]
    if shape.get("default") not in (None, "", []):
        said.append(f"by default {shape['default']}")
    return f"`{each['name']}`", each["in"], "; ".join(said)


def _fields(schema: Any, shape: Any, above: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The fields of a shape and of those within it, with dots between."""
    parts = [part for part in shape.get("anyOf", [shape]) if part.get("type") != "null"]
    inner = parts[0].get("items", parts[0])
    name = inner.get("$ref", "").rpartition("/")[2]
    if not name or name in seen:
        return
    for field, kind in schema["components"]["schemas"][name].get("properties", {}).items():
        yield f"`{above}{field}`", _kind(kind)
        yield from _fields(schema, kind, f"{above}{field}.", (*seen, name))


def _kind(shape: Any) -> str:
    """A JSON schema in some words."""
    if "anyOf" in shape:
        return " or ".join(_kind(part) for part in shape["anyOf"])
    if "$ref" in shape:
        return "object"
    if values := shape.get("enum"):
        return "one of " + code(value for value in values if value)
    if shape.get("type") == "array":
        return f"list of {_kind(shape['items'])}" if shape.get("items") else "list"
    return {"date-time": "time"}.get(shape.get("format", ""), shape.get("type", "anything"))
