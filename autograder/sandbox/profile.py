"""What a box is made of and what its children may use. Plain data."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

MIB = 2**20


class Level(enum.StrEnum):
    """How strong the wall is. FULL is what grading needs."""

    FULL = "full"  # bubblewrap, Landlock, seccomp, limits
    REDUCED = "reduced"  # Landlock, seccomp, limits
    NONE = "none"  # a plain process: for code that you trust


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one child may use; bytes, seconds and counts."""

    memory_bytes: int = 2048 * MIB
    cpu_seconds: int = 300
    processes: int = 48
    open_files: int = 256
    tmp_bytes: int = 256 * MIB
    shm_bytes: int = 128 * MIB
    files: int = 20_000
    header_bytes: int = 4 * MIB
    blob_bytes: int = 512 * MIB
    blobs: int = 4096


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What runs in the box and with which limits.

    ``guest`` is "module:function", called in each child as ``function(channel)``; ``warm_up``
    likewise, called once in the warm process before any fork. ``modules`` are files and folders
    below ``root`` that the box may import; it sees nothing else of ours. ``device`` "cuda" lets the
    box reach GPUs (:mod:`autograder.sandbox.devices`), ``device_share`` is the part of a GPU's
    memory that each of its children may take.
    """

    guest: str
    root: Path
    modules: tuple[str, ...]
    level: Level = Level.FULL
    warm_up: str = ""
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    device_share: float = 1.0
