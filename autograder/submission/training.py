"""Training in the box: steps of SGD, on a GPU where one is asked for, else where the weights are.

A network goes to the GPU for one request and comes back; what fails there is tried on the CPU from
the same weights. What code keeps elsewhere than in parameters and buffers may stay behind: who does
not pass everything this way is graded again without a GPU (``runner/grade.py``). A notebook that
asks whether there is a GPU is told that there is none, so that its own lines run as without one.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from autograder.submission.surroundings import modules_of, prepared, state_of


class Trainer:
    """Trains modules by number; an optimizer is kept until its module is dropped.

    Of a GPU's memory it takes ``share``.
    """

    def __init__(self, share: float = 1.0) -> None:
        self._optimizers: dict[int, torch.optim.Optimizer] = {}
        self._share = share

    def drop(self, number: int) -> None:
        """Forget the optimizer of a module."""
        self._optimizers.pop(number, None)

    def fit(
        self, module: nn.Module, header: dict[str, Any], x: Tensor, y: Tensor
    ) -> tuple[list[float], str]:
        """The losses of some steps of SGD on cross-entropy, going on where the last call stopped.

        With them, why the device that was asked for could not be used; empty if it was.
        """
        trouble = ""
        if header["device"] != "cpu":
            try:
                return self._away(module, header, x, y), ""
            except Exception as error:
                trouble = f"{type(error).__name__}: {str(error)[:200]}"
        return self._steps(module, header, x, y), trouble

    def _away(self, module: nn.Module, header: dict[str, Any], x: Tensor, y: Tensor) -> list[float]:
        """The same on a device; the module's tensors and optimizer are as before if it raises."""
        number, device = header["module"], torch.device(header["device"])
        if device.type == "cuda" and self._share < 1.0:
            torch.cuda.set_per_process_memory_fraction(self._share)
        known = self._optimizers.get(number)
        try:
            with _taken_to(device, module, known), _exact():
                losses = self._steps(module, header, x.to(device), y.to(device))
                _move_state(self._optimizers.get(number), torch.device("cpu"))
        except BaseException:
            if known is None:
                self.drop(number)
            raise
        return losses

    def _steps(
        self, module: nn.Module, header: dict[str, Any], x: Tensor, y: Tensor
    ) -> list[float]:
        losses = []
        with prepared(module, [x], train=True, seed=header["seed"]):
            optimizer = self._optimizer(header, module)
            order = torch.Generator().manual_seed(header["seed"])
            for _ in range(header["steps"]):
                batch = torch.randint(len(x), (header["batch_size"],), generator=order)
                batch = batch.to(x.device)
                loss = nn.functional.cross_entropy(module(x[batch]), y[batch])
                if optimizer is not None and loss.requires_grad:
                    optimizer.zero_grad()
                    torch.autograd.backward([loss])
                    optimizer.step()
                losses.append(float(loss.detach()))
            if optimizer is not None:
                optimizer.zero_grad()
        return losses

    def _optimizer(self, header: dict[str, Any], module: nn.Module) -> torch.optim.Optimizer | None:
        """The optimizer of this module, None if it has nothing to train."""
        number = header["module"]
        parameters = [tensor for kind, tensor in state_of(module) if kind == "parameter"]
        if number not in self._optimizers and parameters:
            # All tensors in one call: a loop over them in Python took a tenth of a step.
            self._optimizers[number] = torch.optim.SGD(
                parameters, lr=header["learning_rate"], momentum=header["momentum"], foreach=True
            )
        return self._optimizers.get(number)


@contextlib.contextmanager
def _taken_to(
    device: torch.device, module: nn.Module, optimizer: torch.optim.Optimizer | None
) -> Iterator[None]:
    """All tensors of a module, and its momentum, on ``device``; afterwards back, as they are then.

    If something raises they are as they were before: what a device that failed holds is lost.
    """
    held = _tensors_of(module)
    before = [tensor.data for tensor in held]
    momentum = {part: dict(state) for part, state in optimizer.state.items()} if optimizer else {}
    try:
        for tensor in held:
            tensor.data = tensor.data.to(device, copy=True)
        _move_state(optimizer, device)
        yield
        now = [tensor.data.to("cpu") for tensor in held]
    except BaseException:
        for tensor, data in zip(held, before, strict=True):
            tensor.grad = None
            tensor.data = data
        if optimizer:
            optimizer.state.clear()
            optimizer.state.update(momentum)
        raise
    for tensor, data in zip(held, now, strict=True):
        tensor.data = data


def _tensors_of(module: nn.Module) -> list[Tensor]:
    """Every parameter and buffer once, counters included."""
    found: dict[int, Tensor] = {}
    for part in modules_of(module):
        for where in ("_parameters", "_buffers"):
            for tensor in (part.__dict__.get(where) or {}).values():
                if isinstance(tensor, Tensor):
                    found.setdefault(id(tensor), tensor)
    return list(found.values())


def _move_state(optimizer: torch.optim.Optimizer | None, device: torch.device) -> None:
    for state in optimizer.state.values() if optimizer else ():
        for name, value in state.items():
            if isinstance(value, Tensor):
                state[name] = value.to(device, copy=True)


@contextlib.contextmanager
def _exact() -> Iterator[None]:
    """Float32 as the CPU has it (no TF32), and of convolutions the same numbers each time."""
    was = torch.get_float32_matmul_precision()
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        torch.set_float32_matmul_precision("highest")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(was)


def hide_devices() -> None:
    """Have student code that asks whether there is a GPU be told that there is none."""
    answers = {"is_available": False, "device_count": 0, "current_accelerator": None}
    for room in (torch.cuda, torch.accelerator):
        for name in answers.keys() & vars(room):
            setattr(room, name, functools.partial(_always, answers[name]))


def _always(answer: Any, *_: Any, **__: Any) -> Any:
    return answer
