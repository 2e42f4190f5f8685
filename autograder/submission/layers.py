"""Layers of ours beside a student's, from plain descriptions; and layers that nobody can ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from autograder.submission.surroundings import modules_of

PROBE_LAYERS = ("Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear", "AdaptiveAvgPool2d", "Tanh")


def refuse_lazy(module: nn.Module) -> None:
    """Lazy layers have nothing to count or to load before a batch came: say so at once.

    Raises:
        TypeError: there is one.
    """
    lazy = {type(part).__name__ for part in modules_of(module) if isinstance(part, LazyModuleMixin)}
    if lazy:
        raise TypeError(
            f"lazy layers ({', '.join(sorted(lazy))[:200]}) have no parameters before they have "
            "seen a batch: name the number of input channels or features instead"
        )


def probe_layer(described: Sequence[Any]) -> nn.Module:
    """``["Conv2d", 3, 4, 3, {"padding": 1}]`` as a layer."""
    kind, *arguments = described
    keywords = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    if kind not in PROBE_LAYERS:
        raise ValueError(f"a probe net has no layer {kind!r}")
    layer: nn.Module = getattr(nn, kind)(*arguments, **keywords)
    return layer
