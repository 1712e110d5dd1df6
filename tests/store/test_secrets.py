"""Credentials at rest: sealed, bound to their connection, rotated, and private on disk."""

import pytest

from seatwise.services.rights import SYSTEM
from seatwise.services.secrets import rotate_secrets
from seatwise.store import keys
from seatwise.store.models import Connection
from seatwise.store.secrets import SecretUnreadable, key_id, opened, reseal, seal

GIVEN = {"organization_id": "org-1", "admin_key": "sk-admin-" + "a" * 40}


@pytest.fixture
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def connection(db, data_dir):
    connection = Connection.objects.create(integration="openai", name="Acme", organization_id="org-1")
    seal(connection, GIVEN)
    connection.save()
    return connection


def test_what_was_sealed_can_be_opened_and_is_gone_afterwards(connection):
    with opened(connection) as credentials:
        assert credentials == GIVEN
    assert credentials == {}


def test_the_key_that_sealed_is_named_beside_the_ciphertext(connection, data_dir):
    assert connection.sealed.split(":")[:2] == ["k1", key_id(keys.secret_keys(data_dir)[0])]


def test_sealed_text_moved_to_another_connection_opens_nothing(connection):
    other = Connection.objects.create(integration="openai", name="Other", organization_id="org-2")
    other.sealed = connection.sealed
    with pytest.raises(SecretUnreadable), opened(other):
        pass


@pytest.mark.parametrize(
    "damage", [lambda s: s[:-8] + "AAAAAAA=", lambda s: s.replace("k1:", "k2:"), lambda s: "", lambda s: "x"]
)
def test_damaged_text_is_refused_in_plain_words(connection, damage):
    connection.sealed = damage(connection.sealed)
    with pytest.raises(SecretUnreadable, match="reconnect"), opened(connection):
        pass


def test_rotation_seals_everything_anew_and_forgets_the_old_key(connection, data_dir):
    before = connection.sealed
    (old,) = keys.secret_keys(data_dir)
    assert rotate_secrets(SYSTEM) == 1
    connection.refresh_from_db()
    assert connection.sealed != before
    assert old not in keys.secret_keys(data_dir)
    with opened(connection) as credentials:
        assert credentials == GIVEN


def test_while_keys_are_rotated_both_open(connection, data_dir):
    keys.add_key(data_dir)
    with opened(connection) as credentials:
        assert credentials == GIVEN
    assert reseal(connection)
    assert not reseal(connection)


def test_keys_from_the_environment_are_used_newest_first(connection, data_dir, monkeypatch):
    new, (old,) = keys.new_key(), keys.secret_keys(data_dir)
    import base64

    monkeypatch.setenv("SEATWISE_SECRET_KEYS", f"{new},{base64.urlsafe_b64encode(old).decode()}")
    assert rotate_secrets(SYSTEM) == 1
    connection.refresh_from_db()
    assert connection.sealed.split(":")[1] == key_id(keys.parse_key(new))


def test_a_lost_key_says_what_to_do(connection, data_dir):
    (data_dir / "secret_keys").write_text(keys.new_key() + "\n")
    with pytest.raises(SecretUnreadable, match="Put back the key file"), opened(connection):
        pass


def test_files_and_directory_are_closed_to_others(data_dir):
    keys.secret_keys(data_dir)
    keys.django_secret(data_dir)
    keys.add_key(data_dir)
    for name in ("secret_keys", "django_secret"):
        assert (data_dir / name).stat().st_mode & 0o077 == 0


def test_many_processes_agree_on_one_key(data_dir):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        assert len({tuple(found) for found in pool.map(lambda _: keys.secret_keys(data_dir), range(32))}) == 1


def test_a_key_that_is_none_is_refused_without_being_shown(monkeypatch, data_dir):
    monkeypatch.setenv("SEATWISE_SECRET_KEYS", "not-a-key")
    with pytest.raises(ValueError) as refused:
        keys.secret_keys(data_dir)
    assert "not-a-key" not in str(refused.value)
