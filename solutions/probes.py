"""Instruments and small operations on trained or fresh networks, for the book's experiments."""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.resnet import ResNet


def gradient_profile(model: nn.Module, x: Tensor, y: Tensor) -> list[float]:
    """L2 norms of the loss gradient for each weight, from input to output.

    ``x`` are inputs of the model, ``y`` the ``(N,)`` class indices; weights are those
    of convolutions and linear layers. The loss is the mean cross-entropy over the batch.
    Parameters and their ``.grad`` stay untouched; in training mode the running statistics
    of batch norm move.
    """
    weights = [p for p in model.parameters() if p.ndim >= 2]
    loss = F.cross_entropy(model(x), y)
    return [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]


def without_batch_norm(model: nn.Module) -> nn.Module:
    """A copy of ``model`` in which every batch norm is the identity."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.Identity())
    return model


def without_blocks(model: ResNet) -> Iterator[tuple[str, ResNet]]:
    """Copies of ``model`` that lack one block each: any but the first of its stage.

    Yields the block's place, ``"stage.position"`` counted from 1, and the copy. A stage's first
    block may change the shape, so that the rest would not run without it. Source: Veit, Wilber and
    Belongie 2016 (arXiv 1605.06431), section 4.1.
    """
    for s, blocks in enumerate(model.blocks_per_stage):
        for b in range(1, blocks):
            reduced = copy.deepcopy(model)
            reduced.get_submodule(f"stages.{s}").set_submodule(str(b), nn.Identity())
            yield f"{s + 1}.{b + 1}", reduced


def milliseconds(layer: nn.Module, x: Tensor, *, repeats: int = 7) -> float:
    """Median time of ``layer(x)`` without gradients, after one call that is not counted.

    Processor time, so that waiting for other programs does not count; with one thread it is the
    time that passes on a quiet machine.
    """
    times = []
    with torch.no_grad():
        for _ in range(repeats + 1):
            start = time.process_time()
            layer(x)
            times.append(time.process_time() - start)
    return 1000 * statistics.median(times[1:])


def layer_milliseconds(model: nn.Module, x: Tensor, *, repeats: int = 7) -> dict[str, float]:
    """:func:`milliseconds` of each layer of ``model``, on the input that it gets when ``x`` enters.

    Layers are modules without submodules, by name; one that runs twice is timed on its last input.
    """
    inputs: dict[str, tuple[nn.Module, Tensor]] = {}
    handles = [
        layer.register_forward_hook(
            lambda layer, entered, _, name=name: inputs.update({name: (layer, entered[0])})
        )
        for name, layer in model.named_modules()
        if next(layer.children(), None) is None
    ]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return {name: milliseconds(layer, x, repeats=repeats) for name, (layer, x) in inputs.items()}
