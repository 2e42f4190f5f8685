"""Plain values and tensors as JSON and raw bytes: all that ever crosses the wall.

A value is None, a bool, a number, a string, a list, tuple or dict of values, a tensor, or a handle
to a module that stays on the other side. Everything else is named by its type and not sent.
Decoding trusts nothing: depth, counts and sizes are capped, every type is checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from autograder.submission.errors import BadReply

MAX_DEPTH = 12
MAX_ITEMS = 20_000
MAX_TEXT = 20_000
MAX_TUPLE_KEYS = 100
"""Of one dict. Numbers can be chosen so that all tuples of them have one hash, and a dict takes
quadratic time for such keys; hashes of texts are salted, those of single numbers hardly meet."""
MAX_DIMENSIONS = 8
MAX_INT = 2**63
MAX_TENSOR_BYTES = 256 * 2**20

_TYPE_NAME = re.compile(r"[^A-Za-z0-9_. ]")

DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
    )
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Opaque:
    """Something that is not plain data; only the name of its type crossed the wall."""

    type_name: str


@dataclass(frozen=True)
class ModuleRef:
    """A module on the other side, by number."""

    number: int


def encode(
    value: Any, tensors: list[Tensor], module: Callable[[torch.nn.Module], int], depth: int = 0
) -> Any:
    """The JSON form of ``value``; its tensors are appended to ``tensors``.

    ``module`` gives the number under which a module is kept.
    """
    if depth > MAX_DEPTH:
        return {"$opaque": "too deeply nested"}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)[:MAX_TEXT]
    if isinstance(value, int | float | np.number | np.bool_):
        return _encode_number(value)
    if isinstance(value, np.ndarray):
        return _encode_array(value, tensors)
    if isinstance(value, Tensor):
        return _encode_tensor(value, tensors)
    if isinstance(value, torch.nn.Module):
        return {"$module": module(value)}
    if isinstance(value, ModuleRef):
        return {"$module": value.number}
    if isinstance(value, list | tuple | dict) and len(value) > MAX_ITEMS:
        return {"$opaque": f"{type(value).__name__} of {len(value)} items"}
    if isinstance(value, list | tuple):
        items = [encode(item, tensors, module, depth + 1) for item in value]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict):
        if (tuples := sum(isinstance(key, tuple) for key in value)) > MAX_TUPLE_KEYS:
            return {"$opaque": f"dict with {tuples} tuples as keys"}
        pairs = [
            [encode(part, tensors, module, depth + 1) for part in pair] for pair in value.items()
        ]
        return {"$dict": pairs}
    return {"$opaque": type(value).__name__[:80]}


def _encode_number(value: Any) -> Any:
    if isinstance(value, np.complexfloating):
        return {"$opaque": "complex number"}
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, np.bool_):
        return bool(value)
    return int(value) if abs(value) < MAX_INT else {"$opaque": "huge int"}


def _encode_array(value: np.ndarray[Any, Any], tensors: list[Tensor]) -> Any:
    try:
        tensor = torch.from_numpy(np.ascontiguousarray(value).reshape(value.shape))
    except (TypeError, ValueError):
        return {"$opaque": f"array of {str(value.dtype)[:40]}"}
    return _encode_tensor(tensor, tensors)


def _encode_tensor(value: Tensor, tensors: list[Tensor]) -> Any:
    """Anything that is not an ordinary dense tensor is named, not sent."""
    if value.is_meta or value.layout is not torch.strided or value.is_quantized:
        kind = "meta" if value.is_meta else str(value.layout)
        return {"$opaque": f"{kind} Tensor"}
    if value.dtype not in _NAMES:
        return {"$opaque": f"Tensor of {str(value.dtype)[:40]}"}
    plain = value.detach()
    if type(value) not in (Tensor, Parameter) or not plain.is_cpu or plain.is_neg():
        plain = plain.as_subclass(Tensor).cpu().resolve_neg()
    tensors.append(plain.contiguous())
    return {"$tensor": len(tensors) - 1}


def to_wire(tensor: Tensor) -> tuple[dict[str, Any], memoryview]:
    """Description and bytes of a dense CPU tensor; of a meta tensor, the description alone."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    described: dict[str, Any] = {"dtype": dtype, "shape": list(tensor.shape)}
    if tensor.device.type == "meta":
        return {**described, "meta": True}, memoryview(b"")
    flat = tensor.detach().contiguous().reshape(-1)
    if flat.numel() == 1:  # a single number may count as contiguous and still have a stride
        flat = flat.clone(memory_format=torch.contiguous_format)
    plain = flat.view(torch.uint8) if flat.numel() else torch.empty(0, dtype=torch.uint8)
    return described, plain.numpy().data


def from_wire(
    described: object, blob: bytes | bytearray | memoryview, *, meta: bool = False
) -> Tensor:
    """The tensor that a description and bytes stand for; on the meta device only where allowed.

    A bytearray becomes the tensor's own memory, anything else is copied.

    Raises:
        BadReply: unknown dtype, bad shape, or bytes that do not fit it.
    """
    if not isinstance(described, dict):
        raise BadReply("a tensor without a description")
    dtype = DTYPES.get(str(described.get("dtype")))
    shape = described.get("shape")
    if dtype is None or not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise BadReply(f"a tensor of dtype {str(described.get('dtype'))[:40]!r} cannot be read")
    if not all(type(size) is int and 0 <= size <= 2**40 for size in shape):
        raise BadReply("a tensor with an impossible shape")
    if meta and described.get("meta") is True:
        return torch.empty(shape, dtype=dtype, device="meta")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > MAX_TENSOR_BYTES or wanted != len(blob):
        raise BadReply(f"a tensor of shape {tuple(shape)} needs {wanted} bytes, {len(blob)} came")
    if wanted == 0:
        return _empty(shape, dtype)
    memory = blob if isinstance(blob, bytearray) else bytearray(blob)
    if dtype is torch.bool:  # a byte of another value than 0 and 1 would be neither
        return torch.frombuffer(memory, dtype=torch.uint8).ne(0).reshape(shape)
    return torch.frombuffer(memory, dtype=dtype).reshape(shape)


def _empty(shape: list[int], dtype: torch.dtype) -> Tensor:
    try:
        return torch.empty(shape, dtype=dtype)
    except (RuntimeError, TypeError) as error:  # sizes beside a zero can still overflow
        raise BadReply("a tensor with an impossible shape") from error


def decode(document: Any, tensors: Sequence[Tensor], depth: int = 0) -> Any:
    """The value that :func:`encode` described; handles come back as :class:`ModuleRef`.

    Raises:
        BadReply: anything that ``encode`` could not have written.
    """
    if depth > MAX_DEPTH + 1:
        raise BadReply("an answer that is nested too deeply")
    if document is None or isinstance(document, bool | float):
        return document
    if isinstance(document, int):
        if abs(document) >= MAX_INT:
            raise BadReply("a whole number of more than 64 bits")
        return document
    if isinstance(document, str):
        return document[:MAX_TEXT]
    if isinstance(document, list):
        if len(document) > MAX_ITEMS:
            raise BadReply(f"a list of {len(document)} items")
        return [decode(item, tensors, depth + 1) for item in document]
    if isinstance(document, dict) and len(document) == 1:
        ((kind, content),) = document.items()
        return _decode_tagged(kind, content, tensors, depth)
    raise BadReply("an answer that is no value")


def _decode_tagged(kind: str, content: Any, tensors: Sequence[Tensor], depth: int) -> Any:
    """Decode ``{"$kind": content}``."""
    if kind == "$tensor" and type(content) is int and 0 <= content < len(tensors):
        return tensors[content]
    if kind == "$module" and type(content) is int and 0 <= content < MAX_INT:
        return ModuleRef(content)
    if kind == "$float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "$opaque" and isinstance(content, str):
        return Opaque(_TYPE_NAME.sub("", content)[:60])
    if kind == "$tuple" and isinstance(content, list):
        return tuple(decode(content, tensors, depth + 1))
    if kind == "$dict" and isinstance(content, list):
        pairs = decode(content, tensors, depth + 1)
        if all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            return _dict(pairs)
    raise BadReply(f"an answer of unknown kind {kind[:40]!r}")


def _dict(pairs: list[list[Any]]) -> dict[Any, Any]:
    if (tuples := sum(isinstance(key, tuple) for key, _ in pairs)) > MAX_TUPLE_KEYS:
        raise BadReply(f"a dict with {tuples} tuples as keys")
    try:
        return dict(pairs)
    except (TypeError, RuntimeError) as error:  # the latter of a tensor that is compared
        raise BadReply("a dict with an unhashable key") from error
