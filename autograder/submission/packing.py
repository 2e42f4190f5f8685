"""Many small tensors in few blobs: a network's weights are hundreds, and each blob has its price.

Tensors of one dtype that follow each other share a blob; a large one has its own, and so has one
without numbers or on the meta device. What comes back is read as something that anybody may have
written.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.submission.codec import DTYPES, MAX_DIMENSIONS, MAX_ITEMS, from_wire, to_wire
from autograder.submission.errors import BadReply

Blob = bytes | bytearray | memoryview
SMALL = 2**13
"""Larger tensors, in numbers, are not worth a copy."""


def pack(tensors: Sequence[Tensor]) -> tuple[list[dict[str, Any]], list[memoryview]]:
    """Descriptions and blobs, equally many, of dense tensors."""
    described, blobs = [], []
    for shared, run in itertools.groupby(tensors, key=_kind):
        if shared is None:
            wired = [to_wire(tensor) for tensor in run]
        else:
            members = list(run)
            plain = [part.detach() if part.requires_grad else part for part in members]
            joined = torch._C._nn.flatten_dense_tensors(plain)
            about, blob = to_wire(joined)
            del about["shape"]
            wired = [({**about, "shapes": [list(tensor.shape) for tensor in members]}, blob)]
        described += [about for about, _ in wired]
        blobs += [blob for _, blob in wired]
    return described, blobs


def _kind(tensor: Tensor) -> torch.dtype | None:
    """What tensors that share a blob have in common; None for one that has its own."""
    if tensor.is_meta or not 0 < tensor.numel() <= SMALL:
        return None
    return tensor.dtype


def unpack(described: object, blobs: Sequence[Blob], *, meta: bool = False) -> list[Tensor]:
    """The tensors of :func:`pack`; on the meta device only where allowed.

    Raises:
        BadReply: descriptions and blobs that do not fit each other.
    """
    if not isinstance(described, list) or len(described) != len(blobs):
        raise BadReply("tensors that do not fit their descriptions")
    tensors: list[Tensor] = []
    for about, blob in zip(described, blobs, strict=True):
        if isinstance(about, dict) and "shapes" in about:
            tensors += _run(about, blob)
        else:
            tensors.append(from_wire(about, blob, meta=meta))
        if len(tensors) > MAX_ITEMS:
            raise BadReply(f"an answer of more than {MAX_ITEMS} tensors")
    return tensors


def _run(about: dict[str, Any], blob: Blob) -> Iterator[Tensor]:
    """The tensors that share a blob."""
    shapes = about["shapes"]
    if not isinstance(shapes, list) or len(shapes) > MAX_ITEMS:
        raise BadReply("tensors without a list of shapes")
    if not all(isinstance(shape, list) and len(shape) <= MAX_DIMENSIONS for shape in shapes):
        raise BadReply("a tensor with an impossible shape")
    each = [*itertools.chain.from_iterable(shapes)]
    if each and (set(map(type, each)) != {int} or min(each) <= 0 or max(each) > SMALL):
        raise BadReply("a tensor with an impossible shape")
    sizes = [math.prod(shape) for shape in shapes]
    dtype = DTYPES.get(str(about.get("dtype")))
    one = dtype.itemsize if dtype else 1  # an unknown one is told by from_wire
    flat = from_wire({"dtype": about.get("dtype"), "shape": [len(blob) // one]}, blob)
    if sum(sizes) != len(flat):
        raise BadReply(f"tensors of {sum(sizes)} numbers in all, {len(flat)} came")
    parts: Sequence[Tensor] = flat.split_with_sizes(sizes)
    pairs = zip(parts, shapes, strict=True)
    return (part if len(shape) == 1 else part.view(shape) for part, shape in pairs)
