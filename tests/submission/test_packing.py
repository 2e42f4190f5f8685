"""Small tensors share blobs and come back as they were; forgeries are told."""

from __future__ import annotations

import json

import pytest
import torch

from autograder.submission import BadReply
from autograder.submission.codec import MAX_ITEMS
from autograder.submission.packing import SMALL, pack, unpack


def carried(tensors: list[torch.Tensor], *, meta: bool = False) -> tuple[list[torch.Tensor], int]:
    """``tensors`` after the wire, and how many blobs they took."""
    described, blobs = pack(tensors)
    assert len(described) == len(blobs)
    back = unpack(json.loads(json.dumps(described)), [bytes(blob) for blob in blobs], meta=meta)
    return back, len(blobs)


def test_weights_of_one_dtype_share_a_blob():
    """Each keeps its shape, its numbers and its place."""
    tensors = [torch.randn(2, 3, 3, 3), torch.randn(()), torch.randn(5), torch.randn(1, 1)]
    back, blobs = carried(tensors)
    assert blobs == 1
    assert all(torch.equal(one, other) for one, other in zip(tensors, back, strict=True))
    assert [one.shape for one in tensors] == [other.shape for other in back]


def test_what_does_not_share():
    """Other dtypes, large ones, empty ones and bare descriptions have their own."""
    tensors = [
        torch.randn(3), torch.randn(2, dtype=torch.float64), torch.tensor([True, False]),
        torch.tensor([False]), torch.empty(0, 4), torch.randn(SMALL + 1), torch.randn(2),
        torch.randn(3, 2).T,
    ]  # fmt: skip
    back, blobs = carried(tensors)
    assert blobs == 6
    for one, other in zip(tensors, back, strict=True):
        assert torch.equal(one, other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)


def test_meta_tensor_goes_alone():
    """It crosses as a description, where one is allowed."""
    tensors = [torch.randn(2), torch.empty(3, device="meta"), torch.randn(2)]
    back, blobs = carried(tensors, meta=True)
    assert (blobs, back[1].device.type, back[1].shape) == (3, "meta", (3,))
    assert torch.equal(back[2], tensors[2])


@pytest.mark.parametrize(
    ("about", "blob", "words"),
    [
        ({"dtype": "float32", "shapes": 3}, b"", "without a list of shapes"),
        ({"dtype": "float32", "shapes": [[1]] * (MAX_ITEMS + 1)}, b"", "without a list of shapes"),
        ({"dtype": "float32", "shapes": [3]}, b"", "impossible shape"),
        ({"dtype": "float32", "shapes": [[1] * 9]}, bytes(4), "impossible shape"),
        ({"dtype": "float32", "shapes": [[0, 2**62]]}, b"", "impossible shape"),
        ({"dtype": "float32", "shapes": [[True]]}, bytes(4), "impossible shape"),
        ({"dtype": "float32", "shapes": [[-1]]}, bytes(4), "impossible shape"),
        ({"dtype": "float32", "shapes": [[2], [2]]}, bytes(12), "of 4 numbers in all, 3 came"),
        ({"dtype": "float32", "shapes": [[1]]}, bytes(5), "needs 4 bytes, 5 came"),
        ({"dtype": "complex64", "shapes": [[1]]}, bytes(8), "cannot be read"),
        ({"shapes": [[1]]}, bytes(8), "cannot be read"),
    ],
    ids=str,
)
def test_forged_run(about, blob, words):
    """No run is believed before it is looked at."""
    with pytest.raises(BadReply, match=words):
        unpack([about], [blob])


@pytest.mark.parametrize("described", [None, 3, {}, [], [{}, {}]], ids=repr)
def test_forged_list(described):
    """One description for each blob."""
    with pytest.raises(BadReply, match="do not fit their descriptions"):
        unpack(described, [b""])


def test_too_many():
    """The caps hold for all runs together."""
    half = {"dtype": "uint8", "shapes": [[1]] * (MAX_ITEMS // 2 + 1)}
    with pytest.raises(BadReply, match=f"an answer of more than {MAX_ITEMS} tensors"):
        unpack([half, half], [bytes(MAX_ITEMS // 2 + 1)] * 2)
