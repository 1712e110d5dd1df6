"""Limits as the page groups them: each with what is set, that none is, or that it was not read."""

from collections.abc import Sequence
from typing import NamedTuple

from seatwise.services.limits import LimitInfo
from seatwise.services.lookedup import LookupInfo, PartInfo
from seatwise.web.words import sentence

ORDER = {
    "spend_limit": ("Spend limit", "No limit is set."),
    "spend_alert": ("Spend alerts", "No alert is set."),
    "data_retention": ("Data retention", "Nothing is set."),
    "models": ("Models", "Nothing is set."),
    "hosted_tool": ("Hosted tools", "Nothing is set."),
}
WORDS = {
    "allow_list": "Only these are allowed", "deny_list": "All but these are allowed", "allowed": "Allowed",
    "forbidden": "Forbidden", "organization_default": "As the organization",
    "zero_data_retention": "Zero data retention", "modified_abuse_monitoring": "Modified abuse monitoring",
    "enhanced_zero_data_retention": "Enhanced zero data retention", "none": "None",
    "enhanced_modified_abuse_monitoring": "Enhanced modified abuse monitoring",
    "enforcing": "Enforced", "inactive": "Not enforced",
}  # fmt: skip
"""The vendor's words that need others; a word we do not know is shown as it stands."""


class Shown(NamedTuple):
    """One limit; `name`, `word` and `enforced` are its name, value and enforcement in words."""

    limit: LimitInfo
    name: str
    word: str
    enforced: str


class Kind(NamedTuple):
    """All limits of a kind. `part` says how reading them went, None where every sync lists them; `none` what it means
    that there is none."""

    label: str
    limits: list[Shown]
    part: PartInfo | None
    none: str


def groups_of(limits: Sequence[LimitInfo], lookup: LookupInfo | None) -> list[Kind]:
    """Of a project every kind the vendor tells; of an organization those that are listed for it."""
    found = []
    for what, (label, none) in ORDER.items():
        part = lookup.part(what) if lookup else None
        if lookup is None and what in ("models", "hosted_tool"):
            continue
        found.append(Kind(label, [_shown(each) for each in limits if each.what == what], part, none))
    return found


def _shown(limit: LimitInfo) -> Shown:
    name = "MCP" if limit.name == "mcp" else sentence(limit.name or "")
    return Shown(limit, name, _word(limit.value), _word(limit.enforcement))


def _word(said: str | None) -> str:
    return WORDS.get(said or "", said or "")
