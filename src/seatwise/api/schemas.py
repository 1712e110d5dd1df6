"""What routes answer, declared: made from the services' own values, so that no field is written twice."""

import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from ninja import Schema
from pydantic import create_model


class Problem(Schema):
    """Why a request was not done. `message` says what to do next; `fields` what is wrong with which parameter."""

    code: str
    message: str
    fields: dict[str, str]
    detail: str


class Failure(Schema):
    """What every answer that is no success looks like."""

    error: Problem


FAILURES = {frozenset({400, 401, 403, 404, 409, 422, 429, 500}): Failure}
"""Declared by every route, beside its success."""


@cache
def schema_of(value: Any) -> type[Schema]:
    """The schema with the names and types of a services' value, and of the values inside it."""
    fields: dict[str, Any] = {each.name: (_declared(each.type), ...) for each in msgspec.structs.fields(value)}
    inner = "".join(part.__name__ for part in get_args(value))
    struct = get_origin(value) or value
    return create_model(f"{inner}{struct.__name__}", __base__=Schema, __doc__=struct.__doc__, **fields)


def listed(page: Any) -> type[Schema]:
    """The schema of a page with what `answers.answer_listed` adds."""
    schema = schema_of(page)
    doc = f"{schema.__doc__} `unknown` says in sentences what keeps the listing from being whole."
    return create_model(f"{schema.__name__}WithGaps", __base__=schema, __doc__=doc, unknown=(list[str], ...))


def _declared(kind: Any) -> Any:
    """A type, each of our values in it replaced by its schema."""
    origin = get_origin(kind)
    if any(isinstance(each, type) and issubclass(each, msgspec.Struct) for each in (kind, origin)):
        return schema_of(kind)
    parts = tuple(_declared(part) for part in get_args(kind))
    if origin in (Union, types.UnionType):
        return Union[parts]  # noqa: UP007 (from a tuple)
    if origin is Annotated:
        return parts[0]
    if origin is tuple and kind.__args__[-1] is ...:
        return list.__class_getitem__(parts[0])
    return origin[parts] if origin in (list, dict, tuple) else kind
