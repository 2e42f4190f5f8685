"""The names that each learning management system writes, and the students, tries and times in them.

Moodle: a folder (or a prefix) ``Jane Doe_12345_assignsubmission_file_``. Canvas:
``doejane_LATE_12345_67890_resnet.ipynb``, ``anon_a1B2c_67890_resnet.ipynb``. Blackboard:
``Title_jdoe_attempt_2026-01-02-03-04-05_resnet.ipynb``. Brightspace: a folder (or a prefix)
``12-345 - Jane Doe - Jan 2, 2026 304 AM``. Sakai: ``Doe, Jane(jdoe)/Submission attachment(s)/``.
nbgrader's exchange: ``jdoe+resnet+2026-01-02 03:04:05.000006 UTC+random``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from autograder.runner.collect.origin import Origin, student_id

_MOODLE = re.compile(r"^([^_]+)_(\d+)_assignsubmission_[a-z]+(?:_|$)")
_BRIGHTSPACE = re.compile(
    r"^(\d+)-\d+ - (.+?) ?- (\w+\.? \d{1,2}, \d{4} \d{1,2}:?\d\d ?[AP]M)(?: - .*)?$"
)
_BLACKBOARD = re.compile(r"^(.+?)_attempt_(\d{4}(?:-\d\d){5})(?:_|\.txt$)")
_CANVAS = re.compile(r"^(.+?)_(?:late_)?(\d+)_(?:(\d+)_.+|(?:text|link)\.html$)", re.I)
_CANVAS_ANONYMOUS = re.compile(
    r"^(?:LATE_)?anon_([0-9A-Za-z]{5})_(?:(\d+)_.+|(?:text|link)\.html$)"
)
_SAKAI = re.compile(r"^.*\(([^()]+)\)$")
_SAKAI_FLAT = re.compile(r"^(.+?\(([^()]+)\))_Submission attachment\(s\)_.")
_EXCHANGE = re.compile(r"^([^+]+)\+([^+]+)\+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? UTC(?:\+.*)?$")
ATTACHMENTS = "Submission attachment(s)"
"""Sakai's folder within that of a student."""


def _numbered(
    layout: str,
    name: str,
    number: str,
    moment: datetime.datetime | None = None,
    serial: int = 0,
) -> Origin:
    """Name and the LMS's own number: two students may have one name."""
    return Origin(student_id(f"{name}-{number}"), f"{name}_{number}", layout, moment, serial)


def _moodle(parts: tuple[str, ...], depth: int) -> Origin | None:
    match = _MOODLE.match(parts[depth])
    return _numbered("Moodle", match[1], match[2]) if match else None


def _brightspace(parts: tuple[str, ...], depth: int) -> Origin | None:
    match = _BRIGHTSPACE.match(parts[depth])
    if match is None:
        return None
    return _numbered("Brightspace", match[2], match[1], _brightspace_time(match[3]))


def _sakai(parts: tuple[str, ...], depth: int) -> Origin | None:
    """A student's folder, told by the folder in it; or all in one name, without folders."""
    name = parts[depth]
    if match := _SAKAI_FLAT.match(name):
        return Origin(student_id(match[2]), match[1], "Sakai")
    if parts[depth + 1 : depth + 2] != (ATTACHMENTS,) or len(parts) < depth + 3:
        return None
    match = _SAKAI.match(name)
    return Origin(student_id(match[1] if match else name), name, "Sakai")


def _canvas(parts: tuple[str, ...], depth: int) -> Origin | None:
    if depth != len(parts) - 1:
        return None
    if match := _CANVAS_ANONYMOUS.match(parts[depth]):
        return _numbered("Canvas", "anon", match[1], serial=int(match[2] or 0))
    if match := _CANVAS.match(parts[depth]):
        return _numbered("Canvas", match[1], match[2], serial=int(match[3] or 0))
    return None


def _blackboard(parts: tuple[str, ...], depth: int) -> Origin | None:
    """The user is what follows the last ``_``; ``raw`` keeps all, so that none are mixed."""
    match = _BLACKBOARD.match(parts[depth]) if depth == len(parts) - 1 else None
    if match is None:
        return None
    moment = local(match[2], "%Y-%m-%d-%H-%M-%S")
    return Origin(student_id(match[1].rpartition("_")[2]), match[1], "Blackboard", moment)


def _exchange(parts: tuple[str, ...], depth: int) -> Origin | None:
    match = _EXCHANGE.match(parts[depth]) if depth < len(parts) - 1 else None
    if match is None:
        return None
    moment = _read(f"{match[3]}{match[4] or '.0'}", "%Y-%m-%d %H:%M:%S.%f", datetime.UTC)
    return Origin(student_id(match[1]), match[1], "nbgrader's exchange", moment, about=match[2])


Reader = Callable[[tuple[str, ...], int], Origin | None]
LAYOUTS: dict[str, Reader] = {
    "Moodle": _moodle,
    "Brightspace": _brightspace,
    "Sakai": _sakai,
    "nbgrader's exchange": _exchange,
    "Canvas": _canvas,
    "Blackboard": _blackboard,
}
"""What each makes of one part of a path; where two fit equally well the first counts."""


def outermost(layout: str, path: PurePosixPath) -> tuple[int, Origin] | None:
    """The first part of a path that fits a layout, and its depth; what is below is a student's."""
    for depth in range(len(path.parts)):
        found = LAYOUTS[layout](path.parts, depth)
        if found is not None and found.student:
            return depth, found
    return None


def _read(text: str, form: str, zone: datetime.tzinfo | None) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.strptime(text, form)
    except ValueError:
        return None
    if not 1990 <= moment.year <= 2100:
        return None  # no time of handing in; calendars end somewhere, too
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()


def local(text: str, form: str) -> datetime.datetime | None:
    """A time that an LMS wrote without its zone: taken as this machine's."""
    return _read(text, form, None)


def _brightspace_time(text: str) -> datetime.datetime | None:
    plain = re.sub(r"[.:]", "", text)
    plain = re.sub(r" (\d{3}) ?([AP]M)$", r" 0\1 \2", plain)
    plain = re.sub(r" (\d{4}) ?([AP]M)$", r" \1 \2", plain)
    for month in ("%b", "%B"):
        found = local(plain, f"{month} %d, %Y %I%M %p")
        if found is not None:
            return found
    return None


def stamp_time(text: str) -> datetime.datetime | None:
    """The time in Sakai's ``timestamp.txt``: digits down to the millisecond."""
    digits = text.strip()
    return local(digits[:14], "%Y%m%d%H%M%S") if re.fullmatch(r"\d{17}", digits) else None
