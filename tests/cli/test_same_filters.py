"""What a listing may be narrowed to and sorted by is called the same in the API and on the command line."""

from __future__ import annotations

import click
import pytest

from api.described import DESCRIPTION
from seatwise.cli import history, keys, licenses, people, rights, spend
from seatwise.cli.months import DIMENSIONS
from seatwise.cli.program import COMMANDS, seatwise
from seatwise.services import groups, roles, service_accounts, spend_figures, users
from seatwise.services import keys as keys_service
from seatwise.services import projects as projects_service

LISTINGS = {
    "/users": "users",
    "/projects": "projects",
    "/projects/{key}/access": "access",
    "/projects/{key}/groups": "project-groups",
    "/projects/{key}/limits": "limits",
    "/groups": "groups",
    "/groups/{key}/members": "group-members",
    "/roles": "roles",
    "/limits": "limits",
    "/keys": "keys",
    "/service-accounts": "service-accounts",
    "/connections": "connections",
    "/runs": "runs",
    "/changes": "changes",
    "/audit-events": "audit-events",
    "/audit": "audit",
    "/licenses": "licenses",
    "/licenses/{slug}/users": "licenses",
    "/licenses/{slug}/advice": "license-advice",
    "/licenses/{slug}/trend": "license-trend",
    "/spend": "spend",
    "/spend/months": "spend-months",
    "/usage": "usage",
    "/usage/rows": "usage",
    "/costs": "spend",
    "/costs/focus": "spend",
    "/budgets": "budgets",
    "/alerts": "alerts",
    "/channels": "channels",
    "/deliveries": "deliveries",
    "/allowed-hosts": "allowed-hosts",
    "/overview": "overview",
    "/integrations/{integration}/capabilities": "capabilities",
}
"""Address: the command that lists the same."""
ONLY_API = {
    "/keys/facets": "counts for a filter bar",
    "/keys/issues": "the command's help lists the issues",
    "/audit-events/types": "words to choose from",
    "/spend/forecast": "`seatwise budgets` and `seatwise overview` tell it",
}
"""Addresses without a command of their own, and why."""
PAGING = {"cursor", "limit"}
FORMS = {"help", "json", "csv", "limit", "parquet", "rows", "focus"}
"""Which file is written, and how much of it."""
DIFFERENT = {
    ("access", "connection"): "names the project, which the API has in its address",
    ("access", "project"): "the same",
    ("access", "read"): "the API posts to the address",
    ("group-members", "connection"): "names the group, which the API has in its address",
    ("project-groups", "connection"): "names the project",
    ("limits", "connection"): "names the project, or filters the organizations",
    ("limits", "project"): "names the project",
    ("limits", "read"): "the API posts to the address",
    ("limits", "search"): "of a project's limits alone",
    ("licenses", "group"): "chooses the second of two addresses",
    ("license-advice", "license"): "is in the API's address",
    ("license-trend", "license"): "is in the API's address",
    ("alerts", "open"): "short for --acknowledged no",
    ("spend", "key"): "short for --api-key",
    ("usage", "key"): "short for --api-key",
    ("spend", "by"): "sums alone have it, rows do not",
    ("spend", "currency"): "sums alone have it, rows do not",
    ("usage", "by"): "sums alone have it, rows do not",
}
"""Options the API has no parameter of that name for, and why."""


def command(name: str) -> click.Command:
    found = seatwise.get_command(click.Context(seatwise), name)
    assert isinstance(found, click.Command)
    return found


def options(name: str) -> set[str]:
    written = [each for option in command(name).params for each in (*option.opts, *option.secondary_opts)]
    return {each.removeprefix("--").replace("-", "_") for each in written if each.startswith("--")}


def parameters(path: str) -> set[str]:
    asked = DESCRIPTION["paths"][f"/api/v1{path}"]["get"].get("parameters", [])
    return {each["name"] for each in asked if each["in"] == "query"}


@pytest.mark.parametrize(("path", "name"), LISTINGS.items())
def test_a_listing_has_the_same_filters_in_both(path: str, name: str) -> None:
    ours, theirs = options(name), parameters(path) - PAGING
    assert theirs <= ours, f"{name} lacks {theirs - ours}"
    more = ours - theirs - FORMS - {option for of, option in DIFFERENT if of == name}
    assert not more, f"{path} lacks {more}"


def test_no_listing_is_forgotten() -> None:
    described = {path.removeprefix("/api/v1") for path, methods in DESCRIPTION["paths"].items() if "get" in methods}
    single = {path for path in described if path.endswith("}") or (path.endswith("/spend") and "{" in path)}
    single |= {"/users/{key}/access"}  # of one user
    assert described - single - set(ONLY_API) == set(LISTINGS)
    assert set(LISTINGS.values()) <= set(COMMANDS)
    assert {name for name, _ in DIFFERENT} <= set(LISTINGS.values())
    assert all(option in options(name) for name, option in DIFFERENT)


def test_the_words_to_choose_from_are_those_of_the_services() -> None:
    assert people.SORTS == users.SORTS
    assert people.USED == users.USED
    assert people.PROJECT_SORTS == projects_service.SORTS
    assert rights.GROUP_SORTS == groups.SORTS
    assert rights.ROLE_SORTS == roles.SORTS
    assert keys.SORTS == keys_service.SORTS
    assert keys.ACCOUNT_SORTS == service_accounts.SORTS
    assert set(DIMENSIONS) == set(spend_figures.NARROWING)
    assert set(spend.BY) == set(spend_figures.DIMENSIONS)
    for path, name, words in (
        ("/changes", "kind", history.KINDS),
        ("/audit", "outcome", history.OUTCOMES),
        ("/users", "kind", people.KINDS),
        ("/licenses/{slug}/users", "group", licenses.GROUPS),
    ):
        asked = {each["name"]: each["schema"] for each in DESCRIPTION["paths"][f"/api/v1{path}"]["get"]["parameters"]}
        assert {*asked[name]["enum"], ""} == {*words, ""}, (path, name)
    (by,) = (
        each["schema"] for each in DESCRIPTION["paths"]["/api/v1/usage"]["get"]["parameters"] if each["name"] == "by"
    )
    assert by["pattern"] == f"^({'|'.join(spend.BY[:-1])})$"
