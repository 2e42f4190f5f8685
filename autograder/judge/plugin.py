"""Inside pytest: which functions are checks, what their arguments are, and a loop that serves.

pytest sets a check up and tears it down; the function itself is handed back to the thread that
asked (see :mod:`autograder.judge.session`). Only public hooks are used.
"""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.authored import problem_in
from autograder.expect import Mark, mark_of

AT_HOME = ("submission", "seed", "frozen")
ARGUMENTS = (*AT_HOME, "oracle", "oracle_with")
"""What a check may ask for by the names of its arguments; at home there is no oracle."""
NEVER = ("skip", "skipif", "xfail")
"""Marks that would leave a check out."""


@dataclass(frozen=True)
class Offer:
    """What the fixtures give to the checks of one run."""

    submission: Any
    oracle: Any = None
    oracle_with: Any = None
    seeds: Any = None
    frozen: Any = None


@dataclass(frozen=True)
class Collected:
    """One collected check and where it is defined."""

    name: str
    path: Path
    line: int
    mark: Mark
    title: str
    function: str
    arguments: tuple[str, ...]

    @property
    def id(self) -> str:
        """``question/name``."""
        return f"{self.mark.question}/{self.name}"

    @property
    def where(self) -> str:
        """File and line, for whoever has to mend it."""
        return f"{self.path}, line {self.line}"


class NotCalled(RuntimeError):
    """Pytest did not call the check: nothing is known about the submission."""


@dataclass(frozen=True)
class Call:
    """A check that is set up: whoever asked for it calls ``function()`` and answers."""

    function: Callable[[], None]


@dataclass(frozen=True)
class Done:
    """A check is over: ``error`` is None when its function returned."""

    error: BaseException | None


class Ended:
    """Pytest itself is over: nothing more will come."""


class Plugin:
    """The fixtures of checks, and pytest's loop as a server."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.requests: queue.SimpleQueue[tuple[int, Offer] | None] = queue.SimpleQueue()
        self.messages: queue.SimpleQueue[Call | Done | Ended] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self.collected: list[Collected] = []
        self.problems: list[str] = []
        self._offer = Offer(None)
        self._error: BaseException | None = None
        self._number = 0

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
        return int(self._offer.seeds(self.collected[self._number].id))

    @pytest.fixture
    def frozen(self) -> Any:
        """Cases of the reference as plain arrays, by name."""
        return self._offer.frozen()

    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: object) -> Any:
        """Only functions marked as checks are collected; helpers and imports are left alone."""
        own = getattr(obj, "__module__", "") == collector.module.__name__
        if mark_of(obj) is None or not own:
            return []
        odd = inspect.isgeneratorfunction(obj) or inspect.iscoroutinefunction(obj)
        if odd or not inspect.isfunction(obj):
            self.problems.append(f"{collector.path}: {name!r} is no plain function: it never runs")
            return []
        return None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the functions that are marked as checks."""
        kept = []
        for item in items:
            function = getattr(item, "function", None)
            mark = mark_of(function)
            if function is None or mark is None:
                continue
            title = (function.__doc__ or "").strip().splitlines()
            name = item.name.removeprefix("test_").removeprefix(f"{mark.question}_")
            line = function.__code__.co_firstlineno
            told = title[0].rstrip(".") if title else ""
            arguments = tuple(inspect.signature(function).parameters)
            own = function.__code__.co_name
            check = Collected(name, item.path, line, mark, told, own, arguments)
            self._examine(check, item)
            self.collected.append(check)
            kept.append(item)
        items[:] = kept

    def _examine(self, check: Collected, item: Any) -> None:
        """Note what is wrong with a check that could be imported."""
        function = item.function
        if Path(function.__code__.co_filename) != check.path:
            self.problems.append(
                f"{check.path}: Python took {function.__code__.co_filename} for it, a module of "
                "the same name; put an __init__.py into each folder of checks"
            )
        if not check.title:
            self.problems.append(f"{check.where}: check {check.id!r} has no docstring, which "
                                 "students read as its title")  # fmt: skip
        twin = next((other for other in self.collected if other.id == check.id), None)
        if twin is not None:
            self.problems.append(f"{check.where}: there is a check {check.id!r} already, in "
                                 f"{twin.where}; rename one")  # fmt: skip
        for skipping in (mark.name for mark in item.iter_markers() if mark.name in NEVER):
            self.problems.append(
                f"{check.where}: check {check.id!r} is marked {skipping!r}: then nothing judges "
                "its points; take the mark or the check out"
            )
        allowed = AT_HOME if check.path.stem.startswith("public") else ARGUMENTS
        for argument in check.arguments:
            if argument not in allowed:
                self.problems.append(
                    f"{check.where}: check {check.id!r} asks for {argument!r}; in "
                    f"{check.path.name} it may ask for {', '.join(allowed)}"
                )

    def pytest_exception_interact(self, node: Any, call: Any, report: Any) -> None:
        """Remember what could not be imported, and which line is to blame."""
        if isinstance(report, pytest.CollectReport):
            error = call.excinfo.value
            self.problems.append(problem_in(node.path, error.__cause__ or error))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve requests instead of running every item once."""
        # As if a check of the other file came next: what both share (they lie in one folder)
        # stays set up, which costs a third of all that pytest does here, and any may come next.
        items, first = session.items, {item.path: item for item in reversed(session.items)}
        others = {path: next((first[p] for p in first if p != path), None) for path in first}
        self.ready.set()
        while (request := self.requests.get()) is not None:
            self._number, self._offer = request
            name = self.collected[self._number].id
            self._error = NotCalled(f"pytest did not run the check {name!r}")
            item = items[self._number]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=others[item.path])
            error, self._error, self._offer = self._error, None, Offer(None)
            self.messages.put(Done(error))
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Have the check called by the thread that asked, and keep what it raises as it is."""
        function, names = pyfuncitem.obj, self.collected[self._number].arguments
        given = {name: pyfuncitem.funcargs[name] for name in names}
        self.messages.put(Call(lambda: function(**given)))
        self._error = self.results.get()
        return True

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Keep what set-up or tear-down raised."""
        if call.excinfo is not None and (self._error is None or isinstance(self._error, NotCalled)):
            self._error = call.excinfo.value
