"""Users as doors get them: the names promised, pages that meet, facets that add up, files that are the list."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from seatwise.services.errors import NotFound, Refusal
from seatwise.services.rights import Actor
from seatwise.services.users import SORTS, USED, export_users, get_user, list_users, user_facets
from seatwise.store import roster
from seatwise.store.models import Change, Project, ProjectMember

pytestmark = pytest.mark.django_db
VIEWER = Actor("viewer@example.com", "viewer")
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def acme(connection_of):
    return connection_of("Acme")


@pytest.fixture
def some(acme, user_of):
    for number in range(23):
        user_of(
            acme,
            vendor_id=f"user-{number:05}",
            email=f"Person{number}@Example.com" if number % 5 else None,
            name=f"Näme {number % 4}" if number % 3 else None,
            role=("owner", "reader", None)[number % 3],
            status=("active", "active", "disabled", "unknown")[number % 4],
            joined_at=DAY + timedelta(days=number) if number % 2 else None,
        )
        if number == 11:
            roster.settle()
    user_of(acme, kind="invite", status="invited", email="new@example.com")
    user_of(acme, status="missing", departed_at=DAY, email="gone@example.com")
    user_of(acme, kind="invite", status="accepted", listed=False, email="person1@example.com")


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_pages_meet_without_gap_or_overlap_and_lead_back(some, sort):
    whole = [user.key for user in list_users(VIEWER, sort=sort, limit=100).items]
    assert len(set(whole)) == len(whole) == 24
    pages, cursor = [], ""
    while True:
        page = list_users(VIEWER, sort=sort, cursor=cursor, limit=5)
        assert page.total == 24
        pages.append([user.key for user in page.items])
        if page.next is None:
            break
        cursor = page.next
    assert [key for keys in pages for key in keys] == whole
    back = [pages[-1]]
    while page.previous is not None:
        page = list_users(VIEWER, sort=sort, cursor=page.previous, limit=5)
        back.insert(0, [user.key for user in page.items])
    assert back == pages


def test_who_left_is_listed_apart(some):
    assert [user.email for user in list_users(VIEWER, departed=True).items] == ["gone@example.com"]
    assert "gone@example.com" not in [user.email for user in list_users(VIEWER, limit=100).items]


def test_a_search_finds_email_name_and_id(some):
    assert {user.email for user in list_users(VIEWER, search=" PERSON11@ ").items} == {"Person11@Example.com"}
    assert list_users(VIEWER, search="näme 2").total == sum(n % 3 > 0 and n % 4 == 2 for n in range(23))
    assert [user.id for user in list_users(VIEWER, search="user-00007").items] == ["user-00007"]
    assert list_users(VIEWER, search="%").total == 0


def test_a_search_that_finds_too_many_says_how_many_for_sure(some, monkeypatch):
    for place in ("store.listing", "services.users"):
        monkeypatch.setattr(f"seatwise.{place}.COUNTED", 3)
    page = list_users(VIEWER, search="example", limit=100)
    assert (page.total, page.more_than) == (None, 3)
    assert len(page.items) == 19
    assert len(list(export_users(VIEWER, search="example"))) == 19
    facets = user_facets(VIEWER, search="example")
    assert facets.more_than == 3
    assert facets.status == facets.roles == facets.connections == facets.kinds == {}
    page = list_users(VIEWER, search="person1@")
    assert (page.total, page.more_than) == (1, None)
    assert (list_users(VIEWER).total, list_users(VIEWER).more_than) == (24, None)


def test_facets_add_up_and_the_status_does_not_narrow_itself(some, acme):
    facets = user_facets(VIEWER, connection="acme", status=("active",))
    assert sum(facets.status.values()) == 24
    assert facets.connections == {"Acme": facets.status["active"]}
    assert (
        sum(facets.roles.values())
        == list_users(VIEWER, status=("active",), role="owner").total
        + list_users(VIEWER, status=("active",), role="reader").total
    )


def test_the_file_holds_exactly_what_is_filtered(some):
    filters = {"status": ("active", "unknown"), "sort": "-name"}
    listed = [user.key for user in list_users(VIEWER, limit=100, **filters).items]
    assert [user.key for user in export_users(VIEWER, **filters)] == listed


def test_a_license_is_held_by_active_people_alone(acme, user_of):
    user_of(acme, email="a@x")
    user_of(acme, email="b@x", kind="service_account")
    user_of(acme, email="c@x", status="disabled")
    user_of(acme, email="d@x", kind="invite", status="invited")
    assert {user.email: user.licenses for user in list_users(VIEWER).items} == {
        "a@x": ["OpenAI"], "b@x": [], "c@x": [], "d@x": [],
    }  # fmt: skip


@pytest.fixture
def projects(acme):
    for number in range(3):
        Project.objects.create(
            connection=acme,
            vendor_id=f"proj_{number}",
            hash=0,
            first_seen_at=DAY,
            name=f"Project {number}",
            status="active",
        )


def member(acme, project, user, **fields):
    ProjectMember.objects.create(
        connection=acme,
        vendor_id=f"{project}/{user}",
        project_id=project,
        user_id=user,
        hash=0,
        first_seen_at=DAY,
        **fields,
    )


def test_projects_stand_beside_the_user_with_their_roles(acme, user_of, projects):
    user = user_of(acme, email="a@x")
    user_of(
        acme, email="b@x", kind="invite", status="invited", invited_projects=[["proj_2", "member"], ["proj_9", None]]
    )
    member(acme, "proj_0", user.vendor_id, role="owner")
    member(acme, "proj_1", user.vendor_id, role="member", departed_at=DAY)
    first, second = list_users(VIEWER).items
    assert [(p.id, p.name, p.role) for p in first.projects] == [("proj_0", "Project 0", "owner")]
    assert [(p.id, p.name, p.role) for p in second.projects] == [
        ("proj_2", "Project 2", "member"),
        ("proj_9", None, None),
    ]


def test_a_page_asks_the_same_number_of_questions_whatever_its_length(acme, user_of, projects):
    def asked():
        with CaptureQueriesContext(database) as queries:
            list_users(VIEWER, limit=100)
        return len(queries)

    member(acme, "proj_0", user_of(acme, email="a@x").vendor_id)
    few = asked()
    for number in range(30):
        member(acme, f"proj_{number % 3}", user_of(acme, email=f"{number}@x").vendor_id)
    assert asked() == few


def test_one_user_with_the_rule_and_the_history(acme, user_of, projects):
    user = user_of(acme, email="a@x", status="disabled")
    member(acme, "proj_0", user.vendor_id, role="owner")
    for stream, vendor_id in (
        ("users", user.vendor_id),
        ("users", "user-else"),
        ("project_members", f"proj_0/{user.vendor_id}"),
    ):
        Change.objects.create(connection=acme, at=DAY, stream=stream, vendor_id=vendor_id, label="A", kind="changed")
    detail = get_user(VIEWER, key=user.pk)
    assert detail.status_rule == "The vendor says the account is switched off."
    assert [(change.stream, change.user_key) for change in detail.timeline] == [
        ("project_members", user.pk), ("users", user.pk),
    ]  # fmt: skip
    assert detail.projects == detail.user.projects != []


def test_what_is_not_there_is_said(acme):
    for key in (1, 0, -1, 2**80):
        with pytest.raises(NotFound):
            get_user(VIEWER, key=key)
    with pytest.raises(Refusal) as refusal:
        list_users(VIEWER, sort="password")
    assert "sort" in refusal.value.fields
    assert list_users(VIEWER, connection="nowhere").total == 0


@pytest.mark.parametrize("text", ["\0", "\ud800", "%_\\", "'\"", "🙂" * 3, "x" * 10_000, "\x1a", "(AND OR NOT", '"""'])
def test_any_text_is_safe_in_every_filter(some, text):
    for filters in ({"search": text}, {"role": text}, {"kind": text}, {"connection": text}, {"status": (text,)}):
        page = list_users(VIEWER, **filters)
        assert (page.total, page.items) == (0, [])
        assert not any(user_facets(VIEWER, **filters).roles.values())


def test_users_are_told_by_their_last_known_use_and_the_parts_make_the_whole(acme, user_of):
    now = datetime.now(UTC)
    for days in (1, 29, 31):
        user_of(acme, last_active_at=now - timedelta(days=days))
    user_of(acme)
    for sort in ("email", "-last_active_at"):
        totals = {used: list_users(VIEWER, used=used, sort=sort).total for used in ("", *USED)}
        assert totals == {"": 4, "lately": 2, "longer_ago": 1, "unknown": 1}
    assert len(list(export_users(VIEWER, used="lately"))) == 2
    assert user_facets(VIEWER, used="longer_ago").status == {"active": 1}
    with pytest.raises(Refusal):
        list_users(VIEWER, used="often")
