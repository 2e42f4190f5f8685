"""What AlexNet did to its images: colours shifted along their main axes, and ten crops to test on.

Source: Krizhevsky, Sutskever and Hinton 2012, section 4.1.
"""

from __future__ import annotations

import torch
from torch import Tensor


def colour_axes(image: Tensor) -> tuple[Tensor, Tensor]:
    """Variances and directions of the colours of ``image`` ``(3, H, W)``, the largest first.

    Returns ``(3,)`` eigenvalues of the 3x3 covariance of its pixels and a ``(3, 3)`` matrix whose
    columns are the eigenvectors, each with its largest entry positive.
    """
    variances, axes = torch.linalg.eigh(torch.cov(image.flatten(1)))
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
    return variances.flip(0), (axes * largest.sign()).flip(1)


def shifted_colours(image: Tensor, amounts: Tensor, *, deviations: bool = True) -> Tensor:
    """``image`` ``(3, H, W)`` with one colour added to every pixel, along its own colour axes.

    ``amounts`` ``(3,)`` say how far along each axis: in standard deviations, or, with
    ``deviations=False``, in variances, as the paper prints it (which depends on the unit of the
    pixels). The paper draws them from a normal of standard deviation 0.1.
    """
    variances, axes = colour_axes(image)
    scale = variances.clamp(min=0).sqrt() if deviations else variances
    return image + (axes @ (amounts * scale))[:, None, None]


def ten_crops(image: Tensor, size: int) -> Tensor:
    """Four corners and the centre of ``image`` ``(C, H, W)``, and their mirror images.

    Returns ``(10, C, size, size)``, mirror images last.

    Raises:
        ValueError: if ``size`` is larger than the image.
    """
    height, width = image.shape[-2:]
    if size > min(height, width):
        raise ValueError(f"no crop of {size} pixels fits into {height}x{width}")
    bottom, right = height - size, width - size
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    crops = torch.stack([image[..., y : y + size, x : x + size] for y, x in corners])
    return torch.cat([crops, crops.flip(-1)])
