"""The audit log, as owners and admins see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from seatwise.store.models import AuditEntry
from seatwise.web.auditlog.filters import OPERATIONS

As = Callable[[str], Client]
SERVICES = Path(__file__).resolve().parents[2] / "src/seatwise/services"


def test_every_operation_that_is_written_down_can_be_chosen() -> None:
    source = "".join(path.read_text() for path in SERVICES.glob("*.py"))
    written = re.findall(r'operation\(\s*operator, Permission\.\w+, "(\w+)"', source)
    written += re.findall(r'write\(operator, "(\w+)"', source)
    assert len(written) > 15
    assert not set(written) - set(OPERATIONS)


@pytest.mark.django_db
class TestPage:
    @pytest.fixture(autouse=True)
    def entries(self) -> None:
        for number in range(60):
            AuditEntry.objects.create(
                operator="cli:ada" if number % 2 else "kim@example.com",
                operation="connect" if number % 3 else "export_users",
                target=f"Acme {number}",
                outcome=("done", "refused", "not_allowed")[number % 3],
                detail={"filters": {"status": ["active"]}, "refusal": "<b>no</b>"} if number == 59 else {},
            )

    def test_the_latest_come_first_in_pages(self, client_of: As) -> None:
        client = client_of("admin")
        html = client.get("/audit/").content.decode()
        assert html.index("Acme 59") < html.index("Acme 58")
        onwards = html[html.index('rel="next" href="') + 17 :].split('"')[0].replace("&amp;", "&")
        assert "Acme 0<" in client.get(f"/audit/{onwards}").content.decode()

    def test_outcomes_are_words_and_details_unfold(self, client_of: As) -> None:
        html = client_of("admin").get("/audit/").content.decode()
        for word in ("Done", "Refused", "Not allowed"):
            assert word in html
        assert "&lt;b&gt;no&lt;/b&gt;" in html
        assert "[&quot;active&quot;]" in html

    def test_filters_narrow(self, client_of: As) -> None:
        client = client_of("admin")
        assert "cli:ada" not in client.get("/audit/?search=kim@").content.decode()
        only = client.get("/audit/?name=export_users").content.decode()
        assert "Connect <bdi" not in only
        refused = client.get("/audit/?outcome=refused").content.decode()
        assert "Acme 58" in refused
        assert "Acme 57" not in refused
        assert "No such entry" in client.get("/audit/?since=2999-01-01").content.decode()
        part = {"HX-Request": "true", "HX-Target": "entries"}
        answer = client.get("/audit/?search=&name=connect&since=", headers=part)
        assert answer["HX-Push-Url"] == "/audit/?name=connect"
        assert answer.content.decode().strip().startswith('<div id="entries"')

    def test_a_viewer_may_not_see_it(self, client_of: As) -> None:
        assert client_of("viewer").get("/audit/").status_code == 403
