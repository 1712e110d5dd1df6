"""When a connection syncs next."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatwise.store.models import Connection
from seatwise.sync import schedule


@settings(deadline=None)
@given(minutes=st.integers(1, 7 * 24 * 60), seed=st.integers())
def test_the_next_sync_comes_within_a_tenth_of_the_interval_and_never_at_the_same_time_for_all(minutes, seed):
    random.seed(seed)
    every = timedelta(minutes=minutes)
    planned = [schedule.interval(minutes) for _ in range(20)]
    early, late = every * (1 - schedule.JITTER), every * (1 + schedule.JITTER)
    moment = timedelta(microseconds=1)  # rounded
    assert all(early - moment <= each <= late + moment for each in planned)
    assert len(set(planned)) > 10


@pytest.mark.django_db
def test_connections_planned_together_do_not_come_together():
    for n in range(8):
        fields = {"name": f"C{n}", "integration": "openai", "organization_id": f"org-{n}", "next_sync_at": None}
        schedule.plan(Connection.objects.create(**fields).pk)
    assert len(set(Connection.objects.values_list("next_sync_at", flat=True))) == 8
