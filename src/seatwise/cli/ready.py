"""Django, set up inside a command: settings read, tables brought up to date, and who acts."""

import atexit
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from .stop import CHECK, Stop

if TYPE_CHECKING:
    from seatwise.services.rights import Actor

GARBAGE = 50_000
"""Objects made before garbage is looked for: Python's own 700 takes a thirtieth of a sync."""
BEHIND_PAGES = 5
"""Niceness of what syncs: beside a busy server it gets a quarter of a processor."""


def ready(*, migrated: bool = True, pages: bool = True) -> "Actor":
    """Sets Django up, once; with `migrated`, brings the tables up to date first. Without `pages`, what only the web
    application needs is left out. Answers who acts on the command line. Raises Stop where the settings are wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "seatwise.settings")
    gc.disable()  # what is loaded here stays: looking for garbage in it takes an eighth of the start
    import django
    from django.apps import apps
    from django.conf import settings

    try:
        if not pages and not apps.ready:
            settings.INSTALLED_APPS = ["seatwise.store"]
        django.setup()
    except (ValueError, OSError) as error:  # our own settings say what is wrong with a variable or the directory
        raise Stop(str(error), hints=[] if not migrated else [CHECK]) from None
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()
        atexit.register(gc.freeze)  # nor is there any use in it at the end
    if migrated:
        migrate()
    from seatwise.services.rights import command_line

    return command_line()


def give_way() -> None:
    """A sync takes what processor time is left over: pages served on the same machine go first."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), BEHIND_PAGES))


def migrate() -> None:
    """Applies the migrations that are missing. Two processes at once wait for each other."""
    if not _behind():
        return
    with _alone():
        if _behind():
            from django.core.management import call_command

            call_command("migrate", verbosity=0, interactive=False)


def _behind() -> bool:
    from django.apps import apps
    from django.db import DatabaseError, connection

    there = {
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in iter_modules([os.path.join(app.path, "migrations")])
        if module.name[0] not in "_~"
    }
    with suppress(DatabaseError), connection.cursor() as cursor:  # a new database has no such table
        cursor.execute("SELECT app, name FROM django_migrations")
        if there <= set(cursor.fetchall()):
            return False  # seen by their names, without loading one of them
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextmanager
def _alone() -> Iterator[None]:
    """A lock held for as long as this process migrates; it goes with the process."""
    from django.conf import settings
    from django.db import connection

    if connection.vendor == "postgresql":  # several machines share one database
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('seatwise migrate'))")
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('seatwise migrate'))")
        return
    import fcntl

    with open(settings.DATA_DIR / "migrate.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
