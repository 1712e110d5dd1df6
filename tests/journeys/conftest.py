"""What journeys need otherwise than other tests do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections


@pytest.fixture
def sync(sync: Callable[..., Any]) -> Callable[..., Any]:
    """A whole sync, in a thread of its own: the browser keeps the event loop of this one."""

    def aside(*args: Any, **kwargs: Any) -> Any:
        try:
            return sync(*args, **kwargs)
        finally:
            connections.close_all()

    def synced(*args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(aside, *args, **kwargs).result()

    return synced
