"""The list of projects, its file, and one project: who can do what there, its groups and its limits, over HTTP."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from fixtures.rows import multiply
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.store.models import AuditEntry, Connection, Cost, Group, Project, Stream

As = Callable[[str], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers or None)
    assert answer.status_code == 200, address
    return answer.content.decode()


def lines(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def key_of(acme: Organization, number: int = 0) -> int:
    active = [row["id"] for row in acme.projects if row["status"] == "active"]
    return Project.objects.get(vendor_id=active[number]).pk


def test_an_empty_install_says_where_to_begin(client_of: As) -> None:
    assert "Nothing is connected yet" in text(client_of("viewer"), "/projects/")


def test_every_project_is_listed_with_what_is_in_it(client_of: As, acme: Organization, copy: Connection) -> None:
    html = text(client_of("viewer"), "/projects/")
    assert f"{len(acme.projects)} projects" in html
    found = {row["id"]: row for row in lines(client_of("viewer"), "/projects/export.csv")}
    truth = acme.truth()
    for project in acme.projects:
        if project["status"] == "active":
            row = found[project["id"]]
            assert int(row["members"]) == sum(place == project["id"] for place, _ in truth.members)
            assert int(row["groups"]) == sum(place == project["id"] for place, _ in truth.project_groups)
            assert int(row["api_keys"]) == sum(place == project["id"] for place, _ in truth.api_keys)
            assert int(row["service_accounts"]) == sum(place == project["id"] for place, _ in truth.service_accounts)
    assert AuditEntry.objects.filter(operation="export_projects", outcome="done").exists()


def test_filters_and_order_are_in_the_address(client_of: As, copy: Connection) -> None:
    viewer = client_of("viewer")
    first = Project.objects.filter(status="active").first()
    assert first
    html = text(viewer, f"/projects/?search={first.name}&status=active&connection=Acme&sort=-created_at")
    assert first.vendor_id in str(list(Project.objects.values_list("vendor_id", flat=True)))
    assert 'value="active" selected' in html
    assert html.count('aria-sort="descending"') == 1
    assert "No project matches" in text(viewer, "/projects/?search=nothing-is-called-this")
    names = [row["name"] for row in lines(viewer, "/projects/export.csv?sort=-name")]
    assert names == sorted(names, key=str.lower, reverse=True)
    answer = viewer.get("/projects/?sort=password&status=x", headers={"HX-Request": "true", "HX-Target": "projects"})
    assert answer["HX-Push-Url"] == "/projects/"
    assert answer.content.decode().strip().startswith('<div id="projects"')


def test_ten_thousand_projects_are_paged_by_key(client_of: As, connection_of: Any) -> None:
    connection = connection_of("Big")
    seen = datetime.now(UTC)
    first = Project.objects.create(
        connection=connection, vendor_id="proj_0", hash=0, first_seen_at=seen, name="P 0", status="active"
    )
    multiply(first, 9_999, vendor_id="'proj_' || n", name="'P ' || n", hash="n")
    html, names = text(client_of("viewer"), "/projects/"), []
    assert "10,000 projects" in html
    for _ in range(3):
        names += re.findall(r'href="/projects/(\d+)/"', html)
        html = text(
            client_of("viewer"), "/projects/" + html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        )
    assert len(set(names)) == 150


def test_a_count_that_nobody_listed_is_unknown_and_not_zero(client_of: As, connection_of: Any) -> None:
    connection = connection_of("Half")
    seen = datetime.now(UTC)
    Project.objects.create(
        connection=connection, vendor_id="p", hash=1, first_seen_at=seen, name="One", status="active"
    )
    assert text(client_of("viewer"), "/projects/").count(">Unknown<") >= 3
    (row,) = lines(client_of("viewer"), "/projects/export.csv")
    assert (row["members"], row["groups"], row["api_keys"]) == ("0", "", "")


def test_a_project_says_who_can_do_what_and_why(client_of: As, acme: Organization, copy: Connection) -> None:
    key = key_of(acme)
    html = text(client_of("viewer"), f"/projects/{key}/")
    project = Project.objects.get(pk=key).vendor_id
    for user in acme.users:
        if acme.has_access(project, user["id"]) and user.get("email") and "'" not in user["email"]:
            assert user["email"] in html
            break
    assert "Member of the project" in html
    assert "Owns the organization, and so every project" in html
    assert "There may be more than is listed here" in html
    found = lines(client_of("viewer"), f"/projects/{key}/access.csv")
    assert {row["id"] for row in found} == {u["id"] for u in acme.users if acme.has_access(project, u["id"])}
    assert all(row["reasons"] for row in found)
    only = text(
        client_of("viewer"), f"/projects/{key}/?search=zzz", **{"HX-Request": "true", "HX-Target": "project-access"}
    )
    assert only.strip().startswith('<div id="project-access"')
    assert "Nobody matches" in only


def test_a_key_without_groups_says_so_on_the_project(client_of: As, acme: Organization, copy: Any, sync: Any) -> None:
    acme.key.scopes = frozenset({"api.management.read", "api.usage.read"})
    sync(copy)
    for tab in ("access", "groups"):
        assert "api.groups.read" in text(client_of("viewer"), f"/projects/{key_of(acme)}/?tab={tab}")


def test_groups_of_a_project_lead_to_their_pages(client_of: As, acme: Organization, copy: Connection) -> None:
    place, group = next(iter(acme.truth().project_groups))
    key = Project.objects.get(vendor_id=place).pk
    html = text(client_of("viewer"), f"/projects/{key}/?tab=groups")
    assert acme.groups[group]["name"] in html
    assert f'href="/groups/{Group.objects.get(vendor_id=group).pk}/"' in html


def test_limits_are_unknown_until_an_operator_reads_them(client_of: As, acme: Organization, copy: Connection) -> None:
    key = key_of(acme)
    project = Project.objects.get(pk=key).vendor_id
    acme.set_spend_limit(123_456, project_id=project)
    before = text(client_of("viewer"), f"/projects/{key}/?tab=limits")
    assert "These limits were not read yet" in before
    assert "Read limits now" not in before
    assert "$25,000.00" in before  # the organization's, from the sync
    assert "Read limits now" in text(client_of("admin"), f"/projects/{key}/?tab=limits")
    assert client_of("viewer").post(f"/projects/{key}/read").status_code == 403
    after = client_of("admin").post(f"/projects/{key}/read", follow=True).content.decode()
    assert "Limits and roles were read." in after
    assert "$1,234.56" in after
    assert "120 models" in after


def test_what_could_not_be_read_stands_beside_what_was(
    client_of: As, acme: Organization, copy: Connection, vendor: Sandbox
) -> None:
    vendor.faults.add(Fault("malformed_row", "/organization/projects/*/rate_limits", times=None))
    html = client_of("admin").post(f"/projects/{key_of(acme)}/read", follow=True).content.decode()
    assert "Not all could be read" in html
    assert "Rate limits are unknown" in html
    assert "is not the list it should be" in html


def test_a_project_says_what_it_cost_by_month(client_of: As, acme: Organization, copy: Connection) -> None:
    spent = Cost.objects.exclude(project_id=None).values_list("project_id", flat=True).first()
    page = text(client_of("viewer"), f"/projects/{Project.objects.get(vendor_id=spent).pk}/?tab=spend")
    assert "so far" in page
    assert "Open under Spend" in page
    assert f"project={spent}" in page


def test_a_project_that_is_not_there_is_said_not_to_be(client_of: As) -> None:
    assert client_of("viewer").get("/projects/999/").status_code == 404
    assert client_of("viewer").get("/projects/999/access.csv").status_code == 404


def test_a_stream_that_is_off_is_named(client_of: As, acme: Organization, copy: Connection) -> None:
    assert "switched off" not in text(client_of("viewer"), "/projects/")
    Stream.objects.filter(connection=copy, name="project_groups").update(enabled=False)
    assert "switched off" in text(client_of("viewer"), f"/projects/{key_of(acme)}/?tab=groups")
    assert "“Project groups” is switched off" in text(client_of("viewer"), "/projects/")
    assert "switched off" not in text(client_of("viewer"), "/projects/?connection=Nowhere")
