"""Groups and roles, one of each, and a user's access card, over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from fixtures.rows import multiply
from seatwise.connectors.openai.sandbox import Organization
from seatwise.services.groups import STRANGERS
from seatwise.store.models import Connection, Group, GroupMember, Role, User
from seatwise.store.roster import gather_statistics

As = Callable[[str], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers or None)
    assert answer.status_code == 200, address
    return answer.content.decode()


def lines(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).getvalue().decode())))


@pytest.mark.parametrize("address", ["/groups/", "/groups/roles/"])
def test_an_empty_install_says_where_to_begin(client_of: As, address: str) -> None:
    assert "Nothing is connected yet" in text(client_of("viewer"), address)


def test_groups_are_listed_filtered_and_written_to_a_file(client_of: As, acme: Organization, copy: Connection) -> None:
    viewer = client_of("viewer")
    html = text(viewer, "/groups/")
    for group in acme.groups:
        assert group["name"] in html
    found = {row["id"]: row for row in lines(viewer, "/groups/export.csv")}
    members = acme.truth().group_members
    assert {key: int(row["members"]) for key, row in found.items()} == {
        key: sum(group == key for group, _ in members) for key in acme.groups.ids()
    }
    scim = {row["id"] for row in acme.groups if row["is_scim_managed"]}
    assert {row["id"] for row in lines(viewer, "/groups/export.csv?managed=scim")} == scim
    assert "No group matches" in text(viewer, "/groups/?search=nothing-is-called-this")
    answer = viewer.get("/groups/?sort=-name&managed=", headers={"HX-Request": "true", "HX-Target": "groups"})
    assert answer["HX-Push-Url"] == "/groups/?sort=-name"


def test_a_group_shows_who_is_in_it_and_what_they_hold(client_of: As, acme: Organization, copy: Connection) -> None:
    place, group = next(iter(acme.truth().project_groups))
    html = text(client_of("viewer"), f"/groups/{Group.objects.get(vendor_id=group).pk}/")
    members = [user for each, user in acme.truth().group_members if each == group]
    assert f"{len(members)} member" in html
    assert acme.projects[place]["name"].replace("&", "&amp;") in html
    assert "Project " in html
    assert "There may be more" not in html


def test_members_that_no_list_of_users_holds_are_shown_by_their_id(client_of: As, copy: Connection) -> None:
    group = Group.objects.first()
    assert group
    GroupMember.objects.create(
        connection=copy, vendor_id=f"{group.vendor_id}/user-tenant", hash=1, first_seen_at=datetime.now(UTC),
        group_id=group.vendor_id, user_id="user-tenant",
    )  # fmt: skip
    html = text(client_of("viewer"), f"/groups/{group.pk}/")
    assert "user-tenant" in html
    assert "In no list of users" in html
    assert "others in no list" not in html


def test_members_that_are_counted_and_not_named_are_said_to_be_there(client_of: As, connection_of: Any) -> None:
    here = {"connection": connection_of("Big"), "hash": 1, "first_seen_at": datetime.now(UTC)}
    group = Group.objects.create(vendor_id="g", name="All", **here)
    GroupMember.objects.bulk_create(
        GroupMember(vendor_id=f"g/{n}", group_id="g", user_id=f"user-{n}", **here) for n in range(STRANGERS + 7)
    )
    html = text(client_of("viewer"), f"/groups/{group.pk}/")
    assert f"{STRANGERS + 7} members" in html
    assert "and 7 others in no list of users" in html
    found = client_of("viewer").get(f"/groups/{group.pk}/?search=nobody").content.decode()
    assert "others in no list" not in found


def test_ten_thousand_members_are_paged_by_key(client_of: As, connection_of: Any) -> None:
    connection, seen = connection_of("Big"), datetime.now(UTC)
    group = Group.objects.create(connection=connection, vendor_id="g", hash=1, first_seen_at=seen, name="All")
    plain = {"connection": connection, "first_seen_at": seen, "hash": 1}
    email = "user-10000@x.example"
    user = User.objects.create(
        vendor_id="user-10000", email=email, email_key=email, status="active", kind="user", **plain
    )
    member = GroupMember.objects.create(vendor_id="g/user-10000", group_id="g", user_id="user-10000", **plain)
    name, address = "'user-' || (10000 + n)", "'user-' || (10000 + n) || '@x.example'"
    multiply(user, 9_999, vendor_id=name, email=address, email_key=address)
    multiply(member, 9_999, vendor_id=f"'g/' || {name}", user_id=name)
    gather_statistics()
    html = text(client_of("viewer"), f"/groups/{group.pk}/")
    assert "10,000 members" in html
    following = html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "user-10050@x.example" in text(client_of("viewer"), f"/groups/{group.pk}/{following}")


def test_roles_are_listed_searched_and_written_to_a_file(client_of: As, acme: Organization, copy: Connection) -> None:
    viewer = client_of("viewer")
    html = text(viewer, "/groups/roles/")
    for role in acme.roles:
        assert role["name"] in html
    found = {row["name"]: row for row in lines(viewer, "/groups/roles/export.csv?search=audit_logs")}
    assert set(found) == {role["name"] for role in acme.roles if any("audit_logs" in p for p in role["permissions"])}
    assert found["Auditor"]["permissions"] == "api.audit_logs.read; api.usage.read"
    assert "No role matches" in text(viewer, "/groups/roles/?search=nothing-is-called-this")


def test_a_role_shows_what_it_permits_and_who_holds_it(client_of: As, acme: Organization, copy: Any, sync: Any) -> None:
    group = acme.add_group("Inspectors", [])
    auditor = next(role for role in acme.roles if role["name"] == "Auditor")
    acme.assign_role(auditor["id"], group_id=group["id"])
    sync(copy)
    html = text(client_of("viewer"), f"/groups/roles/{Role.objects.get(vendor_id=auditor['id']).pk}/")
    assert "api.audit_logs.read" in html
    assert "Inspectors" in html
    assert "only those that were read are here" in html
    owner = text(client_of("viewer"), f"/groups/roles/{Role.objects.get(stands_for='owner').pk}/")
    owners = sum(row.get("role") == "owner" for row in acme.users)
    assert f"{owners} users" in owner


def test_a_user_shows_access_with_reasons_and_what_is_unknown(client_of: As, acme: Organization, copy: Any) -> None:
    _, person = next(iter(acme.truth().members))
    key = User.objects.get(vendor_id=person, kind__in=("user", "service_account")).pk
    html = text(client_of("viewer"), f"/users/{key}/")
    assert "Member of the project" in html
    assert "directly were never read" in html
    assert "Read own roles now" not in html
    assert client_of("viewer").post(f"/users/{key}/roles").status_code == 403
    after = client_of("admin").post(f"/users/{key}/roles", follow=True).content.decode()
    assert "The roles of this user were read." in after
    assert "directly were never read" not in after
    assert "Own roles were read" in after


def test_a_refused_key_is_a_message_and_not_an_error_page(client_of: As, acme: Organization, copy: Connection) -> None:
    acme.key.revoked = True
    key = User.objects.filter(kind="user", status="active").values_list("pk", flat=True)[0]
    admin = client_of("admin")
    answer = admin.post(f"/users/{key}/roles", headers={"referer": f"http://testserver/users/{key}/"}, follow=True)
    assert "does not accept this Admin Key" in answer.content.decode()


def test_what_is_not_there_is_said_not_to_be(client_of: As) -> None:
    for address in ("/groups/999/", "/groups/roles/999/"):
        assert client_of("viewer").get(address).status_code == 404


def test_coming_into_a_group_is_told_by_names(client_of: As, acme: Organization, copy: Connection, sync: Any) -> None:
    person = next(row for row in acme.users if row.get("email") and row.get("role") == "reader")
    group = acme.add_group("Night shift", [person["id"]])
    place = next(row for row in acme.projects if row["status"] == "active")
    acme.add_group_to_project(place["id"], group["id"], "viewer")
    sync(copy)
    viewer = client_of("viewer")
    assert "in the group Night shift" in text(viewer, "/changes/?stream=group_members")
    assert "Night shift in " in text(viewer, "/changes/?stream=project_groups")
    key = User.objects.get(vendor_id=person["id"], kind__in=("user", "service_account")).pk
    assert "Added to the group Night shift" in text(viewer, f"/users/{key}/")
    acme.remove_from_group(group["id"], person["id"])
    sync(copy)
    assert "Taken out of the group Night shift" in text(viewer, f"/users/{key}/")
