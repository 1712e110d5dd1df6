"""The keys that seal the credentials of vendors and channels."""

from django.conf import settings
from django.db import transaction

from seatwise.store.keys import add_key, drop_old_keys, from_environment
from seatwise.store.models import Channel, Connection
from seatwise.store.secrets import SecretUnreadable, reseal

from .audit import operation
from .errors import Refusal
from .rights import Actor, Permission


def rotate_secrets(operator: Actor) -> int:
    """Seals all credentials anew with the newest key, making one unless the environment gives the keys; how many.
    Raises Refusal where one cannot be opened, and then every credential is sealed as before."""
    with operation(operator, Permission.MANAGE_SECRETS, "rotate_secrets") as entry:
        if not from_environment():
            add_key(settings.DATA_DIR)
        with transaction.atomic():
            connections = list(Connection.objects.select_for_update().exclude(sealed=""))
            channels = list(Channel.objects.select_for_update().exclude(sealed=""))
            try:
                rows: tuple[Connection | Channel, ...] = (*connections, *channels)
                for row in rows:
                    if reseal(row):
                        row.save(update_fields=["sealed"])
            except SecretUnreadable as error:
                raise Refusal(f"Nothing was sealed anew. {error}") from None
        entry.detail |= {"connections": len(connections), "channels": len(channels)}
    if not from_environment():
        drop_old_keys(settings.DATA_DIR)  # only now: the new seals are committed
    return len(connections) + len(channels)
