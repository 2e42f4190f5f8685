"""A folder for a while, such as a box's on the host; it goes away with its use or the next one.

A grader that is killed cannot tidy up. Its folders hold a lock that the kernel lets go with it, so
whoever makes one later can tell them from those in use, in any process or container.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType

PREFIX = "autograder-box-"
"""Nothing else is called so: who finds one without a lock removes it."""
UNFINISHED = "new-"
"""A folder is called so until it is locked: nobody may think that it is abandoned."""
UNLOCKED_SECONDS = 3600.0
"""A folder without a lock is either this moment's or, after this time, nobody's."""


class HeldFolder:
    """A fresh folder that is ours as long as this process lives or until :meth:`remove`.

    It is made in ``parent`` (that of temporary files), its name begins with ``prefix``.

    Raises:
        OSError: it cannot be made there.
    """

    def __init__(self, prefix: str = PREFIX, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        sweep(prefix, parent)
        made = Path(tempfile.mkdtemp(prefix=UNFINISHED + prefix, dir=parent))
        self.path = made.with_name(made.name.removeprefix(UNFINISHED))
        try:
            self._lock = os.open(made / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            made.rename(self.path)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder and all in it."""
        _end_waiting(self.path)
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep(prefix: str = PREFIX, parent: Path | None = None) -> None:
    """Remove what killed graders of this user left behind."""
    names = (prefix, UNFINISHED + prefix)
    with os.scandir(parent or tempfile.gettempdir()) as entries:
        found = [entry for entry in entries if entry.name.startswith(names)]
    for entry in found:
        try:
            status = entry.stat(follow_symlinks=False)
            if status.st_uid != os.geteuid() or not entry.is_dir(follow_symlinks=False):
                continue
            if _abandoned(Path(entry.path), status.st_mtime):
                _end_waiting(Path(entry.path))
                shutil.rmtree(entry.path, ignore_errors=True)
        except OSError:
            continue  # gone meanwhile, or not ours to remove


def _end_waiting(folder: Path) -> None:
    """End what bubblewrap left of a box of this folder.

    Its inner process waits for a word of the outer one before it dies with it: where that is killed
    in between, it waits for ever.
    """
    inside = os.fsencode(folder) + b"/"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text() != "bwrap\n":
                continue
            words = (process / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(inside) for word in words):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue  # gone meanwhile, or another user's


def _abandoned(folder: Path, changed: float) -> bool:
    if folder.name.startswith(UNFINISHED):
        return time.time() - changed > UNLOCKED_SECONDS
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
