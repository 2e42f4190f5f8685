"""Checks that classifiers made of blocks share: scores, layers along the path, open choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from autograder.expect.blocks import sample
from autograder.expect.cases import Case, Layer
from autograder.expect.equality import same_function
from autograder.expect.relabel import Style
from autograder.expect.tensors import has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Trace, Unit

LAYERS = ("conv2d", "linear", "product")
FIELDS = ("weight", "bias", "gamma", "beta", "mean", "var")


def scores(net: ModuleHandle, classes: int, images: Iterable[tuple[int, ...]], *, of: str) -> None:
    """One score a class for images of each shape ``(N, C, H, W)``."""
    for shape in images:
        has_shape(
            net.forward(sample(*shape)), (shape[0], classes),
            of=f"the output of {of} for images of shape {shape}",
            hint="Averaging over all positions, however many, leaves one number a channel; the "
            "linear layer then makes a score for each class.",
        )  # fmt: skip


class Step(NamedTuple):
    """A layer with weights on the way of an image: its output channels, and the maps around it.

    ``before`` and ``after`` are the heights of its input and its output; a vector counts as 1.
    """

    channels: int
    before: int
    after: int


def layers_along(net: ModuleHandle, x: Tensor) -> tuple[list[Step], int]:
    """The layers with weights on the way of ``x`` in order, and the multiply-adds of the pass.

    The latter include what is used apart from these layers.
    """
    trace = net.trace(x)
    return _steps(trace), trace.macs


def _steps(trace: Trace) -> list[Step]:
    parameters = len(trace.state.parameters)
    return [
        _step(unit)
        for unit in trace.units
        if unit.op in LAYERS
        and unit.weight is not None
        and unit.weight < parameters
        and len(unit.out_shape) > 1
    ]


def _step(unit: Unit) -> Step:
    """A linear layer has its channels last, on a map as well."""
    axis = 1 if unit.op == "linear" else 2
    before, after = (
        shape[axis] if len(shape) > 2 else 1 for shape in (unit.in_shape, unit.out_shape)
    )
    return Step(unit.out_shape[-1 if unit.op == "linear" else 1], before, after)


def layer_plan(
    net: ModuleHandle, x: Tensor, plan: Sequence[tuple[int, int]], *, of: str, hint: str = ""
) -> int:
    """The layers with weights have these (output channels, height of the output), in this order.

    Returns the multiply-adds of the pass over ``x``, which shows layers that are used apart from
    the plan or on other maps than their output's.
    """
    steps, macs = layers_along(net, x)
    found = [(step.channels, step.after) for step in steps]
    if found != list(plan):
        raise Unmet(
            f"{of} has other layers than the table, for an image of {x.shape[2]}×{x.shape[3]}",
            expected=_in_words(plan),
            got=_in_words(found),
            hint=hint,
        )
    return macs


def same_network(
    net: ModuleHandle, case: Case, path: Sequence[tuple[int, int]], *,
    of: str, hint: str = "", path_hint: str = "",
) -> None:  # fmt: skip
    """``net`` is ``case``'s function; where it is not, the first layer off the ``path`` is told.

    The path is not walked where outputs agree: that takes as long as to run the network.
    """
    try:
        same_function(net, case, of=of, hint=hint)
    except Unmet:
        same_path(net, case.inputs[0], path, of=of, hint=path_hint or hint)
        raise


def same_path(
    net: ModuleHandle, x: Tensor, path: Sequence[tuple[int, int]], *, of: str, hint: str = ""
) -> None:
    """The layers with weights have these (output channels, height of the input), in this order.

    The first that differs is told. What a layer computes and drops at once does not show here: the
    next layer's input decides. A map that comes padded by one on each side counts as without.
    """
    steps, _ = layers_along(net, x)
    found = [(step.channels, step.before) for step in steps]
    found = [
        wanted if (one[0], one[1] - 2) == wanted else one
        for one, wanted in zip(found, [*path, *found[len(path) :]], strict=False)
    ]
    for place in range(max(len(found), len(path))):
        wanted, got = (
            f"{row[place][0]} channels from a map of height {row[place][1]}"
            if place < len(row) else "no such layer"
            for row in (path, found)
        )  # fmt: skip
        if wanted != got:
            raise Unmet(
                f"layer {place + 1} of {of} is another one than the table's, for an image of "
                f"{x.shape[2]}×{x.shape[3]}",
                expected=f"{wanted} ({len(path)} layers with weights in all)",
                got=f"{got} ({len(found)} in all)",
                hint=hint,
            )


def _in_words(plan: Sequence[tuple[int, int]]) -> str:
    """Layers in words, equal neighbours counted."""
    runs: list[list[int]] = []
    for channels, size in plan:
        if runs and runs[-1][1:] == [channels, size]:
            runs[-1][0] += 1
        else:
            runs.append([1, channels, size])
    words = [f"{n} of {channels} channels at {size}×{size}" for n, channels, size in runs[:12]]
    return f"{len(plan)} layers: {', '.join(words)}{', ...' if len(runs) > 12 else ''}"


def same_wherever_zeros_stand(
    net: ModuleHandle, case: Case, widths: tuple[int, int, int], *, of: str, hint: str = ""
) -> None:
    """``net`` is ``case``'s function, wherever its padded shortcuts put their channels of zeros.

    The reference has them behind; on both sides and in front are the other styles in use. Such a
    net computes the same under the same weights with their channels in another order. ``widths``
    are those of three stages, and no other dimension of a weight has the second or third size.
    """
    same_function(net, case, of=of, hint=hint, styles=_styles(widths))


def _styles(widths: tuple[int, int, int]) -> list[Style]:
    """Zeros on both sides, and in front."""
    one, two, three = widths
    styles = []
    for share in (2, 1):
        there = {two: _order(torch.arange(one), two, (two - one) // share)}
        there[three] = _order(there[two], three, (three - two) // share)
        back = {width: order.argsort() for width, order in there.items()}
        styles.append(Style(partial(_turned, orders=there), partial(_turned, orders=back)))
    return styles


def _turned(layer: Layer, orders: Mapping[int, Tensor]) -> Layer:
    """A layer with its channels in another order."""
    values = {name: _reordered(getattr(layer, name), orders) for name in FIELDS}
    return replace(layer, **values)  # type: ignore[arg-type]


def _order(inner: Tensor, total: int, before: int) -> Tensor:
    """Which of the reference's channels stands where, when ``before`` zeros come first."""
    rest = torch.arange(len(inner), total)
    return torch.cat([rest[:before], inner, rest[before:]])


def _reordered(value: Tensor | None, orders: Mapping[int, Tensor]) -> Tensor | None:
    """Every dimension of a size in ``orders`` brought into that order."""
    if value is None:
        return None
    for dimension, size in enumerate(value.shape):
        if size in orders:
            value = value.index_select(dimension, orders[size])
    return value
