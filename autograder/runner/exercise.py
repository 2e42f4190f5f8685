"""The sizes of convolutions that an assignment's checks ask for, kept beside its checks.

Noted while the reference is checked, once for each state of checks and answers; a box computes one
of each before its first fork (:mod:`autograder.submission.exercise`). The file is generated (git
ignores it) and never needed: where it cannot be written the sizes are noted anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.runner.bench import Bench

Sizes = list[list[Any]]
APART = ("device", "sandbox")
"""What a verdict depends on, and these sizes do not."""


def ensure_sizes(bench: Bench, path: Path) -> Sizes:
    """The sizes for the bench's assignment; kept in ``path``, and read there while nothing changed.

    Raises:
        JudgeError: the checks cannot be collected.
    """
    text = repr(sorted((name, value) for name, value in bench.key.items() if name not in APART))
    key = hashlib.sha256(text.encode()).hexdigest()
    kept = _read(path, key)
    if kept is not None:
        return kept
    sizes = _noted(bench)
    with contextlib.suppress(OSError):
        _write(path, {"key": key, "sizes": sizes})
    return sizes


def _noted(bench: Bench) -> Sizes:
    """The sizes that the reference computes while it is checked."""
    from autograder.judge.reference import namespace
    from autograder.submission import LocalTransport, Submission
    from autograder.submission.exercise import Sizes as Noting

    noting = Noting()

    class Noted(LocalTransport):
        """Notes what the submission computes, not what the judge does."""

        def request(self, header: Any, tensors: Any) -> Any:
            """As ever."""
            with noting:
                return super().request(header, tensors)

    sitting = bench.judge.sitting(Submission(Noted(namespace(bench.answers))))
    for question in bench.assignment.questions:
        sitting.run(question.id, diagnose=False)
    return noting.noted


def _read(path: Path, key: str) -> Sizes | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["key"] == key and isinstance(document["sizes"], list):
            return document["sizes"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _write(path: Path, document: dict[str, Any]) -> None:
    """Beside it and renamed, so that another worker never reads half of it."""
    handle, name = tempfile.mkstemp(".json", ".convolutions-", path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file)
    os.chmod(name, 0o644)
    os.replace(name, path)
