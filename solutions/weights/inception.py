"""Where torchvision's GoogLeNet keeps its tensors, and where :func:`googlenet_bn` keeps them.

Source of the names: torchvision's models/googlenet.py. Its release says that the auxiliary heads
in its weights are not trained: they are left out unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from torch import nn

from solutions.inception import googlenet_bn

MODELS: dict[str, Callable[[], nn.Module]] = {"googlenet": googlenet_bn}

STEM = {"conv1": "stem.1", "conv2": "stem.3", "conv3": "stem.4"}
STAGES = {
    "3a": "to_4a", "3b": "to_4a", "4a": "to_4a", "4b": "to_4d", "4c": "to_4d", "4d": "to_4d",
    "4e": "to_5b", "5a": "to_5b", "5b": "to_5b",
}  # fmt: skip
BRANCHES = {
    "branch1": "branch1", "branch2.0": "branch3.0", "branch2.1": "branch3.1",
    "branch3.0": "branch5.0", "branch3.1": "branch5.1", "branch4.1": "branch_pool.1",
}  # fmt: skip
HEADS = {"aux1": "heads.4a", "aux2": "heads.4d"}
HEAD_PARTS = {"conv": "1", "fc1": "3", "fc2": "6"}
UNIT = {"conv": "0", "bn": "1"}

BLOCK_KEY = re.compile(r"inception(\d[a-e])\.(branch\d(?:\.\d)?)\.(conv|bn)\.(\w+)")
HEAD_KEY = re.compile(r"(aux\d)\.(?:(conv)\.(conv|bn)|(fc\d))\.(\w+)")
STEM_KEY = re.compile(r"(conv\d)\.(conv|bn)\.(\w+)")


def rename(key: str, *, aux: bool = False) -> str | None:
    """Our name for torchvision's ``key``; None for a tensor of a head when there are none.

    Raises:
        KeyError: torchvision's GoogLeNet has no such tensor.
    """
    if key.startswith("fc."):
        return key.replace("fc", "classifier")
    if found := BLOCK_KEY.fullmatch(key):
        name, branch, unit, tensor = found.groups()
        return f"{STAGES[name]}.{name}.{BRANCHES[branch]}.{UNIT[unit]}.{tensor}"
    if found := STEM_KEY.fullmatch(key):
        layer, unit, tensor = found.groups()
        return f"{STEM[layer]}.{UNIT[unit]}.{tensor}"
    if found := HEAD_KEY.fullmatch(key):
        head, conv, unit, linear, tensor = found.groups()
        if not aux:
            return None
        part = f"{HEAD_PARTS[conv]}.{UNIT[unit]}" if conv else HEAD_PARTS[linear]
        return f"{HEADS[head]}.{part}.{tensor}"
    raise KeyError(f"{key}: no tensor of torchvision's GoogLeNet is called so")
