"""Answers that no honest module gives are the submission's fault, never an error of ours."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from autograder.checks.classic_networks.hidden_deep import vgg_same_configs
from autograder.checks.classic_networks.hidden_lenet import shaken
from autograder.checks.efficientnet.hidden_blocks import decisions
from autograder.checks.efficientnet.hidden_rules import rounding_same_defaults
from autograder.checks.inception.public_blocks import dropped
from autograder.expect import Unmet, random_input
from autograder.expect.affine import additivity_gap, awaken, kernel_of
from autograder.expect.stochastic import branch_dropping
from autograder.submission import LocalTransport, ModuleHandle, Submission


class Says(nn.Module):
    """Answers with one tensor after another, and claims a parameter of many terabytes."""

    def __init__(self, answers: Iterator[object] | None = None) -> None:
        super().__init__()
        self.answers = answers
        if answers is None:
            self.giant = nn.Parameter(torch.empty(2**39, 2, device="meta"))

    def forward(self, x: Tensor) -> object:
        return x if self.answers is None else next(self.answers)


def says(*answers: object) -> Submission:
    """A submission whose modules answer in this order."""
    given = iter(answers)

    def make(*_: object, **__: object) -> nn.Module:
        return Says(given if answers else None)

    return Submission(LocalTransport(dict.fromkeys(("MBConv", "StochasticDepth", "it"), make)))


def module(*answers: object) -> ModuleHandle:
    """One such module."""
    return says(*answers).build("it")


X = random_input((2, 3, 4, 4), 1)
ASKED: dict[str, tuple[Callable[[], object], str]] = {
    "awaken": (lambda: awaken(module()), "more parameters than can be checked"),
    "shaken": (lambda: shaken(module(), 1), "more parameters than can be checked"),
    "dropped": (lambda: dropped(module(), X, 5, 0.5, of="it"), "more parameters than can"),
    "other shapes": (
        lambda: additivity_gap(module(X, X[:, :2], X, X), X, X, of="it"), "has another shape"
    ),
    "no numbers": (
        lambda: additivity_gap(module(*[X[:0]] * 4), X, X, of="it"), "it holds no numbers"
    ),
    "other channels": (
        lambda: kernel_of(module(torch.ones(4, 7, 5, 5)), 3, 5, out_channels=2, of="it"),
        "has another shape",
    ),
    "no tensor": (lambda: decisions(says(*[None] * 40)), "is not a tensor"),
    "another branch": (
        lambda: branch_dropping(says(X[:, :1]), "MBConv", (), 0.5, X, shortcut=True),
        "in training mode has another shape",
    ),
    "an empty branch": (
        lambda: branch_dropping(says(X[:0]), "MBConv", (), 0.5, X, shortcut=False),
        "in training mode has another shape",
    ),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_odd_module(asked: str) -> None:
    """Shapes that change, or that are only claimed, are told."""
    ask, words = ASKED[asked]
    with pytest.raises(Unmet, match=words):
        ask()


def test_a_kernel_of_yes_and_no_is_read_as_numbers() -> None:
    """A mask is no reason to break."""
    kernel = kernel_of(module(torch.ones(4, 2, 5, 5) > 0), 3, 5, of="it")
    assert kernel.weight.dtype == torch.float64


def answering(name: str, value: object) -> Submission:
    """A submission with one function that always returns this."""
    return Submission(LocalTransport({name: lambda *_, **__: value}))


def test_odd_values() -> None:
    """Tensors among numbers, and what is no list, are told."""
    right = answering("vgg_config", [64, "M"])
    for value, words in ((3, "is no list"), ([torch.ones(2), "M"], "is not the table's")):
        with pytest.raises(Unmet, match=words):
            vgg_same_configs(answering("vgg_config", value), right)
    odd, right = answering("round_filters", torch.ones(2)), answering("round_filters", 16)
    with pytest.raises(Unmet, match=r"round_filters\(channels=16, width=0.35\) is not a plain"):
        rounding_same_defaults(odd, right)
