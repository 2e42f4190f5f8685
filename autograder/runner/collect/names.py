"""Whose work a file is, told from where it lies in the download.

A student chooses the names of files and of what is inside a zip; the LMS writes the part before
that. So only the outermost part that fits counts, and nothing inside a student's zip does.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

MOODLE = re.compile(r"^([^_]+)_(\d+)_assignsubmission_[a-z]+(?:_|$)")
BRIGHTSPACE = re.compile(
    r"^(\d+)-\d+ - (.+?) - (\w+\.? \d{1,2}, \d{4} \d{1,2}:?\d\d ?[AP]M)(?: - .*)?$"
)
BLACKBOARD = re.compile(r"^(.+?)_attempt_(\d{4}(?:-\d\d){5})(?:_|\.txt$)")
CANVAS = re.compile(r"^([^_]+)_(?:LATE_)?([0-9]+|[0-9A-Za-z]{5})_(\d+)_.+")
ATTACHMENTS = "Submission attachment(s)"
"""Sakai's folder within that of a student."""

COPY = re.compile(r"(?:[ _-]*\(\d+\)|[ _-]+(?:copy|kopie|copie|copia|copy\d+|copy \d+))+$", re.I)
"""What browsers and desktops add to the name of a second copy."""

LETTERS = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.I)
"""The endings of a notebook, with what some browsers append."""


@dataclass(frozen=True)
class Origin:
    """Who handed in a file, by which layout, and which try it was as far as the LMS says.

    ``raw`` is the name as written there: two that differ are two people, whatever ``student`` (the
    id for nbgrader, letters, digits and ``_.@-``) makes of them.
    """

    student: str
    raw: str
    layout: str
    moment: datetime.datetime | None = None
    serial: int = 0


def is_notebook(name: str) -> bool:
    """Whether a file name is one of a notebook."""
    return LETTERS.search(name) is not None


def student_id(name: str) -> str:
    """An id from a name in any script: composed letters, marks and digits; else a hyphen."""
    composed = unicodedata.normalize("NFC", name).strip()
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" or letter in "_.@-" else "-"
        for letter in composed
    )
    return re.sub(r"-{2,}", "-", kept).strip(".-")[:100].rstrip(".-")


def wrapping(paths: Sequence[PurePosixPath]) -> int:
    """How many outer folders all paths share: they name no student."""
    folders = [path.parts[:-1] for path in paths]
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    return shared


def origin(path: PurePosixPath, shared: int, assignment_id: str) -> Origin | None:
    """Who handed in the file at ``path`` of a download; None when that cannot be told.

    Args:
        path: Where the file lies; for what is inside a student's zip, where the zip lies.
        shared: How many outer folders everything shares (:func:`wrapping`).
        assignment_id: Part of a file's name that names nobody.
    """
    for depth, part in enumerate(path.parts):
        found = _by_lms(part, is_file=depth == len(path.parts) - 1)
        if found is None and part == ATTACHMENTS and depth:
            inside = re.search(r"\(([^()]+)\)$", path.parts[depth - 1])
            name = inside[1] if inside else path.parts[depth - 1]
            found = Origin(student_id(name), path.parts[depth - 1], "Sakai")
        if found is not None:
            return found if found.student else None
    return _plain(path, shared, assignment_id)


def _by_lms(part: str, *, is_file: bool) -> Origin | None:
    if match := MOODLE.match(part):
        return _numbered("Moodle", match[1], match[2])
    if match := BRIGHTSPACE.match(part):
        return _numbered("Brightspace", match[2], match[1], _brightspace_time(match[3]))
    if not is_file:
        return None
    if match := BLACKBOARD.match(part):
        user = match[1].rpartition("_")[2]
        moment = _local(match[2], "%Y-%m-%d-%H-%M-%S")
        return Origin(student_id(user), user, "Blackboard", moment)
    if match := CANVAS.match(part):
        return _numbered("Canvas", match[1], match[2], serial=int(match[3]))
    return None


def _numbered(
    layout: str,
    name: str,
    number: str,
    moment: datetime.datetime | None = None,
    serial: int = 0,
) -> Origin:
    """Name and the LMS's own number: two students may have one name."""
    return Origin(student_id(f"{name}-{number}"), f"{name}_{number}", layout, moment, serial)


def _plain(path: PurePosixPath, shared: int, assignment_id: str) -> Origin | None:
    """A folder a student (nbgrader's layout included), or a file a student."""
    folders = path.parts[:-1]
    if len(folders) > shared:
        name = folders[shared]
        nested = folders[shared + 1 : shared + 2] == (assignment_id,)
        return _named(name, "nbgrader" if nested else "one folder a student")
    name = _without_assignment(path.name, assignment_id)
    if name:
        return _named(name, "one file a student")
    for folder in reversed(folders):
        if folder.casefold() not in (assignment_id.casefold(), "submitted"):
            return _named(folder, "one folder a student")
    return None


def _named(name: str, layout: str) -> Origin | None:
    student = student_id(name)
    return Origin(student, unicodedata.normalize("NFC", name), layout) if student else None


def _without_assignment(name: str, assignment_id: str) -> str:
    """What a file's name says besides the assignment: ``jane_doe_resnet (1).ipynb`` is jane_doe."""
    stem = COPY.sub("", LETTERS.sub("", name) if is_notebook(name) else PurePosixPath(name).stem)
    about = re.escape(assignment_id)
    return re.sub(rf"^{about}(?:[ _.-]+|$)|(?:^|[ _.-]+){about}$", "", stem, flags=re.I).strip()


def is_copy(name: str) -> bool:
    """Whether a browser or a desktop numbered this file."""
    return COPY.search(LETTERS.sub("", name)) is not None


def _local(text: str, form: str) -> datetime.datetime | None:
    """A time that an LMS wrote without its zone: taken as this machine's."""
    try:
        return datetime.datetime.strptime(text, form).astimezone()
    except ValueError:
        return None


def _brightspace_time(text: str) -> datetime.datetime | None:
    plain = re.sub(r"[.:]", "", text)
    plain = re.sub(r" (\d{3}) ?([AP]M)$", r" 0\1 \2", plain)
    plain = re.sub(r" (\d{4}) ?([AP]M)$", r" \1 \2", plain)
    for month in ("%b", "%B"):
        found = _local(plain, f"{month} %d, %Y %I%M %p")
        if found is not None:
            return found
    return None


def stamp_time(text: str) -> datetime.datetime | None:
    """The time in Sakai's ``timestamp.txt``: digits down to the millisecond."""
    digits = text.strip()
    return _local(digits[:14], "%Y%m%d%H%M%S") if re.fullmatch(r"\d{17}", digits) else None
