"""Channels, deliveries and allowed hosts over the API: read by whoever may set them, with the command line's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from fixtures.receivers import Receiver
from seatwise.cli.objects import CHANNEL, DELIVERY, HOST, flat
from seatwise.services import alerts
from seatwise.store.models import Channel, Delivery

pytestmark = pytest.mark.django_db
Caller = Callable[[str], Client]
URL = "https://127.0.0.1/s3cret-path"


@pytest.fixture
def sent(channel_of: Callable[..., Channel]) -> list[Channel]:
    """Two channels, the second of which failed for the one alert there is."""
    found = [channel_of("slack", URL, name="Élan"), channel_of("webhook", URL, name="SIEM")]
    alerts.tell("new_owner", "once", "Somebody is an owner")
    failed = [{"at": "2026-03-01T12:00:00+00:00", "done": False, "reason": "404"}]
    Delivery.objects.filter(channel=found[1]).update(state="failed", reason="404", tries=1, log=failed)
    return found


@pytest.mark.parametrize(
    ("path", "names", "count"), [("channels", CHANNEL, 2), ("deliveries", DELIVERY, 2), ("allowed-hosts", HOST, 1)]
)
def test_names_are_those_of_the_command_line(caller: Caller, sent: Any, path: str, names: Any, count: int) -> None:
    items = caller("admin").get(f"/api/v1/{path}").json()["items"]
    assert [set(item) for item in items] == [set(flat(names))] * count


def test_a_channel_is_read_by_its_number(caller: Caller, sent: list[Channel]) -> None:
    admin = caller("admin")
    siem = admin.get(f"/api/v1/channels/{sent[1].pk}").json()
    assert siem in admin.get("/api/v1/channels").json()["items"]
    assert (siem["shown"], siem["options"], siem["failed"], siem["problem"]) == ("127.0.0.1", {}, 1, "404")
    assert admin.get("/api/v1/channels/999").status_code == 404


def test_deliveries_are_filtered_by_channel_and_state(caller: Caller, sent: Any) -> None:
    def channels(**asked: str) -> list[str]:
        return [each["channel"] for each in admin.get("/api/v1/deliveries", asked).json()["items"]]

    admin = caller("admin")
    assert channels() == ["SIEM", "Élan"]
    assert channels(channel="élan") == channels(state="waiting") == ["Élan"]
    assert channels(channel="Élan", state="failed") == []
    assert admin.get("/api/v1/deliveries", {"channel": "nowhere"}).status_code == 404
    assert admin.get("/api/v1/deliveries", {"state": "lost"}).status_code == 422


@pytest.mark.parametrize("path", ["channels", "channels/1", "deliveries", "allowed-hosts"])
def test_a_viewers_token_reads_none_of_it(caller: Caller, path: str) -> None:
    refused = caller("viewer").get(f"/api/v1/{path}")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "not_allowed"
    assert "Set budgets, alerts" in refused.json()["error"]["message"]


def test_a_channel_is_tried_and_an_alert_acknowledged(
    caller: Caller, receiver: Receiver, channel_of: Callable[..., Channel]
) -> None:
    channel = channel_of("slack", receiver.url)
    for number in range(3):
        alerts.tell("new_owner", f"{number}", "Somebody is an owner")
    admin, viewer = caller("admin"), caller("viewer")
    tried = admin.post(f"/api/v1/channels/{channel.pk}/test").json()
    assert (tried["state"], tried["alert"]) == ("delivered", None)
    assert admin.post("/api/v1/channels/999/test").status_code == 404
    key = admin.get("/api/v1/alerts?acknowledged=false").json()["items"][0]["key"]
    seen = admin.post(f"/api/v1/alerts/{key}/acknowledge").json()
    assert (seen["key"], bool(seen["acknowledged_at"])) == (key, True)
    assert admin.post("/api/v1/alerts/acknowledge?kind=budget").json() == {"acknowledged": 0}
    assert admin.post("/api/v1/alerts/acknowledge").json() == {"acknowledged": 2}
    for path in (f"channels/{channel.pk}/test", f"alerts/{key}/acknowledge", "alerts/acknowledge"):
        assert viewer.post(f"/api/v1/{path}").status_code == 403
