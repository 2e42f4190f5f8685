"""What was written for whom: so that of ten thousand submissions those that did not change cost
nothing but a look.

The ledger is a help and never believed alone: whether rows and notebook are still there is looked
up, and where anything differs the submission is written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from autograder.build.notebook import master_cells
from autograder.config import Assignment
from autograder.gradebook.course import STAMP, STAMP_BYTES
from autograder.records import SubmissionRecord, to_json

PACKAGE = Path(__file__).resolve().parent.parent
WRITERS = ("gradebook", "report")
ALSO = ("records.py", "build/notebook.py", "printable.py")
"""Rooms, and modules of others, whose code decides what is written of a record."""


class Known(Protocol):
    """What is known of a record without reading it; ``stamp`` is a digest of all of it."""

    @property
    def student(self) -> str:
        """Whose record it is."""

    @property
    def stamp(self) -> str:
        """A digest: two records with one stamp are the same."""


@runtime_checkable
class Source(Protocol):
    """Records that are read one by one."""

    @property
    def heads(self) -> Sequence[Known]:
        """What is known of each."""

    def __getitem__(self, at: int) -> SubmissionRecord:
        """The record at a place in ``heads``."""


@dataclass(frozen=True)
class Label:
    """The head of a record that is in memory anyway."""

    student: str
    stamp: str


class Listed:
    """Records in memory as a :class:`Source`."""

    def __init__(self, records: Iterable[SubmissionRecord]) -> None:
        self._records = list(records)
        self.heads = [
            Label(record.student, hashlib.sha256(to_json(record).encode()).hexdigest()[:32])
            for record in self._records
        ]

    def __getitem__(self, at: int) -> SubmissionRecord:
        """The record at a place in ``heads``."""
        return self._records[at]


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written: of which record, with which time, which notebook.

    ``held`` is a digest of what the gradebook had of it afterwards.
    """

    stamp: str
    moment: str
    size: int
    changed: int
    held: str


class Ledger:
    """Entries by student, as the last run left them; empty where another code wrote them."""

    def __init__(self, course: Path, assignment: Assignment, database: str) -> None:
        self._course = course
        self._assignment = assignment
        self._path = course / ".autograder" / assignment.id / "written.jsonl"
        self._made_by = _made_by(assignment, database)
        self.entries = self._read()

    def _read(self) -> dict[str, Entry]:
        """The entries; none where the file is missing, torn or of another code."""
        try:
            with self._path.open(encoding="utf-8") as file:
                if json.loads(next(file))["made_by"] != self._made_by:
                    return {}
                return {student: Entry(*entry) for student, *entry in map(json.loads, file)}
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            return {}

    def holds(self, head: Known, held: Mapping[str, str]) -> bool:
        """Whether this record was written, and all of it is still there as it was."""
        entry = self.entries.get(head.student)
        return (
            entry is not None
            and entry.stamp == head.stamp
            and entry.held == held.get(head.student)
            and (entry.size, entry.changed) == self._notebook(head.student, entry.moment)
            and entry.moment == _moment(self._course / "submitted" / self._at(head.student))
        )

    def _at(self, student: str) -> Path:
        return Path(student) / self._assignment.id

    def _notebook(self, student: str, moment: str) -> tuple[int, int]:
        """Size and time of the autograded notebook; zeros where it, or its time stamp, is gone."""
        folder = self._course / "autograded" / self._at(student)
        try:
            found = os.lstat(folder / self._assignment.notebook)
        except OSError:
            return (0, 0)
        if not stat.S_ISREG(found.st_mode) or _moment(folder) != moment:
            return (0, 0)
        return found.st_size, found.st_mtime_ns

    def add(self, head: Known, moment: str, held: str) -> None:
        """Remember what has just been written."""
        size, changed = self._notebook(head.student, moment)
        self.entries[head.student] = Entry(head.stamp, moment, size, changed, held)

    def save(self) -> None:
        """Keep it for the next run, whole or not at all.

        Raises:
            OSError: the folder cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"made_by": self._made_by}) + "\n")
            for student, entry in self.entries.items():
                file.write(json.dumps([student, *astuple(entry)]) + "\n")
        temporary.replace(self._path)


def _moment(folder: Path) -> str | None:
    """The text of a time stamp as :func:`settle_timestamp` left it; None where it would not.

    What that would set aside must not be taken for unchanged: nbgrader stops over it.
    """
    try:
        handle = os.open(folder / STAMP, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError:
        return None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > STAMP_BYTES:
            return None
        return os.read(handle, STAMP_BYTES).decode("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
    finally:
        os.close(handle)


def _made_by(assignment: Assignment, database: str) -> str:
    """A digest of all but the record that decides what is written: code, notebook, database."""
    hashed = hashlib.sha256(repr((database, assignment, master_cells(assignment))).encode())
    code = [PACKAGE / name for name in ALSO]
    code += [path for room in WRITERS for path in sorted((PACKAGE / room).glob("*.py"))]
    for path in code:
        hashed.update(path.read_bytes() + b"\0")
    return hashed.hexdigest()[:32]
