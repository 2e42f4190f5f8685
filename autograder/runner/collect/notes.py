"""What an instructor is told about a download, a few lines for each place in it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import PurePosixPath

FEW = 4
"""Lines about one place; a student who zipped a home folder must not fill the terminal."""


class CollectError(ValueError):
    """Nothing was collected; says what was found and what to do."""


class Unwritable(Exception):
    """We could not write what we took out of a download: not the fault of what is in it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class Notes:
    """Lines in the order in which they came."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._of: Counter[PurePosixPath] = Counter()

    def add(self, path: PurePosixPath, text: str, place: PurePosixPath | None = None) -> None:
        """One line about ``path``, counted for ``place`` (else for the folder that it is in)."""
        where = path.parent if place is None else place
        self._of[where] += 1
        if self._of[where] <= FEW or not where.parts:
            self._lines.append(f"{printable(path)}: {text}")

    def say(self, text: str) -> None:
        """One line about the whole download."""
        self._lines.append(text)

    def lines(self) -> tuple[str, ...]:
        """All lines, and how many were left out where there were too many."""
        more = [
            f"{printable(where)}: and {count - FEW} more like these"
            for where, count in self._of.items()
            if count > FEW and where.parts
        ]
        return (*self._lines, *more)


def printable(path: PurePosixPath | str) -> str:
    """A path for a terminal: no control characters, not endless."""
    text = "".join(
        "?" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter
        for letter in str(path)
    )
    return text if len(text) <= 120 else f"{text[:40]}…{text[-79:]}"
