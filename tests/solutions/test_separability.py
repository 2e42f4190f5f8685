"""Full convolutions as sums of separable ones."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from solutions.mobilenet import conv_mobilenet, mobilenet_v1
from solutions.separability import (
    full_convolutions,
    nearest_separable,
    separable_terms,
    share_kept,
    with_separable_filters,
)


@pytest.mark.parametrize(("out_channels", "needed"), [(12, 9), (4, 4)])
def test_enough_terms_give_the_weight(out_channels: int, needed: int) -> None:
    """As many terms as the rank can be; one fewer is not enough."""
    weight = torch.randn(out_channels, 5, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(nearest_separable(weight, needed), weight)
    assert share_kept(weight, needed - 1) < 1 - 1e-6


def test_terms_are_separable_convolutions() -> None:
    """Each term is a depthwise and a pointwise convolution; run as such, they add up."""
    weight, x = torch.randn(6, 4, 3, 3).double(), torch.randn(2, 4, 7, 9).double()
    depthwise, pointwise = separable_terms(weight, 3)
    assert (depthwise.shape, pointwise.shape) == ((3, 4, 3, 3), (3, 6, 4))
    run = sum(
        F.conv2d(F.conv2d(x, d[:, None], groups=4), p[:, :, None, None])
        for d, p in zip(depthwise, pointwise, strict=True)
    )
    torch.testing.assert_close(run, F.conv2d(x, nearest_separable(weight, 3)))


def test_a_separable_weight_is_its_own_nearest() -> None:
    """One term keeps everything of W[o, i] = P[o, i] D[i], and never more than there is."""
    weight = torch.einsum("oi,ikl->oikl", torch.randn(6, 4), torch.randn(4, 3, 3)).double()
    torch.testing.assert_close(nearest_separable(weight, 1), weight)
    other = torch.randn(6, 4, 3, 3)
    shares = [share_kept(other, terms) for terms in range(1, 7)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_networks_are_copied() -> None:
    """All 3x3 behind the first are replaced, in a copy; separable networks have none."""
    model = conv_mobilenet(0.1, 4)
    first, second = model.stem[0].weight.clone(), full_convolutions(model)[0].weight.clone()
    replaced = with_separable_filters(model, 1)
    assert len(full_convolutions(replaced)) == 13
    assert share_kept(full_convolutions(replaced)[0].weight.data, 1) == pytest.approx(1)
    assert torch.equal(replaced.get_submodule("stem.0").weight, first)
    assert torch.equal(full_convolutions(model)[0].weight, second)
    assert full_convolutions(mobilenet_v1(0.1)) == []
