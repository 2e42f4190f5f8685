"""Digits in a row on one wide image, for a network that reads them all at once.

A window of 32x32 pixels that slides over such a strip sees a digit, or the place between two. So
there is an eleventh class, :data:`NOTHING`. Source of the idea: LeCun et al. 1998, section VII.
"""

from __future__ import annotations

from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from solutions.datasets import Split, digits

WINDOW = 32
NOTHING = 10
REACH = 4
"""A window whose centre is at most so many pixels off a digit's centre belongs to that digit."""


def strip(images: Tensor, generator: torch.Generator) -> Tensor:
    """``images`` ``(N, 1, 32, 32)`` side by side with random gaps of 0 to 15: ``(1, 1, 32, W)``.

    The gap in front of the first and the one behind the last are random, too.
    """
    gaps = torch.randint(16, (len(images) + 1,), generator=generator).tolist()
    parts = [F.pad(image, (gap, 0)) for image, gap in zip(images, gaps[:-1], strict=True)]
    return F.pad(torch.cat(parts, dim=-1), (0, gaps[-1]))[None]


def strip_windows(*, seed: int = 0) -> Split:
    """Windows of 32x32 on strips of scikit-learn's digits, with eleven classes.

    For every digit one window that is at most :data:`REACH` pixels off its centre, and for every
    second one a window farther off, which shows pieces of two digits and counts as
    :data:`NOTHING`. Training and test windows show different digits.
    """
    data = digits(size=WINDOW)
    generator = torch.Generator().manual_seed(seed)
    train = _windows(data.train_x, data.train_y, generator)
    return Split(*train, *_windows(data.test_x, data.test_y, generator))


def _windows(x: Tensor, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    neighbours = torch.randperm(len(x), generator=generator)
    windows, labels = [], []
    for number, (left, label) in enumerate(zip(x, y.tolist(), strict=True)):
        gap = int(torch.randint(16, (1,), generator=generator))
        shift = int(torch.randint(-REACH, REACH + 1, (1,), generator=generator))
        windows.append(_shifted(left, shift))
        labels.append(label)
        if number % 2 == 0:
            pair = torch.cat([left, left.new_zeros(1, WINDOW, gap), x[neighbours[number]]], dim=-1)
            free = WINDOW + gap - 2 * REACH - 1  # starts that are far enough from both digits
            start = REACH + 1 + int(torch.randint(free, (1,), generator=generator))
            windows.append(pair[..., start : start + WINDOW])
            labels.append(NOTHING)
    return torch.stack(windows), torch.tensor(labels)


def _shifted(image: Tensor, pixels: int) -> Tensor:
    padded = F.pad(image, (WINDOW // 2, WINDOW // 2))
    return padded[..., WINDOW // 2 + pixels : WINDOW // 2 + pixels + WINDOW]


def read(scores: Tensor) -> list[int]:
    """The digits that ``scores`` ``(11, positions)`` name, from left to right.

    Neighbouring positions that see a digit are one digit: the one with the largest sum of
    probabilities.
    """
    probabilities = scores.softmax(0)
    seen = (probabilities.argmax(0) != NOTHING).tolist()
    found = []
    for is_digit, group in groupby(range(len(seen)), key=seen.__getitem__):
        if is_digit:
            sums = probabilities[:NOTHING, list(group)].sum(1)
            found.append(int(sums.argmax()))
    return found
