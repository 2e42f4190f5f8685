"""What the judge may ask of student code, carried out where that code lives.

The same guest serves both transports: in the student's own kernel, and inside a box. It runs beside
student code and could be tampered with there, so nothing it answers is evidence by itself.
"""

from __future__ import annotations

import contextlib
import random
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.submission.codec import ModuleRef, decode, encode
from autograder.submission.trace import Recorder

Reply = tuple[dict[str, Any], list[Tensor]]

_named_parameters = nn.Module.named_parameters  # what a class overrides does not hide what it has
_named_buffers = nn.Module.named_buffers
_PROBE_LAYERS = ("Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear", "AdaptiveAvgPool2d", "Tanh")


class Guest:
    """Serves requests over one namespace of student code."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.modules: list[nn.Module | None] = []
        self.optimizers: dict[int, torch.optim.Optimizer] = {}

    def handle(self, header: dict[str, Any], tensors: Sequence[Tensor]) -> Reply:
        """Carry out one request; whatever student code raises becomes an error reply."""
        operation = getattr(self, f"do_{header['op']}")
        try:
            return operation(header, [tensor.clone() for tensor in tensors])  # type: ignore[no-any-return]
        except Exception as error:
            return self._error(error), []

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
        with self._calm(header.get("seed", 0)):
            result = function(*self._arguments(header, tensors), **self._keywords(header, tensors))
        return self._answer(result)

    def do_build(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Construct a module, on the meta device if so asked."""
        factory = self._lookup(header["name"])
        with self._calm(header.get("seed", 0)), torch.device(header.get("device", "cpu")):
            result = factory(*self._arguments(header, tensors), **self._keywords(header, tensors))
        dtype = header.get("dtype")
        if dtype is not None and isinstance(result, nn.Module):
            result = result.to(getattr(torch, dtype))
        return self._answer(result)

    def do_probe_net(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """A network of ours, from a plain description."""
        layers = []
        with self._calm(header.get("seed", 0)):
            for kind, *arguments in header["layers"]:
                keywords = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
                if kind not in _PROBE_LAYERS:
                    raise ValueError(f"a probe net has no layer {kind!r}")
                layers.append(getattr(nn, kind)(*arguments, **keywords))
        return self._answer(nn.Sequential(*layers))

    def _lookup(self, name: str) -> Any:
        if name not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        return self.namespace[name]

    def _arguments(self, header: dict[str, Any], tensors: list[Tensor]) -> list[Any]:
        return [self._resolve(decode(part, tensors)) for part in header.get("args", [])]

    def _keywords(self, header: dict[str, Any], tensors: list[Tensor]) -> dict[str, Any]:
        parts = header.get("kwargs", {})
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

    def do_drop(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Forget a module."""
        self.modules[header["module"]] = None
        self.optimizers.pop(header["module"], None)
        return {}, []

    def do_mode(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Set training or evaluation mode, to stay."""
        self._module(header["module"]).train(header["train"])
        return {}, []

    def do_forward(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Run the module; its mode is put back afterwards."""
        module = self._module(header["module"])
        with self._prepared(module, tensors, header), torch.no_grad():
            result = module(*tensors)
        return self._answer(result)

    def do_state(self, header: dict[str, Any], _: list[Tensor]) -> Reply:
        """Every parameter and buffer once, with values if asked and if there are any."""
        module = self._module(header["module"])
        tensors: list[Tensor] = []
        entries = []
        for kind, name, tensor in _state(module):
            entry = {
                "kind": kind, "name": name[:200], "shape": list(tensor.shape),
                "dtype": str(tensor.dtype).removeprefix("torch."),
                "requires_grad": bool(tensor.requires_grad),
            }  # fmt: skip
            if header.get("values") and tensor.device.type != "meta":
                entry["value"] = encode(tensor, tensors, self._keep)
            entries.append(entry)
        return {"entries": entries}, tensors

    def do_load(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Set state entries by index."""
        state = [tensor for _, _, tensor in _state(self._module(header["module"]))]
        with torch.no_grad():
            for index, value in zip(header["indices"], tensors, strict=True):
                target = state[index]
                target.copy_(value.reshape(target.shape).to(target.dtype))
        return {}, []

    def do_trace(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Run the module and tell in which order it used what."""
        module = self._module(header["module"])
        if any(tensor.device.type == "meta" for _, _, tensor in _state(module)):
            tensors = [tensor.to("meta") for tensor in tensors]
        with self._prepared(module, tensors, header), torch.no_grad():
            known = {id(tensor): index for index, (_, _, tensor) in enumerate(_state(module))}
            with Recorder(known) as recorder:
                result = module(*tensors)
        units = [
            [list(part) if isinstance(part, tuple) else part for part in vars(unit).values()]
            for unit in recorder.units
        ]
        shape = list(result.shape) if isinstance(result, Tensor) else None
        return {"units": units, "shape": shape}, []

    def do_gradients(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """The gradient of each parameter; None where none arrived."""
        module = self._module(header["module"])
        inputs = tensors[:-1]
        with self._prepared(module, inputs, header):
            parameters = [tensor for kind, _, tensor in _state(module) if kind == "parameter"]
            result = module(*inputs)
            if header["labels"]:
                loss = nn.functional.cross_entropy(result, tensors[-1])
            else:
                loss = (result * tensors[-1]).sum()
            wanted = [parameter for parameter in parameters if parameter.requires_grad]
            found = iter(torch.autograd.grad(loss, wanted, allow_unused=True) if wanted else ())
            gradients = [next(found) if part.requires_grad else None for part in parameters]
        return self._answer(gradients)

    def do_fit(self, header: dict[str, Any], tensors: list[Tensor]) -> Reply:
        """Some steps of SGD on cross-entropy, going on where the last call stopped."""
        number = header["module"]
        module = self._module(number)
        x, y = tensors
        if number not in self.optimizers:
            parameters = [p for kind, _, p in _state(module) if kind == "parameter"]
            self.optimizers[number] = torch.optim.SGD(
                parameters, lr=header["learning_rate"], momentum=header["momentum"]
            )
        optimizer = self.optimizers[number]
        losses = []
        with self._prepared(module, [x], {"train": True, "seed": header["seed"]}):
            order = torch.Generator().manual_seed(header["seed"])
            for _ in range(header["steps"]):
                batch = torch.randint(len(x), (header["batch_size"],), generator=order)
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(module(x[batch]), y[batch])
                loss.backward()
                optimizer.step()
                losses.append(float(loss))
            optimizer.zero_grad()
        return self._answer(losses)

    @contextlib.contextmanager
    def _prepared(
        self, module: nn.Module, inputs: list[Tensor], header: dict[str, Any]
    ) -> Iterator[None]:
        """The module in the inputs' dtype and the asked mode; statistics safe in eval mode."""
        if inputs and inputs[0].is_floating_point():
            module.to(inputs[0].dtype)
        was = {part: part.training for part in module.modules()}
        module.train(bool(header.get("train")))
        try:
            with self._calm(header.get("seed", 0)):
                yield
        finally:
            for part, training in was.items():
                part.training = training

    @contextlib.contextmanager
    def _calm(self, seed: int) -> Iterator[None]:
        """Seeded, and with torch's global modes as they should be, whatever student code left."""
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.set_default_dtype(torch.float32)
        with torch.enable_grad():
            yield


def _state(module: nn.Module) -> list[tuple[str, str, Tensor]]:
    """Parameters, then floating-point buffers, each tensor once."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected an nn.Module, got {type(module).__name__}")
    found = [("parameter", name, tensor) for name, tensor in _named_parameters(module)]
    found += [
        ("buffer", name, tensor)
        for name, tensor in _named_buffers(module)
        if tensor is not None and tensor.is_floating_point()
    ]
    return found


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what student code prints while a check feeds it."""
    sink = types.SimpleNamespace(write=len, flush=lambda: None, isatty=lambda: False)
    out, err = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = sink  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


Handler = Callable[[dict[str, Any], Sequence[Tensor]], Reply]
