"""One reading of one series: whole days are replaced, up or down, and the cursor says how far all runs have read. Of
events none is replaced: a day gets those it has not (events.py).

The cursor is the stretch of days `covered_from` to `covered_to` on the stream's row, without a hole. It moves in the
transaction of its window's last rows or after it, under the same lease: no crash can claim more than is there.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from seatwise.sdk.records import AuditEvent, Cost, Record, Usage
from seatwise.sdk.streams import Day, Series, Window
from seatwise.store import models as stored
from seatwise.store.models import Change, Run, RunStream, Stream

from . import days, events, lacking, rollups, tables, usage_sums
from .lease import PIECE, held, pieces

ONE = timedelta(days=1)
SILENT = (
    "The vendor's log holds nothing of this time: it may never have been switched on there. That nothing is recorded "
    "does not mean that nobody did anything."
)
MOST = 3
"""Stretches that a message names, the newest."""


def plan(series: Series, row: Stream, today: date, horizon: date) -> list[Window]:
    """What to read, in this order: first what can still change and what is new, then the past to the `horizon`, newest
    first."""
    end = today + ONE
    if row.covered_from is None or row.covered_to is None or row.covered_to < horizon:
        newest = Window(max(horizon, end - series.step), end)
        return [newest, *_backwards(newest.start, horizon, series.step)]
    begin = min(row.covered_to, end) - ONE - series.restated
    month = _month_over(series, today)
    if series.sums and row.month_read != month:
        begin = min(begin, month)
    begin = max(begin, row.covered_from, horizon)
    return [*_forwards(begin, end, series.step), *_backwards(row.covered_from, horizon, series.step)]


def _forwards(begin: date, end: date, step: timedelta) -> Iterator[Window]:
    while begin < end:
        yield Window(begin, min(begin + step, end))
        begin += step


def _backwards(end: date, horizon: date, step: timedelta) -> Iterator[Window]:
    while end > horizon:
        yield Window(max(end - step, horizon), end)
        end -= step


def _month_over(series: Series, today: date) -> date:
    """The last month whose bill is final: it can change as long as its last day is restated."""
    return ((today - series.restated).replace(day=1) - ONE).replace(day=1)


class Fresh:
    """What one day has that is not stored as it is: rows to insert, to update, and keys of those that vanished."""

    def __init__(self, day: Day, before: days.Slots) -> None:
        self.date = day.date
        self.new: list[tuple[date, int, int, Record]] = []
        self.changed: list[tuple[int, int, Record]] = []
        self.unchanged = 0
        left = dict(before)
        for record, hashed in zip(*tables.digested(day.records), strict=True):
            key = days.slot(record.id)
            pk, was = left.pop(key, (0, 0))
            if not pk:
                self.new.append((day.date, key, hashed, record))
            elif was != hashed:
                self.changed.append((pk, hashed, record))
            else:
                self.unchanged += 1
        self.gone = [pk for pk, _ in left.values()]

    @property
    def whole(self) -> bool:
        """Nothing of this day was stored before."""
        return not (self.unchanged or self.changed or self.gone)

    @property
    def rows(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone)


class Reading:
    """`result` is the run's line for this stream."""

    def __init__(
        self,
        run: Run,
        stream: Series,
        result: RunStream,
        row: Stream,
        *,
        now: datetime,
        history: timedelta,
    ) -> None:
        self.run, self.stream, self.result, self.row, self.now = run, stream, result, row, now
        self.baseline = row.covered_from is None
        self.over = Window(row.covered_from, row.covered_to - ONE) if row.covered_from and row.covered_to else None
        """The days that had been over when they were read by runs before this one."""
        self.model: Any = {Usage: stored.Usage, Cost: stored.Cost, AuditEvent: stored.AuditEvent}[stream.record]
        self.tokens = "input_tokens" in stream.fields
        self.blank = self.baseline and not self._rows().exists()
        """No look-up where nothing is stored: `came` has the days this run has written."""
        self.came: set[date] = set()
        self.read: Window | None = None
        """What this run has read."""
        self.horizon = now.date() - min(history, stream.history)
        self.windows = plan(stream, row, now.date(), self.horizon)
        self.lacking = lacking.days_of(row.lacking)
        self.once_more = self._once_more()
        """Days the vendor told more coarsely than it may tell them now, each window with what they lack."""

    def _once_more(self) -> list[tuple[Window, frozenset[str]]]:
        """Asked for in vain, they are asked for again on another day."""
        row = self.row
        if not self.lacking or row.covered_from is None or row.asked_again == self.now.date():
            return []
        return list(lacking.windows(self.lacking, max(row.covered_from, self.horizon), self.windows[0].start))

    def sift(self, listed: Sequence[Day]) -> Iterator[Fresh]:
        """The days that are not stored as they are, one by one; the others are counted and need no transaction."""
        span, days = Window(listed[0].date, listed[-1].date + ONE), {day.date for day in listed}
        known = {} if self.blank and self.came.isdisjoint(days) else self._known(span)
        self.came |= days
        for day in listed:
            self._lacks(day)
            fresh = Fresh(day, known.get(day.date, {}))
            self.result.unchanged += fresh.unchanged
            self.result.records += fresh.unchanged
            if fresh.rows:
                yield fresh

    def _lacks(self, day: Day) -> None:
        if day.lacks:
            self.lacking[day.date] = day.lacks
        else:
            self.lacking.pop(day.date, None)

    def _known(self, span: Window) -> dict[date, days.Slots]:
        return days.known(self.model, self.run.connection_id, self.stream.name, span)

    def add(self, listed: Sequence[Day], between: Callable[[], None]) -> None:
        """Events that are not stored as they are, PIECE a transaction."""
        for piece in pieces([record for day in listed for record in day.records], PIECE):
            fresh = events.sift(self.run.connection_id, piece)
            self.result.unchanged += fresh.unchanged
            self.result.records += fresh.unchanged + len(fresh.new) + len(fresh.changed)
            if not (fresh.new or fresh.changed):
                continue
            between()
            with held(self.run):
                events.store(self.run.connection_id, fresh)
                self.result.arrived += len(fresh.new)
                self.result.changed += len(fresh.changed)
                tables.count(self.result)

    def store(self, batch: list[Fresh]) -> None:
        """Replaces these days, in the caller's transaction."""
        traced = [f.date for f in batch if self.over and self.over.start <= f.date < self.over.end]
        totals = {day: self._totals(day) for day in traced}
        days.delete(self.model, [pk for fresh in batch for pk in fresh.gone])
        days.update(self.model, [row for fresh in batch for row in fresh.changed])
        days.insert(self.model, self.run.connection_id, self.stream.name, [row for fresh in batch for row in fresh.new])
        if self.model is stored.Cost:
            rollups.rebuild(self.run.connection_id, [fresh.date for fresh in batch])
        else:
            self._sum_usage(batch)
        if self.tokens:
            rollups.unsettle(self.run.connection_id, [fresh.date for fresh in batch])
        for day, total in totals.items():
            self._restated(day, total)
        for fresh in batch:
            self.result.records += len(fresh.new) + len(fresh.changed)
            self.result.arrived += len(fresh.new)
            self.result.changed += len(fresh.changed)
            self.result.departed += len(fresh.gone)
        tables.count(self.result)

    def _sum_usage(self, batch: Sequence[Fresh]) -> None:
        whole: dict[date, list[Any]] = {each.date: [row[3] for row in each.new] for each in batch if each.whole}
        if whole:
            usage_sums.add(self.run.connection_id, self.stream.name, whole)
        if changed := [fresh.date for fresh in batch if not fresh.whole]:
            usage_sums.rebuild(self.run.connection_id, self.stream.name, changed)

    def _totals(self, day: date) -> dict[str, str]:
        return days.totals(self.model, self.run.connection_id, self.stream.name, day)

    def _restated(self, day: date, before: dict[str, str]) -> None:
        """A past day whose sum moved leaves a trace; one whose rows were only split differently does not."""
        after = self._totals(day)
        if days.moved(before, after):
            Change.objects.create(
                connection_id=self.run.connection_id, run=self.run, at=self.now, stream=self.stream.name,
                vendor_id=day.isoformat(), label=day.isoformat(), kind="restated", before=before, after=after,
            )  # fmt: skip

    @property
    def here(self) -> int:
        """How many rows are stored. Counting a million takes long, so the stream's own book is carried on, unless the
        run before died or broke off and left it behind."""
        if self.row.state == "complete":
            return self.row.records + self.result.arrived - self.result.departed
        return int(self._rows().count())

    def _rows(self) -> "QuerySet[Any]":
        rows: QuerySet[Any] = self.model.objects.filter(connection_id=self.run.connection_id)
        return rows.filter(stream=self.stream.name) if self.stream.sums else rows

    @property
    def remark(self) -> str:
        """What must be said of a stream that is complete: a log without an event may be off, and of days within the
        history something is lacking."""
        if not self.stream.sums:
            return "" if self._rows().exists() else SILENT
        within = {day: lacks for day, lacks in self.lacking.items() if day >= self.horizon}
        name = self.run.connection.integration
        return " ".join(lacking.said(name, "these", stretch) for stretch in lacking.stretches(within)[-MOST:])

    def cover(self, window: Window) -> bool:
        """The window has come: whether that moves the cursor, which `keep` may say once the window is stored."""
        row = self.row
        covered = (row.covered_from, row.covered_to, row.month_read, row.lacking)
        if row.covered_from is None or row.covered_to is None or row.covered_to < window.start:
            row.covered_from, row.covered_to = window.start, window.end  # no hole: what is older is read again
        row.covered_from, row.covered_to = min(row.covered_from, window.start), max(row.covered_to, window.end)
        self.read = Window(min(self.read.start, window.start), max(self.read.end, window.end)) if self.read else window
        month = _month_over(self.stream, self.now.date())
        after = (month + timedelta(days=31)).replace(day=1)
        if self.stream.sums and self.read.start <= max(month, self.horizon) and self.read.end >= after:
            row.month_read = month
        row.lacking = lacking.packed(self.lacking)
        return covered != (row.covered_from, row.covered_to, row.month_read, row.lacking)

    def in_vain(self) -> None:
        """What is lacking was asked for once more, and is not told."""
        self.row.asked_again = self.now.date()
        self.row.lacking = lacking.packed(self.lacking)

    def keep(self) -> None:
        """Stores the cursor, in the caller's transaction."""
        row = self.row
        Stream.objects.filter(pk=row.pk).update(
            covered_from=row.covered_from, covered_to=row.covered_to, month_read=row.month_read,
            lacking=row.lacking, asked_again=row.asked_again,
        )  # fmt: skip


class Batch:
    """Days of several series, and the ends of windows behind theirs, that are stored together: about PIECE rows a
    transaction. `between` is called before each. It ends with `flush`."""

    def __init__(self, run: Run, between: Callable[[], None]) -> None:
        self.run, self.between = run, between
        self.fresh: dict[Reading, list[Fresh]] = {}
        self.moved: list[Reading] = []
        self.rows = 0

    def add(self, reading: Reading, listed: Sequence[Day]) -> None:
        if not reading.stream.sums:
            reading.add(listed, self.between)
            return
        if self.fresh and not reading.came.isdisjoint(day.date for day in listed):
            self.flush()  # a day that comes once more is compared with what it brought first
        for fresh in reading.sift(listed):
            self.fresh.setdefault(reading, []).append(fresh)
            self.rows += fresh.rows
            if self.rows >= PIECE:
                self.flush()

    def close(self, reading: Reading, window: Window, *, in_vain: bool = False) -> None:
        if in_vain:
            reading.in_vain()
            self.moved.append(reading)
        elif reading.cover(window):
            self.moved.append(reading)

    def flush(self) -> None:
        if not (self.fresh or self.moved):
            return
        self.between()
        with held(self.run):
            for reading, some in self.fresh.items():
                reading.store(some)
            for reading in self.moved:
                reading.keep()
        self.fresh, self.moved, self.rows = {}, [], 0
