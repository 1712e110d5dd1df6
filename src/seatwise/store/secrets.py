"""Credentials of connections and channels, sealed. `opened` is the one place where one exists in clear, for the length
of a `with`.

AES-256-GCM from `cryptography`. The sealed text names its key (`k1:<key id>:<base64>`), so several keys can be in use
while they are rotated, and is bound to its row: moved to another it opens nothing.
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
from .models import Channel, Connection

Sealed = Connection | Channel
"""Rows with secrets in `sealed`."""

NONCE = 12


class SecretUnreadable(Exception):
    """The sealed credentials cannot be opened with the keys at hand. The message is for operators."""


def seal(row: Sealed, credentials: Mapping[str, str]) -> None:
    """Sets `row.sealed`, with the newest key. The row has its primary key; saving is the caller's."""
    key = secret_keys(settings.DATA_DIR)[0]
    nonce = os.urandom(NONCE)
    text = json.dumps(dict(credentials)).encode()
    box = AESGCM(key).encrypt(nonce, text, _bound_to(row))
    row.sealed = f"k1:{key_id(key)}:{urlsafe_b64encode(nonce + box).decode()}"


@contextmanager
def opened(row: Sealed) -> Iterator[dict[str, str]]:
    """The credentials in clear. Raises SecretUnreadable."""
    credentials = _open(row)
    try:
        yield credentials
    finally:
        credentials.clear()


def reseal(row: Sealed) -> bool:
    """Seals anew with the newest key; False where it was already. Raises SecretUnreadable."""
    if row.sealed.split(":")[1] == key_id(secret_keys(settings.DATA_DIR)[0]):
        return False
    with opened(row) as credentials:
        seal(row, credentials)
    return True


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"seatwise key id" + key).hexdigest()[:12]


def _open(row: Sealed) -> dict[str, str]:
    gone = SecretUnreadable(
        f"The credentials of {row.name} cannot be opened with the keys of this install. Put back the key file they "
        "were sealed with (secret_keys in the data directory, or SEATWISE_SECRET_KEYS), or reconnect; of a channel, "
        "enter them anew."
    )
    try:
        version, name, box = row.sealed.split(":")
        raw = urlsafe_b64decode(box)
        keys = {key_id(key): key for key in secret_keys(settings.DATA_DIR)}
        if version != "k1" or name not in keys:
            raise gone
        text = AESGCM(keys[name]).decrypt(raw[:NONCE], raw[NONCE:], _bound_to(row))
    except (ValueError, InvalidTag) as error:
        raise gone from error
    return {str(field): str(value) for field, value in json.loads(text).items()}


def _bound_to(row: Sealed) -> bytes:
    if row.pk is None:
        raise ValueError("a row must be stored before its credentials are sealed")
    return f"{row._meta.model_name}:{row.pk}".encode()
