"""One reading of one series: whole days are replaced, up or down, and the cursor says how far all runs have read.

The cursor is the stretch of days `covered_from` to `covered_to` on the stream's row, without a hole. It moves after the
rows of its window are stored, under the same lease, so no crash can claim more than is there.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from seatwise.sdk.records import Cost, Usage
from seatwise.sdk.streams import Day, Series, Window
from seatwise.store import models as stored
from seatwise.store.models import Change, Run, RunStream, Stream

from . import days, rollups
from .lease import held

ONE = timedelta(days=1)


def plan(series: Series, row: Stream, today: date) -> list[Window]:
    """What to read, in this order: first what can still change and what is new, then the past, newest first."""
    end, horizon = today + ONE, today - series.history
    if row.covered_from is None or row.covered_to is None:
        newest = Window(max(horizon, end - series.step), end)
        return [newest, *_backwards(newest.start, horizon, series.step)]
    begin = min(row.covered_to, end) - ONE - series.restated
    if row.month_read != _month_before(today):  # the bill of a month is final only after its end
        begin = min(begin, _month_before(today))
    begin = max(begin, row.covered_from)
    return [*_forwards(begin, end, series.step), *_backwards(row.covered_from, horizon, series.step)]


def _forwards(begin: date, end: date, step: timedelta) -> Iterator[Window]:
    while begin < end:
        yield Window(begin, min(begin + step, end))
        begin += step


def _backwards(end: date, horizon: date, step: timedelta) -> Iterator[Window]:
    while end > horizon:
        yield Window(max(end - step, horizon), end)
        end -= step


def _month_before(day: date) -> date:
    return (day.replace(day=1) - ONE).replace(day=1)


class Reading:
    """`result` is the run's line for this stream."""

    def __init__(self, run: Run, stream: Series, result: RunStream, row: Stream, *, now: datetime) -> None:
        self.run, self.stream, self.result, self.row, self.now = run, stream, result, row, now
        self.baseline = row.covered_from is None
        self.model: Any = {Usage: stored.Usage, Cost: stored.Cost}[stream.record]
        self.tokens = "input_tokens" in stream.fields
        self.windows = plan(stream, row, now.date())

    def write(self, listed: Sequence[Day]) -> None:
        """Replaces these days, each in a transaction of its own."""
        for day in listed:
            with held(self.run):
                self._replace(day)
                self.result.save()

    def _replace(self, day: Day) -> None:
        before = days.rows_of(self.model, self.run.connection_id, self.stream.name, day.date)
        fresh = {days.slot(record.id): record for record in day.records}
        arrived = {slot: record for slot, record in fresh.items() if slot not in before}
        changed = {s: r for s, r in fresh.items() if s in before and before[s][1] != days.digest(r)}
        gone = [pk for slot, (pk, _) in before.items() if slot not in fresh]
        trace = bool(before and (arrived or changed or gone) and day.date < self.now.date() and not self.baseline)
        total = self._total(day.date) if trace else {}
        days.delete(self.model, gone)
        days.update(self.model, [(before[slot][0], record) for slot, record in changed.items()])
        days.insert(self.model, self.run.connection_id, self.stream.name, day.date, arrived)
        if arrived or changed or gone:
            if self.model is stored.Cost:
                rollups.rebuild(self.run.connection_id, day.date)
            elif self.tokens:
                rollups.unsettle(self.run.connection_id, day.date)
        if trace:
            self._restated(day.date, total)
        self.result.records += len(fresh)
        self.result.arrived += len(arrived)
        self.result.changed += len(changed)
        self.result.departed += len(gone)
        self.result.unchanged += len(fresh) - len(arrived) - len(changed)

    def _total(self, day: date) -> dict[str, str]:
        return days.totals(self.model, self.run.connection_id, self.stream.name, day)

    def _restated(self, day: date, before: dict[str, str]) -> None:
        """A past day whose sum moved leaves a trace; one whose rows were only split differently does not."""
        after = self._total(day)
        if after != before:
            Change.objects.create(
                connection_id=self.run.connection_id, run=self.run, at=self.now, stream=self.stream.name,
                vendor_id=day.isoformat(), label=day.isoformat(), kind="restated", before=before, after=after,
            )  # fmt: skip

    def count(self) -> int:
        """How many rows are stored, as the stream's own book keeps it: counting a million takes too long."""
        return max(0, self.row.records + self.result.arrived - self.result.departed)

    def close(self, window: Window) -> None:
        """The window is stored: now the cursor may say so."""
        row = self.row
        row.covered_from = min(row.covered_from or window.start, window.start)
        row.covered_to = max(row.covered_to or window.end, window.end)
        month = _month_before(self.now.date())
        if window.end > self.now.date() and row.covered_from <= month:
            row.month_read = month
        with held(self.run):
            Stream.objects.filter(pk=row.pk).update(
                covered_from=row.covered_from, covered_to=row.covered_to, month_read=row.month_read
            )
