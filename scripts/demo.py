"""`make demo`: the main job from end to end, as an instructor would do it.

Builds the book, releases the assignment, makes a sample class out of the project's own code
(reference, alternatives, misconceptions, blank, broken, hostile), grades it in bulk, writes
feedback, class report and the LMS's file, holds the outcome against what was expected of each
student, and prints where everything is. Exit code 1 when an outcome differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = "resnet"


def main() -> int:
    """Run every step, time it, and say where its result is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--course", type=Path, default=ROOT / "demo")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-n", type=int, default=120, help="size of the sample class")
    parser.add_argument("--no-book", action="store_true", help="leave the book out")
    options = parser.parse_args()
    course = options.course.resolve()
    shutil.rmtree(course, ignore_errors=True)
    started = time.perf_counter()

    if not options.no_book:
        step("Building the book", sys.executable, ROOT / "book" / "build.py")
    step("Trying out the sandbox", "autograder", "doctor")
    step("Releasing the assignment", "autograder", "release", ASSIGNMENT, "--course", course)
    step(
        "Making a sample class",
        *("autograder", "sample", ASSIGNMENT, "--course", course, "-n", options.n),
    )
    step(
        "Grading it",
        *("autograder", "grade", ASSIGNMENT, "--course", course, "--workers", options.workers),
    )
    step(
        "Writing feedback with nbgrader",
        *("nbgrader", "generate_feedback", ASSIGNMENT, "--course-dir", course, "--log-level=ERROR"),
    )
    step("Writing the class report", "autograder", "report", ASSIGNMENT, "--course", course)
    step("Writing the LMS's file", "autograder", "export", ASSIGNMENT, "--course", course)
    outcome = step(
        "Holding the outcome against what was expected",
        *("autograder", "sample", ASSIGNMENT, "--course", course, "--verify"),
        stop=False,
    )
    show(course, time.perf_counter() - started, book=not options.no_book)
    return outcome


def step(title: str, *command: str | Path | int, stop: bool = True) -> int:
    """Run one command in the open; stop the demo when it fails, unless told not to."""
    print(f"\n=== {title}\n$ {' '.join(str(part) for part in command)}", flush=True)
    start = time.perf_counter()
    code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
    print(f"--- {time.perf_counter() - start:.1f} s", flush=True)
    if code and stop:
        sys.exit(f"demo: stopped, because this step ended with exit code {code}: {title}")
    return code


def show(course: Path, seconds: float, *, book: bool) -> None:
    """Say where everything is."""
    places = {
        "book": ROOT / "_build" / "html" / "index.html",
        "student kit": course / "kits" / f"{ASSIGNMENT}.zip",
        "submissions": course / "submitted",
        "autograded notebooks": course / "autograded",
        "feedback": course / "feedback",
        "class report": course / "reports" / f"{ASSIGNMENT}.html",
        "LMS file": course / "exports" / f"{ASSIGNMENT}.csv",
        "gradebook": course / "gradebook.db",
    }
    if not book:
        del places["book"]
    print(f"\n=== Done in {seconds / 60:.1f} minutes. Where things are:")
    for name, path in places.items():
        print(f"  {name:22}{path}{'' if path.exists() else '   MISSING'}")


if __name__ == "__main__":
    sys.exit(main())
