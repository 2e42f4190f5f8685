"""The frozen cases of ``assignments/inception``: the reference under weights of few bits.

Weights are rounded to multiples of 1/64, so that the file stays small.
"""

from __future__ import annotations

import torch

from autograder.expect import Case, random_input
from autograder.expect.rounded import rounded_case
from autograder.submission import Submission


def cases(oracle: Submission, seed: int) -> dict[str, Case]:
    """Every case that the public checks know, by name."""
    mlpconv = oracle.build("mlpconv", 3, (4, 5, 6), 3, padding=1)
    block = oracle.build("Inception", 3, 2, (3, 4), (2, 5), 6)
    head = oracle.build("auxiliary_head", 6, num_classes=5, width=2)
    net = oracle.build("googlenet", num_classes=5, width=8)
    coarse = torch.round(4 * random_input((1, 3, 65, 72), seed + 24)) / 4  # large maps, small file
    return {
        "mlpconv": rounded_case(mlpconv, random_input((2, 3, 7, 6), seed + 21), seed=seed + 21),
        "Inception": rounded_case(block, random_input((2, 3, 7, 6), seed + 22), seed=seed + 22),
        "head": rounded_case(head, random_input((2, 6, 14, 15), seed + 23), seed=seed + 23),
        "googlenet": rounded_case(net, coarse, seed=seed + 24),
    }
