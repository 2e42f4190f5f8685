"""Checks that classifiers made of blocks share: scores, layers along the path, open choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from autograder.expect.blocks import sample
from autograder.expect.cases import Case
from autograder.expect.equality import same_function
from autograder.expect.tensors import has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Unit

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


def layer_plan(
    net: ModuleHandle, x: Tensor, plan: Sequence[tuple[int, int]], *, of: str, hint: str = ""
) -> int:
    """The layers with weights have these (output channels, height), in this order.

    Returns the multiply-adds of the pass over ``x``, which shows layers that are used apart from
    the plan or on other maps than their output's.

    A layer whose output is a vector counts as of height 1.
    """
    trace = net.trace(x)
    parameters = len(trace.state.parameters)
    found = [
        _channels_and_height(unit)
        for unit in trace.units
        if unit.op in LAYERS
        and unit.weight is not None
        and unit.weight < parameters
        and len(unit.out_shape) > 1
    ]
    if found != list(plan):
        raise Unmet(
            f"{of} has other layers than the table, for an image of {x.shape[2]}×{x.shape[3]}",
            expected=_in_words(plan),
            got=_in_words(found),
            hint=hint,
        )
    return trace.macs


def _channels_and_height(unit: Unit) -> tuple[int, int]:
    """Of a layer's output: a linear layer has its channels last, on a map as well."""
    if len(unit.out_shape) == 2:
        return unit.out_shape[1], 1
    if unit.op == "linear":
        return unit.out_shape[-1], unit.out_shape[1]
    return unit.out_shape[1], unit.out_shape[2]


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
    first: Unmet | None = None
    for reordered in _styles(case, widths):
        try:
            same_function(net, reordered, of=of, hint=hint)
        except Unmet as unmet:
            first = first or unmet
        else:
            return
    assert first is not None
    raise first


def _styles(case: Case, widths: tuple[int, int, int]) -> Iterator[Case]:
    """``case`` for zeros behind, on both sides, in front."""
    yield case
    one, two, three = widths
    for share in (2, 1):
        orders = {two: _order(torch.arange(one), two, (two - one) // share)}
        orders[three] = _order(orders[two], three, (three - two) // share)
        layers = []
        for layer in case.layers:
            values = {name: _reordered(getattr(layer, name), orders) for name in FIELDS}
            layers.append(replace(layer, **values))  # type: ignore[arg-type]
        yield replace(case, layers=tuple(layers))


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
