"""Tags every template has: icons, pills, times, numbers, and what was not said. All of them escape what they show."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import lucide
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from seatwise.services.users import UserSummary

from .. import words

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 16, classes: str = "") -> SafeString:
    """A Lucide icon, silent for screen readers: the word beside it speaks."""
    return _icon(str(name), int(size), str(classes))


@lru_cache(maxsize=512)
def _icon(name: str, size: int, classes: str) -> SafeString:
    attributes = {"class": f"shrink-0 {classes}".strip(), "aria_hidden": "true"}
    drawn = lucide._render_icon(name, size, **attributes)
    return mark_safe(re.sub(r">\s+<", "><", drawn))  # noqa: S308 (drawn by the package)


@register.simple_tag
def pill(kind: str, state: str, note: str = "") -> SafeString:
    """A state of a kind in `words.LOOKS` as icon and word; `note` is its title."""
    return _pill(str(kind), str(state), str(note))


@lru_cache(maxsize=1024)  # a page of users has fifty, of eight sorts
def _pill(kind: str, state: str, note: str) -> SafeString:
    tone, name, word = words.look(kind, state)
    spin = "motion-safe:animate-spin" if state in ("syncing", "running") else ""
    title = format_html(' title="{}"', note) if note else ""
    return format_html('<span class="pill pill-{}"{}>{}{}</span>', tone, title, _icon(name, 13, spin), word)


@register.simple_tag
def mark(kind: str, state: str, size: int = 16) -> SafeString:
    """The icon of a state alone, in its color, with its word for screen readers."""
    tone, name, word = words.look(kind, state)
    spin = "motion-safe:animate-spin" if state in ("syncing", "running") else ""
    return format_html(
        '<span class="text-{} inline-flex" role="img" aria-label="{}" title="{}">{}</span>',
        "muted-foreground" if tone == "muted" else tone, word, word, _icon(name, size, spin),
    )  # fmt: skip


@register.simple_tag
def word(kind: str, state: str) -> str:
    """The word of a state alone."""
    return words.look(kind, state).word


@register.simple_tag
def when(moment: datetime | None, none: str = "Unknown") -> SafeString:
    """A moment as '4 minutes ago', the exact time as its title; page.js keeps it true while the page stays open."""
    if moment is None:
        return format_html('<span class="text-muted-foreground">{}</span>', none)
    said = words.ago((timezone.now() - moment).total_seconds())
    return _time(moment, said, " data-relative")


@register.simple_tag
def day(moment: datetime | None, none: str = "Unknown") -> SafeString:
    """A moment as its day, for columns; the exact time as its title."""
    if moment is None:
        return format_html('<span class="text-muted-foreground">{}</span>', none)
    exact = moment.astimezone(UTC)
    return _time(exact, words.day(exact), "")


@register.simple_tag
def exactly(moment: datetime | None, none: str = "Unknown") -> SafeString:
    """A moment to the second, in UTC."""
    if moment is None:
        return format_html('<span class="text-muted-foreground">{}</span>', none)
    return _time(moment, words.exactly(moment), "")


@register.filter
def told(sentence: str | None) -> str:
    """A sentence of all doors with its dates as pages write them."""
    return words.told(sentence or "")


def _time(moment: datetime, said: str, more: str) -> SafeString:
    exact = moment.astimezone(UTC)
    names = f'datetime="{exact.isoformat(timespec="seconds")}" title="{words.exactly(exact)}"{more}'
    return mark_safe(f'<time class="whitespace-nowrap" {names}>{said}</time>')  # noqa: S308 (numbers and words of ours)


@register.simple_tag
def lasted(begun: datetime, ended: datetime) -> str:
    """A duration: 0.8 s, 42 s, 3 min 5 s."""
    return words.lasted((ended - begun).total_seconds())


@register.filter
def who(operator: str) -> str:
    """Whoever did something here, in words."""
    return words.who(operator)


@register.filter
def trigger(name: str) -> str:
    """What made a sync run, in words."""
    return words.trigger(str(name))


@register.filter
def shown(value: Any) -> Any:
    """What the vendor did not say is shown as unknown, never as 'no' or as nothing."""
    if value is None or value == "":
        return mark_safe('<span class="text-muted-foreground">Unknown</span>')
    return {True: "Yes", False: "No"}.get(value, value) if isinstance(value, bool) else value


@register.simple_tag
def cut(text: str | None, widest: str) -> SafeString:
    """A text that is cut off where it is too long, whole as its title: for columns in which few are repeated."""
    return _cut(text or "", widest)


@lru_cache(maxsize=1024)
def _cut(text: str, widest: str) -> SafeString:
    if not text:
        return mark_safe('<span class="text-muted-foreground">Unknown</span>')
    return format_html('<bdi class="block {} truncate" title="{}">{}</bdi>', widest, text, text)


@register.simple_tag
def licenses(user: UserSummary) -> str:
    """What a user holds; in muted words that it is nothing, or not known."""
    none = "Unknown" if user.status == "unknown" else "None"
    return ", ".join(user.licenses) or format_html('<span class="text-muted-foreground">{}</span>', none)


@register.filter
def number(value: int | float | None) -> str:
    """12345 as 12,345."""
    return "" if value is None else f"{value:,}"


@register.simple_tag
def money(amount: str | None, currency: str | None = None) -> SafeString:
    """An amount for people, rounded as little as it needs; the exact one as its title."""
    if amount is None:
        return format_html('<span class="text-muted-foreground">{}</span>', "Unknown")
    said = words.money(amount, currency or "")
    return format_html(
        '<span class="whitespace-nowrap" title="{} {}">{}</span>', amount, (currency or "").upper(), said
    )


@register.simple_tag
def part(amount: str, whole: str) -> str:
    """How wide a bar is: 37.50%."""
    of = Decimal(whole)
    return f"{max(Decimal(0), min(Decimal(amount) / of * 100, Decimal(100))):.2f}%" if of > 0 else "0%"


@register.simple_tag
def count(amount: int | None, one: str, many: str = "") -> str:
    """1 user, 2,000 users."""
    amount = amount or 0
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


@register.filter
def sentence(name: str) -> str:
    """A name from the code as words for people: project_members as Project members."""
    return words.sentence(str(name))
