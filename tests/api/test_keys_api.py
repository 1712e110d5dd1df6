"""Keys and service accounts over the API: the command line's names, the screens' filters, no value anywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from seatwise.cli.objects import KEY, SERVICE_ACCOUNT, flat
from seatwise.store.models import Key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept")]


@pytest.fixture
def viewer(caller: Callable[[str], Client], copy: Any) -> Client:
    return caller("viewer")


def get(client: Client, path: str, **asked: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize(("path", "names"), [("keys", KEY), ("service-accounts", SERVICE_ACCOUNT)])
def test_objects_have_the_names_of_the_command_line_and_pages_lead_through_all(
    viewer: Client, path: str, names: Any
) -> None:
    page = get(viewer, path, limit=4)
    assert page["total"] > 4
    found = list(page["items"])
    while page["next"]:
        page = get(viewer, path, limit=4, cursor=page["next"])
        found += page["items"]
    assert len({each["key"] for each in found}) == len(found) == page["total"]
    assert all(set(flat(names)) <= set(each) for each in found)


def test_a_filter_finds_what_the_counts_promise_with_the_evidence(viewer: Client, copy: Any) -> None:
    Key.objects.filter(pk=Key.objects.filter(kind="project").values_list("pk")[:1]).update(owner_standing="unnamed")
    issues = get(viewer, "keys/facets")["issues"]
    assert [rule["name"] for rule in get(viewer, "keys/issues")["items"]] == list(issues)
    assert issues["orphaned"]
    for issue, number in issues.items():
        page = get(viewer, "keys", issue=issue, limit=200)
        assert page["total"] == number
        for each in page["items"]:
            assert issue in {found["name"]: found["evidence"] for found in each["issues"]}


def test_one_key_one_account_and_what_they_cost(viewer: Client) -> None:
    key = get(viewer, "keys", kind="project", sort="-last_use_at")["items"][0]
    assert get(viewer, f"keys/{key['key']}")["key"] == key
    assert set(get(viewer, f"keys/{key['key']}/spend")) == {"first", "last", "currencies", "attributed", "problems"}
    account = get(viewer, "service-accounts")["items"][0]
    detail = get(viewer, f"service-accounts/{account['key']}")
    assert detail["account"] == account
    assert len(detail["keys"]) == account["keys"]
    get(viewer, f"service-accounts/{account['key']}/spend")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("keys/999999", 404), ("service-accounts/999999", 404), ("keys?issue=stolen", 422), ("keys?kind=x", 422),
        ("keys?sort=value", 422), ("keys?cursor=abc", 422), ("service-accounts?sort=keys", 422),
    ],
)  # fmt: skip
def test_what_is_not_there_has_the_usual_shape(viewer: Client, path: str, status: int) -> None:
    answer = viewer.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "fields", "detail"}


def test_nobody_may_change_a_key(caller: Callable[[str], Client], copy: Any) -> None:
    owner, key = caller("owner"), Key.objects.values_list("pk", flat=True)[0]
    for path in ("keys", f"keys/{key}", "service-accounts"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(owner, method)(f"/api/v1/{path}").status_code == 405
