"""Values that no database holds, answers that are too large, and orders that nobody promised: one row or one stream is
refused with a plain sentence, and nothing else suffers."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from aiohttp import web

from seatwise.connectors.openai.audit import audit_events
from seatwise.connectors.openai.client import CostResult, UsageResult, classify, open_client
from seatwise.connectors.openai.keys import project_key
from seatwise.connectors.openai.limits import models, spend_alerts
from seatwise.connectors.openai.rows import KeyRow, RateLimitRow, UserRow
from seatwise.connectors.openai.spend import FAMILIES, cost, costs, read_usage, used
from seatwise.sdk.errors import MissingPermission, TooLarge, Unavailable, Unexpected
from seatwise.sdk.records import Project
from seatwise.sdk.streams import Window
from seatwise.sdk.transport import Answer

CREDENTIALS = {"admin_key": "sk-admin-" + "Zq7Lm2Xw9Rt4" * 4, "organization_id": "org-" + "aB3dE6fG9hJ2kL5mN8pQ1rS4"}
DAY = date(2026, 5, 1)
SECOND = 1_781_500_000


@pytest.mark.parametrize(
    ("row_type", "row"),
    [
        (UsageResult, {"input_tokens": 2**63}),
        (UsageResult, {"num_model_requests": 10**40}),
        (UsageResult, {"model": "m" * 201}),
        (CostResult, {"line_item": "x" * 501}),
        (CostResult, {"amount": {"value": 1, "currency": "dollars"}}),
        (RateLimitRow, {"id": "rl-1", "model": "m", "max_tokens_per_1_minute": 2**63}),
        (UserRow, {"id": "u" * 201, "added_at": 1}),
        (UserRow, {"id": "u", "added_at": 1, "role": "r" * 101}),
    ],
)
def test_a_number_or_a_word_that_no_column_holds_is_no_row(row_type, row):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(row), type=row_type)


def test_the_largest_numbers_that_a_column_holds_are_read():
    row = msgspec.json.decode('{"input_tokens": 1000000000000000, "model": null}', type=UsageResult)
    assert (row.input_tokens, row.model) == (10**15, None)
    limit = {"id": "rl-1", "model": "m", "max_tokens_per_1_minute": 2**63 - 1}
    assert msgspec.json.decode(json.dumps(limit), type=RateLimitRow).max_tokens_per_1_minute == 2**63 - 1


@pytest.mark.parametrize("value", ["1e9", "-1e9", "1e999999"])
def test_a_cost_that_no_column_holds_is_refused_in_plain_words(value):
    row = msgspec.json.decode(json.dumps({"amount": {"value": value, "currency": "usd"}}), type=CostResult)
    with pytest.raises(Unexpected, match="which cannot be"):
        cost(row, DAY)


def test_an_owner_of_a_kind_with_a_long_name_keeps_its_beginning():
    owner = {"type": "federated_workload_identity", "id": "x"}
    row = msgspec.json.decode(json.dumps({"id": "key_1", "created_at": 1, "owner": owner}), type=KeyRow)
    assert project_key(row, Project(id="proj_1", status="active")).owner_kind == "federated_workload_i"


def test_words_of_the_vendor_in_errors_are_fit_for_the_database():
    error = classify(Answer(418, {}, b'{"error": {"message": "a\\u0000b"}}'))
    assert "\0" not in error.detail
    scopes = ", ".join(f"api.scope{n}.read" for n in range(40))
    refused = classify(Answer(403, {}, json.dumps({"error": {"message": f"Missing scopes: {scopes}"}}).encode()))
    assert isinstance(refused, MissingPermission)
    assert len(refused.permission) <= 200
    assert "\0" not in str(Unavailable("x", detail="a\0b").detail)


def page(rows, **fields):
    return web.json_response({"object": "list", "data": rows, "has_more": False} | fields)


async def told(server, stream, *asked):
    async with open_client(CREDENTIALS, server.url) as client, asyncio.timeout(20):
        return [day async for days in stream.list(client, *asked) for day in days]


async def test_a_single_day_that_is_too_large_ends_the_stream_and_says_so(server):
    async def huge(request):
        answer = web.StreamResponse()
        answer.content_length = 40 * 2**20
        await answer.prepare(request)
        return answer

    server.always = huge
    with pytest.raises(TooLarge, match="2026-05-01 alone"):
        await told(server, costs, Window(DAY, DAY + timedelta(days=3)))
    assert len(server.seen) == 2


def choosy(*refused, words="Grouping by these is not supported.", param=None):
    """Costs of no day, for questions that group by none of these sets of fields."""

    async def answer(request):
        groups = set(request.query.getall("group_by[]"))
        if any(groups >= set(fields) for fields in refused):
            error = {"message": words, "code": None, "param": param}
            return web.json_response({"error": error}, status=400)
        start, end = (int(request.query[name]) for name in ("start_time", "end_time"))
        days = range(start, end, 86_400)
        return page([{"start_time": at, "end_time": at + 86_400, "results": []} for at in days], next_page=None)

    return answer


WEEK = Window(DAY, DAY + timedelta(days=7))
BATCH, KEY, USER = ("batch",), ("api_key_id",), ("user_id",)


@pytest.mark.parametrize(
    ("refused", "lacks", "named"),
    [
        ((), (), None),
        ((BATCH,), (), "batch and service tier"),
        ((KEY,), KEY, "key"),
        ((USER,), USER, "user"),
        (((*KEY, *USER),), KEY, "key"),
        ((("user_id", "project_id"),), USER, "user"),
        ((KEY, USER), (*KEY, *USER), "key and user"),
        ((BATCH, USER), USER, "batch and service tier and user"),
        ((BATCH, KEY, USER), (*KEY, *USER), "batch and service tier and key and user"),
    ],
)
async def test_the_finest_grouping_that_is_accepted_is_found_and_what_was_refused_is_named(
    server, refused, lacks, named
):
    server.always = choosy(*refused)
    async with open_client(CREDENTIALS, server.url) as client:
        days = [day async for some in read_usage(FAMILIES[0], client, WEEK) for day in some]
        assert len(days) == 7
        assert {day.lacks for day in days} == {lacks}
        said = client.remarks.get("usage_completions")
        assert f"by {named}, so" in said.message if named else not said
        before = len(server.seen)
        assert before <= 8
        assert [day async for some in read_usage(FAMILIES[0], client, WEEK) for day in some] == days
    assert len(server.seen) == before + 1
    given_up = {*lacks, *(("batch", "service_tier") if BATCH in refused else ())}
    assert set(server.seen[-1][1].query.getall("group_by[]")) == set(FAMILIES[0].groups) - given_up


async def test_a_refused_grouping_is_asked_for_once_a_sync(server):
    server.always = choosy(USER)
    async with open_client(CREDENTIALS, server.url) as client:
        for month in range(3):
            begin = DAY + timedelta(days=2 * month)
            days = [day async for some in costs.list(client, Window(begin, begin + timedelta(days=2))) for day in some]
            assert len(days) == 2
        assert "by user" in client.remarks["costs"].message
    assert len(server.seen) == 3 + 2  # of all, and without the key


@pytest.mark.parametrize(("words", "param", "requests"), [("Not so.", None, 4), ("Not so.", "group_by", 3)])
async def test_a_refusal_in_other_words_is_asked_about_once_more(server, words, param, requests):
    server.always = choosy(USER, words=words, param=param)
    async with open_client(CREDENTIALS, server.url) as client:
        assert len([day async for some in costs.list(client, WEEK) for day in some]) == 7
        assert "by user" in client.remarks["costs"].message
    assert len(server.seen) == requests


async def test_a_400_that_passes_gives_up_no_grouping(server):
    whole, asked = choosy(), []

    async def once(request):
        asked.append(request)
        if len(asked) == 1:
            return web.json_response({"error": {"message": "The resource was not found", "code": None}}, status=400)
        return await whole(request)

    server.always = once
    async with open_client(CREDENTIALS, server.url) as client:
        days = [day async for some in costs.list(client, WEEK) for day in some]
        assert {day.lacks for day in days} == {()}
        assert not client.remarks
    assert "user_id" in asked[-1].query.getall("group_by[]")


async def test_a_400_to_every_question_is_a_failure_that_gives_up_nothing(server):
    server.always = choosy((), words="The resource was not found")
    async with open_client(CREDENTIALS, server.url) as client:
        with pytest.raises(Unexpected, match="status 400"):
            await anext(aiter(costs.list(client, WEEK)))
        assert not client.remarks
        server.always = choosy()
        days = [day async for some in costs.list(client, WEEK) for day in some]
        assert {day.lacks for day in days} == {()}


async def test_a_cost_without_an_amount_is_left_out_and_its_day_lacks_it(server):
    async def told_so(request):
        known = {"amount": {"value": "1.5", "currency": "usd"}, "project_id": "proj_1"}
        begin = int(request.query["start_time"])
        results = ([known], [known, {"project_id": "proj_2"}])
        days = [
            {"start_time": begin + 86_400 * n, "end_time": begin + 86_400 * (n + 1), "results": some}
            for n, some in enumerate(results)
        ]
        return page(days, next_page=None)

    server.always = told_so
    days = await told(server, costs, Window(DAY, DAY + timedelta(days=2)))
    assert [(day.lacks, [str(row.amount) for row in day.records]) for day in days] == [
        ((), ["1.5"]),
        (("amount",), ["1.5"]),
    ]


def event(number, second):
    return {"id": f"audit-{number}", "type": "user.added", "effective_at": second, "user.added": {"id": "user-1"}}


async def test_events_of_one_second_come_oldest_first_also_where_a_page_ends_within_it(server):
    newest_first = [event(5, SECOND + 1), event(4, SECOND), event(3, SECOND), event(2, SECOND), event(1, SECOND - 1)]

    async def log(request):
        if "tenant_only" in request.query:
            return page([])
        if "after" in request.query:
            return page(newest_first[3:])
        return page(newest_first[:3], has_more=True, last_id="audit-3")

    server.always = log
    day = datetime.fromtimestamp(SECOND, UTC).date()
    days = await told(server, audit_events, Window(day, day + timedelta(days=1)))
    told_ids = [record.id for day in days for record in day.records]
    assert [one for one in told_ids if one in ("audit-2", "audit-3", "audit-4")] == ["audit-2", "audit-3", "audit-4"]
    assert sorted(told_ids) == [f"audit-{number}" for number in range(1, 6)]


async def test_a_log_that_gave_a_page_is_not_off(server):
    async def log(request):
        if "after" in request.query:
            return web.json_response({"error": {"message": "Audit logs are disabled.", "code": None}}, status=400)
        return page([event(2, SECOND)], has_more=True, last_id="audit-2")

    server.always = log
    day = datetime.fromtimestamp(SECOND, UTC).date()
    with pytest.raises(Unexpected):
        await told(server, audit_events, Window(day, day + timedelta(days=1)))


async def test_another_order_of_recipients_or_models_is_no_change(server):
    async def answer(request):
        if request.path.endswith("spend_alerts"):
            channel = {"recipients": ["b@x.example", "a@x.example"]}
            row = {"id": "alert-1", "threshold_amount": 5, "currency": "USD", "notification_channel": channel}
            return page([row], last_id="alert-1")
        return web.json_response({"mode": "allow_list", "model_ids": ["z", "a"]})

    server.always = answer
    async with open_client(CREDENTIALS, server.url) as client:
        (alert,) = await spend_alerts(client)
        (allowed,) = await models(client, "proj_1")
    assert (alert.names, allowed.names) == (("a@x.example", "b@x.example"), ("a", "z"))


def test_a_result_of_usage_that_counts_nothing_is_no_use() -> None:
    none = {"user_id": "user-1", "num_model_requests": 0, "input_tokens": None}
    some = {"user_id": "user-2", "num_model_requests": 1}
    results = [msgspec.convert(row, UsageResult) for row in (none, some)]
    assert [row.user_id for row in used(FAMILIES[0], results)] == ["user-2"]
