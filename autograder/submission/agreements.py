"""What a submission's process has learnt from being asked again, and which ways agreed.

Where weights can be bound in several ways a check asks until one agrees. A module that is asked
again knows that its last output was wrong, and could hold several guesses and take the next one. So
an agreement counts only in a process that was not told of a disagreement: where one was, the check
is put once more, to a new process and under other numbers, and asks for each comparison only in the
way that agreed.
"""

from __future__ import annotations

from collections import deque
from typing import Any


class Agreements:
    """Of one submission. The checks note what they find, the judge decides what it is worth."""

    def __init__(self) -> None:
        self._ways: list[Any] | None = None
        self._settled: deque[Any] | None = None
        self._told = False
        self.doubtful = False
        """Whether, in this check, a process agreed that had been told of a disagreement before."""

    def begin(self) -> None:
        """A check begins: from here on its ways are noted."""
        self._ways, self._settled, self.doubtful = [], None, False

    def again(self) -> None:
        """The same check begins in a new process: only what agreed is asked."""
        self._settled = deque(self._ways or ())
        self._ways, self._told, self.doubtful = None, False, False

    def disagreed(self) -> None:
        """An output was another one than the case's, and the process may come to know that."""
        self._told = True

    def agreed(self, way: Any) -> None:
        """A comparison ended well, by this way."""
        self.doubtful = self.doubtful or self._told
        self._note(way)

    def refused(self) -> None:
        """No way agreed."""
        self._note(None)

    def _note(self, way: Any) -> None:
        if self._ways is not None:  # an oracle's own comparisons are of no interest
            self._ways.append(way)

    @property
    def settled(self) -> bool:
        """Whether the ways are known, and nothing may be tried."""
        return self._settled is not None

    def next(self) -> Any:
        """The way of the next comparison; None where none agreed, or none was made."""
        return self._settled.popleft() if self._settled else None
