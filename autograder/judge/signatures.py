"""How each known mistake fails, kept beside the checks so that it is found out once.

Running every wrong answer through its checks takes seconds an assignment; a worker that grades
would pay for that at its first failing submissions. The file is generated (git ignores it), keyed
by everything that a failure's words depend on, and never needed: without it they are made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
VOCABULARY = ("expect", "judge", "submission")

Signature = tuple[tuple[str, str, str, str], ...]
"""The failing checks: id, status, what was observed, what was got."""


def key_of(*texts: str) -> str:
    """A key for what a signature depends on: these texts, and the code that words failures."""
    digest = hashlib.sha256()
    for room in VOCABULARY:
        for path in sorted((PACKAGE / room).glob("*.py")):
            digest.update(path.read_bytes())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


class Signatures:
    """Signatures by variant, read from and written to a file."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._known = _read(path, key)

    def get(self, name: str) -> Signature | None:
        """The signature of a variant, None when it is not known yet."""
        return self._known.get(name)

    def put(self, found: Iterable[tuple[str, Signature]]) -> None:
        """Keep signatures; where nothing can be written they are kept for this process alone.

        What other processes have written meanwhile stays.
        """
        self._known = {**_read(self._path, self._key), **self._known, **dict(found)}
        document = {"key": self._key, "signatures": self._known}
        with contextlib.suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".tmp")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file)
            os.chmod(name, 0o644)
            os.replace(name, self._path)


def _read(path: Path, key: str) -> dict[str, Signature]:
    """The signatures of a file made under this key; none where it is missing, old or damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["key"] != key:
            return {}
        return {
            name: tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in failures)
            for name, failures in document["signatures"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
