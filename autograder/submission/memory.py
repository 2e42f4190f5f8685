"""Memory that is freed is kept for what comes next, in the judge and in the box."""

from __future__ import annotations

import ctypes

MIB = 2**20
SETTINGS = {
    -3: 256 * MIB,  # M_MMAP_THRESHOLD: what is larger goes back to the system at once
    -1: 512 * MIB,  # M_TRIM_THRESHOLD: as much may lie unused at the heap's end
    -2: 16 * MIB,  # M_TOP_PAD: the heap grows by so much more than is asked for
}
"""As glibc's malloc.h numbers them."""


def keep_memory() -> bool:
    """Have glibc keep what is freed; whether it does.

    As it comes, the largest tensors are mapped, filled page by page and unmapped, each time anew,
    and so is the heap's end: half of a submission's page faults, and in virtual machines those are
    dear. Children inherit what is set.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library: as it was, then
        return False
    return all(set_option(option, value) == 1 for option, value in SETTINGS.items())
