"""Which core a worker keeps to: one of its own, whoever else grades on this machine.

A worker and its box take turns, hundreds of times a submission: on one core that costs half of what
it costs where each wakes the other up on another. Two runs that started at the same core would
share it to their end, so a core is claimed, by a name that the kernel gives up with the process.
"""

from __future__ import annotations

import contextlib
import os
import socket

_claims: list[socket.socket] = []
"""What this process has claimed; held until it ends."""


def available() -> list[int]:
    """The cores that this process may use; a single 0 where that cannot be told."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def keep_to_one(name: str = "autograder: a worker on core") -> int | None:
    """Keep this process, and what it starts, to a core that no other worker holds.

    Where all are held, or the system has no such thing, the kernel goes on to choose: None.
    ``name`` and the core's number are what all workers of this machine agree on.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    for core in available():
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            claim.bind(f"\0{name} {core}")
            os.sched_setaffinity(0, {core})
            _claims.append(claim)
            return core
        claim.close()
    return None
