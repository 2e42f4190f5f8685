"""The one interface through which checks see student code.

A check asks a :class:`Submission` to build, call, run; it gets plain values and tensors, never the
student's objects. Whether the code lives in the same kernel or in a box is the transport's affair.
Every reply is taken as something that anybody may have written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from torch import Tensor, nn

from autograder.submission.codec import ModuleRef, Opaque, decode, encode
from autograder.submission.errors import BadReply, StudentError
from autograder.submission.replies import State, Trace, read_error, read_state, read_trace


class Transport(Protocol):
    """Carries one request to the guest and its reply back."""

    @property
    def generation(self) -> int:
        """Another number once the modules of before are gone, because their process ended."""

    @property
    def device(self) -> str:
        """Where networks are to be trained: "cpu", or "cuda" where a box reaches a GPU."""

    def request(
        self, header: dict[str, Any], tensors: Sequence[Tensor]
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send ``header`` and ``tensors``; return the reply's."""


class ModuleHandle:
    """A module that lives with the student's code."""

    def __init__(self, submission: Submission, number: int) -> None:
        self._submission = submission
        self.number = number
        self.made_by = ""
        """The class or function that :meth:`Submission.build` called for it."""
        self.seen: Trace | None = None
        """The last trace that was made of it."""

    def __repr__(self) -> str:
        """The same in every run: it can get into a message."""
        return f"<module {self.number}>"

    def _ask(self, op: str, tensors: Sequence[Tensor] = (), **header: Any) -> Any:
        return self._submission.ask(op, tensors, module=self.number, **header)

    def forward(
        self,
        *inputs: Tensor,
        train: bool = False,
        seed: int = 0,
        values: Mapping[int, Tensor] | None = None,
        layout: Sequence[tuple[str, int]] | None = None,
    ) -> Any:
        """What the module returns for ``inputs``, after loading ``values`` as :meth:`load` does.

        The module is moved to the inputs' dtype first; its mode is put back afterwards. In
        training mode running statistics change, as they do. Where a ``layout`` is given (kind and
        number of dimensions of each state entry) and the state has another, nothing is loaded or
        run, and that is a :class:`StudentError`.
        """
        loaded = values or {}
        asked = self._ask(
            "forward", [*inputs, *loaded.values()],
            train=train, seed=seed, inputs=len(inputs), indices=list(loaded),
            layout=None if layout is None else [list(entry) for entry in layout],
        )  # fmt: skip
        return self._submission.answer(*asked)

    def state(self, *, values: bool = True) -> State:
        """Its parameters and buffers; no values on the meta device."""
        return read_state(*self._ask("state", values=values))

    def load(self, values: Mapping[int, Tensor]) -> None:
        """Set state entries, by their index in :attr:`State.entries`."""
        self._ask("load", list(values.values()), indices=list(values))

    def trace(self, *inputs: Tensor, train: bool = False) -> Trace:
        """Run it on ``inputs`` (moved to the meta device if the module is there) and watch."""
        self.seen = read_trace(self._ask("trace", inputs, train=train)[0])
        return self.seen

    def gradients(
        self,
        *inputs: Tensor,
        labels: Tensor | None = None,
        upstream: Tensor | None = None,
        only: Sequence[int] | None = None,
        train: bool = True,
        seed: int = 0,
    ) -> list[Tensor | None]:
        """The gradient of each parameter (or of those numbered in ``only``), None where none came.

        Of the mean cross-entropy with ``labels``, or of ``(output * upstream).sum()``.
        """
        last = labels if labels is not None else upstream
        if last is None:
            raise ValueError("gradients() needs labels or upstream")
        asked = self._ask(
            "gradients", [*inputs, last],
            labels=labels is not None, train=train, seed=seed,
            only=None if only is None else list(only),
        )  # fmt: skip
        found = self._submission.answer(*asked)
        if not isinstance(found, list) or not all(
            g is None or (isinstance(g, Tensor) and g.is_floating_point()) for g in found
        ):
            raise BadReply("gradients that are no list of tensors of real numbers")
        if only is not None and len(found) != len(only):
            raise BadReply("gradients of other parameters than those asked for")
        return found

    def reached(self, *inputs: Tensor, upstream: Tensor, outputs: int) -> list[list[bool]]:
        """For each of several outputs, in training mode: which parameters get a gradient from it?

        From ``(output * upstream).sum()``. One pass serves for all, and no gradient is sent.
        """
        asked = self._ask("reached", [*inputs, upstream], outputs=outputs)
        found = self._submission.answer(*asked)
        if not isinstance(found, list) or len(found) != outputs:
            raise BadReply("what other outputs depend on than those asked for")
        for row in found:
            if not isinstance(row, list) or not all(isinstance(one, bool) for one in row):
                raise BadReply("what an output depends on, and no list of yes and no")
        if len({len(row) for row in found}) > 1:
            raise BadReply("outputs that depend on different numbers of parameters")
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
        """Train on by ``steps`` of SGD with cross-entropy; the losses, one a step.

        On the submission's device if that can be; in every case the module is on the CPU
        afterwards.
        """
        header, tensors = self._ask(
            "fit", [x, y], steps=steps, batch_size=batch_size, learning_rate=learning_rate,
            momentum=momentum, seed=seed, device=self._submission.device,
        )  # fmt: skip
        losses = self._submission.answer(header, tensors)
        if not isinstance(losses, list) or len(losses) != steps:
            raise BadReply("losses that are not one a step")
        if not all(isinstance(loss, float) for loss in losses):
            raise BadReply("losses that are no list of numbers")
        return losses

    def mode(self, *, train: bool) -> None:
        """Put it into training or evaluation mode, to stay."""
        self._ask("mode", train=train)

    @property
    def submission(self) -> Submission:
        """Whose it is."""
        return self._submission

    @property
    def found(self) -> dict[Any, Any]:
        """What was found out about modules of this submission, by whoever looks at them."""
        return self._submission.found

    def drop(self) -> None:
        """Forget it, and free its memory over there: with the next request, to save one."""
        self._submission.dropped.append(self.number)


Value: TypeAlias = Any
"""None, bool, int, float, str, list, tuple, dict, Tensor, ModuleHandle or Opaque."""


class Submission:
    """One student's definitions, seen through a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.dropped: list[int] = []
        """Modules that the next request lets go."""
        self._shared: dict[str, ModuleHandle] = {}
        self.found: dict[Any, Any] = {}
        """What was found out about its modules: where to look first in the next ones."""
        self.refused: set[bool] = set()
        """Whether modules of this question gave another output than the definition's, in evaluation
        mode (False) and in training mode (True)."""

    @property
    def device(self) -> str:
        """Where its networks are trained."""
        return self._transport.device

    def ask(
        self, op: str, tensors: Sequence[Tensor] = (), **header: Any
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send one request.

        Raises:
            SubmissionFault: the student's code raised, died, hung, or answered nonsense.
        """
        drop, self.dropped = self.dropped, []
        reply, back = self._transport.request({"op": op, "drop": drop, **header}, tensors)
        error = reply.get("error")
        if error is not None:
            raise read_error(error)
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
            return {self._handles(key): self._handles(item) for key, item in value.items()}
        return value

    def names(self, *names: str) -> dict[str, str]:
        """For each name "class", "function", "value" or "missing"."""
        reply, _ = self.ask("names", names=list(names))
        kinds = reply.get("kinds")
        if not isinstance(kinds, list) or len(kinds) != len(names):
            raise BadReply("names that were not asked for")
        if not all(kind in ("class", "function", "value", "missing") for kind in kinds):
            raise BadReply("a name that is of no kind")
        return dict(zip(names, kinds, strict=True))

    def value(self, name: str) -> Value:
        """A variable of the notebook."""
        return self.answer(*self.ask("value", name=name))

    def call(self, name: str, *args: Value, seed: int = 0, **kwargs: Value) -> Value:
        """Call a function of the notebook; modules come back as handles."""
        tensors: list[Tensor] = []
        header = self._encoded(args, kwargs, tensors)
        return self.answer(*self.ask("call", tensors, name=name, seed=seed, **header))

    def call_each(
        self,
        name: str,
        rows: Sequence[Sequence[Value]],
        keywords: Sequence[Mapping[str, Value]] | None = None,
        *,
        seed: int = 0,
    ) -> Iterator[Value]:
        """What :meth:`call` gives for each row of arguments, in one request.

        ``keywords`` are those of each row. All calls have the time of one request; the first that
        raises ends them, and is told when the results before it have been taken.
        """
        tensors: list[Tensor] = []
        named = keywords or [{}] * len(rows)
        asked = [self._encoded(*row, tensors) for row in zip(rows, named, strict=True)]
        header, back = self.ask("call_each", tensors, name=name, rows=asked, seed=seed)
        found, stopped = self.answer(header, back), header.get("stopped")
        wanted = range(len(rows)) if stopped else (len(rows),)
        if not isinstance(found, list) or len(found) not in wanted:
            raise BadReply("answers to other calls than those that were made")
        return _taken(found, stopped)

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
        built.made_by = name
        return built

    def shared(self, name: str, *args: Value, device: str = "cpu", **kwargs: Value) -> ModuleHandle:
        """What :meth:`build` gives, made once for all checks that ask with the same arguments.

        For large networks, and for checks to which the weights that it has do not matter. It is
        let go by :meth:`forget_shared`, not by :meth:`ModuleHandle.drop`.

        Raises:
            SubmissionFault: as :meth:`build`.
        """
        key = repr((self._transport.generation, name, args, device, sorted(kwargs.items())))
        if key not in self._shared:
            self._shared[key] = self.build(name, *args, device=device, **kwargs)
        return self._shared[key]

    def forget_shared(self) -> None:
        """Drop what :meth:`shared` made: names may mean something else from now on.

        What was found out goes as well: a question's verdict must not depend on which others were
        asked before.
        """
        self.found.clear()
        self.refused.clear()
        self.dropped += [handle.number for handle in self._shared.values()]
        self._shared.clear()

    def probe_net(self, layers: Sequence[Sequence[Any]], *, seed: int = 0) -> ModuleHandle:
        """A network of ours beside the student's code: ``[["Conv2d", 3, 4, 3], ["ReLU"]]``."""
        built = self.answer(
            *self.ask("probe_net", layers=[list(layer) for layer in layers], seed=seed)
        )
        if not isinstance(built, ModuleHandle):
            raise BadReply("a probe net that is no module")
        return built

    def probe_layer(self, kind: str, *args: Any, seed: int = 0, **kwargs: Any) -> ModuleHandle:
        """One layer of ours beside the student's code, itself and not inside a network."""
        layer = [kind, *args, *([kwargs] if kwargs else [])]
        built = self.answer(*self.ask("probe_layer", layer=layer, seed=seed))
        if not isinstance(built, ModuleHandle):
            raise BadReply("a probe layer that is no module")
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


def _taken(found: Sequence[Value], stopped: object) -> Iterator[Value]:
    """Results one by one, then what the call after them raised."""
    yield from found
    if stopped:
        raise read_error(stopped)


def _refuse(module: nn.Module) -> int:
    raise TypeError(f"a check cannot send a {type(module).__name__} to a submission")
