"""What was decided, kept so that a killed run goes on where it stopped.

One line of JSON a record, appended and flushed to disk as soon as it is decided. A line that a kill
tore is cut off when the journal is opened again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from autograder.records import RecordError, SubmissionRecord, from_json, to_json


class CourseBusy(RuntimeError):
    """Another run is writing to this course folder."""


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
        self.records = self._load()

    def _load(self) -> dict[str, SubmissionRecord]:
        """The newest record of each student; a torn end is cut off."""
        found: dict[str, SubmissionRecord] = {}
        good = 0
        with open(self._path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                try:
                    record = from_json(line.decode("utf-8"))
                    found[record.student] = record
                except (RecordError, UnicodeDecodeError):
                    pass  # of another version: that submission is graded again
                good += len(line)
        os.ftruncate(self._handle, good)
        os.lseek(self._handle, 0, os.SEEK_END)
        return found

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
        self.records[record.student] = record

    def close(self) -> None:
        """Give the course folder free."""
        os.close(self._handle)


def read_journal(path: Path) -> Iterator[SubmissionRecord]:
    """The newest record of each student, without locking; torn or foreign lines are left out."""
    found: dict[str, SubmissionRecord] = {}
    if path.is_file():
        with open(path, "rb") as file:
            for line in file:
                try:
                    record = from_json(line.decode("utf-8"))
                except (RecordError, UnicodeDecodeError):
                    continue
                found[record.student] = record
    yield from (found[student] for student in sorted(found))
