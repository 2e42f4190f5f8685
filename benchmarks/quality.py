"""How good are the checks? ``make quality`` measures it and writes ``docs/grading-quality.md``.

For each assignment: the preflight in real boxes (every known mistake caught and named, every
alternative accepted), the seconds of checks that a correct submission costs on one core, the
reference and every alternative under many other hidden inputs and weights (``--seeds``), and the
margin of the training checks (``--training-seeds``). What was measured is kept beside the page, in
``docs/grading-quality.json``, so that assignments can be measured one at a time, and of the seeds
only what has changed (:mod:`benchmarks.seeds`); where an assignment's checks or answers have
changed since, the page says so.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch

from autograder.build.answers import load_answers
from autograder.config import REPOSITORY, Assignment, known_assignments, load_assignment
from autograder.preflight import preflight
from autograder.runner.bench import Bench
from autograder.runner.grade import grade_one
from autograder.sample import submission
from benchmarks.seeds import TRAINING, losses_of, margin_of, settings

KEPT = REPOSITORY / "docs" / "grading-quality.json"
PAGE = REPOSITORY / "docs" / "grading-quality.md"


@dataclass(frozen=True)
class Quality:
    """What was measured of one assignment."""

    id: str
    measured: str
    questions: int
    checks: int
    points: float
    misconceptions: int
    killed: int
    named: int
    alternatives: int
    accepted: int
    seconds: float
    seeds: int
    lost: int
    training_seeds: int
    margin: float
    digest: str
    """Of the checks, answers and variants that were measured."""
    settled: dict[str, str] = field(default_factory=dict)
    """Checks that kept every point under all seeds, each with its digest of then."""


def main() -> int:
    """Measure the asked assignments, then write the page of all that were measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="assignments; all if none")
    parser.add_argument("--seeds", type=int, default=200, help="other hidden inputs (default 200)")
    parser.add_argument("--training-seeds", type=int, default=100, help="default 100")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument(
        "--times", action="store_true", help="measure only the seconds again, on a quiet machine"
    )
    parser.add_argument(
        "--all", action="store_true", help="all seeds again, also of checks that are as they were"
    )
    options = parser.parse_args()
    known = read_kept()
    for id in options.ids or known_assignments():
        if options.times and id not in known:
            parser.error(f"{id} was not measured yet: run it without --times first")
        if options.times:
            known[id] = replace(known[id], seconds=seconds_of_checks(load_assignment(id)))
        else:
            wanted = (options.seeds, options.training_seeds)
            known[id] = measure(
                id, *wanted, options.workers, None if options.all else known.get(id)
            )
        document = {name: asdict(found) for name, found in sorted(known.items())}
        KEPT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(row(known[id]), flush=True)
    kept = [known[id] for id in known_assignments() if id in known]
    PAGE.write_text(page(kept), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(REPOSITORY)}")
    good = all(q.killed == q.misconceptions and q.accepted == q.alternatives and not q.lost
               and q.named >= 0.95 * q.misconceptions for q in kept)  # fmt: skip
    return 0 if good else 1


def read_kept() -> dict[str, Quality]:
    """What was measured so far, by assignment."""
    if not KEPT.is_file():
        return {}
    document = json.loads(KEPT.read_text(encoding="utf-8"))
    return {id: Quality(**found) for id, found in document.items()}


def digest_of(assignment: Assignment) -> str:
    """Another after a check, a known mistake, an alternative or a reference answer changed."""
    answers = load_answers(assignment)
    texts = [answers.setup, *answers.cells.values()]
    texts += [path.read_text(encoding="utf-8") for path in sorted(assignment.checks.rglob("*.py"))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def measure(
    id: str, seeds: int, training_seeds: int, workers: int, before: Quality | None
) -> Quality:
    """Everything about one assignment; seeds only where they tell more than ``before``."""
    assignment = load_assignment(id)
    seconds = seconds_of_checks(assignment)
    report = preflight(assignment)
    for problem in report.problems:
        print(f"  {problem.what}")
    kept = sum("keeps all its points" in problem.what for problem in report.problems)
    refused = {p.what.partition(" fails ")[0] for p in report.problems if " fails " in p.what}
    now, known = settings(assignment), before.settled if before else {}
    if before and (before.seeds < seeds or before.training_seeds < training_seeds):
        known = {}
    open_ = {name for name, digest in now.items() if known.get(name) != digest}
    print(f"{id}: seeds of {len(open_)} of {len(now)} (checks, and training)", flush=True)
    with ProcessPoolExecutor(workers) as pool:
        losses = pool.map(losses_of, [id] * seeds, range(seeds), [open_ - {TRAINING}] * seeds,
                          chunksize=5)  # fmt: skip
        lost = [loss for found in losses for loss in found]
        margin = before.margin if before and TRAINING not in open_ else min(
            pool.map(margin_of, [id] * training_seeds, range(training_seeds))
        )  # fmt: skip
    for _, said in lost[:20]:
        print(f"  {said}")
    unsettled = {check for check, _ in lost}
    return Quality(
        id=id, measured=f"{datetime.date.today():%Y-%m-%d}", questions=len(assignment.questions),
        checks=report.checks, points=sum(question.points for question in assignment.questions),
        misconceptions=report.misconceptions, killed=report.misconceptions - kept,
        named=report.named, alternatives=report.alternatives,
        accepted=report.alternatives - len(refused - {"the reference"}), seconds=seconds,
        seeds=seeds, lost=len(lost), training_seeds=training_seeds, margin=margin,
        digest=digest_of(assignment),
        settled={name: one for name, one in now.items() if name not in unsettled},
    )  # fmt: skip


def seconds_of_checks(assignment: Assignment, runs: int = 15) -> float:
    """The checks' own seconds for the reference in a box, the least of some runs, on one core.

    What else a machine does only adds, and on a shared one it adds a third in one minute and
    nothing in the next.
    """
    answers = load_answers(assignment).cells
    with one_core(), Bench(assignment) as bench, tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "submitted" / "reference" / assignment.id
        folder.mkdir(parents=True)
        (folder / assignment.notebook).write_bytes(submission(assignment, answers))
        records = [grade_one(folder, bench) for _ in range(runs + 1)][1:]
    return min(record.seconds["checks"] for record in records)


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """This process and what it starts on one core, as each worker of a class is."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(all_cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


HEAD = (
    "assignment", "questions", "checks", "points", "mistakes caught", "named",
    "alternatives accepted", "checks, s", "lost under other inputs", "training margin", "measured",
)  # fmt: skip


def row(q: Quality) -> str:
    """One assignment as a row of the table."""
    cells = (
        f"`{q.id}`", str(q.questions), str(q.checks), f"{q.points:g}",
        f"{q.killed} of {q.misconceptions}", f"{q.named} of {q.misconceptions}",
        f"{q.accepted} of {q.alternatives}", f"{q.seconds:.2f}",
        f"{q.lost} in {q.seeds} seeds", f"{100 * q.margin:+.0f} points, {q.training_seeds} seeds",
        q.measured,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def page(found: Sequence[Quality]) -> str:
    """The whole page."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Sequence[Quality]) -> Iterator[str]:
    yield "# How good the checks are"
    yield ""
    yield "Written by `make quality`; do not edit. What the columns mean:"
    yield ""
    yield "- **mistakes caught, named**: known wrong answers, each graded in a real box, that lose"
    yield "  points in their question; and whose feedback names them."
    yield "- **alternatives accepted**: correct answers in other styles that keep every point."
    yield "- **checks, s**: seconds that all checks of a correct submission take on one core; the"
    yield "  quickest of 15 runs."
    yield "- **lost under other inputs**: points that the reference or an alternative lost when the"
    yield "  hidden inputs and weights were drawn anew, over all seeds."
    yield "  Asked again where code, inputs or correct answers changed, not where words did."
    yield "- **training margin**: how far above the bar the worst run of the reference or an"
    yield "  alternative ended (in points of held-out accuracy), over all seeds."
    yield ""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{'|'.join(['---'] * len(HEAD))}|"
    yield from (row(q) for q in found)
    yield ""
    yield f"In sum {sum(q.seconds for q in found):.2f} s of checks for one submission to each."
    yield f"Python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}, CPU."
    missing = [id for id in known_assignments() if id not in {q.id for q in found}]
    if missing:
        yield f"Not measured yet: {', '.join(f'`{id}`' for id in missing)}."
    yield ""
    for q in found:
        if q.digest != digest_of(load_assignment(q.id)):
            yield f"**Checks, variants or answers of `{q.id}` have changed since.**"


if __name__ == "__main__":
    sys.exit(main())
