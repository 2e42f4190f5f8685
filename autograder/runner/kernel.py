"""A submission's process as the runner sees it: runs cells, comes back after a crash.

When a cell or a check costs the process its life, a new child is forked and the earlier cells are
run again without the offender, so that one bad cell costs only itself. Restarts and time are
budgeted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from autograder.config import TimeLimits
from autograder.records import Blame, CellStatus, Fault
from autograder.runner.journal import OUT_OF_TIME
from autograder.runner.outputs import safe_outputs, size_of, text
from autograder.sandbox import Box, BoxDied, Child, DeadlineExceeded, ProtocolError
from autograder.submission import StudentCrash
from autograder.submission.boxed import BoxedTransport

MAX_TIMEOUTS = 2
"""After so many, a submission is hurried: endless loops come in swarms. Cells that a student added
do not count, they have a budget of their own."""
HURRIED = 0.4
"""What a hurried one has of each limit: most cells and checks need milliseconds."""
LAST_CELLS = 3
"""All that is left of a hurried one has the time of so many cells."""
MAX_OUTPUTS = 8 * 2**20
"""Characters of outputs, pictures included, that are kept of one submission."""
TOO_MUCH = "(not kept: this notebook's outputs are larger than a record holds)\n"


@dataclass(frozen=True)
class Ran:
    """How one cell ended."""

    status: CellStatus
    outputs: tuple[dict[str, Any], ...] = ()
    error: str = ""
    seconds: float = 0.0


class Kernel:
    """Runs cells in children of ``box`` and carries the judge's requests to the living one."""

    def __init__(self, box: Box, limits: TimeLimits, device: str = "cpu") -> None:
        self._box = box
        self._limits = limits
        self._past: list[str] = []
        self._restarts = 0
        self._timeouts = 0
        self._until = time.monotonic() + limits.submission_seconds
        self._own_seconds = limits.own_seconds
        self._room = MAX_OUTPUTS
        self.faults: tuple[Fault, ...] = ()
        self.transport = BoxedTransport(
            box.fork(), deadline=self._check_seconds, revive=self._revive, lost=self._lost,
            device=device,
        )  # fmt: skip

    def close(self) -> None:
        """End the submission's process, and all that it left behind."""
        if self.transport.child is not None:
            self.transport.child.kill()

    def run(self, source: str, grade_id: str, *, own: bool = False) -> Ran:
        """Run one cell; what it raises is the student's affair, what it kills is replaced.

        ``own`` says that the student added it.
        """
        seconds = self._seconds(self._limits.cell_seconds)
        if own:
            seconds = min(seconds, self._own_seconds)
        if seconds <= 0:
            if not own:
                self._out_of_time()
            whose = "cells of your own" if own else "the submission"
            return Ran(CellStatus.NOT_RUN, error=f"the time for {whose} was used up")
        start = time.monotonic()
        ran = self._run(source, grade_id, seconds, own=own)
        if own:
            self._own_seconds -= time.monotonic() - start
        return ran

    def _run(self, source: str, grade_id: str, seconds: float, *, own: bool) -> Ran:
        try:
            child = self.transport.child or self._revive()
        except StudentCrash as error:
            return Ran(CellStatus.NOT_RUN, error=str(error))
        self.transport.replace(child)
        start = time.perf_counter()
        try:
            reply = child.request(_request(source), deadline=seconds)
        except DeadlineExceeded:
            self._lost(timeout=not own)
            message = f"stopped after {seconds:.0f} seconds without an end"
            return self._offender(child, CellStatus.TIMEOUT, message, grade_id)
        except (BoxDied, ProtocolError) as error:
            self._lost(timeout=False)
            return self._offender(child, CellStatus.DIED, str(error), grade_id)
        self._past.append(source)
        raised = reply.header.get("raised")
        error_text = ""
        if isinstance(raised, dict):
            name, value = text(raised.get("ename"), 80), text(raised.get("evalue"), 2000)
            error_text = f"{name}: {value}" if value else name
        status = CellStatus.RAISED if reply.header.get("status") == "error" else CellStatus.RAN
        outputs = self._kept(safe_outputs(reply.header.get("outputs")))
        return Ran(status, outputs, error_text, time.perf_counter() - start)

    def _kept(self, outputs: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        """The outputs if there is room for them, else a note: records are kept by the thousand."""
        size = size_of(outputs)
        if size > self._room:
            return ({"output_type": "stream", "name": "stdout", "text": TOO_MUCH},)
        self._room -= size
        return outputs

    def _offender(self, child: Child, status: CellStatus, message: str, grade_id: str) -> Ran:
        child.kill()
        self.transport.replace(None)
        fault = Fault(code=status.value, message=message, blame=Blame.SUBMISSION, cell=grade_id)
        self.faults += (fault,)
        return Ran(status, error=message)

    def _seconds(self, wanted: float) -> float:
        """What is left of the submission's time, at most ``wanted``."""
        if self._timeouts >= MAX_TIMEOUTS:
            wanted *= HURRIED
        return max(0.0, min(wanted, self._until - time.monotonic()))

    def _check_seconds(self) -> float:
        seconds = self._seconds(self._limits.check_seconds)
        if seconds <= 0:
            self._out_of_time()
        return seconds

    def _lost(self, *, timeout: bool) -> None:
        self._timeouts += timeout
        if timeout:
            self._out_of_time()
            if self._timeouts == MAX_TIMEOUTS:
                last = time.monotonic() + LAST_CELLS * self._limits.cell_seconds
                self._until = min(self._until, last)

    def _out_of_time(self) -> None:
        """Note it, once: whoever reads the points must see that some were lost to the clock."""
        if not any(fault.code == OUT_OF_TIME for fault in self.faults):
            message = "it ran out of time: what was not done by then has no points"
            self.faults += (Fault(code=OUT_OF_TIME, message=message, blame=Blame.SUBMISSION),)

    def _revive(self) -> Child:
        """A new child that has run the earlier cells.

        Raises:
            StudentCrash: the budget of restarts is spent, or the earlier cells do not run again.
        """
        self._restarts += 1
        if self._restarts > self._limits.restarts:
            raise StudentCrash(f"its process ended more than {self._limits.restarts} times")
        child = self._box.fork()
        for source in self._past:
            try:
                child.request(_request(source), deadline=self._seconds(self._limits.cell_seconds))
            except (BoxDied, DeadlineExceeded, ProtocolError) as error:
                child.kill()
                self._past = []
                raise StudentCrash("cells that ran once did not run again") from error
        return child


def _request(source: str) -> dict[str, Any]:
    return {"op": "run", "source": source, "tensors": []}
