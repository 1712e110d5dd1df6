"""The `seatwise` command itself: what there is, how it explains itself, and how it fails."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from seatwise.cli.program import COMMANDS, seatwise
from seatwise.cli.stop import Stop

CONTRACT = Path(__file__).parents[3] / "shared/cli.md"
ELSEWHERE = {"worker", "web"}  # the parts of `serve`, one per process


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "seatwise", *arguments], capture_output=True, text=True, timeout=60)


def test_help_names_every_command_and_hides_the_worker() -> None:
    done = run("--help")
    assert done.returncode == 0
    listed = re.findall(r"^  ([\w-]+)  ", done.stdout, re.MULTILINE)
    assert set(COMMANDS) - {"_worker"} <= set(listed)
    assert "_worker" not in done.stdout


def test_help_comes_without_django() -> None:
    code = (
        "import sys; from seatwise.cli.program import seatwise; seatwise(['--help'], standalone_mode=False); "
        "sys.exit(any(name.split('.')[0] in ('django', 'rich', 'msgspec', 'gunicorn') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"connect"}))
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    command = seatwise.get_command(click.Context(seatwise), name)
    assert command is not None
    assert command.help
    assert re.search(rf"Example:\n\s+seatwise {name}", command.help)


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract lies beside the checkout")
def test_every_command_that_was_promised_is_there() -> None:
    promised = set(re.findall(r"`seatwise ([a-z][a-z-]+)", CONTRACT.read_text())) - ELSEWHERE
    assert promised <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [["nonsense"], ["users", "--status", "asleep"], ["changes", "--since", "soon"]])
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(seatwise, arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert not result.stdout


def test_an_unexpected_error_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(seatwise, "get_command", lambda ctx, name: broken)
    result = CliRunner().invoke(seatwise, ["broken"])
    assert result.exit_code == 1
    assert "did not expect. KeyError: 'surprise'" in result.stderr
    assert "--debug" in result.stderr
    assert isinstance(CliRunner().invoke(seatwise, ["--debug", "broken"]).exception, KeyError)


def test_a_stop_shows_its_hints_below() -> None:
    assert Stop("It is so.", hints=["Do this."]).format_message() == "It is so.\n  Do this."


def test_two_first_commands_at_once_make_the_tables_together(empty_env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "seatwise", "connections", "--json"]
    both = [subprocess.Popen(command, env=empty_env, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60) for process in both] == [("[]\n", "")] * 2
