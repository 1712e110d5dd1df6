"""Vendor credentials, sealed. `opened` is the one place where a key exists in clear, for the length of a `with`.

AES-256-GCM from `cryptography`. The sealed text names its key (`k1:<key id>:<base64>`), so several keys can be in use
while they are rotated, and is bound to its connection: moved to another row it opens nothing.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from .keys import secret_keys
from .models import Connection

NONCE = 12


class SecretUnreadable(Exception):
    """The sealed credentials cannot be opened with the keys at hand. The message is for operators."""


def seal(connection: Connection, credentials: Mapping[str, str]) -> None:
    """Sets `connection.sealed`, with the newest key. The connection has its primary key; saving is the caller's."""
    key = secret_keys(settings.DATA_DIR)[0]
    nonce = os.urandom(NONCE)
    text = json.dumps(dict(credentials)).encode()
    box = AESGCM(key).encrypt(nonce, text, _bound_to(connection))
    connection.sealed = f"k1:{key_id(key)}:{urlsafe_b64encode(nonce + box).decode()}"


@contextmanager
def opened(connection: Connection) -> Iterator[dict[str, str]]:
    """The credentials in clear. Raises SecretUnreadable."""
    credentials = _open(connection)
    try:
        yield credentials
    finally:
        credentials.clear()


def reseal(connection: Connection) -> bool:
    """Seals anew with the newest key; False where it was already. Raises SecretUnreadable."""
    if connection.sealed.split(":")[1] == key_id(secret_keys(settings.DATA_DIR)[0]):
        return False
    with opened(connection) as credentials:
        seal(connection, credentials)
    return True


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"seatwise key id" + key).hexdigest()[:12]


def _open(connection: Connection) -> dict[str, str]:
    gone = SecretUnreadable(
        f"The credentials of {connection.name} cannot be opened with the keys of this install. Put back the key file "
        "they were sealed with (secret_keys in the data directory, or SEATWISE_SECRET_KEYS), or reconnect."
    )
    try:
        version, name, box = connection.sealed.split(":")
        raw = urlsafe_b64decode(box)
        keys = {key_id(key): key for key in secret_keys(settings.DATA_DIR)}
        if version != "k1" or name not in keys:
            raise gone
        text = AESGCM(keys[name]).decrypt(raw[:NONCE], raw[NONCE:], _bound_to(connection))
    except (ValueError, InvalidTag) as error:
        raise gone from error
    return {str(field): str(value) for field, value in json.loads(text).items()}


def _bound_to(connection: Connection) -> bytes:
    if connection.pk is None:
        raise ValueError("a connection must be stored before its credentials are sealed")
    return f"connection:{connection.pk}".encode()
