"""The training loop: it learns, repeats itself, and keeps its hands off what is not its own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from solutions.datasets import Split, digits
from solutions.resnet import resnet_cifar
from solutions.training import Recipe, evaluate, over_seeds, train


@pytest.fixture(scope="module")
def data() -> Split:
    """Digits, a third of them, so that a run takes a moment."""
    full = digits()
    return Split(full.train_x[:450], full.train_y[:450], full.test_x[:150], full.test_y[:150])


def small_net() -> nn.Module:
    """A convolution, a linear layer."""
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))


def test_it_learns(data: Split) -> None:
    """The loss falls and held-out accuracy is far above chance."""
    torch.manual_seed(0)
    history = train(small_net(), data, Recipe(epochs=6))
    assert history.losses[-1] < history.losses[0] / 2
    assert history.test_accuracy > 0.6


def test_it_repeats_itself(data: Split) -> None:
    """Same seed, same run, to the last bit; another seed, another run."""
    recipe = Recipe(epochs=2)
    first, again, other = (over_seeds(small_net, data, recipe, seeds=[s])[0] for s in (3, 3, 4))
    assert first == again
    assert first.losses != other.losses


def test_over_seeds_runs_each(data: Split) -> None:
    """One history for each seed, in order."""
    runs = over_seeds(small_net, data, Recipe(epochs=1), seeds=(5, 6))
    assert runs[1] == over_seeds(small_net, data, Recipe(epochs=1), seeds=(6,))[0]


def test_over_seeds_leaves_the_callers_randomness(data: Split) -> None:
    """Experiments do not shift the random numbers of what comes after them."""
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    over_seeds(small_net, data, Recipe(epochs=1), seeds=(5,))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_uses_evaluation_mode_and_puts_the_mode_back(training: bool) -> None:
    """Batch statistics play no part, running statistics do not move."""
    model = resnet_cifar(1).train(training)
    before = model.stem[1].running_mean.clone()
    x = torch.rand(5, 3, 8, 8)
    y = model.eval()(x).argmax(1)
    model.train(training)
    assert evaluate(model, x, y) == 1.0
    assert model.training is training
    assert torch.equal(model.stem[1].running_mean, before)


def test_evaluate_counts_the_right_ones() -> None:
    """Three of four right is 0.75."""
    logits = torch.eye(4)
    assert evaluate(nn.Identity(), logits, torch.tensor([0, 1, 2, 0])) == 0.75
