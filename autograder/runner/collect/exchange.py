"""Two folders take each other's place, so that nobody ever finds one of them missing."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

AT_FDCWD = -100
RENAME_EXCHANGE = 2
CANNOT = (errno.ENOSYS, errno.EINVAL)
"""What a kernel or a file system says that does not know this."""


def exchange(one: Path, other: Path) -> None:
    """Exchange two names of one file system: at once, where it can do that.

    Who is killed meanwhile leaves both whole, under these names or each under the other's.

    Raises:
        OSError: one is not there, or may not be moved; nothing was moved then.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        in_turn(one, other)
    elif rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        number = ctypes.get_errno()
        if number not in CANNOT:
            raise OSError(number, os.strerror(number), str(one), None, str(other))
        in_turn(one, other)


def in_turn(one: Path, other: Path) -> None:
    """The same by a third name beside the first, for a moment without anything at ``other``."""
    third = one.with_name(f"{one.name}-exchanged")
    other.rename(third)
    try:
        one.rename(other)
    except BaseException:
        third.rename(other)
        raise
    third.rename(one)
