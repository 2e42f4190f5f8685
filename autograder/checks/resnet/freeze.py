"""The frozen cases of ``assignments/resnet``: the reference under weights of few bits.

Weights are rounded to multiples of 1/64, so that the file stays small.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from autograder.expect import Case, Layer, random_input
from autograder.expect.rounded import FIELDS, rounded_case
from autograder.submission import ModuleHandle, Submission

BLOCKS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("BasicBlock", (4, 4)),
    ("BasicBlock", (3, 5, 2)),
    ("Bottleneck", (8, 2)),
    ("Bottleneck", (5, 2, 2)),
)


def cases(oracle: Submission, seed: int) -> dict[str, Case]:
    """Every case that the public checks know, by name."""
    found = {
        f"{name}{args}": rounded(oracle.build(name, *args), (2, args[0], 7, 6), seed=number)
        for number, (name, args) in enumerate(BLOCKS, seed)
    }
    residual = rounded(oracle.build("resnet_cifar", 1), (2, 3, 9, 8), seed=seed + 11)
    plain = rounded(oracle.build("plain_cifar", 1), (2, 3, 9, 8), seed=seed + 11)
    found["resnet_cifar"] = residual
    found["plain_cifar"] = replace(plain, layers=())  # they are those of resnet_cifar
    if not all(map(_equal, plain.layers, residual.layers)):
        raise ValueError("plain_cifar(1) and resnet_cifar(1) should have the same layers in order")
    slim = oracle.build("resnet50", num_classes=5, width=2)
    found["resnet50"] = rounded(slim, (2, 3, 34, 40), seed=seed + 12)
    return found


def rounded(module: ModuleHandle, shape: tuple[int, ...], *, seed: int) -> Case:
    """A case of ``module`` with rounded weights, on a random input of ``shape``."""
    return rounded_case(module, random_input(shape, seed), seed=seed)


def _equal(one: Layer, other: Layer) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name in FIELDS)
    return all((x is None) == (y is None) and (x is None or torch.equal(x, y)) for x, y in pairs)
