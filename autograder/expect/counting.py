"""Checks on parameters and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from autograder.expect.groups import PRODUCTS
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle


def parameter_count(
    handle: ModuleHandle,
    accepted: Mapping[int, str],
    *,
    known_wrong: Mapping[int, str] | None = None,
    of: str = "the module",
) -> None:
    """The trainable parameters add up to one of the ``accepted`` counts (count: what it means).

    ``known_wrong`` gives the usual meaning of some wrong counts, as the hint.
    """
    count = handle.state(values=False).count
    if count in accepted:
        return
    first = " or ".join(f"{number:,} ({meaning})" for number, meaning in accepted.items())
    hint = (known_wrong or {}).get(count, "")
    parts = handle.state(values=False).parameters
    if not hint and sum(math.prod(part.shape) for part in parts) in accepted:
        hint = (
            "All are there, but some are frozen (requires_grad=False), so that they do not count."
        )
    if not hint:
        nearest = min(accepted, key=lambda number: abs(number - count))
        word = "more" if count > nearest else "fewer"
        hint = f"{abs(count - nearest):,} {word} than {nearest:,}. Which layer has that many?"
    raise Unmet(
        f"{of} has another number of trainable parameters",
        expected=first,
        got=f"{count:,}",
        hint=hint,
    )


def macs(handle: ModuleHandle, x: Tensor, expected: int, *, of: str, hint: str = "") -> None:
    """One forward pass over ``x`` costs exactly this many multiply-adds (MACs) an image."""
    trace = handle.trace(x)
    counted = trace.macs // max(1, x.shape[0])
    if counted != expected:
        seen = {unit.weight for unit in trace.units if unit.op in PRODUCTS}
        parts = enumerate(trace.state.parameters)
        by_hand = [part.shape for n, part in parts if len(part.shape) == 4 and n not in seen]
        if by_hand and counted < expected:
            hint = (
                f"A weight of shape {by_hand[0]} takes no part in any convolution of PyTorch's, "
                "which are those that can be counted: use nn.Conv2d or F.conv2d."
            )
        raise Unmet(
            f"{of} costs another number of multiply-adds",
            expected=f"{expected:,}",
            got=f"{counted:,}",
            hint=hint,
        )


def every_parameter_learns(
    handle: ModuleHandle, x: Tensor, upstream: Tensor, *, of: str, weights_move: bool = False
) -> None:
    """Each registered parameter requires a gradient and gets one, and not all of them are zero.

    With ``weights_move`` those of two dimensions and more, taken alone, are not all zero either:
    where weights start at zero only biases and batch norms move, which is not asked of single
    blocks, because a residual one may start with a branch of zero.
    """
    parameters = handle.state(values=False).parameters
    if not parameters:
        raise Unmet(
            f"{of} has no parameters at all",
            expected="its layers' parameters, registered",
            got="none",
            hint="A layer in a plain list or dict is invisible to PyTorch; "
            "nn.ModuleList or an attribute registers it.",
        )
    frozen = [part for part in parameters if not part.requires_grad]
    if frozen:
        raise Unmet(
            f"{len(frozen)} of {len(parameters)} parameters of {of} are frozen",
            expected="requires_grad=True for all",
            got=f"requires_grad=False for one of shape {frozen[0].shape}",
            hint="requires_grad_(False) is for fine-tuning: here everything is trained.",
        )
    gradients = handle.gradients(x, upstream=upstream)
    arrived = [gradient is not None for gradient in gradients]
    arrived += [False] * (len(parameters) - len(arrived))
    dead = [part for part, there in zip(parameters, arrived, strict=False) if not there]
    if dead:
        raise Unmet(
            f"{len(dead)} of {len(parameters)} parameters of {of} get no gradient",
            expected="a gradient for each",
            got=f"none for one of shape {dead[0].shape}",
            hint="A layer that is made but not used, or a .detach(), .data or no_grad().",
        )
    if not any(gradient is not None and bool(gradient.any()) for gradient in gradients):
        raise Unmet(
            f"all {len(parameters)} parameters of {of} get a gradient of zeros",
            expected="a gradient that changes some of them",
            got="nothing but zeros",
            hint="Is the output multiplied by zero, or put together from detached tensors?",
        )
    matrices = [gradient for gradient in gradients if gradient is not None and gradient.dim() > 1]
    if weights_move and matrices and not any(bool(gradient.any()) for gradient in matrices):
        raise Unmet(
            f"all {len(matrices)} weights of {of} get a gradient of zeros: only biases and batch "
            "norms would move",
            expected="gradients that change the weights",
            got="nothing but zeros",
            hint="Weights that all start at zero stay there: start from random numbers.",
        )
