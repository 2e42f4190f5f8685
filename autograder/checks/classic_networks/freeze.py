"""The frozen cases of ``assignments/classic-networks``: the reference under weights of few bits."""

from __future__ import annotations

from autograder.expect import Case, random_input
from autograder.expect.rounded import blocky_image, rounded_case
from autograder.submission import Submission


def cases(oracle: Submission, seed: int) -> dict[str, Case]:
    """Every case that the public checks know, by name."""
    lenet = oracle.build("LeNet5")
    alexnet = oracle.build("alexnet", 2, num_classes=5, width=6)
    vgg = oracle.build("make_vgg", [3, "M", 4, 5, "M"], num_classes=4, hidden=6)
    digits = random_input((2, 1, 32, 32), seed + 1)
    squares = blocky_image((1, 3, 227, 227), seed + 3)
    return {
        "lenet": rounded_case(lenet, digits, seed=seed + 1, steps=32),
        "alexnet": rounded_case(alexnet, squares, seed=seed + 3, steps=16),
        "vgg": rounded_case(vgg, random_input((2, 3, 28, 28), seed + 5), seed=seed + 5),
    }
