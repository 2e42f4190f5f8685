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
from autograder.submission.handle import ModuleHandle
from autograder.submission.replies import read_error


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


Value: TypeAlias = Any
"""None, bool, int, float, str, list, tuple, dict, Tensor, ModuleHandle or Opaque."""


class Submission:
    """One student's definitions, seen through a transport."""

    def __init__(self, transport: Transport, *, deferring: bool = False) -> None:
        """With ``deferring`` a module is built with the first request to it, which saves one.

        What :meth:`build` raises is raised there then: see :meth:`settle`.
        """
        self._transport = transport
        self._deferring = deferring
        self._deferred: list[ModuleHandle] = []
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
        self, op: str, tensors: Sequence[Tensor] = (), of: ModuleHandle | None = None, **header: Any
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Send one request, to the module ``of`` if given, which is made first where it is not yet.

        Raises:
            SubmissionFault: the student's code raised, died, hung, or answered nonsense.
        """
        if of is not None and of.refusal is not None:
            raise read_error(of.refusal)
        drop, self.dropped = self.dropped, []
        if of is not None:
            header |= {"make": of.asked} if of.known is None else {"module": of.known}
        reply, back = self._transport.request({"op": op, "drop": drop, **header}, tensors)
        error = reply.get("error")
        if of is not None and of.known is None:
            made = reply.get("made")
            if type(made) is int and made >= 0:
                of.known = made
            elif error is None:
                raise BadReply("a module that was made, without its number")
            else:
                of.refusal = error
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
        raises ends them, and is told when the results before it have been taken. Where a call may
        never end, or takes its time, :meth:`call` one by one.
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
            SubmissionFault: it raised, or what came back is no ``nn.Module``. Where building is
                deferred, the first request to the module raises that.
        """
        tensors: list[Tensor] = []
        header = self._encoded(args, kwargs, tensors)
        header |= {"name": name, "device": device, "dtype": dtype, "seed": seed}
        if self._deferring and not tensors:
            handle = ModuleHandle(self, None, header)
            handle.made_by = name
            self._deferred.append(handle)
            return handle
        built = self.answer(*self.ask("build", tensors, **header))
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
        handle = self._shared[key]
        if handle.known is None and handle not in self._deferred:
            self._deferred.append(handle)  # the check before this one failed before it was made
        return handle

    def settle(self, *, make: bool = True) -> None:
        """Make what was only asked for so far, or else forget that it was.

        A check is not over before: that a module can be made may be all it looks at.

        Raises:
            SubmissionFault: one of them cannot be made.
        """
        deferred, self._deferred = self._deferred, []
        for handle in deferred if make else ():
            if handle.known is None:
                number = handle.number
                self.dropped += [number] if handle.unwanted else []

    def forget_shared(self) -> None:
        """Drop what :meth:`shared` made: names may mean something else from now on.

        What was found out goes as well: a question's verdict must not depend on which others were
        asked before.
        """
        self.found.clear()
        self.refused.clear()
        known = [handle.known for handle in self._shared.values()]
        self.dropped += [number for number in known if number is not None]
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
