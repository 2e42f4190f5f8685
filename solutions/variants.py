"""A network with one kind of part exchanged, and two instruments that tell the results apart.

For the book's experiments: what does a network lose without its activations, is it faster with
others, does it matter how it pools? Everything else, weights included, stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.datasets import Split
from solutions.lenet import ScaledTanh, lenet5_1998

ACTIVATIONS = (nn.ReLU, nn.Tanh, ScaledTanh)
POOLINGS = (nn.MaxPool2d, nn.AvgPool2d)


class Penalties(nn.Module):
    """LeNet-5 of 1998 with its penalties as scores: ``-penalty / temperature``.

    Input ``(N, 1, 32, 32)``, output ``(N, 10)`` logits, so that cross-entropy can train it. With
    the penalty of class ``i`` as an energy, this is the criterion of section II.C, equation 9,
    without its constant.
    """

    def __init__(self, temperature: float = 10.0) -> None:
        super().__init__()
        self.network = lenet5_1998()
        self.temperature = temperature

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 1, 32, 32)`` to ``(N, 10)`` logits."""
        return -self.network(x) / self.temperature  # type: ignore[no-any-return]


def with_activation(model: nn.Module, make: Callable[[], nn.Module]) -> nn.Module:
    """A copy of ``model`` in which every activation is a fresh ``make()``."""
    return _exchanged(model, ACTIVATIONS, lambda _: make())


def with_pooling(model: nn.Module, kind: Callable[..., nn.Module]) -> nn.Module:
    """A copy of ``model`` whose max and average poolings are of ``kind``, their windows kept."""
    return _exchanged(
        model, POOLINGS, lambda old: kind(old.kernel_size, old.stride, padding=old.padding)
    )


def _exchanged(
    model: nn.Module, kinds: tuple[type[nn.Module], ...], make: Callable[..., nn.Module]
) -> nn.Module:
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, kinds):
                setattr(parent, name, make(child))
    return model


@torch.no_grad()
def additivity_gap(function: Callable[[Tensor], Tensor], a: Tensor, b: Tensor) -> float:
    """Largest ``|f(a + b) - f(a) - f(b) + f(0)|`` as a share of the largest ``|f(a + b)|``.

    Zero up to rounding for every affine function, and for no network with working activations.
    ``a`` and ``b`` have one shape.
    """
    both = function(a + b)
    gap = both - function(a) - function(b) + function(torch.zeros_like(a))
    return float(gap.abs().max() / both.abs().max())


def steps_to_error(
    model: nn.Module,
    data: Split,
    learning_rate: float,
    *,
    error: float = 0.25,
    limit: int = 200,
    seed: int = 0,
) -> int:
    """Steps of SGD until the training error is at most ``error``; ``limit`` if it never is.

    The error is that of the last ten batches of 32 images, each judged before its step; momentum is
    0.9, and ``seed`` decides the order of the images. ``model`` is trained in place.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    wrong: list[float] = []
    for x, y in islice(_batches(data, seed), limit):
        logits = model(x)
        wrong.append(float((logits.argmax(1) != y).float().mean()))
        if len(wrong) >= 10 and sum(wrong[-10:]) <= 10 * error:
            return len(wrong)
        optimizer.zero_grad()
        F.cross_entropy(logits, y).backward()  # type: ignore[no-untyped-call]  # torch leaves it so
        optimizer.step()
    return limit


def _batches(data: Split, seed: int, size: int = 32) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(data.train_x), generator=generator)
        for batch in torch.split(order, size):
            yield data.train_x[batch], data.train_y[batch]
