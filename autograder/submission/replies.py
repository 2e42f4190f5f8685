"""Reading replies. Anybody may have written them: no field is believed before it is looked at."""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from autograder.printable import printable
from autograder.submission.codec import DTYPES, MAX_DIMENSIONS, decode
from autograder.submission.errors import BadReply, StudentError
from autograder.submission.units import LAYOUTS, MAX_UNITS, OPS, Unit, macs

KNOWN_DTYPES = frozenset((*DTYPES, "complex64", "complex128"))
MAX_ENTRIES = 20_000
MAX_SIZE = 2**40
LISTS = (list, tuple)  # over the wire a list; at home whatever the guest made

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
    if not isinstance(units, dict) or not all(isinstance(part, LISTS) for part in units.values()):
        raise BadReply("a trace that is no table of uses")
    if max(map(len, units.values()), default=0) >= MAX_UNITS:
        raise BadReply(f"a forward pass that uses parameters {MAX_UNITS} times or more")
    shape = header.get("shape")
    read = _units(units, len(state.entries)) if units else ()
    return Trace(read, state, None if shape is None else _shapes([shape])[0])


def read_state(header: Mapping[str, Any], tensors: Sequence[Tensor]) -> State:
    """The state of a reply.

    Raises:
        BadReply: it is none.
    """
    table = header.get("state")
    if not isinstance(table, dict):
        raise BadReply("a state that is no table of entries")
    shapes = _shapes(table.get("shapes"))
    count, parameters = len(shapes), table.get("parameters")
    if type(parameters) is not int or not 0 <= parameters <= count:
        raise BadReply("a state with an impossible number of parameters")
    kinds = ["parameter"] * parameters + ["buffer"] * (count - parameters)
    dtypes = [_one_of(part, KNOWN_DTYPES, "another dtype") for part in _column(table, "dtypes")]
    trained = [part == 1 for part in _column(table, "trained")]
    values: list[Any] = [None] * count
    if "values" in table:
        values = [_value(part, tensors) for part in _column(table, "values")]
    if not len(dtypes) == len(trained) == len(values) == count:
        raise BadReply("a state whose columns are of different lengths")
    for value, shape in zip(values, shapes, strict=True):
        if value is not None and not (isinstance(value, Tensor) and tuple(value.shape) == shape):
            raise BadReply("a state entry whose value has another shape")
    return State(tuple(map(Entry, kinds, shapes, dtypes, trained, values)))


def _column(table: Mapping[str, Any], name: str) -> Sequence[Any]:
    column = table.get(name)
    if not isinstance(column, LISTS) or len(column) > MAX_ENTRIES:
        raise BadReply(f"a table whose {name} are no list")
    return column


def _value(told: object, tensors: Sequence[Tensor]) -> Any:
    """The tensor of this number, as a rule; or whatever stands for what could not be sent."""
    if type(told) is int and 0 <= told < len(tensors):
        return tensors[told]
    return decode(told, tensors)


def _units(table: Mapping[str, Any], entries: int) -> tuple[Unit, ...]:
    """The uses of ``entries`` state entries; each points to earlier ones alone."""
    columns: dict[str, list[Any]] = {
        "op": [_one_of(part, OPS, "other") for part in _column(table, "op")],
        "used": [_indices(part, entries) for part in _column(table, "used")],
        "layout": [_one_of(part, LAYOUTS, "open") for part in _column(table, "layout")],
        "groups": [_groups(part) for part in _column(table, "groups")],
        "source": [_index(part, n) for n, part in enumerate(_column(table, "source"))],
        "after": [_indices(part, n) for n, part in enumerate(_column(table, "after"))],
    }
    for role in ("weight", "bias", "mean", "var"):
        columns[role] = [_index(part, entries) for part in _column(table, role)]
    for sizes in ("weight_shape", "stride", "in_shape", "out_shape"):
        columns[sizes] = _shapes(table.get(sizes))
    if len(set(map(len, columns.values()))) != 1:
        raise BadReply("a trace whose columns are of different lengths")
    return tuple(map(Unit, *(columns[name] for name in Unit._fields)))


def _groups(value: object) -> int:
    if type(value) is not int or not 0 < value < 2**31:
        raise BadReply("a trace with impossible groups")
    return value


def _one_of(value: object, allowed: Container[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def _index(value: object, end: int) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < end:
        raise BadReply("a trace that points to what is not there")
    return value


def _indices(value: Any, end: int) -> tuple[int, ...]:
    if not isinstance(value, LISTS) or len(value) > MAX_UNITS:
        raise BadReply("a trace that points to what is not there")
    if value and (set(map(type, value)) != {int} or min(value) < 0 or max(value) >= end):
        raise BadReply("a trace that points to what is not there")
    return tuple(value)


def _shapes(value: Any) -> list[tuple[int, ...]]:
    """Shapes that are some. All sizes are looked at together, which takes a tenth of the time."""
    if not isinstance(value, LISTS) or len(value) > MAX_ENTRIES:
        raise BadReply("shapes that are no list")
    for shape in value:
        if not isinstance(shape, LISTS) or len(shape) > MAX_DIMENSIONS:
            raise BadReply("a shape that is no list of sizes")
    sizes = [*itertools.chain.from_iterable(value)]
    if sizes and (set(map(type, sizes)) != {int} or min(sizes) < 0 or max(sizes) > MAX_SIZE):
        raise BadReply("a shape that is no list of sizes")
    if sizes and min(sizes) == 0 and any(math.prod(filter(None, s)) > MAX_SIZE for s in value):
        raise BadReply("a shape that no tensor can have")  # torch counts what lies beside a zero
    return [*map(tuple, value)]
