"""What projects hold in keys, and who spends with them, on the way from the seeding to the organization."""

from dataclasses import dataclass, field

from .rows import Row, Table
from .spend import Worker


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many in all; `largest` says how many keys a few projects have. `results` and `lines`, unless 0, are how many
    usage results and cost rows every single day has, and then nothing else happens."""

    service_accounts: int
    api_keys: int
    largest: tuple[int, ...] = ()
    results: int = 0
    lines: int = 0


@dataclass(slots=True)
class Held:
    """A key before it is listed. `until` is when its use ended, None is in use; `since` None: it was never used."""

    project_id: str
    key_id: str
    owner: Row
    user_id: str | None
    created_at: int
    since: int | None
    until: int | None


@dataclass(slots=True)
class Holdings:
    """`uses`: when each user last used a key. `departed`: people who left, with `left_at`. `deleted`: keys that were
    deleted, when their `until` was."""

    service_accounts: dict[str, Table] = field(default_factory=dict)
    api_keys: dict[str, list[Row]] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    departed: list[Row] = field(default_factory=list)
    deleted: list[Held] = field(default_factory=list)
