"""Memory that is freed is kept for what comes next, where judges and submissions run."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

MIB = 2**20
MMAP_THRESHOLD, TRIM_THRESHOLD, TOP_PAD = -3, -1, -2
"""As glibc's malloc.h numbers them."""
LARGEST = (256 * MIB, 32 * MIB)
"""What is larger goes back to the system at once; older versions of glibc allow the second only."""
UNUSED = 512 * MIB
"""As much may lie unused at the heap's end."""
AHEAD = 16 * MIB
"""The heap grows by so much more than is asked for."""


def keep_memory(option: Callable[[int, int], int] | None = None) -> bool:
    """Have glibc keep what is freed; whether it does. Children inherit it.

    As it comes, the largest tensors are mapped, filled page by page and unmapped, each time anew,
    and so is the heap's end; in virtual machines page faults are dear. ``option`` is ``mallopt``
    of the C library.
    """
    try:
        set_option = option or ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library: as it was, then
        return False
    kept = any(set_option(MMAP_THRESHOLD, size) == 1 for size in LARGEST)
    return all([kept, set_option(TRIM_THRESHOLD, UNUSED) == 1, set_option(TOP_PAD, AHEAD) == 1])
