"""What surrounds a call of student code: which tensors a module holds, its mode, torch's globals.

Modules are read through their own dictionaries, not through methods: a student's ``self.modules``
or ``def train`` must not stand in the way of asking.
"""

from __future__ import annotations

import contextlib
import functools
import random
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import init
from torch.utils._device import DeviceContext, _device_constructors

_to = nn.Module.to
_MAKING = _device_constructors()
"""torch's functions that make tensors and take a device."""


def modules_of(module: nn.Module) -> list[nn.Module]:
    """The module and all below it, each once, in the order of registration."""
    found: dict[int, nn.Module] = {}
    waiting: list[object] = [module]
    while waiting:
        part = waiting.pop()
        if id(part) not in found and isinstance(part, nn.Module):
            found[id(part)] = part
            below = part.__dict__.get("_modules")
            if below:
                waiting.extend(reversed(below.values()))
    return list(found.values())


def state_of(module: object, parts: Sequence[nn.Module] | None = None) -> list[tuple[str, Tensor]]:
    """("parameter", tensor), then ("buffer", tensor) of floating point; each tensor once.

    ``parts`` are its :func:`modules_of` if they are known already.

    Raises:
        TypeError: not a module.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected an nn.Module, got {type(module).__name__}")
    holders = [part.__dict__ for part in parts or modules_of(module)]
    seen: set[int] = set()
    found: list[tuple[str, Tensor]] = []
    for kind, where in (("parameter", "_parameters"), ("buffer", "_buffers")):
        for holder in holders:
            if not (held := holder.get(where)):
                continue  # as most parts of a network
            for tensor in held.values():
                real = tensor is not None and id(tensor) not in seen and isinstance(tensor, Tensor)
                if real and (kind == "parameter" or tensor.is_floating_point()):
                    seen.add(id(tensor))
                    found.append((kind, tensor))
    return found


@contextlib.contextmanager
def prepared(
    module: nn.Module, inputs: Sequence[Tensor], *, train: bool, seed: int
) -> Iterator[list[tuple[str, Tensor]]]:
    """The module in the inputs' dtype and the asked mode; the mode it had is put back.

    Gives the module's state, as :func:`state_of` does.
    """
    parts = modules_of(module)
    state = state_of(module, parts)
    if inputs and inputs[0].is_floating_point():
        dtype = inputs[0].dtype
        if any(part.dtype != dtype for _, part in state if part.is_floating_point()):
            state = cast(module, dtype)
    was = [(part, part.training) for part in parts]
    _set_modes((part, train) for part in parts)
    small = bool(inputs) and inputs[0].numel() < _LARGE and not _depthwise(state)
    try:
        with calm(seed), _without_onednn() if small else contextlib.nullcontext():
            yield state
    finally:
        _set_modes(was)


_LARGE = 2**14
"""Numbers in a batch: two images of 40×64, say."""


@contextlib.contextmanager
def _without_onednn() -> Iterator[None]:
    """No oneDNN, which makes a kernel for each new shape: for few, small images that takes longest.

    Not for depthwise convolutions: without it they go channel by channel. (The public
    ``torch.backends.mkldnn.flags`` does the same and, the first time, warns of GPUs.)
    """
    was = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(was)


def _depthwise(state: Sequence[tuple[str, Tensor]]) -> bool:
    """Whether some filters look at one channel of more than a few."""
    return any(t.dim() == 4 and t.shape[1] == 1 and t.shape[0] > 32 for _, t in state)


def cast(module: nn.Module, dtype: torch.dtype) -> list[tuple[str, Tensor]]:
    """The module in another floating-point dtype, as ``module.to(dtype)``; gives its state.

    Where all tensors are ordinary ones, and no part has a way of its own, their data is exchanged
    here: torch's way takes longer than to build the module.
    """
    state = state_of(module)
    own = any(type(part)._apply is not nn.Module._apply for part in modules_of(module))
    if own or not all(_ordinary(part) for _, part in state):
        _to(module, dtype)
        return state_of(module)
    for _, part in state:
        if part.is_floating_point() and part.dtype != dtype:
            part.data = part.data.to(dtype)
    return state


def _ordinary(tensor: Tensor) -> bool:
    known = type(tensor) in (Tensor, nn.Parameter) and tensor.layout is torch.strided
    return known and tensor.is_leaf and tensor.grad is None


def set_mode(module: nn.Module, *, train: bool) -> None:
    """Training or evaluation mode for the module and all below it."""
    _set_modes((part, train) for part in modules_of(module))


def _set_modes(modes: Iterable[tuple[nn.Module, bool]]) -> None:
    """As ``part.training = mode``, for which a module first looks whether it is a parameter.

    Those that have a way of their own to be set (scripted ones) are set in that way.
    """
    for part, mode in modes:
        if part.training is mode:
            continue
        if type(part).__setattr__ is nn.Module.__setattr__:
            object.__setattr__(part, "training", mode)
        else:
            part.training = mode


@contextlib.contextmanager
def calm(seed: int) -> Iterator[None]:
    """Seeded, and with torch's globals as they should be, whatever student code left.

    Afterwards the default dtype is as before. Random states are not: putting them back took longer
    than most requests, so whoever asks does it once for many (:class:`RandomStates`).
    """
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    _seed_torch(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.set_default_dtype(torch.float32)
    with contextlib.ExitStack() as stack:
        # Contexts cost as much as small requests: only those are entered that change something.
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        torch.set_grad_enabled(True)
        try:
            yield
        finally:
            torch.set_grad_enabled(grad)
            torch.set_default_dtype(dtype)


class RandomStates:
    """The random states of a notebook, taken now: they are the student's own, not the checks'."""

    def __init__(self) -> None:
        self._states = torch.get_rng_state(), random.getstate(), np.random.get_state()

    def put_back(self) -> None:
        """Let random numbers go on as if nothing had been asked."""
        torch.set_rng_state(self._states[0])
        random.setstate(self._states[1])
        np.random.set_state(self._states[2])


class OnMeta(DeviceContext):
    """The meta device as torch's own context sets it, where moreover nothing is filled.

    There are no numbers to fill, but torch works that out in Python: most of the time that it took
    to build a network there. (One mode and not two, since each costs something on every call.) Nor
    do torch's own layers work out what they would be filled with.
    """

    def __init__(self) -> None:
        super().__init__(torch.device("meta"))
        self._fill = [(kind, kind.reset_parameters) for kind in _FILLED]

    def __enter__(self) -> None:
        super().__enter__()  # type: ignore[no-untyped-call]
        for kind, fill in self._fill:
            kind.reset_parameters = _unless_on_meta(fill)

    def __exit__(self, *how: object) -> None:
        for kind, fill in self._fill:
            kind.reset_parameters = fill
        super().__exit__(*how)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _FILLS:
            filled = args[0] if args else (kwargs or {}).get("tensor")
            if isinstance(filled, Tensor) and filled.is_meta:
                return filled
        named = dict(kwargs) if kwargs else {}
        if func in _MAKING and named.get("device") is None:
            named["device"] = self.device
        return func(*args, **named)


_FILLED: tuple[Any, ...] = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.Linear)
"""The layers that networks are made of."""


def _unless_on_meta(fill: Callable[[nn.Module], None]) -> Callable[[nn.Module], None]:
    """``fill`` for a layer that has numbers."""

    @functools.wraps(fill)
    def filled(layer: nn.Module) -> None:
        weight = layer.__dict__.get("_parameters", {}).get("weight")
        if weight is None or not weight.is_meta:
            fill(layer)

    return filled


_FILLS = {
    Tensor.normal_, Tensor.uniform_, Tensor.zero_, Tensor.fill_,
    init.normal_, init.uniform_, init.constant_, init.kaiming_normal_, init.kaiming_uniform_,
}  # fmt: skip


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
