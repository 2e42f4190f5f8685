"""Text that a box wrote, fit to be kept, printed and shown."""

from __future__ import annotations

import re

UNPRINTABLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """``text`` without what steers a terminal and without what no encoding can write."""
    return UNPRINTABLE.sub("", text.encode("utf-8", "replace").decode("utf-8"))
