"""The page of changes, and how a change reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from seatwise.connectors.openai.sandbox import Organization
from seatwise.services.changes import ChangeInfo
from seatwise.store.models import Connection
from seatwise.web.changes.diff import moments, value

As = Callable[[str], Client]
PART = {"HX-Request": "true", "HX-Target": "changes"}


def change(kind: str, before: Any = None, after: Any = None, **fields: Any) -> ChangeInfo:
    usual = {"number": 1, "connection": "Acme", "at": datetime.now(UTC), "stream": "users", "id": "user-1"}
    known = {**usual, "label": "ada@example.com", "user_key": 1, **fields}
    return ChangeInfo(**known, kind=kind, before=before, after=after)


def read(told: ChangeInfo, **names: str) -> tuple[str, list[str]]:
    """A change's sentence, and its fields as 'Role: member → owner'."""
    (moment,) = moments([told], names)
    sides = [(line.label, [side.text for side in (line.before, line.after) if side]) for line in moment.lines]
    return moment.says, [f"{label}: {' → '.join(texts)}" for label, texts in sides]


def test_a_baseline_is_one_line() -> None:
    told = change("baseline", after={"records": 2400}, label="Users", id="", user_key=None)
    assert read(told) == ("First complete listing: 2,400 users", [])


def test_a_change_shows_each_field_before_and_after() -> None:
    told = change("changed", {"role": "member", "name": None}, {"role": "owner", "name": "Ada"})
    assert read(told) == ("Role and name changed", ["Role: member → owner", "Name: unknown → Ada"])


def test_a_field_the_vendor_took_back_is_unknown() -> None:
    told = change("changed", {"scim_managed": True}, {"scim_managed": None})
    assert read(told)[1] == ["Managed by SCIM: yes → unknown"]


def test_an_arrival_names_its_invitation_and_folds_the_rest() -> None:
    invite = {"id": "invite-1", "invited_at": "2026-10-30T09:00:00Z"}
    told = change("arrived", after={"role": "member", "email": "ada@example.com", "invite": invite})
    assert read(told) == ("Joined, invited Oct 30, 2026, 09:00 UTC", ["Role: member"])
    (moment,) = moments([told])
    assert [line.label for line in moment.folded] == ["E-mail"]
    assert read(change("arrived", after={"role": "member", "invite": {"id": "i"}}))[0] == "Joined, invited before"


def test_a_departure_shows_who_it_was() -> None:
    assert read(change("departed", {"role": "member", "name": "Ada"})) == ("Departed", ["Role: member"])
    assert read(change("returned", {}, {})) == ("Returned", [])


def test_a_membership_names_the_project_where_it_is_known() -> None:
    after = {"project_id": "p", "user_id": "u", "role": "owner"}
    told = change("arrived", after=after, stream="project_members", id="p/u", label="p/u")
    assert read(told, p="Data") == ("Added to the project Data", ["Role: owner"])
    assert moments([told])[0].title == "u"


def test_lists_and_times_are_readable() -> None:
    assert value([["proj_1", "member"]]).text == '[["proj_1", "member"]]'
    assert value("2026-11-03T10:20:30.5Z").text == "Nov 3, 2026, 10:20 UTC"
    assert value("2026-13-99T10:20Z").text == "2026-13-99T10:20Z"
    assert value(False).text == "no"
    assert not value(None).known


@pytest.mark.django_db(transaction=True)
class TestPage:
    @pytest.fixture
    def acme_connection(self, connect: Any, acme: Organization, sync: Any) -> Connection:
        made: Connection = connect(acme)
        sync(made)
        gone = acme.remove_users(2)
        stayed = next(user for user in acme.truth().users if user not in gone)
        acme.update_user(stayed, name="Ada <b>New</b>")
        sync(made)
        return made

    def test_the_first_listing_is_a_line_per_stream_and_each_change_follows(
        self, client_of: As, acme_connection: Connection
    ) -> None:
        html = client_of("viewer").get("/changes/").content.decode()
        assert "First complete listing: 130 users" in html
        assert "Departed" in html
        assert "Ada &lt;b&gt;New&lt;/b&gt;" in html
        assert 'href="/users/' in html

    def test_filters_narrow_and_stay_in_the_address(self, client_of: As, acme_connection: Connection) -> None:
        client = client_of("viewer")
        answer = client.get("/changes/?kind=departed&stream=users&search=&since=", headers=PART)
        html = answer.content.decode()
        assert answer["HX-Push-Url"] == "/changes/?stream=users&kind=departed"
        assert html.strip().startswith('<div id="changes"')
        assert html.count('class="change-row"') == 2
        assert "No such change" in client.get("/changes/?since=2999-01-01").content.decode()
        assert 'class="change-row"' in client.get("/changes/?since=nonsense&kind=nonsense").content.decode()

    def test_an_empty_page_says_what_will_stand_there(self, client_of: As, connect: Any, labs: Organization) -> None:
        assert "Nothing is connected yet" in client_of("viewer").get("/changes/").content.decode()
        connect(labs)
        assert "No changes yet" in client_of("viewer").get("/changes/").content.decode()
