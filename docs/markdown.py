"""Markdown, as the generated pages need it."""

from collections.abc import Iterable

NOTE = "<!-- Written by docs/generate.py from the code. Change the code, then run `./dev docs`. -->"


def whole(blocks: Iterable[str]) -> str:
    """Blocks as a page: the title, the note, the rest, an empty line between two."""
    title, *rest = blocks
    return "\n\n".join([title, NOTE, *rest]) + "\n"


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(headings)]
    lines += [["---"] * len(lines[0]), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
