"""The pretend organizations: always the same, like real ones, and changing in ways that leave no contradiction."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from seatwise.connectors.openai.sandbox import (
    MISSING,
    Organization,
    demo_organizations,
    sized_organization,
)
from seatwise.connectors.openai.sandbox.people import person

NOW = 1_800_000_000
DAY = 86_400


def everything(organization: Organization) -> tuple[Any, ...]:
    return organization.truth(), list(organization.admin_keys), list(organization.groups), organization.keys


def check_consistent(organization: Organization) -> None:
    """Users and projects tell the same story about who is in what."""
    truth = organization.truth()
    for (project_id, user_id), member in truth.members.items():
        user = truth.users[user_id]
        assert (member.get("name"), member.get("email")) == (user.get("name"), user.get("email"))
        if user.get("projects"):
            places = {place["id"]: place for place in user["projects"]["data"]}
            assert places[project_id]["role"] == member["role"]
            assert places[project_id]["name"] == truth.projects[project_id]["name"]
    for user in truth.users.values():
        for place in (user.get("projects") or {"data": []})["data"]:
            assert user["id"] in organization.members[place["id"]]


def test_the_same_seed_makes_the_same_organization() -> None:
    one, same, other = (Organization.seeded("Acme", users=60, seed=seed, now=NOW) for seed in (1, 1, 2))
    assert everything(one) == everything(same)
    assert everything(one) != everything(other)


def test_ids_and_keys_do_not_depend_on_when_it_was_made() -> None:
    early, late = (Organization.seeded("Acme", users=20, now=now) for now in (NOW, NOW + 9_999_999))
    assert (early.id, early.key.value, early.users.ids()) == (late.id, late.key.value, late.users.ids())
    assert [user["added_at"] + 9_999_999 for user in early.users] == [user["added_at"] for user in late.users]


def test_nobody_shares_an_address_or_an_id() -> None:
    people = [person("acme.example", number) for number in range(100_000)]
    assert len({each.email for each in people}) == len({each.id for each in people}) == len(people)
    assert all(each.email.isascii() for each in people)


def test_a_seeded_organization_holds_what_was_asked_for() -> None:
    made = Organization.seeded(
        "Acme", "org-mine", users=90, invites=20, projects=7, archived_projects=2, members_per_project=9, admin_keys=4,
        groups=11, now=NOW,
    )  # fmt: skip
    truth = made.truth()
    assert made.id == "org-mine"
    assert [len(made.users), len(made.invites), len(made.keys), len(made.groups)] == [90, 20, 4, 11]
    assert Counter(row["status"] for row in truth.projects.values()) == {"active": 7, "archived": 2}
    assert sum(len(table) for table in made.members.values()) == 9 * 9
    check_consistent(made)


@pytest.mark.parametrize("users", [0, 1, 2, 7])
def test_the_smallest_organizations_are_whole_too(users: int) -> None:
    made = Organization.seeded("Tiny", users=users, awkward=1.0)
    assert len(made.users) == users
    check_consistent(made)


def test_every_kind_of_user_and_invite_occurs() -> None:
    made = Organization.seeded("Acme", users=1000, now=NOW, awkward=0.05)
    users, invites = list(made.users), list(made.invites)
    assert {user.get("role") for user in users} >= {"owner", "reader", "auditor", None}
    inner = [user.get("user") or {} for user in users]
    assert any(each.get("banned") and each["banned_at"] for each in inner)
    assert any(each.get("enabled") is False for each in inner)
    assert any("enabled" not in each for each in inner)
    assert any(user.get("is_service_account") for user in users)
    assert {user.get("is_scim_managed") for user in users} >= {True, False}
    assert Counter(invite["status"] for invite in invites).keys() == {"pending", "expired", "accepted"}
    assert any(invite["status"] == "pending" and invite["expires_at"] < NOW for invite in invites)
    assert any(invite["status"] == "pending" and invite["expires_at"] > NOW for invite in invites)


def test_accepted_invites_stand_beside_their_user_in_another_spelling() -> None:
    made = Organization.seeded("Acme", users=200, invites=40, awkward=0)
    addresses = {user["email"] for user in made.users}
    folded = {(address or "").lower() for address in addresses}
    accepted = [invite for invite in made.invites if invite["status"] == "accepted"]
    assert all(invite["email"].lower() in folded for invite in accepted)
    assert any(invite["email"] not in addresses for invite in accepted)


def test_times_lie_in_the_past_and_in_order() -> None:
    made = Organization.seeded("Acme", users=300, now=NOW)
    for user in made.users:
        assert user["added_at"] <= NOW
        assert (user.get("api_key_last_used_at") or user["added_at"]) >= user["added_at"]
    assert all(invite["created_at"] <= NOW for invite in made.invites)
    assert all(invite["accepted_at"] <= NOW for invite in made.invites if invite["status"] == "accepted")


def test_awkward_data_is_there_as_often_as_asked() -> None:
    tidy = Organization.seeded("Acme", users=200, awkward=0)
    assert all(user["name"] and user["role"] and user["user"]["enabled"] is not None for user in tidy.users)
    names = {user.get("name") for user in Organization.seeded("Acme", users=100, awkward=1.0).users}
    assert {None, "", "<script>alert(1)</script>"} <= names
    assert any((name or "").startswith("=HYPERLINK(") for name in names)
    assert any(len(name or "") == 200 for name in names)


def test_the_demo_is_three_organizations_that_share_people() -> None:
    corp, labs, europe = demo_organizations()
    assert [each.name for each in (corp, labs, europe)] == ["Acme Corp", "Acme Labs", "Acme Europe"]
    assert len(corp.users) == 240
    assert set(corp.users.ids()) & set(labs.users.ids())
    assert [each.key.value for each in demo_organizations(40)] == [each.key.value for each in (corp, labs, europe)]
    assert corp.key.value.startswith("sk-admin-")


def test_the_benchmarks_organization_has_its_published_size() -> None:
    made = sized_organization("M", now=NOW)
    assert [len(made.users), len(made.invites), len(made.projects), len(made.keys)] == [10_000, 2_000, 300, 50]
    sizes = [len(table) for table in made.members.values()]
    assert sum(sizes) == 300 * 60
    assert sum(size > 100 for size in sizes) > 10
    assert min(sizes) > 0


def test_a_user_comes_goes_and_returns_as_the_same_user() -> None:
    made = Organization.seeded("Acme", users=30, now=NOW, awkward=0)
    project_id, user_id = made.projects.ids()[0], made.users.ids()[3]
    if user_id not in made.members[project_id]:
        made.add_member(project_id, user_id)
    gone = made.remove_user(user_id)
    assert user_id not in made.users
    assert all(user_id not in table for table in made.members.values())
    assert made.add_user(**gone) == gone
    assert made.users.ids()[-1] == user_id
    check_consistent(made)


def test_many_users_leave_newest_first() -> None:
    made = Organization.seeded("Acme", users=30)
    ids = made.users.ids()
    assert made.remove_users(10) == ids[:19:-1]
    assert made.users.ids() == ids[:20]
    check_consistent(made)


def test_a_users_fields_are_set_where_the_vendor_keeps_them() -> None:
    made = Organization.seeded("Acme", users=5, awkward=0)
    made.add_member(made.projects.ids()[0], made.users.ids()[1], role="owner")
    row = made.update_user(made.users.ids()[1], name="New", enabled=False, banned=True, banned_at=NOW, role="owner")
    assert (row["name"], row["user"]["name"], row["role"]) == ("New", "New", "owner")
    assert (row["user"]["enabled"], row["user"]["banned"], row["user"]["banned_at"]) == (False, True, NOW)
    row = made.update_user(row["id"], name=None, email=MISSING, enabled=MISSING)
    assert row["name"] is None
    assert "email" not in row
    assert "enabled" not in row["user"]
    check_consistent(made)


def test_an_accepted_invite_makes_a_user_and_stays() -> None:
    made = Organization.seeded("Acme", users=5, now=NOW)
    made.now += DAY
    invite = made.invite("Grace.Hopper@Acme.example", role="owner", projects=((made.projects.ids()[0], "member"),))
    user = made.accept_invite(invite["id"])
    assert (user["email"], user["role"], user["added_at"]) == ("grace.hopper@acme.example", "owner", NOW + DAY)
    assert made.invites[invite["id"]]["status"] == "accepted"
    assert user["id"] in made.members[made.projects.ids()[0]]
    check_consistent(made)


def test_a_withdrawn_invite_is_gone_and_an_old_one_is_past_its_end() -> None:
    made = Organization("Acme", now=NOW)
    kept, withdrawn = made.invite("a@acme.example", expires_in=DAY), made.invite("b@acme.example")
    made.withdraw_invite(withdrawn["id"])
    made.now += 2 * DAY
    assert made.invites.ids() == [kept["id"]]
    assert made.invites[kept["id"]]["expires_at"] < made.now


def test_projects_are_founded_renamed_filled_and_archived() -> None:
    made = Organization.seeded("Acme", users=10, now=NOW)
    project = made.add_project("Moon")
    for user_id in made.users.ids()[:2]:
        made.add_member(project["id"], user_id)
    made.update_member(project["id"], made.users.ids()[0], role="owner")
    made.remove_member(project["id"], made.users.ids()[1])
    made.update_project(project["id"], name="Mars")
    check_consistent(made)
    assert [row["role"] for row in made.members[project["id"]]] == ["owner"]
    assert made.archive_project(project["id"])["archived_at"] == NOW
    assert project["id"] not in {project_id for project_id, _ in made.truth().members}


def test_whoever_changes_what_is_not_there_is_told() -> None:
    made = Organization("Empty")
    for change in (made.remove_user, made.accept_invite, made.withdraw_invite, made.archive_project):
        with pytest.raises(KeyError):
            change("nothing")
    with pytest.raises(KeyError):
        made.update_user("nobody", role="owner")
