"""Checks that a network learns: trained in the box, judged here on labels that it never saw."""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.expect.tensors import has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Submission


@dataclass(frozen=True)
class LearnData:
    """Training images and labels, held-out images, and their labels, which stay with the judge.

    ``outputs`` is how many scores a network gives an image; without it, one a class of ``labels``.
    """

    x: Tensor
    y: Tensor
    held_out: Tensor
    labels: Tensor
    outputs: int | None = None

    @property
    def scores(self) -> int:
        """How many scores an image gets."""
        return self.outputs or int(self.labels.max()) + 1


@dataclass(frozen=True)
class Recipe:
    """SGD: at most ``chunks`` of ``steps`` steps; after each chunk the bar is looked at."""

    chunks: int = 6
    steps: int = 10
    batch_size: int = 64
    learning_rate: float = 0.05
    momentum: float = 0.9


@functools.cache
def digits(
    *, channels: int = 1, held_out: int = 150, classes: int = 10, seed: int = 0,
    standardized: bool = False,
) -> LearnData:  # fmt: skip
    """scikit-learn's 1,797 digits, ``(N, channels, 8, 8)`` from 0 to 1, shuffled by ``seed``.

    With fewer ``classes`` only the first ones: a few steps are enough to tell those apart.
    ``standardized`` gives all pixels together a mean of 0 and a deviation of 1: a network without
    batch norm learns in a third of the steps then. Read from scikit-learn's data file without
    importing it, which would take a second.

    Raises:
        FileNotFoundError: scikit-learn is not installed, or keeps the file elsewhere.
    """
    spec = importlib.util.find_spec("sklearn")
    folders = (spec.submodule_search_locations if spec is not None else None) or ["sklearn"]
    path = Path(folders[0]) / "datasets" / "data" / "digits.csv.gz"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}: install scikit-learn, which ships the digits")
    table = torch.from_numpy(np.loadtxt(path, delimiter=",", dtype=np.float32))
    table = table[table[:, 64] < classes]
    table = table[torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))]
    pixels = table[:, :64] / 16
    if standardized:
        pixels = (pixels - pixels.mean()) / pixels.std()
    x = pixels.reshape(-1, 1, 8, 8).repeat(1, channels, 1, 1)
    y = table[:, 64].long()
    return LearnData(x[held_out:], y[held_out:], x[:held_out], y[:held_out], outputs=10)


def accuracy(
    handle: ModuleHandle, data: LearnData, *, seed: int = 0, batch_statistics: bool = False
) -> float:
    """The share of held-out images that it names right.

    The images are sent in an order drawn from ``seed``. Running statistics are in use, unless
    ``batch_statistics`` asks for training mode: for networks whose momentum is too small for
    running statistics to catch up within a check.
    """
    order = torch.randperm(len(data.labels), generator=torch.Generator().manual_seed(seed))
    logits = handle.forward(data.held_out[order], train=batch_statistics, seed=seed)
    shape = (len(data.labels), data.scores)
    tensor = has_shape(logits, shape, of="the output on held-out images")
    return float((tensor.double().argmax(1) == data.labels[order]).float().mean())


def learns(
    handle: ModuleHandle,
    data: LearnData,
    bar: float,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    of: str = "the network",
    batch_statistics: bool = False,
) -> float:
    """Training brings held-out accuracy to ``bar``; returns the accuracy reached.

    When it does not, the message names the reason that can be seen: nothing moved, the loss is not
    a number, or it learned too little.
    """
    recipe = recipe or Recipe()
    first = handle.forward(data.held_out[:2])
    has_shape(first, (2, data.scores), of=f"the output of {of}")
    losses: list[float] = []
    reached = 0.0
    for chunk in range(recipe.chunks):
        losses += handle.fit(
            data.x, data.y, steps=recipe.steps, batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate, momentum=recipe.momentum, seed=seed + chunk,
        )  # fmt: skip
        _finite(losses, of)
        reached = accuracy(handle, data, seed=seed + chunk, batch_statistics=batch_statistics)
        if reached >= bar:
            return reached
    raise Unmet(
        f"{of} does not learn",
        expected=f"at least {bar:.0%} of held-out images right after {len(losses)} steps",
        got=f"{reached:.0%}, the loss going from {losses[0]:.2f} to {losses[-1]:.2f}",
        hint=_reason(handle, data),
    )


@dataclass(frozen=True)
class Training:
    """One training check as data, read by the check and by its calibration.

    ``questions`` are those whose answers take part in the network, ``cannot_learn`` the
    misconceptions that must stay below ``bar``. ``bar`` is set from the distribution that
    ``make calibrate`` prints. ``batch_statistics`` as in :func:`accuracy`.
    """

    name: str
    args: tuple[Any, ...]
    data: Callable[[], LearnData]
    bar: float
    recipe: Recipe
    questions: tuple[str, ...]
    cannot_learn: tuple[str, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    batch_statistics: bool = False

    @property
    def of(self) -> str:
        """What is trained, as a student writes it."""
        words = [str(arg) for arg in self.args]
        words += [f"{key}={value}" for key, value in self.kwargs.items()]
        return f"{self.name}({', '.join(words)})"

    def build(self, submission: Submission, seed: int) -> ModuleHandle:
        """The network, freshly initialised from ``seed``."""
        return submission.build(self.name, *self.args, seed=seed, **self.kwargs)

    def check(self, submission: Submission, seed: int) -> None:
        """The network of ``submission`` reaches the bar."""
        net = self.build(submission, seed)
        learns(
            net, self.data(), self.bar, recipe=self.recipe, seed=seed, of=self.of,
            batch_statistics=self.batch_statistics,
        )  # fmt: skip
        net.drop()

    def history(self, submission: Submission, seed: int) -> list[float]:
        """Held-out accuracy after each chunk, without stopping at the bar."""
        net, data, recipe = self.build(submission, seed), self.data(), self.recipe
        found = []
        for chunk in range(recipe.chunks):
            net.fit(
                data.x, data.y, steps=recipe.steps, batch_size=recipe.batch_size,
                learning_rate=recipe.learning_rate, momentum=recipe.momentum, seed=seed + chunk,
            )  # fmt: skip
            batch = self.batch_statistics
            found.append(accuracy(net, data, seed=seed + chunk, batch_statistics=batch))
        net.drop()
        return found


def _finite(losses: list[float], of: str) -> None:
    if not all(math.isfinite(loss) for loss in losses):
        raise Unmet(
            f"training {of} gives a loss that is not a number",
            expected="a loss that falls",
            got=f"{losses[-1]} after {len(losses)} steps",
            hint="A division by zero, a logarithm of zero, or activations that explode.",
        )


def _reason(handle: ModuleHandle, data: LearnData) -> str:
    """What can be seen of why it did not learn."""
    parameters = handle.state(values=False).parameters
    if not parameters:
        return "It has no registered parameters: are its layers in a plain list?"
    frozen = sum(not part.requires_grad for part in parameters)
    if frozen:
        return f"{frozen} of {len(parameters)} parameters are frozen (requires_grad=False)."
    gradients = handle.gradients(data.x[:8], labels=data.y[:8])
    found = [gradient for gradient in gradients if gradient is not None]
    if not found:
        return "No gradient reaches any parameter: look for .detach(), .data or no_grad()."
    if len(found) < len(gradients):
        missing = len(gradients) - len(found)
        return f"{missing} of {len(gradients)} parameters get no gradient."
    if all(bool(torch.all(gradient == 0)) for gradient in found):
        return "All gradients are zero: is a ReLU or a zero weight in the way of everything?"
    some = data.x[:8]
    shown = has_shape(handle.forward(some, train=True), (len(some), data.scores), of="the output")
    if torch.allclose(shown, shown[:1].expand_as(shown)):
        return "It gives every image the same scores: does the output depend on the input at all?"
    return "It learns, but too slowly: compare the order of layers with the definition."
