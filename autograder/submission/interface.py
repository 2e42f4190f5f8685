"""The one interface through which checks see student code.

A check asks a :class:`Submission` to build, call, run; it gets plain values and tensors, never the
student's objects. Whether the code lives in the same kernel or in a box is the transport's affair.
Every reply is taken as something that anybody may have written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from torch import Tensor, nn

from autograder.submission.codec import MAX_DIMENSIONS, ModuleRef, Opaque, decode, encode
from autograder.submission.errors import BadReply, StudentError
from autograder.submission.trace import MAX_UNITS, Unit, macs

MAX_ENTRIES = 20_000
MAX_NUMEL = 2**40


class Transport(Protocol):
    """Carries one request to the guest and its reply back."""

    def request(
        self, header: dict[str, Any], tensors: Sequence[Tensor]
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send ``header`` and ``tensors``; return the reply's."""


@dataclass(frozen=True)
class Entry:
    """One parameter or buffer of a module; ``value`` is None unless asked for."""

    kind: str
    name: str
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
    """In which order a module used its tensors, and the shape of what it returned."""

    units: tuple[Unit, ...]
    state: State
    output_shape: tuple[int, ...] | None

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers, for the whole batch."""
        return macs(self.units, [entry.shape for entry in self.state.entries])


class ModuleHandle:
    """A module that lives with the student's code."""

    def __init__(self, submission: Submission, number: int) -> None:
        self._submission = submission
        self.number = number

    def _ask(self, op: str, tensors: Sequence[Tensor] = (), **header: Any) -> Any:
        return self._submission.ask(op, tensors, module=self.number, **header)

    def forward(self, *inputs: Tensor, train: bool = False, seed: int = 0) -> Any:
        """What the module returns for ``inputs``.

        The module is moved to the inputs' dtype first; its mode is put back afterwards. In
        training mode running statistics change, as they do.
        """
        return self._submission.answer(*self._ask("forward", inputs, train=train, seed=seed))

    def state(self, *, values: bool = True) -> State:
        """Its parameters and buffers; no values on the meta device."""
        header, tensors = self._ask("state", values=values)
        return _state(header, tensors)

    def load(self, values: Mapping[int, Tensor]) -> None:
        """Set state entries, by their index in :attr:`State.entries`."""
        self._ask("load", list(values.values()), indices=list(values))

    def trace(self, *inputs: Tensor, train: bool = False) -> Trace:
        """Run it on ``inputs`` (moved to the meta device if the module is there) and watch."""
        state = self.state(values=False)
        header, _ = self._ask("trace", inputs, train=train)
        shape = header.get("shape")
        output = None if shape is None else _shape(shape)
        return Trace(_units(header.get("units"), len(state.entries)), state, output)

    def gradients(
        self,
        *inputs: Tensor,
        labels: Tensor | None = None,
        upstream: Tensor | None = None,
        train: bool = True,
        seed: int = 0,
    ) -> list[Tensor | None]:
        """The gradient of each parameter, None where none arrived.

        Of the mean cross-entropy with ``labels``, or of ``(output * upstream).sum()``.
        """
        last = labels if labels is not None else upstream
        if last is None:
            raise ValueError("gradients() needs labels or upstream")
        asked = self._ask(
            "gradients", [*inputs, last], labels=labels is not None, train=train, seed=seed
        )
        found = self._submission.answer(*asked)
        if not isinstance(found, list) or not all(
            g is None or isinstance(g, Tensor) for g in found
        ):
            raise BadReply("gradients that are no list of tensors")
        return found

    def fit(
        self,
        x: Tensor,
        y: Tensor,
        *,
        steps: int,
        batch_size: int,
        learning_rate: float,
        momentum: float = 0.9,
        seed: int = 0,
    ) -> list[float]:
        """Train on by ``steps`` of SGD with cross-entropy; the losses, one a step."""
        header, tensors = self._ask(
            "fit", [x, y], steps=steps, batch_size=batch_size,
            learning_rate=learning_rate, momentum=momentum, seed=seed,
        )  # fmt: skip
        losses = self._submission.answer(header, tensors)
        if not isinstance(losses, list) or not all(isinstance(loss, float) for loss in losses):
            raise BadReply("losses that are no list of numbers")
        return losses

    def mode(self, *, train: bool) -> None:
        """Put it into training or evaluation mode, to stay."""
        self._ask("mode", train=train)

    def drop(self) -> None:
        """Forget it, and free its memory over there."""
        self._ask("drop")


Value: TypeAlias = Any
"""None, bool, int, float, str, list, tuple, dict, Tensor, ModuleHandle or Opaque."""


class Submission:
    """One student's definitions, seen through a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(
        self, op: str, tensors: Sequence[Tensor] = (), **header: Any
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send one request.

        Raises:
            SubmissionFault: the student's code raised, died, hung, or answered nonsense.
        """
        reply, back = self._transport.request({"op": op, **header}, tensors)
        error = reply.get("error")
        if error is not None:
            raise _student_error(error)
        return reply, back

    def answer(self, header: dict[str, Any], tensors: Sequence[Tensor]) -> Value:
        """The value of a reply, modules as handles."""
        return self._handles(decode(header.get("value"), tensors))

    def _handles(self, value: Any) -> Value:
        if isinstance(value, ModuleRef):
            return ModuleHandle(self, value.number)
        if isinstance(value, list):
            return [self._handles(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self._handles(item) for item in value)
        if isinstance(value, dict):
            return {key: self._handles(item) for key, item in value.items()}
        return value

    def names(self, *names: str) -> dict[str, str]:
        """For each name "class", "function", "value" or "missing"."""
        reply, _ = self.ask("names", names=list(names))
        kinds = reply.get("kinds")
        if not isinstance(kinds, list) or len(kinds) != len(names):
            raise BadReply("names that were not asked for")
        return {name: str(kind)[:20] for name, kind in zip(names, kinds, strict=True)}

    def value(self, name: str) -> Value:
        """A variable of the notebook."""
        return self.answer(*self.ask("value", name=name))

    def call(self, name: str, *args: Value, seed: int = 0, **kwargs: Value) -> Value:
        """Call a function of the notebook; modules come back as handles."""
        tensors: list[Tensor] = []
        header = self._encoded(args, kwargs, tensors)
        return self.answer(*self.ask("call", tensors, name=name, seed=seed, **header))

    def build(
        self,
        name: str,
        *args: Value,
        device: str = "cpu",
        dtype: str | None = None,
        seed: int = 0,
        **kwargs: Value,
    ) -> ModuleHandle:
        """Construct a module from a class or a function of the notebook.

        Raises:
            SubmissionFault: it raised, or what came back is no ``nn.Module``.
        """
        tensors: list[Tensor] = []
        header = self._encoded(args, kwargs, tensors)
        built = self.answer(
            *self.ask("build", tensors, name=name, device=device, dtype=dtype, seed=seed, **header)
        )
        if not isinstance(built, ModuleHandle):
            kind = built.type_name if isinstance(built, Opaque) else type(built).__name__
            raise StudentError("TypeError", f"{name}(...) gave {kind}, not an nn.Module")
        return built

    def probe_net(self, layers: Sequence[Sequence[Any]], *, seed: int = 0) -> ModuleHandle:
        """A network of ours beside the student's code: ``[["Conv2d", 3, 4, 3], ["ReLU"]]``."""
        built = self.answer(*self.ask("probe_net", layers=[list(l) for l in layers], seed=seed))
        if not isinstance(built, ModuleHandle):
            raise BadReply("a probe net that is no module")
        return built

    def _encoded(
        self, args: Sequence[Value], kwargs: Mapping[str, Value], tensors: list[Tensor]
    ) -> dict[str, Any]:
        def plain(value: Value) -> Value:
            return ModuleRef(value.number) if isinstance(value, ModuleHandle) else value

        return {
            "args": [encode(plain(value), tensors, _refuse) for value in args],
            "kwargs": {
                name: encode(plain(value), tensors, _refuse) for name, value in kwargs.items()
            },
        }


def _refuse(module: nn.Module) -> int:
    raise TypeError(f"a check cannot send a {type(module).__name__} to a submission")


def _student_error(error: object) -> StudentError:
    if not isinstance(error, dict):
        raise BadReply("an error without a description")
    line = error.get("line")
    return StudentError(
        str(error.get("type"))[:80],
        str(error.get("message"))[:2000],
        line if type(line) is int and 0 <= line < 10**6 else 0,
    )


def _shape(value: object) -> tuple[int, ...]:
    """A shape that is one."""
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        raise BadReply("a shape that is no list of sizes")
    if not all(type(size) is int and 0 <= size <= MAX_NUMEL for size in value):
        raise BadReply("a shape that is no list of sizes")
    return tuple(value)


def _state(header: dict[str, Any], tensors: Sequence[Tensor]) -> State:
    entries = header.get("entries")
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise BadReply("a state that is no list of entries")
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kind") not in ("parameter", "buffer"):
            raise BadReply("a state entry that is none")
        value = decode(entry["value"], tensors) if "value" in entry else None
        shape = _shape(entry.get("shape"))
        if value is not None and not (isinstance(value, Tensor) and tuple(value.shape) == shape):
            value = None
        found.append(
            Entry(
                kind=entry["kind"], name=str(entry.get("name"))[:200], shape=shape,
                dtype=str(entry.get("dtype"))[:20], requires_grad=entry.get("requires_grad") is True,
                value=value,
            )
        )  # fmt: skip
    return State(tuple(found))


def _units(value: object, entries: int) -> tuple[Unit, ...]:
    if not isinstance(value, list) or len(value) > MAX_UNITS:
        raise BadReply("a trace that is no list of uses")
    units = []
    for item in value:
        if not isinstance(item, list) or len(item) != 11 or not isinstance(item[0], str):
            raise BadReply("a trace entry that is none")
        op, *indices = item[:5]
        if not all(i is None or (type(i) is int and 0 <= i < entries) for i in indices):
            raise BadReply("a trace that uses what is not in the state")
        groups, source, depth = item[6], item[9], item[10]
        if not all(type(number) is int and 0 <= number < 2**31 for number in (groups, depth)):
            raise BadReply("a trace with impossible numbers")
        if source is not None and not (type(source) is int and 0 <= source < len(units)):
            raise BadReply("a trace with an impossible source")
        shapes = (_shape(item[7]), _shape(item[8]))
        units.append(Unit(op[:20], *indices, _shape(item[5]), groups, *shapes, source, depth))
    return tuple(units)
