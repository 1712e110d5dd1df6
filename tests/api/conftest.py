"""Scripts' ways in."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from seatwise.services.links import accept_link
from seatwise.services.operators import invite_operator
from seatwise.services.rights import SYSTEM, actor_of
from seatwise.services.tokens import create_token


@pytest.fixture(autouse=True)
def nothing_asked_yet() -> None:
    """How often somebody asked is counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def caller(db: None) -> Callable[[str], Client]:
    """A client whose requests carry a token of that role."""

    def caller(role: str) -> Client:
        link = invite_operator(SYSTEM, email=f"{role}@example.com", role=role)
        operator = accept_link(link, password="correct horse battery")
        text, _ = create_token(actor_of(operator), name=f"{role}'s script", days=1, role=role)
        return Client(headers={"authorization": f"Bearer {text}"})

    return caller
