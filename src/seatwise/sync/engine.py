"""One run, from the first request to the last commit. It never raises for what a vendor does: that is in the run."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, transaction

from seatwise.connectors.catalog import connectors
from seatwise.sdk.connector import Remark
from seatwise.sdk.errors import BadCredentials, MissingPermission, VendorError
from seatwise.sdk.records import AdminKey, Invite, Key, User
from seatwise.sdk.streams import AnyStream, Series, Snapshot
from seatwise.store import roster
from seatwise.store.models import Change, Connection, Run, RunStream, Stream
from seatwise.store.secrets import SecretUnreadable, opened

from . import lease, schedule, tables
from .lease import PIECE, pieces
from .probing import base_url
from .pump import Came, Pump, Wanted
from .series import Batch, Reading
from .settling import Settling
from .snapshot import Listing, settle_invites
from .tables import Digested

log = logging.getLogger("seatwise.sync")
Progress = Callable[[Run], None]
NEW = "New in this release, and this key may not read it, so it is switched off here."
BROKE_OFF = "The sync ended before this list was complete."
WAIT = 1.0
"""Seconds without a page after which the lease is renewed, and a request to cancel is heard."""
TELL, STORE = 0.25, 1.0
"""Seconds between two times that the progress is told, and that what came is stored, however little."""


def sync(run: Run, stopping: Callable[[], bool] = lambda: False, progress: Progress = lambda run: None) -> Run:
    """Does the run and ends it: complete, partial, failed or canceled. Raises LeaseLost where another worker took over,
    and whatever the database raises, after an attempt to say so in the run."""
    connection = run.connection
    work = _Work(run, stopping, progress)
    try:
        tables.unmap()
        with opened(connection) as credentials:
            connector = connectors()[connection.integration]
            client = connector.open(credentials, base_url(connector))
            listed = work.begin(connector.streams)
            with Pump(client, listed, work.windows(), work.again) as pump:
                work.follow(pump)
        work.end(*work.verdict())
    except (BadCredentials, SecretUnreadable) as error:
        work.give_up("failed", str(error), getattr(error, "detail", ""), attention=str(error))
    except VendorError as error:  # nothing could be read at all
        work.give_up("partial", str(error), error.detail)
    except (lease.Stopped, KeyboardInterrupt) as error:
        work.give_up("canceled", str(error) or "Stopped from the keyboard.")
    except lease.LeaseLost:
        log.warning("sync of %s: another worker took over", connection.name)
        raise
    except DatabaseError as error:
        log.error("sync of %s: the database failed: %s", connection.name, error)
        work.give_up("failed", "The database could not take the rows. What came before is stored.", str(error))
        raise
    except Exception as error:
        work.give_up("failed", "This sync failed inside Seatwise. What came before is stored.", repr(error))
        raise
    return run


class _Work:
    """The state of one run while it goes on."""

    def __init__(self, run: Run, stopping: Callable[[], bool], progress: Progress) -> None:
        self.run, self.stopping, self.progress = run, stopping, progress
        self.rows = {row.name: row for row in run.connection.streams.all()}
        self.results: dict[str, RunStream] = {}
        self.listings: dict[str, Listing] = {}
        self.readings: dict[str, Reading] = {}
        self.new = {row.name for row in self.rows.values() if row.probed_at is None and row.synced_at is None}
        """Streams this release brought: an upgrade turns no green check amber."""
        self.began: dict[str, float] = {}
        self.news: dict[Listing, list[Digested]] = {}
        self.settling = Settling(run, self.listings, self.readings)
        self.unsettled = self.settling.torn
        """Whether invites are to be compared with users: a run that ended left all of them settled."""
        self.held_at = 0.0
        self.users_ended = False
        self.waiting: list[Listing] = []
        """Complete listings wait for the users' to end: who left explains what else is gone, and who joined too."""
        self.later: list[Came] = []
        """What came of admin keys waits for the projects' keys to end: it can hold keys of theirs."""
        self.pump: Pump | None = None

    def begin(self, declared: Sequence[AnyStream]) -> list[Snapshot]:
        """The snapshots that are switched on, each with its line in the run; the series are in `readings`. A stream new
        in this release gets its row."""
        streams = []
        now, history, tail = datetime.now(UTC), schedule.history(), schedule.restated()
        with lease.held(self.run):
            for stream in declared:
                row = self.rows.get(stream.name)
                if row is None:
                    row, _ = Stream.objects.get_or_create(connection=self.run.connection, name=stream.name)
                    self.new.add(stream.name)
                    self.rows[stream.name] = row
                if not row.enabled or (stream.parent and not self.rows[stream.parent.name].enabled):
                    continue
                self.unsettled |= stream.record in (User, Invite) and row.state != "complete"
                result = RunStream.objects.create(run=self.run, name=stream.name, state="syncing")
                self.results[stream.name] = result
                Stream.objects.filter(pk=row.pk).update(state="syncing")
                self.began[stream.name] = time.monotonic()
                if isinstance(stream, Series):
                    series = schedule.followed(stream, tail)
                    self.readings[stream.name] = Reading(self.run, series, result, row, now=now, history=history)
                else:
                    streams.append(stream)
        for stream in streams:
            baseline = self.rows[stream.name].synced_at is None
            self.listings[stream.name] = Listing(
                self.run, stream, self.results[stream.name], baseline=baseline, now=now
            )
        self.progress(self.run)
        return streams

    def follow(self, pump: Pump) -> None:
        """Writes what comes until all streams have ended."""
        self.pump = pump
        told = 0.0
        while (came := self._next(pump)) is not None:
            self.run.requests = pump.requests
            if self.stopping():
                raise lease.Stopped("Seatwise was stopped. What came before is stored; the next sync lists again.")
            if not came:
                with self._held():
                    pass
            ended = [event for event in came if event.ended]
            pages = [event for event in came if event.records is not None and event.stream.name in self.listings]
            self._write(pages, whole=bool(ended))
            self._write_days([event for event in came if event.stream.name in self.readings])
            for event in ended:
                if event.stream.name in self.readings:
                    self._read(self.readings[event.stream.name], event.error)
                else:
                    self._ended(event)
            if self._only_users():
                self.settling.some()
            if ended or time.monotonic() > told + TELL:
                told = time.monotonic()
                self.progress(self.run)
        self.settling.rest()

    def _next(self, pump: Pump) -> list[Came] | None:
        came = pump.wait(WAIT)
        if came is not None and any(one.stream.record is Key and not one.ended for one in self.listings.values()):
            self.later += [event for event in came if event.stream.record is AdminKey]
            return [event for event in came if event.stream.record is not AdminKey]
        if self.later:
            came, self.later = self.later + (came or []), []
        return came

    def _only_users(self) -> bool:
        """Whether all but the users has come: their list, whose pages go one after another, leaves time."""
        listed = all(listing.ended for listing in self.listings.values() if listing.stream.record is not User)
        return listed and all(reading.result.state != "syncing" for reading in self.readings.values())

    def again(self, stream: Snapshot, digest: bytes) -> bool:
        return self.listings[stream.name].again(digest)

    def windows(self) -> list[Wanted]:
        """What each series is to read."""
        return [Wanted(each.stream, each.windows, each.once_more) for each in self.readings.values()]

    def _write_days(self, came: list[Came]) -> None:
        """Of series: days, and behind them the ends of their windows."""
        batch = Batch(self.run, self._between)
        for event in came:
            reading = self.readings[event.stream.name]
            if event.window:
                batch.close(reading, event.window, in_vain=event.in_vain)
            elif event.records:
                batch.add(reading, event.records)
        batch.flush()

    def _read(self, reading: Reading, error: VendorError | None) -> None:
        if error:
            self._failed(reading, error)
        else:
            remark = self.pump.remark(reading.stream.name) if self.pump else None
            self._note(reading, "complete", *(remark or Remark(reading.remark)))

    def _failed(self, listing: Listing | Reading, error: VendorError) -> None:
        state = "forbidden" if isinstance(error, MissingPermission) else "failed"
        self._note(listing, state, error.message, error.detail, permission=getattr(error, "permission", ""))

    def _write(self, pages: list[Came], *, whole: bool) -> None:
        """What is new on the pages at hand, PIECE rows a transaction, of one stream as far as there are so many: that
        writes fewer parts of an index. Unless the `whole` of it is asked for, the rest waits a moment for more."""
        for page in pages:
            listing = self.listings[page.stream.name]
            news = self.news.setdefault(listing, [])
            news += listing.sift(page.records or (), page.digest)
            while len(news) >= PIECE:
                self._store({listing: news[:PIECE]})
                del news[:PIECE]
        late = time.monotonic() > self.held_at + STORE
        if whole or late:
            rest = [(listing, row) for listing, news in self.news.items() for row in news]
            self.news.clear()
            for piece in pieces(rest, PIECE):
                by_listing: dict[Listing, list[Digested]] = {}
                for listing, row in piece:
                    by_listing.setdefault(listing, []).append(row)
                self._store(by_listing)
        if late:
            with self._held():
                for name in {page.stream.name for page in pages}:
                    tables.count(self.results[name])

    def _between(self) -> None:
        """Between two transactions."""
        if self.pump:
            self.pump.turn()

    def _store(self, piece: dict[Listing, list[Digested]]) -> None:
        self.unsettled |= any(listing.stream.record in (User, Invite) for listing in piece)
        self._between()
        with self._held():
            for listing, rows in piece.items():
                listing.write(rows)
                tables.count(listing.result)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with lease.held(self.run):
            self.held_at = time.monotonic()
            yield

    def _ended(self, event: Came) -> None:
        listing = self.listings[event.stream.name]
        listing.ended = True
        if event.error is None or event.absent:
            listing.absent, listing.broken = event.absent, event.error
            self.waiting.append(listing)
        else:
            self._failed(listing, event.error)
        self.users_ended |= event.stream.record is User
        if self.users_ended:
            ended, self.waiting = self.waiting, []
            for listing in sorted(ended, key=lambda listing: listing.stream.record is not User):
                self._finish(listing)

    def _finish(self, listing: Listing) -> None:
        """A complete listing: departures, unless the brake holds them; then the stream is complete. Where something it
        hangs beneath was not found, the rest departs and the stream has failed."""
        message = ""
        if listing.stream.record in (User, Invite):
            if listing.baseline:
                roster.gather_statistics(listing.table.name)
            self._settle_invites()
        listing.drop_doubles()
        gone = listing.gone()
        if why := listing.brake(gone, schedule.brake_share()):
            self._note(listing, "held", why, held=len(gone))
            return
        if gone and listing.stream.record is Invite and "complete" not in self._users():
            message = f"{len(gone)} no longer listed stay until users are listed completely: they may have joined."
            gone = []
        listing.sweep(gone)
        if listing.stream.record is User and gone:
            self.unsettled = True
            self._settle_invites()
        if listing.stream.record in (User, Invite):
            self._enter(confirmed=listing.stream.record is User)
        if listing.broken:
            self._failed(listing, listing.broken)
            return
        listing.confirm()
        listing.pages.store(self.run)
        self._note(listing, "complete", message)

    def _settle_invites(self) -> None:
        """Once for all that was written before."""
        if self.unsettled:
            settle_invites(self.run)
            self.unsettled = False

    def _enter(self, *, confirmed: bool) -> None:
        """Puts new users into the listings' indexes, in bulk."""
        more = True
        while more:
            with lease.held(self.run):
                more = roster.settle(confirmed=self.run.connection_id if confirmed else 0) == roster.PIECE

    def _users(self) -> set[str]:
        return {self.results[n].state for n, listing in self.listings.items() if listing.stream.record is User}

    def _note(
        self,
        listing: Listing | Reading,
        state: str,
        message: str = "",
        detail: str = "",
        *,
        held: int = 0,
        permission: str = "",
    ) -> None:
        """How a stream ended, in the run and on the connection, with the baseline's line in Changes."""
        name, now, result = listing.stream.name, datetime.now(UTC), listing.result
        result.state, result.message, result.detail = state, message, detail
        result.seconds = round(time.monotonic() - self.began[name], 3)
        fields: dict[str, Any] = {"state": state, "message": message, "detail": detail, "held": held}
        with lease.held(self.run):
            if state == "complete":
                result.synced_at = now
                fields |= {"synced_at": now, "allowed": True, "permission": ""}
                if listing.baseline:
                    self._baseline(listing, now)
            elif state == "forbidden":
                fields |= {"allowed": False, "permission": permission}
                if name in self.new:  # once: from now on it is the operator's to switch
                    fields["probed_at"] = now
                    result.message = f"{NEW} {message}"
                    fields |= {"enabled": False, "message": result.message}
            fields["records"] = listing.here
            result.save()
            Stream.objects.filter(pk=self.rows[name].pk).update(**fields)

    def _baseline(self, listing: Listing | Reading, now: datetime) -> None:
        Change.objects.create(
            connection_id=self.run.connection_id, run=self.run, at=now, stream=listing.stream.name, kind="baseline",
            label=listing.stream.label, after={"records": listing.result.records},
        )  # fmt: skip

    def verdict(self) -> tuple[str, str]:
        """The run's state, and what an operator must do (empty for nothing)."""
        held = [result.message for result in self.results.values() if result.state == "held"]
        spared = {name for name, result in self.results.items() if result.state == "forbidden"} & self.new
        complete = all(result.state == "complete" for name, result in self.results.items() if name not in spared)
        return "complete" if complete else "partial", " ".join(held)

    def end(self, state: str, attention: str) -> None:
        with lease.held(self.run):
            fields: dict[str, Any] = {"attention": attention}
            if state == "complete":
                fields["last_complete_sync_at"] = datetime.now(UTC)
            self._close(state, fields)

    def give_up(self, state: str, error: str, detail: str = "", *, attention: str = "") -> None:
        """Ends a run that broke off. What is stored stays; streams that had not ended are canceled or failed."""
        ended = "canceled" if state == "canceled" else "failed"
        self.run.requests = self.pump.requests if self.pump else 0
        for name, result in self.results.items():
            if result.state == "syncing":
                result.state, result.message, result.detail = ended, BROKE_OFF, error
                result.seconds = round(time.monotonic() - self.began[name], 3)
        with transaction.atomic():
            for name, result in self.results.items():
                result.save()
                open_rows = Stream.objects.filter(pk=self.rows[name].pk, state="syncing")
                open_rows.update(state=ended, message=BROKE_OFF, detail=error)
            self._close(state, {"attention": attention} if attention else {}, error, detail)

    def _close(self, state: str, fields: dict[str, Any], error: str = "", detail: str = "") -> None:
        lease.release(self.run, state, error, detail)
        Connection.objects.filter(pk=self.run.connection_id).update(**fields, confirmed={})
        schedule.plan(self.run.connection_id)
