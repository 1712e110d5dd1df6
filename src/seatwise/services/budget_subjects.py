"""What a budget can be for, found by the vendor's id or by the name people know it by, and suggested while typing."""

from django.db.models import Max, Q

from seatwise.store.models import Connection, Key, Project, SpendMonth, User

from .budget_figures import DIMENSIONS
from .errors import Refusal
from .rights import Actor, Permission, require
from .spend_names import names_of

ASKED = {
    "project": "Which project? Write its name or its ID.",
    "person": "Which person? Write their e-mail or their ID.",
    "key": "Which key? Write its name or its ID.",
    "model": "Which model? Write it as in the list of costs.",
}
SUGGESTED = 200


def subject_of(scope: str, connection: Connection, said: str) -> tuple[str, str]:
    """The vendor's id, and what it is called. Raises Refusal where none or several are meant."""
    if scope == "connection":
        return "", connection.name
    if not said:
        raise Refusal(ASKED[scope], fields={"subject": ASKED[scope]})
    found = _found(scope, connection, said)
    if len(found) == 1:
        return found[0]
    if not found:
        why = f"{connection.name} has none called {said}, and none with that ID."
    else:
        why = f"{connection.name} has {len(found)} called {said}. Write the ID of the one you mean."
    raise Refusal(why, fields={"subject": why})


def suggest_subjects(operator: Actor) -> list[tuple[str, str]]:
    """What cost most lately, of all connections: what to write, and what it is."""
    require(operator, Permission.SEE_SPEND)
    rows = SpendMonth.objects.filter(dimension__in=("project", "person", "api_key", "model")).exclude(key="")
    newest = rows.aggregate(month=Max("month"))["month"]
    rows = rows.filter(month=newest).order_by("-amount", "pk").select_related("connection")[:SUGGESTED]
    suggested = []
    scopes = {dimension: scope for scope, dimension in DIMENSIONS.items()}
    for row in rows:
        named = names_of(row.dimension, {row.connection_id: [row.key]}).get((row.connection_id, row.key))
        name = (named.name if named else None) or row.key
        suggested.append((row.key, f"{scopes[row.dimension].capitalize()} {name}, {row.connection.name}"))
    return suggested


def _found(scope: str, connection: Connection, said: str) -> list[tuple[str, str]]:
    """By id first, which is nobody else's; then by name, of those who are present."""
    if scope == "model":
        known = SpendMonth.objects.filter(connection=connection, dimension="model", key__iexact=said)
        return [(key, key) for key in sorted(set(known.values_list("key", flat=True)))][:1] or [(said, said)]
    rows, names = {
        "project": (Project.objects.filter(connection=connection), ("name",)),
        "person": (User.objects.filter(connection=connection, kind__in=("user", "service_account")), ("email", "name")),
        "key": (Key.objects.filter(connection=connection), ("name", "redacted_value")),
    }[scope]
    columns = ("vendor_id", *names)
    if exact := rows.filter(vendor_id=said).values_list(*columns)[:1]:
        return [_named(row) for row in exact]
    dimension = DIMENSIONS[scope]
    if SpendMonth.objects.filter(connection=connection, dimension=dimension, key=said).exists():
        named = names_of(dimension, {connection.pk: [said]}).get((connection.pk, said))
        return [(said, (named.name if named else None) or said)]  # gone, or a machine's account: it spent all the same
    called = Q()
    for name in names:
        called |= Q(**{f"{name}__iexact": said})
    return [_named(row) for row in rows.filter(called, departed_at=None).values_list(*columns)[:20]]


def _named(row: tuple[str, ...]) -> tuple[str, str]:
    return row[0], next((each for each in row[1:] if each), row[0])
