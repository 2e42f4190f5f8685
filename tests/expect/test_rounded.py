"""Cases of few bits: what is rounded, and that the output is that of the rounded weights."""

from __future__ import annotations

import torch
from torch import nn

from autograder.expect import same_function
from autograder.expect.rounded import blocky_image, rounded_case
from autograder.submission import LocalTransport, Submission


def test_weights_are_multiples_and_the_output_theirs() -> None:
    """Every number of every layer is rounded, and the case holds for its own module."""
    net = Submission(
        LocalTransport({"Net": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))})
    ).build("Net")
    case = rounded_case(net, blocky_image((2, 3, 8, 9), 1), seed=2, steps=16)
    (layer,) = case.layers
    for value in (layer.weight, layer.bias, layer.gamma, layer.beta, layer.mean, layer.var):
        assert value is not None
        assert torch.equal(value, torch.round(value * 16) / 16)
    same_function(net, case)


def test_blocky_images_are_flat_inside_their_squares() -> None:
    """Few colours in squares, whatever the size."""
    image = blocky_image((1, 2, 20, 30), 5, blocks=4)
    assert image.shape == (1, 2, 20, 30)
    assert image.dtype == torch.float64
    assert torch.equal(image[:, :, 0:5, 0:7], image[:, :, :1, :1].expand(-1, -1, 5, 7))
    assert len(image.unique()) <= 2 * 16
