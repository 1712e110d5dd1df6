"""Connecting, reconnecting, changing and taking away: tried at the vendor first, nothing of a refused key kept."""

import threading
from html import unescape

import pytest
from django.db import connections as databases

from fixtures.vendor import stored
from seatwise.connectors.openai import openai
from seatwise.connectors.openai.sandbox import Fault, Organization, Sandbox
from seatwise.services import connections as service
from seatwise.services.errors import Conflict, NotFound, Refusal, Unreachable
from seatwise.services.rights import SYSTEM
from seatwise.store.models import AuditEntry, Change, Connection, Run, Setting, Stream, User
from seatwise.store.secrets import opened
from seatwise.sync import schedule

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


def given(organization, key=None):
    return {"organization_id": organization.id, "admin_key": (key or organization.key).value}


def connected(organization, **more):
    Setting.objects.update_or_create(name="history_days", defaults={"value": 7})
    return service.connect(
        SYSTEM, **{"integration": "openai", "name": organization.name, "credentials": given(organization), **more}
    )


def test_connecting_probes_saves_and_makes_the_first_sync_due(vendor, acme):
    info = connected(acme)
    assert (info.state, info.organization_id) == ("pending", acme.id)
    assert [stream.allowed for stream in info.streams] == [True] * len(info.streams)
    assert [c.pk for c in schedule.due()] == [info.id]
    assert Connection.objects.get().next_trigger == "connect"


def test_what_is_pasted_with_blanks_is_trimmed(vendor, acme):
    key = f"  {acme.key.value}\n"
    info = connected(acme, credentials={"organization_id": f" {acme.id} ", "admin_key": key})
    with opened(Connection.objects.get(pk=info.id)) as credentials:
        assert credentials["admin_key"] == acme.key.value


REFUSED = {
    "revoked": lambda org: setattr(org.key, "revoked", True),
    "expired": lambda org: setattr(org.key, "expired", True),
    "address": lambda org: org.allowed_ips.add("203.0.113.9"),
}


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_key_leaves_nothing_behind(vendor, acme, spoil):
    spoil(acme)
    with pytest.raises(Refusal) as refused:
        connected(acme)
    assert "Nothing was saved" in refused.value.message
    assert not Connection.objects.exists()
    assert not Stream.objects.exists()
    said = refused.value.message + refused.value.detail
    assert acme.key.value not in said + "".join(str(entry.__dict__) for entry in AuditEntry.objects.all())
    assert AuditEntry.objects.get().outcome == "refused"


def test_a_key_of_another_organization_is_refused(vendor, acme, labs):
    with pytest.raises(Refusal, match="another organization"):
        connected(acme, credentials={"organization_id": acme.id, "admin_key": labs.key.value})


def test_a_key_of_another_organization_is_refused_when_only_the_answer_tells(vendor, acme, labs):
    vendor.check_organization = False
    with pytest.raises(Refusal, match="another organization"):
        connected(acme, credentials={"organization_id": acme.id, "admin_key": labs.key.value})


@pytest.mark.parametrize("key", ["sk-proj-" + "a" * 40, "sk-svcacct-" + "a" * 40, "sk-" + "a" * 40, "", "hello"])
def test_what_is_no_admin_key_is_refused_before_any_call(vendor, acme, key):
    with pytest.raises(Refusal) as refused:
        connected(acme, credentials={"organization_id": acme.id, "admin_key": key})
    assert refused.value.fields["admin_key"]
    assert not vendor.requests


def test_every_wrong_field_is_named_at_once(vendor):
    with pytest.raises(Refusal) as refused:
        service.connect(SYSTEM, integration="openai", name=" ", credentials={})
    assert set(refused.value.fields) == {"name", "organization_id", "admin_key"}


def test_a_key_that_may_not_read_users_is_refused(vendor, acme):
    key = acme.add_key(scopes=frozenset({"api.usage.read"}))
    with pytest.raises(Refusal, match=r"api\.management\.read") as refused:
        connected(acme, credentials=given(acme, key))
    assert {line.stream: line.state for line in refused.value.lines}["users"] == "refused"
    assert not Connection.objects.exists()


def test_a_key_that_lacks_other_streams_is_accepted_and_says_so(vendor, acme):
    key = acme.add_key(refused_paths=("/organization/projects*",))
    info = connected(acme, credentials=given(acme, key))
    found = {stream.name: stream.allowed for stream in info.streams}
    assert (found["users"], found["invites"], found["projects"]) == (True, True, False)
    assert found["project_members"] is None


def test_why_a_stream_was_not_tried_is_kept_and_told_wherever_the_key_is_shown(
    vendor, acme, client_of, sync, monkeypatch
):
    monkeypatch.setattr("seatwise.sdk.transport.TRIES", 1)
    vendor.faults.add(Fault("server_error", "/organization/invites", times=9))
    info = connected(acme)
    (invites,) = (stream for stream in info.streams if stream.name == "invites")
    assert (invites.allowed, "status 5" in invites.untried) == (None, True)
    for address in (f"/connections/{info.id}/?new", f"/integrations/openai/capabilities?connection={info.id}"):
        assert invites.untried in unescape(client_of("owner").get(address).content.decode())
    vendor.faults.clear()
    sync(Connection.objects.get())
    assert not any(stream.untried for stream in service.get_connection(SYSTEM, id=info.id).streams)
    service.probe_connection(SYSTEM, connection=info.id)
    assert {(stream.allowed, stream.untried) for stream in service.get_connection(SYSTEM, id=info.id).streams} == {
        (True, "")
    }


def test_project_streams_are_tried_on_the_first_active_project_however_many_archived_ones_come_before(settings):
    org = Organization.seeded("Archive", users=5, projects=104, archived_projects=0, members_per_project=1, seed=9)
    ids = [row["id"] for row in org.projects]
    with Sandbox([org]).running() as settings.VENDOR_BASE_URLS["openai"]:
        for archived in ids[:103]:
            org.archive_project(archived)
        found = {
            line.stream: line
            for line in service.probe_credentials(SYSTEM, integration="openai", credentials=given(org))
        }
        assert found["project_members"].state == "allowed"
        org.archive_project(ids[103])
        found = {
            line.stream: line
            for line in service.probe_credentials(SYSTEM, integration="openai", credentials=given(org))
        }
        assert found["project_members"].state == "not_tried"
        assert "no active one among the 104 projects" in found["project_members"].message


def test_a_vendor_that_does_not_answer_is_nobodys_refusal(vendor, acme, monkeypatch):
    monkeypatch.setattr("seatwise.connectors.openai.client.GIVE_UP_AFTER", 1.0)
    vendor.faults.add(Fault("server_error", times=None, status=503))
    with pytest.raises(Unreachable):
        connected(acme)
    assert not Connection.objects.exists()


def test_the_probe_only_reads(vendor, acme):
    service.probe_credentials(SYSTEM, integration="openai", credentials=given(acme))
    assert {request.method for request in vendor.requests} == {"GET"}
    assert not Connection.objects.exists()


def test_an_organization_is_connected_once_and_names_are_unique(vendor, acme, labs):
    connected(acme)
    with pytest.raises(Conflict, match="already, as Acme"):
        connected(acme, name="Acme again")
    with pytest.raises(Conflict, match="is taken"):
        connected(labs, name="aCME")


def test_of_two_that_connect_at_once_one_wins(vendor, acme):
    outcomes = []

    def work():
        try:
            outcomes.append(connected(acme))
        except Refusal as refusal:
            outcomes.append(refusal)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "ConnectionInfo"]
    assert Connection.objects.count() == 1


def test_a_rename_never_merges(vendor, acme, labs):
    first, second = connected(acme), connected(labs)
    with pytest.raises(Conflict):
        service.change_connection(SYSTEM, connection=second.id, name="ACME")
    assert service.change_connection(SYSTEM, connection=first.id, name="Acme Inc").name == "Acme Inc"
    assert service.change_connection(SYSTEM, connection=first.id, name="ACME INC").name == "ACME INC"


def test_a_stream_can_be_switched_off_but_never_users(vendor, acme, sync):
    info = connected(acme)
    with pytest.raises(Refusal):
        service.change_connection(SYSTEM, connection=info.id, streams=["projects"])
    off = service.change_connection(SYSTEM, connection=info.id, streams=["users", "invites", "project_members"])
    left = [stream.name for stream in openai.streams if stream.name not in ("users", "invites")]
    assert off.streams_off == left
    run = sync(Connection.objects.get())
    assert {stream.name for stream in run.streams.all()} == {"users", "invites"}
    after = service.get_connection(SYSTEM, id=info.id)
    assert (after.state, after.streams_off) == ("connected", left)


def test_switching_a_broken_stream_off_turns_nothing_green_before_a_sync_is_complete(vendor, acme, sync):
    info = connected(acme)
    acme.key.refused_paths = ("/organization/projects*",)
    sync(Connection.objects.get())
    readable = [s.name for s in service.get_connection(SYSTEM, id=info.id).streams if s.state == "complete"]
    off = service.change_connection(SYSTEM, connection=info.id, streams=readable)
    assert (off.state, off.last_complete_sync_at) == ("pending", None)
    assert [row.pk for row in schedule.due()] == [info.id]
    sync(Connection.objects.get())
    assert service.get_connection(SYSTEM, id=info.id).state == "connected"


def test_a_stream_switched_on_again_is_synced_at_once(vendor, acme, sync):
    info = connected(acme, streams_off=["projects"])
    sync(Connection.objects.get())
    names = [stream.name for stream in info.streams]
    on = service.change_connection(SYSTEM, connection=info.id, streams=names)
    assert on.state == "partial"
    assert [c.pk for c in schedule.due()] == [info.id]


def test_pause_and_resume(vendor, acme, sync):
    info = connected(acme)
    sync(Connection.objects.get())
    paused = service.pause(SYSTEM, connection=info.id)
    assert (paused.state, paused.next_sync_at) == ("paused", None)
    resumed = service.resume(SYSTEM, connection=info.id)
    assert resumed.state == "connected"
    assert [c.pk for c in schedule.due()] == [info.id]


def test_a_new_key_ends_the_attention_an_old_one_needed(vendor, acme, sync):
    info = connected(acme)
    acme.key.revoked = True
    sync(Connection.objects.get())
    assert service.get_connection(SYSTEM, id=info.id).state == "needs_attention"
    with pytest.raises(Refusal):
        service.reconnect(SYSTEM, connection=info.id, credentials={"admin_key": acme.key.value})
    fresh = acme.add_key(name="fresh")
    service.reconnect(SYSTEM, connection=info.id, credentials={"admin_key": fresh.value})
    sync(Connection.objects.get())
    assert service.get_connection(SYSTEM, id=info.id).state == "connected"


def test_disconnecting_destroys_the_key_and_keeps_the_data(vendor, acme, sync):
    info = connected(acme)
    sync(Connection.objects.get())
    service.disconnect(SYSTEM, connection=info.id)
    row = Connection.objects.get()
    assert (row.sealed, service.get_connection(SYSTEM, id=info.id).state) == ("", "disconnected")
    assert User.objects.exists()
    assert not schedule.due()
    with pytest.raises(Conflict):
        service.pause(SYSTEM, connection=info.id)


def test_an_organization_connected_again_goes_on_with_its_history(vendor, acme, sync):
    info = connected(acme)
    sync(Connection.objects.get())
    service.disconnect(SYSTEM, connection=info.id)
    key = next(iter(acme.truth().users))
    acme.remove_user(key)
    again = connected(acme, name="Acme, back")
    assert again.id == info.id
    sync(Connection.objects.get())
    assert Change.objects.filter(kind="departed", vendor_id=key).count() == 1


def test_erasing_takes_all_of_it_and_leaves_the_audit_log(vendor, acme, labs, sync):
    info, other = connected(acme), connected(labs)
    for row in Connection.objects.all():
        sync(row)
    service.disconnect(SYSTEM, connection=info.id, erase=True)
    assert not Connection.objects.filter(pk=info.id).exists()
    for model in (User, Change, Run):
        assert not model.objects.filter(connection_id=info.id).exists()
    assert stored(Connection.objects.get(pk=other.id))["users"]
    assert AuditEntry.objects.filter(operation="disconnect").exists()


def test_an_erase_that_died_half_way_is_in_nobodys_way(vendor, acme, sync, monkeypatch):
    from seatwise.store.models import SpendDay
    from seatwise.sync import erase

    delete = erase._delete

    def dies(rows):
        if rows.model is SpendDay:
            raise KeyboardInterrupt
        delete(rows)

    info = connected(acme)
    sync(Connection.objects.get())
    monkeypatch.setattr(erase, "_delete", dies)
    with pytest.raises(KeyboardInterrupt):
        service.disconnect(SYSTEM, connection=info.id, erase=True)
    monkeypatch.undo()
    assert "being erased" in Connection.objects.get(pk=info.id).name
    again = connected(acme)
    assert again.id != info.id
    assert sync(Connection.objects.get(pk=again.id)).state == "complete"


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        service.get_connection(SYSTEM, name="Nobody")
    with pytest.raises(NotFound):
        service.connect(SYSTEM, integration="nobody", name="x", credentials={})
