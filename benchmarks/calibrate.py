"""How safe is the bar of a training check? ``python -m benchmarks.calibrate --seeds 100``.

Trains the reference and every alternative that the check can meet from many seeds, without
stopping early, and prints the distribution of the best held-out accuracy beside the bar. A wrong
answer that cannot learn is trained as well, to show the other side of the bar.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator

import torch

from autograder.build.answers import Answers, load_answers
from autograder.checks.resnet.hidden import BAR, RECIPE
from autograder.config import load_assignment
from autograder.expect import accuracy, digits, load_alternatives, load_misconceptions
from autograder.judge.reference import oracle
from autograder.submission import Submission

QUESTIONS = ("padded_shortcut", "resnet_cifar")
CANNOT_LEARN = ("zero_weights",)


def answers_to_try() -> Iterator[tuple[str, Submission]]:
    """The reference, alternatives, and what should stay below the bar."""
    assignment = load_assignment("resnet")
    answers: Answers = load_answers(assignment)
    yield "reference", oracle(answers)
    for variant in load_alternatives(assignment.checks):
        if variant.question in QUESTIONS:
            replaced = {variant.question: variant.code}
            yield f"{variant.question}__{variant.name}", oracle(answers, replaced)
    for variant in load_misconceptions(assignment.checks, answers.cells):
        if variant.name in CANNOT_LEARN:
            yield f"wrong: {variant.name}", oracle(answers, {variant.question: variant.code})


def history(submission: Submission, seed: int) -> list[float]:
    """Held-out accuracy after each chunk of the check's recipe."""
    data = digits(channels=3)
    net = submission.build("resnet_cifar", 1, seed=seed)
    found = []
    for chunk in range(RECIPE.chunks):
        net.fit(
            data.x, data.y, steps=RECIPE.steps, batch_size=RECIPE.batch_size,
            learning_rate=RECIPE.learning_rate, momentum=RECIPE.momentum, seed=seed + chunk,
        )  # fmt: skip
        found.append(accuracy(net, data, seed=seed + chunk))
    net.drop()
    return found


def main() -> None:
    """Print one line an answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (default 100)")
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    print(f"bar {BAR:.0%}, {RECIPE}, {seeds} seeds; best held-out accuracy of a run:")
    for name, submission in answers_to_try():
        start = time.perf_counter()
        runs = [history(submission, seed) for seed in range(seeds)]
        best = sorted(max(run) for run in runs)
        chunks = [next((n for n, a in enumerate(run, 1) if a >= BAR), None) for run in runs]
        needed = [n for n in chunks if n is not None]
        late = (
            f"after {statistics.mean(needed):.1f} chunks, {max(needed)} at most" if needed else ""
        )
        print(
            f"{name:36} least {best[0]:.3f}  5 % {best[len(best) // 20]:.3f}  "
            f"median {statistics.median(best):.3f}  most {best[-1]:.3f}  "
            f"{len(needed)}/{seeds} pass {late} ({time.perf_counter() - start:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
