"""How many past days are read again with every sync: the setting says it, and what is shown follows."""

import pytest

from ledger import asked, date_of, midnight
from seatwise.services.coverage import coverage_of
from seatwise.services.errors import Refusal
from seatwise.services.rights import SYSTEM
from seatwise.services.settings import change_settings
from seatwise.store.sums import Span

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("days", [1, 20])
def test_as_many_past_days_are_read_again_as_the_setting_says(acme, vendor, connection, sync, days):
    change_settings(SYSTEM, values={"restated_days": days})
    acme.restate_day(midnight(acme, days), "3")
    vendor.forget_requests()
    run = sync(connection)
    assert asked(vendor)[0] == (days, 0)
    assert run.streams.get(name="costs").changed
    (found,) = coverage_of([connection.pk], Span(date_of(midnight(acme, 25)), date_of(midnight(acme))))
    assert found.restated_from == date_of(midnight(acme, days))


def test_events_are_read_again_as_declared(acme, vendor, connection, sync):
    change_settings(SYSTEM, values={"restated_days": 20})
    vendor.forget_requests()
    sync(connection)
    request, _ = vendor.requests_to("/organization/audit_logs*")
    assert int(request.query["effective_at[gte]"]) == midnight(acme, 1)


@pytest.mark.parametrize("days", [0, 32])
@pytest.mark.django_db
def test_it_is_a_month_at_the_most(days):
    with pytest.raises(Refusal, match="from 1 to 31"):
        change_settings(SYSTEM, values={"restated_days": days})
