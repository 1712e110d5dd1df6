"""What somebody may do where, and why: worked out from the copy, compared with what the vendor itself says."""

from typing import Any

import pytest

from seatwise.connectors.openai.sandbox import Fault, Organization
from seatwise.services.access import (
    export_project_access,
    find_user_access,
    get_user_access,
    list_project_access,
    read_user_roles,
)
from seatwise.services.errors import Conflict, NotAllowed, NotFound, Refusal, Unreachable
from seatwise.services.limits import get_project_limits, list_limits, read_project_limits
from seatwise.services.rights import SYSTEM, Actor
from seatwise.store.models import AuditEntry, Limit, Project, RoleAssignment, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]
VIEWER = Actor("viewer@example.com", "viewer")


def active(organization: Organization) -> list[str]:
    return [row["id"] for row in organization.projects if row["status"] == "active"]


def key_of(vendor_id: str) -> int:
    return User.objects.get(vendor_id=vendor_id, kind__in=("user", "service_account")).pk


def somebody(organization: Organization, **wanted: Any) -> str:
    """A person who is no owner, in no project and in no group."""
    there = {user for _, user in organization.truth().group_members} | {u for _, u in organization.truth().members}
    people = [row for row in organization.users if row.get("role") == "reader" and row["id"] not in there]
    return next(row["id"] for row in people if not row.get("is_service_account"))


def test_whoever_has_access_is_whom_the_vendor_lets_in(acme, copy):
    for user in list(acme.users)[:60]:
        access = get_user_access(VIEWER, key=key_of(user["id"]))
        there = {project for project in active(acme) if acme.has_access(project, user["id"])}
        assert {each.id for each in access.projects if each.status == "active"} == there, user["id"]
        assert all(grant.why for each in access.projects for grant in each.grants)


def test_a_project_names_the_same_people_as_they_name_it(acme, copy):
    for project in active(acme):
        key = Project.objects.get(vendor_id=project).pk
        found = list(export_project_access(VIEWER, key=key))
        assert {each.id for each in found} == {u["id"] for u in acme.users if acme.has_access(project, u["id"])}
        assert list_project_access(VIEWER, key=key).holders.total == len(found)
        for holder in found[:5]:
            (own,) = [p for p in get_user_access(VIEWER, key=holder.key).projects if p.id == project]
            assert own.grants == holder.grants


def test_pages_of_a_project_lead_through_everybody_and_searches_narrow(acme, copy):
    key = Project.objects.get(vendor_id=active(acme)[0]).pk
    everybody = [each.id for each in export_project_access(VIEWER, key=key)]
    seen, cursor = [], ""
    while cursor is not None:
        page = list_project_access(VIEWER, key=key, cursor=cursor, limit=3).holders
        seen, cursor = [*seen, *(each.id for each in page.items)], page.next
    assert seen == everybody
    one = next(each for each in export_project_access(VIEWER, key=key) if each.email)
    found = list_project_access(VIEWER, key=key, search=one.email.upper()).holders
    assert one.id in [each.id for each in found.items]
    assert found.total < len(everybody)


def test_each_reason_is_told(acme, copy, sync):
    person, (project, other, *_) = somebody(acme), active(acme)
    group = acme.add_group("Night shift", [person])
    acme.add_group_to_project(project, group["id"], "viewer")
    acme.add_member(project, person)
    acme.add_group_to_project(other, group["id"], "member")
    role = acme.add_role("Cost reader", ["api.usage.read"])
    acme.assign_role(role["id"], group_id=group["id"])
    sync(copy)
    access = get_user_access(VIEWER, key=key_of(person))
    here = {each.id: {(g.reason, g.role, g.group) for g in each.grants} for each in access.projects}
    assert here == {
        project: {("member", "Project member", None), ("group", "Project viewer", "Night shift")},
        other: {("group", "Project member", "Night shift")},
    }
    assert ("group", "Cost reader", "Night shift") in {(g.reason, g.role, g.group) for g in access.organization}
    assert "api.usage.read" in access.permissions
    assert [g.why for g in access.projects[0].grants if g.group] == ["Through the group Night shift"]


def test_an_owner_owns_every_project_and_the_answer_says_why(acme, copy):
    owner = next(row["id"] for row in acme.users if row.get("role") == "owner")
    access = get_user_access(VIEWER, key=key_of(owner))
    assert access.owner
    assert {each.id for each in access.projects if each.status == "active"} == set(active(acme))
    for each in access.projects:
        if each.status == "active":
            (why,) = {grant.why for grant in each.grants if grant.reason == "owner"}
            assert why == "Owns the organization, and so every project"


def test_who_owns_the_organization_through_a_group_owns_its_projects(acme, copy, sync):
    person = somebody(acme)
    group = acme.add_group("Wardens", [person])
    acme.assign_role(next(role["id"] for role in acme.roles if "owner" in role["id"]), group_id=group["id"])
    sync(copy)
    access = get_user_access(VIEWER, key=key_of(person))
    assert access.owner
    assert {each.id for each in access.projects} == set(active(acme))
    assert "through the group Wardens" in access.projects[0].grants[0].why
    holders = export_project_access(VIEWER, key=access.projects[0].key)
    assert person in {each.id for each in holders}


def test_own_roles_are_unknown_until_they_are_read(acme, copy, sync):
    person, project = somebody(acme), active(acme)[0]
    acme.add_member(project, person)
    custom = acme.add_role("Custodian", ["api.organization.projects.api_keys.read"], project_id=project)
    acme.assign_role(custom["id"], user_id=person, project_id=project)
    auditor = next(role for role in acme.roles if role["name"] == "Auditor")
    acme.assign_role(auditor["id"], user_id=person)
    sync(copy)
    before = get_user_access(VIEWER, key=key_of(person))
    assert before.lookup.read_at is None
    assert any("never read" in said for said in before.unknown)
    assert "Custodian" not in {g.role for each in before.projects for g in each.grants}

    after = read_user_roles(SYSTEM, key=key_of(person))
    assert (after.unknown, after.lookup.whole) == ([], True)
    (own,) = after.projects
    assert {(g.role, g.reason) for g in own.grants} == {("Project member", "member"), ("Custodian", "direct")}
    assert own.whole
    assert set(own.permissions) == {
        each for row in acme.roles_of(user_id=person, project_id=project) for each in row["permissions"]
    }
    assert set(after.permissions) == {each for row in acme.roles_of(user_id=person) for each in row["permissions"]}
    entry = AuditEntry.objects.get(operation="read_user_roles")
    assert (entry.operator, entry.outcome, entry.detail["not_read"]) == ("system", "done", [])


def test_reading_again_takes_away_what_is_gone_and_a_sync_touches_none_of_it(acme, copy, sync):
    person = somebody(acme)
    auditor = next(role for role in acme.roles if role["name"] == "Auditor")
    acme.assign_role(auditor["id"], user_id=person)
    read_user_roles(SYSTEM, key=key_of(person))
    sync(copy)
    assert "Auditor" in {g.role for g in get_user_access(VIEWER, key=key_of(person)).organization}
    acme.unassign_role(auditor["id"], user_id=person)
    assert "Auditor" not in {g.role for g in read_user_roles(SYSTEM, key=key_of(person)).organization}
    assert not RoleAssignment.objects.filter(kind="user", name="Auditor").exists()


def test_a_part_that_breaks_off_keeps_what_was_read_before(acme, copy, vendor, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 2.0)
    person = next(user for _, user in acme.truth().members)
    first = read_user_roles(SYSTEM, key=key_of(person))
    vendor.faults.add(Fault("array", "/projects/*/users/*/roles", times=None))
    again = read_user_roles(SYSTEM, key=key_of(person))
    assert again.projects == first.projects
    assert not again.lookup.whole
    assert any("Roles in projects were not read whole" in said for said in again.unknown)
    entry = AuditEntry.objects.filter(operation="read_user_roles").latest("pk")
    assert entry.detail["not_read"] == ["projects"]


def test_streams_that_are_off_or_forbidden_are_named(acme, copy, sync):
    person = somebody(acme)
    acme.key.scopes = frozenset({"api.management.read", "api.usage.read"})
    sync(copy)
    copy.streams.filter(name="project_members").update(enabled=False)
    said = " ".join(get_user_access(VIEWER, key=key_of(person)).unknown)
    assert "“Groups”: it lacks api.groups.read" in said
    assert "“Project members” is switched off" in said
    key = Project.objects.filter(status="active").first().pk
    assert "api.groups.read" in " ".join(list_project_access(VIEWER, key=key).unknown)


def test_a_missing_permission_is_named_when_roles_are_read(acme, copy):
    acme.key.scopes = frozenset({"api.management.read", "api.usage.read"})
    access = read_user_roles(SYSTEM, key=key_of(next(user for _, user in acme.truth().members)))
    assert {part.permission for part in access.lookup.parts} == {"api.groups.read"}
    assert "api.groups.read" in " ".join(access.unknown)


def test_who_is_invited_or_gone_has_nothing_and_the_answer_says_why(acme, copy, sync):
    project = active(acme)[0]
    acme.invite("new@acme.example", projects=((project, "member"),))
    gone = acme.remove_users(1)[0]
    sync(copy)
    invited = get_user_access(VIEWER, key=User.objects.get(email_key="new@acme.example").pk)
    assert [each.grants[0].reason for each in invited.projects] == ["invited"]
    assert "Invited" in str(invited.note)
    left = get_user_access(VIEWER, key=key_of(gone))
    assert (left.projects, left.organization) == ([], [])
    assert "No longer" in str(left.note)
    with pytest.raises(Refusal):
        read_user_roles(SYSTEM, key=key_of(gone))


def test_somebody_is_found_by_e_mail_name_or_id(acme, copy):
    row = User.objects.filter(kind="user", departed_at=None).exclude(email=None).first()
    for text in (row.email.upper(), row.vendor_id):
        assert [each.key for each in find_user_access(VIEWER, user=text)] == [row.pk]
    with pytest.raises(NotFound):
        find_user_access(VIEWER, user="nobody@nowhere.example")
    with pytest.raises(NotFound):
        find_user_access(VIEWER, user=row.email, connection="Elsewhere")


def test_limits_of_a_project_are_unknown_until_they_are_read(acme, copy):
    project = active(acme)[0]
    acme.set_spend_limit(12_345, project_id=project, enforcing=False)
    acme.add_spend_alert(50, ["a@acme.example"], project_id=project)
    acme.set_models(project, "allow_list", ["gpt-5"])
    acme.set_tools(project, web_search=False)
    key = Project.objects.get(vendor_id=project).pk
    before = get_project_limits(VIEWER, key=key)
    assert (before.project, before.lookup.read_at) == ([], None)
    assert {each.what for each in before.organization} == {"spend_limit", "spend_alert", "data_retention"}

    after = read_project_limits(SYSTEM, key=key)
    found = {(each.what, each.name): each for each in after.project}
    limit, alert = found["spend_limit", None], found["spend_alert", None]
    assert (str(limit.amount), limit.currency, limit.interval, limit.enforcement) == (
        "123.45", "usd", "month", "inactive"
    )  # fmt: skip
    assert (str(alert.amount), alert.names) == ("0.50", ["a@acme.example"])
    assert (found["models", None].value, found["models", None].names) == ("allow_list", ["gpt-5"])
    assert found["hosted_tool", "web_search"].value == "forbidden"
    assert found["hosted_tool", "code_interpreter"].value == "allowed"
    assert after.rate_limits.total == len(acme.rate_limits[project])
    assert after.lookup.whole
    assert after.lookup.read_at is not None
    assert AuditEntry.objects.filter(operation="read_project_limits", outcome="done").count() == 1


def test_a_limit_that_is_not_set_is_told_apart_from_one_that_was_not_read(acme, copy, vendor, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 2.0)
    project = active(acme)[0]
    acme.set_spend_limit(12_345, project_id=project)
    key = Project.objects.get(vendor_id=project).pk
    read_project_limits(SYSTEM, key=key)
    acme.set_spend_limit(None, project_id=project)
    vendor.faults.add(Fault("array", "/organization/projects/*/rate_limits", times=None))
    again = read_project_limits(SYSTEM, key=key)
    assert "spend_limit" not in {each.what for each in again.project}
    assert again.lookup.part("spend_limit").read_at == again.lookup.read_at
    assert again.lookup.part("rate_limit").message
    assert again.rate_limits.total > 0
    assert Limit.objects.filter(kind="organization", departed_at=None).count() == 3


def test_roles_of_a_project_come_with_its_limits(acme, copy):
    project = next(
        each for each in active(acme) if any(not role["predefined_role"] for role in acme.project_roles[each])
    )
    read_project_limits(SYSTEM, key=Project.objects.get(vendor_id=project).pk)
    from seatwise.services.roles import list_roles

    page = list_roles(VIEWER, kind="project")
    assert {each.id for each in page.items} == set(acme.project_roles[project].ids())
    assert {each.project_id for each in page.items} == {project}


def test_a_viewer_reads_nothing_at_the_vendor(acme, copy, vendor):
    vendor.forget_requests()
    for call in (read_user_roles, read_project_limits):
        with pytest.raises(NotAllowed):
            call(VIEWER, key=1)
    assert not vendor.requests
    assert AuditEntry.objects.filter(outcome="not_allowed").count() == 2


def test_a_revoked_key_is_refused_in_plain_words_without_its_value(acme, copy):
    acme.key.revoked = True
    with pytest.raises(Refusal) as refused:
        read_user_roles(SYSTEM, key=key_of(somebody(acme)))
    assert "does not accept this Admin Key" in refused.value.message
    assert acme.key.value not in f"{refused.value.message} {refused.value.detail}"


def test_a_vendor_that_is_away_leaves_all_as_it_was(acme, copy, settings, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 1.0)
    person = key_of(next(user for _, user in acme.truth().members))
    before = read_user_roles(SYSTEM, key=person)
    settings.VENDOR_BASE_URLS = {"openai": "http://127.0.0.1:9/v1"}
    with pytest.raises(Unreachable):
        read_user_roles(SYSTEM, key=person)
    assert get_user_access(VIEWER, key=person) == before


def test_a_disconnected_account_is_asked_nothing(acme, copy):
    from seatwise.services.connections import disconnect

    disconnect(SYSTEM, connection=copy.pk)
    with pytest.raises(Conflict):
        read_user_roles(SYSTEM, key=key_of(somebody(acme)))
    assert not get_user_access(VIEWER, key=key_of(somebody(acme))).lookup.available


def test_limits_of_all_organizations_are_listed(acme, copy):
    assert {each.what for each in list_limits(VIEWER, connection="acme")} == {
        "spend_limit", "spend_alert", "data_retention"
    }  # fmt: skip
    assert list_limits(VIEWER, connection="Elsewhere") == []


def test_an_unknown_user_or_project_is_not_found(db):
    for call in (get_user_access, list_project_access, get_project_limits):
        with pytest.raises(NotFound):
            call(VIEWER, key=999)
