"""What a listing of users asks for, as SQL conditions. Only conditions: which index serves them is `listing`'s matter.

Text matches e-mail and name anywhere, from three characters on; shorter text is how either begins (one Chinese name is
two characters). Eight characters or more also match how a vendor's id begins. Any text is safe: it is only a parameter.
"""

# ruff: noqa: S608 (the SQL is made of names of our own; whatever was typed is a parameter)

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from seatwise.sdk.status import DEPARTED, STATUSES

PRESENT = tuple(status.name for status in STATUSES if status.name not in DEPARTED)
ID_FROM = 8
"""Characters from which a text is also tried as the beginning of an id: shorter ones begin everybody's (user-…)."""
SHORT = 3
"""Characters of a text that is looked for anywhere: a shorter one is looked for at the beginning alone."""
LAST = "\U0010ffff"
"""Behind everything that begins with what stands before it."""

Condition = tuple[str, list[Any]]


@dataclass(frozen=True)
class Wanted:
    """None or () is any. `connections` are primary keys; `role` '' is the role nobody named; `idle_before`,
    `used_since` and `use_unknown` ask for last activity before a time, since a time, or none known."""

    connections: tuple[int, ...] | None = None
    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    role: str | None = None
    departed: bool = False
    text: str = ""
    idle_before: datetime | None = None
    used_since: datetime | None = None
    use_unknown: bool = False

    @property
    def standing(self) -> tuple[str, ...]:
        """The statuses that can be meant: of those asked for, the present ones or the departed ones."""
        possible = DEPARTED if self.departed else PRESENT
        return tuple(name for name in possible if not self.statuses or name in self.statuses)

    @property
    def counted(self) -> bool:
        """Whether the headcount alone can tell how many there are."""
        return not (self.term or self.by_use)

    @property
    def by_use(self) -> bool:
        return bool(self.idle_before or self.used_since or self.use_unknown)

    @property
    def term(self) -> str:
        return self.typed.lower()

    @property
    def typed(self) -> str:
        return storable(self.text).strip()

    def conditions(self) -> Condition:
        """What every row must fulfil, the text aside."""
        sql = ["listed", f"departed_at IS {'NOT NULL' if self.departed else 'NULL'}"]
        values: list[Any] = []
        columns = {"connection_id": self.connections, "kind": self.kinds or None, "status": self.statuses or None}
        for column, names in columns.items():
            if names is not None:
                sql.append(f"{column} IN ({', '.join(['%s'] * len(names))})" if names else "1 = 0")
                values += names
        if self.role == "":
            sql.append("(role IS NULL OR role = '')")
        elif self.role is not None:
            sql.append("role = %s")
            values.append(self.role)
        if self.use_unknown:
            sql.append("last_active_at IS NULL")
        for bound, moment in (("<", self.idle_before), (">=", self.used_since)):
            if moment:
                sql.append(f"last_active_at {bound} %s")
                values.append(database.ops.adapt_datetimefield_value(moment))
        return " AND ".join(sql), values

    def matches(self) -> Condition:
        """The text's condition."""
        term = self.term
        if not term:
            return "1 = 1", []
        sql, values = in_texts(term)
        if self.by_id:
            sql, values = f"{sql} OR id IN (SELECT id FROM {self.whose_id_begins})", (*values, *self.ids)
        return f"({sql})", [*values]

    @property
    def short(self) -> bool:
        """Whether the text is too short to be looked for anywhere but at the beginning."""
        return len(self.term) < SHORT

    @property
    def by_id(self) -> bool:
        return len(self.typed) >= ID_FROM

    @property
    def ids(self) -> tuple[str, str]:
        """The vendor's ids that begin with the text lie between these."""
        return self.typed, self.typed + LAST

    @property
    def beginnings(self) -> tuple[str, str]:
        """Texts that begin with the text lie between these."""
        return self.term, self.term + LAST

    @property
    def everybody(self) -> str:
        """The columns an index begins with, each value named: so a range of the next column is found by it. For what
        names its connections."""
        connections = ", ".join(str(int(pk)) for pk in self.connections or ())
        return f"connection_id IN ({connections or 0}) AND kind IN ('user', 'invite', 'service_account')"

    @property
    def whose_id_begins(self) -> str:
        """FROM and condition: rows whose vendor's id lies between two values, by the unique index."""
        index = " INDEXED BY user_once" if database.vendor == "sqlite" else ""
        return f"store_user{index} WHERE {self.everybody} AND {begins('vendor_id')}"

    def means(self, connection_id: int, kind: str, status: str, role: str) -> bool:
        """Whether users of this group are meant, the text aside."""
        return (
            (self.connections is None or connection_id in self.connections)
            and (not self.kinds or kind in self.kinds)
            and status in self.standing
            and self.role in (None, role)
        )


def in_texts(term: str) -> tuple[str, tuple[str, ...]]:
    """That the e-mail or the name holds a text, or begins with a short one."""
    if len(term) < SHORT:
        return f"{begins('email_key')} OR {begins('name_key')}", (term, term + LAST) * 2
    if database.vendor == "sqlite":
        return "instr(email_key, %s) > 0 OR instr(name_key, %s) > 0", (term, term)
    pattern = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return "email_key LIKE %s OR name_key LIKE %s", (pattern, pattern)


def storable(text: str) -> str:
    """A text as both databases can hold it: U+FFFD for a lone surrogate and for NUL."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def begins(column: str) -> str:
    return f"{column} >= %s AND {column} < %s"
