"""What is read for one project or one user because an operator asks, and stored with the time it was read.

The credentials are open for that call only. Each part is replaced whole or left as it was: a part that is refused or
breaks off takes nothing away. These rows are of kinds that no listing touches, so a sync under way is no rival.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from seatwise.connectors.catalog import connectors
from seatwise.sdk.connector import Connector
from seatwise.sdk.errors import BadCredentials, MissingPermission, NotFound, Unavailable, VendorError
from seatwise.sdk.lookups import Lookup, Part
from seatwise.sdk.records import ProjectLimit, Record, UserRole
from seatwise.store.models import Connection, GroupMember, LookedUp, ProjectMember, RoleAssignment
from seatwise.store.secrets import opened

from . import tables
from .probing import base_url
from .tables import TABLES

SECONDS = 60
"""How long an operator waits at the most; what came by then is stored."""
MOST_PROJECTS = 100
"""Of one person, each a request: whoever is in more is read as far as this."""
LATE = "The vendor did not answer within a minute. Try again."

Question = tuple[Part, str | None]
Answers = dict[tuple[str, str | None], list[Record] | VendorError]


class NothingMore(Exception):
    """The vendor tells nothing of this kind on demand."""


def look_up(connection: Connection, of: str, vendor_id: str) -> LookedUp:
    """Reads all parts about this project or user, and stores them. Raises BadCredentials, SecretUnreadable, whatever
    kept every part from being read, and NothingMore where the vendor tells nothing of the kind."""
    connector = connectors()[connection.integration]
    lookup = connector.lookup(of)
    if lookup is None:
        raise NothingMore(of)
    projects = projects_of(connection, vendor_id) if any(part.per_project for part in lookup.parts) else []
    asked: list[Question] = []
    for part in lookup.parts:
        asked += [(part, project) for project in projects[:MOST_PROJECTS]] if part.per_project else [(part, None)]
    with opened(connection) as credentials:
        answers = asyncio.run(_ask(connector, credentials, vendor_id, asked))
    _doubt(answers)
    errors = [answer for answer in answers.values() if isinstance(answer, VendorError)]
    for error in errors:
        if isinstance(error, BadCredentials):
            raise error
    if len(errors) == len(answers) and not any(isinstance(error, MissingPermission) for error in errors):
        raise errors[0] if errors else Unavailable(LATE)  # nothing came: what was read before stays as it is
    return _keep(connection, lookup, vendor_id, answers, projects)


def projects_of(connection: Connection, user_id: str) -> list[str]:
    """The projects a user is in: as a member, or through a group."""
    here = {"connection": connection, "departed_at": None}
    groups = GroupMember.objects.filter(**here, user_id=user_id).values("group_id")
    through = RoleAssignment.objects.filter(**here, kind="project_group", group_id__in=groups)
    members = ProjectMember.objects.filter(**here, user_id=user_id)
    found = {*members.values_list("project_id", flat=True), *through.values_list("project_id", flat=True)}
    return sorted(project for project in found if project)


async def _ask(
    connector: Connector, credentials: Mapping[str, str], vendor_id: str, asked: Sequence[Question]
) -> Answers:
    """All answers that came in time. What went wrong with one question stands in its place."""
    answers: Answers = {}

    async def one(client: Any, part: Part, project: str | None) -> None:
        try:
            answers[part.name, project] = await part.read(client, vendor_id, project)
        except VendorError as error:
            answers[part.name, project] = error

    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS), connector.open(credentials, base_url(connector)) as client:
            await asyncio.gather(*(one(client, part, project) for part, project in asked))
    return answers


def _doubt(answers: Answers) -> None:
    """Where one part says that what was asked about is not there, nothing in another means nothing."""
    missing = {project: answer for (_, project), answer in answers.items() if isinstance(answer, NotFound)}
    for (name, project), answer in answers.items():
        if not answer and project in missing:
            answers[name, project] = missing[project]


@transaction.atomic
def _keep(
    connection: Connection, lookup: Lookup, vendor_id: str, answers: Answers, projects: Sequence[str]
) -> LookedUp:
    now = datetime.now(UTC)
    row, _ = LookedUp.objects.get_or_create(
        connection=connection, of=lookup.of, vendor_id=vendor_id, defaults={"read_at": now}
    )
    row = LookedUp.objects.select_for_update().get(pk=row.pk)
    parts = dict(row.parts)
    for part in lookup.parts:
        own = {project: answer for (name, project), answer in answers.items() if name == part.name}
        _replace(connection, part, vendor_id, own, now)
        if part.per_project and (own or not projects):  # roles in a project the user has left are of yesterday
            rest = TABLES[part.record].present(connection.pk).filter(user_id=vendor_id, project_id__isnull=False)
            rest.exclude(project_id__in=projects).delete()
        before = parts.get(part.name, {})
        asked = min(len(projects), MOST_PROJECTS) if part.per_project else 1
        problem = _problem(part, own, asked)
        parts[part.name] = {"read_at": before.get("read_at") if problem else now.isoformat(), **problem}
        if part.per_project and not problem and asked < len(projects):
            said = f"Read for {asked} of {len(projects)} projects: more are not asked for at once."
            parts[part.name] |= {"message": said, "detail": "", "permission": ""}
    row.read_at, row.parts = now, parts
    row.save()
    return row


def _replace(
    connection: Connection,
    part: Part,
    vendor_id: str,
    answers: Mapping[str | None, list[Record] | VendorError],
    now: datetime,
) -> None:
    """Puts the rows of each answer in the place of those it had before."""
    table = TABLES[part.record]
    for project, answer in answers.items():
        if isinstance(answer, VendorError):
            continue
        if part.record is UserRole:
            which = Q(user_id=vendor_id, project_id=project)
        else:
            which = Q(project_id=vendor_id) & (Q(what=part.name) if part.record is ProjectLimit else Q())
        table.present(connection.pk).filter(which).delete()
        if answer:
            records, hashes = tables.digested([*{record.id: record for record in answer}.values()])
            rows = tables.values(table, records)
            tables.insert(table, connection.pk, now, [*zip(records, hashes, strict=True)], rows)


def _problem(part: Part, answers: Mapping[str | None, list[Record] | VendorError], asked: int) -> dict[str, str]:
    """What went wrong with a part, for the operator; empty where nothing did."""
    errors = [answer for answer in answers.values() if isinstance(answer, VendorError)]
    if not errors and len(answers) < asked:
        return {"message": LATE, "detail": "", "permission": ""}
    if not errors:
        return {}
    worst = errors[0]
    some = f"{len(errors)} of {asked} projects could not be read. " if part.per_project and asked > 1 else ""
    return {
        "message": some + worst.message,
        "detail": worst.detail,
        "permission": getattr(worst, "permission", ""),
    }
