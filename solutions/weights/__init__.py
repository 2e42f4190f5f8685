"""torchvision's released weights in our networks.

Where torchvision ships weights for a network that computes the same function as one of ours, a
module here says where each of its tensors goes: ``MODELS`` (torchvision's name of a network, and
ours that takes its weights) and ``rename`` (our key for one of theirs, None for one that we do not
have). torchvision itself is not needed, only the file::

    import torch
    from solutions.weights import load_torchvision

    url = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    net = load_torchvision("resnet50", torch.hub.load_state_dict_from_url(url))

The network comes back in evaluation mode. Images go in as torchvision's weights expect them: RGB
from 0 to 1, minus ``MEAN``, divided by ``DEVIATION``, channel by channel.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType

from torch import Tensor, nn

FILES = ("alexnet", "vgg", "resnet", "inception", "mobilenet_v2", "efficientnet")
"""One module a paper."""

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of ImageNet's training images, as torchvision's documentation of its weights gives them."""


def known_models() -> tuple[str, ...]:
    """Torchvision's names of all networks whose weights can be loaded."""
    return tuple(name for file in _files() for name in file.MODELS)


def load_torchvision(name: str, state: Mapping[str, Tensor]) -> nn.Module:
    """Our network for torchvision's ``name``, with the weights of torchvision's ``state_dict``.

    Raises:
        ValueError: no such network, or tensors that are not all of that network's.
    """
    file = next((file for file in _files() if name in file.MODELS), None)
    if file is None:
        near = difflib.get_close_matches(name, known_models(), n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"no network takes torchvision's weights {name!r}.{meant} "
            f"Known: {', '.join(known_models())}"
        )
    model: nn.Module = file.MODELS[name]()
    model.load_state_dict(_renamed(name, state, file.rename, model.state_dict()))
    return model.eval()


def _renamed(
    name: str,
    state: Mapping[str, Tensor],
    rename: Callable[[str], str | None],
    ours: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """``state`` under our keys: every one of ours, each of its shape."""
    found: dict[str, Tensor] = {}
    for key, tensor in state.items():
        try:
            renamed = rename(key)
        except KeyError:
            renamed = key
        if renamed is None:
            continue
        if renamed not in ours:
            raise ValueError(
                f"{key!r} is no tensor of torchvision's {name}: is the file another's?"
            )
        if tensor.shape != ours[renamed].shape:
            raise ValueError(
                f"{key!r} has shape {tuple(tensor.shape)}, {name} has "
                f"{tuple(ours[renamed].shape)} there: is the file another network's?"
            )
        found[renamed] = tensor
    # Files older than PyTorch 0.4.1 do not count batches; the count changes nothing in evaluation.
    counters = {key: ours[key] for key in ours if key.endswith("num_batches_tracked")}
    found = {**counters, **found}
    missing = [key for key in ours if key not in found]
    if missing:
        raise ValueError(
            f"{len(missing)} tensors of {name} are not in the file, {missing[0]!r} among them: "
            "was the download cut short?"
        )
    return found


def _files() -> tuple[ModuleType, ...]:
    return tuple(importlib.import_module(f"{__name__}.{file}") for file in FILES)
