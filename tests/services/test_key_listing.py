"""Keys as doors get them: pages that meet, counts that are what the pages hold, issues with their evidence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from seatwise.services.errors import NotAllowed, NotFound, Refusal
from seatwise.services.key_issues import issue_rules
from seatwise.services.keys import SORTS, export_keys, get_key, key_facets, key_spend, list_keys
from seatwise.services.rights import Actor
from seatwise.store import key_roster
from seatwise.store.key_listing import IDLE, ISSUES
from seatwise.store.models import AuditEntry, Change, Key, Project, Setting, SpendDay
from seatwise.store.models.spend import ten_billionths

pytestmark = pytest.mark.django_db
VIEWER = Actor("viewer@example.com", "viewer")
NOW = datetime.now(UTC)


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


@pytest.fixture
def acme(connection_of):
    return connection_of("Acme")


@pytest.fixture
def labs(connection_of):
    return connection_of("Labs")


@pytest.fixture
def some(acme, labs, key_of):
    """Every issue, alone and together, in two connections, on both sides of the full text's mark."""
    for number in range(40):
        key_of(
            labs if number % 5 == 0 else acme,
            kind="admin" if number % 8 == 0 else "project",
            project_id=None if number % 8 == 0 else f"proj_{number % 3}",
            name=f"Kéy {number % 4}" if number % 3 else None,
            owner_id=f"user-{number % 7}" if number % 11 else None,
            owner_email=f"Person{number % 7}@Example.com" if number % 2 else None,
            owner_standing=("present", "left", "disabled", "unlisted", "unnamed", "unknown")[number % 6],
            owner_has_access=(True, False, None)[number % 3],
            created_at=days(400 - number) if number % 10 else None,
            used=(True, False, None)[number % 3],
            last_used_at=days(number * 5) if number % 3 == 0 else None,
            last_usage_at=days(number) if number % 9 == 0 else None,
            expires=(None, False, True)[number % 3],
            expires_at=days(10 - number) if number % 3 == 2 else None,
        )
        if number == 20:
            key_roster.settle()


FILTERS = [
    {}, {"connection": "Acme"}, {"kind": "admin"}, {"kind": "project", "connection": "labs"}, {"project": "proj_1"},
    {"owner": "user-3"}, {"owner": "PERSON3@example.com"}, {"search": "kéy"}, {"search": "KÉY 1"}, {"search": "k"},
    {"search": "person5@ex"}, {"search": "sk-proj-0"}, {"search": "proj", "connection": "Acme"},
]  # fmt: skip


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
@pytest.mark.parametrize("filters", [{}, {"issue": "orphaned"}, {"search": "kéy"}, {"kind": "project"}])
def test_pages_meet_without_gap_or_overlap_and_lead_back(some, sort, filters):
    whole = [each.key for each in list_keys(VIEWER, sort=sort, limit=100, **filters).items]
    assert len(set(whole)) == len(whole) == list_keys(VIEWER, **filters).total > 5
    pages, cursor = [], ""
    while cursor is not None:
        page = list_keys(VIEWER, sort=sort, cursor=cursor, limit=4, **filters)
        pages.append(page)
        cursor = page.next
    assert [each.key for page in pages for each in page.items] == whole
    back, cursor = [], pages[-1].previous
    while cursor is not None:
        page = list_keys(VIEWER, sort=sort, cursor=cursor, limit=4, **filters)
        back.insert(0, page)
        cursor = page.previous
    assert [page.items for page in back] == [page.items for page in pages[:-1]]


@pytest.mark.parametrize("sort", SORTS)
def test_what_has_no_value_stands_last_in_both_directions(some, sort):
    if sort in ("name",):
        return
    field = {"owner": "owner_email"}.get(sort, sort)
    for direction in ("", "-"):
        values = [getattr(each, field) for each in list_keys(VIEWER, sort=direction + sort, limit=100).items]
        known = [value.lower() if isinstance(value, str) else value for value in values if value is not None]
        if sort != "owner":  # an owner without an e-mail has an id to sort by
            assert values[len(known) :] == [None] * (len(values) - len(known))
        assert known == sorted(known, reverse=bool(direction))


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_counts_are_those_of_the_pages_and_issues_those_of_the_rows(some, filters):
    facets = key_facets(VIEWER, **filters)
    every = list_keys(VIEWER, limit=100, **filters)
    assert facets.total == every.total == len(every.items)
    for issue in ISSUES:
        page = list_keys(VIEWER, issue=issue, limit=100, **filters)
        rows = [each.key for each in every.items if issue in [found.name for found in each.issues]]
        assert sorted(each.key for each in page.items) == sorted(rows), issue
        assert facets.issues[issue] == page.total == len(rows), issue
        narrowed = key_facets(VIEWER, issue=issue, **filters)
        assert narrowed.issues == facets.issues
        assert sum(narrowed.kinds.values()) == sum(narrowed.connections.values()) == len(rows)


def test_counts_follow_every_change_of_a_row(some):
    Key.objects.filter(pk__in=list(Key.objects.values_list("pk", flat=True)[::2])).update(owner_standing="left")
    Key.objects.filter(pk__in=list(Key.objects.values_list("pk", flat=True)[::3])).update(departed_at=NOW)
    Key.objects.filter(pk__in=list(Key.objects.values_list("pk", flat=True)[::7])).delete()
    Key.objects.filter(departed_at=NOW, kind="admin").update(departed_at=None)
    test_counts_are_those_of_the_pages_and_issues_those_of_the_rows(None, {})


def evidence(key) -> dict[str, str]:
    return {issue.name: issue.evidence for issue in get_key(VIEWER, key=key.pk).key.issues}


def test_a_key_whose_owner_left_is_orphaned_and_says_since_when(acme, key_of, user_of):
    user_of(acme, vendor_id="user-1", status="missing", departed_at=datetime(2026, 10, 2, 12, tzinfo=UTC))
    key = key_of(acme, owner_standing="left", owner_has_access=False)
    Project.objects.create(
        connection=acme, vendor_id="proj_1", hash=0, first_seen_at=NOW, name="Search", status="active"
    )
    left = "Owner ada@example.com left on 2026-10-02."
    access = "No access to the project Search any more (owner_project_access: inactive)."
    assert evidence(key) == {"orphaned": f"{left} {access}", "owner_left": left}


@pytest.mark.parametrize(
    ("fields", "issue", "sentence"),
    [
        ({"owner_standing": "unlisted"}, "orphaned", "Owner ada@example.com is in no complete listing of users."),
        ({"owner_standing": "unnamed", "owner_id": None}, "orphaned", "The vendor names no owner."),
        ({"owner_standing": "disabled"}, "owner_disabled", "Owner ada@example.com is banned at the vendor."),
        ({"used": False, "created_at": days(400)}, "never_used", "Created 400 days ago, no use recorded."),
        ({"used": True, "last_used_at": days(206)}, IDLE, f"Last used {days(206).date()}, 206 days ago."),
        ({"expires": False, "created_at": days(1)}, "no_expiry",
         "The vendor says that it never expires; created 1 day ago."),
        ({"expires": True, "expires_at": days(-7)}, "expiring_soon", f"Expires on {days(-7).date()}, in 7 days."),
        ({"expires": True, "expires_at": days(2)}, "expired",
         f"Expired on {days(2).date()}, 2 days ago, and is still listed."),
    ],
)  # fmt: skip
def test_every_issue_has_its_sentence(acme, key_of, user_of, fields, issue, sentence):
    user_of(acme, vendor_id="user-1", status="banned")
    assert evidence(key_of(acme, **fields)) == {issue: sentence}


def test_what_the_vendor_did_not_say_is_no_issue(acme, key_of):
    quiet = {"owner_has_access": None, "owner_standing": "unknown", "used": None, "expires": None}
    key = key_of(acme, **quiet, last_used_at=None, expires_at=None, created_at=None)
    assert evidence(key) == {}
    assert not any(key_facets(VIEWER).issues.values())
    assert evidence(key_of(acme, used=False, created_at=None)) == {}  # no day to count from


def test_an_expired_key_is_nobodys_concern_but_for_being_listed(acme, key_of):
    key = key_of(acme, owner_standing="left", owner_has_access=False, used=False, expires=True, expires_at=days(1))
    assert list(evidence(key)) == ["expired"]
    assert {name for name, number in key_facets(VIEWER).issues.items() if number} == {"expired"}


def test_the_last_use_is_the_newest_there_is_and_says_where_it_is_from(acme, key_of):
    told = key_of(acme, used=True, last_used_at=days(3), last_usage_at=days(9))
    seen = key_of(acme, used=False, last_used_at=None, last_usage_at=days(2))
    never = key_of(acme, used=False)
    found = {each.key: (each.last_use_at, each.last_use_source) for each in list_keys(VIEWER).items}
    assert found[told.pk] == (days(3), "Reported for the key")
    assert found[seen.pk] == (days(2), "Usage of that day")
    assert found[never.pk] == (None, None)
    assert [each.key for each in list_keys(VIEWER, issue="never_used").items] == [never.pk]


def test_how_many_days_are_idle_is_a_setting(acme, key_of):
    key_of(acme, used=True, last_used_at=days(50))
    assert key_facets(VIEWER).issues[IDLE] == 0
    Setting.objects.create(name="idle_days", value=30)
    assert key_facets(VIEWER).issues[IDLE] == list_keys(VIEWER, issue=IDLE).total == 1
    assert "30 days" in next(rule.label for rule in issue_rules(VIEWER) if rule.name == IDLE)


def test_owners_lead_to_their_rows_and_a_machine_is_no_user_with_its_id(acme, key_of, user_of, account_of):
    user = user_of(acme, vendor_id="user-9", email="ada@example.com")
    account = account_of(acme, vendor_id="user-9", name="Batch")
    mine = key_of(acme, owner_id="user-9")
    machine = key_of(acme, owner_id="user-9", owner_kind="service_account", owner_email=None, owner_name="Batch")
    stranger = key_of(acme, owner_id="user-8")
    rows = {each.key: each.owner_row for each in list_keys(VIEWER).items}
    assert rows == {mine.pk: user.pk, machine.pk: account.pk, stranger.pk: None}


def test_an_owner_is_found_by_e_mail_and_a_project_by_name(acme, labs, key_of, user_of):
    user_of(acme, vendor_id="user-5", email="Ben@Example.com")
    ben = key_of(acme, owner_id="user-5", owner_email=None)
    gone = key_of(labs, owner_id="user-6", owner_email="ben@example.com", project_id="proj_x")
    Project.objects.create(
        connection=labs, vendor_id="proj_x", hash=0, first_seen_at=NOW, name="Search", status="active"
    )
    assert {each.key for each in list_keys(VIEWER, owner="BEN@example.com").items} == {ben.pk, gone.pk}
    assert [each.key for each in list_keys(VIEWER, project="search").items] == [gone.pk]
    assert list_keys(VIEWER, project="nothing like it").total == 0


def test_a_search_finds_name_short_form_owner_and_id(acme, key_of):
    key = key_of(acme, name="CI Deploy", redacted_value="sk-proj-qqq...Zw9", owner_name="Ada L", vendor_id="key_Findme")
    for _ in range(2):
        for text in ("deploy", "CI D", "zw9", "SK-PROJ-QQQ...", "ada l", "ada@exam", "key_find", "ci", "ad"):
            assert [each.key for each in list_keys(VIEWER, search=text).items] == [key.pk], text
        key_roster.settle()
    Key.objects.filter(pk=key.pk).update(search_key="other")
    assert list_keys(VIEWER, search="deploy").total == 0
    assert list_keys(VIEWER, search="other").total == 1


@pytest.mark.parametrize("text", ["\0", "\ud800", "%_\\", "'\"", "🙂" * 3, "x" * 10_000, "(AND OR NOT", '"""', "***"])
def test_any_text_is_safe_in_every_filter(some, text):
    for name in ("search", "project", "owner", "connection"):
        assert (list_keys(VIEWER, **{name: text}).total, key_facets(VIEWER, **{name: text}).total) == (0, 0)


def test_the_file_holds_exactly_what_is_filtered(some):
    for filters in ({}, {"issue": "orphaned", "sort": "-last_use_at"}, {"search": "kéy"}):
        listed = [each.key for each in list_keys(VIEWER, limit=100, **filters).items]
        assert [each.key for each in export_keys(VIEWER, **filters)] == listed
    assert AuditEntry.objects.filter(operation="export_keys", detail__issue="orphaned").exists()


def test_a_key_that_is_gone_keeps_its_page_and_has_no_issues(acme, key_of):
    key = key_of(acme, owner_standing="left", departed_at=days(1))
    for stream, vendor_id in (("api_keys", key.vendor_id), ("admin_keys", key.vendor_id), ("api_keys", "key_else")):
        Change.objects.create(connection=acme, at=NOW, stream=stream, vendor_id=vendor_id, label="K", kind="departed")
    detail = get_key(VIEWER, key=key.pk)
    assert (detail.key.issues, len(detail.timeline)) == ([], 1)
    assert list_keys(VIEWER).total == 0


def spent(connection, key: str, back: int, amount: str, currency: str = "usd") -> None:
    SpendDay.objects.create(
        connection=connection, dimension="api_key", key=key, day=days(back).date(), currency=currency,
        amount=ten_billionths(Decimal(amount)),
    )  # fmt: skip


def test_spend_is_told_by_day_and_currency_and_unknown_where_no_key_is_named(acme, key_of):
    key = key_of(acme)
    assert not key_spend(VIEWER, key=key.pk).attributed
    spent(acme, "", 1, "9")
    assert not key_spend(VIEWER, key=key.pk).attributed
    spent(acme, key.vendor_id, 0, "1.25")
    spent(acme, key.vendor_id, 29, "0.10")
    spent(acme, key.vendor_id, 30, "100")
    spent(acme, key.vendor_id, 2, "3", "eur")
    spent(acme, "key_else", 2, "7")
    told = key_spend(VIEWER, key=key.pk)
    assert [(each.currency, each.amount, len(each.days)) for each in told.currencies] == [
        ("eur", "3.00", 30), ("usd", "1.35", 30),
    ]  # fmt: skip
    assert told.currencies[1].days[0].amount == "1.25"
    assert told.attributed
    assert told.problems  # costs were never read


def test_what_is_not_there_and_who_may_not_are_told_apart(acme, key_of):
    nobody = Actor("nobody@example.com", "")
    for ask in (list_keys, key_facets, issue_rules, export_keys):
        with pytest.raises(NotAllowed):
            ask(nobody)
    for key in (0, -1, 2**80):
        with pytest.raises(NotFound):
            get_key(VIEWER, key=key)
    for filters in ({"sort": "value"}, {"issue": "stolen"}, {"kind": "master"}, {"cursor": "nonsense"}):
        with pytest.raises(Refusal):
            list_keys(VIEWER, **filters)


def test_a_page_asks_the_same_number_of_questions_whatever_its_length(acme, key_of, user_of, account_of):
    def asked() -> int:
        with CaptureQueriesContext(database) as queries:
            list_keys(VIEWER, limit=100)
        return len(queries)

    key_of(acme)
    key_of(acme, owner_kind="service_account")
    few = asked()
    for number in range(30):
        user_of(acme, vendor_id=f"user-{number}")
        key_of(acme, owner_id=f"user-{number}", owner_kind=("user", "service_account")[number % 2])
    assert asked() == few
