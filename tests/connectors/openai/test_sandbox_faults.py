"""Every fault the sandbox can be told to have, seen from outside over real HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from sandbox_http import all_pages, all_rows, get

from seatwise.connectors.openai.sandbox import MISSING, Fault, Organization, Sandbox
from seatwise.connectors.openai.sandbox.faults import Kind

USERS = "/organization/users"


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=50, awkward=0)


@pytest.fixture
def sandbox(acme: Organization) -> Sandbox:
    return Sandbox([acme])


@pytest.fixture
def base_url(sandbox: Sandbox) -> Iterator[str]:
    with sandbox.running() as url:
        yield url


def users_under(sandbox: Sandbox, base_url: str, kind: Kind, **details: Any) -> Any:
    """The page of users that comes while this fault is due."""
    sandbox.faults.add(Fault(kind, USERS, **details))
    return get(base_url, USERS, sandbox.organizations[0].key.value).json


def test_a_fault_strikes_the_requests_it_was_told_to(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("server_error", "/organization/u*", nth=2, times=2))
    key = acme.key.value
    assert get(base_url, "/organization/invites", key).status == 200
    assert [get(base_url, USERS, key).status for _ in range(4)] == [200, 500, 500, 200]
    assert [request.fault for request in sandbox.requests_to(USERS)] == [None, "server_error", "server_error", None]


def test_a_fault_without_end_lasts_until_it_is_cleared(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("server_error", times=None))
    assert [get(base_url, USERS, acme.key.value).status for _ in range(3)] == [500, 500, 500]
    sandbox.faults.clear()
    assert get(base_url, USERS, acme.key.value).status == 200


def test_a_fault_can_be_one_organizations_alone(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    other = Organization.seeded("Other", users=3)
    sandbox.organizations.append(other)
    sandbox.faults.add(Fault("server_error", organization=other.id, times=None))
    assert [get(base_url, USERS, each.key.value).status for each in (acme, other)] == [200, 500]


def test_the_first_of_two_due_faults_strikes(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("server_error", status=503), Fault("server_error", status=502, times=2))
    assert [get(base_url, USERS, acme.key.value).status for _ in range(3)] == [503, 502, 200]


def test_an_unknown_fault_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Fault("gremlin")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hint", "headers"),
    [
        ({"retry_after": 300}, {"retry-after": "300"}),
        ({"retry_after": "soon"}, {"retry-after": "soon"}),
        ({"retry_after_ms": 20}, {"retry-after-ms": "20"}),
        ({}, {}),
    ],
)
def test_too_many_requests_come_with_and_without_a_hint(
    sandbox: Sandbox, acme: Organization, base_url: str, hint: dict[str, Any], headers: dict[str, str]
) -> None:
    sandbox.faults.add(Fault("rate_limit", **hint))
    answer = get(base_url, USERS, acme.key.value)
    assert answer.status == 429
    assert {name: value for name, value in answer.headers.items() if name.startswith("retry-after")} == headers
    assert "slow down" in answer.error["message"]


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("html", [False, True])
def test_server_trouble_speaks_json_or_html(
    sandbox: Sandbox, acme: Organization, base_url: str, status: int, html: bool
) -> None:
    sandbox.faults.add(Fault("server_error", status=status, html=html))
    answer = get(base_url, USERS, acme.key.value)
    assert answer.status == status
    if html:
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.body.startswith(b"<!DOCTYPE html>")
    else:
        assert answer.error["type"] == "server_error"


def test_a_page_of_html_can_come_with_status_200(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("html"))
    answer = get(base_url, USERS, acme.key.value)
    assert (answer.status, answer.body[:5]) == (200, b"<!DOC")


@pytest.mark.parametrize(("html", "keys"), [(False, {"code", "message"}), (True, {"error"})])
def test_some_refusals_are_not_in_the_envelope(
    sandbox: Sandbox, acme: Organization, base_url: str, html: bool, keys: set[str]
) -> None:
    sandbox.faults.add(Fault("odd_error", html=html))
    answer = get(base_url, USERS, acme.key.value)
    assert (answer.status, set(answer.json)) == (404, keys)
    assert not isinstance(answer.json.get("error"), dict)


def test_a_cut_connection_ends_in_the_middle_of_the_body(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("cut"))
    with pytest.raises(http.client.IncompleteRead) as raised:
        get(base_url, USERS, acme.key.value)
    assert raised.value.partial.startswith(b'{"object":"list"')
    assert raised.value.expected
    assert get(base_url, USERS, acme.key.value).status == 200
    assert sandbox.statuses == {0: 1, 200: 1}


def test_a_truncated_answer_is_whole_http_and_half_json(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("truncated"))
    answer = get(base_url, USERS, acme.key.value)
    assert len(answer.body) == int(answer.headers["content-length"])
    with pytest.raises(json.JSONDecodeError):
        assert answer.json


def test_a_slow_answer_is_the_true_one(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    page = users_under(sandbox, base_url, "slow", seconds=0.05)
    assert len(page["data"]) == 20
    assert int(get(base_url, USERS, acme.key.value).headers["openai-processing-ms"]) >= 0


def test_a_hanging_request_gets_no_answer_and_does_not_keep_the_sandbox_open(acme: Organization) -> None:
    sandbox = Sandbox([acme])
    with sandbox.running() as base_url:
        sandbox.faults.add(Fault("hang"))
        with pytest.raises(TimeoutError):
            get(base_url, USERS, acme.key.value, timeout=0.2)
        assert get(base_url, USERS, acme.key.value).status == 200
        sandbox.faults.add(Fault("hang"))
        with pytest.raises(TimeoutError):
            get(base_url, USERS, acme.key.value, timeout=0.2)
    assert sandbox.statuses == {0: 2, 200: 1}


def test_a_key_can_be_revoked_in_the_middle_of_a_listing(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("revoke_key", USERS, nth=2))
    assert get(base_url, USERS, acme.key.value).status == 200
    for path in (USERS, "/organization/invites"):
        answer = get(base_url, path, acme.key.value)
        assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    "path", [USERS, "/organization/groups", "/organization/costs?start_time=1"], ids=["last_id", "next", "next_page"]
)
def test_an_empty_page_loses_nothing_when_its_cursor_is_followed(
    sandbox: Sandbox, acme: Organization, base_url: str, path: str
) -> None:
    path, _, start = path.partition("?")
    query: dict[str, Any] = {"limit": 3, **({"start_time": acme.now - 10 * 86_400} if start else {})}
    whole = all_rows(base_url, path, acme.key.value, **query)
    sandbox.faults.add(Fault("empty_more", path, nth=1, times=2), Fault("empty_more", path, nth=4))
    pages = all_pages(base_url, path, acme.key.value, **query)
    assert [row for page in pages for row in page["data"]] == whole
    assert [len(page["data"]) for page in pages][:2] == [0, 0]
    cursors = [page.get("last_id") or page.get("next") or page.get("next_page") for page in pages if page["has_more"]]
    assert len(set(cursors)) == len(cursors)


def test_a_stuck_listing_hands_out_the_same_cursor_for_ever(
    sandbox: Sandbox, acme: Organization, base_url: str
) -> None:
    sandbox.faults.add(Fault("empty_stuck", times=None))
    first = get(base_url, USERS, acme.key.value).json
    second = get(base_url, USERS, acme.key.value, after=first["last_id"]).json
    assert first == second
    assert (first["data"], first["has_more"]) == ([], True)


def test_a_cursor_can_be_missing_though_more_is_promised(sandbox: Sandbox, base_url: str) -> None:
    page = users_under(sandbox, base_url, "missing_cursor")
    assert (len(page["data"]), page["has_more"], page["last_id"]) == (20, True, None)


def test_a_cursor_can_be_the_one_just_sent(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("repeated_cursor", nth=2))
    cursor = get(base_url, USERS, acme.key.value).json["last_id"]
    page = get(base_url, USERS, acme.key.value, after=cursor).json
    assert (len(page["data"]), page["has_more"], page["last_id"]) == (20, True, cursor)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("empty_object", {}),
        ("empty_list", {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}),
    ],
)
def test_a_listing_can_be_hollow(sandbox: Sandbox, base_url: str, kind: Kind, expected: dict[str, Any]) -> None:
    assert users_under(sandbox, base_url, kind) == expected


def test_data_can_be_null_and_rows_can_lie_bare(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    assert users_under(sandbox, base_url, "null_data")["data"] is None
    assert users_under(sandbox, base_url, "array") == list(acme.users)[:20]


def test_a_listing_can_end_too_early_without_a_word(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    page = users_under(sandbox, base_url, "short_list")
    assert (page["data"], page["has_more"]) == (list(acme.users)[:10], False)
    assert page["last_id"] == acme.users.ids()[9]


def test_rows_can_come_twice(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    rows = list(acme.users)[:20]
    assert users_under(sandbox, base_url, "duplicate_rows")["data"] == rows + rows[:3]


def test_a_row_can_lack_its_id_or_carry_nonsense(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    rows = list(acme.users)[:20]
    assert users_under(sandbox, base_url, "malformed_row")["data"][0] == {k: v for k, v in rows[0].items() if k != "id"}
    page = users_under(sandbox, base_url, "malformed_row", row=4, field="added_at", value="yesterday")
    assert page["data"] == [*rows[:4], {**rows[4], "added_at": "yesterday"}, *rows[5:]]
    assert "email" not in users_under(sandbox, base_url, "malformed_row", field="email", value=MISSING)["data"][0]


def test_page_faults_leave_single_objects_alone(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    sandbox.faults.add(Fault("empty_list", times=None))
    user_id = acme.users.ids()[0]
    assert get(base_url, f"{USERS}/{user_id}", acme.key.value).json == acme.users[user_id]


@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind not in ("hang", "cut", "slow")])
def test_every_fault_passes(sandbox: Sandbox, acme: Organization, base_url: str, kind: Kind) -> None:
    healthy = get(base_url, USERS, acme.key.value, limit=5, after=acme.users.ids()[4]).body
    sandbox.faults.add(Fault(kind, USERS))
    struck = get(base_url, USERS, acme.key.value, limit=5, after=acme.users.ids()[4])
    assert struck.body != healthy
    acme.key.revoked = False
    assert get(base_url, USERS, acme.key.value, limit=5, after=acme.users.ids()[4]).body == healthy
