"""The data: what ships, and readers of files that readers bring."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits, load_sample_image

from solutions.datasets import (
    STRIP,
    TEXTURES,
    Split,
    at_resolution,
    cifar10_files,
    digits,
    mnist_files,
    photo_textures,
    read_idx,
    sample_photo,
)


def test_digits_are_split_without_overlap() -> None:
    """1,797 images in all, in [0, 1], each in one part only."""
    data = digits()
    assert data.train_x.shape == (1348, 1, 8, 8)
    assert data.test_x.shape == (449, 1, 8, 8)
    assert 0 <= data.train_x.min() < data.train_x.max() <= 1
    assert sorted(data.train_y.unique().tolist()) == list(range(10))


def test_digits_seed_decides_the_split() -> None:
    """Same seed, same split; another seed, another."""
    assert torch.equal(digits(seed=1).test_y, digits(seed=1).test_y)
    assert not torch.equal(digits(seed=1).test_y, digits(seed=2).test_y)


def test_digits_resize_and_repeat_channels() -> None:
    """Other sizes and three equal channels on request."""
    data = digits(size=16, channels=3)
    assert data.test_x.shape == (449, 3, 16, 16)
    assert torch.equal(data.test_x[:, 0], data.test_x[:, 2])


def test_what_ships_is_read_as_scikit_learn_reads_it() -> None:
    """Without importing it: the same digits in the same order, the same pixels of the photos."""
    flat, labels = load_digits(return_X_y=True)
    data = digits(test_share=0.0)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    assert torch.equal(data.train_x.flatten(1) * 16, torch.tensor(flat).float()[order])
    assert torch.equal(data.train_y, torch.tensor(labels)[order])
    for name in ("china", "flower"):
        assert (sample_photo(name).numpy() == load_sample_image(f"{name}.jpg")).all()


def test_without_scikit_learn_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed, or without its data: the message says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"digits\.csv\.gz: install scikit-learn"):
        digits()
    with pytest.raises(FileNotFoundError, match=r"china\.jpg: install scikit-learn"):
        sample_photo("china")


@pytest.fixture(scope="module")
def textures() -> Split:
    """Few patches are enough to see how they are made."""
    return photo_textures(per_class=20, test_per_class=10)


def test_textures_are_three_balanced_classes(textures: Split) -> None:
    """So many of each, three equal channels, nothing told by brightness or contrast."""
    assert textures.train_x.shape == (60, 3, 32, 32)
    assert textures.test_x.shape == (30, 3, 32, 32)
    assert textures.train_y.bincount().tolist() == [20, 20, 20]
    assert textures.test_y.bincount().tolist() == [10, 10, 10]
    assert torch.equal(textures.train_x[:, 0], textures.train_x[:, 2])
    assert textures.train_x.mean((1, 2, 3)).abs().max() < 1e-4
    assert ((textures.train_x[:, 0].std((1, 2)) - 1).abs() < 0.2).all()


def test_textures_seed_decides_the_patches(textures: Split) -> None:
    """Same seed, same patches; another seed, others."""
    again = photo_textures(per_class=20, test_per_class=10)
    other = photo_textures(per_class=20, test_per_class=10, seed=1)
    assert torch.equal(again.test_x, textures.test_x)
    assert not torch.equal(other.test_x, textures.test_x)


@pytest.mark.parametrize("regions", TEXTURES.values(), ids=TEXTURES)
def test_texture_regions_lie_in_the_photos(regions: tuple[tuple[str, int, int, int, int]]) -> None:
    """Each is high enough for a patch and wide enough for a strip of each part."""
    for _, top, bottom, left, right in regions:
        assert 0 <= top <= bottom - 32 <= 427 - 32
        assert 0 <= left <= right - 2 * STRIP <= 640 - 2 * STRIP


def test_textures_for_test_share_no_pixel_with_those_for_training() -> None:
    """With patches as wide as a strip, no column of a test patch is a column of a training one."""
    size = STRIP
    data = photo_textures(size=size, per_class=40, test_per_class=40)

    def windows(x: torch.Tensor) -> set[tuple[float, ...]]:
        turns = [torch.rot90(x[:, 0], turn, (1, 2)) for turn in range(4)]
        ranks = torch.cat(turns)[:, :, :3].flatten(1).round(decimals=3)
        return {tuple(row.tolist()) for row in ranks}

    assert not windows(data.train_x) & windows(data.test_x)


def test_at_resolution_averages(textures: Split) -> None:
    """Both parts shrink, labels stay, and a checkerboard becomes grey."""
    small = at_resolution(textures, 12)
    assert small.train_x.shape == (60, 3, 12, 12)
    assert small.test_x.shape == (30, 3, 12, 12)
    assert small.train_y is textures.train_y
    rows = torch.arange(16)
    board = ((rows[:, None] + rows) % 2).float().expand(1, 1, 16, 16)
    labels = torch.zeros(1, dtype=torch.int64)
    grey = at_resolution(Split(board, labels, board, labels), 4).train_x
    torch.testing.assert_close(grey, torch.full((1, 1, 4, 4), 0.5), atol=0.05, rtol=0)


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    """Both names of an IDX file are told, and which version of CIFAR-10 has the file."""
    with pytest.raises(
        FileNotFoundError, match=r"neither .*images nor images\.gz beside it exists"
    ):
        read_idx(tmp_path / "images")
    with pytest.raises(FileNotFoundError, match=r"is missing; CIFAR-10's binary version has it"):
        cifar10_files(tmp_path)


def _idx(values: torch.Tensor) -> bytes:
    head = bytes([0, 0, 8, values.ndim])
    return head + b"".join(n.to_bytes(4, "big") for n in values.shape) + bytes(values.flatten())


def test_mnist_files(tmp_path: Path) -> None:
    """The four files, one of them gzipped, become a split."""
    images = torch.arange(2 * 28 * 28).remainder(256).to(torch.uint8).reshape(2, 28, 28)
    labels = torch.tensor([3, 7], dtype=torch.uint8)
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(labels))
        packed = tmp_path / f"{part}-images-idx3-ubyte.gz"
        packed.write_bytes(gzip.compress(_idx(images)))
    data = mnist_files(tmp_path)
    assert data.test_y.tolist() == [3, 7]
    torch.testing.assert_close(data.train_x[:, 0] * 255, images.float())


def test_read_idx_says_what_is_missing(tmp_path: Path) -> None:
    """Neither the file nor its gzipped form: the message names both."""
    with pytest.raises(FileNotFoundError, match=r"neither .*labels nor labels\.gz"):
        read_idx(tmp_path / "labels")


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x08\x01\x00\x00\x00\x05abc", b"PNG and so on"])
def test_read_idx_refuses_other_files(tmp_path: Path, content: bytes) -> None:
    """Empty, cut off, or something else."""
    (tmp_path / "labels").write_bytes(content)
    with pytest.raises(ValueError, match=r"not an IDX file of bytes, or cut off"):
        read_idx(tmp_path / "labels")


def test_cifar10_files(tmp_path: Path) -> None:
    """Five training files and one test file of records of label and planes."""
    for number, name in enumerate(
        [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    ):
        record = bytes([number]) + bytes([255]) * 1024 + bytes(2048)
        (tmp_path / name).write_bytes(record)
    data = cifar10_files(tmp_path)
    assert data.train_y.tolist() == [0, 1, 2, 3, 4]
    assert data.test_x.shape == (1, 3, 32, 32)
    assert data.test_x[0].mean((1, 2)).tolist() == [1.0, 0.0, 0.0]


def test_cifar10_says_what_is_missing(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(FileNotFoundError, match=r"data_batch_1\.bin is missing"):
        cifar10_files(tmp_path)


def test_cifar10_refuses_a_cut_file(tmp_path: Path) -> None:
    """A file that is no whole number of records is refused."""
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3072))
    with pytest.raises(ValueError, match=r"3072 bytes are not records of 3,073 bytes"):
        cifar10_files(tmp_path)
