"""An assignment into a course folder: source, release (by nbgrader's own step), student kit."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.build.kit import side_files, write_zip
from autograder.build.leakscan import Leak, scan
from autograder.build.notebook import (
    as_bytes,
    master_cells,
    released_notebook,
    source_notebook,
)
from autograder.build.windows import load_secrets
from autograder.config import Assignment

CONFIG = '''\
"""nbgrader's configuration of this course; yours to extend."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = {name!r}
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".autograder"]
# `autograder grade` judges in a sandbox; `nbgrader autograde` also works, without one.
c.ExecutePreprocessor.timeout = 300
# `nbgrader export` reads a class together; where this course's grader is not installed, one by one.
try:
    from autograder.nbgrader_export import ClassExportPlugin
except ImportError:
    pass
else:
    c.ExportApp.plugin_class = ClassExportPlugin
'''

TAKEN = "there are submissions associated with it"
"""What nbgrader says when it will not add or remove cells any more."""
NAMELESS = "assignment_course_id_fkey"
"""What a database server refuses where the configuration gives the course no name."""


class ReleaseError(RuntimeError):
    """A release could not be made; says what to do. What was there before is still there."""


@dataclass(frozen=True)
class ReleaseSummary:
    """Where everything is."""

    source: Path
    release: Path
    kit: Path

    @classmethod
    def below(cls, course: Path, assignment: Assignment) -> ReleaseSummary:
        """Where everything of ``assignment`` is in a course folder, released or not."""
        return cls(
            course / "source" / assignment.id,
            course / "release" / assignment.id,
            course / "kits" / f"{assignment.id}.zip",
        )


def release(assignment: Assignment, course: Path) -> ReleaseSummary:
    """Write source, release and kit of ``assignment`` into ``course``; submissions stay untouched.

    Raises:
        TextError: the assignment's text, answers or frozen cases are not as they should be.
        ReleaseError: nbgrader refused, or what students would get contains an answer.
        OSError: the course folder cannot be written.
    """
    files = side_files(assignment)
    source_bytes = as_bytes(source_notebook(assignment))
    secrets = load_secrets(assignment)
    with tempfile.TemporaryDirectory(prefix="release-") as place:
        planned = {**files, assignment.notebook: as_bytes(released_notebook(assignment))}
        _write(Path(place), planned)
        _refuse(scan(Path(place), secrets))
    course = course.resolve()
    course.mkdir(parents=True, exist_ok=True)
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG.format(name=course.name), encoding="utf-8")
    made = ReleaseSummary.below(course, assignment)
    aside = course / ".autograder" / assignment.id
    aside.mkdir(parents=True, exist_ok=True)
    with _alone(aside), _restored_on_failure(made, aside):
        _write(made.source, {**files, assignment.notebook: source_bytes})
        _generate(assignment, course)
        released = (made.release / assignment.notebook).read_bytes()
        _compare(released, assignment, config)
        write_zip(made.kit, assignment.id, {**files, assignment.notebook: released})
        _refuse(scan(made.kit, secrets) + scan(made.release, secrets))
    return made


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


@contextmanager
def _alone(aside: Path) -> Iterator[None]:
    """No other release meanwhile: each would take what the other puts aside for a killed one's."""
    handle = os.open(aside, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(
                f"another release of {aside.name!r} into {aside.parent.parent} is under way. Wait "
                "until it has ended; then release again, if there is still something to release."
            ) from error
        yield
    finally:
        os.close(handle)


@contextmanager
def _restored_on_failure(made: ReleaseSummary, aside: Path) -> Iterator[None]:
    """Put what was released before aside; when this release fails, it takes its place again."""
    for left in sorted(aside.glob("before-*")):  # of one that was killed
        for path in vars(made).values():
            if (left / path.parent.name).exists():
                _put_back(left / path.parent.name, path)
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=aside, prefix="before-") as place:
        before = {path: Path(place) / path.parent.name for path in vars(made).values()}
        for path, kept in before.items():
            if path.exists():
                path.rename(kept)
        try:
            yield
        except BaseException:
            for path, kept in before.items():
                _put_back(kept, path)
            raise


def _put_back(kept: Path, path: Path) -> None:
    """What was there before, if anything, in place of what was half made."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if kept.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(path)


def _refuse(leaks: list[Leak]) -> None:
    if leaks:
        listed = "\n".join(f"  - {leak}" for leak in leaks[:5])
        more = f"\n  and {len(leaks) - 5} more" if len(leaks) > 5 else ""
        raise ReleaseError(
            f"nothing was released: what students would get gives {len(leaks)} secret(s) away:\n"
            f"{listed}{more}\nMend the assignment's text or its public checks, then release again."
        )


def _compare(released: bytes, assignment: Assignment, config: Path) -> None:
    """Hold nbgrader's release against the master, which submissions will be held against."""
    cells = json.loads(released)["cells"]
    found = {
        cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"])
        for cell in cells
    }
    for cell in master_cells(assignment):
        if found.get(cell.grade_id) != cell.source:
            raise ReleaseError(
                f"nothing was released: nbgrader's release has another cell {cell.grade_id!r} than "
                f"the grader expects. Does {config} (or your own nbgrader configuration) change "
                "stubs or cells, for example by ClearSolutions.code_stub? Take that out."
            )


NBGRADER = """import sys
sys.modules["rfc3987_syntax"] = None
from nbgrader.apps.nbgraderapp import main
main()"""
"""The command `nbgrader` without a parser for international addresses, whose import takes seconds:
jsonschema does without where that package is not installed."""


def _generate(assignment: Assignment, course: Path) -> None:
    """Nbgrader's own step, with our environment's tools on the path: it calls a bare alembic."""
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-c", NBGRADER, "generate_assignment", assignment.id]
    command += ["--force", "--create", f"--course-dir={course}"]
    done = subprocess.run(
        command, cwd=course, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReleaseError(_why(assignment, course, done.stderr or done.stdout))


def _why(assignment: Assignment, course: Path, output: str) -> str:
    """What nbgrader's many lines come to."""
    if TAKEN in output:
        return (
            f"nbgrader refuses to release {assignment.id!r} again: the gradebook of {course} has "
            "submissions to it, and cells were added, removed or renamed since. Undo that "
            "(changes inside cells are fine), or release into another course folder."
        )
    if NAMELESS in output:
        return (
            f"the database of {course} wants the course to have a name: add "
            f"c.CourseDirectory.course_id = {course.name!r} to {course / 'nbgrader_config.py'}"
        )
    lines = [line.strip() for line in output.strip().splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line and not line.startswith("[")]
    said = " | ".join((errors or lines)[-2:])
    return f"nbgrader could not generate {assignment.id!r} in {course}: {said}"
