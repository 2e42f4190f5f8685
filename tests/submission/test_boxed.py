"""The transport over the wire: faults are told apart, and a real box gives the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from autograder.expect import Unmet, same_module
from autograder.runner.bench import MODULES
from autograder.sandbox import Box, BoxDied, Child, DeadlineExceeded, Profile, ProtocolError
from autograder.submission import (
    BadReply,
    LocalTransport,
    ModuleHandle,
    StudentCrash,
    StudentError,
    StudentTimeout,
    Submission,
)
from autograder.submission.boxed import BoxedTransport
from solutions.resnet import BasicBlock

ROOT = Path(__file__).resolve().parents[2]

# --- without a box -------------------------------------------------------------------------------


class Puppet:
    """A child that answers, or fails, as told."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.killed = False

    def request(self, header, blobs=(), *, deadline):
        """Answer as told."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def kill(self):
        """Note it."""
        self.killed = True


class Reply:
    """An answer: a header and blobs."""

    def __init__(self, header, blobs=()):
        self.header, self.blobs = header, list(blobs)


@pytest.mark.parametrize(
    ("outcome", "fault", "words"),
    [
        (DeadlineExceeded(3), StudentTimeout, "no answer within 3 s"),
        (BoxDied("exit code 1"), StudentCrash, "exit code 1"),
        (ProtocolError("bytes that are no frame"), BadReply, "no frame"),
        (Reply({"tensors": 3}), BadReply, "do not fit their descriptions"),
        (Reply({"tensors": [{}]}), BadReply, "do not fit their descriptions"),
        (Reply({"tensors": [{"dtype": "x", "shape": []}]}, [b""]), BadReply, "cannot be read"),
    ],
)  # fmt: skip
def test_fault(outcome, fault, words):
    """Every fault of the wire is the submission's, by its kind."""
    child = Puppet(outcome)
    lost: list[bool] = []
    transport = BoxedTransport(
        child, deadline=lambda: 3.0, lost=lambda *, timeout: lost.append(timeout)
    )
    with pytest.raises(fault, match=words):
        Submission(transport).value("x")
    if isinstance(outcome, Exception):
        assert child.killed
        assert lost == [fault is StudentTimeout]


def test_a_module_as_a_key_is_a_handle():
    """Wherever it stands in a value: checks see handles alone."""
    forged = {"value": {"$dict": [[{"$tuple": [{"$module": 3}]}, {"$module": 4}]]}}
    found = Submission(BoxedTransport(Puppet(Reply(forged)), deadline=lambda: 3.0)).value("x")
    (((key,), value),) = found.items()
    assert isinstance(key, ModuleHandle)
    assert (key.number, value.number) == (3, 4)


def test_lost_child_is_replaced():
    """The request after a crash goes to a new child."""
    transport = BoxedTransport(
        Puppet(BoxDied("gone")), deadline=lambda: 1.0, revive=lambda: Puppet(Reply({"value": 7}))
    )
    submission = Submission(transport)
    with pytest.raises(StudentCrash, match="gone"):
        submission.value("x")
    assert submission.value("x") == 7


def test_what_was_shared_is_made_anew_after_a_death():
    """A module of a process that has ended is not asked any more."""
    made = Reply({"tensors": [], "value": {"$module": 0}})
    transport = BoxedTransport(
        Puppet(made), deadline=lambda: 3.0, revive=lambda: Puppet(Reply({"tensors": []}))
    )
    names = Submission(transport)
    first = names.shared("Net")
    assert names.shared("Net") is first
    transport.replace(Puppet(Reply({"tensors": [], "value": {"$module": 5}})))
    assert names.shared("Net").number == 5


def test_no_child_and_nobody_to_ask():
    """Without a reviver the submission stays dead."""
    submission = Submission(BoxedTransport(Puppet(BoxDied("gone")), deadline=lambda: 1.0))
    for words in ("gone", "has ended"):
        with pytest.raises(StudentCrash, match=words):
            submission.value("x")


def test_no_time_left():
    """With its time used up nothing is asked any more."""
    with pytest.raises(StudentTimeout):
        Submission(BoxedTransport(Puppet(Reply({"value": 1})), deadline=lambda: 0.0)).value("x")


# --- a real box ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """A box with the guest that grades."""
    profile = Profile(
        guest="autograder.submission.guest:serve",
        warm_up="autograder.submission.guest:warm_up",
        root=ROOT,
        modules=MODULES,
    )
    with Box(profile) as made:
        yield made


@pytest.fixture
def child(box) -> Iterator[Child]:
    """A fresh child."""
    made = box.fork()
    yield made
    made.kill()


def run(child: Child, source: str):
    """Run one cell in the child."""
    return child.request({"op": "run", "source": source}, deadline=20).header


def boxed(child: Child, source: str) -> Submission:
    """The submission that this cell defines."""
    assert run(child, source)["status"] == "ok"
    return Submission(BoxedTransport(child, deadline=lambda: 20.0))


BLOCK = """
import torch
from torch import nn
from checker import check

class Block(nn.Module):
    def __init__(self, a, b, stride=1):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(a, b, 3, stride, 1), nn.BatchNorm2d(b), nn.ReLU(inplace=True),
            nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b))
        self.g = nn.Sequential(nn.Conv2d(a, b, 1, stride), nn.BatchNorm2d(b))

    def forward(self, x):
        return (self.f(x) + self.g(x)).relu_()

check("block")
"""


@pytest.mark.box
def test_equality_through_the_wall(child):
    """A right block in the box is accepted, a wrong one rejected."""
    submission = boxed(child, BLOCK + "class Wrong(Block):\n    def forward(self, x):\n"
                       "        return self.f(x).relu() + self.g(x)\n")  # fmt: skip
    oracle = Submission(LocalTransport({"Block": BasicBlock, "Wrong": BasicBlock}))
    same_module(submission, oracle, "Block", 3, 5, 2, shape=(2, 3, 7, 6), seed=1)
    with pytest.raises(Unmet, match="other values"):
        same_module(submission, oracle, "Wrong", 3, 5, 2, shape=(2, 3, 7, 6), seed=1)


@pytest.mark.box
def test_same_answers_on_both_transports(child):
    """Equal seeds give equal numbers, gradients included, in the box and beside it."""
    names: dict = {}
    exec(BLOCK.replace("from checker import check", "check = print"), names)
    x = torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    found = []
    for submission in (boxed(child, BLOCK), Submission(LocalTransport(names))):
        net = submission.build("Block", 3, 4, seed=5)
        head = submission.probe_net([["AdaptiveAvgPool2d", 1], ["Flatten"]])
        found.append([net.forward(x), head.forward(net.forward(x)), net.trace(x).macs])
        found[-1] += net.gradients(x, upstream=torch.ones(8, 4, 6, 6))
    for ours, theirs in zip(*found, strict=True):
        if isinstance(ours, torch.Tensor):
            assert torch.allclose(ours, theirs, atol=1e-5)
        else:
            assert ours == theirs


@pytest.mark.box
def test_student_error_has_the_line_of_its_cell(child):
    """The line is counted in the cell."""
    submission = boxed(child, "x = 1\ndef f(x):\n    return x.missing\n")
    with pytest.raises(StudentError) as caught:
        submission.call("f", 3)
    assert (caught.value.type_name, caught.value.line) == ("AttributeError", 3)


@pytest.mark.box
@pytest.mark.parametrize(
    ("source", "fault"),
    [("def f():\n    import os\n    os._exit(0)", StudentCrash),
     ("def f():\n    import os, signal\n    os.kill(os.getpid(), signal.SIGSEGV)", StudentCrash)],
    ids=["exit", "segfault"],
)  # fmt: skip
def test_death_is_told(child, source, fault):
    """A process that ends itself is a crash, told as such."""
    with pytest.raises(fault):
        boxed(child, source).call("f")


@pytest.mark.box
def test_prints_during_checks_show_nowhere(child):
    """What is printed or displayed while a check feeds the code is in no output."""
    submission = boxed(child, "def f(x):\n    print('hidden', x)\n    display(x)\n    return x\n")
    assert submission.call("f", 3) == 3
    assert run(child, "pass")["outputs"] == []


@pytest.mark.box
def test_random_states_are_put_back(child):
    """A cell's random numbers go on where the cell before left them, whatever was asked between."""
    seeded = "import random, numpy, torch\nfor f in (random, numpy.random): f.seed(5)\n"
    draw = "print(torch.rand(1).item(), random.random(), numpy.random.rand())"
    run(child, seeded + "torch.manual_seed(5)")
    expected = run(child, draw)["outputs"]
    submission = boxed(child, seeded + "torch.manual_seed(5)\ndef f(): return torch.rand(1)")
    submission.call("f", seed=9)
    assert run(child, draw)["outputs"] == expected != []


@pytest.mark.box
def test_figures_come_inline(child):
    """A figure is shown by plt.show() or at the end of its cell, once, as PNG."""
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.subplots();"
    reply = run(child, source)
    assert [list(entry["data"]) for entry in reply["outputs"]] == [["image/png", "text/plain"]] * 2


@pytest.mark.box
def test_children_start_afresh(box):
    """Names and modules of one submission are unknown to the next."""
    first = box.fork()
    boxed(first, "secret = 1\nimport torch\ntorch.conv2d = None\nprint('x')")
    first.kill()
    second = box.fork()
    try:
        assert boxed(second, "import torch").names("secret") == {"secret": "missing"}
        assert run(second, "torch.conv2d")["outputs"][0]["data"]["text/plain"] != "None"
    finally:
        second.kill()
