"""How consumption changes after the fact, and what it sums to: the truth that usage and costs are measured against."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .people import draw
from .policies import Policies
from .rows import Row
from .spend import Worker
from .spend.cast import lines_of
from .spend.workers import DAY, Entry


class Spending(Policies):
    def refuse_grouping(self, kind: str, *fields: str) -> None:
        """From now on requests of `kind` (a family of usage, `costs`, `*`) that group by all these fields get 400."""
        self.refused_groupings.append((kind, frozenset(fields)))

    def restate_day(self, day: int, factor: str | float | Decimal, *, project_id: str | None = None) -> None:
        """Multiply a past day's usage and costs (of one project), up or down; 0 makes its rows vanish. `day` is any
        moment of the UTC day."""
        self.ledger.restate(day, factor, project_id)

    def add_usage(
        self,
        day: int,
        family: str = "completions",
        *,
        project_id: str | None = None,
        user_id: str | None = None,
        api_key_id: str | None = None,
        model: str | None = "gpt-4o-mini-2024-07-18",
        requests: int = 10,
        figures: tuple[int, ...] | None = None,
        **fields: Any,
    ) -> None:
        """Usage that becomes known now, for the UTC day of the moment `day`: late for a past day. `figures` are input
        that was not cached, cached input and output for completions, else the family's one figure. `fields` are those
        of a worker, such as `batch` or `size`."""
        worker = Worker(
            draw(self.id, "added", day, family, project_id, user_id, api_key_id, model),
            family,
            lines_of(family, model, **fields),
            project_id=project_id,
            user_id=user_id,
            api_key_id=api_key_id,
            model=model,
            **fields,
        )
        if figures is None:
            figures = (requests * 900, requests * 300, requests * 200) if family == "completions" else (requests * 50,)
        if len(figures) != len(worker.lines):
            raise ValueError(f"{family} has {len(worker.lines)} figures, not {len(figures)}")
        begins_at = day - day % DAY
        minute = max(1, (self.now - begins_at) // 60) if self.now < begins_at + DAY else 1
        self.ledger.add(Entry(worker, begins_at, requests, figures, minute - 1, minute))

    def use_key(self, key_id: str, *, at: int | None = None, **usage: Any) -> Row:
        """A key is used at `at` (now): it and its owner show when, and a project's key leaves usage, as `add_usage`.
        The key's row."""
        at = self.now if at is None else at
        if key_id in self.admin_keys:
            return self.admin_keys.update(key_id, {"last_used_at": at})
        project_id = self._key_project[key_id]
        row = self._saw_use(key_id, at)
        user_id = (row["owner"].get("user") or {}).get("id")
        self.add_usage(at, project_id=project_id, user_id=user_id, api_key_id=key_id, **usage)
        return row

    def advance(self, seconds: int) -> None:
        """Let time pass: `now` moves, and the keys in use were used meanwhile."""
        self.now += seconds
        for worker in self.ledger.workers:
            if worker.api_key_id is not None and worker.api_key_id in self._key_project:
                at = worker.last_activity(self.now)
                if at is not None:
                    self._saw_use(worker.api_key_id, at)

    def _saw_use(self, key_id: str, at: int) -> Row:
        """Times of use never go back."""
        table = self.api_keys[self._key_project[key_id]]
        row = table[key_id]
        if (row["last_used_at"] or 0) < at:
            row = table.update(key_id, {"last_used_at": at})
        user_id = (row["owner"].get("user") or {}).get("id", "")
        if user_id in self.users:
            user = self.users[user_id]
            if "api_key_last_used_at" in user and (user["api_key_last_used_at"] or 0) < at:
                self.users.update(user_id, {"api_key_last_used_at": at})
        return row

    # -- what it sums to ---------------------------------------------------------------------------------------------

    def spent(self, start: int, end: int, by: Iterable[str] = ()) -> dict[tuple[str | None, ...], Decimal]:
        """Dollars of [start, end), exact, as known now, by fields such as `project_id`, `line_item`, `user_id`,
        `api_key_id`; without any, under the empty tuple."""
        sums: dict[tuple[str | None, ...], int] = {}
        fields = tuple(by)
        for day in range(start - start % DAY, end, DAY):
            renamed = self.ledger.renamed(day)
            for worker, _, figures in self.ledger.billed(max(start, day), min(end, day + DAY), self.now):
                for line, figure in zip(worker.lines, figures, strict=True):
                    text = line.renamed if renamed else line.text
                    key = tuple(text if field == "line_item" else getattr(worker, field) for field in fields)
                    sums[key] = sums.get(key, 0) + figure * line.price
        return {key: Decimal(amount).scaleb(-12) for key, amount in sums.items()}

    def used(self, family: str, start: int, end: int, by: Iterable[str] = ()) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Requests and then the family's figures of [start, end), as known now, by fields as for `spent`."""
        sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
        fields = tuple(by)
        for worker, requests, figures in self.ledger.parts(start, end, self.now, family):
            key, told = tuple(getattr(worker, field) for field in fields), (requests, *figures)
            sums[key] = tuple(map(sum, zip(sums.get(key, (0,) * len(told)), told, strict=True)))
        return sums
