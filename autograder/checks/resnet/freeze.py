"""The frozen cases of ``assignments/resnet``: the reference under weights of few bits.

Weights are rounded to multiples of 1/64, so that the file stays small.
"""

from __future__ import annotations

from dataclasses import replace

from autograder.expect import Case, random_input
from autograder.expect.relabel import same_weights
from autograder.expect.rounded import rounded_case
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
    if not all(map(same_weights, plain.layers, residual.layers)):
        raise ValueError("plain_cifar(1) and resnet_cifar(1) should have the same layers in order")
    slim = oracle.build("resnet50", num_classes=5, width=2)
    found["resnet50"] = rounded(slim, (2, 3, 34, 40), seed=seed + 12)
    return found


def rounded(module: ModuleHandle, shape: tuple[int, ...], *, seed: int) -> Case:
    """A case of ``module`` with rounded weights, on a random input of ``shape``."""
    return rounded_case(module, random_input(shape, seed), seed=seed)
