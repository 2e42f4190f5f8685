"""What functions return on the meta device, where shapes are all there is.

torch works most of them out in Python, which takes longer than to compute small ones. Here are the
commonest; whatever is not plainly right is left to torch, which may refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def foreseen(func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a function will return on the meta device, where that is known; None where it is not."""
    if not args or not isinstance(args[0], Tensor) or args[0].device.type != "meta":
        return None
    if func in _ALONG and _fits([*args, *kwargs.values()]):
        return torch.empty_like(args[0])
    if func is torch.conv2d and not kwargs and len(args) == 7:  # as nn.Conv2d calls it
        shape = _convolved(*args)
        return None if shape is None else torch.empty(shape, dtype=args[0].dtype, device="meta")
    return None


def _convolved(
    x: Tensor, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> tuple[int, ...] | None:
    """The shape of a convolution's output; None for what torch should look at (and may refuse)."""
    tensors = [x, weight, *([] if bias is None else [bias])]
    if not all(isinstance(t, Tensor) and t.is_meta and t.dtype == x.dtype for t in tensors):
        return None
    if x.dim() != 4 or weight.dim() != 4 or type(groups) is not int or groups < 1:
        return None
    pairs = (stride, padding, dilation)
    if not all(isinstance(pair, tuple) and tuple(map(type, pair)) == (int, int) for pair in pairs):
        return None
    if min(*stride, *dilation) < 1 or min(padding) < 0:
        return None
    (n, channels, *size), (out, per_group, *kernel) = x.shape, weight.shape
    fits = channels == per_group * groups and out % groups == 0
    if not fits or (bias is not None and bias.shape != (out,)):
        return None
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    after = [
        (s + 2 * p - span) // step + 1
        for s, p, span, step in zip(size, padding, spans, stride, strict=True)
    ]
    return (n, out, *after) if min(after) > 0 else None


_ALONG = {F.batch_norm, F.relu, F.relu6, F.silu, F.hardtanh, torch.relu, torch.sigmoid, Tensor.relu}
"""What they return has the shape and dtype of their first argument, and is a new tensor."""


def _fits(args: Sequence[Any]) -> bool:
    """Whether a function of ``_ALONG`` will work on these: meta, and one number a channel."""
    state = [part for part in args[1:] if isinstance(part, Tensor)]
    return not state or (args[0].dim() > 1 and all(s.shape == args[0].shape[1:2] for s in state))
