"""Patches of a photograph with what they show, for a classifier that then looks at all of it.

The photograph is ``china.jpg``, which ships with scikit-learn. Boxes are ``(left, top, right,
bottom)`` in pixels; patches for training and for testing come from different boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from solutions.datasets import Split, sample_photo

Box = tuple[int, int, int, int]
SCENE = ("sky", "building", "leaves")
TRAIN: Mapping[str, Sequence[Box]] = {
    "sky": [(330, 0, 640, 190)],
    "building": [(110, 100, 300, 235)],
    "leaves": [(330, 350, 560, 427), (0, 365, 180, 427)],
}
TEST: Mapping[str, Sequence[Box]] = {
    "sky": [(0, 0, 90, 130)],
    "building": [(90, 250, 330, 330)],
    "leaves": [(575, 190, 640, 427)],
}


def china() -> Tensor:
    """The photograph as ``(3, 427, 640)`` in [0, 1]."""
    return sample_photo("china").permute(2, 0, 1) / 255


def centred(colours: Tensor) -> Tensor:
    """Colours in [0, 1] as numbers between -2 and 2, with which a network trains more easily."""
    return 4 * (colours - 0.5)


def scene_patches(*, size: int = 32, train: int = 150, test: int = 50, seed: int = 0) -> Split:
    """So many patches of each class of :data:`SCENE`, ``(N, 3, size, size)``, centred."""
    photo, generator = centred(china()), torch.Generator().manual_seed(seed)
    return Split(
        *_patches(photo, TRAIN, train, size, generator),
        *_patches(photo, TEST, test, size, generator),
    )


def _patches(
    photo: Tensor,
    boxes: Mapping[str, Sequence[Box]],
    number: int,
    size: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    patches, labels = [], []
    for label, name in enumerate(SCENE):
        for index in range(number):
            left, top, right, bottom = boxes[name][index % len(boxes[name])]
            x = left + int(torch.randint(right - left - size + 1, (1,), generator=generator))
            y = top + int(torch.randint(bottom - top - size + 1, (1,), generator=generator))
            patches.append(photo[:, y : y + size, x : x + size])
            labels.append(label)
    return torch.stack(patches), torch.tensor(labels)
