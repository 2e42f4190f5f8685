"""What functions return where shapes are all that is asked for.

On the meta device torch works most of them out in Python, which takes longer than to compute small
ones. Elsewhere a trace needs no numbers either, and convolutions are what takes the time. Here are
the commonest; whatever is not plainly right is left to torch, which may refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def foreseen(func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a function will return, where that is known; None where it is not.

    On the meta device a tensor of the right shape and dtype; on others, for a convolution alone,
    zeros instead of the numbers.
    """
    if not args or not isinstance(args[0], Tensor):
        return None
    if args[0].device.type != "meta" and func is not torch.conv2d:
        return None
    shape = _shape(func, args, kwargs)
    if shape is None:
        return None
    make = torch.empty if args[0].is_meta else torch.zeros
    return make(shape, dtype=args[0].dtype, device=args[0].device)


def _shape(
    func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[int, ...] | None:
    """The shape of what it returns; None for what torch should look at (and may refuse)."""
    if func in _ALONG:
        return tuple(args[0].shape) if _fits([*args, *kwargs.values()]) else None
    shape_of = _SHAPES.get(func)
    if shape_of is None:
        return None
    try:
        return shape_of(*args, **kwargs)
    except (TypeError, ValueError):  # called in another way than is known here
        return None


def _convolved(
    x: Tensor, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> tuple[int, ...] | None:
    """Of a convolution, called as ``nn.Conv2d`` does."""
    if not _alike(x, weight, bias):
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


def _alike(x: Tensor, weight: Any, bias: Any) -> bool:
    """Whether a layer's tensors are ordinary ones of the input's dtype and device."""
    return all(
        isinstance(t, Tensor)
        and t.dtype == x.dtype
        and t.device == x.device
        and t.layout is torch.strided
        for t in (x, weight, *(() if bias is None else (bias,)))
    )


def _combined(x: Tensor, other: Any) -> tuple[int, ...] | None:
    """Of a sum or a product with a number, or with a tensor of as many dimensions."""
    if not x.is_floating_point():
        return None
    if type(other) in (int, float):
        return tuple(x.shape)
    known = isinstance(other, Tensor) and other.is_meta and other.dtype == x.dtype
    if not known or other.dim() != x.dim():
        return None
    pairs = list(zip(x.shape, other.shape, strict=True))
    if any(one != two and 1 not in (one, two) for one, two in pairs):
        return None
    return tuple(two if one == 1 else one for one, two in pairs)


def _averaged(x: Tensor, dim: Any, keepdim: Any = False) -> tuple[int, ...] | None:
    """Of a mean over some dimensions."""
    known = isinstance(dim, tuple | list) and dim and all(type(d) is int for d in dim)
    if not known or type(keepdim) is not bool or not x.is_floating_point():
        return None
    if any(not -x.dim() <= d < x.dim() for d in dim):
        return None
    gone = {d % x.dim() for d in dim}
    if len(gone) < len(dim):
        return None
    kept = [1 if d in gone else size for d, size in enumerate(x.shape)]
    return tuple(size for d, size in enumerate(kept) if keepdim or d not in gone)


def _pooled(x: Tensor, output_size: Any) -> tuple[int, ...] | None:
    """Of global average pooling."""
    sizes = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * 2
    single = len(sizes) == 2 and all(type(size) is int and size == 1 for size in sizes)
    if not single or x.dim() != 4 or 0 in x.shape or not x.is_floating_point():
        return None
    return (*x.shape[:2], 1, 1)


def _linear(x: Tensor, weight: Any, bias: Any = None) -> tuple[int, ...] | None:
    """Of a linear layer."""
    if not _alike(x, weight, bias):
        return None
    if x.dim() < 1 or weight.dim() != 2 or x.shape[-1] != weight.shape[1]:
        return None
    out = weight.shape[0]
    return (*x.shape[:-1], out) if bias is None or bias.shape == (out,) else None


_SHAPES: dict[Any, Callable[..., tuple[int, ...] | None]] = {
    torch.conv2d: _convolved,
    F.linear: _linear,
    F.adaptive_avg_pool2d: _pooled,
    **dict.fromkeys((torch.mean, Tensor.mean), _averaged),
    **dict.fromkeys(
        (torch.add, torch.mul, Tensor.add, Tensor.mul, Tensor.__add__, Tensor.__mul__), _combined
    ),
}

_ALONG = {F.batch_norm, F.relu, F.relu6, F.silu, F.hardtanh, torch.relu, torch.sigmoid, Tensor.relu}
"""What they return has the shape and dtype of their first argument, and is a new tensor."""


def _fits(args: Sequence[Any]) -> bool:
    """Whether a function of ``_ALONG`` will work on these: vectors hold one number a channel."""
    state = [part for part in args[1:] if isinstance(part, Tensor)]
    return not state or (args[0].dim() > 1 and all(s.shape == args[0].shape[1:2] for s in state))
