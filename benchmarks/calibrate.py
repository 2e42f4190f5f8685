"""How safe are the bars of the training checks? ``make calibrate``, or with ``--seeds 200 resnet``.

Trains the reference and every alternative that a training check can meet from many seeds, without
stopping early, and prints the distribution of the best held-out accuracy beside the bar. Wrong
answers that cannot learn are trained as well, to show the other side of the bar. Exit code 1 when
a correct answer missed a bar, or one that cannot learn reached it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator

import torch

from autograder.authored import load_file
from autograder.build.answers import load_answers
from autograder.config import Assignment, known_assignments, load_assignment
from autograder.expect import Training, load_alternatives, load_misconceptions
from autograder.judge.reference import oracle
from autograder.submission import Submission


def trainings(assignment: Assignment) -> tuple[Training, ...]:
    """The ``TRAININGS`` of an assignment's hidden checks."""
    modules = [load_file(path, ValueError) for path in assignment.hidden_checks]
    return tuple(one for module in modules for one in getattr(module, "TRAININGS", ()))


def answers_to_try(
    assignment: Assignment, training: Training
) -> Iterator[tuple[str, bool, Submission]]:
    """Name, whether it should learn, and the answers: reference, alternatives, what cannot."""
    answers = load_answers(assignment)
    yield "reference", True, oracle(answers)
    for variant in load_alternatives(assignment.checks):
        if variant.question in training.questions:
            replaced = {variant.question: variant.code, **variant.also}
            yield f"{variant.question}__{variant.name}", True, oracle(answers, replaced)
    for variant in load_misconceptions(assignment.checks, answers.cells):
        if variant.name in training.cannot_learn and variant.question in training.questions:
            replaced = {variant.question: variant.code}
            yield f"wrong: {variant.name}", False, oracle(answers, replaced)


def calibrate(assignment: Assignment, training: Training, seeds: int) -> int:
    """Print one line an answer; how many runs ended on the wrong side of the bar."""
    print(f"{assignment.id}: {training.of}, bar {training.bar:.0%}, {training.recipe}")
    wrong = 0
    for name, learns, submission in answers_to_try(assignment, training):
        start = time.perf_counter()
        runs = [training.history(submission, seed) for seed in range(seeds)]
        best = sorted(max(run) for run in runs)
        chunks = [next((n for n, a in enumerate(run, 1) if a >= training.bar), 0) for run in runs]
        needed = [n for n in chunks if n]
        late = (
            f", after {statistics.mean(needed):.1f} chunks, {max(needed)} at most" if needed else ""
        )
        print(
            f"  {name:40} least {best[0]:.3f}  5 % {best[len(best) // 20]:.3f}  "
            f"median {statistics.median(best):.3f}  most {best[-1]:.3f}  "
            f"{len(needed)}/{seeds} reach the bar{late} ({time.perf_counter() - start:.0f} s)",
            flush=True,
        )
        wrong += seeds - len(needed) if learns else len(needed)
    return wrong


def main() -> int:
    """Calibrate every training of the asked assignments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="assignments; all if none")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (default 100)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wrong = 0
    for id in options.ids or known_assignments():
        assignment = load_assignment(id)
        for training in trainings(assignment):
            wrong += calibrate(assignment, training, options.seeds)
    print(f"{wrong} run(s) on the wrong side of a bar")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
