"""What the judge may ask of student code, carried out where that code lives.

The same guest serves both transports: in the student's own kernel, and inside a box. It runs beside
student code and could be tampered with there, so nothing it answers is evidence by itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.submission.codec import ModuleRef, decode, encode
from autograder.submission.graph import reached_from
from autograder.submission.layers import probe_layer, refuse_lazy
from autograder.submission.surroundings import OnMeta, calm, cast, prepared, set_mode, state_of
from autograder.submission.trace import Recorder
from autograder.submission.training import Trainer
from autograder.submission.units import Unit

Reply = tuple[dict[str, Any], list[Tensor]]
State = list[tuple[str, Tensor]]


class Guest:
    """Serves requests over one namespace of student code."""

    def __init__(self, namespace: dict[str, Any], trainer: Trainer | None = None) -> None:
        self.namespace = namespace
        self.modules: list[nn.Module | None] = []
        self.trainer = trainer or Trainer()

    def handle(self, header: dict[str, Any], tensors: Sequence[Tensor]) -> Reply:
        """Carry out one request; whatever student code raises becomes an error reply.

        The tensors are copied, so that what student code does to them in place harms nobody; those
        that are loaded are copied then.
        """
        operation = getattr(self, f"do_{header['op']}")
        made: dict[str, int] = {}
        self._drop(header["drop"])
        given = header.get("inputs", len(tensors))
        copies = [*(tensor.clone() for tensor in tensors[:given]), *tensors[given:]]
        try:
            if "make" in header:
                made = {"made": self._make(header["make"])}
                header = {**header, "module": made["made"]}
            reply, back = operation(header, copies)
            return {**reply, **made}, back
        except (Exception, SystemExit) as error:
            return {**self._error(error), **made}, []

    def _drop(self, numbers: Sequence[int]) -> None:
        """Forget modules; those of a process that has ended since are not known here."""
        for number in numbers:
            if number < len(self.modules):
                self.modules[number] = None
            self.trainer.drop(number)

    def _error(self, error: BaseException) -> dict[str, Any]:
        """Type, message and the last line of student code that the exception passed through."""
        line = 0
        frame = error.__traceback__
        while frame is not None:
            if frame.tb_frame.f_globals is self.namespace:
                line = frame.tb_lineno
            frame = frame.tb_next
        try:
            message = str(error)[:2000]
        except Exception:
            message = "(its message cannot be shown)"
        return {"error": {"type": type(error).__name__[:80], "message": message, "line": line}}

    # --- values and functions ----------------------------------------------------------------

    def do_names(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """What kind of thing each name stands for."""
        return {"kinds": [self._kind(name) for name in header["names"]]}, []

    def _kind(self, name: str) -> str:
        if name not in self.namespace:
            return "missing"
        value = self.namespace[name]
        if isinstance(value, type):
            return "class"
        return "function" if callable(value) else "value"

    def do_value(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """A variable of the notebook."""
        return self._answer(self._lookup(header["name"]))

    def do_call(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Call a function of the notebook."""
        function = self._lookup(header["name"])
        with calm(header["seed"]):
            result = function(*self._arguments(header, tensors), **self._keywords(header, tensors))
        return self._answer(result)

    def do_call_each(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Call a function of the notebook again and again, up to the first call that raises.

        What a call returns is taken down before the next one: they may share objects.
        """
        function = self._lookup(header["name"])
        told: list[Any] = []
        back: list[Tensor] = []
        stopped = None
        for row in header["rows"]:
            arguments, keywords = self._arguments(row, tensors), self._keywords(row, tensors)
            before = len(back)
            try:
                with calm(header["seed"]):
                    result = function(*arguments, **keywords)
                told.append(encode(result, back, self._keep, depth=1))
            except (Exception, SystemExit) as error:
                del back[before:]
                stopped = self._error(error)["error"]
                break
            back[before:] = [tensor.clone() for tensor in back[before:]]
        return {"value": told, "stopped": stopped}, back

    def do_build(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Construct a module, on the meta device if so asked."""
        return self._answer(self._built(header, tensors))

    def do_make(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Nothing more than to construct the module that the request is about."""
        return {}, []

    def _make(self, header: dict[str, Any]) -> int:
        """The number of a module that is constructed before it is asked something."""
        result = self._built(header, [])
        if not isinstance(result, nn.Module):
            kind = type(result).__name__
            raise TypeError(f"{header['name']}(...) gave {kind}, not an nn.Module")
        return self._keep(result)

    def _built(self, header: dict[str, Any], tensors: list[Tensor]) -> Any:
        factory = self._lookup(header["name"])
        with contextlib.ExitStack() as stack:
            stack.enter_context(calm(header["seed"]))
            if header["device"] == "meta":
                stack.enter_context(OnMeta())
            elif header["device"] != "cpu":  # naming the default would slow each call down
                stack.enter_context(torch.device(header["device"]))
            result = factory(*self._arguments(header, tensors), **self._keywords(header, tensors))
        if isinstance(result, nn.Module):
            refuse_lazy(result)
            if header["dtype"] is not None:
                cast(result, getattr(torch, header["dtype"]))
        return result

    def do_probe_net(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """A network of ours, from a plain description."""
        with calm(header["seed"]):
            return self._answer(nn.Sequential(*map(probe_layer, header["layers"])))

    def do_probe_layer(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """One layer of ours, from a plain description."""
        with calm(header["seed"]):
            return self._answer(probe_layer(header["layer"]))

    def _lookup(self, name: str) -> Any:
        if name not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        return self.namespace[name]

    def _arguments(self, header: dict[str, Any], tensors: list[Tensor]) -> list[Any]:
        return [self._resolve(decode(part, tensors)) for part in header["args"]]

    def _keywords(self, header: dict[str, Any], tensors: list[Tensor]) -> dict[str, Any]:
        parts = header["kwargs"]
        return {name: self._resolve(decode(part, tensors)) for name, part in parts.items()}

    def _resolve(self, value: Any) -> Any:
        return self._module(value.number) if isinstance(value, ModuleRef) else value

    def _answer(self, value: Any) -> Reply:
        tensors: list[Tensor] = []
        return {"value": encode(value, tensors, self._keep)}, tensors

    def _keep(self, module: nn.Module) -> int:
        for number, kept in enumerate(self.modules):
            if kept is module:
                return number
        self.modules.append(module)
        return len(self.modules) - 1

    def _module(self, number: int) -> nn.Module:
        module = self.modules[number]
        if module is None:
            raise LookupError(f"module {number} was dropped")
        return module

    # --- modules -----------------------------------------------------------------------------

    def do_mode(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Set training or evaluation mode, to stay."""
        set_mode(self._module(header["module"]), train=header["train"])
        return {}, []

    def do_load(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Set state entries by index."""
        _load(state_of(self._module(header["module"])), header["indices"], tensors)
        return {}, []

    def do_forward(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Set state entries if asked, then run the module."""
        module = self._module(header["module"])
        inputs = tensors[: header["inputs"]]
        asked = prepared(module, inputs, train=header["train"], seed=header["seed"])
        with asked as state, torch.no_grad():
            layout = header["layout"]
            if layout is not None and layout != [[kind, part.dim()] for kind, part in state]:
                raise ValueError("the state has another layout than the one before")
            _load(state, header["indices"], tensors[header["inputs"] :])
            result = module(*inputs)
        return self._answer(result)

    def do_state(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Every parameter and buffer once, with values if asked and if there are any."""
        state = state_of(self._module(header["module"]))
        table = _table(state)
        tensors: list[Tensor] = []
        if header["values"]:
            real = (None if part.is_meta else part for _, part in state)
            told = [encode(part, tensors, self._keep) for part in real]
            table["values"] = [value and value.get("$tensor", value) for value in told]
        return {"state": table}, tensors

    def do_trace(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Run the module and tell in which order it used what."""
        module = self._module(header["module"])
        with prepared(module, tensors, train=header["train"], seed=0) as state, torch.no_grad():
            meta = any(tensor.is_meta for _, tensor in state)
            if meta:
                tensors = [tensor.to("meta") for tensor in tensors]
            watched = [tensor for _, tensor in state]
            try:
                with Recorder(watched, tensors) as recorder:
                    result = module(*tensors)
            except Exception:
                if meta:
                    raise
                # It may be the zeros that stand for what convolutions would give.
                with Recorder(watched, tensors, compute=True) as recorder:
                    result = module(*tensors)
        return {
            "state": _table(state_of(module)),
            "units": dict(zip(Unit._fields, zip(*recorder.units, strict=True), strict=False)),
            "shape": list(result.shape) if isinstance(result, Tensor) else None,
        }, []

    def do_gradients(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """The gradient of each parameter; None where none arrived."""
        module = self._module(header["module"])
        inputs = tensors[:-1]
        with prepared(module, inputs, train=header["train"], seed=header["seed"]):
            parameters = [tensor for kind, tensor in state_of(module) if kind == "parameter"]
            if header["only"] is not None:
                parameters = [parameters[number] for number in header["only"]]
            result = module(*inputs)
            if header["labels"]:
                loss = nn.functional.cross_entropy(result, tensors[-1])
            else:
                loss = (result * tensors[-1]).sum()
            wanted = [part for part in parameters if part.requires_grad and loss.requires_grad]
            found = iter(torch.autograd.grad(loss, wanted, allow_unused=True) if wanted else ())
            gradients = {id(part): next(found) for part in wanted}
        return self._answer([gradients.get(id(part)) for part in parameters])

    def do_reached(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Which parameters get a gradient from each of several outputs, in training mode."""
        module = self._module(header["module"])
        *inputs, upstream = tensors
        with prepared(module, inputs, train=True, seed=0):
            parameters = [tensor for kind, tensor in state_of(module) if kind == "parameter"]
            result = module(*inputs)
            rows = [
                reached_from((result[number] * upstream).sum(), parameters)
                for number in range(header["outputs"])
            ]
        return self._answer(rows)

    def do_fit(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Train on, see :class:`Trainer`; with the losses, why it was not on the asked device."""
        losses, trouble = self.trainer.fit(self._module(header["module"]), header, *tensors)
        reply, back = self._answer(losses)
        return {**reply, "trouble": trouble}, back


def _table(state: State) -> dict[str, Any]:
    """A state column by column: there are hundreds of entries, and many such replies."""
    return {
        "parameters": sum(kind == "parameter" for kind, _ in state),
        "shapes": [list(part.shape) for _, part in state],
        "dtypes": [str(part.dtype).removeprefix("torch.") for _, part in state],
        "trained": [int(part.requires_grad) for _, part in state],
    }


def _load(state: State, indices: Sequence[int], values: Sequence[Tensor]) -> None:
    """Set all these entries or, if one does not fit, none."""
    places = [state[index][1] for index in indices]
    fitted = [
        value if value.shape == place.shape else value.reshape(place.shape)
        for place, value in zip(places, values, strict=True)
    ]
    with torch.no_grad():
        if places and all(type(place) in (Tensor, nn.Parameter) for place in places):
            torch._foreach_copy_(places, fitted)  # in one call: a tenth of the time
        else:
            for place, value in zip(places, fitted, strict=True):
                place.copy_(value)
