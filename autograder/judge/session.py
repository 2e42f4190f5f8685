"""pytest, started once and asked often.

A judge collects its checks once and then runs them for one submission after another. pytest lives
in a thread of its own, where its loop serves requests; the check function itself runs in the thread
that asks, so that an interrupt reaches it and student code meets the thread that it is used to.
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

import pytest

from autograder.judge.plugin import Call, Done, Ended, Offer, Plugin
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
"""pytest without what a judge has no use for: each plugin is asked several times a check, and they
took as long as a forward pass. No check is ever skipped (see :meth:`Plugin._examine`)."""
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
class Ending:
    """How one check function ended: ``error`` is None when it returned."""

    error: BaseException | None
    seconds: float


class Session:
    """A pytest session over some files of checks.

    Raises:
        JudgeError: a file is missing, cannot be imported, or holds a check that is not as it
            should be. All problems are told at once.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        folder = files[0].parent
        missing = [f"{path} is missing" for path in files if not path.is_file()]
        if missing:
            raise JudgeError.of(f"the checks in {folder} cannot be used:", missing)
        self._plugin = Plugin()
        self._files = [str(path.resolve()) for path in files]
        self._asked = threading.Lock()
        self._thread = threading.Thread(target=self._main, name="judge", daemon=True)
        with _clean_environment():
            self._thread.start()
            self._plugin.ready.wait()
        if self._plugin.problems:
            self.close()
            raise JudgeError.of(f"the checks in {folder} cannot be used:", self._plugin.problems)
        self.checks = tuple(self._plugin.collected)

    def _main(self) -> None:
        root = str(Path(self._files[0]).parent)
        how = ""
        try:
            arguments = ["-c", str(SETTINGS), f"--rootdir={root}", *QUIET, *self._files]
            how = f"exit code {int(pytest.main(arguments, plugins=[self._plugin]))}"
        except BaseException as error:
            how = f"{type(error).__name__}: {error}"
        finally:
            plugin = self._plugin
            if not plugin.ready.is_set() and not plugin.problems:
                plugin.problems.append(f"pytest found no check in {root} ({how})")
            plugin.ready.set()
            plugin.messages.put(Ended())

    def run(self, number: int, offer: Offer) -> Ending:
        """Run check ``number`` (its place in :attr:`checks`) with what ``offer`` holds.

        Raises:
            JudgeError: asked from within a check, or after :meth:`close`.
            KeyboardInterrupt: of the thread that asks; the session stays usable.
        """
        if not self._asked.acquire(blocking=False):
            raise JudgeError(
                "a check was asked for while another one runs: code that is being checked calls "
                "check() itself. Take that call out of the function or the class."
            )
        try:
            return self._run(number, offer)
        finally:
            self._asked.release()

    def _run(self, number: int, offer: Offer) -> Ending:
        start = time.perf_counter()
        interrupt: KeyboardInterrupt | None = None
        if self._thread.is_alive():
            self._plugin.requests.put((number, offer))
        while True:
            try:
                message = self._plugin.messages.get()
            except KeyboardInterrupt as error:
                interrupt = error  # first finish the exchange with the other thread
                continue
            if isinstance(message, Call):
                raised = interrupt or _raised_by(message.function)
                interrupt = raised if isinstance(raised, KeyboardInterrupt) else None
                self._plugin.results.put(raised)
            elif isinstance(message, Done):
                if interrupt is not None:
                    raise interrupt
                return Ending(message.error, time.perf_counter() - start)
            else:
                self._plugin.messages.put(message)  # for the next one who asks
                raise JudgeError("the judge is closed: its pytest session has ended. Make another.")

    def close(self) -> None:
        """End the session."""
        self._plugin.requests.put(None)
        self._thread.join(timeout=10)


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
