"""Convolutions run once before any fork, so that no child pays for what they need made.

oneDNN compiles code for each size of convolution that it has not met, and keeps it for the process:
a child that begins without any spends a tenth of its time on that. Sizes say nothing of values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

Size = list[Any]
"""Shapes of input and weight, whether there is a bias, stride, padding, dilation, groups, and which
gradients are asked for (none: forward alone); plain lists, as they cross the wall."""

FORWARD = torch.ops.aten.convolution.default
BACKWARD = torch.ops.aten.convolution_backward.default


class Sizes(TorchDispatchMode):
    """Notes the size of each convolution that is computed while it is active."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._noted: dict[str, Size] = {}

    @property
    def noted(self) -> list[Size]:
        """Each once, in order."""
        return [*self._noted.values()]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Compute as ever."""
        if func is FORWARD:
            given, weight, bias, stride, padding, dilation, transposed, _, groups = args
            if not transposed:
                self._note(given, weight, bias is not None, stride, padding, dilation, groups, [])
        elif func is BACKWARD:
            _, given, weight, bias, stride, padding, dilation, transposed, _, groups, mask = args
            if not transposed:
                self._note(given, weight, bool(bias), stride, padding, dilation, groups, mask)
        return func(*args, **(kwargs or {}))

    def _note(self, given: Any, weight: Any, *rest: Any) -> None:
        if given.device.type != "cpu" or given.dtype is not torch.float32 or not given.numel():
            return
        size = [list(given.shape), list(weight.shape), *map(_plain, rest)]
        self._noted.setdefault(repr(size), size)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else list(value)


def run(sizes: Sequence[Size]) -> None:
    """Compute a convolution of each size, of zeros; what cannot be computed is left out."""
    for size in sizes:
        with contextlib.suppress(RuntimeError, TypeError, ValueError, IndexError):
            _run(*size)


def _run(
    given: list[int], weight: list[int], bias: bool, stride: list[int], padding: list[int],
    dilation: list[int], groups: int, mask: list[bool],
) -> None:  # fmt: skip
    x, w = torch.zeros(given), torch.zeros(weight)
    b = torch.zeros(weight[0]) if bias else None
    about = (stride, padding, dilation, False, [0] * len(stride), groups)
    y = FORWARD(x, w, b, *about)
    if mask:
        BACKWARD(y, x, w, [weight[0]] if bias else None, *about, mask)
