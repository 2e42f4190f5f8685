"""Images for experiments: what ships with scikit-learn, and readers of files that do not.

Nothing here downloads. Readers of MNIST, Fashion-MNIST and CIFAR-10 take the files that their
authors publish; all of these formats are plain bytes, none is a pickle.
"""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Images ``(N, C, H, W)`` in [0, 1] with labels ``(N,)``, to train on and to test on."""

    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor


def digits(*, size: int = 8, channels: int = 1, test_share: float = 0.25, seed: int = 0) -> Split:
    """scikit-learn's 1,797 handwritten digits, ten classes, shuffled by ``seed`` and split.

    ``size`` other than 8 resizes bilinearly; ``channels`` repeats the grey channel.
    Source: Alpaydin and Kaynak 1998, the test part of "Optical Recognition of Handwritten Digits".

    Raises:
        FileNotFoundError: scikit-learn is not installed, or keeps its files elsewhere.
    """
    table = torch.from_numpy(np.loadtxt(_shipped("data/digits.csv.gz"), np.float32, delimiter=","))
    x = table[:, :64].reshape(-1, 1, 8, 8) / 16
    if size != 8:
        x = F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
    x = x.repeat(1, channels, 1, 1)
    y = table[:, 64].long()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    test, train = order[: round(test_share * len(x))], order[round(test_share * len(x)) :]
    return Split(x[train], y[train], x[test], y[test])


def _shipped(name: str) -> Path:
    """A file that scikit-learn ships, without importing scikit-learn, which takes a second."""
    spec = importlib.util.find_spec("sklearn")
    path = Path(spec.origin).parent / "datasets" / name if spec and spec.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"no {path or name}: install scikit-learn, which ships it")
    return path


def sample_photo(name: str) -> Tensor:
    """One of scikit-learn's two photos, ``china`` or ``flower``: ``(427, 640, 3)`` bytes.

    Raises:
        FileNotFoundError: scikit-learn is not installed, or keeps its files elsewhere.
    """
    from PIL import Image

    with Image.open(_shipped(f"images/{name}.jpg")) as photo:
        return torch.from_numpy(np.array(photo))


TEXTURES = {
    "foliage": (("china", 332, 427, 0, 230), ("china", 332, 427, 410, 640)),
    "building": (("china", 110, 360, 125, 350),),
    "petals": (("flower", 120, 325, 200, 420),),
}
"""Where scikit-learn's two photos show a texture: photo, first and last row, first and last column.
"""
STRIP = 44  # pixels: strips of this width go to training and test in turn


def photo_textures(
    *, size: int = 32, per_class: int = 160, test_per_class: int = 100, seed: int = 0
) -> Split:
    """Grey patches of foliage, building and petals from the two photos that scikit-learn ships.

    Three classes in the order of :data:`TEXTURES`, three equal channels. Each patch is turned by a
    random quarter and scaled to mean 0 and deviation 1 (so it is not in [0, 1]): colour, brightness
    and contrast tell nothing. Training and test patches come from strips side by side, so no pixel
    is in both; the photos are the same, so the test says nothing of other photos.
    """
    photos = {name: sample_photo(name).float().mean(2) for name in ("china", "flower")}
    generator = torch.Generator().manual_seed(seed)

    def below(bound: int) -> int:
        return int(torch.randint(bound, (1,), generator=generator))

    parts = []
    for first, count in ((0, per_class), (1, test_per_class)):
        patches = []
        for regions in TEXTURES.values():
            strips = [
                photos[photo][top:bottom, column : column + STRIP]
                for photo, top, bottom, left, right in regions
                for column in range(left + first * STRIP, right - STRIP + 1, 2 * STRIP)
            ]
            for _ in range(count):
                strip = strips[below(len(strips))]
                row, column = below(len(strip) - size + 1), below(STRIP - size + 1)
                patch = strip[row : row + size, column : column + size]
                patches.append(torch.rot90(patch, below(4)))
        x = torch.stack(patches)
        mean, deviation = x.mean((1, 2), keepdim=True), x.std((1, 2), keepdim=True)
        x = ((x - mean) / (deviation + 1))[:, None].repeat(1, 3, 1, 1)
        parts += [x, torch.arange(len(TEXTURES)).repeat_interleave(count)]
    return Split(*parts)


def at_resolution(data: Split, size: int) -> Split:
    """The same images with ``size`` x ``size`` pixels, averaged so that nothing is aliased."""

    def resized(x: Tensor) -> Tensor:
        return F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)

    return Split(resized(data.train_x), data.train_y, resized(data.test_x), data.test_y)


def mnist_files(folder: Path) -> Split:
    """MNIST or Fashion-MNIST from the four IDX files that both publish, gzipped or not.

    Images are ``(N, 1, 28, 28)``. Raises what :func:`read_idx` raises.
    """
    images, labels = "images-idx3-ubyte", "labels-idx1-ubyte"
    return Split(
        _unit(read_idx(folder / f"train-{images}")[:, None]),
        read_idx(folder / f"train-{labels}").long(),
        _unit(read_idx(folder / f"t10k-{images}")[:, None]),
        read_idx(folder / f"t10k-{labels}").long(),
    )


def read_idx(path: Path) -> Tensor:
    """One IDX file of bytes as a uint8 tensor; ``path.gz`` is taken where ``path`` is missing.

    Raises:
        FileNotFoundError: if there is neither.
        ValueError: if the header does not fit the file.
    """
    packed = path.with_name(path.name + ".gz")
    if path.exists():
        content = path.read_bytes()
    elif packed.exists():
        content = gzip.decompress(packed.read_bytes())
    else:
        raise FileNotFoundError(f"neither {path} nor {packed.name} beside it exists")
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    expected = start + torch.Size(shape).numel()
    if content[:3] != b"\x00\x00\x08" or len(content) != expected:
        raise ValueError(f"{path}: not an IDX file of bytes, or cut off ({len(content)} bytes)")
    return torch.frombuffer(bytearray(content[start:]), dtype=torch.uint8).reshape(shape)


def cifar10_files(folder: Path) -> Split:
    """CIFAR-10 from its *binary version* (``data_batch_1.bin`` ... ``test_batch.bin``).

    Images are ``(N, 3, 32, 32)``.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: if a file is not a whole number of records of 1 + 3072 bytes.
    """
    train = torch.cat([_cifar_records(folder / f"data_batch_{i}.bin") for i in range(1, 6)])
    test = _cifar_records(folder / "test_batch.bin")
    return Split(*_cifar_parts(train), *_cifar_parts(test))


def _cifar_records(path: Path) -> Tensor:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; CIFAR-10's binary version has it")
    content = path.read_bytes()
    if not content or len(content) % 3073:
        raise ValueError(f"{path}: {len(content)} bytes are not records of 3,073 bytes")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8).reshape(-1, 3073)


def _cifar_parts(records: Tensor) -> tuple[Tensor, Tensor]:
    return _unit(records[:, 1:].reshape(-1, 3, 32, 32)), records[:, 0].long()


def _unit(images: Tensor) -> Tensor:
    return images.float() / 255
