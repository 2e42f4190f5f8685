"""Which of many inputs are worth keeping: few bytes that reach all that any of them reach."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

Reached = frozenset[tuple[str, int, int]]
"""Steps from one line of the grader to another."""


def keep(target: ModuleType, folders: Sequence[Path], kept: Path, most: int) -> None:
    """Write the inputs worth keeping to ``kept``, in place of what an earlier call chose."""
    files = {path for folder in folders if folder.is_dir() for path in folder.iterdir()}
    inputs = {path.read_bytes() for path in files}
    reached = {data: _reached(target, data) for data in sorted(inputs, key=len)}
    chosen = list(_cover(reached, most))
    kept.mkdir(parents=True, exist_ok=True)
    for old in kept.glob("by-cover-*"):
        old.unlink()
    for data in chosen:
        (kept / f"by-cover-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
    everything, ours = (frozenset[Any]().union(*sets) for sets in
                        (reached.values(), (reached[data] for data in chosen)))  # fmt: skip
    print(f"{len(chosen)} of {len(inputs)} inputs, {sum(map(len, chosen))} bytes, reach "
          f"{len(ours)} of {len(everything)} steps")  # fmt: skip


def _cover(reached: dict[bytes, Reached], most: int) -> Iterable[bytes]:
    """What adds most for its size comes first."""
    left, missing, size = dict(reached), set[Any]().union(*reached.values()), 0
    while left and missing:
        best = max(left, key=lambda data: len(left[data] & missing) / (len(data) + 64))
        new = left.pop(best) & missing
        if not new:
            return
        if size + len(best) <= most:
            size += len(best)
            missing -= new
            yield best


def _reached(target: ModuleType, data: bytes) -> Reached:
    """The steps between lines of ``autograder`` that playing ``data`` takes."""
    steps: set[tuple[str, int, int]] = set()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        name, last = frame.f_code.co_filename, [0]
        if "/autograder/" not in name:
            return None

        def line(frame: FrameType, event: str, _: Any) -> Any:
            steps.add((name, last[0], frame.f_lineno))
            last[0] = frame.f_lineno
            return line

        return line

    before = sys.gettrace()
    sys.settrace(inside)
    try:
        target.play(data)
    finally:
        sys.settrace(before)
    return frozenset(steps)
