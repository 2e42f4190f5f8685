"""How far a full convolution is from a depthwise separable one.

A separable convolution (nothing between its steps) is a full one whose filters from one input
channel are all multiples of one picture: ``weight[o, i] = pointwise[o, i] * depthwise[i]``. For
each input channel, that is a matrix of rank 1; the singular value decomposition gives the nearest
one, and the nearest sum of several.
Source: Guo et al., "Network Decoupling", 2018 (arXiv 1808.05517).
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


def separable_terms(weight: Tensor, terms: int) -> tuple[Tensor, Tensor]:
    """The sum of ``terms`` separable convolutions that is nearest to a full one.

    ``weight`` is ``(out, in, k, k)``. Returns depthwise filters ``(terms, in, k, k)`` and pointwise
    weights ``(terms, out, in)``; their products, added up over terms, come nearest to ``weight`` in
    the sum of squares, and are equal to it from ``min(out, k * k)`` terms on.
    """
    out_channels, in_channels, height, width = weight.shape
    matrices = weight.transpose(0, 1).reshape(in_channels, out_channels, height * width)
    left, values, right = torch.linalg.svd(matrices, full_matrices=False)
    pointwise = (left * values[:, None]).permute(2, 1, 0)  # (rank, out, in)
    depthwise = right.reshape(in_channels, -1, height, width).transpose(0, 1)
    return depthwise[:terms], pointwise[:terms]


def nearest_separable(weight: Tensor, terms: int) -> Tensor:
    """The terms of :func:`separable_terms` added up to a full weight ``(out, in, k, k)``."""
    return torch.einsum("tikl,toi->oikl", *separable_terms(weight, terms))


def share_kept(weight: Tensor, terms: int) -> float:
    """Share of the sum of squares of ``weight`` that the nearest ``terms`` separable ones keep."""
    return float(nearest_separable(weight, terms).square().sum() / weight.square().sum())


def with_separable_filters(model: nn.Module, terms: int) -> nn.Module:
    """A copy of ``model`` in which every full 3x3 behind the first is its nearest sum of terms."""
    model = copy.deepcopy(model)
    for conv in full_convolutions(model):
        conv.weight.data = nearest_separable(conv.weight.data, terms)
    return model


def full_convolutions(model: nn.Module) -> list[nn.Conv2d]:
    """Convolutions with kernels larger than 1x1 and without groups, the first one left out."""
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    return [conv for conv in convolutions[1:] if conv.groups == 1 and conv.kernel_size != (1, 1)]
