"""Training checks: judged on held-out images, with the reason when nothing was learned."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import dataclasses
import importlib.util

import pytest
import torch
from torch import nn

from autograder.expect import LearnData, Recipe, Training, Unmet, accuracy, digits, learns
from autograder.submission import LocalTransport, ModuleHandle, Submission

QUICK = Recipe(chunks=2, steps=4, batch_size=16, learning_rate=0.1)


@pytest.fixture
def data() -> LearnData:
    """Two classes, told apart by their first feature."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(80, 4, generator=generator)
    y = (x[:, 0] > 0).long()
    return LearnData(x[:60], y[:60], x[60:], y[60:])


def build(factory) -> ModuleHandle:
    """A handle on what ``factory`` makes."""
    return Submission(LocalTransport({"make": factory})).build("make")


def failure(factory, data: LearnData, bar: float = 0.99) -> Unmet:
    """Why it does not learn."""
    with pytest.raises(Unmet) as caught:
        learns(build(factory), data, bar, recipe=QUICK)
    return caught.value


def test_stops_at_the_bar(data):
    """The accuracy reached is returned as soon as it suffices."""
    assert learns(build(lambda: nn.Linear(4, 2)), data, 0.6, recipe=QUICK) >= 0.6


def test_training_is_a_check_and_its_history(data):
    """One row of data says what is trained: the check holds it to the bar, the history shows it."""
    made = Submission(LocalTransport({"make": lambda n, bias: nn.Linear(n, 2, bias=bias)}))
    training = Training(
        "make", (4,), lambda: data, bar=0.6, recipe=QUICK, questions=(), kwargs={"bias": False}
    )
    assert training.of == "make(4, bias=False)"
    training.check(made, 0)
    assert len(training.history(made, 0)) == QUICK.chunks
    with pytest.raises(Unmet, match=r"make\(4, bias=False\) does not learn"):
        dataclasses.replace(training, bar=1.1).check(made, 0)


def test_accuracy_does_not_depend_on_the_order(data):
    """Held-out images come in any order; the share is the same."""
    net = build(lambda: nn.Linear(4, 2))
    assert accuracy(net, data, seed=1) == accuracy(net, data, seed=2)


def test_message_tells_accuracy_and_loss(data):
    """Expected and got are shares, with the loss at both ends."""
    unmet = failure(lambda: nn.Linear(4, 2), data, bar=1.1)
    assert unmet.observed == "the network does not learn"
    assert unmet.expected == "at least 110% of held-out images right after 8 steps"
    assert "the loss going from" in unmet.got
    assert "too slowly" in unmet.hint


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 2)]

    def forward(self, x):
        return self.layers[0](x)


class Detached(nn.Linear):
    def forward(self, x):
        return super().forward(x).detach()


class HalfDetached(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.first(x).detach() * 0)


class Dead(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 2)

    def forward(self, x):
        return torch.relu(self.first(x) - 1e6)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (Listed, "no registered parameters"),
        (lambda: Detached(4, 2), "No gradient reaches any parameter"),
        (lambda: nn.Linear(4, 2).requires_grad_(False), "2 of 2 parameters are frozen"),
        (HalfDetached, "2 of 4 parameters get no gradient"),
        (Dead, "All gradients are zero"),
    ],
    ids=["list", "detached", "frozen", "half", "dead"],
)
def test_reason(factory, words, data):
    """The hint names the reason that can be seen."""
    assert words in failure(factory, data).hint


class BlindToInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        return self.bias.expand(len(x), 2) + 0 * x[:, :2]


def test_reason_of_what_does_not_look():
    """A network whose output does not depend on its input is told so."""
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    y = torch.arange(64) % 2
    unmet = failure(BlindToInput, LearnData(x, y, x, y))
    assert unmet.hint.startswith("It gives every image the same scores")


class Exploding(nn.Linear):
    def forward(self, x):
        return super().forward(x) * (float("nan") if self.training else 1.0)


def test_loss_that_is_not_a_number(data):
    """NaN ends the training with its own message."""
    unmet = failure(lambda: Exploding(4, 2), data)
    assert unmet.observed == "training the network gives a loss that is not a number"


class Votes(nn.Linear):
    def forward(self, x):
        y = super().forward(x)
        return y if self.training else y > 0


def test_truth_values_as_output(data):
    """Outputs of another dtype are counted, not stumbled over."""
    assert 0 <= accuracy(build(lambda: Votes(4, 2)), data) <= 1


def test_output_of_another_shape(data):
    """The shape is told before any training."""
    assert (
        failure(lambda: nn.Linear(4, 3), data).observed
        == "the output of the network has another shape"
    )


def test_digits_without_importing_scikit_learn():
    """All 1,797 images, shuffled, scaled, and split."""
    data = digits(channels=3, held_out=100)
    assert data.x.shape == (1697, 3, 8, 8)
    assert data.held_out.shape == (100, 3, 8, 8)
    assert (float(data.x.min()), float(data.x.max())) == (0.0, 1.0)
    assert data.scores == 10
    assert torch.equal(data.x[:, 0], data.x[:, 2])


def test_digits_where_they_are_not(monkeypatch):
    """The message says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="install scikit-learn"):
        digits(seed=99)


class Lagging(nn.Module):
    """Batch norm whose running statistics never move, on inputs that need them."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4, momentum=0.0)
        self.linear = nn.Linear(4, 2)

    def forward(self, x):
        return self.linear(self.norm(100 + x))


def test_batch_statistics_where_running_ones_lag(data):
    """A network whose running statistics lag is judged by the statistics of the held-out batch."""
    with pytest.raises(Unmet, match="does not learn"):
        learns(build(Lagging), data, 0.8, recipe=QUICK)
    assert learns(build(Lagging), data, 0.8, recipe=QUICK, batch_statistics=True) >= 0.8
