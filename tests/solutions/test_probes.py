"""The instruments of the book's experiments."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from solutions.probes import (
    gradient_profile,
    layer_milliseconds,
    milliseconds,
    without_batch_norm,
    without_blocks,
)
from solutions.resnet import plain_cifar, resnet_cifar, zero_init_residual


def test_gradient_profile_is_what_backward_gives() -> None:
    """Norms of the weights' gradients in the order of the parameters; .grad is left alone."""
    model = plain_cifar(1)
    x, y = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 3])
    profile = gradient_profile(model, x, y)
    assert all(p.grad is None for p in model.parameters())
    F.cross_entropy(model(x), y).backward()
    expected = [p.grad.norm().item() for p in model.parameters() if p.ndim >= 2]
    assert profile == pytest.approx(expected)
    assert len(profile) == 8


def test_without_batch_norm_keeps_the_original() -> None:
    """The copy has no batch norm and the same convolutions; the original has both."""
    model = resnet_cifar(1)
    bare = without_batch_norm(model)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in bare.modules())
    assert any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert torch.equal(bare.stem[0].weight, model.stem[0].weight)


def test_without_blocks_leaves_one_out_each() -> None:
    """Every block but a stage's first is left out once, and named by its place."""
    model = resnet_cifar(3)
    reduced = dict(without_blocks(model))
    assert list(reduced) == ["1.2", "1.3", "2.2", "2.3", "3.2", "3.3"]
    assert isinstance(reduced["2.3"].stages[1][2], nn.Identity)
    assert not any(isinstance(block, nn.Identity) for block in model.stages[1])


def test_leaving_out_a_zeroed_block_changes_nothing() -> None:
    """A block that is the identity can go: the output stays the same."""
    model = resnet_cifar(2).eval()
    zero_init_residual(model)
    x = torch.rand(2, 3, 8, 8)
    for _, reduced in without_blocks(model):
        torch.testing.assert_close(reduced(x), model(x))


def test_milliseconds_is_a_median_without_gradients() -> None:
    """The layer runs once more than counted, never recording gradients."""
    calls = []

    class Spy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            calls.append(torch.is_grad_enabled())
            return x

    assert milliseconds(Spy(), torch.zeros(1), repeats=4) >= 0
    assert calls == [False] * 5


def test_layer_milliseconds_times_each_layer_on_its_own_input() -> None:
    """Every layer without submodules by name, in any order; the model is left without hooks."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 2, 1)))
    times = layer_milliseconds(model, torch.zeros(1, 3, 8, 8), repeats=1)
    assert set(times) == {"0", "1.0", "1.1"}
    assert all(value >= 0 for value in times.values())
    assert not model[0]._forward_hooks
