"""How each known mistake fails, and what fails with it later, kept beside the checks.

Running every wrong answer through its checks takes seconds an assignment; a worker that grades
would pay for that at its first failing submissions. The file is generated (git ignores it), keyed
by everything that a failure's words depend on, and never needed: without it they are made anew.
Workers that need them at the same time share the work, through the same file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nobody grades: two writers may lose each other's signatures
    fcntl = None  # type: ignore[assignment]

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
    digest.update((PACKAGE / "printable.py").read_bytes())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


class Signatures:
    """Signatures by variant, and by what follows from one, read from and written to a file."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._seen = _state(path)
        self._known = _read(path, key)

    def get(self, name: str) -> Signature | None:
        """The signature of a variant, None when it is not known yet."""
        return self._known.get(name)

    def refresh(self) -> None:
        """Take what other processes have written meanwhile."""
        if (state := _state(self._path)) != self._seen:
            self._seen = state
            self._known = {**_read(self._path, self._key), **self._known}

    def put(self, found: Iterable[tuple[str, Signature]]) -> None:
        """Keep signatures; where nothing can be written they are kept for this process alone.

        What other processes have written meanwhile stays.
        """
        self._known.update(found)
        with contextlib.suppress(OSError), _alone(self._path.parent):
            self._known = {**_read(self._path, self._key), **self._known}
            document = {"key": self._key, "signatures": self._known}
            handle, name = tempfile.mkstemp(".json", ".signatures-", self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file)
            os.chmod(name, 0o644)
            os.replace(name, self._path)
            self._seen = _state(self._path)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process writes into this folder meanwhile, where files can be locked."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _state(path: Path) -> tuple[int, int]:
    """What is another after each writing; zeros where there is no file."""
    try:
        about = os.stat(path)
    except OSError:
        return (0, 0)
    return (about.st_ino, about.st_mtime_ns)


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
