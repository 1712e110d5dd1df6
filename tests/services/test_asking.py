"""Every operation asks: by its code, and by trying each as somebody who may not."""

import ast
import importlib
import inspect
from functools import cache
from pathlib import Path

import pytest

from seatwise.services import rights
from seatwise.services.errors import NotAllowed
from seatwise.services.rights import ROLES, Actor, Permission, at_most

SERVICES = Path(__file__).parents[2] / "src/seatwise/services"
NOBODY = Actor("nobody@example.com", "")
VIEWER = Actor("viewer@example.com", "viewer")
SHARED = {
    "anomalies": set(),
    "backoff": set(),
    "budget_alerts": set(),
    "budget_figures": set(),
    "conditions": set(),
    "coverage": {"in_short"},
    "deliveries": set(),
    "kept": set(),
    "messages": set(),
    "money": set(),
    "own_key": set(),
    "parquet": {"available", "write"},
    "places": set(),
    "running": set(),
    "spend_figures": set(),
    "spend_lines": set(),
    "spend_names": set(),
    "usage_figures": set(),
    "user_spend": set(),
    "watching": {"keep"},
    "ways": set(),
}
"""Rooms the operations share. No door calls into them, but for what is named: it shows nobody anything."""
# What the services share among themselves, or what the doors may call before there is an operator to ask.
ASKS_NOBODY = {
    "activity": {"not_known", "sentence"},
    "alerts": {"tell"},
    "audit_events": {"describe_events", "events_about"},
    "budget_subjects": {"subject_of"},
    "forecast": {"basis_of", "looked_back", "to_come"},
    "spend": {"connections_of"},
    "usage": {"families", "narrowed_to", "streams_of"},
    "audit": {"attempt", "operation", "write"},  # how the others ask
    "changes": {"describe", "new_owners"},
    "costs": {"days_from"},
    "key_issues": {"describe_keys", "rules"},
    "key_spend": {"spend_of_keys"},
    "access": {"reasons"},
    "errors": set(),
    "gaps": {"gap", "gaps"},
    "grants": {"permissions_of"},
    "groups": {"describe_groups"},
    "integrations": {"worst"},
    "links": {
        "accept_link",
        "create_setup_link",
        "hashed",
        "new_link",
        "owner_exists",
        "read_link",
        "wrong_email",
    },  # a link is proof
    "lookedup": {"look_up", "lookup_of"},
    "missing": {"first_sync", "missing", "never_read", "not_whole", "read_once"},
    "paging": {
        "bad_cursor",
        "check_place",
        "decode",
        "described_page",
        "encode",
        "every_described",
        "order_of",
        "page_of",
        "rows_at",
        "sortable",
        "turn",
    },
    "rights": {"actor_of", "at_most", "command_line", "require"},
    "rows": {
        "all_rows",
        "describe_row",
        "enabled_streams",
        "find_row",
        "keep_name_free",
        "live_row",
        "switch_streams",
    },
    "settings": {"value_of"},
    "standing": {"describe", "describe_run", "is_late", "standing", "waiting"},
    "texts": {"connections_called", "plain", "plain_json", "same_name", "together"},
    "tokens": {"actor_of_token"},  # a token is proof
    "users": {"describe_users", "users_page"},
}


def public(module: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(module.read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@cache
def operations() -> list[tuple[str, ast.FunctionDef]]:
    rooms = [path for path in sorted(SERVICES.glob("*.py")) if path.stem not in SHARED]
    found = [(path.stem, node) for path in rooms for node in public(path)]
    return [(room, node) for room, node in found if node.name not in ASKS_NOBODY.get(room, set())]


IDS = [f"{room}.{node.name}" for room, node in operations()]


@pytest.mark.parametrize(("room", "node"), operations(), ids=IDS)
def test_an_operation_takes_its_operator_first_and_the_rest_by_name(room, node):
    assert [argument.arg for argument in node.args.args] == ["operator"]


def test_no_door_calls_what_asks_nobody():
    """Types and constants are anybody's."""
    taken = set()
    for path in (path for door in ("web", "api", "cli") for path in (SERVICES.parent / door).rglob("*.py")):
        tree = ast.parse(path.read_text())
        rooms = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seatwise.services"):
                room = (node.module or "").rpartition(".")[2]
                names = {name.name for name in node.names}
                if room == "services":
                    rooms.update({name: name for name in names & set(SHARED)})
                elif room in SHARED:
                    taken |= {(room, name) for name in names if name[0].islower()}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in rooms:
                taken |= {(node.value.id, node.attr)} if node.attr[0].islower() else set()
    assert taken <= {(room, name) for room, names in SHARED.items() for name in names}


@pytest.mark.parametrize(("room", "node"), operations(), ids=IDS)
def test_an_operation_asks_in_its_own_body(room, node):
    called = {call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    assert called & {"require", "attempt", "operation"}


def dull(parameter: inspect.Parameter) -> object:
    """Some value of the right kind: whoever may not is refused before it is looked at."""
    kinds = {"int": 1, "str": "x", "Mapping[str, str]": {}, "Mapping[str, Any]": {}, "bool": False}
    return kinds.get(str(parameter.annotation).removeprefix("<class '").removesuffix("'>"), {})


@pytest.mark.django_db
@pytest.mark.parametrize(("room", "node"), operations(), ids=IDS)
def test_whoever_has_no_role_is_refused_everything(room, node):
    function = getattr(importlib.import_module(f"seatwise.services.{room}"), node.name)
    given = {
        name: dull(parameter)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
    }
    with pytest.raises(NotAllowed):
        function(NOBODY, **given)


def beyond_viewers() -> list[tuple[str, ast.FunctionDef]]:
    """Operations that change something, but for exports and one's own tokens."""
    found = [(room, node, ast.unparse(node)) for room, node in operations()]
    own = ("Permission.MANAGE_OWN_TOKENS", "Permission.EXPORT")
    return [(r, n) for r, n, source in found if "operation(" in source and not any(name in source for name in own)]


@pytest.mark.django_db
@pytest.mark.parametrize(("room", "node"), beyond_viewers(), ids=lambda part: getattr(part, "name", part))
def test_a_viewer_changes_nothing_but_their_own_tokens(room, node):
    function = getattr(importlib.import_module(f"seatwise.services.{room}"), node.name)
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    given = {p.name: dull(p) for p in required if p.kind is p.KEYWORD_ONLY}
    with pytest.raises(NotAllowed):
        function(VIEWER, **given)


def exports() -> list[tuple[str, ast.FunctionDef]]:
    return [(room, node) for room, node in operations() if "Permission.EXPORT" in ast.unparse(node)]


@pytest.mark.django_db
@pytest.mark.parametrize(("room", "node"), exports(), ids=lambda part: getattr(part, "name", part))
def test_a_file_is_for_whoever_may_see_what_is_in_it(room, node, monkeypatch):
    monkeypatch.setitem(rights.ROLES, "porter", frozenset({Permission.EXPORT}))
    function = getattr(importlib.import_module(f"seatwise.services.{room}"), node.name)
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    given = {p.name: dull(p) for p in required if p.kind is p.KEYWORD_ONLY}
    with pytest.raises(NotAllowed):
        function(Actor("porter@example.com", "porter"), **given)


def test_each_role_holds_all_that_the_weaker_ones_hold():
    assert list(ROLES) == ["owner", "admin", "viewer"]
    assert ROLES["owner"] == frozenset(Permission)
    assert at_most("viewer", "admin")
    assert at_most("admin", "owner")
    assert not at_most("owner", "admin")


@pytest.mark.django_db
def test_a_refusal_is_written_down():
    from seatwise.services.settings import change_settings
    from seatwise.store.models import AuditEntry

    with pytest.raises(NotAllowed):
        change_settings(VIEWER, values={"idle_days": 1})
    entry = AuditEntry.objects.get()
    assert (entry.operator, entry.operation, entry.outcome) == (VIEWER.name, "change_settings", "not_allowed")
