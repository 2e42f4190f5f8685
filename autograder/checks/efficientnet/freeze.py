"""The frozen cases of ``assignments/efficientnet``: the reference under weights of few bits."""

from __future__ import annotations

from typing import Any

from autograder.expect import Case, random_input
from autograder.expect.rounded import rounded_case
from autograder.submission import Submission

CASES: tuple[tuple[str, tuple[Any, ...], tuple[int, ...]], ...] = (
    ("SqueezeExcitation", (6, 2), (2, 6, 5, 4)),
    ("MBConv", (4, 4, 3, 1, 6), (2, 4, 7, 6)),
    ("MBConv", (8, 5, 5, 2, 3), (2, 8, 7, 6)),
    ("MBConv", (6, 6, 5, 1, 1), (2, 6, 4, 5)),
    ("scaled_efficientnet", (0.4, 0.05, 7), (2, 3, 33, 40)),
)


def cases(oracle: Submission, seed: int) -> dict[str, Case]:
    """Every case that the public checks know, by name."""
    found = {}
    for number, (name, args, shape) in enumerate(CASES, seed):
        module = oracle.build(name, *args)
        found[f"{name}{args}"] = rounded_case(module, random_input(shape, number), seed=number)
    return found
