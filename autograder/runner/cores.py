"""Which core a worker keeps to: one of its own if there is one, whoever else grades beside it.

A worker and its box take turns, hundreds of times a submission: on one core that costs less than
where each wakes the other up on another. Two runs that started at the same core would share it to
their end, so a core is claimed, by a name that the kernel gives up with the process.
Containers do not see each other's names: there chance decides where to begin.
"""

from __future__ import annotations

import os
import random
import socket

MOST = 64
"""More workers than this on each core are not counted."""
_claims: list[socket.socket] = []
"""What this process has claimed; held until it ends."""


def available() -> list[int]:
    """The cores that this process may use; a single 0 where that cannot be told."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def keep_to_one(name: str = "autograder: a worker on core") -> int | None:
    """Keep this process, and what it starts, to the core that the fewest workers hold.

    Where the system has no such thing the kernel goes on to choose: None. ``name`` with the core's
    number is what all workers agree on.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = available()
    random.shuffle(cores)
    for others in range(MOST):
        for core in cores:
            if _claimed(f"\0{name} {core}, number {others}"):
                os.sched_setaffinity(0, {core})
                return core
    return None


def _claimed(name: str) -> bool:
    """Whether nobody had this name."""
    try:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    except OSError:
        return False
    try:
        claim.bind(name)
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True
