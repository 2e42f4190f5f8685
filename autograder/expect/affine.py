"""What can be said of a map by adding inputs up: is it affine, and what are its numbers if it is?

A network without activations is one affine map, however many layers it has, and no accuracy and no
count tells; adding does. A convolution gives its kernel away to impulses, in whatever way it is
written, so that two can be compared without binding one's weights to the other's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.expect.blocks import for_each
from autograder.expect.tensors import close, has_shape, is_tensor, kind_of
from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle


def additivity_gap(handle: ModuleHandle, a: Tensor, b: Tensor, *, of: str = "the module") -> float:
    """The largest ``|f(a + b) - f(a) - f(b) + f(0)|``, as a share of the largest output.

    Zero, up to rounding, for an affine map and no other. Inputs are of shape ``(N, ...)``; what is
    no finite tensor is told.
    """
    of = f"the output of {of}"
    sums = [is_tensor(handle.forward(a + b), of=of).double()]
    if not sums[0].numel():
        raise Unmet(f"{of} holds no numbers", expected="some", got=kind_of(sums[0]))
    for x in (a, b, torch.zeros_like(a)):
        sums.append(has_shape(handle.forward(x), sums[0].shape, of=of).double())
    whole, one, other, nothing = sums
    reach = max(float(part.abs().max()) for part in sums)
    return float((whole - one - other + nothing).abs().max()) / max(reach, 1e-12)


def awaken(handle: ModuleHandle, *, seed: int = 0, of: str = "the module") -> None:
    """Random numbers in every parameter, at a scale that makes activations bend, whatever its own.

    A vector is taken for biases; in a weight the second and later dimensions are what is read.
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(shape: Sequence[int]) -> Tensor:
        scale = math.sqrt(2 / max(1, math.prod(shape[1:]))) if len(shape) > 1 else 0.5
        return scale * torch.randn(tuple(shape), generator=generator)

    handle.load(for_each(handle.state(values=False), drawn, of=of))


def bends(handle: ModuleHandle, a: Tensor, b: Tensor, *, of: str, hint: str = "") -> None:
    """The module is not affine: somewhere between input and output is an activation."""
    awaken(handle, of=of)
    gap = additivity_gap(handle, a, b, of=of)
    if gap < 1e-5:
        raise Unmet(
            f"{of} is linear: what it gives for a + b is what it gives for a, and for b, added up",
            expected="f(a + b) - f(a) - f(b) + f(0) away from 0",
            got=f"at most {gap:.1g} of the largest output",
            hint=hint,
        )


@dataclass(frozen=True)
class Kernel:
    """An unpadded convolution of stride 1: ``weight`` ``(O, C, k, k)`` and ``bias`` ``(O,)``."""

    weight: Tensor
    bias: Tensor

    @property
    def wiring(self) -> Tensor:
        """Which output map reads which input map: (O, C), true where some weight is not zero."""
        return self.weight.abs().amax(dim=(2, 3)) > 1e-9

    def apply(self, x: Tensor) -> Tensor:
        """Convolve ``(N, C, H, W)`` with it."""
        return F.conv2d(x, self.weight, self.bias)


def kernel_of(
    handle: ModuleHandle,
    in_channels: int,
    size: int,
    *,
    of: str,
    out_channels: int | None = None,
    train: bool = False,
) -> Kernel:
    """The kernel that a module shows to impulses, whether or not it is a convolution.

    One image without anything, then one a channel with a single 1, which meets each of the
    ``size * size`` weights at another position. :func:`is_convolution` tells whether it is one.
    """
    x = torch.zeros(in_channels + 1, in_channels, 2 * size - 1, 2 * size - 1, dtype=torch.float64)
    for channel in range(in_channels):
        x[channel + 1, channel, size - 1, size - 1] = 1
    output = is_tensor(handle.forward(x, train=train), of=f"the output of {of}")
    channels = out_channels or (output.shape[1] if output.dim() > 1 else 0)
    output = has_shape(output, (len(x), channels, size, size), of=f"the output of {of}").double()
    bias = output[0, :, 0, 0]
    weight = (output[1:] - output[0]).flip(-1, -2).transpose(0, 1)
    return Kernel(weight, bias)


def is_convolution(
    handle: ModuleHandle, kernel: Kernel, x: Tensor, *, of: str, hint: str = ""
) -> None:
    """On ``x`` the module is the convolution with its own ``kernel``: no activation, no more."""
    close(handle.forward(x), kernel.apply(x), of=f"the output of {of}", hint=hint)
