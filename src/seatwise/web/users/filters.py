"""What the address of the users list says: search, filters and order. Page and file read it here, so they agree."""

from dataclasses import dataclass

from django.http import QueryDict

from seatwise.sdk.status import DEPARTED
from seatwise.web import addresses

KINDS = {"user": "People", "invite": "Invited people", "service_account": "Service accounts"}
SORTS = ("email", "name", "role", "status", "joined_at", "last_active_at", "month_spend")
USED = {"lately": "Last 30 days", "longer_ago": "Longer ago", "unknown": "No use known"}
PRESENT = ("active", "invited", "invite_expired", "disabled", "banned", "unknown")
"""The statuses of who is present, the usual ones first; the others are of who left."""


@dataclass(frozen=True)
class Filters(addresses.Filters):
    """The names are those of the services' arguments. A word the address does not know is left out."""

    APART = ("departed", "sort")
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
            sort=addresses.sort(query, SORTS, "email"),
        )

    @property
    def user_order(self) -> str:
        """`aria-sort` of the column that shows name and e-mail."""
        if self.sort.removeprefix("-") not in ("name", "email"):
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"
