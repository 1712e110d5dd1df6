"""Alerts on their way: signed, retried, gathered, each channel by itself, and never lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections as databases

from fixtures.program import until
from fixtures.receivers import Letterbox, Receiver
from seatwise.services import deliveries, watching
from seatwise.services.alerts import get_alert, list_alerts, tell
from seatwise.services.backoff import BACKOFF, due_at, next_try
from seatwise.services.channels import create_channel
from seatwise.services.delivery_log import list_deliveries, send_again, try_channel
from seatwise.services.errors import Conflict
from seatwise.services.rights import SYSTEM, Actor
from seatwise.services.settings import change_settings
from seatwise.store.models import Alert, Channel, Delivery

pytestmark = pytest.mark.django_db
Ways = Callable[..., Any]
FACTS = [("Key", "<!channel> *bold* [click](https://evil.example)"), ("Key", "another of that name")]


def happen(title: str = "Something happened", kind: str = "new_owner") -> Alert:
    alert = tell(kind, str(Alert.objects.count()), title, "Look at it.", FACTS, link="/users/1/")
    assert alert
    return alert


def due_now() -> None:
    """What time does."""
    Delivery.objects.filter(state="waiting").update(next_try_at=datetime.now(UTC) - timedelta(seconds=1))


def deliver() -> None:
    for channel in deliveries.due_channels():
        deliveries.deliver(channel)


def test_a_webhook_is_signed_as_standard_webhooks_say(receiver: Receiver, channel_of: Ways) -> None:
    change_settings(SYSTEM, values={"public_address": "https://seatwise.example.com/"})
    channel = channel_of("webhook", receiver.url)
    alert = happen()
    deliver()
    (came,) = receiver.came
    sent = came.headers
    key = base64.b64decode(channel.secret.removeprefix("whsec_"))
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + came.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert abs(int(sent["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    said = json.loads(came.body)
    assert said["type"] == "alert.new_owner"
    assert said["data"]["key"] == alert.pk
    assert said["data"]["link"] == "https://seatwise.example.com/users/1/"
    assert said["data"]["facts"] == [list(fact) for fact in FACTS]
    (line,) = list_deliveries(SYSTEM).items
    assert (line.state, line.alert, [each.done for each in line.tries]) == ("delivered", alert.title, [True])


def test_the_guides_example_knows_our_messages_from_others(receiver: Receiver, channel_of: Ways) -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/get-told.md").read_text()
    told: dict[str, Any] = {}
    exec(guide.split("```python\n")[1].split("```")[0], told)
    channel = channel_of("webhook", receiver.url)
    happen()
    deliver()
    (came,) = receiver.came
    is_ours = told["is_ours"]
    assert is_ours(channel.secret, came.headers, came.body)
    assert not is_ours(channel.secret, came.headers, came.body + b" ")
    assert not is_ours("whsec_" + base64.b64encode(b"another").decode(), came.headers, came.body)
    assert not is_ours(channel.secret, came.headers | {"webhook-timestamp": "1600000000"}, came.body)


def test_slack_reads_no_mention_and_no_link_in_what_a_vendor_says(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("slack", receiver.url)
    happen("<@U1> & <https://evil.example|click>")
    deliver()
    said = json.loads(receiver.came[0].body)
    text = json.dumps(said)
    assert "<" not in text
    assert "&lt;@U1&gt; &amp; &lt;https" in text
    assert {block["type"] for block in said["blocks"]} == {"section", "context"}


def test_teams_gets_a_card_whose_texts_know_no_markup(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("teams", receiver.url)
    happen()
    deliver()
    said = json.loads(receiver.came[0].body)
    (attachment,) = said["attachments"]
    assert said["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "actions" not in card, "without an address of this install there is nothing to open"


def test_a_letter_is_handed_to_the_mail_server(letterbox: Letterbox, allowed: Any) -> None:
    options = {"recipients": "a@example.com; b@example.com", "server": f"127.0.0.1:{letterbox.port}",
               "security": "none", "sender": "seatwise@example.com"}  # fmt: skip
    create_channel(SYSTEM, kind="email", name="Mail", options=options)
    happen("Line\nbreaks\r\nBcc: evil@example.com")
    deliver()
    ((sender, to, text),) = letterbox.letters
    assert (sender, to) == ("seatwise@example.com", ["a@example.com", "b@example.com"])
    assert "Subject: Line breaks Bcc: evil@example.com\r\n" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "Look at it." in text


def test_the_mail_server_of_the_environment_serves_who_names_none(letterbox: Letterbox, settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", letterbox.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "alerts@example.com"
    create_channel(SYSTEM, kind="email", name="Mail", options={"recipients": "a@example.com"})
    happen()
    deliver()
    assert letterbox.letters[0][0] == "alerts@example.com"


def test_a_mail_server_inside_is_not_reached_unless_it_is_allowed(letterbox: Letterbox) -> None:
    options = {"recipients": "a@example.com", "server": f"localhost:{letterbox.port}", "security": "none"}
    channel, _ = create_channel(SYSTEM, kind="email", name="Mail", options=options)
    tried = try_channel(SYSTEM, id=channel.id)
    assert "is no public address" in tried.reason
    assert not letterbox.letters


@pytest.mark.parametrize(
    ("line", "state"), [("451 come again", "waiting"), ("550 nobody here", "failed"), ("535 no", "failed")]
)
def test_a_mail_server_that_refuses_is_asked_again_only_where_it_says_so(
    letterbox: Letterbox, allowed: Any, line: str, state: str
) -> None:
    letterbox.refuse = line
    options = {"recipients": "a@example.com", "server": f"127.0.0.1:{letterbox.port}", "security": "none"}
    create_channel(SYSTEM, kind="email", name="Mail", options=options)
    happen()
    deliver()
    row = Delivery.objects.get()
    assert (row.state, row.reason[:3]) == (state, line[:3])


def test_a_failed_try_is_repeated_later_with_the_same_id_until_it_arrives(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("webhook", receiver.url)
    happen()
    receiver.answers += [(503, {"Retry-After": "7200"}, b"later"), (0, {}, b"")]
    deliver()
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.reason) == ("waiting", 1, "503: later")
    assert row.next_try_at - datetime.now(UTC) > timedelta(minutes=110), "it waits as long as it is told"
    deliver()
    assert len(receiver.came) == 1, "not before its time"
    for _ in range(2):
        due_now()
        deliver()
    row.refresh_from_db()
    assert (row.state, row.tries, row.reason) == ("delivered", 3, "")
    assert [each["done"] for each in row.log] == [False, False, True]
    assert len({came.headers["webhook-id"] for came in receiver.came}) == 1


def test_what_will_never_arrive_is_given_up_and_can_be_sent_again(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("slack", receiver.url)
    happen()
    receiver.answers.append((404, {}, b"no_service"))
    deliver()
    row = Delivery.objects.get()
    assert (row.state, row.reason) == ("failed", "404: no_service")
    assert send_again(SYSTEM, id=row.pk).state == "waiting"
    with pytest.raises(Conflict):
        send_again(SYSTEM, id=row.pk)
    deliver()
    row.refresh_from_db()
    assert row.state == "delivered"


def test_after_the_last_try_it_is_given_up() -> None:
    waits = [next_try(tries, None) for tries in range(1, len(BACKOFF) + 2)]
    assert waits[-1] is None
    assert all(wait and base * 0.8 <= wait <= base * 1.2 for wait, base in zip(waits, BACKOFF, strict=False))
    assert next_try(1, 3600) == timedelta(hours=1)
    assert next_try(1, 10**9) == timedelta(days=1)


def test_a_channel_that_fails_makes_the_rest_of_its_own_wait_and_no_other(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("webhook", receiver.url + "/dead", name="dead")
    channel_of("slack", receiver.url + "/well", name="well")
    for number in range(3):
        happen(f"{number}")
    receiver.answers.append((500, {}, b""))
    deliver()
    paths = [came.path.rsplit("/", 1)[1] for came in receiver.came]
    assert paths == ["dead", "well", "well", "well"]
    dead = Delivery.objects.filter(channel__name="dead")
    assert all(row.next_try_at > datetime.now(UTC) for row in dead)


def test_kinds_go_where_they_are_wanted(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("slack", receiver.url, name="money", kinds=["budget", "anomaly"])
    channel_of("teams", receiver.url, name="all")
    off = channel_of("webhook", receiver.url, name="off")
    Channel.objects.filter(pk=off.pk).update(enabled=False)
    happen(kind="new_owner")
    happen(kind="budget")
    assert sorted(Delivery.objects.values_list("channel__name", "alert__kind")) == [
        ("all", "budget"), ("all", "new_owner"), ("money", "budget"),
    ]  # fmt: skip


def test_what_a_mail_server_is_not_is_said_so_that_the_right_person_can_act(allowed: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    options = {"recipients": "a@example.com", "server": f"127.0.0.1:{port}", "security": "none"}
    channel, _ = create_channel(SYSTEM, kind="email", name="Mail", options=options)
    assert try_channel(SYSTEM, id=channel.id).reason == "The mail server could not be reached."


def test_why_a_delivery_failed_is_for_who_sets_up_channels(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("slack", receiver.url)
    alert = happen()
    receiver.answers.append((404, {}, b"10.1.2.3 knows no bob@example.com"))
    deliver()
    viewer, admin = Actor("v@example.com", "viewer"), Actor("a@example.com", "admin")
    for one in (get_alert(viewer, key=alert.pk), *list_alerts(viewer).items):
        assert [(each.state, each.reason) for each in one.deliveries] == [("failed", None)]
    assert "10.1.2.3" in str(get_alert(admin, key=alert.pk).deliveries[0].reason)


def test_a_channel_that_is_off_says_where_it_is_switched_on(receiver: Receiver, channel_of: Ways) -> None:
    channel = channel_of("slack", receiver.url)
    happen()
    Delivery.objects.update(state="failed")
    row = Delivery.objects.get(channel=channel)
    Channel.objects.update(enabled=False)
    with pytest.raises(Conflict, match="under Settings, Channels"):
        send_again(SYSTEM, id=row.pk)


def test_a_digest_gathers_the_day_into_one_message(receiver: Receiver, channel_of: Ways) -> None:
    channel_of("webhook", receiver.url, digest_hour=8)
    for number in range(30):
        happen(f"number {number}")
    deliver()
    assert not receiver.came
    due_now()
    receiver.answers.append((500, {}, b""))
    deliver()
    assert set(Delivery.objects.values_list("state", "tries")) == {("waiting", 1)}
    due_now()
    deliver()
    assert len(receiver.came) == 2
    said = json.loads(receiver.came[1].body)
    assert said["type"] == "alerts.digest"
    assert [each["title"] for each in said["data"]["alerts"]] == [f"number {n}" for n in range(30)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert receiver.came[0].headers["webhook-id"] == receiver.came[1].headers["webhook-id"]


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_long_digest_stays_within_what_is_taken(receiver: Receiver, channel_of: Ways, kind: str) -> None:
    channel_of(kind, receiver.url, digest_hour=8)
    for number in range(60):
        happen(f"number {number} " + "x" * 1000)
    due_now()
    deliver()
    body = receiver.came[0].body
    assert len(body) < 28_000
    assert b"And 40 more" in body
    if kind == "slack":
        assert len(json.loads(body)["blocks"]) <= 50


def test_a_digest_is_due_at_its_hour() -> None:
    now = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)
    assert due_at(None, now) == now
    assert due_at(9, now) == datetime(2026, 6, 15, 9, tzinfo=UTC)
    assert due_at(8, now) == datetime(2026, 6, 16, 8, tzinfo=UTC)


def test_the_test_button_sends_at_once_and_says_how_it_went(receiver: Receiver, channel_of: Ways) -> None:
    channel = channel_of("slack", receiver.url)
    assert try_channel(SYSTEM, id=channel.pk).state == "delivered"
    assert "alerts arrive here" in receiver.came[0].body.decode()
    receiver.answers.append((500, {}, b"broken"))
    tried = try_channel(SYSTEM, id=channel.pk)
    assert (tried.state, tried.reason, tried.alert) == ("failed", "500: broken", None)
    deliver()
    assert len(receiver.came) == 2, "a test is not tried again"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_alert_once(receiver: Receiver, channel_of: Ways) -> None:
    channel = channel_of("webhook", receiver.url)
    for number in range(12):
        happen(f"{number}")

    def work() -> None:
        try:
            deliveries.deliver(channel.pk)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(receiver.came) == 12
    assert len({came.headers["webhook-id"] for came in receiver.came}) == 12


@pytest.mark.django_db(transaction=True)
def test_a_dead_channel_holds_up_no_other_in_the_workers_loop(receiver: Receiver, channel_of: Ways) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        channel_of("slack", f"http://127.0.0.1:{silent.getsockname()[1]}/x", name="a dead one")
        channel_of("slack", receiver.url, name="well")
        for number in range(3):
            happen(f"{number}")
        stop = threading.Event()
        thread = threading.Thread(target=watching.keep, args=(stop,))
        thread.start()
        until(lambda: len(receiver.came) == 3, "three messages by the channel that works")
        assert Delivery.objects.filter(channel__name="a dead one", state="waiting").count() == 3
        stop.set()
        silent.close()
        thread.join(60)
        assert not thread.is_alive()


CHILD = """
import os, signal, sys, django
django.setup()
from django.db import connection as database
database.settings_dict["NAME"] = sys.argv[1]
from seatwise.sdk import outbound
from seatwise.services import deliveries, ways
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "before":
    deliveries.send = die
else:
    deliveries.note = die
for channel in deliveries.due_channels():
    deliveries.deliver(channel)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("when", "times"), [("before", 1), ("after", 2)])
def test_a_worker_killed_while_it_delivers_loses_nothing(
    receiver: Receiver, channel_of: Ways, when: str, times: int
) -> None:
    """What was sent just before comes once more, under the id it had."""
    channel_of("webhook", receiver.url)
    happen()
    name = str(databases["default"].settings_dict["NAME"])
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "seatwise.settings"}
    done = subprocess.run([sys.executable, "-c", CHILD, name, when], env=env, capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert Delivery.objects.get().state == "waiting"
    deliver()
    assert len(receiver.came) == times - 1, "the dead worker's claim holds for a while"
    due_now()
    deliver()
    assert Delivery.objects.get().state == "delivered"
    assert len(receiver.came) == times
    assert len({came.headers["webhook-id"] for came in receiver.came}) == 1
