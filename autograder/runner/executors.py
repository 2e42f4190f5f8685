"""Local workers: one process a slot, pinned to a core, replaced when it dies.

The interface is ``concurrent.futures``. Each slot is a pool of its own, so that a worker that is
killed takes only its own submissions with it: the one it graded, and the one it had at hand.
"""

from __future__ import annotations

import ctypes
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Protocol

from autograder.config import Assignment, read_assignment
from autograder.records import to_json
from autograder.runner.again import Task
from autograder.runner.bench import Bench, Setting
from autograder.runner.cores import keep_to_one
from autograder.sandbox import BoxUnavailable

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 600.0
"""How much longer than all limits of a submission a worker may take before it counts as lost: where
known mistakes are looked for the first time, that takes minutes."""

_bench: Bench | None = None
"""The bench of this worker process."""


def patience(assignment: Assignment) -> float:
    """Seconds within which a worker answers: another submission may be in front of this one."""
    return 2 * assignment.limits.submission_seconds + GRACE_SECONDS


class Slot(Protocol):
    """One worker, wherever it is; ``submit`` gives futures of records as JSON."""

    @property
    def alive(self) -> bool:
        """Whether it may get work."""

    @property
    def optional(self) -> bool:
        """Whether a run goes on without it if it cannot hold a box."""

    def prepare(self) -> Future[str]:
        """Start judge and box; the result is empty, or why there can be none."""

    def submit(self, task: Task) -> Future[str]:
        """Grade one submission, or some of it."""

    def lost(self, future: Future[str]) -> bool:
        """Whether no answer is to be expected any more."""

    def give_up(self) -> None:
        """End it although it may still be starting."""

    def close(self) -> None:
        """End it."""


class LocalSlot:
    """One worker process of this machine, replaced when it dies."""

    alive = True
    optional = False

    def __init__(self, toml: Path, setting: Setting, patience: float) -> None:
        self._arguments = (str(toml), setting, os.getpid())
        self._pool: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None
        self._patience = patience
        self._until: dict[Future[str], float] = {}

    def prepare(self) -> Future[str]:
        """Start the process, with judge and box."""
        return self._submit(_prepare)

    def give_up(self) -> None:
        """End a worker in the midst of what it does, which :meth:`close` would wait for."""
        if self._process is not None:
            self._process.kill()
        self._shut(wait=True)

    def lost(self, future: Future[str]) -> bool:
        """Whether it hangs: a process that ends breaks its pool, which completes the future."""
        if future.done():
            self._until.pop(future, None)
            return False
        if time.monotonic() < self._until.get(future, math.inf):
            return False
        if self._process is not None:
            self._process.kill()
        self._shut(wait=False)  # what waits for a disk cannot be killed before that answers
        return True

    def submit(self, task: Task) -> Future[str]:
        """A broken worker is replaced first. One more task may be before this one."""
        future = self._submit(_grade, task)
        self._until[future] = time.monotonic() + self._patience
        return future

    def _submit(self, work: Callable[..., str], *arguments: Task) -> Future[str]:
        if self._pool is not None:
            try:
                return self._pool.submit(work, *arguments)
            except BrokenProcessPool:
                self.close()
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_become_worker,
            initargs=self._arguments,
        )
        before = multiprocessing.active_children()
        future = self._pool.submit(work, *arguments)  # which starts the process
        new = (child for child in multiprocessing.active_children() if child not in before)
        self._process = next(new, None)
        return future

    def close(self) -> None:
        """End the worker, once it has done what it does."""
        self._shut(wait=True)

    def _shut(self, *, wait: bool) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=wait, cancel_futures=True)
            self._pool = None


def _become_worker(toml: str, setting: Setting, runner: int) -> None:
    """Keep to a core, die with the runner, leave interrupts to it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != runner:
        os._exit(1)  # it died while we were starting: no signal would come any more
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    keep_to_one()
    global _bench
    _bench = Bench(read_assignment(Path(toml)), setting)
    Finalize(None, _bench.close, exitpriority=10)  # its folder goes with it
    Finalize(None, _leave, exitpriority=0)


def _leave() -> None:
    """End at once: to take PyTorch down takes most of a second. What broke is told before."""
    if sys.exc_info()[0] is None:
        os._exit(0)


def _prepare() -> str:
    assert _bench is not None
    try:
        _bench.prepare()
    except BoxUnavailable as error:
        return f"{error.reason}. {error.remedy}".rstrip(".")
    return ""


def _grade(task: Task) -> str:
    from autograder.runner.grade import grade_one

    assert _bench is not None
    return to_json(grade_one(task.folder, _bench, task.kept))
