"""Groups, roles and limits as streams: they keep the engine's laws, and what is stored is what the vendor holds."""

import pytest

from fixtures.vendor import states
from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import Change, Group, GroupMember, Limit, Project, Role, RoleAssignment

pytestmark = pytest.mark.django_db(transaction=True)
STREAMS = ("groups", "group_members", "roles", "role_assignments", "project_groups", "organization_limits")


def copy(connection):
    here = {"connection": connection, "departed_at": None}
    held = RoleAssignment.objects.filter(**here)
    return {
        "groups": set(Group.objects.filter(**here).values_list("vendor_id", "name")),
        "members": set(GroupMember.objects.filter(**here).values_list("group_id", "user_id")),
        "roles": set(Role.objects.filter(**here).values_list("vendor_id", "name")),
        "held": set(held.filter(kind="group").values_list("group_id", "role_id")),
        "in_projects": set(held.filter(kind="project_group").values_list("project_id", "group_id", "role_id")),
    }


def vendors(organization):
    now = organization.truth()
    held = organization.assignments
    return {
        "groups": {(key, row["name"]) for key, row in now.groups.items()},
        "members": set(now.group_members),
        "roles": {(row["id"], row["name"]) for row in organization.roles},
        "held": {(key, role) for (at, kind, key), t in held.items() if kind == "group" and not at for role in t.ids()},
        "in_projects": {
            (project, group, role)
            for project, group in now.project_groups
            for role in organization.roles_of(group_id=group, project_id=project).ids()
        },
    }


@pytest.fixture
def connection(acme, connect, sync):
    connection = connect(acme)
    run = sync(connection)
    assert {name: states(run)[name] for name in STREAMS} == dict.fromkeys(STREAMS, "complete")
    return connection


def test_the_copy_is_the_vendors(acme, connection):
    assert copy(connection) == vendors(acme)
    assert all(copy(connection).values())


def test_a_second_sync_of_the_same_writes_nothing(acme, connection, sync):
    for stream in sync(connection).streams.filter(name__in=STREAMS):
        assert (stream.arrived, stream.changed, stream.departed, stream.returned) == (0, 0, 0, 0), stream.name
    assert not Change.objects.filter(stream__in=STREAMS).exclude(kind="baseline").exists()


def test_what_changes_is_followed_and_noted(acme, connection, sync):
    (first, second, *_) = list(acme.truth().groups)
    person = next(iter(acme.truth().users))
    group = acme.add_group("Reviewers", [person])
    project = next(row["id"] for row in acme.projects if row["status"] == "active")
    acme.add_group_to_project(project, group["id"], "viewer")
    acme.rename_group(first, "Renamed")
    acme.remove_group(second)
    role = acme.add_role("Watcher", ["api.usage.read"])
    acme.assign_role(role["id"], group_id=group["id"])
    assert set(states(sync(connection)).values()) == {"complete"}
    assert copy(connection) == vendors(acme)
    seen = set(Change.objects.exclude(kind="baseline").values_list("stream", "kind", "vendor_id"))
    assert {
        ("groups", "arrived", group["id"]),
        ("groups", "changed", first),
        ("groups", "departed", second),
        ("group_members", "arrived", f"{group['id']}/{person}"),
        ("roles", "arrived", role["id"]),
        ("role_assignments", "arrived", f"{group['id']}/{role['id']}"),
    } <= seen
    assert [c for c in seen if c[0] == "project_groups" and c[1] == "arrived"]


def test_members_leave_with_their_group_and_no_brake_holds_them(acme, connection, sync):
    everybody = list(acme.truth().users)[:60]
    group = acme.add_group("Everybody", everybody)
    sync(connection)
    acme.remove_group(group["id"])
    assert states(sync(connection))["group_members"] == "complete"
    assert copy(connection) == vendors(acme)


def test_a_group_emptied_at_once_is_held(acme, connection, sync):
    for group, person in list(acme.truth().group_members):
        acme.remove_from_group(group, person)
    before = GroupMember.objects.filter(departed_at=None).count()
    assert before >= 20
    assert states(sync(connection))["group_members"] == "held"
    assert GroupMember.objects.filter(departed_at=None).count() == before


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("/organization/groups", "groups"),
        ("/organization/groups/*/users", "group_members"),
        ("/organization/roles", "roles"),
        ("/organization/groups/*/roles", "role_assignments"),
        ("/organization/projects/*/groups", "project_groups"),
        ("/projects/*/groups/*/roles", "project_groups"),
        ("/organization/spend_alerts", "organization_limits"),
    ],
)
def test_a_broken_listing_takes_nothing_away(connection, sync, vendor, path, stream):
    before = copy(connection)
    vendor.faults.add(Fault("array", path, times=None))
    assert states(sync(connection))[stream] == "failed"
    assert copy(connection) == before
    assert Limit.objects.filter(departed_at=None).count() == 3
    vendor.faults.clear()
    assert states(sync(connection))[stream] == "complete"


def test_a_key_without_the_permission_says_which_one(acme, connection, sync):
    acme.key.scopes = frozenset({"api.management.read", "api.usage.read"})
    found = states(sync(connection))
    assert {name for name in STREAMS if found[name] == "forbidden"} == {*STREAMS} - {"organization_limits"}
    row = connection.streams.get(name="groups")
    assert (row.permission, row.allowed) == ("api.groups.read", False)
    assert found["users"] == "complete"


def test_a_group_in_a_project_without_a_role_is_still_in_it(acme, connection, sync):
    project, group = next(iter(acme.truth().project_groups))
    for role in list(acme.roles_of(group_id=group, project_id=project).ids()):
        acme.unassign_role(role, group_id=group, project_id=project)
    sync(connection)
    (row,) = RoleAssignment.objects.filter(kind="project_group", project_id=project, group_id=group, departed_at=None)
    assert (row.role_id, row.permissions) == (None, None)


def test_groups_of_an_archived_project_leave_with_it(acme, connection, sync):
    project, _ = next(iter(acme.truth().project_groups))
    acme.archive_project(project)
    assert states(sync(connection))["project_groups"] == "complete"
    assert Project.objects.get(vendor_id=project).status == "archived"
    assert not RoleAssignment.objects.filter(project_id=project, departed_at=None).exists()


def test_limits_are_dollars_and_a_limit_that_was_taken_away_departs(acme, connection, sync):
    limit = Limit.objects.get(what="spend_limit")
    assert (limit.amount, limit.currency, limit.interval, limit.enforcement) == (25_000, "usd", "month", "enforcing")
    assert Limit.objects.get(what="data_retention").value == "modified_abuse_monitoring"
    acme.set_spend_limit(1_999)
    sync(connection)
    change = Change.objects.get(stream="organization_limits", kind="changed")
    assert (change.before, change.after) == ({"amount": "25000.00"}, {"amount": "19.99"})
    acme.set_spend_limit(None)
    assert states(sync(connection))["organization_limits"] == "complete"
    assert not Limit.objects.filter(what="spend_limit", departed_at=None).exists()


def test_a_new_stream_that_is_forbidden_turns_no_green_check_amber(acme, connect, sync):
    """The connections of before have no row of these streams; the first sync after the upgrade makes it."""
    acme.key.scopes = frozenset({"api.management.read", "api.usage.read"})
    connection = connect(acme)
    connection.streams.filter(name__in=STREAMS).delete()
    run = sync(connection)
    row = connection.streams.get(name="groups")
    assert (states(run)["groups"], row.enabled) == ("forbidden", False)
    assert "api.groups.read" in row.message
