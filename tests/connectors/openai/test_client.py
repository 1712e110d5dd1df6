"""A session with one organization: whose it is, what may be read, and that nothing gives the key away."""

import asyncio
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.scripted import status
from seatwise.connectors.openai import client as wire
from seatwise.connectors.openai.access import project_groups
from seatwise.connectors.openai.client import Archived, Invalid, check, classify, open_client, path, refuse
from seatwise.connectors.openai.keys import api_keys, service_accounts
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.connectors.openai.streams import project_members
from seatwise.sdk.errors import BadCredentials, MissingPermission, NotFound, RateLimited, Unavailable, Unexpected
from seatwise.sdk.records import Project
from seatwise.sdk.transport import Answer

KEY = "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4
ORGANIZATION = "org-" + "aB3dE6fG9hJ2kL5mN8pQ1rS4"
CREDENTIALS = {"admin_key": KEY, "organization_id": ORGANIZATION}
DESCRIPTION = Path(__file__).parents[4] / "shared/openai-admin-openapi.json"


@pytest.fixture
def organization() -> Organization:
    return Organization.seeded("Acme", ORGANIZATION, users=30, projects=2, seed=3)


@pytest.fixture
def ours(organization: Organization) -> dict[str, str]:
    return {"admin_key": organization.key.value, "organization_id": organization.id}


def asked(base_url: str, credentials: dict[str, str]) -> Callable[[], str | None]:
    async def ask() -> str | None:
        async with open_client(credentials, base_url) as client:
            await check(client)
            assert client.requests == 1
            return client.organization_seen

    return lambda: asyncio.run(ask())


def test_a_good_key_passes_the_check_with_one_small_request(organization, ours):
    sandbox = Sandbox([organization])
    with sandbox.running() as url:
        assert asked(url, ours)() == organization.id
    [request] = sandbox.requests
    assert (request.path, dict(request.query)) == ("/organization/users", {"limit": "1"})


def test_blanks_that_were_pasted_along_do_no_harm(organization, ours):
    with Sandbox([organization]).running() as url:
        asked(url, {name: f" {value}\n" for name, value in ours.items()})()


def revoke(organization: Organization) -> None:
    organization.key.revoked = True


def close_to_others(organization: Organization) -> None:
    organization.allowed_ips = {"192.0.2.1"}


@pytest.mark.parametrize(
    ("change", "says"), [(revoke, "does not accept this Admin Key"), (close_to_others, "IP allowlist")]
)
def test_a_refused_key_says_what_to_do(organization, ours, change, says):
    change(organization)
    with Sandbox([organization]).running() as url, pytest.raises(BadCredentials, match=says):
        asked(url, ours)()


def test_another_organizations_key_is_told_from_a_bad_one(organization, ours):
    with Sandbox([organization]).running() as url, pytest.raises(BadCredentials, match="another organization"):
        asked(url, ours | {"organization_id": "org-other"})()


@pytest.mark.parametrize("number", [401, 403])
def test_a_missing_permission_is_named_whatever_its_status(organization, ours, number):
    key = organization.add_key(scopes=frozenset({"api.usage.read"}))
    refusing = Sandbox([organization], missing_scope_status=number).running()
    with refusing as url, pytest.raises(MissingPermission) as caught:
        asked(url, ours | {"admin_key": key.value})()
    assert caught.value.permission == "api.management.read"
    assert "api.management.read" in str(caught.value)


PAGE = '{"data": [], "has_more": false}'


@pytest.mark.parametrize("named", ["acme-corp-x1y2z3", "org-acme-corp", "user-" + "x" * 24, ORGANIZATION])
async def test_a_short_form_of_the_name_in_the_answer_proves_nothing(server, named):
    server.always = status(200, PAGE, openai_organization=named)
    async with open_client(CREDENTIALS, server.url) as client:
        await check(client)
        assert client.organization_seen == named


async def test_an_answer_from_another_organization_is_refused(server):
    server.always = status(200, PAGE, openai_organization=ORGANIZATION[:-1] + "X")
    async with open_client(CREDENTIALS, server.url) as client:
        with pytest.raises(BadCredentials, match="another organization"):
            await check(client)


async def test_variables_meant_for_the_official_client_change_nothing(server, monkeypatch):
    for name in ("OPENAI_ADMIN_KEY", "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-somebody-else")
    server.always = status(200, PAGE)
    async with open_client(CREDENTIALS, server.url) as client:
        await check(client)
    [(_, request)] = server.seen
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["OpenAI-Organization"] == ORGANIZATION
    assert "of-somebody-else" not in str(request.headers)


def test_knowing_openai_needs_no_http_client():
    code = "import sys, seatwise.connectors.openai; sys.exit('aiohttp' in sys.modules or 'django' in sys.modules)"
    source = Path(wire.__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(source)}).returncode == 0


WRONG_KEYS = {
    "": "Enter",
    "sk-proj-" + "a" * 40: "project's",
    "sk-svcacct-" + "a" * 40: "service account's",
    "sk-" + "a" * 48: "user's",
    "sk-admin-short": "not whole",
    "sk-admin-" + "a" * 201: "not whole",
    "sk-admin-abc...wxyz": "shortened",
    "sk-admin-abc…wxyz": "shortened",
    "sk-admin-abcd************************wxyz": "shortened",
    "sk-admin-" + "a" * 20 + " " + "b" * 20: "blank",
    "sk-admin-" + "ä" * 20: "letters",
    ORGANIZATION: "Organization ID",
    "Bearer" + KEY: "begin with sk-admin-",
    "hunter2": "begin with sk-admin-",
}
WRONG_ORGANIZATIONS = {
    "": "Enter",
    KEY: "a key",
    "proj_abc": "project",
    "user-abc": "user",
    "ada@example.com": "e-mail",
    "https://platform.openai.com/settings": "address",
    "org-ä": "sign",
    "Acme Corp": "name",
}


@pytest.mark.parametrize(("value", "says"), WRONG_KEYS.items())
def test_what_is_no_admin_key_is_told_by_kind(value, says):
    sentences = refuse(CREDENTIALS | {"admin_key": value})
    assert list(sentences) == ["admin_key"]
    assert says in sentences["admin_key"]
    assert len(value) < 8 or value not in sentences["admin_key"]


@pytest.mark.parametrize(("value", "says"), WRONG_ORGANIZATIONS.items())
def test_what_is_no_organization_id_is_told_by_kind(value, says):
    sentences = refuse(CREDENTIALS | {"organization_id": value})
    assert list(sentences) == ["organization_id"]
    assert says in sentences["organization_id"]
    assert len(value) < 8 or value not in sentences["organization_id"]


def test_each_wrong_key_gets_a_sentence_of_its_own():
    assert not refuse(CREDENTIALS)
    kinds = [f"sk-{kind}-" + "a" * 40 for kind in ("proj", "svcacct", "none")]
    assert len({refuse(CREDENTIALS | {"admin_key": key})["admin_key"] for key in kinds}) == 3


def test_what_cannot_be_right_is_never_sent():
    with pytest.raises(BadCredentials, match="project's") as caught:
        open_client(CREDENTIALS | {"admin_key": "sk-proj-" + "Zq7Lm2Xw9Rt4" * 3})
    assert "Zq7Lm2Xw9Rt4" not in str(caught.value)


def envelope(message: str, code: str | None = None) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})


SCOPES = (
    "You have insufficient permissions for this operation. Missing scopes: {}. Check that you have the correct role."
)
MEMBERS = "/organization/projects/proj_1/users"
REFUSALS = [
    (401, envelope("Incorrect API key provided: sk-admin-Z****9Rt4.", "invalid_api_key"), BadCredentials, "revoked"),
    (401, envelope("Your key has expired", "invalid_api_key"), BadCredentials, "expired"),
    (401, envelope("Your authentication token has been invalidated."), BadCredentials, "revoked"),
    (401, envelope("", "invalid_authentication"), BadCredentials, "revoked"),
    (401, envelope("You didn't provide an API key."), BadCredentials, "does not accept"),
    (401, envelope("", "mismatched_organization"), BadCredentials, "another organization"),
    (401, envelope("No such organization: org-X."), BadCredentials, "another organization"),
    (401, envelope("x", "ip_not_authorized"), BadCredentials, "allowlist"),
    (401, envelope("You must be a member of an organization to use the API"), BadCredentials, "not a member"),
    (403, envelope("Country, region, or territory not supported"), BadCredentials, "country"),
    (401, "{}", BadCredentials, "does not accept"),
    (401, envelope(SCOPES.format("api.usage.read")), MissingPermission, "api.usage.read"),
    (403, envelope(SCOPES.format("api.groups.read, api.usage.read")), MissingPermission, "api.groups.read, api.usage"),
    (403, envelope("You have insufficient permissions for this operation."), MissingPermission, "a permission"),
    (403, "{}", MissingPermission, "a permission"),
    (400, envelope("x", "project_archived"), Archived, "archived"),
    (400, '{"code": 400, "message": "Project Search is archived"}', Archived, "archived"),
    (404, '{"code": 404, "message": "The project proj_1 was not found"}', NotFound, "does not find"),
    (404, "<html>404 Not Found</html>", Unexpected, "status 404"),
    (404, '{"message": "no Route matched with those values"}', Unexpected, "status 404"),
    (401, "<html>Sign in to the proxy</html>", Unexpected, "firewall"),
    (403, "<html>blocked</html>", Unexpected, "firewall"),
    (400, envelope("Invalid limit"), Invalid, "status 400"),
    (400, '{"error": "text"}', Invalid, "status 400"),
    (409, "", Unexpected, "status 409"),
    (302, "", Unexpected, "another address"),
    (204, "", Unexpected, "status 204"),
    (407, "", Unavailable, "proxy"),
    (429, "", RateLimited, "too often"),
    (500, "<html>oops</html>", Unavailable, "status 500"),
    (503, "[1, 2]", Unavailable, "status 503"),
    (418, '{"error": {"message": 7, "code": {}}}', Unexpected, "status 418"),
    (418, '{"error": null, "message": ["x"]}', Unexpected, "status 418"),
]


@pytest.mark.parametrize(("number", "body", "kind", "says"), REFUSALS)
def test_a_refusal_means_what_its_code_its_words_and_then_its_status_say(number, body, kind, says):
    error = classify(Answer(number, {"x-request-id": "req_7"}, body.encode()), MEMBERS)
    assert type(error) is kind
    assert says in str(error)
    assert "req_7" in error.detail


def test_a_refusal_that_is_no_text_is_tolerated():
    assert isinstance(classify(Answer(500, {}, b"\xff\xfe\x00")), Unavailable)
    assert isinstance(classify(Answer(404, {}, b'{"error": {}}'), "/organization/users"), Unexpected)
    assert not isinstance(classify(Answer(404, {}, b"{}"), MEMBERS), Archived | NotFound)


LEAKY = [
    status(401, envelope(f"Incorrect API key provided: {KEY[:12]}****{KEY[-4:]}.", "invalid_api_key")),
    status(401, envelope(f"Incorrect API key provided: {KEY}.", "invalid_api_key")),
    status(403, envelope(SCOPES.format("api.usage.read") + f" ({KEY[:11]}...{KEY[-4:]})")),
    status(200, f"<html>{KEY}</html>", content_type="text/html"),
    status(200, f'{{"data": [], "has_more": "{KEY}"}}'),
    status(302, KEY),
]


@pytest.mark.parametrize("answer", LEAKY)
async def test_no_error_carries_the_key(server, answer):
    server.always = answer
    caught: Any = None
    async with open_client(CREDENTIALS, server.url) as client:
        try:
            await check(client)
        except Exception as error:
            caught = error
    frames = traceback.TracebackException.from_exception(caught, capture_locals=True)
    said = "".join(frames.format()) + repr(vars(caught)) + repr(caught.args) + repr(client)
    assert caught.__cause__ is caught.__context__ is None
    secret = KEY.removeprefix("sk-admin-")
    assert not [start for start in range(len(secret) - 8) if secret[start : start + 8] in said]
    assert KEY[:11] not in said


def test_ids_are_quoted_into_paths():
    assert path("organization", "projects", "proj_1", "users") == "/organization/projects/proj_1/users"
    assert path("organization", "projects", "a/../b?c=d#e", "users") == (
        "/organization/projects/a%2F..%2Fb%3Fc%3Dd%23e/users"
    )
    for leads_elsewhere in ("", ".", ".."):
        with pytest.raises(Unexpected):
            path("organization", "projects", leads_elsewhere, "users")


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="OpenAI's published description is not here")
@pytest.mark.parametrize(
    ("row", "schema"),
    [("UserRow", "User"), ("InviteRow", "Invite"), ("ProjectRow", "Project"), ("ProjectUserRow", "ProjectUser")],
)
def test_our_rows_are_those_openai_describes(row, schema):
    described = json.loads(DESCRIPTION.read_text())["components"]["schemas"][schema]
    fields = msgspec.structs.fields(getattr(wire, row))
    older = {"invited_at"}  # what created_at was called
    assert {field.name for field in fields} - older <= set(described["properties"])
    assert {field.name for field in fields if field.required} <= set(described["required"])


@pytest.mark.parametrize("stream", [project_members, service_accounts, api_keys, project_groups])
async def test_whatever_an_archived_project_is_asked_for_is_an_empty_list(server, stream):
    server.always = status(400, envelope("x", "project_archived"))
    async with open_client(CREDENTIALS, server.url) as client:
        assert [page async for page in stream.list(client, Project(id="proj_1", status="active"))] == []


def test_a_project_that_is_not_found_is_told_from_an_archived_one_and_from_a_fault(organization, ours):
    sandbox = Sandbox([organization])
    project = next(iter(organization.projects.ids()))
    members = path("organization", "projects", project, "users")

    async def peek() -> None:
        async with open_client(ours, url) as client:
            await client.peek(members)

    with sandbox.running() as url:
        asyncio.run(peek())
        sandbox.faults.add(Fault("odd_error", members, status=404))
        with pytest.raises(NotFound):
            asyncio.run(peek())
        sandbox.faults.add(Fault("array", members))
        with pytest.raises(Unexpected) as caught:
            asyncio.run(peek())
        assert not isinstance(caught.value, Archived | NotFound)
        organization.archive_project(project)
        with pytest.raises(Archived):
            asyncio.run(peek())
