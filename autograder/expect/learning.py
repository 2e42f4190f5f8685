"""Checks that a network learns: trained in the box, judged here on labels that it never saw."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.expect.tensors import has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle


@dataclass(frozen=True)
class LearnData:
    """Training images and labels, held-out images, and their labels, which stay with the judge."""

    x: Tensor
    y: Tensor
    held_out: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Recipe:
    """SGD: at most ``chunks`` of ``steps`` steps, stopping at the bar."""

    chunks: int = 6
    steps: int = 10
    batch_size: int = 64
    learning_rate: float = 0.05
    momentum: float = 0.9


def accuracy(handle: ModuleHandle, data: LearnData) -> float:
    """The share of held-out images that it names right (running statistics in use)."""
    logits = handle.forward(data.held_out)
    classes = int(data.labels.max()) + 1
    tensor = has_shape(logits, (len(data.labels), classes), of="the output on held-out images")
    return float((tensor.argmax(1) == data.labels).float().mean())


def learns(
    handle: ModuleHandle,
    data: LearnData,
    bar: float,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    of: str = "the network",
) -> float:
    """Training brings held-out accuracy to ``bar``; returns the accuracy reached.

    When it does not, the message names the reason that can be seen: nothing moved, the loss is not
    a number, or it learned too little.
    """
    recipe = recipe or Recipe()
    losses: list[float] = []
    reached = 0.0
    for chunk in range(recipe.chunks):
        losses += handle.fit(
            data.x, data.y, steps=recipe.steps, batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate, momentum=recipe.momentum, seed=seed + chunk,
        )  # fmt: skip
        if not all(math.isfinite(loss) for loss in losses):
            raise Unmet(
                f"training {of} gives a loss that is not a number",
                expected="a loss that falls",
                got=f"{losses[-1]} after {len(losses)} steps",
            )
        if chunk + 1 >= 2 or recipe.chunks == 1:
            reached = accuracy(handle, data)
            if reached >= bar:
                return reached
    raise Unmet(
        f"{of} does not learn the digits",
        expected=f"at least {bar:.0%} of held-out digits right after {len(losses)} steps",
        got=f"{reached:.0%}, the loss going from {losses[0]:.2f} to {losses[-1]:.2f}",
        hint=_reason(handle, data, losses),
    )


def _reason(handle: ModuleHandle, data: LearnData, losses: list[float]) -> str:
    """What can be seen of why it did not learn."""
    gradients = handle.gradients(data.x[:8], labels=data.y[:8])
    missing = sum(gradient is None for gradient in gradients)
    if gradients and missing == len(gradients):
        return "No gradient reaches any parameter: look for .detach(), .data or no_grad()."
    if missing:
        return f"{missing} of {len(gradients)} parameters get no gradient."
    if all(bool(torch.all(g == 0)) for g in gradients if g is not None):
        return "All gradients are zero: is a ReLU or a zero weight in the way of everything?"
    if abs(losses[0] - losses[-1]) < 0.05:
        return "The loss hardly moved: does the output depend on the input at all?"
    return "It learns, but too slowly: compare the order of layers with the definition."
