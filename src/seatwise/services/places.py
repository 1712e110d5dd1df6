"""Rows by where they stand: in which connection, under which id of the vendor's."""

from typing import Any

from django.db.models import Q

from seatwise.store.models import Key, User

Place = tuple[int, str]
"""Connection and vendor's id."""
KINDS: dict[Any, tuple[str, ...]] = {User: ("user", "invite", "service_account"), Key: ("project", "admin")}
"""Of tables whose unique index has a kind between connection and id: every kind is named, so that it serves."""


def rows_by_place(model: Any, places: set[Place]) -> dict[Place, Any]:
    """What is known of these places, in one query; what is not is left out."""
    ids: dict[int, list[str]] = {}
    for connection_id, vendor_id in places:
        ids.setdefault(connection_id, []).append(vendor_id)
    if not ids:
        return {}
    kinds = {"kind__in": KINDS[model]} if model in KINDS else {}
    wanted = Q()
    for connection_id, some in ids.items():
        wanted |= Q(connection_id=connection_id, vendor_id__in=some, **kinds)
    return {(row.connection_id, row.vendor_id): row for row in model.objects.filter(wanted).order_by("pk")}
