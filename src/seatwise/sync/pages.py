"""Pages that came before: the first level of telling what has changed. A page whose bytes are known, and whose rows are
all here as it said, is not even decoded; the second level is the hash of each row (tables.py).

What is kept of a page can only save work, never tell anything: it counts while each of its rows is present with that
hash.
"""

import struct
from collections.abc import Sequence

from seatwise.store.models import ListedPage, Run

from . import tables
from .lease import held, pieces


class Pages:
    """Those of one stream of a connection. Eight bytes a row, so that memory stays flat."""

    def __init__(self, connection_id: int, stream: str) -> None:
        self._rows = ListedPage.objects.filter(connection_id=connection_id, stream=stream)
        self._key = (connection_id, stream)
        self._before = {bytes(digest): bytes(packed) for digest, packed in self._rows.values_list("digest", "hashes")}
        self._now: dict[bytes, bytes] = {}

    def hashes(self, digest: bytes) -> tuple[int, ...] | None:
        """Of the rows of a page that was in the last complete listing; None for any other page."""
        packed = self._before.get(digest)
        return None if packed is None else struct.unpack(f">{len(packed) // 8}q", packed)

    def came(self, digest: bytes, hashes: Sequence[int]) -> None:
        self._now[digest] = struct.pack(f">{len(hashes)}q", *hashes)

    def store(self, run: Run) -> None:
        """The listing is complete: these are its pages. Writes what differs, in short transactions."""
        differ = self._before.items() ^ self._now.items()
        for piece in pieces([digest for digest, _ in differ if digest in self._before]):
            with held(run):
                self._rows.filter(digest__in=piece).delete()
        columns = ("connection_id", "stream", "digest", "hashes")
        for new in pieces([(*self._key, *page) for page in differ if page in self._now.items()]):
            with held(run):
                tables.enter("store_listedpage", columns, new)
