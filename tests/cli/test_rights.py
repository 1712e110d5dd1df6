"""Every command asks: with a role that may nothing, none of them does anything."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.program import COMMANDS
from seatwise.services import rights

ARGUMENTS = {
    "reconnect": ["Acme", "--admin-key-file", "-"],
    "disconnect": ["Acme", "--yes"],
    "cancel": ["Acme"],
    "pause": ["Acme"],
    "resume": ["Acme"],
    "settings": ["Acme", "--every", "30"],
    "access": ["ada@example.com"],
    "reset-password": ["ada@example.com"],
    "acknowledge": ["1"],
    "test-channel": ["On call"],
    "group-members": ["Everybody"],
    "project-groups": ["Search"],
    "spend-months": ["--connection", "Acme"],
}
PROGRAMS = {"demo", "serve", "sandbox", "_worker"}
"""These run something; what they do for an operator, they do through services that ask."""


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - PROGRAMS))
def test_every_command_asks_for_a_permission(
    name: str, seatwise: Callable[..., Result], connect: Any, acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(acme)
    monkeypatch.setitem(rights.ROLES, "owner", frozenset())
    result = seatwise(name, *ARGUMENTS.get(name, []), stdin="x") if name != "connect" else seatwise(name, "openai")
    assert result.exit_code == 4
    assert "It needs the permission" in result.stderr
    assert not result.stdout
