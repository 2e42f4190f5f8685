"""Plain values and tensors survive the wire; nothing else does, and forgeries are told."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from autograder.submission import BadReply, Opaque
from autograder.submission.codec import (
    DTYPES,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_TENSOR_BYTES,
    MAX_TEXT,
    ModuleRef,
    decode,
    encode,
    from_wire,
    to_wire,
)


def refuse(module: torch.nn.Module) -> int:
    """No module is kept here."""
    raise AssertionError(module)


def carried(value):
    """``value`` after JSON and back."""
    tensors: list[torch.Tensor] = []
    document = json.loads(json.dumps(encode(value, tensors, refuse)))
    wired = [to_wire(tensor) for tensor in tensors]
    back = [from_wire(json.loads(json.dumps(about)), bytes(blob)) for about, blob in wired]
    return decode(document, back)


@pytest.mark.parametrize(
    "value",
    [None, True, False, 3, -(2**62), 2.5, math.inf, -math.inf, "text", "\ud800", [1, [2.0, None]],
     (1, (2, "a")), {"a": [1], 2: (3,), (4, 5): None}, [], {}, ()],
    ids=repr,
)  # fmt: skip
def test_plain_value_survives(value):
    """Equal, and of the same type."""
    back = carried(value)
    assert back == value
    assert type(back) is type(value)


def test_nan_survives():
    """NaN arrives; it is for the check to reject it."""
    assert math.isnan(carried(math.nan))


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (2, 0, 3)], ids=str)
def test_tensor_survives(dtype, shape):
    """Every dtype of the list and every kind of shape, bit by bit."""
    value = (torch.arange(math.prod(shape)) % 2).reshape(shape).to(dtype)
    back = carried(value)
    assert back.dtype == dtype
    assert torch.equal(back, value)


@pytest.mark.parametrize(
    "value",
    [
        torch.arange(12.0).reshape(3, 4).T,
        torch.arange(12.0)[::3],
        torch.ones(1).expand(4),
        torch.nn.Parameter(torch.ones(2)),
        torch.ones(3, dtype=torch.complex64).real,
        torch.tensor([1 + 2j]).conj().imag,
    ],
    ids=["transposed", "strided", "expanded", "parameter", "real part", "lazy negative"],
)
def test_unusual_tensor_arrives_plain(value):
    """Views, parameters and lazy conjugates become ordinary tensors."""
    back = carried(value)
    assert type(back) is torch.Tensor
    assert torch.equal(back, value.detach())


class Sub(torch.Tensor):
    """A subclass that lies about its shape."""

    @property
    def shape(self):
        """Not what it is."""
        return torch.Size([99])


def test_subclass_arrives_plain():
    """What a subclass overrides does not cross."""
    back = carried(torch.ones(2).as_subclass(Sub))
    assert type(back) is torch.Tensor
    assert back.shape == (2,)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: torch.ones(2, dtype=torch.complex64), "Tensor of torch.complex64"),
        (lambda: torch.ones(2, 2).to_sparse(), "torch.sparse_coo Tensor"),
        (lambda: torch.ones(2, device="meta"), "meta Tensor"),
        (
            lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8),
            "torch.strided Tensor",
        ),
        (lambda: np.array(["a"]), "array of U1"),
        (lambda: np.array([1], dtype=">f8"), "array of f8"),
        (lambda: object(), "object"),
        (lambda: {1, 2}, "set"),
        (lambda: 2**63, "huge int"),
        (lambda: np.complex64(1j), "complex number"),
        (lambda: list(range(MAX_ITEMS + 1)), f"list of {MAX_ITEMS + 1} items"),
    ],
    ids=[
        "complex",
        "sparse",
        "meta",
        "quantised",
        "text",
        "endian",
        "object",
        "set",
        "int",
        "complex number",
        "long",
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_what_is_not_sent_is_named(make, name):
    """Sparse, complex, quantised, meta and foreign things arrive as their names."""
    assert carried(make()) == Opaque(name)


def test_numpy_values_arrive_as_ours():
    """Arrays become tensors, numpy scalars plain numbers."""
    assert torch.equal(carried(np.arange(3)), torch.arange(3))
    assert (carried(np.float32(0.5)), carried(np.int64(4)), carried(np.bool_(True))) == (
        0.5,
        4,
        True,
    )


def test_endless_nesting_is_cut():
    """A list in itself ends where depth ends."""
    endless: list = []
    endless.append(endless)
    found = carried(endless)
    for _ in range(MAX_DEPTH):
        (found,) = found
    assert found == [Opaque("too deeply nested")]


def test_long_text_is_cut():
    """Text has a cap on both sides."""
    assert len(carried("x" * (MAX_TEXT + 5))) == MAX_TEXT
    assert len(decode("x" * (MAX_TEXT + 5), [])) == MAX_TEXT


def test_handles():
    """A handle is a number."""
    assert encode(ModuleRef(3), [], refuse) == {"$module": 3}
    assert decode({"$module": 3}, []) == ModuleRef(3)


def nested(levels: int):
    """Lists within lists."""
    document: list = []
    for _ in range(levels):
        document = [document]
    return document


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"$tensor": 0}, "unknown kind"),
        ({"$tensor": True}, "unknown kind"),
        ({"$module": -1}, "unknown kind"),
        ({"$float": "1"}, "unknown kind"),
        ({"$dict": [[1]]}, "unknown kind"),
        ({"$tuple": 3}, "unknown kind"),
        ({"$code": "x"}, "unknown kind"),
        ({}, "no value"),
        ({"a": 1, "b": 2}, "no value"),
        ({"$dict": [[[1], 2]]}, "unhashable key"),
        ({"$dict": [[{"$tuple": [n]}, n] for n in range(101)]}, "a dict with 101 tuples as keys"),
        ({"$module": 2**63}, "unknown kind"),
        ([0] * (MAX_ITEMS + 1), "a list of"),
        (2**63, "64 bits"),
        (nested(MAX_DEPTH + 3), "nested too deeply"),
    ],
)  # fmt: skip
def test_forged_document(document, words):
    """What ``encode`` could not have written is a bad reply."""
    with pytest.raises(BadReply, match=words):
        decode(document, [])


def test_type_names_are_plain():
    """A type's name carries no markup and no long text."""
    opaque = decode({"$opaque": "<b>Evil</b>\x1b[0m" + "x" * 100}, [])
    assert opaque.type_name.startswith("bEvilb0m")
    assert len(opaque.type_name) == 60


@pytest.mark.parametrize(
    ("described", "blob", "words"),
    [
        (None, b"", "without a description"),
        ({"dtype": "complex64", "shape": [1]}, b"12345678", "'complex64' cannot be read"),
        ({"dtype": "float32", "shape": "2"}, b"", "cannot be read"),
        ({"dtype": "float32", "shape": [1] * 9}, b"1234", "cannot be read"),
        ({"dtype": "float32", "shape": [-1]}, b"1234", "impossible shape"),
        ({"dtype": "float32", "shape": [True]}, b"1234", "impossible shape"),
        ({"dtype": "float32", "shape": [1.0]}, b"1234", "impossible shape"),
        ({"dtype": "float32", "shape": [2**41]}, b"", "impossible shape"),
        ({"dtype": "float32", "shape": [0, 2**40, 2**40]}, b"", "impossible shape"),
        ({"dtype": "float32", "shape": [2]}, b"1234", "needs 8 bytes, 4 came"),
        ({"dtype": "uint8", "shape": [MAX_TENSOR_BYTES + 1]}, b"", "bytes, 0 came"),
    ],
)  # fmt: skip
def test_forged_tensor(described, blob, words):
    """Unknown dtypes, impossible shapes and lengths that do not fit are bad replies."""
    with pytest.raises(BadReply, match=words):
        from_wire(described, blob)


def test_meta_input_crosses_as_a_description():
    """The guest may be sent a meta tensor; from the guest, none is taken."""
    described, blob = to_wire(torch.empty(2, 3, device="meta"))
    assert len(blob) == 0
    tensor = from_wire(described, blob, meta=True)
    assert (tensor.device.type, tensor.shape) == ("meta", (2, 3))
    with pytest.raises(BadReply, match="needs 24 bytes, 0 came"):
        from_wire(described, blob)


def test_bytes_that_are_no_booleans():
    """Every byte but zero is true."""
    tensor = from_wire({"dtype": "bool", "shape": [3]}, bytes([0, 1, 7]))
    assert tensor.tolist() == [False, True, True]
    assert int(tensor.sum()) == 2


@pytest.mark.parametrize("document", [{}, {"a": 1, "b": 2}])
def test_objects_that_are_no_value_are_refused(document):
    """A value is plain, or an object with one tag."""
    with pytest.raises(BadReply, match="an answer that is no value"):
        decode(document, [])


def test_a_number_that_hashes_as_a_tensor():
    """Python compares keys of one hash, and no tensor of several numbers says yes or no."""
    tensor = torch.zeros(2)
    with pytest.raises(BadReply, match="a dict with an unhashable key"):
        decode({"$dict": [[{"$tensor": 0}, 1], [hash(tensor), 2]]}, [tensor])


def test_a_dict_with_many_tuples_as_keys_is_named():
    """Some are sent; a student whose dict has thousands reads what it was."""
    some = {(n, n): n for n in range(100)}
    assert decode(encode(some, [], refuse), []) == some
    many = encode({**some, (0, 1): 0}, [], refuse)
    assert decode(many, []) == Opaque("dict with 101 tuples as keys")
