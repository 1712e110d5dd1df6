"""OpenAI's published description, where it lies beside the checkout, as a judge of the sandbox's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DESCRIPTION = Path(__file__).parents[4] / "shared" / "openai-admin-openapi.json"
described = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="OpenAI's published description is not beside the checkout"
)
Validate = Callable[[str, Any], None]


@cache
def _registry() -> Any:
    contents = json.loads(DESCRIPTION.read_text())
    return Registry().with_resource("urn:spec", Resource.from_contents(contents, DRAFT202012))


def validate(pointer: str, body: Any) -> None:
    """Judges a body by a pointer into the description."""
    jsonschema.Draft202012Validator({"$ref": f"urn:spec#{pointer}"}, registry=_registry()).validate(body)


def answer_of(path: str) -> str:
    escaped = path.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return f"/paths/{escaped}/get/responses/200/content/application~1json/schema"
