"""What a layer leaves out at random: told from its output, however it draws its numbers.

Two correct layers drop different examples, so outputs are not compared; what is dropped as a unit,
how often, and what becomes of the rest are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.expect.cases import random_input
from autograder.expect.groups import groups_of
from autograder.expect.tensors import has_shape, is_tensor, kind_of
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Submission

UNITS = ("nothing", "examples", "the batch", "channels", "values", "something else")


@dataclass(frozen=True)
class Dropping:
    """What was dropped as a unit (one of :data:`UNITS`), which share, and the others' factor."""

    unit: str
    share: float
    factor: float

    def like(self, other: Dropping, *, share: float = 0.1) -> bool:
        """The same unit and factor, and shares that differ by chance (up to ``share``) at most."""
        return (
            self.unit == other.unit
            and abs(self.share - other.share) <= share
            and abs(self.factor - other.factor) <= 1e-3
        )

    def in_words(self) -> str:
        """As a student reads it."""
        if self.unit == "nothing":
            return f"nothing dropped, all times {self.factor:.3g}"
        if self.unit == "something else":
            return "values that are neither zero nor one fixed multiple of what they are undropped"
        return (
            f"dropped as a unit: {self.unit} ({self.share:.0%}); the rest times {self.factor:.3g}"
        )


def dropping(output: Tensor, whole: Tensor) -> Dropping:
    """How ``output`` comes from ``whole`` ``(N, C, ...)``: what is zero, what scales the rest.

    Entries of ``whole`` that are nearly zero tell nothing and are left out.
    """
    telling = whole.abs() > 1e-3 * whole.abs().max()
    ratio = torch.where(telling, output / torch.where(telling, whole, 1.0), torch.nan)
    zero = telling & (ratio.abs() < 1e-6)
    kept = ratio[telling & ~zero]
    factor = float(kept.median()) if len(kept) else 0.0
    share = float(zero.sum() / telling.sum())
    if len(kept) and float((kept - factor).abs().max()) > 1e-3 * abs(factor):
        return Dropping("something else", share, factor)
    return Dropping(_unit(zero.flatten(2), telling.flatten(2)), share, factor)


def _unit(zero: Tensor, telling: Tensor) -> str:
    """The largest thing that is zero as a whole or not at all; both are ``(N, C, P)``."""

    def whole(axes: tuple[int, ...]) -> bool:
        some = zero.sum(axes)
        return bool(((some == 0) | (some == telling.sum(axes))).all())

    if not zero.any():
        return "nothing"
    if bool((zero == telling).all()):
        return "the batch"
    if whole((1, 2)):
        return "examples"
    return "channels" if whole((2,)) else "values"


def dropped_by(
    layer: ModuleHandle, *, examples: int = 600, seed: int = 0, train: bool = True, of: str
) -> Dropping:
    """What ``layer``, which keeps shapes, drops of random examples ``(3, 2, 2)``."""
    x = 1 + random_input((examples, 3, 2, 2), seed).abs()
    output = layer.forward(x, train=train, seed=seed)
    mode = "training" if train else "evaluation"
    return dropping(has_shape(output, tuple(x.shape), of=f"the output of {of} in {mode} mode"), x)


def branch_dropping(
    side: Submission, name: str, args: Sequence[Any], rate: float, x: Tensor, *, shortcut: bool
) -> Dropping:
    """What training does to the branch F(x) of a block ``name(*args, rate)``.

    Told from a twin of rate zero under the same weights. ``shortcut`` says whether x is added.
    """
    block, twin = side.build(name, *args, rate), side.build(name, *args, 0.0)
    entries = block.state().entries
    twin.load({n: one.value for n, one in enumerate(entries) if one.value is not None})
    added = x if shortcut else torch.zeros((), dtype=x.dtype)
    of = f"the output of {name}{(*args, rate)} in training mode"
    undropped = is_tensor(twin.forward(x, train=True, seed=6), of=of)
    if undropped.dim() < 3 or not undropped.numel() or (shortcut and undropped.shape != x.shape):
        wanted = f"{tuple(x.shape)}" if shortcut else "(N, C, H, W)"
        raise Unmet(f"{of} has another shape", expected=wanted, got=kind_of(undropped))
    dropped = has_shape(block.forward(x, train=True, seed=5), undropped.shape, of=of)
    block.drop()
    twin.drop()
    return dropping(dropped - added, undropped - added)


def idle_blocks(
    net: ModuleHandle,
    x: Tensor,
    upstream: Tensor,
    *,
    seeds: Iterable[int],
    weights: Sequence[int] | None = None,
) -> list[list[bool]]:
    """For each seed and each depthwise convolution, in order of use: is its gradient zero?

    That is: whether the block around it was left out, when ``x`` is a single image. Rows are empty
    where the layers cannot be told apart. ``weights`` are the parameters to look at, if known.
    """
    weights = depthwise_in_use(net, x) if weights is None else weights
    rows = [net.gradients(x, upstream=upstream, only=weights, seed=seed) for seed in seeds]
    if any(all(gradient is None for gradient in column) for column in zip(*rows, strict=True)):
        return [[] for _ in rows]  # frozen or detached: its gradient tells nothing
    return [[one is None or not bool(one.any()) for one in row] for row in rows]


def depthwise_in_use(net: ModuleHandle, x: Tensor) -> list[int]:
    """The numbers of the parameters of depthwise convolutions, in order of use."""
    trace = net.trace(x)
    parameters = range(len(trace.state.parameters))
    depthwise = [g for g in groups_of(trace) if len(g.shape) == 4 and g.shape[1] == 1]
    return [n for group in depthwise if (n := group.weight) is not None and n in parameters]


def depthwise_by_shape(net: ModuleHandle) -> list[int]:
    """The same in order of registration, by their shapes alone: a guess that costs no trace."""
    parameters = enumerate(net.state(values=False).parameters)
    return [n for n, one in parameters if one.shape[1:2] == (1,) and one.shape[2:] > (1, 1)]


def dropped_features(net: ModuleHandle, x: Tensor, *, seed: int = 0) -> float:
    """Which share of what the last layer sees is zero in training mode; -1 where nobody can tell.

    Told by the gradient of its weight, the only one with a row for each class. ``x`` holds as many
    images as there are classes: image n is asked for class n alone, so that each row of the
    gradient is what one image sent there. 1 where all of an image is lost, as when scores are
    dropped.
    """
    parts = enumerate(net.state(values=False).parameters)
    wide = [n for n, part in parts if len(part.shape) > 1 and len(x) in part.shape[:2]]
    upstream = torch.eye(len(x), dtype=x.dtype)
    gradients = net.gradients(x, upstream=upstream, only=wide, seed=seed)
    last = [
        gradient for gradient in gradients
        if gradient is not None and gradient.dim() > 1 and len(x) in gradient.shape[:2]
    ]  # fmt: skip
    if len(last) != 1:
        return -1.0
    rows = last[0] if last[0].shape[0] == len(x) else last[0].transpose(0, 1)
    zero = (rows == 0).flatten(1)
    return 1.0 if bool(zero.all(1).any()) else float(zero.double().mean())
