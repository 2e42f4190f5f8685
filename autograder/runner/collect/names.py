"""Whose work a file is, told from where it lies in the download.

A student chooses the names of files and of what is inside a zip; the LMS writes the part before
that. So the layout is told from the whole download, never from one name alone, and nothing inside
a student's zip or folder names anybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from autograder.runner.collect.layouts import LAYOUTS, outermost
from autograder.runner.collect.origin import Origin, student_id

COPY = re.compile(r"(?:[ _-]*\(\d+\)|[ _-]+(?:copy|kopie|copie|copia|copy\d+|copy \d+))+$", re.I)
"""What browsers and desktops add to the name of a second copy."""

LETTERS = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.I)
"""The endings of a notebook, with what some browsers append."""

BY_HAND = ("one folder a student", "one file a student")


def is_notebook(name: str) -> bool:
    """Whether a file name is one of a notebook."""
    return LETTERS.search(name) is not None


def wrapping(paths: Sequence[PurePosixPath]) -> int:
    """How many outer folders all paths share: they name no student."""
    folders = [path.parts[:-1] for path in paths]
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    return shared


class Reading:
    """How the names of one download are read.

    Args:
        paths: Where all notebooks lie; for those inside a student's zip, where the zip lies.
        others: Where all else lies: who handed in no notebook still shows what folders mean.
        assignment_id: Part of a file's name that names nobody.
    """

    def __init__(
        self,
        paths: Sequence[PurePosixPath],
        others: Sequence[PurePosixPath],
        assignment_id: str,
    ) -> None:
        self.shared = wrapping(paths)
        if len({path.parent for path in paths}) == 1:  # of one student, or side by side
            self.shared = wrapping([*paths, *(path for path in others if len(path.parts) > 1)])
        self._id = assignment_id
        self._deep: set[str] = set()
        votes: dict[str, tuple[int, int]] = {}
        for layout in LAYOUTS:
            found = [hit for path in paths if (hit := outermost(layout, path))]
            if paths and len(found) == len(paths):
                self._deep.add(layout)  # all of them: no student wrote that
            votes[layout] = (len(found), len({origin.raw for _, origin in found}))
        self._order = sorted(LAYOUTS, key=lambda layout: votes[layout], reverse=True)

    def origin(self, path: PurePosixPath) -> Origin | None:
        """Who handed in the file at ``path``; None when that cannot be told."""
        course = _in_course(path, self.shared, self._id)
        if course is not None:
            return course
        for layout in self._order:
            hit = outermost(layout, path)
            if hit is not None and (hit[0] <= self.shared or layout in self._deep):
                return hit[1]
        return _plain(path, self.shared, self._id)


def classmates(paths: Sequence[PurePosixPath]) -> int:
    """How many students an LMS names in these paths: more than one are no student's own work."""
    return max(
        len({hit[1].raw for path in paths if (hit := outermost(layout, path))})
        for layout in LAYOUTS
    )  # fmt: skip


def _in_course(path: PurePosixPath, shared: int, assignment_id: str) -> Origin | None:
    """In ``submitted/<student>/<assignment>`` of a course folder, however few there are."""
    folders = path.parts[:-1]
    for depth, folder in enumerate(folders[: shared + 1]):
        if folder == "submitted" and folders[depth + 2 : depth + 3] == (assignment_id,):
            return _named(folders[depth + 1], "nbgrader")
    return None


def _plain(path: PurePosixPath, shared: int, assignment_id: str) -> Origin | None:
    """A folder a student (nbgrader's layout included), or a file a student."""
    folders = path.parts[:-1]
    if len(folders) > shared:
        name = folders[shared]
        nested = folders[shared + 1 : shared + 2] == (assignment_id,)
        return _named(name, "nbgrader" if nested else BY_HAND[0])
    name = _without_assignment(path.name, assignment_id)
    if name:
        return _named(name, BY_HAND[1])
    for folder in reversed(folders):
        if folder.casefold() not in (assignment_id.casefold(), "submitted"):
            return _named(folder, BY_HAND[0])
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
