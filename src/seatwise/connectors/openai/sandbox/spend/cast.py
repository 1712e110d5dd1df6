"""Who spends in a pretend organization: workers for its keys, and for what has no key, no user or no project.

`company` is for people to look at: rhythms, odd rows, things that ended. `steady` is for measurements: every day has
exactly as many results as asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import prices
from .workers import DAY, Line, Worker, mix

MODELS = tuple(prices.COMPLETIONS)
_PLAIN = {
    "embeddings": ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002-v2"),
    "moderations": ("omni-moderation-2024-09-26",),
    "images": ("gpt-image-1", "dall-e-3"),
    "audio_speeches": ("tts-1-hd", "gpt-4o-mini-tts"),
    "audio_transcriptions": ("whisper-1", "gpt-4o-transcribe"),
    "file_search_calls": (None,),
    "web_search_calls": ("gpt-4o-2024-08-06", "gpt-5-2025-08-07"),
}
_UNKEYED = ("vector_stores", "code_interpreter_sessions")
_VOLUMES = {
    "completions": 900,
    "embeddings": 700,
    "moderations": 120,
    "images": 1,
    "audio_speeches": 400,
    "audio_transcriptions": 35,
    "vector_stores": 900,
    "code_interpreter_sessions": 1,
    "file_search_calls": 1,
    "web_search_calls": 1,
}
CREDIT = "Promotional credits"


@dataclass(frozen=True, slots=True)
class Post:
    """A place from which something is spent: a key of a project and whose it is. `until` None is still in use."""

    project_id: str | None
    user_id: str | None
    key_id: str | None
    since: int
    until: int | None = None
    account: bool = False


def lines_of(family: str, model: str | None, **fields: Any) -> tuple[Line, ...]:
    """How a worker's figures are billed. ValueError for a family that does not exist."""
    if family == "completions":
        return prices.completions(
            model or "", batch=bool(fields.get("batch")), tier=str(fields.get("service_tier", "default"))
        )
    if family == "images":
        return prices.images(model or "", fields.get("size") or "1024x1024")
    if family == "web_search_calls":
        return prices.web_search_calls(fields.get("context_level") or "medium")
    if family in _UNKEYED or family == "file_search_calls":
        return {
            "vector_stores": prices.vector_stores,
            "code_interpreter_sessions": prices.code_interpreter_sessions,
            "file_search_calls": prices.file_search_calls,
        }[family]()
    by_model = {
        "embeddings": prices.embeddings,
        "moderations": prices.moderations,
        "audio_speeches": prices.audio_speeches,
        "audio_transcriptions": prices.audio_transcriptions,
    }
    if family not in by_model:
        raise ValueError(f"no such family of usage: {family!r}; there are {', '.join(_VOLUMES)}")
    return by_model[family](model or "")


def hired(post: Post, family: str, lot: int, *, model: str | None = None, steady: bool = False) -> Worker:
    """A worker at this post; `lot` decides everything that is left open."""
    fields: dict[str, Any] = {}
    if model is None:
        names = MODELS if family == "completions" else _PLAIN.get(family, (None,))
        model = names[lot % len(names)]
    lot //= 16
    if family == "completions" and not steady:
        batch = post.account and lot % 4 == 0
        tier = "default" if batch else ("default", "default", "flex", "priority")[lot // 4 % 4]
        fields = {"batch": batch, "service_tier": tier, "api_source": "unlabeled" if lot % 11 else "agents_api"}
    elif family == "images":
        fields = {"size": prices.IMAGE_SIZES[lot % 4], "source": prices.IMAGE_SOURCES[lot // 4 % 3]}
    elif family == "web_search_calls":
        fields = {"context_level": prices.CONTEXT_LEVELS[lot % 3]}
    elif family == "file_search_calls":
        fields = {"vector_store_id": f"vs_{mix(lot):016x}"}
    keyless = family in _UNKEYED
    return Worker(
        mix(lot),
        family,
        lines_of(family, model, **fields),
        project_id=post.project_id,
        user_id=None if keyless else post.user_id,
        api_key_id=None if keyless else post.key_id,
        model=model,
        began=post.since,
        ended=post.until,
        requests=24 if keyless else 5 + lot % 90 * (6 if post.account else 1),
        volume=_VOLUMES[family] * (60 + lot % 120) // 100 or 1,
        tireless=post.account or keyless,
        steady=steady,
        **fields,
    )


def company(posts: list[Post], *, now: int, seed: int) -> Iterator[Worker]:
    """More than one model at some posts, and of each family at least one worker."""
    for number, post in enumerate(posts):
        lot = mix(seed ^ number)
        for turn, (family, share) in enumerate(_SHARES):
            if mix(lot ^ turn) % 100 < share:
                yield hired(post, family, mix(lot ^ turn ^ 99))
    here = [post for post in posts if post.until is None and post.key_id is not None]
    if not here:
        return
    for turn, family in enumerate(_VOLUMES):
        yield hired(here[turn % len(here)], family, mix(seed ^ turn ^ 7))
    first = here[0]
    yield hired(Post(first.project_id, None, None, first.since), "completions", mix(seed ^ 11))
    yield hired(Post(None, None, None, first.since, now - 200 * DAY), "completions", mix(seed ^ 12))
    yield hired(first, "completions", mix(seed ^ 13), model=prices.UNHEARD_OF)
    for turn in range(3):
        yield _credit(mix(seed ^ 17 ^ turn), now - (20 + 45 * turn) * DAY)


_SHARES = (
    ("completions", 100),
    ("completions", 35),
    ("embeddings", 15),
    ("web_search_calls", 8),
    ("images", 5),
    ("file_search_calls", 5),
    ("moderations", 6),
    ("audio_transcriptions", 3),
    ("audio_speeches", 2),
    ("vector_stores", 4),
    ("code_interpreter_sessions", 3),
)


def _credit(lot: int, day: int) -> Worker:
    """Money given back on one day, to no project."""
    begins = day - day % DAY
    lines = prices.credit(CREDIT)
    return Worker(
        lot, "credits", lines, began=begins, ended=begins + DAY, requests=1, volume=40 + lot % 400, steady=True
    )


def steady(teams: list[tuple[str, list[Post]]], *, seed: int) -> Iterator[Worker]:
    """A completions worker for every post of these teams, each of which is one project at one model; and ten that cost
    something and are no completions, at the teams' first posts."""
    for number, (model, posts) in enumerate(teams):
        for place, post in enumerate(posts):
            yield hired(post, "completions", mix(seed ^ number << 20 ^ place), model=model, steady=True)
    others = [family for family in _VOLUMES if family != "completions"]
    for number, family in enumerate(others):
        yield hired(teams[number % len(teams)][1][0], family, mix(seed ^ number ^ 5), steady=True)
    yield hired(teams[-1][1][0], "embeddings", mix(seed ^ 6), steady=True)
