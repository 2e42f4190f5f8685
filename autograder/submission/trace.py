"""In which order code uses which of its tensors, by watching torch's functions.

One rule covers ``nn.Module`` layers and raw ``nn.Parameter`` code alike: both end in
``conv2d``, ``batch_norm``, ``linear`` or ``matmul``. A trace is a hint for the judge about how to bind
weights; what counts are outputs under weights that the judge chose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

MAX_UNITS = 4000


@dataclass(frozen=True)
class Unit:
    """One use of parameters or buffers, in order of use.

    ``op`` is "conv2d", "linear", "batch_norm", "product" (a matrix product in which a bare
    parameter takes part) or "elementwise" (a sum or product with one). The tensors are indices into the state (parameters, then
    buffers) or None. Shapes are those of the input and the output, batch included. ``source`` is
    the unit that made the input, if a unit did so directly; ``depth`` counts the units on the
    longest way from the network's input to here.
    """

    op: str
    weight: int | None = None
    bias: int | None = None
    mean: int | None = None
    var: int | None = None
    stride: tuple[int, ...] = ()
    groups: int = 1
    in_shape: tuple[int, ...] = ()
    out_shape: tuple[int, ...] = ()
    source: int | None = None
    depth: int = 0


class Recorder(TorchFunctionMode):
    """Records units while it is active; ``known`` maps a tensor's identity to its state index."""

    def __init__(self, known: Mapping[int, int]) -> None:
        super().__init__()
        self.known = known
        self.units: list[Unit] = []
        self._depths: dict[int, int] = {}
        self._makers: dict[int, int] = {}
        self._kept: list[Tensor] = []  # alive, so that no identity is used twice

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        describe = _DESCRIBERS.get(func)
        result = func(*args, **kwargs)
        if not isinstance(result, Tensor):
            return result
        given = [part for part in _flat([*args, *kwargs.values()]) if isinstance(part, Tensor)]
        depth = max((self._depths.get(id(part), 0) for part in given), default=0)
        if len(self.units) < MAX_UNITS:
            unit = None
            if describe is not None:
                unit = describe(self._index, result, *args, **kwargs)
            elif func in _PRODUCTS or func in _ELEMENTWISE:
                unit = self._bare("product" if func in _PRODUCTS else "elementwise", result, given)
            if unit is not None:
                depth += 1
                source = next((self._makers.get(id(part)) for part in given), None)
                self._makers[id(result)] = len(self.units)
                self.units.append(replace(unit, source=source, depth=depth))
            elif getattr(func, "__name__", "") in _RELAYOUTS and id(given[0]) in self._makers:
                self._makers[id(result)] = self._makers[id(given[0])]
        self._depths[id(result)] = depth
        self._kept.append(result)
        return result

    def _index(self, tensor: object) -> int | None:
        """The state index of a tensor, or of the tensor that it is a view of."""
        if not isinstance(tensor, Tensor):
            return None
        found = self.known.get(id(tensor))
        base = tensor._base
        if found is None and base is not None and base.numel() == tensor.numel():
            found = self.known.get(id(base))
        return found

    def _bare(self, op: str, result: Tensor, given: Sequence[Tensor]) -> Unit | None:
        """An operation on bare tensors, when a parameter takes part in it."""
        for position, part in enumerate(given):
            index = self._index(part)
            if index is not None:
                others = [other for n, other in enumerate(given) if n != position]
                shape = tuple(others[0].shape) if others else ()
                return Unit(op, index, in_shape=shape, out_shape=tuple(result.shape))
        return None


def _flat(parts: Sequence[Any]) -> list[Any]:
    """Arguments, those inside lists and tuples included."""
    return [
        item for part in parts for item in (part if isinstance(part, list | tuple) else (part,))
    ]


def _conv2d(
    index: Callable[[object], int | None],
    result: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Unit:
    steps = (stride, stride) if isinstance(stride, int) else tuple(stride)
    return Unit(
        "conv2d", weight=index(weight), bias=index(bias), stride=steps, groups=groups,
        in_shape=tuple(input.shape), out_shape=tuple(result.shape),
    )  # fmt: skip


def _linear(
    index: Callable[[object], int | None],
    result: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
) -> Unit:
    return Unit(
        "linear", weight=index(weight), bias=index(bias),
        in_shape=tuple(input.shape), out_shape=tuple(result.shape),
    )  # fmt: skip


def _batch_norm(
    index: Callable[[object], int | None],
    result: Tensor,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *_: Any,
    **__: Any,
) -> Unit:
    return Unit(
        "batch_norm", weight=index(weight), bias=index(bias), mean=index(running_mean),
        var=index(running_var), in_shape=tuple(input.shape), out_shape=tuple(result.shape),
    )  # fmt: skip


_DESCRIBERS: dict[Any, Callable[..., Unit]] = {
    torch.conv2d: _conv2d,  # F.conv2d is the same object
    F.linear: _linear,
    F.batch_norm: _batch_norm,
}

_PRODUCTS: set[Any] = {
    torch.matmul, Tensor.matmul, Tensor.__matmul__, Tensor.__rmatmul__, torch.mm, Tensor.mm,
    torch.bmm, torch.addmm, torch.tensordot, torch.einsum,
}  # fmt: skip

_ELEMENTWISE: set[Any] = {
    torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__, torch.multiply,
    torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, Tensor.__sub__, Tensor.__truediv__,
}  # fmt: skip

_RELAYOUTS = {
    "permute", "view", "reshape", "transpose", "contiguous", "flatten", "unflatten", "movedim",
    "squeeze", "unsqueeze", "swapaxes", "moveaxis", "clone",
}  # fmt: skip
"""Methods that move numbers about without changing them: who made them stays who made them."""


def macs(units: Sequence[Unit], shapes: Sequence[tuple[int, ...]]) -> int:
    """Multiply-adds of convolutions and linear layers, batch included.

    ``shapes`` are those of the state. A convolution costs its outputs times the weights of one
    filter, a linear layer its outputs times its inputs.
    """
    total = 0
    for unit in units:
        if unit.op not in ("conv2d", "linear", "product") or unit.weight is None:
            continue
        shape = shapes[unit.weight]
        if len(shape) < 2:
            continue  # an elementwise product or a sum with a vector
        outputs = 1
        for size in unit.out_shape:
            outputs *= size
        per_output = 1
        for size in shape[1:]:
            per_output *= size
        total += outputs * per_output
    return total
