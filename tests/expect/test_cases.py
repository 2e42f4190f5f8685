"""Cases: drawn weights, kept for the next submission, frozen as plain arrays."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from autograder.expect import Unmet, make_case, random_input, reference_case, same_function
from autograder.expect.binding import MAX_BINDINGS, bindings
from autograder.expect.cases import bound
from autograder.expect.frozen import load_frozen, save_frozen, stamp_of
from autograder.submission import BadReply, LocalTransport, Submission
from solutions.resnet import BasicBlock


@pytest.fixture
def oracle() -> Submission:
    """The reference block as a submission."""
    return Submission(LocalTransport({"Block": BasicBlock}))


def draw(oracle: Submission, seed: int = 3):
    """A case of a block with a projection."""
    handle = oracle.build("Block", 3, 4, 2, dtype="float64")
    return make_case(handle, random_input((2, 3, 6, 5), 1), seed=seed)


def test_drawn_weights_are_far_from_their_defaults(oracle):
    """No scale is one, no statistic a default, every output of moderate size."""
    case = draw(oracle)
    assert len(case.layers) == 3
    for layer in case.layers:
        assert layer.gamma is not None
        assert layer.var is not None
        assert not torch.any(layer.gamma == 1)
        assert float(layer.var.min()) > 0.4
    assert 0.1 < float(case.output.std()) < 10


def test_same_seed_same_case(oracle):
    """Cases depend on the seed alone."""
    assert torch.equal(draw(oracle).output, draw(oracle).output)
    assert not torch.equal(draw(oracle).output, draw(oracle, seed=4).output)


def test_reference_case_is_kept(oracle):
    """The reference runs once for a configuration, not once a submission."""
    first = reference_case(oracle, "Block", (3, 4), {}, shape=(2, 3, 6, 5), seed=1)
    assert reference_case(oracle, "Block", (3, 4), {}, shape=(2, 3, 6, 5), seed=1) is first
    assert reference_case(oracle, "Block", (3, 4), {}, shape=(2, 3, 6, 5), seed=2) is not first


def test_reference_that_returns_no_tensor():
    """A case of several outputs is the check author's mistake."""

    class Two(nn.Module):
        def forward(self, x):
            return x, x

    handle = Submission(LocalTransport({"Two": Two})).build("Two")
    with pytest.raises(TypeError, match="returns one tensor"):
        make_case(handle, random_input((2, 3), 0), seed=0)


def test_accepted_module_keeps_the_weights(oracle):
    """After a comparison both modules hold the same function."""
    x = random_input((2, 3, 6, 5), 1)
    theirs = oracle.build("Block", 3, 4, 2, dtype="float64")
    case = make_case(theirs, x, seed=3)
    ours = oracle.build("Block", 3, 4, 2, dtype="float64")
    same_function(ours, case)
    assert torch.equal(ours.forward(2 * x), theirs.forward(2 * x))


def test_frozen_case_is_the_same(oracle, tmp_path):
    """What was saved is compared as the original would be."""
    path = tmp_path / "frozen.npz"
    save_frozen(path, {"Block(3, 4, 2)": draw(oracle)}, "stamp")
    case = load_frozen(path)["Block(3, 4, 2)"]
    assert stamp_of(path) == "stamp"
    same_function(oracle.build("Block", 3, 4, 2, dtype="float64"), case)


def test_file_of_another_format_has_no_stamp(oracle, tmp_path, monkeypatch):
    """It is made anew instead of being misread."""
    path = tmp_path / "frozen.npz"
    save_frozen(path, {"Block": draw(oracle)}, "stamp")
    monkeypatch.setattr("autograder.expect.frozen.FORMAT", 99)
    assert stamp_of(path) == ""


def test_no_frozen_file(tmp_path):
    """A missing or damaged file holds no cases and no stamp."""
    assert load_frozen(tmp_path / "none.npz") == {}
    (tmp_path / "broken.npz").write_text("nothing")
    assert stamp_of(tmp_path / "broken.npz") == ""


class Symmetric(nn.Module):
    """Many branches of one shape, in an order that the flow does not tell."""

    def __init__(self, branches=7):
        super().__init__()
        self.branches = nn.ModuleList(nn.Linear(3, 3) for _ in range(branches))

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Swapped(Symmetric):
    def forward(self, x):
        order = [*self.branches[:-2], self.branches[-1], self.branches[-2]]
        done = {id(branch): branch(x) for branch in self.branches}
        return torch.cat([done[id(branch)] for branch in order], 1)


def test_symmetric_branches_are_tried_within_the_cap():
    """7! ways are too many; the near ones are tried, and never more than the cap."""
    oracle = Submission(LocalTransport({"Net": Symmetric}))
    case = make_case(oracle.build("Net", dtype="float64"), random_input((2, 3), 0), seed=0)
    groups = [layer.group for layer in case.layers]
    assert len(list(bindings(case.layers, groups))) <= MAX_BINDINGS
    student = Submission(LocalTransport({"Net": Swapped})).build("Net", dtype="float64")
    same_function(student, case)


class Clipped(nn.Module):
    """Two layers with ReLU6 between and behind."""

    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU6())
        self.two = nn.Sequential(nn.Flatten(), nn.Linear(48, 5), nn.ReLU6())

    def forward(self, x):
        return self.two(self.one(x))


class Unclipped(Clipped):
    """The same with ReLU."""

    def __init__(self):
        super().__init__()
        self.one[2] = self.two[2] = nn.ReLU()


@pytest.mark.parametrize("train", [False, True])
def test_small_scale_makes_relu6_a_relu(train):
    """Below 6 a ReLU6 is a ReLU; above, it is not, and nothing else is lost."""
    oracle = Submission(LocalTransport({"Net": Unclipped}))
    student = Submission(LocalTransport({"Net": Clipped}))

    def agree(scale):
        case = reference_case(
            oracle, "Net", (), {}, shape=(4, 3, 6, 5), seed=1, train=train, scale=scale
        )
        same_function(oracle.build("Net", dtype="float64"), case)
        same_function(student.build("Net", dtype="float64"), case)

    agree(2**-6)
    with pytest.raises(Unmet, match="right shape but other values"):
        agree(64.0)


@pytest.mark.parametrize("train", [False, True])
def test_scale_is_a_factor(train):
    """A network of ReLUs gives outputs in proportion; powers of two lose no digit."""
    oracle = Submission(LocalTransport({"Net": Unclipped}))
    plain, small = (
        reference_case(oracle, "Net", (), {}, shape=(4, 3, 6, 5), seed=1, train=train, scale=scale)
        for scale in (1.0, 0.25)
    )
    if train:
        torch.testing.assert_close(small.output, 0.25 * plain.output, rtol=1e-3, atol=1e-4)
    else:
        assert torch.equal(small.output, 0.25 * plain.output)


def test_claimed_shapes_are_not_believed(oracle):
    """What a box says of a tensor's shape allocates nothing, and must fit what it is used as."""
    layer = draw(oracle).layers[0]
    group = replace(layer.group, bias=layer.group.gamma)
    shapes = [(2**20,) if n == group.bias else (4, 3, 3, 3) for n in range(20)]
    with pytest.raises(BadReply, match=r"a layer with a vector of shape \(1048576,\)"):
        bound(replace(layer, bias=None, gamma=None, beta=None, mean=None, var=None), group, shapes)
    with pytest.raises(BadReply, match="is used in another size"):
        bound(layer, group, [(7,)] * 20)
