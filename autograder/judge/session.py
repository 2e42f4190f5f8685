"""pytest collects the checks of an assignment once; the judge calls them as often as it is asked.

What pytest does around a call (set-up, tear-down, reports, hooks) took as long as a forward pass,
and a check has no use for it: its arguments are the judge's, and no fixture is run. The function is
called in the thread that asks, so that an interrupt reaches it and student code meets the thread
that it is used to.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.judge.plugin import Collected, Plugin
from autograder.submission.surroundings import quiet

SETTINGS = Path(__file__).parent / "pytest.ini"
QUIET = [
    "--noconftest", "--import-mode=importlib", "--disable-plugin-autoload",
    *(f"-pno:{name}" for name in
      ("terminal", "cacheprovider", "faulthandler", "logging", "warnings", "doctest", "junitxml",
       "unraisableexception", "threadexception", "stepwise", "setuponly", "setupplan", "pastebin",
       "nose", "debugging", "capture", "assertion", "skipping", "unittest", "subtests", "pytester",
       "tmpdir", "legacypath", "monkeypatch", "recwarn")),
]  # fmt: skip
"""pytest without what has to do with running tests. No check is ever skipped (see
:meth:`Plugin._examine`)."""
REMEDY = (
    "The assignment's fault, not a submission's. Its author mends that; then "
    "`autograder preflight` tells whether all is as it should be."
)


class JudgeError(RuntimeError):
    """The checks of an assignment cannot be collected or run; says where and whose fault it is."""

    @classmethod
    def of(cls, what: str, problems: Sequence[str]) -> JudgeError:
        """All ``problems`` at once, with what to do."""
        return cls("\n".join([what, *(f"  - {problem}" for problem in problems), REMEDY]))


@dataclass(frozen=True)
class Offer:
    """What the arguments of a check are, by their names; ``seeds`` and ``frozen`` are asked."""

    submission: Any
    oracle: Any
    oracle_with: Any
    seeds: Callable[[str], int]
    frozen: Callable[[], Any]

    def to(self, check: Collected) -> dict[str, Any]:
        """Those that this check asks for."""
        given: dict[str, Callable[[], Any]] = {
            "submission": lambda: self.submission,
            "oracle": lambda: self.oracle,
            "oracle_with": lambda: self.oracle_with,
            "seed": lambda: self.seeds(check.id),
            "frozen": self.frozen,
        }
        return {name: given[name]() for name in check.arguments}


@dataclass(frozen=True)
class Ending:
    """How one check ended: ``error`` is None when it returned and all it asked for was made."""

    error: BaseException | None
    seconds: float


class Session:
    """The checks of some files, as pytest collects them.

    Raises:
        JudgeError: a file is missing, cannot be imported, or holds a check that is not as it
            should be. All problems are told at once.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        folder = files[0].parent
        missing = [f"{path} is missing" for path in files if not path.is_file()]
        if missing:
            raise JudgeError.of(f"the checks in {folder} cannot be used:", missing)
        plugin = Plugin()
        how = _collect(files, plugin)
        if not plugin.collected and not plugin.problems:
            plugin.problems.append(f"pytest found no check in {folder.resolve()} ({how})")
        if plugin.problems:
            raise JudgeError.of(f"the checks in {folder} cannot be used:", plugin.problems)
        self.checks = tuple(plugin.collected)
        self._functions = tuple(plugin.functions)
        self._asked = threading.Lock()
        self._closed = False

    def run(self, number: int, offer: Offer) -> Ending:
        """Run check ``number`` (its place in :attr:`checks`) with what ``offer`` holds.

        Raises:
            JudgeError: asked from within a check, or after :meth:`close`.
            KeyboardInterrupt: of the thread that asks; the session stays usable.
        """
        if self._closed:
            raise JudgeError("the judge is closed. Make another.")
        if not self._asked.acquire(blocking=False):
            raise JudgeError(
                "a check was asked for while another one runs: code that is being checked calls "
                "check() itself. Take that call out of the function or the class."
            )
        try:
            start = time.perf_counter()
            check, function = self.checks[number], self._functions[number]
            error = _raised_by(lambda: function(**offer.to(check)))
            if error is None:
                error = _raised_by(offer.submission.settle)
            else:
                offer.submission.settle(make=False)
            if isinstance(error, KeyboardInterrupt):
                raise error
            return Ending(error, time.perf_counter() - start)
        finally:
            self._asked.release()

    def close(self) -> None:
        """Nothing is asked any more."""
        self._closed = True


def _collect(files: Sequence[Path], plugin: Plugin) -> str:
    """Have pytest collect; how that ended."""
    paths = [str(path.resolve()) for path in files]
    arguments = ["-c", str(SETTINGS), f"--rootdir={Path(paths[0]).parent}", *QUIET, *paths]
    with _clean_environment():
        try:
            code = int(pytest.main(arguments, plugins=[plugin]))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if code == pytest.ExitCode.INTERRUPTED and not plugin.problems:
        raise KeyboardInterrupt
    return f"exit code {code}"


def _raised_by(function: Callable[[], object]) -> BaseException | None:
    """What a check raises, None when it returns; what it prints or warns of is nobody's loss."""
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            returned = function()
    except BaseException as error:
        return error
    if returned is not None:
        return TypeError(f"a check raises Unmet or returns nothing; this one returned {returned!r}")
    return None


@contextmanager
def _clean_environment() -> Iterator[None]:
    """No option or plugin of whoever starts us reaches the judge."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
