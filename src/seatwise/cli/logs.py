"""The logs of `serve` in the data directory, beside standard error: one file for each of its two processes, since two
that turned the same file over would lose lines. A few files of a few MB, for the owner's eyes alone."""

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

SIZE, OLDER = 4_000_000, 3
"""Bytes of a file, and how many full ones are kept (`web.log.1` is the newest)."""


class PrivateFile(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))


def keep_log(name: str, *beside: str) -> None:
    """From here on, what this process logs stands in `logs/<name>.log` too; with what the loggers named `beside` say,
    who pass nothing on. Where no file can be written, a line says so and all goes on."""
    from django.conf import settings

    root = logging.getLogger()
    folder: Path = settings.DATA_DIR / "logs"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = PrivateFile(folder / f"{name}.log", maxBytes=SIZE, backupCount=OLDER)
    except OSError as error:
        root.warning("There is no log file: %s", error)
        return
    file.setFormatter(root.handlers[0].formatter)  # the settings' plain lines
    for logger in (root, *map(logging.getLogger, beside)):
        logger.addHandler(file)
