"""The host's folder of a box, which goes away with the box or with the next one.

A grader that is killed cannot tidy up. Its folders hold a lock that the kernel lets go with it, so
whoever starts a box later can tell them from those in use, in any process or container.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "autograder-box-"
UNLOCKED_SECONDS = 3600.0
"""A folder without a lock is either this moment's or, after this time, nobody's."""


class BoxFolder:
    """A fresh folder that is ours as long as this process lives or until :meth:`remove`."""

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep() -> None:
    """Remove what killed graders of this user left behind."""
    with os.scandir(tempfile.gettempdir()) as entries:
        found = [entry for entry in entries if entry.name.startswith(PREFIX)]
    for entry in found:
        try:
            status = entry.stat(follow_symlinks=False)
            if status.st_uid != os.geteuid() or not entry.is_dir(follow_symlinks=False):
                continue
            if _abandoned(Path(entry.path), status.st_mtime):
                shutil.rmtree(entry.path, ignore_errors=True)
        except OSError:
            continue  # gone meanwhile, or not ours to remove


def _abandoned(folder: Path, changed: float) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - changed > UNLOCKED_SECONDS
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
