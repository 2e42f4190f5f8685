"""Where torchvision's MobileNetV2 keeps what ours has.

Source of the names: torchvision, ``models/mobilenetv2.py``, in which ``features`` holds the stem,
17 blocks and the head in one row, a block's layers lie in ``conv``, and the linear layer follows a
dropout. The function is the same; torchvision's dropout acts in training alone.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from solutions.mobilenet_v2 import STAGES, mobilenet_v2

MODELS: dict[str, Callable[[], nn.Module]] = {"mobilenet_v2": mobilenet_v2}

BLOCKS = tuple(
    f"stages.{stage}.{position}"
    for stage, (_, _, blocks, _) in enumerate(STAGES)
    for position in range(blocks)
)
"""Ours, in the order of torchvision's ``features.1`` to ``features.17``."""

EXPANDING = {
    "conv.0.": "expand.", "conv.1.": "filter.", "conv.2.": "project.0.", "conv.3.": "project.1."
}  # fmt: skip
"""Inside a block, by prefix."""
FIRST = {"conv.0.": "filter.", "conv.1.": "project.0.", "conv.2.": "project.1."}
"""The same in the first block, which has no expanding 1x1."""


def rename(key: str) -> str | None:
    """Our key for one of torchvision's.

    Raises:
        KeyError: a key that torchvision's MobileNetV2 does not have.
    """
    part, _, rest = key.partition(".")
    number, _, inside = rest.partition(".")
    if part == "classifier" and number == "1":
        return f"classifier.{inside}"
    if part == "features" and number == "0":
        return f"stem.{inside}"
    if part == "features" and number == str(len(BLOCKS) + 1):
        return f"head.{inside}"
    if part == "features" and number in map(str, range(1, len(BLOCKS) + 1)):
        for theirs, ours in (FIRST if number == "1" else EXPANDING).items():
            if inside.startswith(theirs):
                return f"{BLOCKS[int(number) - 1]}.{ours}{inside.removeprefix(theirs)}"
    raise KeyError(f"torchvision's MobileNetV2 has no {key!r}")
