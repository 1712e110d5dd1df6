"""What the address of the users list says: search, filters and order. Page and file read it here, so they agree."""

from typing import Any, NamedTuple

from django.http import QueryDict

from seatwise.sdk.status import DEPARTED
from seatwise.web import addresses

KINDS = {"user": "People", "invite": "Invited people", "service_account": "Service accounts"}
SORTS = ("email", "name", "role", "status", "joined_at", "last_active_at", "month_spend")
USED = {"lately": "In the last 30 days", "longer_ago": "Longer ago", "unknown": "No use known"}
PRESENT = ("active", "invited", "invite_expired", "disabled", "banned", "unknown")
"""The statuses of who is present, the usual ones first; the others are of who left."""


class Filters(NamedTuple):
    """The names are those of the services' arguments. A word the address does not know is left out."""

    search: str = ""
    connection: str = ""
    role: str = ""
    kind: str = ""
    used: str = ""
    status: tuple[str, ...] = ()
    departed: bool = False
    sort: str = "email"

    @classmethod
    def read(cls, query: QueryDict) -> "Filters":
        departed = query.get("departed") == "yes"
        asked = query.getlist("status")
        return cls(
            search=addresses.text(query, "search"),
            connection=addresses.text(query, "connection"),
            role=addresses.text(query, "role"),
            kind=addresses.one_of(query, "kind", KINDS),
            used=addresses.one_of(query, "used", USED),
            status=tuple(name for name in (DEPARTED if departed else PRESENT) if name in asked),
            departed=departed,
            sort=addresses.one_of(query, "sort", [*SORTS, *(f"-{name}" for name in SORTS)], "email"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """As the services take them."""
        return self._asdict()

    @property
    def counted(self) -> dict[str, Any]:
        """As the services count by status: the same without an order."""
        return {name: value for name, value in self._asdict().items() if name != "sort"}

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order and the departed switch holds users back."""
        return bool(self.search or self.connection or self.role or self.kind or self.used or self.status)

    @property
    def user_order(self) -> str:
        """`aria-sort` of the column that shows name and e-mail."""
        if self.sort.removeprefix("-") not in ("name", "email"):
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    @property
    def address(self) -> str:
        return addresses.short(self._asdict(), self._field_defaults)
