"""What was found in a download, and the folder of ours that it is copied to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.runner.collect.notes import CollectError, Notes, Unwritable
from autograder.runner.collect.zips import MIB

MAX_TOTAL = 16 * 2**30


@dataclass(frozen=True)
class Found:
    """A notebook, unpacked to ``staged``.

    ``outer`` is what the LMS handed out: the notebook, or the student's zip that it was in.
    """

    path: PurePosixPath
    outer: PurePosixPath
    staged: Path
    moment: float


@dataclass
class Download:
    """What was found: notebooks, all other files, and the ``timestamp.txt`` of folders."""

    staging: Path
    notes: Notes = field(default_factory=Notes)
    notebooks: list[Found] = field(default_factory=list)
    others: list[PurePosixPath] = field(default_factory=list)
    stamps: dict[PurePosixPath, str] = field(default_factory=dict)
    _bytes: int = 0
    _files: int = 0

    def keep(self, file: IO[bytes], limit: int) -> Path | None:
        """Copy a stream into the staging folder; None when it is over ``limit``.

        Raises:
            CollectError: the download as a whole is too large.
            Unwritable: there is no room; what the stream itself raises is the stream's fault.
        """
        target = self.staging / str(self._files)
        self._files += 1
        left = limit
        while chunk := file.read(min(MIB, left + 1)):
            left -= len(chunk)
            self._bytes += len(chunk)
            if left < 0:
                target.unlink(missing_ok=True)
                return None
            if self._bytes > MAX_TOTAL:
                raise CollectError(
                    f"the download holds more than {MAX_TOTAL // 2**30} GiB of notebooks and "
                    "zips. Nothing was collected; collect it in parts."
                )
            _append(target, chunk)
        _append(target, b"")
        return target


def _append(target: Path, data: bytes) -> None:
    try:
        with target.open("ab") as out:
            out.write(data)
    except OSError as error:
        raise Unwritable(error) from error
