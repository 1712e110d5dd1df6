"""A page that fails leaves a line on standard error, with what failed."""

import logging

import pytest
from django.urls import path


def broken(request):
    raise RuntimeError("the page broke")


broken.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("broken/", broken)]


@pytest.mark.urls(__name__)
def test_a_failing_page_is_logged_and_shows_nothing_of_it(client, caplog, db):
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        answer = client.get("/broken/")
    assert answer.status_code == 500
    assert b"the page broke" not in answer.content
    assert "the page broke" in caplog.text


def test_what_is_logged_goes_to_standard_error_in_utc():
    (handler,) = [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]
    assert handler.formatter is not None
    record = logging.LogRecord("seatwise.sync", logging.INFO, "", 0, "sync of Acme: complete", None, None)
    record.created = 0
    assert handler.formatter.format(record) == "1970-01-01T00:00:00Z INFO seatwise.sync: sync of Acme: complete"
