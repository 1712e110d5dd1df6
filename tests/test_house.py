"""The laws of the house that import-linter cannot see, read off the source. Each law is a function from source to
breaches, so that the last test can show that it has teeth."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import resolve

from fixtures import writers
from seatwise.connectors.catalog import connectors

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src/seatwise"
MAX_FILE, MAX_FUNCTION = 400, 60

VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)($|_)")
LATER = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|Planned)\b|(?i:coming soon|not yet implemented)")
REGISTRY = re.compile(r"(pypi|pythonhosted|npmjs|debian|crates|golang)\.(org|io)\b", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w./])/(work|root)/")
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
QUERYSET = re.compile(r"\.objects\b|\.(filter|exclude|all|order_by)\(")
ASYNC_ROOMS = {"sdk", "connectors"}
ASYNC_DOORS = {"sync/pump.py", "sync/probing.py", "sync/ondemand.py"}
"""The modules that go from plain Django into async code and come back."""
ASYNC_NODES = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
NAMES_A_VENDOR = {
    "cli/demo.py", "cli/sandbox.py",  # run that vendor's sandbox
    "cli/connect.py", "cli/capabilities.py", "cli/connections.py",  # examples in their help
    "web/help/connect_openai.html", "web/help/urls.py", "web/help/views.py", "web/components/layout.html",  # its help
}  # fmt: skip
OPENERS = {
    "sync/engine.py",  # a sync
    "sync/ondemand.py",  # a look at one project or user
    "services/connecting.py",  # a probe
    "services/own_key.py",  # finds our own key among those the vendor lists
    "services/health.py",  # whether it can be opened
    "services/ways.py", "services/channels.py",  # a channel's secrets
    "store/secrets.py",  # sealed anew
}  # fmt: skip
HTTP_CLIENTS = {"aiohttp", "httpx", "openai", "requests", "urllib3", "http.client", "urllib.request"}


def modules(*rooms: str) -> list[Path]:
    """Every module of these rooms of the package (of all of it, for none); migrations are Django's."""
    places = [SRC / room for room in rooms] or [SRC]
    found = sorted(path for place in places for path in place.rglob("*.py"))
    assert found, f"no module in {rooms}"
    return [path for path in found if "migrations" not in path.parts]


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:  # not a checkout, as in an unpacked archive
        return [path for path in SRC.rglob("*") if path.is_file()]
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # fonts, compressed twins


def breaches(law: Callable[[str], list[str]], paths: list[Path]) -> list[str]:
    return [f"{path.relative_to(ROOT)}: {found}" for path, text in texts(paths) for found in law(text)]


def imported(source: str) -> set[str]:
    """What a module imports, by full name; a relative import begins with its dots."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            room = "." * node.level + (f"{node.module}." if node.module else "")
            names |= {room.rstrip(".") or room, *(room + alias.name for alias in node.names)}
    return names


def imports_of(*forbidden: str) -> Callable[[str], list[str]]:
    def law(source: str) -> list[str]:
        found = imported(source)
        return sorted(name for name in found if any(name == f or name.startswith(f + ".") for f in forbidden))

    return law


def too_long_functions(source: str) -> list[str]:
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    return [f"{name} has {length} lines" for name, length in lengths.items() if length > MAX_FUNCTION]


def orm_writes(source: str) -> list[str]:
    """Calls of a model's or a queryset's writing methods. Route decorators of the same names are none, nor are updates
    of dictionaries and progress bars."""
    tree = ast.parse(source)
    decorators = {
        decorator
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node not in decorators]
    return [
        f"line {call.lineno} calls .{call.func.attr}()"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITES
        and (call.func.attr != "update" or QUERYSET.search(ast.unparse(call.func.value)))
    ]


def async_code(source: str) -> list[str]:
    lines = [f"line {node.lineno}" for node in ast.walk(ast.parse(source)) if isinstance(node, ASYNC_NODES)]
    return lines + imports_of("asyncio", "aiohttp", "asgiref")(source)


def matches(pattern: re.Pattern[str]) -> Callable[[str], list[str]]:
    def law(text: str) -> list[str]:
        lines = enumerate(text.splitlines(), 1)
        return [f"line {number}: {found[0]}" for number, line in lines if (found := pattern.search(line))]

    return law


def test_no_file_is_longer_than_a_sitting() -> None:
    kinds = {".py", ".html", ".md"}
    own = [path for path in committed() if path.suffix in kinds or path.name == "dev"]
    own = [path for path in own if not {"vendor", "migrations", "reference"} & set(path.parts)]
    lengths = {path.relative_to(ROOT): len(text.splitlines()) for path, text in texts(own)}
    assert not {path: length for path, length in lengths.items() if length > MAX_FILE}


def test_no_function_is_longer_than_a_screen() -> None:
    assert not breaches(too_long_functions, modules())


def test_every_module_says_what_the_room_is() -> None:
    silent = [
        path for path in modules() if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_no_room_has_a_name_that_says_nothing() -> None:
    rooms = [path.relative_to(ROOT) for path in committed() if path.suffix == ".py"]
    assert not [room for room in rooms if any(VAGUE_NAME.search(part) for part in room.with_suffix("").parts)]


def test_contract_and_connectors_know_no_django() -> None:
    assert not breaches(imports_of("django", "ninja", "allauth"), modules("sdk", "connectors"))


def test_the_network_is_reached_by_two_files_alone() -> None:
    """A vendor's wire enters by the transport; what operators want told leaves by the other."""
    known = (SRC / "sdk/transport.py", SRC / "sdk/outbound.py")
    wire = [path for path in modules() if path not in known and "sandbox" not in path.parts]
    assert not breaches(imports_of(*HTTP_CLIENTS), wire)


def test_a_connector_reaches_the_transport_by_its_client_alone() -> None:
    rest = [path for path in modules("connectors") if path.name != "client.py" and "sandbox" not in path.parts]
    assert not breaches(imports_of("seatwise.sdk.transport", "...sdk.transport"), rest)


def test_doors_write_nothing() -> None:
    assert not breaches(orm_writes, modules("web", "api", "cli"))


def test_every_table_is_written_by_the_sync_or_by_services() -> None:
    """That they keep to it is watched in every test (fixtures/writers.py)."""
    families = [*writers.VENDORS, *writers.OPERATORS, *writers.BOTH]
    assert sorted(families) == sorted(
        model._meta.model_name or "" for model in apps.get_app_config("store").get_models()
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("module", "model", "strays"),
    [("services.made_up", "User", True), ("sync.made_up", "Setting", True), ("web.made_up", "Stream", True),
     ("sync.made_up", "User", False), ("services.made_up", "Setting", False), ("sync.erase", "Setting", False)],
)  # fmt: skip
def test_a_room_that_writes_what_is_anothers_is_found(module: str, model: str, strays: bool) -> None:
    code = f"from seatwise.store.models import {model}\n{model}.objects.filter(pk=0)._raw_delete('default')"
    exec(code, {"__name__": f"seatwise.{module}"})
    found, writers.found[:] = list(writers.found), []
    assert found == ([f"seatwise.{module} writes store_{model.lower()}"] if strays else [])


def test_async_code_is_where_vendors_are_waited_for_and_nowhere_else() -> None:
    rest = [path for path in modules() if path.relative_to(SRC).parts[0] not in ASYNC_ROOMS]
    assert not breaches(async_code, [path for path in rest if path.relative_to(SRC).as_posix() not in ASYNC_DOORS])
    assert all(async_code((SRC / door).read_text()) for door in ASYNC_DOORS)


def test_only_the_catalog_knows_a_vendor_by_name() -> None:
    """A vendor's slug, in any writing. Texts of which the vendor is the subject are named above, one by one."""
    for slug in connectors():
        naming = {
            path.relative_to(SRC).as_posix()
            for path, text in texts([path for path in SRC.rglob("*") if path.suffix in {".py", ".html", ".js"}])
            if re.search(slug, text, re.IGNORECASE) and not path.is_relative_to(SRC / "connectors" / slug)
        }
        assert naming <= NAMES_A_VENDOR | {"connectors/catalog.py"}


def test_every_connector_says_how_to_connect_it() -> None:
    for connector in connectors().values():
        assert (ROOT / f"docs/how-to/{connector.manifest.how_to}.md").exists()
        assert resolve(f"/help/{connector.manifest.how_to}")


def test_a_sealed_key_is_opened_by_these_alone() -> None:
    calls = re.compile(r"\bopened\(|\b_open\(row")
    opening = {path.relative_to(SRC).as_posix() for path, text in texts(modules()) if calls.search(text)}
    assert opening == OPENERS
    outside = [path for path in modules() if path != SRC / "store/secrets.py"]
    assert not breaches(imports_of("cryptography"), outside)


def test_nothing_is_promised_for_another_day() -> None:
    places = (SRC, ROOT / "docs", ROOT / "README.md")
    own = [
        path
        for path in committed()
        if any(path.is_relative_to(place) for place in places) and "vendor" not in path.parts
    ]
    assert not breaches(matches(LATER), own)


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE_PATH], ids=["registry", "machine path"])
def test_no_committed_file_names_a_registry_or_a_machine(pattern: re.Pattern[str]) -> None:
    assert not breaches(matches(pattern), committed())


@pytest.mark.parametrize(
    ("law", "bad", "good"),
    [
        (imports_of("django"), "from django.db import models", "import djangonaut"),
        (imports_of("seatwise.sdk.transport"), "from seatwise.sdk import transport", "from seatwise.sdk import errors"),
        (imports_of("...sdk.transport"), "from ...sdk import transport", "from .client import transport"),
        (orm_writes, "User.objects.filter(id=1).delete()", "@api.delete('/users')\ndef remove(): disconnect(1)"),
        (orm_writes, "User.objects.filter(id=1).update(role='x')", "filters.update(page=2)"),
        (async_code, "async def f(): pass", "def f(): pass"),
        (async_code, "import asyncio", "import asynchat"),
        (too_long_functions, "def f():\n" + "    x = 1\n" * MAX_FUNCTION, "def f():\n" + "    x = 1\n" * 9),
        (matches(LATER), "# TO" + "DO: retry", "todos = []"),
        (matches(REGISTRY), "https://py" + "pi.org/simple", "pip install seatwise"),
        (matches(MACHINE_PATH), "cd /wo" + "rk/main", "https://example.com/work/1"),
    ],
)
def test_the_laws_have_teeth(law: Callable[[str], list[str]], bad: str, good: str) -> None:
    assert law(bad)
    assert not law(good)


def test_no_two_test_modules_share_a_name() -> None:
    """pytest imports them by name alone, and which of two comes first depends on what is collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
