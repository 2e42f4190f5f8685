"""Inside pytest: which functions are checks, and what is wrong with those that cannot be used.

pytest finds and imports them; the judge calls them (see :mod:`autograder.judge.session`). Only
public hooks are used.
"""

from __future__ import annotations

import inspect
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


class Plugin:
    """Collects checks instead of running tests."""

    def __init__(self) -> None:
        self.collected: list[Collected] = []
        self.functions: list[Callable[..., object]] = []
        self.problems: list[str] = []

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
        """Take the functions that are marked as checks."""
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
            self.functions.append(function)

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
        for fixture in item.fixturenames:
            if fixture not in check.arguments:
                self.problems.append(
                    f"{check.where}: check {check.id!r} relies on pytest's fixture {fixture!r}, "
                    "which never runs here; do in the check itself what it does"
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

    def pytest_runtestloop(self) -> bool:
        """Run nothing: the judge calls the checks."""
        return True
