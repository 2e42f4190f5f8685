"""Reading replies. Anybody may have written them: no field is believed before it is looked at."""

from __future__ import annotations

import builtins
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from autograder.submission.codec import DTYPES, MAX_DIMENSIONS, decode
from autograder.submission.errors import BadReply, StudentError
from autograder.submission.printable import printable
from autograder.submission.units import LAYOUTS, MAX_UNITS, OPS, Unit, macs

KNOWN_DTYPES = frozenset((*DTYPES, "complex64", "complex128"))
MAX_ENTRIES = 20_000
MAX_SIZE = 2**40

KNOWN_ERRORS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} | {"OutOfMemoryError", "LinAlgError", "AcceleratorError"}
"""Only these names of exceptions are passed on: a class's name could carry a hidden input out."""


class Entry(NamedTuple):
    """One parameter or buffer of a module; ``value`` is None unless asked for."""

    kind: str
    shape: tuple[int, ...]
    dtype: str
    requires_grad: bool
    value: Tensor | None = None


@dataclass(frozen=True)
class State:
    """Every parameter, then every floating-point buffer of a module, each tensor once."""

    entries: tuple[Entry, ...]

    @property
    def parameters(self) -> tuple[Entry, ...]:
        """The parameters, in the order of registration."""
        return tuple(entry for entry in self.entries if entry.kind == "parameter")

    @property
    def buffers(self) -> tuple[Entry, ...]:
        """The floating-point buffers (running statistics, say)."""
        return tuple(entry for entry in self.entries if entry.kind == "buffer")

    @property
    def count(self) -> int:
        """Trainable numbers, added up here from the shapes."""
        return sum(math.prod(part.shape) for part in self.parameters if part.requires_grad)


@dataclass(frozen=True)
class Trace:
    """In which order a module used its tensors; ``output_shape`` is None if it gave no tensor."""

    units: tuple[Unit, ...]
    state: State
    output_shape: tuple[int, ...] | None

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers, for the whole batch."""
        return macs(self.units)


def read_error(error: object) -> StudentError:
    """The exception that a reply tells of."""
    if not isinstance(error, dict):
        raise BadReply("an error without a description")
    name, message, line = error.get("type"), error.get("message"), error.get("line")
    message = printable(message[:2000]) if isinstance(message, str) else ""
    if not isinstance(name, str) or name not in KNOWN_ERRORS:
        name, message = "Exception", f"{printable(str(name)[:80])}: {message}"
    return StudentError(name, message, line if type(line) is int and 0 <= line < 10**5 else 0)


def read_trace(header: Mapping[str, Any]) -> Trace:
    """The trace of a reply.

    Raises:
        BadReply: it is none.
    """
    state = read_state(header, ())
    units = header.get("units")
    if not isinstance(units, list):
        raise BadReply("a trace that is no list of uses")
    if len(units) >= MAX_UNITS:
        raise BadReply(f"a forward pass that uses parameters {MAX_UNITS} times or more")
    read: list[Unit] = []
    for unit in units:
        read.append(_unit(unit, len(state.entries), len(read)))
    shape = header.get("shape")
    return Trace(tuple(read), state, None if shape is None else _sizes(shape))


def read_state(header: Mapping[str, Any], tensors: Sequence[Tensor]) -> State:
    """The state of a reply.

    Raises:
        BadReply: it is none.
    """
    entries = header.get("entries")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise BadReply("a state that is no list of entries")
    return State(tuple(_entry(entry, tensors) for entry in entries))


def _entry(entry: object, tensors: Sequence[Tensor]) -> Entry:
    if not isinstance(entry, dict) or entry.get("kind") not in ("parameter", "buffer"):
        raise BadReply("a state entry that is none")
    shape = _sizes(entry.get("shape"))
    value = decode(entry["value"], tensors) if "value" in entry else None
    if value is not None and not (isinstance(value, Tensor) and tuple(value.shape) == shape):
        raise BadReply("a state entry whose value has another shape")
    return Entry(
        kind=entry["kind"],
        shape=shape,
        dtype=_one_of(entry.get("dtype"), KNOWN_DTYPES, "another dtype"),
        requires_grad=entry.get("requires_grad") is True,
        value=value,
    )


def _unit(item: object, entries: int, before: int) -> Unit:
    """One use, of ``entries`` state entries, with ``before`` uses before it."""
    if not isinstance(item, dict):
        raise BadReply("a trace entry that is none")
    indices = {role: _index(item.get(role), entries) for role in ("weight", "bias", "mean", "var")}
    groups = item.get("groups")
    if type(groups) is not int or not 0 < groups < 2**31:
        raise BadReply("a trace with impossible groups")
    return Unit(
        op=_one_of(item.get("op"), OPS, "other"),
        **indices,
        used=_indices(item.get("used"), entries),
        weight_shape=_sizes(item.get("weight_shape")),
        layout=_one_of(item.get("layout"), LAYOUTS, "open"),
        stride=_sizes(item.get("stride")),
        groups=groups,
        in_shape=_sizes(item.get("in_shape")),
        out_shape=_sizes(item.get("out_shape")),
        source=_index(item.get("source"), before),
        after=_indices(item.get("after"), before),
    )


def _one_of(value: object, allowed: Container[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def _index(value: object, end: int) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < end:
        raise BadReply("a trace that points to what is not there")
    return value


def _indices(value: object, end: int) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_UNITS:
        raise BadReply("a trace that points to what is not there")
    found = tuple(_index(part, end) for part in value)
    return tuple(part for part in found if part is not None)


def _sizes(value: object) -> tuple[int, ...]:
    """A shape that is one."""
    if not isinstance(value, list | tuple) or len(value) > MAX_DIMENSIONS:
        raise BadReply("a shape that is no list of sizes")
    if value and (set(map(type, value)) != {int} or min(value) < 0 or max(value) > MAX_SIZE):
        raise BadReply("a shape that is no list of sizes")
    return tuple(value)
