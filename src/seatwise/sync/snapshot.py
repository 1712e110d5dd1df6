"""One listing of one snapshot stream: its pages become rows and history, and once it is complete, what was not in it
departs. The law: only a complete listing departs anybody, and never more than the brake allows.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from seatwise.sdk.errors import VendorError
from seatwise.sdk.records import (
    AdminKey,
    GroupMember,
    Invite,
    Key,
    ProjectGroup,
    ProjectMember,
    Record,
    RoleAssignment,
    ServiceAccount,
    User,
)
from seatwise.sdk.streams import Snapshot
from seatwise.store.models import Change, Run, RunStream
from seatwise.store.models import Group as StoredGroup
from seatwise.store.models import Key as StoredKey
from seatwise.store.models import Project as StoredProject
from seatwise.store.models import ServiceAccount as StoredAccount
from seatwise.store.models import User as StoredUser

from . import history, rollups, tables
from .lease import PIECE, held, pieces
from .pages import Pages
from .tables import TABLES, Digested, Table

ENDS_WITH: dict[type[Record], tuple[str, ...]] = {
    ProjectMember: ("project_id", "user_id"),
    GroupMember: ("group_id", "user_id"),
    RoleAssignment: ("group_id",),
    ProjectGroup: ("project_id", "group_id"),
    ServiceAccount: ("project_id",),
    Key: ("project_id",),
}
"""Records of a place between others: it ends with any of them. They are listed beneath the first."""


class Listing:
    """`result` is the run's line for this stream; `baseline` means no listing of it was ever complete, so its rows are
    no news. `unseen` holds the hashes of present rows that were not listed so far: a record with one of them is
    unchanged, without a look at the database, and whose hash is left at the end is gone. Eight bytes a row, so that
    memory stays flat."""

    def __init__(self, run: Run, stream: Snapshot, result: RunStream, *, baseline: bool, now: datetime) -> None:
        self.run, self.stream, self.result, self.baseline, self.now = run, stream, result, baseline, now
        self.table: Table = TABLES[stream.record]
        self.unseen = tables.hashes(self.table, run.connection_id)
        self.present = len(self.unseen)
        # No look-up where nothing is stored: the first sync only inserts, and keeps in mind which ids it had.
        self.blank = not self._rows().exists()
        self.ids: set[int] = set()
        self.pages = Pages(run.connection_id, stream.name)
        self.left = 0
        self.ended = False
        self.absent: frozenset[str] = frozenset()
        """Ids of those it is listed beneath that were not found, as `broken` says: their rows were not asked for."""
        self.broken: VendorError | None = None

    @property
    def here(self) -> int:
        """Rows that are present by now. Nobody else writes any while the run is ours."""
        return self.present + self.result.arrived + self.result.returned - self.left

    def _rows(self) -> "QuerySet[Any]":
        rows = self.table.model._default_manager.filter(connection_id=self.run.connection_id)
        return rows.filter(kind__in=self.table.kinds) if self.table.kinds else rows

    def again(self, digest: bytes) -> bool:
        """Whether this very page came before, and all its rows are here as it said."""
        hashes = self.pages.hashes(digest)
        return hashes is not None and self.unseen.issuperset(hashes)

    def sift(self, records: Sequence[Record], digest: bytes = b"") -> list[Digested]:
        """Those that are not stored as they are; the others are counted and need no transaction. A page that came
        `again` has no records but those it had."""
        hashes = None if records else self.pages.hashes(digest)
        if hashes is None:
            records, hashes = tables.digested(self._own(records))
        if digest:
            self.pages.came(digest, hashes)
        known = self.unseen.intersection(hashes)
        self.unseen -= known
        self.result.records += len(known)
        self.result.unchanged += len(known)
        if len(known) == len(hashes):
            return []
        return [digested for digested in zip(records, hashes, strict=True) if digested[1] not in known]

    def _own(self, records: Sequence[Record]) -> Sequence[Record]:
        """A vendor's list of admin keys can hold keys of projects: those a project lists are the project's."""
        if self.stream.record is not AdminKey:
            return records
        projects = StoredKey.objects.filter(connection_id=self.run.connection_id, kind="project")
        theirs = set(projects.filter(vendor_id__in=[r.id for r in records]).values_list("vendor_id", flat=True))
        return [record for record in records if record.id not in theirs]

    def write(self, news: Sequence[Digested]) -> None:
        """Stores what `sift` gave, at most PIECE of it, in the caller's transaction. Twice listed is stored once."""
        fresh = {record.id: (record, hashed) for record, hashed in news if hash(record.id) not in self.ids}
        if self.blank:
            self.ids.update(map(hash, fresh))
        stored = {} if self.blank or not fresh else tables.known(self.table, self.run.connection_id, list(fresh))
        arrived = [digested for key, digested in fresh.items() if key not in stored] if stored else [*fresh.values()]
        differ: list[tuple[Record, int, int, bool]] = []
        for key, (pk, before, departed) in stored.items():
            record, hashed = fresh[key]
            if departed or before != hashed:
                differ.append((record, hashed, pk, departed))
                self.unseen.discard(before)
        self._arrive(arrived)
        self._differ(differ)
        self.result.records += len(arrived) + len(differ)

    def _arrive(self, rows: list[Digested]) -> None:
        if not rows:
            return
        if not self.baseline:
            self._note(history.arrivals(self.run.connection_id, [record for record, _ in rows]), "arrived")
        values = self._values([record for record, _ in rows], [False] * len(rows))
        tables.insert(self.table, self.run.connection_id, self.now, rows, values)
        if self.stream.record is Key:
            rollups.unsettle_keys(self.run.connection_id, [record.id for record, _ in rows])
        self.result.arrived += len(rows)

    def _differ(self, rows: list[tuple[Record, int, int, bool]]) -> None:
        if not rows:
            return
        before = history.stored_fields(self.table, [pk for _, _, pk, _ in rows])
        for kind, departed in (("returned", True), ("changed", False)):
            some = [(record, before[pk]) for record, _, pk, gone in rows if gone is departed]
            if not self.baseline:
                some = [pair for pair in some if history.is_news(pair[0])]
                self._note(history.differences(some, returned=departed), kind)
            setattr(self.result, kind, getattr(self.result, kind) + sum(gone is departed for _, _, _, gone in rows))
        confirmed = [not gone and before[pk].get("status") != "unknown" for _, _, pk, gone in rows]
        records, hashes, keys, _ = zip(*rows, strict=True)
        tables.update(self.table, keys, hashes, self._values(records, confirmed))
        if self.stream.record is Key:
            owners = ("owner_kind", "owner_id")
            moved = [key.id for key, _, pk, _ in rows if any(getattr(key, n) != before[pk][n] for n in owners)]
            rollups.unsettle_keys(self.run.connection_id, moved)

    def _values(self, records: Sequence[Record], confirmed: list[bool]) -> tables.Columns:
        columns = tables.values(self.table, records)
        if self.stream.record is User:  # until the listing is complete, nobody is active but who was
            at = self.table.columns.index("status")
            told = zip(columns[at], confirmed, strict=True)
            columns[at] = ["unknown" if status == "active" and not sure else status for status, sure in told]
        return columns

    def drop_doubles(self) -> None:
        """Keys of projects among the admin keys, which their project listed only since: they were never rows of their
        own, so nothing departs."""
        if self.stream.record is not AdminKey:
            return
        projects = StoredKey.objects.filter(connection_id=self.run.connection_id, kind="project")
        doubles = list(
            self._rows().filter(vendor_id__in=projects.values("vendor_id")).values_list("pk", "hash", "departed_at")
        )
        if doubles:
            with held(self.run):
                self._rows().filter(pk__in=[pk for pk, _, _ in doubles]).delete()
            self.unseen -= {hashed for _, hashed, _ in doubles}
            self.left += sum(departed is None for _, _, departed in doubles)

    def gone(self) -> list[tuple[int, str]]:
        """Rows that were there and were not listed: (primary key, vendor id). Ask once the listing is complete."""
        if not self.unseen:
            return []
        beneath = ENDS_WITH[self.stream.record][0] if self.absent else "pk"
        rows = self.table.present(self.run.connection_id).values_list("pk", "vendor_id", "hash", beneath)
        return [
            (pk, vendor_id)
            for pk, vendor_id, hashed, place in rows.iterator(chunk_size=2000)
            if hashed in self.unseen and place not in self.absent
        ]

    def brake(self, gone: list[tuple[int, str]], share: float) -> str:
        """Why so many may not depart without an operator; empty where they may. `share` is a part of 1."""
        if len(gone) <= self.run.confirmed.get(self.stream.name, 0):
            return ""
        what = f"{len(gone)} of {self.present} {self.stream.label.lower()}"
        sudden = self._sudden(gone)
        if sudden and not self.result.records:
            return f"The list came back empty: all {what} would depart. Nobody has: look at the vendor, then confirm."
        if self.present >= 20 and sudden > share * self.present:
            return f"{what} would depart at once. Nobody has: look at the vendor, then confirm."
        return ""

    def _sudden(self, gone: list[tuple[int, str]]) -> int:
        """How many of them nothing explains. A membership ends with its project or its user: that is no surprise."""
        if not (ends_with := ENDS_WITH.get(self.stream.record)):
            return len(gone)
        here = {"connection_id": self.run.connection_id, "departed_at": None}
        there = {
            "project_id": StoredProject.objects.filter(**here).exclude(status="archived").values("vendor_id"),
            "user_id": StoredUser.objects.filter(**here).exclude(kind="invite").values("vendor_id"),
            "group_id": StoredGroup.objects.filter(**here).values("vendor_id"),
        }
        left = {f"{column}__in": there[column] for column in ends_with}
        rows = self.table.present(self.run.connection_id).filter(**left)
        if self.stream.record is Key:  # a machine's keys end with its account
            ended = StoredAccount.objects.filter(connection_id=self.run.connection_id, departed_at__isnull=False)
            rows = rows.exclude(owner_kind="service_account", owner_id__in=ended.values("vendor_id"))
        return sum(rows.filter(pk__in=[pk for pk, _ in piece]).count() for piece in pieces(gone, PIECE))

    def sweep(self, gone: list[tuple[int, str]]) -> None:
        """Departs these rows, in short transactions. Invites of people who joined leave without a word: the user's
        arrival named them."""
        joined = self._joined() if self.stream.record is Invite else set()
        for piece in pieces(gone, PIECE):
            with held(self.run):
                keys = [pk for pk, _ in piece]
                before = history.stored_fields(self.table, keys)
                news = [(vendor_id, before[pk]) for pk, vendor_id in piece if pk not in joined]
                self._note(history.departures(self.table, news), "departed")
                changes: dict[str, Any] = {"departed_at": self.now}
                if self.table.model is StoredUser:
                    changes["status"] = "missing"
                self.table.model._default_manager.filter(pk__in=keys).update(**changes)
                self.result.departed += len(news)
                self.left += len(piece)

    def _joined(self) -> set[int]:
        """Primary keys of invites that were accepted, or whose address is a present user's."""
        invites = self.table.present(self.run.connection_id)
        return set(invites.filter(listed=False).values_list("pk", flat=True))

    def _note(self, changes: list[Change], kind: str) -> None:
        for change in changes:
            change.connection_id, change.run_id = self.run.connection_id, self.run.pk
            change.at, change.stream, change.kind = self.now, self.stream.name, kind
        Change.objects.bulk_create(changes, batch_size=PIECE)

    def confirm(self) -> None:
        """Everybody in this complete listing of users is what it says: unknown becomes active."""
        if self.stream.record is not User:
            return
        unknown = self.table.present(self.run.connection_id).filter(status="unknown")
        for keys in pieces(list(unknown.order_by("pk").values_list("pk", flat=True)), PIECE):
            with held(self.run):
                unknown.filter(pk__range=(keys[0], keys[-1])).update(status="active")


def settle_invites(run: Run) -> None:
    """An accepted invite, or one of somebody who is a user here, is no person of its own."""
    invites = StoredUser.objects.filter(connection_id=run.connection_id, kind="invite", departed_at=None)
    users = StoredUser.objects.filter(connection_id=run.connection_id, kind="user", departed_at=None)
    people = set(users.filter(email_key__in=invites.values("email_key")).values_list("email_key", flat=True))
    flip: dict[bool, list[int]] = {True: [], False: []}
    for pk, key, status, listed in invites.values_list("pk", "email_key", "status", "listed").iterator():
        own = status != "accepted" and key not in people
        if own != listed:
            flip[own].append(pk)
    for own, keys in flip.items():
        for piece in pieces(keys, PIECE):
            with held(run):
                StoredUser.objects.filter(pk__in=piece).update(listed=own)
