"""No secret in what is shown: whole, shortened or in part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatwise.sdk.redaction import redactor

KEY = "sk-admin-Ab3dEf6hIj9kLm2nOp5qRs8tUv"
redact = redactor((KEY,))
secrets = st.from_regex(r"sk-admin-[A-Za-z0-9_-]{20,60}", fullmatch=True)
masks = st.sampled_from(["...", "…", "***", "****************", "•••", "****…"])


@given(secrets, st.text(), st.text())
def test_a_whole_key_never_stays(key, before, after):
    assert key not in redactor((key,))(before + key + after)


@given(secrets, masks, st.integers(3, 12), st.integers(0, 4))
def test_the_head_and_tail_of_a_shortened_key_do_not_stay(key, mask, head, tail):
    text = f"Incorrect API key provided: {key[:head]}{mask}{key[len(key) - tail :]}. You can find your key."
    assert redactor((key,))(text).startswith("Incorrect API key provided: [key]")


@given(secrets, st.integers(0, 50), st.integers(8, 60))
def test_a_part_of_the_key_does_not_stay(key, start, length):
    part = key[start : start + length]
    if len(part) >= 8:
        assert part not in redactor((key,))(f"we were given <{part}> as a key")


@pytest.mark.parametrize(
    "text",
    [
        "You're making too many requests, please slow down...",
        "The project proj_abc was not found",
        "OpenAI-Organization header should match organization for API key",
        "Missing scopes: api.management.read. Check that you have the correct role",
        "wait… it loads",
        "",
    ],
)
def test_other_words_stay_as_they_are(text):
    assert redact(text) == text


def test_keys_of_others_are_taken_out_where_they_are_masked_by_stars():
    assert redact("the key sk-proj-abc***xyz is in use") == "the key [key] is in use"


def test_a_secret_that_is_quoted_in_an_address_is_found():
    assert "p%40ss" not in redactor(("p@ss/word1",))("http://u:p%40ss%2Fword1@proxy")


def test_nothing_to_hide_changes_nothing():
    assert redactor(())("a ... b *** c") == "a ... b [key] c"
