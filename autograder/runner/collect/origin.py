"""Who handed in a file, as names tell, and the ids that are made of names."""

from __future__ import annotations

import datetime
import hashlib
import re
import unicodedata
from dataclasses import dataclass

MAX_ID = 100
"""Bytes of an id: file systems allow 255 in a name, and more is added to some."""


@dataclass(frozen=True)
class Origin:
    """Who handed in a file, by which layout, and which try it was as far as the LMS says.

    ``raw`` is the name as written there: two that differ are two people, whatever ``student`` (the
    id for nbgrader, letters, digits and ``_.@-``) makes of them. ``about`` is the assignment where
    the name says it.
    """

    student: str
    raw: str
    layout: str
    moment: datetime.datetime | None = None
    serial: int = 0
    about: str = ""


def student_id(name: str) -> str:
    """An id from a name in any script: composed letters, marks and digits; else a hyphen.

    What is too long is cut and marked, so that two long names that begin alike stay two.
    """
    composed = unicodedata.normalize("NFC", name).strip()
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" or letter in "_.@-" else "-"
        for letter in composed
    )
    id = re.sub(r"-{2,}", "-", kept).strip(".-")
    encoded = id.encode()
    if len(encoded) <= MAX_ID:
        return id
    mark = hashlib.sha256(encoded).hexdigest()[:8]
    return f"{encoded[: MAX_ID - 9].decode(errors='ignore').rstrip('.-')}-{mark}"
