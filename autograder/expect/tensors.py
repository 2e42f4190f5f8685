"""Checks on names, kinds, shapes and values. The exact type comes first, numbers last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect.unmet import Unmet
from autograder.submission import ModuleHandle, Opaque, Submission


def kind_of(value: Any) -> str:
    """What a student would call this value: type, and shape where there is one."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, ModuleHandle):
        return "an nn.Module"
    if isinstance(value, Opaque):
        return f"a {value.type_name}"
    if value is None:
        return "None"
    return (
        f"{value!r}"[:80] if isinstance(value, bool | int | float) else f"a {type(value).__name__}"
    )


def defined(submission: Submission, name: str, kind: str = "class") -> None:
    """``name`` is defined, as a "class", a "function" or a "value".

    A function that builds a module may stand for a class.
    """
    found = submission.names(name)[name]
    callables = ("class", "function")
    if found == kind or (kind in callables and found in callables):
        return
    if found == "missing":
        raise Unmet(
            f"{name} is not defined",
            expected=f"a {kind} called {name}",
            got="no such name",
            hint="Run the cell that defines it first, and check the spelling.",
        )
    raise Unmet(f"{name} is of another kind", expected=f"a {kind}", got=f"a {found}")


def is_tensor(value: Any, *, of: str) -> Tensor:
    """``value`` is an ordinary tensor of finite numbers; returned as such."""
    if not isinstance(value, Tensor):
        raise Unmet(
            f"{of} is not a tensor",
            expected="a torch.Tensor",
            got=kind_of(value),
            hint="Does every branch of the function end in a return?" if value is None else "",
        )
    if value.is_floating_point() and not _is_finite(value):
        raise Unmet(
            f"{of} contains NaN or infinity",
            expected="finite numbers",
            got=f"{int((~torch.isfinite(value)).sum())} of {value.numel()} not finite",
        )
    return value


def _is_finite(value: Tensor) -> bool:
    """Whether all its numbers are; one that is not makes their sum infinite or NaN."""
    return math.isfinite(float(value.sum())) or bool(torch.isfinite(value).all())


def has_shape(value: Any, shape: Sequence[int], *, of: str, hint: str = "") -> Tensor:
    """``value`` is a finite tensor of exactly this shape."""
    tensor = is_tensor(value, of=of)
    if tuple(tensor.shape) != tuple(shape):
        raise Unmet(
            f"{of} has another shape",
            expected=f"{tuple(shape)}",
            got=f"{tuple(tensor.shape)}",
            hint=hint,
        )
    return tensor


def close(
    value: Any,
    expected: Tensor,
    *,
    of: str,
    rtol: float = 1e-8,
    atol: float = 1e-8,
    hint: str = "",
) -> None:
    """``value`` is a tensor of the expected shape, dtype and numbers.

    The difference is measured against the size of the expected numbers; they themselves are not
    told.
    """
    tensor = has_shape(value, tuple(expected.shape), of=of, hint=hint)
    if tensor.dtype != expected.dtype:
        raise Unmet(
            f"{of} has another dtype",
            expected=str(expected.dtype),
            got=str(tensor.dtype),
            hint="Keep the dtype of the input: no .float(), no new tensors of the default dtype.",
        )
    got, wanted = tensor.double(), expected.double()
    if not _is_finite(wanted):  # nothing is close to that, and no comparison would say so
        raise Unmet(
            f"{of} has nothing to be compared with",
            expected="finite numbers on the other side, too",
            got="NaN or infinity there: what was asked of the submission before gave that",
        )
    apart, sizes = (got - wanted).abs(), wanted.abs()
    wrong = int(
        (apart > atol + rtol * sizes).sum()
    )  # both finite: as torch.isclose, in half the time
    if not wrong:
        return
    largest, reach = float(apart.max()), float(sizes.max())
    raise Unmet(
        f"{of} has the right shape but other values",
        expected=f"the values of the definition, within {rtol:g}",
        got=f"{wrong} of {wanted.numel()} values differ, by up to {largest:.2g} "
        f"(the right ones reach {reach:.2g})",
        hint=hint,
    )


def number(value: Any, *, of: str, whole: bool = False) -> float:
    """``value`` is a plain finite number (an int where ``whole``); returned as such."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or (whole and not isinstance(value, int)):
        wanted = "an int" if whole else "a plain finite number"
        raise Unmet(f"{of} is not {wanted}", expected=wanted, got=kind_of(value))
    return float(value) if not whole else value


def numbers(value: Any, *, of: str) -> Tensor:
    """``value`` is a list of plain finite numbers; as a tensor of float32."""
    if not isinstance(value, list):
        raise Unmet(f"{of} is not a list", expected="a list", got=kind_of(value))
    if any(isinstance(entry, Tensor) for entry in value):
        hint = "float(...) or .item() makes a Python float of a tensor with one element."
        raise Unmet(f"{of} holds tensors", expected="Python floats", got="tensors", hint=hint)
    found = [number(entry, of=f"entry {place} of {of}") for place, entry in enumerate(value)]
    return torch.tensor(found, dtype=torch.float32)
