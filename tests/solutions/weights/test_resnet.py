"""torchvision's ResNets, written down by their published layout, against our keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from solutions.weights.resnet import MODELS, rename

REPEATS = {
    "resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3),
}  # fmt: skip

Entry = tuple[str, tuple[int, ...]]


def norm(name: str, channels: int) -> Iterator[Entry]:
    """A batch norm's tensors."""
    for tensor in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{tensor}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def torchvision_layout(name: str) -> Iterator[Entry]:
    """Every key of torchvision's ``state_dict`` with its shape."""
    deep = name not in ("resnet18", "resnet34")
    yield "conv1.weight", (64, 3, 7, 7)
    yield from norm("bn1", 64)
    width = 64
    for stage, blocks in enumerate(REPEATS[name]):
        narrow = 64 * 2**stage
        out = 4 * narrow if deep else narrow
        for block in range(blocks):
            at = f"layer{stage + 1}.{block}"
            kernels = (1, 3, 1) if deep else (3, 3)
            sizes = (width, narrow, narrow, out) if deep else (width, narrow, out)
            for place, kernel in enumerate(kernels):
                shape = (sizes[place + 1], sizes[place], kernel, kernel)
                yield f"{at}.conv{place + 1}.weight", shape
                yield from norm(f"{at}.bn{place + 1}", sizes[place + 1])
            if block == 0 and (width != out or stage > 0):
                yield f"{at}.downsample.0.weight", (out, width, 1, 1)
                yield from norm(f"{at}.downsample.1", out)
            width = out
    yield "fc.weight", (1000, width)
    yield "fc.bias", (1000,)


@pytest.mark.parametrize("name", MODELS)
def test_every_tensor_has_its_place(name: str) -> None:
    """The mapping is one to one onto our tensors, with equal shapes."""
    with torch.device("meta"):
        ours = {key: tuple(value.shape) for key, value in MODELS[name]().state_dict().items()}
    theirs = dict(torchvision_layout(name))
    renamed = {rename(key): shape for key, shape in theirs.items()}
    assert len(renamed) == len(theirs)
    assert renamed == ours


def test_other_keys_are_refused() -> None:
    """A key of another network is named."""
    with pytest.raises(KeyError, match=r"ResNets have no 'features.0.weight'"):
        rename("features.0.weight")
