"""A secret in clear, base64, hex and URL-encoded: what tests search for it look for all of these."""

import base64
import urllib.parse
from collections.abc import Iterator


def disguises(secret: str) -> Iterator[bytes]:
    """How a secret could stand somewhere; base64 has three alignments, of which each shows a middle part."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            coded = encode(b"x" * before + raw)
            yield coded[4 : len(coded) - 4]


def leaks(secret: str, texts: dict[str, bytes]) -> list[str]:
    return [name for name, text in texts.items() if any(form in text for form in disguises(secret))]
