"""Where is a Chromium? Standard library only: ./dev and conftest.py both ask."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPS = ("Google Chrome", "Chromium", "Microsoft Edge")


def find() -> str | None:
    """$CHROMIUM, else the machine's own; None leaves it to the build Playwright downloads."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    candidates += [f"/Applications/{a}.app/Contents/MacOS/{a}" for a in APPS]
    return next((c for c in candidates if c and Path(c).exists()), None)
