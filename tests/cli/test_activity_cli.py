"""`seatwise audit-events` and `seatwise overview`, as scripts and people get them."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from seatwise.cli.objects import AUDIT_EVENT, FIGURE, Names, flat
from seatwise.connectors.openai.sandbox import Organization
from seatwise.store.models import AuditEntry, Stream

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]
Run = Callable[..., Result]
LISTINGS: dict[str, Names] = {"audit-events": AUDIT_EVENT, "overview": FIGURE}


@pytest.fixture
def synced(seatwise: Run, labs: Organization, connect: Callable[..., Any]) -> Any:
    """Labs with its audit log."""
    connection = connect(labs)
    Stream.objects.filter(connection=connection, name="audit_events").update(enabled=True)
    assert seatwise("sync").exit_code == 0
    return connection


@pytest.mark.parametrize(("command", "names"), LISTINGS.items())
def test_json_and_csv_have_exactly_the_names(seatwise: Run, synced: Any, command: str, names: Names) -> None:
    found = json.loads(seatwise(command, "--json").stdout)
    assert found
    assert all(list(each) == flat(names) for each in found)
    lines = list(csv.reader(io.StringIO(seatwise(command, "--csv").stdout, newline="")))
    assert lines[0] == flat(names)
    assert len(lines) == 1 + len(found)


def test_events_are_narrowed_and_an_export_is_written_down(seatwise: Run, synced: Any, labs: Organization) -> None:
    user = next(row for row in labs.users if row.get("email") and not row.get("is_service_account"))
    labs.remove_user(user["id"])
    assert seatwise("sync").exit_code == 0
    asked = ("--type", "user.deleted", "--target", user["id"], "--since", "1d")
    (event,) = json.loads(seatwise("audit-events", *asked, "--json").stdout)
    assert (event["target_id"], event["target"]) == (user["id"], user["email"])
    assert json.loads(seatwise("audit-events", *asked, "--until", "2d", "--json").stdout) == []
    assert AuditEntry.objects.filter(operation="export_audit_events").count() == 2
    assert user["email"] in seatwise("audit-events", *asked).stdout
    assert seatwise("audit-events", "--connection", "nowhere").exit_code != 0
    (left,) = json.loads(seatwise("users", "--departed", "--json").stdout)
    assert left["status"] == "removed"


def test_the_overview_says_what_it_does_not_know(seatwise: Run, synced: Any) -> None:
    figures = {each["name"]: each for each in json.loads(seatwise("overview", "--json").stdout)}
    assert int(figures["active"]["value"]) >= 0
    assert any("usage by day" in note for note in figures["active"]["notes"])
    said = seatwise("overview").stdout
    assert "Active in 30 days" in said
