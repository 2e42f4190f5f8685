"""pytest, started once and asked often.

A judge collects its checks once and then runs them for one submission after another. pytest's own
loop is turned into a server: ``pytest_runtestloop`` takes requests from a queue until it is told to
stop. Only public hooks are used; pytest runs in a thread of its own.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.expect import Mark, mark_of

SETTINGS = Path(__file__).parent / "pytest.ini"
QUIET = [
    "--capture=no", "--noconftest", "--import-mode=importlib", "--assert=plain",
    "--disable-plugin-autoload",
    *(f"-pno:{name}" for name in
      ("terminal", "cacheprovider", "faulthandler", "logging", "warnings", "doctest", "junitxml",
       "unraisableexception", "threadexception", "stepwise", "setuponly", "setupplan", "pastebin",
       "nose", "debugging")),
]  # fmt: skip


class JudgeError(RuntimeError):
    """The checks of an assignment cannot be collected or run; the assignment's fault."""


@dataclass(frozen=True)
class Offer:
    """What the fixtures give to the checks of one run."""

    submission: Any
    oracle: Any = None
    oracle_with: Any = None
    seeds: Any = None
    frozen: Any = None


@dataclass(frozen=True)
class Ending:
    """How one check function ended: ``error`` is None when it returned."""

    error: BaseException | None
    seconds: float


@dataclass(frozen=True)
class Collected:
    """One collected check."""

    name: str
    file: str
    mark: Mark
    title: str


class Session:
    """A pytest session over some files of checks.

    Raises:
        JudgeError: a file cannot be imported, or a check has no docstring.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._plugin = _Plugin()
        self._files = [str(path) for path in files]
        self._code: int | pytest.ExitCode = 0
        self._thread = threading.Thread(target=self._main, name="judge", daemon=True)
        with _clean_environment():
            self._thread.start()
            self._plugin.ready.wait()
        if self._plugin.problems:
            self.close()
            raise JudgeError("; ".join(self._plugin.problems))
        self.checks = tuple(self._plugin.collected)

    def _main(self) -> None:
        root = str(Path(self._files[0]).parent)
        try:
            self._code = pytest.main(
                ["-c", str(SETTINGS), f"--rootdir={root}", *QUIET, *self._files],
                plugins=[self._plugin],
            )
        except BaseException as error:
            self._plugin.problems.append(f"pytest ended: {error!r}")
        finally:
            if not self._plugin.ready.is_set():
                self._plugin.problems.append(f"pytest collected nothing (exit code {self._code})")
            self._plugin.ready.set()

    def run(self, number: int, offer: Offer) -> Ending:
        """Run check ``number`` (its place in :attr:`checks`) with what ``offer`` holds."""
        if not self._thread.is_alive():
            raise JudgeError("the judge's pytest session has ended")
        self._plugin.requests.put((number, offer))
        return self._plugin.endings.get()

    def close(self) -> None:
        """End the session."""
        self._plugin.requests.put(None)
        self._thread.join(timeout=10)


@contextmanager
def _clean_environment() -> Iterator[None]:
    """No option or plugin of whoever starts us reaches the judge."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


class _Plugin:
    """The fixtures of checks, and pytest's loop as a server."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.requests: queue.Queue[tuple[int, Offer] | None] = queue.Queue()
        self.endings: queue.Queue[Ending] = queue.Queue()
        self.collected: list[Collected] = []
        self.problems: list[str] = []
        self._offer = Offer(None)
        self._error: BaseException | None = None
        self._check_id = ""

    @pytest.fixture
    def submission(self) -> Any:
        """The student's definitions."""
        return self._offer.submission

    @pytest.fixture
    def oracle(self) -> Any:
        """What the submission is held against: the reference, or a known mistake."""
        return self._offer.oracle

    @pytest.fixture
    def oracle_with(self) -> Any:
        """The oracle with some answers exchanged for other correct ones, where the text is open."""
        return self._offer.oracle_with

    @pytest.fixture
    def seed(self) -> int:
        """The seed of this check's random numbers."""
        return int(self._offer.seeds(self._check_id))

    @pytest.fixture
    def frozen(self) -> Any:
        """Cases of the reference as plain arrays, by name."""
        return self._offer.frozen

    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: object) -> Any:
        """Only functions marked as checks are collected; helpers and imports are left alone."""
        own = getattr(obj, "__module__", "") == collector.module.__name__
        return None if mark_of(obj) is not None and own else []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the functions that are marked as checks, once each."""
        kept = []
        for item in items:
            function = getattr(item, "function", None)
            mark = mark_of(function)
            if function is None or mark is None:
                continue
            title = (function.__doc__ or "").strip().splitlines()
            if not title:
                self.problems.append(f"check {item.nodeid} has no docstring: students read it")
                continue
            name = item.name.removeprefix("test_").removeprefix(f"{mark.question}_")
            self.collected.append(Collected(name, item.path.stem, mark, title[0].rstrip(".")))
            kept.append(item)
        items[:] = kept

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember what could not be imported."""
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            self.problems.append(f"cannot collect {report.nodeid}: {' | '.join(lines[-3:])}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve requests instead of running every item once."""
        self.ready.set()
        while (request := self.requests.get()) is not None:
            number, self._offer = request
            self._error = None
            mark = self.collected[number].mark
            self._check_id = f"{mark.question}/{self.collected[number].name}"
            start = time.perf_counter()
            item = session.items[number]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            self.endings.put(Ending(self._error, time.perf_counter() - start))
            self._offer = Offer(None)
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Keep the first exception of set-up, call and tear-down as it is."""
        if call.excinfo is not None and self._error is None:
            self._error = call.excinfo.value
