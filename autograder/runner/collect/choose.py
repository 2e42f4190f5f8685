"""One notebook a student, out of all that a download holds."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.config import Assignment
from autograder.runner.collect.download import Download, Found
from autograder.runner.collect.layouts import stamp_time
from autograder.runner.collect.names import BY_HAND, Reading, classmates, is_copy
from autograder.runner.collect.notes import Notes, printable
from autograder.runner.collect.origin import Origin
from autograder.runner.whose import resembled

MAX_OF_ONE = 12
"""This assignment's notebooks of one student; more are a class that was not told apart."""

LISTED = ("grades.csv", "grades.xls", "index.html", "comments.txt", "feedbackText.html")
"""What an LMS adds to a download."""

WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})? ?[A-Za-z0-9:+-]{0,9}", re.A)
"""What nbgrader writes into ``timestamp.txt``."""


@dataclass(frozen=True)
class Choice:
    """A student's notebook, and the text of ``timestamp.txt`` where the LMS states the time."""

    origin: Origin
    notebook: Found
    stamp: str


@dataclass(frozen=True)
class _Candidate:
    origin: Origin
    notebook: Found
    likeness: int


def choose(download: Download, assignment: Assignment) -> list[Choice]:
    """The newest notebook of each student, sorted by student; what is left out is noted."""
    outer = [found.outer for found in download.notebooks]
    reading = Reading(outer, download.others, assignment.id)
    by_name: dict[str, list[_Candidate]] = defaultdict(list)
    for found in download.notebooks:
        whose = reading.origin(found.outer)
        if whose is not None and whose.about not in ("", assignment.id):
            download.notes.add(found.path, "of another assignment, left out")
        elif whose is None:
            download.notes.add(
                found.path,
                "no student can be told from its name; put it into a folder of the student's name",
            )
        else:
            by_name[whose.raw].append(_Candidate(whose, found, _likeness(found, assignment)))
    _empty_handed(download, reading, assignment, by_name)
    _other_assignments(by_name, assignment, download.notes)
    choices = []
    taken: dict[str, str] = {}
    for raw, candidates in sorted(by_name.items()):
        student = candidates[0].origin.student
        other = taken.setdefault(student.casefold(), raw)
        if other != raw:
            download.notes.say(
                f"{printable(raw)}: left out, since {printable(other)} would get the same id "
                f"{student!r}; rename one of the two, and collect again"
            )
        elif _is_class(candidates):
            download.notes.say(
                f"{printable(raw)}: left out, with {len(candidates)} notebooks that look like a "
                "whole class. Collect it by itself; if it is one student's, put the notebook that "
                "counts alone into a folder of that name"
            )
        else:
            choices.append(_best(candidates, assignment, download))
    return choices


def _is_class(candidates: Sequence[_Candidate]) -> bool:
    """Whether what names gave to one student, by hand or by mistake, is the work of many."""
    if candidates[0].origin.layout not in BY_HAND:
        return False
    inside = [
        c.notebook.path.relative_to(c.notebook.outer)
        for c in candidates
        if c.notebook.path != c.notebook.outer
    ]
    return classmates(inside) > 1 or sum(c.likeness > 0 for c in candidates) > MAX_OF_ONE


def _likeness(found: Found, assignment: Assignment) -> int:
    """2 for a notebook of this assignment, 1 for a part of one, 0 for another."""
    # Questions that a person reads have one name in several assignments.
    ids = [question.id for question in assignment.questions if not question.manual]
    named = sum(map(_naming(found), ids))
    return 0 if not named else 1 + (2 * named >= len(ids))


def _naming(found: Found) -> Callable[[str], bool]:
    """Whether a notebook speaks of a question, by nbgrader's id."""
    data = found.staged.read_bytes()
    return lambda id: f'"{id}"'.encode() in data


def _best(candidates: list[_Candidate], assignment: Assignment, download: Download) -> Choice:
    """The newest try; within it the notebook that is this assignment's, then the newest."""
    never = datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def rank(candidate: _Candidate) -> tuple[object, ...]:
        found, whose = candidate.notebook, candidate.origin
        return (
            candidate.likeness > 0, whose.moment or never, candidate.likeness, whose.serial,
            found.moment, found.path.name == assignment.notebook, not is_copy(found.path.name),
            str(found.path),
        )  # fmt: skip

    best = max(candidates, key=rank)
    if len(candidates) > 1:
        download.notes.say(
            f"{printable(best.origin.student)}: {len(candidates)} notebooks, took "
            f"{printable(best.notebook.path)}, the newest of this assignment"
        )
    if not best.likeness:
        download.notes.say(
            f"{printable(best.origin.student)}: {printable(best.notebook.path)} has none of "
            f"{assignment.id}'s questions{_resembled(best.notebook, assignment)}; collected all "
            "the same"
        )
    return Choice(best.origin, best.notebook, _stamp(best, download.stamps))


def _resembled(found: Found, assignment: Assignment) -> str:
    """Which other assignment's it may be."""
    other = resembled(_naming(found), assignment)
    return f", and looks like {other}'s" if other else ""


def _stamp(candidate: _Candidate, stamps: Mapping[PurePosixPath, str]) -> str:
    """When it was handed in, from what the LMS wrote, never from a file that a student chose."""
    whose, outer = candidate.origin, candidate.notebook.outer
    moment = whose.moment
    if whose.layout == "nbgrader":
        text = stamps.get(outer.parent, "").strip()
        return text if WRITTEN.fullmatch(text) else ""
    if whose.layout == "Sakai":
        folder = next((p for p in outer.parents if p.name == whose.raw), outer)
        moment = stamp_time(stamps.get(folder, ""))
    if moment is None:
        return ""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def _other_assignments(
    by_name: dict[str, list[_Candidate]], assignment: Assignment, notes: Notes
) -> None:
    """In nbgrader's layout each student has a folder for each assignment: only ours count."""
    if not any(c.origin.layout == "nbgrader" for found in by_name.values() for c in found):
        return
    for raw, candidates in list(by_name.items()):
        ours = [c for c in candidates if c.origin.layout == "nbgrader" or c.likeness]
        if ours:
            by_name[raw] = ours
        else:
            notes.add(candidates[0].notebook.path, "of another assignment, left out")
            del by_name[raw]


def _empty_handed(
    download: Download, reading: Reading, assignment: Assignment, by_name: Mapping[str, object]
) -> None:
    """Who handed in something, but no notebook."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in download.others:
        whose = reading.origin(path)
        if whose is None or whose.raw in by_name or path.name in LISTED:
            continue
        if whose.about not in ("", assignment.id):
            continue
        if len(path.parts) > reading.shared + 1 or whose.layout != BY_HAND[1]:
            files[whose.student].append(path.name)
    for student, names in sorted(files.items()):
        listed = ", ".join(printable(name) for name in names[:3])
        download.notes.say(f"{student}: handed in no notebook, but {listed}")
