"""What surrounds a call of student code: which tensors a module holds, its mode, torch's globals.

Modules are read through their own dictionaries, not through methods: a student's ``self.modules``
or ``def train`` must not stand in the way of asking.
"""

from __future__ import annotations

import contextlib
import random
import sys
import types
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

_to = nn.Module.to


def modules_of(module: nn.Module) -> list[nn.Module]:
    """The module and all below it, each once, in the order of registration."""
    found: dict[int, nn.Module] = {}

    def walk(part: object) -> None:
        if isinstance(part, nn.Module) and id(part) not in found:
            found[id(part)] = part
            for child in vars(part).get("_modules", {}).values():
                walk(child)

    walk(module)
    return list(found.values())


def state_of(module: object) -> list[tuple[str, Tensor]]:
    """("parameter", tensor), then ("buffer", tensor) of floating point; each tensor once.

    Raises:
        TypeError: not a module.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected an nn.Module, got {type(module).__name__}")
    parts = modules_of(module)
    seen: set[int] = set()
    found: list[tuple[str, Tensor]] = []
    for kind, where in (("parameter", "_parameters"), ("buffer", "_buffers")):
        for part in parts:
            for tensor in vars(part).get(where, {}).values():
                real = isinstance(tensor, Tensor) and id(tensor) not in seen
                if real and (kind == "parameter" or tensor.is_floating_point()):
                    seen.add(id(tensor))
                    found.append((kind, tensor))
    return found


@contextlib.contextmanager
def prepared(
    module: nn.Module, inputs: Sequence[Tensor], *, train: bool, seed: int
) -> Iterator[None]:
    """The module in the inputs' dtype and the asked mode; the mode it had is put back."""
    if inputs and inputs[0].is_floating_point():
        dtype = inputs[0].dtype
        if any(part.dtype != dtype for _, part in state_of(module) if part.is_floating_point()):
            _to(module, dtype)
    was = [(part, part.training) for part in modules_of(module)]
    for part, _ in was:
        part.training = train
    try:
        with calm(seed):
            yield
    finally:
        for part, training in was:
            part.training = training


def set_mode(module: nn.Module, *, train: bool) -> None:
    """Training or evaluation mode for the module and all below it."""
    for part in modules_of(module):
        part.training = train


@contextlib.contextmanager
def calm(seed: int) -> Iterator[None]:
    """Seeded, and with torch's globals as they should be, whatever student code left.

    Afterwards random states and the default dtype are as before: in a notebook they are the
    student's own.
    """
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    dtype = torch.get_default_dtype()
    _seed_torch(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.set_default_dtype(torch.float32)
    elsewhere = torch.get_default_device().type != "cpu"
    device = torch.device("cpu") if elsewhere else contextlib.nullcontext()
    try:
        with torch.inference_mode(False), torch.enable_grad(), device:
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])


def _seed_torch(seed: int) -> None:
    """``torch.manual_seed`` where it matters: as such it notes a stack trace for each device type.

    That took two milliseconds a call, more than most requests.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what student code prints while a check feeds it."""
    sink = types.SimpleNamespace(write=len, flush=lambda: None, isatty=lambda: False)
    out, err = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = sink
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
