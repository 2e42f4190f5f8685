"""How far a long command has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import typer

from autograder.records import SubmissionRecord


class ProgressBar:
    """A progress bar with the time left on a terminal; a line now and then elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Callable[[int, int], None] | None = None
        self._stop: Callable[[], None] | None = None
        self._last = time.monotonic()
        self._first = 0.0

    def __enter__(self) -> ProgressBar:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as RichBar
            from rich.progress import TimeRemainingColumn as Left

            columns = (TextColumn(self._title), BarColumn(), MofNCompleteColumn(), Left())
            bar = RichBar(*columns, console=Console(stderr=True))
            task = bar.add_task(self._title, total=None)
            bar.start()
            self._stop = bar.stop
            self._bar = lambda done, total: bar.update(task, completed=done, total=total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None:
            self._stop()

    def show(self, record: SubmissionRecord, done: int, total: int) -> None:
        """One more record is decided."""
        if self._bar is not None:
            self._bar(done, total)
            return
        now = time.monotonic()
        self._first = self._first or now
        if done == total or now - self._last > 10:
            self._last = now
            told = f"{self._title}: {done} of {total}"
            if 1 < done < total:  # by the pace since the first one: before it, workers started
                left = (now - self._first) / (done - 1) * (total - done)
                told += f", about {left:.0f} s left"
            typer.echo(told, err=True)
