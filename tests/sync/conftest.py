"""What most tests of syncs begin with."""

import pytest


@pytest.fixture
def connection(acme, connect, sync):
    """Acme, connected and synced once."""
    connection = connect(acme)
    assert sync(connection).state == "complete"
    return connection
