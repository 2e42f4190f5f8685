"""Memory where judges and submissions run: what is freed is kept, and pages are large.

In virtual machines pages are dear: each one that a process meets for the first time costs about as
much as to fill it, and a fork has to list them all.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

MIB = 2**20
MMAP_THRESHOLD, TRIM_THRESHOLD, TOP_PAD = -3, -1, -2
"""As glibc's malloc.h numbers them."""
LARGEST = (256 * MIB, 32 * MIB)
"""What is larger goes back to the system at once; older versions of glibc allow the second only."""
UNUSED = 512 * MIB
"""As much may lie unused at the heap's end."""
AHEAD = 16 * MIB
"""The heap grows by so much more than is asked for."""
HUGEPAGE, COLLAPSE = 14, 25
"""``MADV_HUGEPAGE``, and ``MADV_COLLAPSE`` of Linux 6.1."""
HUGE = 2 * MIB
"""A large page, and what it is aligned to."""
ROOM = 64 * MIB
"""What a child's tensors take at one time, as a rule."""


def keep_memory(option: Callable[[int, int], int] | None = None) -> bool:
    """Have glibc keep what is freed; whether it does. Children inherit it.

    As it comes, the largest tensors are mapped, filled page by page and unmapped, each time anew,
    and so is the heap's end. ``option`` is ``mallopt`` of the C library.
    """
    try:
        set_option = option or ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library: as it was, then
        return False
    kept = any(set_option(MMAP_THRESHOLD, size) == 1 for size in LARGEST)
    return all([kept, set_option(TRIM_THRESHOLD, UNUSED) == 1, set_option(TOP_PAD, AHEAD) == 1])


def gather_pages() -> int:
    """Put what this process holds into large pages, now; how many stretches of memory were.

    For a process that is forked often: each child has a table of all its pages made, and taken
    down. A child that writes has only what it writes to copied, as ever. Where Linux is older than
    6.1, or has no memory left in one piece, nothing changes.
    """
    return sum(_advise(start, end, COLLAPSE) for start, end in _own_stretches())


def make_room() -> bool:
    """Have the heap end in room that nobody has touched, to be filled by large pages.

    Call it last before forking, after :func:`keep_memory`. Each child fills the room anew.
    """
    try:
        library = ctypes.CDLL(None)
        library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        library.free.argtypes = [ctypes.c_void_p]
        start = library.malloc(ROOM)
    except (AttributeError, OSError, TypeError):
        return False
    if not start:
        return False
    made = _advise(start, start + ROOM, HUGEPAGE)
    library.free(start)
    return made


def _advise(start: int, end: int, advice: int) -> bool:
    """Tell Linux about the whole large pages in a stretch of memory; whether it took it."""
    start, end = -(-start // HUGE) * HUGE, end // HUGE * HUGE
    try:
        advise = ctypes.CDLL(None).madvise
    except (AttributeError, OSError, TypeError):
        return False
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return start < end and advise(start, end - start, advice) == 0


def _own_stretches() -> Iterator[tuple[int, int]]:
    """Where memory lies that can be written and belongs to no file."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        place, permissions, _, _, inode, *_ = line.split()
        if permissions[1] == "w" and permissions[3] == "p" and inode == "0":
            low, _, high = place.partition("-")
            yield int(low, 16), int(high, 16)
