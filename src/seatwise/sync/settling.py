"""What a run works out from what it has listed and read, for the figures that no row of the vendor's holds: whose costs
are whose, when a key and a user were last seen, whether an owner still stands. What needs no users goes in short steps
while their list, the longest, goes on; the rest at its end. All of it starts anew where a run broke off.
"""

from collections.abc import Iterator, Mapping

from django.db import DatabaseError

from seatwise.sdk.records import User
from seatwise.store import roster
from seatwise.store.models import Run

from . import activity, evidence, key_facts, lease, rollups
from .series import Reading
from .snapshot import Listing

MANY = 1000
"""Rows of a stream from which on a database without statistics of them, or with old ones, joins badly."""


class Settling:
    """`torn`: the run before did not come to its end, so that what each run leaves settled may not be. The listings and
    readings are those of the run, as they come."""

    def __init__(self, run: Run, listings: Mapping[str, Listing], readings: Mapping[str, Reading]) -> None:
        self.run, self.listings, self.readings = run, listings, readings
        before = Run.objects.filter(connection_id=run.connection_id, pk__lt=run.pk).order_by("-pk").first()
        self.torn = before is None or bool(before.error)
        self._steps = self._without_users()
        self._moved: set[str] = set()
        """Persons whose spend of this month may have moved."""

    def some(self) -> None:
        """One step; call it while nothing but users is still to come."""
        try:
            next(self._steps, None)
        except (lease.LeaseLost, lease.Stopped, DatabaseError):
            raise
        except Exception as bug:  # noqa: BLE001 (a mistake of our own: told once the users are listed)
            self._steps = _broken(bug)

    def rest(self) -> None:
        """Everything else, once all streams have ended."""
        grown = [listing.table.name for listing in self.listings.values() if listing.result.arrived > MANY]
        first = [listing.table.name for listing in self.listings.values() if listing.baseline]
        first += [reading.model._meta.db_table for reading in self.readings.values() if reading.baseline]
        came: list[Listing | Reading] = [*self.listings.values(), *self.readings.values()]
        if max((each.result.records for each in came), default=0) > MANY and (first or grown):
            roster.gather_statistics(*{*first, *grown})
        for _ in self._steps:
            pass
        users = [listing.result for listing in self.listings.values() if listing.stream.record is User]
        rollups.place(self.run, self._moved, arrived=any(result.arrived for result in users), torn=self.torn)
        key_facts.settle_owners(self.run, self.listings.values())
        evidence.settle(self.run)
        activity.settle(self.run)
        if any(result.state == "complete" for result in users):
            activity.count_licenses(self.run)

    def _without_users(self) -> Iterator[None]:
        for moved in rollups.settle(self.run):
            self._moved |= moved
            yield
        yield from key_facts.settle_use(self.run, [*self.listings.values(), *self.readings.values()], torn=self.torn)


def _broken(bug: Exception) -> Iterator[None]:
    yield
    raise bug
