"""torchvision's names of EfficientNet's weights, and ours.

torchvision computes the same function with other constants in its batch norms: B0 to B4, whose
weights it took over from timm, with PyTorch's defaults; B5 to B7, converted from the authors'
checkpoints, with those of the authors. A network for its weights must have its constants.
Source: torchvision/models/efficientnet.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from torch import nn

from solutions.efficientnet import VARIANTS, efficientnet

DEFAULT_NORMS = ("b0", "b1", "b2", "b3", "b4")
"""Those that torchvision builds with ``nn.BatchNorm2d``'s own epsilon and momentum."""

PARTS = ("expand", "depthwise", "squeeze_excitation", "project")
"""What stands at torchvision's ``block.0`` to ``block.3``; its first stage has no expansion."""
SQUEEZE = {"fc1": "squeeze", "fc2": "excite"}

BLOCK = re.compile(r"features\.([1-7])\.(\d+)\.block\.(\d)\.(\w+)\.(\w+)")
OUTER = {"features.0": "stem", "features.8": "head", "classifier.1": "classifier"}


def rename(key: str) -> str | None:
    """Our name of what torchvision calls ``key``; None for what we do not have."""
    found = BLOCK.fullmatch(key)
    if found:
        stage, block, place, layer, entry = found.groups()
        part = PARTS[int(place) + (1 if stage == "1" else 0)]
        return f"stages.{int(stage) - 1}.{block}.{part}.{SQUEEZE.get(layer, layer)}.{entry}"
    for theirs, ours in OUTER.items():
        if key.startswith(f"{theirs}."):
            return ours + key.removeprefix(theirs)
    return None


def _build(variant: str) -> nn.Module:
    """The variant with torchvision's constants."""
    model = efficientnet(variant)
    if variant in DEFAULT_NORMS:
        default = nn.BatchNorm2d(1)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps, module.momentum = default.eps, default.momentum
    return model


MODELS: dict[str, Callable[[], nn.Module]] = {
    f"efficientnet_{variant}": functools.partial(_build, variant) for variant in VARIANTS
}
"""The networks for torchvision's weights, by torchvision's names."""
