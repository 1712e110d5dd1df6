"""What people type, as both databases can hold and compare it; and the connections they mean by a name."""

from collections.abc import Iterable
from typing import Any

from seatwise.store.models import Connection
from seatwise.store.wanted import storable

plain = storable
NAMED = 3
"""Of those with the same to say, how many are named."""


def plain_json(value: Any) -> Any:
    """A JSON value with each text in it made plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(str(name)): plain_json(each) for name, each in value.items()}
    return [plain_json(each) for each in value] if isinstance(value, list | tuple) else value


def together(said: Iterable[tuple[str, str]]) -> str:
    """Labels, each with what is to be said of it; what is the same of several is said once: A, B and C: text."""
    alike: dict[str, dict[str, None]] = {}
    for label, text in said:
        alike.setdefault(text if text.endswith((".", "!", "?")) else f"{text}.", {})[label] = None
    return " ".join(f"{_listed([*labels])}: {text}" for text, labels in alike.items())


def _listed(labels: list[str]) -> str:
    if len(labels) > NAMED + 1:
        labels = [*labels[:NAMED], f"{len(labels) - NAMED} more"]
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def same_name(one: str, other: str) -> bool:
    """Whether two names differ in nothing but upper and lower case."""
    return plain(one).strip().casefold() == plain(other).strip().casefold()


def connections_called(name: str) -> tuple[int, ...] | None:
    """The keys of the connections meant, however the name is spelled; None, for all, where no name is given."""
    if not name:
        return None
    return tuple(pk for pk, called in Connection.objects.values_list("pk", "name") if same_name(called, name))
