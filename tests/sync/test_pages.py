"""A page that came before is not read again, and never believed where its rows are not here."""

import pytest
from django.utils import timezone

from fixtures.vendor import stored, truth
from seatwise.connectors.openai import client, streams
from seatwise.connectors.openai.sandbox import Fault
from seatwise.store.models import ListedPage, ProjectMember, User

pytestmark = [pytest.mark.directory, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def read(monkeypatch):
    """The ids of users and members that were read, in order; the reading itself is the product's."""
    seen = []
    for name in ("user", "member"):
        convert = getattr(streams, name)

        def spied(row, *more, convert=convert):
            seen.append(row.id)
            return convert(row, *more)

        monkeypatch.setattr(streams, name, spied)
    return seen


def test_an_unchanged_page_is_not_even_read(acme, connect, sync, read):
    connection = connect(acme)
    first = sync(connection)
    assert len(read) == sum(first.streams.get(name=name).records for name in ("users", "project_members"))
    read.clear()
    run = sync(connection)
    assert not read
    for result in run.streams.all():
        assert (result.state, result.unchanged) == ("complete", first.streams.get(name=result.name).records)
    assert stored(connection) == truth(acme)


def test_of_a_changed_row_its_page_alone_is_read(acme, connect, sync, read):
    connection = connect(acme)
    sync(connection)
    key = [*acme.truth().users][-1]
    acme.update_user(key, name="Somebody Else")
    read.clear()
    run = sync(connection)
    assert run.streams.get(name="users").changed == 1
    assert key in read
    assert len(read) < len(acme.users)
    assert stored(connection) == truth(acme)
    read.clear()
    sync(connection)
    assert not read


def test_what_a_page_said_is_not_believed_where_its_rows_are_not_here(acme, connection, sync):
    User.objects.filter(pk=User.objects.filter(kind="user").first().pk).update(departed_at=timezone.now())
    ProjectMember.objects.first().delete()
    assert stored(connection) != truth(acme)
    run = sync(connection)
    assert (run.streams.get(name="users").returned, run.streams.get(name="project_members").arrived) == (1, 1)
    assert stored(connection) == truth(acme)


def test_projects_whose_members_look_alike_are_not_taken_for_each_other(acme, connect, sync):
    user = acme.add_user(email="both@example.com", name="Both", role="reader")["id"]
    one, other = (acme.add_project(name)["id"] for name in ("One", "Other"))
    for project in one, other:
        acme.add_member(project, user)
    assert acme.members[one][user] == acme.members[other][user]
    connection = connect(acme)
    sync(connection)
    acme.remove_member(other, user)
    sync(connection)
    here = ProjectMember.objects.filter(connection=connection, departed_at=None, user_id=user)
    assert list(here.values_list("project_id", flat=True)) == [one]
    assert stored(connection) == truth(acme)


def test_a_listing_that_breaks_off_leaves_the_pages_of_the_complete_one(acme, connection, sync, vendor):
    def pages():
        return {bytes(page.digest) for page in ListedPage.objects.filter(stream="users")}

    complete = pages()
    assert len(complete) == 2
    acme.update_user(next(iter(acme.truth().users)), name="Changed")
    vendor.faults.add(Fault("missing_cursor", "/organization/users"))
    assert sync(connection).state == "partial"
    assert pages() == complete
    assert sync(connection).state == "complete"
    assert len(pages()) == 2 != len(pages() & complete)
    assert stored(connection) == truth(acme)


def test_another_release_reads_every_page_again(acme, connection, sync, read, monkeypatch):
    monkeypatch.setattr(client, "__version__", "0.0.0")
    run = sync(connection)
    assert len(read) == sum(run.streams.get(name=name).unchanged for name in ("users", "project_members"))
