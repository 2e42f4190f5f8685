"""A GPU that is asked for and does not serve costs time, and nobody a point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.config import Assignment
from autograder.records import CheckStatus, SubmissionRecord
from autograder.runner import grade as grading
from autograder.runner.bench import Bench, Setting
from autograder.runner.device import device_problem
from autograder.runner.grade import grade_one
from autograder.sandbox import devices

pytestmark = pytest.mark.box
Hand = Callable[..., Path]
ON_GPU = Setting(device="cuda", share=0.45)


@pytest.fixture(autouse=True)
def a_card_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """``/dev/full`` for a card, and no PyTorch that knows any: everything else is real."""
    monkeypatch.setattr(devices, "NODES", ("/dev/full",))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture(scope="module")
def on_cpu(resnet: Assignment) -> Iterator[Bench]:
    """A bench for the CPU."""
    with Bench(resnet) as bench:
        yield bench


@pytest.fixture
def on_gpu(on_cpu: Bench, resnet: Assignment) -> Iterator[Bench]:
    """A bench for a GPU, with the judge of the other one."""
    with Bench(resnet, ON_GPU) as bench:
        bench.__dict__["judge"] = on_cpu.judge
        bench.box.start()
        yield bench
        del bench.__dict__["judge"]  # which is still needed


def verdicts(record: SubmissionRecord) -> list[tuple[str, CheckStatus, str]]:
    """What was decided of each check."""
    return [(c.id, c.status, c.observed) for q in record.questions for c in q.checks]


def test_verdicts_are_those_of_the_cpu(
    hand_in: Hand, answers: dict[str, str], on_cpu: Bench, on_gpu: Bench
) -> None:
    """What cannot be trained there is trained here, and passes; the record says where it was."""
    folder = hand_in("ada", answers)
    asked, plain = grade_one(folder, on_gpu), grade_one(folder, on_cpu)
    assert (asked.device, plain.device) == ("cuda", "cpu")
    assert (asked.key["device"], plain.key["device"]) == ("cuda", "cpu")
    assert verdicts(asked) == verdicts(plain)
    assert (asked.points, asked.faults) == (plain.points, plain.faults)


KEEPS = """
import torch

assert not (torch.cuda.is_available() or torch.accelerator.is_available())

def end_in_training(module, given):
    if module.training and torch.is_grad_enabled() and len(given[0]) == 32:
        import os
        os._exit(3)

plain_net = resnet_cifar

def resnet_cifar(*args, **kwargs):
    net = plain_net(*args, **kwargs)
    net.register_forward_pre_hook(end_in_training)
    return net
"""


@pytest.mark.parametrize("how", ["ends", "fails"])
def test_what_does_not_pass_there_is_looked_at_again(
    hand_in: Hand,
    answers: dict[str, str],
    on_cpu: Bench,
    on_gpu: Bench,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """From the start, on the CPU, once: only what happens there, too, is the submission's doing."""
    wrong = {"ends": answers["resnet_cifar"] + KEEPS, "fails": "def resnet_cifar(n):\n    pass"}
    folder = hand_in("bob", {**answers, "resnet_cifar": wrong[how]})
    kernels = []

    class Watched(grading.Kernel):
        def __init__(self, *given: Any) -> None:
            kernels.append(given[-1])
            super().__init__(*given)

    monkeypatch.setattr(grading, "Kernel", Watched)
    asked, plain = grade_one(folder, on_gpu), grade_one(folder, on_cpu)
    assert kernels == ["cuda", "cpu", "cpu"]
    assert verdicts(asked) == verdicts(plain)
    assert (asked.device, asked.key["device"], asked.faults) == ("cpu", "cuda", plain.faults)
    assert CheckStatus.FAILED in {status for _, status, _ in verdicts(plain)}
    assert asked.seconds["intake"] < 1.0


def test_what_a_trial_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a card that no PyTorch can use; of none; of the CPU nothing is tried."""
    assert device_problem(ON_GPU).startswith("two steps of training in a box failed: ")
    monkeypatch.setattr(devices, "NODES", ("/dev/no-such-card",))
    assert "this machine shows no GPU of NVIDIA's" in device_problem(ON_GPU)
    assert device_problem(Setting()) == ""


def test_a_trial_that_is_not_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver may end the process that asks it."""
    monkeypatch.setattr(
        "autograder.runner.device.SECONDS", 0.0
    )  # as if it did not answer in its time
    assert "two steps of training in a box were not survived: " in device_problem(ON_GPU)
