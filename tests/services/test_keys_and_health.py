"""What keeps an install well: the check, the rotation of keys, the audit log."""

from datetime import UTC, datetime, timedelta

import pytest

from seatwise.services.audit import list_audit_entries, operation
from seatwise.services.errors import Refusal
from seatwise.services.health import check
from seatwise.services.rights import SYSTEM, Actor, Permission
from seatwise.services.secrets import rotate_secrets
from seatwise.store.keys import secret_keys
from seatwise.store.models import AuditEntry, Connection, Run
from seatwise.store.secrets import opened

pytestmark = [pytest.mark.directory, pytest.mark.django_db]


@pytest.fixture
def own_keys(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    return tmp_path


def wrong():
    return [finding.what for finding in check(SYSTEM) if not finding.ok]


def test_a_well_install_has_one_thing_to_say(own_keys, vendor, acme, connect):
    connect(acme)
    assert wrong() == ["Nobody owns this Seatwise yet"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path, _: path.chmod(0o755), "open to other users"),
        (lambda path, _: (path / "secret_keys").write_text("nonsense"), "Key store"),
        (lambda path, _: (path / "secret_keys").unlink(), "cannot be opened"),
        (lambda _, row: Connection.objects.update(next_sync_at=datetime.now(UTC) - timedelta(hours=1)), "no worker"),
        (
            lambda _, row: Run.objects.filter(
                pk=Run.objects.create(connection=row, trigger="connect", state="complete").pk
            ).update(created_at=datetime.now(UTC) + timedelta(days=1)),
            "clock",
        ),
    ],
    ids=["directory", "keys", "credentials", "worker", "clock"],
)
def test_each_thing_that_is_wrong_is_named_with_what_to_do(own_keys, vendor, acme, connect, spoil, said):
    spoil(own_keys, connect(acme))
    findings = [finding for finding in check(SYSTEM) if not finding.ok]
    assert any(said in finding.what for finding in findings)
    assert all(finding.what_to_do for finding in findings)


def test_a_vendor_that_cannot_be_reached_is_named(own_keys, vendor, acme, connect, settings, monkeypatch):
    monkeypatch.setattr("seatwise.sdk.transport.TRIES", 2)
    connect(acme)
    settings.VENDOR_BASE_URLS = {"openai": "http://127.0.0.1:9/v1"}
    assert any("OpenAI cannot be reached" in what for what in wrong())


def test_rotation_seals_everything_with_a_new_key_and_forgets_the_old(own_keys, vendor, acme, labs, connect):
    rows = [connect(acme), connect(labs)]
    (old,) = secret_keys(own_keys)
    assert rotate_secrets(SYSTEM) == 2
    (new,) = secret_keys(own_keys)
    assert new != old
    for row, organization in zip(rows, (acme, labs), strict=True):
        row.refresh_from_db()
        with opened(row) as credentials:
            assert credentials["admin_key"] == organization.key.value


def test_a_rotation_that_cannot_open_one_changes_none(own_keys, vendor, acme, labs, connect):
    row, broken = connect(acme), connect(labs)
    Connection.objects.filter(pk=broken.pk).update(sealed="k1:000000000000:AAAA")
    with pytest.raises(Refusal, match="Labs"):
        rotate_secrets(SYSTEM)
    before = row.sealed
    row.refresh_from_db()
    assert row.sealed == before
    with opened(row) as credentials:
        assert credentials["admin_key"] == acme.key.value


def test_the_log_takes_any_text_and_finds_it_again():
    hostile = "a\0b\ud800'%"
    with operation(Actor(hostile, "owner"), Permission.SYNC, "try", hostile, said=[hostile]):
        pass
    (line,) = list_audit_entries(SYSTEM, search=hostile).items
    assert line.target == line.detail["said"][0] == "a\ufffdb\ufffd'%"
    assert line.outcome == "done"


def test_what_fails_inside_leaves_no_entry():
    def half() -> None:
        with operation(SYSTEM, Permission.SYNC, "try"):
            Connection.objects.create(name="half", integration="openai", organization_id="org-half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert not AuditEntry.objects.exists()
    assert not Connection.objects.exists()


def test_the_log_is_filtered_by_operation_and_time():
    for name in ("first", "second"):
        with operation(SYSTEM, Permission.SYNC, name):
            pass
    AuditEntry.objects.filter(operation="first").update(at=datetime.now(UTC) - timedelta(days=2))
    assert [line.operation for line in list_audit_entries(SYSTEM).items] == ["second", "first"]
    assert [line.operation for line in list_audit_entries(SYSTEM, name="first").items] == ["first"]
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert [line.operation for line in list_audit_entries(SYSTEM, since=yesterday).items] == ["second"]
