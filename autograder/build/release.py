"""An assignment into a course folder: source, release (by nbgrader's own step), student kit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.build.kit import side_files, write_zip
from autograder.build.leakscan import Leak, scan
from autograder.build.notebook import source_notebook
from autograder.config import Assignment

CONFIG = '''\
"""nbgrader's configuration of this course; yours to extend."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = {name!r}
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".autograder"]
# `autograder grade` judges in a sandbox; `nbgrader autograde` also works, without one.
c.ExecutePreprocessor.timeout = 300
c.ClearSolutions.enforce_metadata = False
'''


class ReleaseError(RuntimeError):
    """A release could not be made; says what to do."""


@dataclass(frozen=True)
class ReleaseSummary:
    """Where everything is."""

    source: Path
    release: Path
    kit: Path


def release(assignment: Assignment, course: Path) -> ReleaseSummary:
    """Write source, release and kit of ``assignment`` into ``course``; submissions stay untouched.

    Raises:
        ReleaseError: nbgrader refused, or what students would get contains an answer.
    """
    course = course.resolve()
    course.mkdir(parents=True, exist_ok=True)
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG.format(name=course.name), encoding="utf-8")
    source = course / "source" / assignment.id
    shutil.rmtree(source, ignore_errors=True)
    files = side_files(assignment)
    for name, data in files.items():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    notebook = json.dumps(source_notebook(assignment), indent=1, ensure_ascii=False) + "\n"
    (source / assignment.notebook).write_text(notebook, encoding="utf-8")
    _generate(assignment, course)
    released = course / "release" / assignment.id
    kit = course / "kits" / f"{assignment.id}.zip"
    contents = {**files, assignment.notebook: (released / assignment.notebook).read_bytes()}
    write_zip(kit, assignment.id, contents)
    leaks = scan(kit, assignment) + scan(released, assignment)
    if leaks:
        shutil.rmtree(released)
        kit.unlink()
        raise ReleaseError(_leaky(leaks))
    return ReleaseSummary(source, released, kit)


def _leaky(leaks: list[Leak]) -> str:
    listed = "; ".join(f"{leak.file}: {leak.what}" for leak in leaks[:5])
    return (
        f"nothing was released: what students would get contains {len(leaks)} secret(s): {listed}. "
        "Mend the assignment's text (or the public checks) and release again."
    )


def _generate(assignment: Assignment, course: Path) -> None:
    """Nbgrader's own step, with our environment's tools on the path: it calls a bare alembic."""
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", assignment.id]
    command += ["--force", "--create", f"--course-dir={course}"]
    done = subprocess.run(
        command, cwd=course, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ReleaseError(
            f"nbgrader could not generate {assignment.id!r} in {course}: " + " | ".join(lines[-4:])
        )
