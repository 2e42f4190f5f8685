"""The frozen cases of ``assignments/mobilenet``: the reference under weights of few bits.

Cases of the first MobileNet keep every activation below 6, since ReLU and ReLU6 are both right
there; cases of the second go above it, since only ReLU6 is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.checks.resnet.freeze import rounded
from autograder.expect import Case, rescaled
from autograder.submission import Submission

SMALL, LARGE = 2.0**-6, 4.0
CASES: tuple[tuple[str, tuple[int, ...], Mapping[str, Any], tuple[int, ...], float], ...] = (
    ("DepthwiseSeparable", (3, 5), {}, (2, 3, 7, 6), SMALL),
    ("DepthwiseSeparable", (4, 4, 2), {}, (2, 4, 7, 6), SMALL),
    ("InvertedResidual", (4, 4, 1, 3), {}, (2, 4, 7, 6), LARGE),
    ("InvertedResidual", (3, 5, 2, 2), {}, (2, 3, 7, 6), LARGE),
    ("InvertedResidual", (4, 6, 1, 1), {}, (2, 4, 7, 6), LARGE),
    ("mobilenet_v1", (), {"width_mult": 0.0625, "num_classes": 5}, (2, 3, 34, 40), SMALL),
    ("mobilenet_v2", (), {"width_mult": 0.1, "num_classes": 7}, (2, 3, 34, 40), 2.0),
)


def label(name: str, args: tuple[int, ...]) -> str:
    """What a case is called: the block with its arguments, or the network."""
    return f"{name}{args}" if args else name


def cases(oracle: Submission, seed: int) -> dict[str, Case]:
    """Every case that the public checks know, by name."""
    found = {}
    for number, (name, args, kwargs, shape, scale) in enumerate(CASES, seed):
        module = oracle.build(name, *args, dtype="float64", **kwargs)
        found[label(name, args)] = rescaled(module, rounded(module, shape, seed=number), scale)
    return found
