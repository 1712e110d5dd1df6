"""Who may ask the sandbox: keys, scopes, organizations and addresses, refused in the vendor's words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_http import Answer, get

from seatwise.connectors.openai.sandbox import Organization, Sandbox

USERS, PROJECTS, COSTS = "/organization/users", "/organization/projects", "/organization/costs"


@pytest.fixture
def acme() -> Organization:
    return Organization.seeded("Acme", users=5)


@pytest.fixture
def sandbox(acme: Organization) -> Sandbox:
    return Sandbox([acme, Organization.seeded("Another", users=3)])


@pytest.fixture
def base_url(sandbox: Sandbox) -> Iterator[str]:
    with sandbox.running() as url:
        yield url


def asked_as(base_url: str, key: str | None, organization: str) -> Answer:
    return get(base_url, USERS, key, headers={"OpenAI-Organization": organization})


def test_each_key_opens_its_own_organization(sandbox: Sandbox, base_url: str) -> None:
    for organization in sandbox.organizations:
        answer = get(base_url, USERS, organization.key.value)
        assert [row["id"] for row in answer.json["data"]] == organization.users.ids()
        assert answer.headers["openai-organization"] == organization.id


def test_every_answer_carries_the_vendors_headers(acme: Organization, base_url: str) -> None:
    answers = [get(base_url, path, acme.key.value) for path in (USERS, "/nowhere", USERS)]
    assert {answer.headers["openai-version"] for answer in answers} == {"2020-10-01"}
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    assert all(answer.headers["openai-processing-ms"].isdigit() for answer in answers)


def test_without_a_key_nobody_is_let_in(base_url: str) -> None:
    answer = get(base_url, USERS, None)
    assert answer.status == 401
    assert answer.error["code"] is None
    assert "didn't provide an API key" in answer.error["message"]


@pytest.mark.parametrize("state", ["revoked", "expired", "unknown"])
def test_a_dead_key_is_refused_and_shown_masked(acme: Organization, base_url: str, state: str) -> None:
    value = acme.key.value
    if state == "unknown":
        value = value[:-1] + ("a" if value[-1] != "a" else "b")
    else:
        setattr(acme.key, state, True)
    answer = get(base_url, USERS, value)
    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")
    assert value not in answer.error["message"]
    assert value[:8] in answer.error["message"]
    assert value[-4:] in answer.error["message"]


def test_another_organization_than_the_keys_is_a_mismatch(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    assert asked_as(base_url, acme.key.value, acme.id).status == 200
    answer = asked_as(base_url, acme.key.value, sandbox.organizations[1].id)
    assert (answer.status, answer.error["code"]) == (401, "mismatched_organization")


def test_a_vendor_that_ignores_the_named_organization_still_says_whose_key_it_is(
    sandbox: Sandbox, acme: Organization, base_url: str
) -> None:
    sandbox.check_organization = False
    answer = asked_as(base_url, acme.key.value, sandbox.organizations[1].id)
    assert answer.status == 200
    assert answer.headers["openai-organization"] == acme.id


@pytest.mark.parametrize("status", [403, 401])
def test_a_project_key_lacks_the_scope(sandbox: Sandbox, acme: Organization, base_url: str, status: int) -> None:
    sandbox.missing_scope_status = 401 if status == 401 else 403
    answer = get(base_url, USERS, acme.add_project_key().value)
    assert answer.status == status
    assert answer.error["code"] is None
    assert "Missing scopes: api.management.read." in answer.error["message"]


def test_a_restricted_key_reads_what_its_scopes_name(acme: Organization, base_url: str) -> None:
    key = acme.add_key(scopes=frozenset({"api.usage.read"})).value
    assert get(base_url, COSTS, key, start_time=acme.now - 86_400).status == 200
    answer = get(base_url, USERS, key)
    assert answer.status == 403
    assert "Missing scopes: api.management.read." in answer.error["message"]


def test_a_read_only_key_reads_everything(acme: Organization, base_url: str) -> None:
    key = acme.add_key(scopes="read_only").value
    assert {get(base_url, path, key).status for path in (USERS, PROJECTS, "/organization/groups")} == {200}


def test_a_key_can_be_refused_some_paths_only(acme: Organization, base_url: str) -> None:
    key = acme.add_key(refused_paths=("/organization/projects*",)).value
    assert get(base_url, USERS, key).status == 200
    answer = get(base_url, f"/organization/projects/{acme.projects.ids()[0]}/users", key)
    assert answer.status == 403
    assert "and project (Member, Owner)" in answer.error["message"]


def test_a_caller_from_elsewhere_is_refused_by_address(acme: Organization, base_url: str) -> None:
    acme.allowed_ips = {"203.0.113.7"}
    answer = get(base_url, USERS, acme.key.value)
    assert (answer.status, answer.error["code"]) == (401, "ip_not_authorized")
    acme.allowed_ips.add("127.0.0.1")
    assert get(base_url, USERS, acme.key.value).status == 200


def test_keys_are_listed_redacted_and_hidden_when_printed(acme: Organization, base_url: str) -> None:
    listed = get(base_url, "/organization/admin_api_keys", acme.key.value).json["data"]
    assert [row["id"] for row in listed] == [key.id for key in acme.keys]
    secret = acme.key.value
    assert listed[0]["redacted_value"] == f"sk-admin...{secret[-3:]}"
    assert secret not in repr(acme) + repr(acme.key)


def test_the_request_log_names_keys_by_id_alone(sandbox: Sandbox, acme: Organization, base_url: str) -> None:
    get(base_url, USERS, acme.key.value, limit=2)
    (seen,) = sandbox.requests_to(USERS)
    assert (seen.method, seen.key_id, seen.organization_id) == ("GET", acme.key.id, acme.id)
    assert seen.query["limit"] == "2"
    assert acme.key.value not in repr(sandbox.requests)
