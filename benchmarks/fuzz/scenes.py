"""What is asked of a hostile box, and what must hold of its answers."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.expect import Unmet
from autograder.expect.cases import Case, make_case
from autograder.expect.counting import every_parameter_learns, macs, parameter_count
from autograder.expect.equality import norm_scales, same_function
from autograder.expect.groups import groups_of, in_words
from autograder.expect.tensors import close, kind_of, number, numbers
from autograder.judge.outcome import outcome_of
from autograder.records import CheckRecord, Visibility
from autograder.submission import LocalTransport, ModuleHandle, Submission, SubmissionFault
from autograder.submission.codec import DTYPES, MAX_DEPTH, MAX_INT, MAX_TEXT, Opaque


class Small(nn.Module):
    """Enough kinds of layers for a trace."""

    def __init__(self, channels: int = 2, *, bias: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3, bias=bias)
        self.norm = nn.BatchNorm2d(channels)
        self.head: nn.Module = nn.Linear(channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) -> (N, 3)."""
        hidden = torch.relu(self.norm(self.conv(x)))
        scores: Tensor = self.head(hidden.mean((2, 3)))
        return scores


class Odd(Small):
    """The same function from other tensors: a bias too many, a matrix, a scale by hand."""

    def __init__(self) -> None:
        super().__init__(bias=True)
        self.norm = nn.BatchNorm2d(2, affine=False)
        self.gamma, self.beta = (
            nn.Parameter(torch.ones(2, 1, 1)),
            nn.Parameter(torch.zeros(2, 1, 1)),
        )
        self.head = nn.Identity()
        self.matrix, self.last = nn.Parameter(torch.ones(2, 3)), nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) -> (N, 3)."""
        hidden = torch.relu(self.norm(self.conv(x)) * self.gamma + self.beta)
        return hidden.mean((2, 3)) @ self.matrix + self.last


X = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(2, 1, 4, 4)
NAMES = {"Small": Small, "area": lambda h, w: {"a": (h * w, [1.5, None, torch.ones(2)])}, "k": 3}


@functools.cache
def case() -> Case:
    """The reference's module under random weights."""
    oracle = Submission(LocalTransport(dict(NAMES))).build("Small", dtype="float64")
    return make_case(oracle, X, seed=1)


def _values(submission: Submission) -> None:
    submission.names("Small", "area", "k")
    value = submission.value("k")
    assert_plain(value)
    kind_of(value)
    found = submission.call("area", 2, 3)
    assert_plain(found)
    told(lambda: number(value, of="it"))
    told(lambda: number(found, of="it"))
    told(lambda: numbers(found, of="it"))
    told(lambda: close(found, case().output, of="it"))
    assert_plain([*submission.call_each("area", [[1, 2], [3, 4]])])


def _module(submission: Submission) -> ModuleHandle:
    return submission.build("Small", dtype="float64")


def _state(submission: Submission) -> None:
    module = _module(submission)
    state = module.state()
    for entry in state.entries:
        assert_plain(entry.value)
    told(lambda: parameter_count(module, {29: "all"}))
    told(lambda: every_parameter_learns(module, X, torch.ones(2, 3), of="it"))


def _trace(submission: Submission) -> None:
    module = _module(submission)
    trace = module.trace(X)
    in_words(groups_of(trace))
    _ = trace.macs
    told(lambda: macs(module, X, 100, of="it"))
    for scale in norm_scales(module, X):
        assert_plain(scale)


def _same(submission: Submission) -> None:
    module = _module(submission)
    told(lambda: same_function(module, case(), of="it"))
    told(lambda: same_function(module, case(), of="it again"))


def _training(submission: Submission) -> None:
    module = _module(submission)
    told(lambda: assert_plain(module.forward(X)))
    told(lambda: assert_plain(module.gradients(X, upstream=torch.ones(2, 3), only=[0, 1])))
    told(lambda: module.reached(X, upstream=torch.ones(3), outputs=2))
    told(lambda: assert_plain(module.fit(X, torch.tensor([0, 1]), steps=2, batch_size=2,
                                         learning_rate=0.1)))  # fmt: skip


SCENES: tuple[Callable[[Submission], None], ...] = (_values, _state, _trace, _same, _training)


def told(ask: Callable[[], object]) -> None:
    """Ask; what a submission can be blamed for becomes words that can be kept."""
    try:
        ask()
    except (Unmet, SubmissionFault) as error:
        for visibility in Visibility:
            outcome = outcome_of(error, visibility)
            about = {"id": "q/c", "question": "q", "title": "c", "points": 0.0, "max_points": 1.0}
            check = CheckRecord(visibility=visibility, **about, **vars(outcome))  # type: ignore[arg-type]
            kept = json.dumps(check, default=vars, ensure_ascii=False)
            assert len(kept.encode()) < 200_000, "words that are too many"


def assert_plain(value: Any, depth: int = 0) -> None:
    """``value`` is of the kinds that the wire promises."""
    assert depth <= MAX_DEPTH + 2, "nested too deeply"
    if isinstance(value, Tensor):
        assert type(value) is Tensor, "no plain tensor"
        assert value.dtype in DTYPES.values(), "an unknown dtype"
        assert value.is_contiguous(), "no dense tensor"
        assert value.device.type == "cpu", "no tensor in memory"
        assert value.dtype is not torch.bool or value.view(torch.uint8).le(1).all(), "no bool"
    elif isinstance(value, dict):
        for pair in value.items():
            assert_plain(pair, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            assert_plain(item, depth + 1)
    elif isinstance(value, str):
        assert len(value) <= MAX_TEXT, "a long text"
    elif isinstance(value, int):
        assert abs(value) < MAX_INT, "a large number"
    else:
        assert value is None or isinstance(value, float | Opaque | ModuleHandle), type(value)
