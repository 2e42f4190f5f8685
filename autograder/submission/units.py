"""The words of a trace: one use of parameters or buffers, and what a list of uses costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

MAX_UNITS = 4000
OPS = ("conv2d", "convolution", "linear", "product", "batch_norm", "add", "scale", "other")
LAYOUTS = ("weight", "transposed", "open")


class Unit(NamedTuple):
    """One use of entries of the state (parameters, then buffers), in order of use.

    ``op`` is "conv2d", "linear", "batch_norm", "product" (a matrix product with a bare parameter),
    "add" or "scale" (elementwise, with one), "convolution" (any but conv2d, of which nothing more
    is told), or "other". ``weight``, ``bias``, ``mean`` and ``var``
    are indices into the state, None for none or for a tensor that is not in the state; ``used`` are
    all that take part, computed ones (a mask times a weight) by what they are computed from.

    ``weight_shape`` is the weight as used; ``layout`` tells whether its first axis counts outputs
    ("weight") or inputs ("transposed"), or that this cannot be seen ("open"). ``in_shape`` and
    ``out_shape`` include the batch. ``after`` are the units whose results this one was computed
    from, nothing of the state between; ``source`` the unit whose result it took as it was.
    """

    op: str
    weight: int | None = None
    bias: int | None = None
    mean: int | None = None
    var: int | None = None
    used: tuple[int, ...] = ()
    weight_shape: tuple[int, ...] = ()
    layout: str = "weight"
    stride: tuple[int, ...] = ()
    groups: int = 1
    in_shape: tuple[int, ...] = ()
    out_shape: tuple[int, ...] = ()
    source: int | None = None
    after: tuple[int, ...] = ()


def macs(units: Sequence[Unit]) -> int:
    """Multiply-adds of convolutions, linear layers and products with parameters, batch included.

    Each output of such a layer costs as many as it has weights: one filter, or one row.
    """
    return sum(math.prod(unit.out_shape) * _per_output(unit) for unit in units)


def _per_output(unit: Unit) -> int:
    shape = unit.weight_shape
    if unit.op not in ("conv2d", "linear", "product") or len(shape) < 2:
        return 0
    if unit.op == "product" and len(shape) == 2 and _first_axis_is_input(unit):
        return shape[0]
    return math.prod(shape[1:])


def _first_axis_is_input(unit: Unit) -> bool:
    first, second = unit.weight_shape
    if unit.layout == "open":
        fits = second in unit.in_shape and first in unit.out_shape
        return not fits and first in unit.in_shape
    return unit.layout == "transposed"
