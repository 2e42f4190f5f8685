"""A course folder through nbgrader's eyes: its configuration, its database, its late penalties."""

from __future__ import annotations

import datetime
import functools
import logging
import os
import sys
from pathlib import Path
from typing import Any

STAMP = "timestamp.txt"
STAMP_BYTES = 200
"""No time is longer."""


@functools.cache
def import_nbgrader() -> None:
    """Import nbgrader without what takes it longest.

    Somewhere below it jsonschema builds a parser for international addresses, for seconds; no field
    of a notebook is one. jsonschema does without where that package is not installed.
    """
    slow = "rfc3987_syntax"
    if slow in sys.modules:
        return
    sys.modules[slow] = None  # type: ignore[assignment]
    try:
        import nbgrader.apps  # noqa: F401
    finally:
        del sys.modules[slow]


@functools.lru_cache(maxsize=4)
def application(course: Path) -> Any:
    """Nbgrader's application, configured as its own commands are when run in ``course``."""
    import_nbgrader()
    from nbgrader.apps import NbGraderApp

    before = Path.cwd()
    os.chdir(course)
    try:
        app = NbGraderApp()
        app.log_level = logging.ERROR
        app.config_file_paths = [str(course)]  # type: ignore[misc]
        app.load_config_file()
    except AttributeError:
        app = NbGraderApp()
        app.log_level = logging.ERROR
        app.load_config_file()
    finally:
        os.chdir(before)
    return app


def database_url(course: Path) -> str:
    """Where this course's gradebook is, by nbgrader's configuration."""
    configured = application(course).config.get("CourseDirectory", {}).get("db_url")
    return str(configured) if configured else f"sqlite:///{course / 'gradebook.db'}"


def settle_timestamp(folder: Path) -> tuple[str, datetime.datetime | None]:
    """The text and time of a submission's ``timestamp.txt``; empty when it has none.

    nbgrader reads that file without care, so one that holds no time would stop its formgrader for
    the whole class: it is set aside under another name. A folder that is a link is left alone.
    """
    path = folder / STAMP
    if folder.is_symlink() or folder.parent.is_symlink():
        return "", None
    if path.is_symlink() or not path.is_file() or path.stat().st_size > STAMP_BYTES:
        if path.is_symlink() or path.exists():
            _set_aside(path)
        return "", None
    import_nbgrader()
    from nbgrader.utils import parse_utc

    try:
        text = path.read_text(encoding="ascii").strip()
        return text, parse_utc(text)
    except Exception:
        _set_aside(path)
        return "", None


def _set_aside(path: Path) -> None:
    path.rename(path.with_name(path.name + ".unreadable"))


class LatePenalties:
    """nbgrader's late-submission plugin of this course, asked as nbgrader asks it."""

    def __init__(self, course: Path) -> None:
        import_nbgrader()
        from nbgrader.preprocessors import AssignLatePenalties

        self._assigner = AssignLatePenalties(parent=application(course))
        self._assigner.init_plugin()

    def penalty(self, student: str, score: float, seconds_late: float) -> float | None:
        """What being ``seconds_late`` costs; None when it costs nothing."""
        if seconds_late <= 0:
            return None
        plugin: Any = self._assigner.plugin_inst
        found = plugin.late_submission_penalty(student, score, seconds_late)
        return None if found is None else min(max(0.0, float(found)), score)
