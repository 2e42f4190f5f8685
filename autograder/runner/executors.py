"""Local workers: one process a slot, pinned to a core, replaced when it dies.

The interface is ``concurrent.futures``. Each slot is a pool of its own, so that a worker that is
killed takes only its own submissions with it: the one it graded, and the one it had at hand.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from autograder.config import read_assignment
from autograder.records import to_json
from autograder.runner.again import Task
from autograder.runner.bench import Bench, Setting
from autograder.sandbox import BoxUnavailable

PR_SET_PDEATHSIG = 1

_bench: Bench | None = None
"""The bench of this worker process."""


def cores() -> list[int]:
    """The cores that this process may use; a single 0 where that cannot be told."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


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

    def __init__(self, toml: Path, setting: Setting, core: int) -> None:
        self._arguments = (str(toml), setting, core, os.getpid())
        self._pool: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_become_worker,
                initargs=self._arguments,
            )
        return self._pool

    def prepare(self) -> Future[str]:
        """Start the process, with judge and box."""
        before = multiprocessing.active_children()
        ready = self._submit(_prepare)  # which starts the process before it returns
        new = (child for child in multiprocessing.active_children() if child not in before)
        self._process = next(new, None)
        return ready

    def give_up(self) -> None:
        """End a worker that may still be starting, which :meth:`close` would wait for."""
        if self._process is not None:
            self._process.kill()
        self.close()

    def lost(self, future: Future[str]) -> bool:
        """Never: a process that ends breaks its pool."""
        return False

    def submit(self, task: Task) -> Future[str]:
        """A broken worker is replaced first."""
        return self._submit(_grade, task)

    def _submit(self, work: Callable[..., str], *arguments: Task) -> Future[str]:
        try:
            return self._started().submit(work, *arguments)
        except BrokenProcessPool:
            self.close()
            return self._started().submit(work, *arguments)

    def close(self) -> None:
        """End the worker."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _become_worker(toml: str, setting: Setting, core: int, runner: int) -> None:
    """Pin to a core, die with the runner, leave interrupts to it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != runner:
        os._exit(1)  # it died while we were starting: no signal would come any more
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    global _bench
    _bench = Bench(read_assignment(Path(toml)), setting)


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
