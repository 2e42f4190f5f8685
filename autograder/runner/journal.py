"""What was decided, kept so that a killed run goes on where it stopped.

One line of JSON a record, appended and flushed to disk as soon as it is decided. A line that a kill
tore is cut off when the journal is opened again. Of each record only its head is kept in memory;
the rest is read from the file when it is asked for, so that ten thousand need no more than a few.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from autograder.records import SCHEMA, RecordError, SubmissionRecord, from_json, to_json

BUSY = "machine_busy"
"""The fault of a record that the next run tries again."""
OUT_OF_TIME = "out_of_time"
"""The fault of a submission that lost points to a clock, which a busy machine may be behind."""


Key = tuple[tuple[str, str], ...]


class CourseBusy(RuntimeError):
    """Another run is writing to this course folder."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a record without reading all of it.

    ``stamp`` is a digest of its line: two records with one stamp are the same. ``key`` is shared by
    all records that have the same; ``submission`` and ``file`` are the digests of what was read.
    """

    student: str
    status: str
    submission: str
    key: Key
    file: str
    busy: bool
    start: int
    length: int
    stamp: str

    def has(self, key: Mapping[str, str]) -> bool:
        """Whether the record was made under ``key``, its submission apart."""
        return self.key == tuple(sorted(key.items()))


def journal_path(course: Path, assignment_id: str) -> Path:
    """Where the records of an assignment are kept in a course folder."""
    return course / ".autograder" / assignment_id / "journal.jsonl"


@functools.lru_cache(maxsize=64)
def _shared(key: Key) -> Key:
    return key


def _scan(path: Path) -> tuple[dict[str, Head], int]:
    """The newest head of each student, and where the last whole line ends."""
    found: dict[str, Head] = {}
    good = 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            head = _head(line, good)
            if head is not None:  # else of another schema: that submission is graded again
                found[head.student] = head
            good += len(line)
    return found, good


def _head(line: bytes, start: int) -> Head | None:
    """Read from both ends of a line: what lies between is most of it.

    The names that are looked for cannot stand in a value: quotes are escaped there.
    """
    above, below = line.find(b',"questions":'), line.rfind(b',"faults":')
    try:
        head: dict[str, Any] = json.loads(line[:above] + b"}")
        tail: dict[str, Any] = json.loads(b"{" + line[below + 1 :])
        if tail["schema"] != SCHEMA:
            return None
        rest = {name: digest for name, digest in head["key"].items() if name != "submission"}
        return Head(
            student=head["student"],
            status=sys.intern(head["status"]),
            submission=head["key"]["submission"],
            key=_shared(tuple(sorted(rest.items()))),
            file=head.get("file", ""),
            busy=any(fault["code"] == BUSY for fault in tail["faults"]),
            start=start,
            length=len(line),
            stamp=_stamp(line),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _stamp(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:32]


class Journal:
    """The decided records of one assignment in one course; open it to read and append.

    Raises:
        CourseBusy: another process has it open.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise CourseBusy(
                f"another run is grading into {path.parent.parent.parent}; wait for it to end, or "
                "stop it (what it decided is kept) and start again"
            ) from error
        self.heads, good = _scan(path)
        os.ftruncate(self._handle, good)
        os.lseek(self._handle, 0, os.SEEK_END)

    def get(self, student: str) -> SubmissionRecord | None:
        """The newest record of a student; None if there is none that can be read."""
        head = self.heads.get(student)
        if head is None:
            return None
        try:
            return Records(self._path, [head])[0]
        except DamagedRecord:
            return None

    def add(self, record: SubmissionRecord) -> None:
        """Append a record, on disk before this returns.

        Raises:
            OSError: the disk is full, or the folder is not writable; nothing half is kept.
        """
        line = (to_json(record) + "\n").encode("utf-8")
        start = os.lseek(self._handle, 0, os.SEEK_CUR)
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self._handle, view) :]
            os.fdatasync(self._handle)
        except OSError:
            os.ftruncate(self._handle, start)
            os.lseek(self._handle, start, os.SEEK_SET)
            raise
        head = _head(line, start)
        assert head is not None
        self.heads[record.student] = head

    def select(self, students: Iterable[str]) -> Records:
        """The newest records of ``students``, in their order."""
        return Records(self._path, [self.heads[student] for student in students])

    def close(self) -> None:
        """Give the course folder free."""
        os.close(self._handle)


class DamagedRecord(ValueError):
    """A line of a journal is not what it was, or its middle cannot be read; says what to do."""


class Records(Sequence[SubmissionRecord]):
    """Records of a journal, each read from its file whenever it is asked for."""

    def __init__(self, path: Path, heads: Sequence[Head]) -> None:
        self._path = path
        self.heads = heads

    def __len__(self) -> int:
        return len(self.heads)

    @overload
    def __getitem__(self, at: int) -> SubmissionRecord: ...
    @overload
    def __getitem__(self, at: slice) -> Records: ...
    def __getitem__(self, at: int | slice) -> SubmissionRecord | Records:
        """One record, or some.

        Raises:
            DamagedRecord: its line is not what it was.
        """
        if isinstance(at, slice):
            return Records(self._path, self.heads[at])
        head = self.heads[at]
        try:
            with open(self._path, "rb") as file:
                file.seek(head.start)
                line = file.read(head.length)
            if _stamp(line) != head.stamp:
                raise RecordError("the file was edited meanwhile")
            return from_json(line.decode("utf-8"))
        except (RecordError, UnicodeDecodeError, FileNotFoundError) as error:
            raise DamagedRecord(
                f"the record of {head.student!r} in {self._path} (byte {head.start}) is damaged "
                f"({str(error)[:80]}); delete that line and run `autograder grade` again: that "
                "submission is graded anew, all others are kept. Without that whole file all are"
            ) from error


def read_journal(path: Path) -> Iterator[SubmissionRecord]:
    """The newest record of each student, without locking; torn or foreign lines are left out.

    Raises:
        DamagedRecord: as named there.
    """
    heads, _ = _scan(path) if path.is_file() else ({}, 0)
    yield from Records(path, [heads[student] for student in sorted(heads)])
