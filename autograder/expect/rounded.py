"""Cases under weights of few bits, so that a file of frozen ones stays small."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from autograder.expect.cases import Case, bound, make_case, random_input
from autograder.submission import ModuleHandle

FIELDS = ("weight", "bias", "gamma", "beta", "mean", "var")


def rounded_case(module: ModuleHandle, *inputs: Tensor, seed: int, steps: int = 64) -> Case:
    """A case of ``module`` on ``inputs`` whose weights are multiples of ``1 / steps``."""
    drawn = make_case(module, *inputs, seed=seed)
    shapes = [entry.shape for entry in module.state(values=False).entries]
    layers, values = [], {}
    for layer in drawn.layers:
        few = {name: _round(getattr(layer, name), steps) for name in FIELDS}
        layers.append(replace(layer, **few))  # type: ignore[arg-type]
        values.update(bound(layers[-1], layer.group, shapes))
    output = module.forward(*inputs, values=values)
    return replace(drawn, layers=tuple(layers), output=output)


def blocky_image(shape: tuple[int, int, int, int], seed: int, *, blocks: int = 8) -> Tensor:
    """Flat squares of few-bit colours, ``blocks`` a side: large images that take little room."""
    n, channels, height, width = shape
    colours = torch.round(4 * random_input((n, channels, blocks, blocks), seed)) / 4
    rows, columns = (torch.arange(size) * blocks // size for size in (height, width))
    return colours[:, :, rows][:, :, :, columns].contiguous()


def _round(value: Tensor | None, steps: int) -> Tensor | None:
    return None if value is None else torch.round(value * steps) / steps
