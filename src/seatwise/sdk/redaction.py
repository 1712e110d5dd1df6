"""Taking secrets out of what a vendor, a proxy or a library says, before anyone reads it."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

KEY = "[key]"
SHORTEST = 8  # letters in a row of a secret that give it away; less is anybody's word
MASKED = re.compile(r"[\w\-]*(?:[*•]{3,}|\.{3}|…)[\w\-*•.…]*")  # vendors repeat a key by its head and tail
WORD = re.compile(rf"[\w\-]{{{SHORTEST},}}")


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that puts `[key]` for every given secret: whole, masked in the middle, or eight letters of it."""
    whole = sorted({form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}, key=len)

    def masked(found: re.Match[str]) -> str:
        text = found[0]
        head, tail = re.match(r"[\w\-]*", text), re.search(r"[\w\-]*$", text)
        shown = (head[0] if head else "", tail[0] if tail else "")
        ours = any(
            (len(shown[0]) >= 3 and secret.startswith(shown[0])) or (len(shown[1]) >= 3 and secret.endswith(shown[1]))
            for secret in whole
        )
        return KEY if ours or "***" in text or "•••" in text else text

    def part(found: re.Match[str]) -> str:
        return KEY if any(found[0] in secret for secret in whole) else found[0]

    def redact(text: str) -> str:
        for secret in reversed(whole):
            text = text.replace(secret, KEY)
        return WORD.sub(part, MASKED.sub(masked, text))

    return redact
