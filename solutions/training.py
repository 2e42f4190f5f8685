"""A training loop small enough to read, and the same numbers every time.

Every random choice comes from a seed that the caller names, so that an experiment can be repeated
over seeds. One thread is part of the recipe, too: the number of threads changes the order of
additions and, after some tens of steps, the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.datasets import Split

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train: SGD with momentum on shuffled batches, cross-entropy, fixed learning rate."""

    epochs: int = 8
    batch_size: int = 64
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0


@dataclass(frozen=True)
class History:
    """What a training run left behind."""

    losses: tuple[float, ...] = field(repr=False)  # mean training loss of each epoch
    test_accuracy: float  # a share in [0, 1]


def train(model: nn.Module, data: Split, recipe: Recipe | None = None, *, seed: int = 0) -> History:
    """Train ``model`` in place on ``data.train_x``; ``seed`` decides the order of the batches."""
    recipe = recipe or Recipe()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(recipe.epochs):
        model.train()
        total = 0.0
        order = torch.randperm(len(data.train_x), generator=generator)
        for batch in torch.split(order, recipe.batch_size):
            total += len(batch) * _step(model, optimizer, data.train_x[batch], data.train_y[batch])
        losses.append(total / len(data.train_x))
    return History(tuple(losses), evaluate(model, data.test_x, data.test_y))


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    optimizer.step()
    return loss.item()


@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of ``x`` whose largest logit is at ``y``, in evaluation mode; the mode is put back."""
    was_training = model.training
    model.eval()
    right = sum(int((model(part).argmax(1) == labels).sum()) for part, labels in _parts(x, y))
    model.train(was_training)
    return right / len(x)


def _parts(x: Tensor, y: Tensor, size: int = 512) -> zip[tuple[Tensor, Tensor]]:
    return zip(torch.split(x, size), torch.split(y, size), strict=True)


def over_seeds(
    build: Callable[[], nn.Module],
    data: Split,
    recipe: Recipe | None = None,
    *,
    seeds: Sequence[int] = (0, 1, 2),
) -> list[History]:
    """Build and train once for each seed, which decides the initial weights and the batches."""
    return [train(seeded(build, seed), data, recipe, seed=seed) for seed in seeds]


def seeded(build: Callable[[], Model], seed: int) -> Model:
    """Build a model whose random weights come from ``seed``; the caller's randomness stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
