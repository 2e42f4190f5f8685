"""Training on a GPU, as far as a machine without one can tell: what fails there costs nobody."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.submission import LocalTransport, Submission
from autograder.submission.training import Trainer, _taken_to, hide_devices


class Net(nn.Module):
    """Weights, statistics, a counter, and chance."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Numbers for two classes."""
        return self.body(x)


X = torch.linspace(-1, 1, 64, dtype=torch.float32).reshape(16, 4)
Y = torch.arange(16) % 2


def request(device: str, number: int = 0) -> dict[str, Any]:
    """Five steps."""
    return {
        "module": number, "device": device, "steps": 5, "batch_size": 8,
        "learning_rate": 0.1, "momentum": 0.9, "seed": 3,
    }  # fmt: skip


def net() -> Net:
    """The same each time."""
    torch.manual_seed(0)
    return Net()


def state(module: nn.Module) -> list[Tensor]:
    """All that a module holds."""
    return [part.clone() for part in module.state_dict().values()]


def test_what_a_device_refuses_is_done_on_the_cpu() -> None:
    """No GPU, or no PyTorch for it: losses, weights and the next steps are those of a CPU."""
    plain, asked = net(), net()
    on_cpu, elsewhere = Trainer(), Trainer()
    for _ in range(2):
        expected, none = on_cpu.fit(plain, request("cpu"), X, Y)
        losses, trouble = elsewhere.fit(asked, request("meta"), X, Y)
        assert losses == expected
        assert (none, trouble != "") == ("", True)
    assert all(torch.equal(a, b) for a, b in zip(state(plain), state(asked), strict=True))


class Failing(Exception):
    """What a card does."""


def fail_at_the_third_step(trainer: Trainer, module: nn.Module) -> None:
    """Have a request end so; the CPU stands for the card."""
    calls: list[int] = []

    def fail(part: nn.Module, given: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Failing

    handle = module.register_forward_pre_hook(fail)
    with pytest.raises(Failing):
        trainer._away(module, request("cpu"), X, Y)
    handle.remove()


def test_what_fails_on_the_way_leaves_all_as_it_was() -> None:
    """A card that fails after some steps: the steps are not taken twice."""
    plain, asked = net(), net()
    on_cpu, elsewhere = Trainer(), Trainer()
    on_cpu.fit(plain, request("cpu"), X, Y)
    elsewhere.fit(asked, request("cpu"), X, Y)
    fail_at_the_third_step(elsewhere, asked)
    expected, _ = on_cpu.fit(plain, request("cpu"), X, Y)
    losses, _ = elsewhere.fit(asked, request("cpu"), X, Y)
    assert losses == expected


def test_a_new_optimizer_of_a_failed_device_is_forgotten() -> None:
    """It belongs to tensors that were there."""
    trainer = Trainer()
    fail_at_the_third_step(trainer, net())
    assert not trainer._optimizers


def test_away_and_back_is_the_same_as_staying() -> None:
    """With the CPU as the other device: nothing is left out on the way, nothing is doubled."""
    plain, moved = net(), net()
    stays, goes = Trainer(), Trainer()
    for _ in range(2):
        expected, _ = stays.fit(plain, request("cpu"), X, Y)
        assert goes._away(moved, request("cpu"), X, Y) == expected
    assert all(torch.equal(a, b) for a, b in zip(state(plain), state(moved), strict=True))


def test_everything_goes_along() -> None:
    """Parameters, statistics and counters: as the same tensors, with their data elsewhere."""
    module = net()
    held = [*module.parameters(), *module.buffers()]
    before = [part.data_ptr() for part in held]
    with _taken_to(torch.device("cpu"), module, None):
        inside = [*module.parameters(), *module.buffers()]
        assert all(a is b for a, b in zip(held, inside, strict=True))
        assert not {part.data_ptr() for part in inside} & set(before)
        assert module.body[1].num_batches_tracked.data_ptr() not in before


def test_settings_of_torch_are_put_back() -> None:
    """Student code may have set them for itself."""
    torch.set_float32_matmul_precision("medium")
    try:
        Trainer()._away(net(), request("cpu"), X, Y)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_a_transport_says_where() -> None:
    """What is asked through another one than a box's stays on the CPU."""
    asked = []

    class Watched(LocalTransport):
        def request(self, header: dict[str, Any], tensors: Any) -> Any:
            asked.append(header.get("device"))
            return super().request(header, tensors)

    submission = Submission(Watched({"Net": Net}))
    built = submission.build("Net")
    built.fit(X, Y, steps=1, batch_size=4, learning_rate=0.1)
    Watched.device = "cuda"
    built.fit(X, Y, steps=1, batch_size=4, learning_rate=0.1)
    assert asked == ["cpu", "cpu", "cuda"]


def test_student_code_finds_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the ways that are usual; put back after this test."""
    for room in (torch.cuda, torch.accelerator):
        monkeypatch.setattr(room, "is_available", lambda: True)
        monkeypatch.setattr(room, "device_count", lambda: 8)
    cuda = torch.device("cuda")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check=False: cuda)
    hide_devices()
    assert not torch.cuda.is_available()
    assert not torch.accelerator.is_available()
    assert torch.cuda.device_count() == torch.accelerator.device_count() == 0
    assert torch.accelerator.current_accelerator(check_available=True) is None


@pytest.mark.parametrize(("share", "asked"), [(0.25, [0.25]), (1.0, [])])
def test_a_part_of_the_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch, share: float, asked: list[float]
) -> None:
    """What is not shared is not limited."""
    seen: list[float] = []
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", seen.append)
    losses, trouble = Trainer(share).fit(net(), request("cuda"), X, Y)
    assert seen == asked
    if not torch.cuda.is_available():
        assert trouble.split(":")[0] in ("AssertionError", "RuntimeError", "AcceleratorError")
    assert len(losses) == 5


def test_a_process_that_is_to_train_on_a_gpu_is_warmed_up_without_training() -> None:
    """The first backward pass starts a thread for each device, after which no fork may train."""
    code = """
import os, torch
os.environ["BOX_DEVICE_SHARE"] = "0.5"
def refuse(*_, **__):
    raise SystemExit("it trained")
torch.autograd.backward = torch.Tensor.backward = torch.optim.Optimizer.__init__ = refuse
from autograder.submission.guest import warm_up
warm_up()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
