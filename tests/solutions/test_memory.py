"""What is alive during a pass, counted by hand on small nets, and the block in parts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from solutions.counting import count_macs
from solutions.memory import SplitResidual, alive_elements, peak_elements
from solutions.mobilenet_v2 import InvertedResidual
from solutions.resnet import Bottleneck


def test_a_row_of_layers() -> None:
    """An operation needs its input and its output; batch norm and ReLU work in place."""
    net = nn.Sequential(
        nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3, 2, 1), nn.Flatten()
    )
    assert alive_elements(net, (1, 8, 8)) == [64, 64 + 256, 256, 256, 256 + 32, 32 + 32]


def test_a_shortcut_is_kept_until_it_is_added() -> None:
    """The wide input of a classic bottleneck lives to its end."""
    channels = [n // 64 for n in alive_elements(Bottleneck(16, 4), (16, 8, 8))]
    assert channels[0] == 16
    assert max(channels) == 16 + 4 + 16
    assert channels[-1] == 16


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("parts", [1, 3, 5, 12])
def test_parts_compute_the_block(stride: int, parts: int) -> None:
    """In parts, also uneven ones, the block is the same function at the same cost."""
    block = InvertedResidual(3, 3, stride, 4).double().eval()
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight.data, module.bias.data, module.running_mean):
                nn.init.normal_(values)
            nn.init.uniform_(module.running_var, 0.5, 2)
    split = SplitResidual(block, parts).eval()
    x = torch.randn(2, 3, 7, 10, dtype=torch.float64)
    torch.testing.assert_close(split(x), block(x))
    assert count_macs(split, (3, 7, 10)) == count_macs(block, (3, 7, 10))


def test_parts_need_less() -> None:
    """Input, sum so far, and a part on both sides of the depthwise convolution."""
    block = InvertedResidual(24, 24, 1, 6)
    assert peak_elements(block, (24, 8, 8)) == 64 * (24 + 144 + 144)
    for parts in (2, 3, 6):
        peak = peak_elements(SplitResidual(block, parts), (24, 8, 8))
        assert peak == 64 * (24 + 24 + 2 * 144 // parts)


def test_the_block_stays_as_it_was() -> None:
    """Its weights are copied."""
    block = InvertedResidual(3, 3, 1, 4)
    before = {name: value.clone() for name, value in block.state_dict().items()}
    nn.init.zeros_(SplitResidual(block, 2).branches[0][0].weight)
    assert all(torch.equal(value, before[name]) for name, value in block.state_dict().items())


def test_a_block_that_does_not_expand_is_refused() -> None:
    """Its depthwise convolution works on the input itself."""
    with pytest.raises(ValueError, match="a block of expansion 1"):
        SplitResidual(InvertedResidual(4, 4, 1, 1), 2)
