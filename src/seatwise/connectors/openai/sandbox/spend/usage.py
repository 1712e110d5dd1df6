"""Usage as the vendor tells it: ten families, each with its own figures, filters and groupings.

Paths and result objects do not always share a name: `file_search_calls` answer `file_searches`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..rows import Row
from .ledger import Ledger
from .questions import USAGE_LIMITS, Question, Refused, asked, bucket, grouping, named, page, refuse

Figures = Callable[[int, list[int]], Row]
"""From the number of requests and the sums of the ledger's figures to the vendor's figures."""
SOURCE = "api_source"
_WHO = {"project_ids": "project_id", "user_ids": "user_id", "api_key_ids": "api_key_id"}
_WHO_AND_MODEL = {**_WHO, "models": "model"}
_BY_MODEL = ("project_id", "user_id", "api_key_id", "model")


@dataclass(frozen=True, slots=True)
class Family:
    """`groups` are those of the published description; `sourced` ones also take `api_source`."""

    name: str
    result: str
    figures: Figures
    groups: tuple[str, ...] = _BY_MODEL
    filters: tuple[tuple[str, str], ...] = tuple(_WHO_AND_MODEL.items())
    sourced: bool = False

    @property
    def accepted(self) -> tuple[str, ...]:
        return (*self.groups, SOURCE) if self.sourced else self.groups


def _completions(requests: int, figures: list[int]) -> Row:
    fresh, cached, output = figures
    return {
        "input_tokens": fresh + cached,
        "output_tokens": output,
        "input_cached_tokens": cached,
        "input_uncached_tokens": fresh,
        "input_text_tokens": fresh,
        "output_text_tokens": output,
        "input_cached_text_tokens": cached,
        "input_audio_tokens": 0,
        "output_audio_tokens": 0,
        "input_cached_audio_tokens": 0,
        "input_image_tokens": 0,
        "output_image_tokens": 0,
        "input_cached_image_tokens": 0,
        "num_model_requests": requests,
    }


def _counted(name: str) -> Figures:
    return lambda requests, figures: {name: figures[0], "num_model_requests": requests}


USAGE = {
    family.name: family
    for family in (
        Family(
            "completions",
            "completions",
            _completions,
            (*_BY_MODEL, "batch", "service_tier"),
            (*_WHO_AND_MODEL.items(), ("batch", "batch")),
            sourced=True,
        ),
        Family("embeddings", "embeddings", _counted("input_tokens")),
        Family("moderations", "moderations", _counted("input_tokens")),
        Family(
            "images",
            "images",
            _counted("images"),
            (*_BY_MODEL, "size", "source"),
            (*_WHO_AND_MODEL.items(), ("sizes", "size"), ("sources", "source")),
        ),
        Family("audio_speeches", "audio_speeches", _counted("characters")),
        Family("audio_transcriptions", "audio_transcriptions", _counted("seconds")),
        Family(
            "vector_stores",
            "vector_stores",
            lambda requests, figures: {"usage_bytes": figures[0] << 20},
            ("project_id",),
            (("project_ids", "project_id"),),
        ),
        Family(
            "code_interpreter_sessions",
            "code_interpreter_sessions",
            lambda requests, figures: {"num_sessions": figures[0]},
            ("project_id",),
            (("project_ids", "project_id"),),
        ),
        Family(
            "file_search_calls",
            "file_searches",
            lambda requests, figures: {"num_requests": figures[0]},
            ("project_id", "user_id", "api_key_id", "vector_store_id"),
            (*_WHO.items(), ("vector_store_ids", "vector_store_id")),
        ),
        Family(
            "web_search_calls",
            "web_searches",
            lambda requests, figures: {"num_model_requests": requests, "num_requests": figures[0]},
            (*_BY_MODEL, "context_level"),
            (*_WHO_AND_MODEL.items(), ("context_levels", "context_level")),
            sourced=True,
        ),
    )
}


def usage_page(ledger: Ledger, now: int, family: Family, query: Any, refused: list[Refused]) -> bytes:
    """One page of buckets. `query` is a multidict. Raises ApiError 400 for what may not be asked."""
    question = asked(query, now, limits=USAGE_LIMITS, groups=family.accepted, filters=dict(family.filters))
    refuse(question, family.name, refused)
    buckets = [
        ledger.bucket(
            (family.name, start, question.width, question.groups, question.filters),
            now,
            partial(_bucket, ledger, now, family, question, start),
        )
        for start in question.starts
    ]
    return page(question, buckets)


def _bucket(ledger: Ledger, now: int, family: Family, question: Question, start: int) -> bytes:
    return bucket(start, question.width, _results(ledger, now, family, question, start))


def _results(ledger: Ledger, now: int, family: Family, question: Question, start: int) -> list[Row]:
    of = grouping(question.groups)
    sums: dict[Any, list[int]] = {}
    for worker, requests, figures in ledger.parts(start, start + question.width, now, family.name):
        if question.wants(worker):
            total = sums.get(of(worker))
            if total is None:
                sums[of(worker)] = [requests, *figures]
            else:
                total[0] += requests
                for at, figure in enumerate(figures, 1):
                    total[at] += figure
    none: Row = dict.fromkeys(family.groups)
    return [
        {
            "object": f"organization.usage.{family.result}.result",
            **family.figures(total[0], total[1:]),
            **none,
            **named(question.groups, key),
        }
        for key, total in sums.items()
    ]
