"""Whether this process stood still: stopped by a terminal, a batch system or a container's pause.

Deadlines are of passing time, which goes on meanwhile. What is lost to it is no submission's fault.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import deque

TICK = 0.5
"""Seconds between two looks at the clock."""
LONG = 5.0
"""A gap that no busy machine explains, seconds."""


class Pauses:
    """Looks at the clock now and then, in a thread; who looks late stood still."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._gaps: deque[tuple[float, float]] = deque(maxlen=100)
        threading.Thread(target=self._look, name="pauses", daemon=True).start()

    def since(self, moment: float) -> float:
        """Seconds of the longest pause that ended after ``moment`` (of ``time.monotonic()``)."""
        now = time.monotonic()
        gaps = [gap for end, gap in self._gaps if end >= moment]
        longest = max([*gaps, now - self._last])  # the thread may not have looked yet
        return longest if longest > LONG else 0.0

    def _look(self) -> None:
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            if now - self._last > LONG:
                self._gaps.append((now, now - self._last))
            self._last = now


@functools.cache
def pauses() -> Pauses:
    """Those of this process, from the first call on."""
    return Pauses()
