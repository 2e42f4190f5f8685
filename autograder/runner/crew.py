"""Who takes the work of one run: the slots it began with, and those that join while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool

from autograder.runner.executors import Slot
from autograder.sandbox import BoxUnavailable, Level

LOOK_SECONDS = 2.0
"""How often slots are asked whether they still live."""
JOIN_SECONDS = 60.0
"""How long to wait for another worker when none is left that could be had from here."""


class WorkersGone(RuntimeError):
    """No worker is left; what was decided is kept."""


class Crew:
    """Slots that have proved that they can grade.

    ``joining`` gives the slots that have come since it was asked last; where nobody can join it is
    None. A worker that joins proves itself while the others grade; one that fails is left out, and
    ``left_out`` says why.
    """

    def __init__(
        self, slots: Sequence[Slot], joining: Callable[[], Sequence[Slot]] | None = None
    ) -> None:
        self._all = list(slots)
        self._ready: list[Slot] = []
        self._proving: dict[Future[str], Slot] = {}
        self._joining = joining
        self.left_out: dict[str, None] = {}

    def prepare(self, level: Level, meanwhile: Callable[[], object]) -> None:
        """Start all slots, call ``meanwhile``, keep the slots that can hold a box of ``level``.

        Raises:
            BoxUnavailable: none can; or one of this machine's cannot.
            Exception: whatever ``meanwhile`` raises.
        """
        starting = [slot.prepare() for slot in self._all]
        meanwhile()
        for slot, ready in zip(self._all, starting, strict=True):
            self._admit(slot, ready)
        if not self._ready or (self.left_out and not any(slot.optional for slot in self._all)):
            raise BoxUnavailable(level, "; ".join(self.left_out), "Nothing was graded.")

    def living(self) -> list[Slot]:
        """Those that may get work.

        Raises:
            WorkersGone: all died or went away, and within a minute none came instead.
        """
        self._look()
        until = time.monotonic() + (JOIN_SECONDS if self._joining else 0.0)
        while not (living := [slot for slot in self._ready if slot.alive]):
            if time.monotonic() >= until and not self._proving:
                raise WorkersGone(
                    "every worker is gone, or the scheduler is. What was decided is kept: start "
                    "workers again, and run the same command again."
                )
            time.sleep(0.5)
            self._look()
        return living

    def retire(self, slot: Slot, why: BoxUnavailable) -> None:
        """Give no more work to one whose box cannot be started any more.

        Raises:
            BoxUnavailable: it was the last, and no other can join.
        """
        if slot in self._ready:
            self._ready.remove(slot)
            self.left_out[f"{why.reason}. {why.remedy}".rstrip(".")] = None
        if not self._ready and self._joining is None:
            raise why

    def close(self) -> None:
        """End all of them."""
        for slot in self._all:
            slot.close()

    def give_up(self) -> None:
        """End all of them in the midst of what they do."""
        for slot in self._all:
            slot.give_up()

    def _look(self) -> None:
        """Have those that came prove themselves; admit those that did."""
        for slot in self._joining() if self._joining else ():
            self._all.append(slot)
            self._proving[slot.prepare()] = slot
        for ready, slot in list(self._proving.items()):
            if ready.done() or slot.lost(ready):
                del self._proving[ready]
                try:
                    self._admit(slot, ready)
                except Exception as error:  # its files are broken; ours, that grade, are not
                    self.left_out[f"a worker that joined: {error}"] = None

    def _admit(self, slot: Slot, ready: Future[str]) -> None:
        if problem := _problem(slot, ready):
            self.left_out[problem] = None
        else:
            self._ready.append(slot)


def answered(slot: Slot, future: Future[str]) -> bool:
    """Wait for an answer; False if there will be none."""
    while not wait([future], timeout=LOOK_SECONDS).done:
        if slot.lost(future):
            return False
    return True


def _problem(slot: Slot, ready: Future[str] | None) -> str:
    """Why a slot cannot grade; empty if it can. Killed while it started, it starts once more."""
    for _ in range(2):
        try:
            ready = ready or slot.prepare()
            return ready.result() if answered(slot, ready) else "a worker went away at its start"
        except CancelledError as error:
            return f"a worker cannot start: {error}"
        except BrokenProcessPool:
            ready = None
    return "a worker was killed twice while it started (by the kernel, for want of memory?)"
