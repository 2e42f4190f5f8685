"""The cases of the reference that students get as plain arrays, by name."""

from __future__ import annotations

from autograder.expect import Case, make_case, random_input
from autograder.submission import Submission


def cases(oracle: Submission) -> dict[str, Case]:
    """Blocks with and without a projection, under drawn weights."""
    made = {}
    for name, arguments in (
        ("BasicBlock", (4, 4, 1)),
        ("BasicBlock", (4, 6, 2)),
        ("Bottleneck", (8, 2, 1)),
        ("Bottleneck", (8, 3, 2)),
    ):
        block = oracle.build(name, *arguments, dtype="float64")
        x = random_input((2, arguments[0], 6, 9), seed=11)
        key = {"BasicBlock": "basic_block", "Bottleneck": "bottleneck"}[name]
        label = "_".join([key, *(str(argument) for argument in arguments)])
        made[label] = make_case(block, x, seed=12)
    return made
