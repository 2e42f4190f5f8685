"""Convolutions that are run before a fork."""

from __future__ import annotations

import json

import torch
from torch.nn import functional as F

from autograder.submission.exercise import Sizes, run


def noted() -> list[list[object]]:
    """Sizes of some convolutions, two of them equal."""
    with Sizes() as sizes:
        x, weight = torch.ones(2, 4, 9, 9, requires_grad=True), torch.ones(6, 2, 3, 3)
        weight.requires_grad_()
        for _ in range(2):
            F.conv2d(x, weight, torch.ones(6), stride=2, padding=1, groups=2).sum().backward()
        F.conv1d(torch.ones(1, 3, 8), torch.ones(5, 3, 2), dilation=2)
        F.conv_transpose2d(torch.ones(1, 2, 4, 4), torch.ones(2, 2, 3, 3))
        F.conv2d(torch.ones(1, 1, 5, 5).double(), torch.ones(1, 1, 3, 3).double())
        F.conv2d(torch.ones(1, 1, 5, 5, device="meta"), torch.ones(1, 1, 3, 3, device="meta"))
    return sizes.noted


def test_each_size_is_noted_once() -> None:
    """Forward and backward, grouped and one-dimensional; what oneDNN does not compute is not."""
    grouped = [[2, 4, 9, 9], [6, 2, 3, 3], True, [2, 2], [1, 1], [1, 1], 2]
    assert noted() == [
        [*grouped, []],
        [*grouped, [True, True, False]],
        [[1, 3, 8], [5, 3, 2], False, [1], [0], [2], 1, []],
    ]


def test_what_was_noted_is_computed() -> None:
    """Over JSON and back, the same convolutions are run; what is no size does no harm."""
    sizes = json.loads(json.dumps(noted()))
    with Sizes() as again:
        run([["no size"], [[1, 1, 2], [1, 1, 3], False, [1], [0], [1], 1, []], *sizes])
    assert again.noted[1:] == sizes
