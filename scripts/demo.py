"""`make demo`: the main job from end to end, as an instructor would do it.

Releases every assignment, builds the book, makes a sample class for each out of the project's own
code (reference, alternatives, misconceptions, blank, broken, hostile), grades them in bulk, writes
feedback, class reports and the LMS's files, holds the outcome against what was expected of each
student, and prints where everything is. Exit code 1 when an outcome differs. The assignments are
released without the proof that `autograder release` begins with (`--prove` has it): all five take
longer than everything else, and tests hold the same mistakes and alternatives against the checks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autograder.config import known_assignments

ROOT = Path(__file__).resolve().parent.parent
MAIN, SIZE, OTHERS = "resnet", 60, 20


def main() -> int:
    """Run every step, time it, and say where its result is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="assignments; all if none")
    parser.add_argument("--course", type=Path, default=ROOT / "demo")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "-n",
        type=int,
        help=f"size of each class (default: {SIZE} for the first, {OTHERS} for others)",
    )
    parser.add_argument("--prove", action="store_true", help="run the preflight of each, too")
    parser.add_argument("--whole", action="store_true", help="every known mistake in each class")
    parser.add_argument("--no-book", action="store_true", help="leave the book out")
    options = parser.parse_args()
    ids = options.ids or sorted(known_assignments(), key=lambda id: id != MAIN)
    some = ("--whole",) if options.whole else ()
    course = options.course.resolve()
    at = ("--course", course)
    shutil.rmtree(course, ignore_errors=True)
    started = time.perf_counter()

    step("Trying out the sandbox", "autograder", "doctor")
    unproved = () if options.prove else ("--no-preflight",)

    def release(id: str) -> int:
        command = ("autograder", "release", id, *at, *unproved)
        return step(f"Releasing {id}", *command, apart=id != ids[0])

    def sample(id: str) -> int:
        size = options.n or (SIZE if id == ids[0] else OTHERS)
        command = ("autograder", "sample", id, *at, "-n", size, *some)
        return step(f"Making a class for {id}", *command, apart=True)

    with ThreadPoolExecutor(max(1, options.workers)) as cores:
        release(ids[0])  # which makes the gradebook
        list(cores.map(release, ids[1:]))
        if not options.no_book:
            # Of all assignments the kits have just been made, unless some only were asked for.
            kits = ("--kits", course / "kits") if not options.ids else ()
            step("Building the book", sys.executable, ROOT / "book" / "build.py", *kits)
        list(cores.map(sample, ids))
        grade = ("autograder", "grade", *ids, *at, "--workers", options.workers)
        step("Grading all of it", *grade)
        outcomes = list(cores.map(lambda id: told(id, course), ids))
    show(course, time.perf_counter() - started, book=not options.no_book)
    return max(outcomes)


def told(id: str, course: Path) -> int:
    """Feedback, class report and LMS file of one assignment; 1 if an outcome is another.

    Each is one process on one core, so assignments are told side by side.
    """
    at = ("--course", course)
    feedback = ("generate_feedback", id, "--course-dir", course, "--log-level=ERROR")
    step(f"Writing feedback on {id} with nbgrader", "nbgrader", *feedback, apart=True)
    step(f"Writing the class report of {id}", "autograder", "report", id, *at, apart=True)
    step(f"Writing the LMS's file of {id}", "autograder", "export", id, *at, apart=True)
    verify = ("autograder", "sample", id, *at, "--verify")
    return step(f"Holding {id} against what was expected", *verify, stop=False, apart=True)


def step(title: str, *command: str | Path | int, stop: bool = True, apart: bool = False) -> int:
    """Run one command in the open; stop the demo when it fails, unless told not to.

    What runs ``apart``, beside another, is shown when it has ended.
    """
    words = [str(part) for part in command]
    head = f"\n=== {title}\n$ {' '.join(words)}"
    start = time.perf_counter()
    if apart:
        done = subprocess.run(
            words, cwd=ROOT, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        print(f"{head}\n{done.stdout}--- {time.perf_counter() - start:.1f} s", flush=True)
    else:
        print(head, flush=True)
        done = subprocess.run(words, cwd=ROOT, check=False, text=True)
        print(f"--- {time.perf_counter() - start:.1f} s", flush=True)
    if done.returncode and stop:
        sys.exit(
            f"demo: stopped, because this step ended with exit code {done.returncode}: {title}"
        )
    return done.returncode


def show(course: Path, seconds: float, *, book: bool) -> None:
    """Say where everything is."""
    places = {
        "book": ROOT / "_build" / "html" / "index.html",
        "student kits": course / "kits",
        "submissions": course / "submitted",
        "autograded notebooks": course / "autograded",
        "feedback": course / "feedback",
        "class reports": course / "reports",
        "LMS files": course / "exports",
        "gradebook": course / "gradebook.db",
    }
    if not book:
        del places["book"]
    print(f"\n=== Done in {seconds / 60:.1f} minutes. Where things are:")
    for name, path in places.items():
        print(f"  {name:22}{path}{'' if path.exists() else '   MISSING'}")


if __name__ == "__main__":
    sys.exit(main())
