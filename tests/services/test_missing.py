"""Counts over lists that were never read are unknown, and every listing says what it does not tell."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.access import STRANGERS, list_project_access
from seatwise.services.connections import list_connections
from seatwise.services.groups import get_group, list_group_members, list_groups, list_project_groups
from seatwise.services.missing import missing, unknown_of
from seatwise.services.projects import list_projects
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.roles import get_role, list_roles
from seatwise.services.service_accounts import list_service_accounts
from seatwise.store.models import (
    Group,
    GroupMember,
    Project,
    ProjectMember,
    Role,
    RoleAssignment,
    ServiceAccount,
    Stream,
)

pytestmark = pytest.mark.django_db
VIEWER = Actor("viewer@example.com", "viewer")
NOW = datetime.now(UTC)
SEEN = {"hash": 1, "first_seen_at": NOW}
COUNTED = ("group_members", "role_assignments", "project_groups", "service_accounts", "api_keys")


@pytest.fixture
def acme(connection_of, account_of, key_of):
    """One of everything, none of whose counts was ever read whole."""
    acme = connection_of("Acme")
    for name in ("groups", "roles", "admin_keys"):
        Stream.objects.create(connection=acme, name=name, state="complete", synced_at=NOW)
    for name in COUNTED:
        Stream.objects.create(connection=acme, name=name, state="failed")
    here = {"connection": acme, **SEEN}
    Project.objects.create(vendor_id="proj_1", name="Search", status="active", **here)
    Group.objects.create(vendor_id="g", name="All", **here)
    Role.objects.create(vendor_id="role-1", name="Auditor", kind="organization", **here)
    Role.objects.create(vendor_id="proj_1/role-2", name="Member", kind="project", project_id="proj_1", **here)
    GroupMember.objects.create(vendor_id="g/user-1", group_id="g", user_id="user-1", **here)
    RoleAssignment.objects.create(vendor_id="1", kind="group", group_id="g", role_id="role-1", name="Auditor", **here)
    in_place = {"kind": "project_group", "group_id": "g", "role_id": "role-2", "project_id": "proj_1", "name": "Member"}
    RoleAssignment.objects.create(vendor_id="2", **in_place, **here)
    account_of(acme, vendor_id="svc_1")
    key_of(acme, owner_kind="service_account", owner_id="svc_1")
    return acme


def counts():
    (group,) = list_groups(VIEWER).items
    (project,) = list_projects(VIEWER).items
    (account,) = list_service_accounts(VIEWER).items
    (in_project,) = list_project_groups(VIEWER, key=project.key).items
    return {
        "group": (group.members, group.projects, group.roles),
        "roles": [role.groups for role in list_roles(VIEWER, sort="name").items],
        "project": (project.groups, project.service_accounts, project.api_keys),
        "account": account.keys,
        "in project": in_project.members,
    }


def test_a_count_over_a_list_that_was_never_read_whole_is_unknown(acme):
    assert counts() == {
        "group": (None, None, None), "roles": [None, None], "project": (None, None, None), "account": None,
        "in project": None,
    }  # fmt: skip
    Stream.objects.filter(connection=acme).update(state="complete", synced_at=NOW)
    assert counts() == {
        "group": (1, 1, ["Auditor"]), "roles": [1, 1], "project": (1, 1, 1), "account": 1, "in project": 1,
    }  # fmt: skip


def test_what_one_account_tells_is_not_taken_for_what_another_tells(acme, connection_of):
    other = connection_of("Other")
    Stream.objects.create(connection=other, name="group_members", state="complete", synced_at=NOW)
    Group.objects.create(connection=other, vendor_id="g", name="Other's", **SEEN)
    assert {group.connection: group.members for group in list_groups(VIEWER).items} == {"Acme": None, "Other": 0}


def test_each_listing_says_what_keeps_it_from_being_whole(acme):
    Stream.objects.filter(connection=acme, name="api_keys").update(state="forbidden", permission="api.keys.read")
    for listing in ("keys", "service_accounts"):
        told = unknown_of(VIEWER, listing=listing)
        assert any("Acme: " in said and "api.keys.read" in said for said in told), listing
        assert not unknown_of(VIEWER, listing=listing, connection="Elsewhere")
    assert any("members of groups" in said for said in unknown_of(VIEWER, listing="groups"))
    assert any("roles of groups" in said for said in unknown_of(VIEWER, listing="roles"))
    project = Project.objects.get()
    told = list_project_groups(VIEWER, key=project.pk).unknown
    assert any("members of groups" in said for said in told)
    assert not any("directly" in said for said in told)
    Stream.objects.filter(connection=acme).update(state="complete", synced_at=NOW)
    assert not unknown_of(VIEWER, listing="groups")
    assert not unknown_of(VIEWER, listing="keys")


def test_roles_of_other_projects_are_not_counted_for_one(acme):
    Stream.objects.filter(connection=acme).update(state="complete", synced_at=NOW)
    RoleAssignment.objects.create(
        connection=acme, vendor_id="3", kind="project_group", group_id="g2", role_id="role-2", project_id="proj_2",
        **SEEN,
    )  # fmt: skip
    role = Role.objects.get(name="Member")
    assert get_role(VIEWER, key=role.pk).role.groups == 1


def test_members_that_no_list_of_users_holds_are_counted_on_every_page(acme, user_of):
    group = Group.objects.get()
    for number in range(3):
        user_of(acme, vendor_id=f"user-known-{number}")
        GroupMember.objects.create(
            connection=acme, vendor_id=f"g/{number}", group_id="g", user_id=f"user-known-{number}", **SEEN
        )
    first = list_group_members(VIEWER, key=group.pk, limit=2)
    last = list_group_members(VIEWER, key=group.pk, limit=2, cursor=first.next)
    assert (first.total, last.total) == (4, 4)
    assert [member.id for member in last.items][-1] == "user-1"
    assert get_group(VIEWER, key=group.pk).unknown


def test_all_strangers_in_a_project_are_counted_though_not_all_are_named(acme):
    project = Project.objects.get()
    ProjectMember.objects.bulk_create(
        ProjectMember(
            connection=acme, vendor_id=f"proj_1/{n}", project_id="proj_1", user_id=f"gone-{n:03}", role="member", **SEEN
        )
        for n in range(STRANGERS + 10)
    )
    found = list_project_access(VIEWER, key=project.pk)
    assert (len(found.strangers), found.strangers_total) == (STRANGERS, STRANGERS + 10)


def test_an_account_of_a_machine_without_keys_has_none_once_keys_are_read(acme, account_of):
    account_of(acme, vendor_id="svc_2", name="Another")
    Stream.objects.filter(connection=acme, name="api_keys").update(state="complete", synced_at=NOW)
    found = {account.id: account.keys for account in list_service_accounts(VIEWER).items}
    assert found == {"svc_1": 1, "svc_2": 0}
    assert ServiceAccount.objects.count() == 2


@pytest.fixture
def whole(connection_of):
    """All that the listing of keys rests on, read within the hour."""
    row = connection_of("Whole")
    for name in ("api_keys", "admin_keys", "service_accounts"):
        Stream.objects.create(connection=row, name=name, state="complete", synced_at=NOW)
    return row


def unknown(row):
    return unknown_of(VIEWER, listing="keys", connection=row.name)


@pytest.mark.parametrize("state", ["failed", "held", "canceled", "forbidden"])
def test_what_was_not_whole_before_a_sync_is_not_whole_while_it_runs(whole, sync_begins, state):
    whole.streams.filter(name="api_keys").update(state=state, message="It broke off.")
    before = unknown(whole)
    sync_begins(whole)
    assert len(before) == 1
    assert unknown(whole) == before


def test_what_is_whole_is_whole_while_a_sync_runs(whole, sync_begins):
    sync_begins(whole)
    assert unknown(whole) == []


def test_a_stream_that_was_off_for_long_is_not_whole_before_it_is_read_again(whole, sync_begins):
    then = NOW - timedelta(days=90)
    whole.streams.filter(name="api_keys").update(state="pending", synced_at=then)
    said = f"Whole: The stream “API keys” was read completely last on {then:%Y-%m-%d %H:%M} UTC."
    assert unknown(whole) == [f"{said} The next complete sync reads it."]
    sync_begins(whole)
    assert unknown(whole) == [f"{said} The sync under way reads it."]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"disconnected_at": NOW}, "an admin can connect its organization again"),
        ({"paused": True}, "an admin can resume them"),
        ({"attention": "The key is revoked."}, "its page says what to do"),
    ],
)
def test_no_sync_is_promised_that_will_not_come(connection_of, fields, says):
    row = connection_of("Still", **fields)
    Stream.objects.create(connection=row, name="api_keys")
    (said,) = (said for said in unknown(row) if "API keys" in said)
    assert says in said
    assert "next complete sync" not in said


def test_a_listing_of_what_is_no_longer_kept_up_is_not_whole(whole):
    then = NOW - timedelta(days=3)
    whole.streams.filter(name="users").update(synced_at=then)
    assert unknown(whole) == [], "keys rest on other streams"
    whole.streams.filter(name="admin_keys").update(synced_at=then)
    last = f"last complete on {then:%Y-%m-%d %H:%M} UTC."
    assert unknown(whole) == [f"Whole: {last}"]
    whole.disconnected_at = NOW
    whole.save()
    assert unknown(whole) == [f"Whole: disconnected, {last}"]


def test_a_connection_that_was_never_wholly_complete_has_its_gaps_above_the_list(connection_of):
    row = connection_of("Narrow", last_complete_sync_at=None)
    Stream.objects.create(connection=row, name="api_keys", state="forbidden", allowed=False)
    assert any("API keys" in gap.text for gap in missing(list_connections(SYSTEM), "", "keys"))
    row.streams.update(state="pending", synced_at=None)
    assert missing(list_connections(SYSTEM), "", "keys") == [], "its first sync is said above the list already"
