"""Reading one submission, trusting nothing: not the file, its name, its JSON or its metadata.

What can be read is read, oddities become flags; what cannot becomes a fault that tells the student
what to do. Links are never followed.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.config import Assignment
from autograder.records import Blame, Fault, Flag

MAX_BYTES = 32 * 2**20
MAX_CELLS = 2000
MAX_SOURCE = 400_000
MAX_NOTEBOOKS = 200
"""How many notebooks under other names are compared; each has to be read."""


class Unreadable(Exception):
    """A submission that cannot be graded as it is; ``fault`` says why."""

    def __init__(self, code: str, message: str, blame: Blame = Blame.SUBMISSION) -> None:
        super().__init__(message)
        self.fault = Fault(code=code, message=message, blame=blame)

    @classmethod
    def for_us(cls, path: Path, error: OSError) -> Unreadable:
        """What the disk or its permissions keep from us: no fault of whoever handed it in."""
        return cls(
            "unread",
            f"{path} cannot be read ({error.strerror}). That is no fault of the submission: mend "
            "the permissions or the disk; the next `autograder grade` tries it again",
            Blame.GRADER,
        )


@dataclass(frozen=True)
class StudentCell:
    """One cell as handed in: type, source and the nbgrader id it claims."""

    cell_type: str
    source: str
    grade_id: str = ""


@dataclass(frozen=True)
class Intake:
    """One submission as read. ``cells`` is empty when there are ``faults``."""

    student: str
    cells: tuple[StudentCell, ...]
    digest: str
    submitted_at: str
    flags: tuple[Flag, ...] = ()
    faults: tuple[Fault, ...] = ()
    file: str = ""


def file_digest(folder: Path, assignment: Assignment) -> str:
    """A digest of the file that would be graded; empty where there is none that can be read.

    Where it is that of a record, so is all that was read: nothing need be parsed to know it.
    """
    try:
        path = _choose(folder, assignment, [])
        return _digest(path, _read(path, MAX_BYTES))
    except Unreadable:
        return ""


def handed_in_at(folder: Path, assignment: Assignment) -> str:
    """When a submission was handed in, as a record tells it; empty where it cannot be read."""
    try:
        return _submitted_at(folder, _choose(folder, assignment, []))
    except (Unreadable, OSError):
        return ""


def _digest(path: Path, data: bytes) -> str:
    name = path.name.encode("utf-8", "surrogateescape")
    return hashlib.sha256(name + b"\0" + data).hexdigest()[:32]


def read_submission(folder: Path, assignment: Assignment) -> Intake:
    """Read ``submitted/<student>/<assignment>``; never raises for what the folder holds."""
    student = folder.parent.name
    data, file, moment = b"", "", ""
    flags: list[Flag] = []
    try:
        path = _choose(folder, assignment, flags)
        data = _read(path, MAX_BYTES)
        file = _digest(path, data)
        moment = _submitted_at(folder, path)
        cells = _cells(_parse(data), flags)
    except Unreadable as unreadable:
        digest = hashlib.sha256(data + unreadable.fault.code.encode()).hexdigest()
        faults = (unreadable.fault,)
        return Intake(student, (), digest, moment or _now_of(folder), tuple(flags), faults, file)
    described = json.dumps([[c.cell_type, c.source, c.grade_id] for c in cells] + [path.name])
    digest = hashlib.sha256(described.encode()).hexdigest()
    return Intake(student, tuple(cells), digest, moment, tuple(flags), file=file)


def _choose(folder: Path, assignment: Assignment, flags: list[Flag]) -> Path:
    """The notebook to grade: of the right name, else the only one, else the likeliest."""
    for place in (folder.parent, folder):
        if place.is_symlink():
            raise Unreadable(
                "link", "the submission's folder is a symbolic link; links are not read"
            )
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except NotADirectoryError as error:
        raise Unreadable("folder", "the submission's folder is a file") from error
    except OSError as error:
        raise Unreadable.for_us(folder, error) from error
    if assignment.notebook in names:
        return folder / assignment.notebook
    notebooks = [name for name in names if name.lower().endswith(".ipynb")][:MAX_NOTEBOOKS]
    if not notebooks:
        raise Unreadable(
            "no_notebook",
            f"there is no notebook in the submission, expected {assignment.notebook}; "
            f"found: {', '.join(_printable(name) for name in names[:8]) or 'nothing'}. "
            "Hand in the notebook file itself.",
        )
    chosen = max(notebooks, key=lambda name: (_likeness(folder / name, assignment), name))
    message = f"the notebook is called {_printable(chosen)}, not {assignment.notebook}"
    if len(notebooks) > 1:
        message += f"; of {len(notebooks)} notebooks it has the most of this assignment's cells"
    flags.append(Flag(code="renamed", message=message))
    return folder / chosen


def _likeness(path: Path, assignment: Assignment) -> int:
    """How many of the assignment's question ids a file mentions."""
    try:
        data = _read(path, MAX_BYTES)
    except Unreadable:
        return -1
    return sum(f'"{question.id}"'.encode() in data for question in assignment.questions)


def _read(path: Path, limit: int) -> bytes:
    """The bytes of a regular file; anything else is refused without being opened for long."""
    name = _printable(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unreadable("link", f"{name} is a symbolic link; links are not read") from error
        if error.errno in (errno.ENXIO, errno.ENOENT):  # a socket; gone since it was listed
            raise Unreadable("open", f"{name} cannot be opened: {error.strerror}") from error
        raise Unreadable.for_us(path, error) from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):  # before Python takes it: of a folder it makes no file
        os.close(handle)
        raise Unreadable("special", f"{name} is not an ordinary file")
    with os.fdopen(handle, "rb") as file:
        if about.st_size > limit:
            raise Unreadable(
                "too_large",
                f"{name} has {about.st_size / 2**20:.0f} MiB; {limit // 2**20} are read. "
                "Clear the outputs (Edit > Clear Outputs of All Cells), save and hand in again.",
            )
        try:
            return file.read(limit + 1)[:limit]
        except OSError as error:
            raise Unreadable.for_us(path, error) from error


def _parse(data: bytes) -> dict[str, Any]:
    """The JSON object in a notebook file."""
    hint = "Open it in Jupyter; if it does not open there, download or save it again."
    if not data.strip():
        raise Unreadable("empty", f"the notebook file is empty. {hint}")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        document = json.loads(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", f"the notebook file is not UTF-8 text. {hint}") from error
    except RecursionError as error:
        raise Unreadable("nesting", f"the notebook file is nested too deeply. {hint}") from error
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
        message = f"the notebook file is not valid JSON ({where}); was it cut short? {hint}"
        raise Unreadable("not_json", message) from error
    if not isinstance(document, dict):
        raise Unreadable("not_a_notebook", f"the file holds JSON, but no notebook. {hint}")
    return document


def _cells(document: dict[str, Any], flags: list[Flag]) -> list[StudentCell]:
    """Cells of a notebook of format 4, or 3 with its worksheets."""
    listed = document.get("cells")
    if listed is None and isinstance(document.get("worksheets"), list):
        flags.append(Flag(code="old_format", message="a notebook of format 3 was read"))
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        listed = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(listed, list):
        raise Unreadable(
            "not_a_notebook",
            "the file holds JSON, but no notebook: it has no list of cells. "
            "Hand in the .ipynb file that you worked in.",
        )
    if len(listed) > MAX_CELLS:
        raise Unreadable(
            "too_many_cells", f"the notebook has {len(listed)} cells, over {MAX_CELLS}"
        )
    cells = []
    for number, cell in enumerate(listed, start=1):
        read = _cell(cell)
        if read is None:
            flags.append(Flag(code="odd_cell", message=f"cell {number} is malformed and left out"))
        else:
            cells.append(read)
    return cells


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _cell(cell: object) -> StudentCell | None:
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind not in ("code", "markdown", "raw", "heading") or not isinstance(source, str):
        return None
    if len(source) > MAX_SOURCE:
        source = source[:MAX_SOURCE]
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = about.get("grade_id") if isinstance(about, dict) else None
    kind = "code" if kind == "code" else "markdown"
    return StudentCell(kind, _clean(source), _clean(grade_id) if isinstance(grade_id, str) else "")


def _clean(text: str) -> str:
    """Text that every later step can encode: no lone surrogates, no NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _printable(name: str) -> str:
    """A file name for a message."""
    return "".join(c if c.isprintable() else "?" for c in _clean(name))[:80]


def _submitted_at(folder: Path, path: Path) -> str:
    """Nbgrader's ``timestamp.txt`` if it holds a time, else the file's own time."""
    try:
        text = _read(folder / "timestamp.txt", 200).decode("ascii").strip()
    except (Unreadable, UnicodeDecodeError):
        text = ""
    if text:
        from dateutil import parser

        try:
            moment = parser.parse(text, tzinfos={"UTC": datetime.UTC})
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=datetime.UTC)
            return str(moment.astimezone(datetime.UTC).isoformat())
        except (ValueError, ArithmeticError):  # an overflow, or decimals of no use
            pass
    return _iso(path)


def _now_of(folder: Path) -> str:
    try:
        return _iso(folder)
    except OSError:
        return ""


def _iso(path: Path) -> str:
    seconds = int(os.lstat(path).st_mtime)
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""  # some file systems keep times that no calendar has
