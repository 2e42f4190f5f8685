"""The small words of checks: names, shapes, values, counts, cost, gradients, marks."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.expect import (
    Unmet,
    batch_independent,
    check,
    close,
    defined,
    every_parameter_learns,
    has_shape,
    is_tensor,
    kind_of,
    macs,
    mark_of,
    norm_scales,
    number,
    numbers,
    parameter_count,
)
from autograder.submission import LocalTransport, ModuleHandle, Opaque, Submission


def build(factory) -> ModuleHandle:
    """A handle on what ``factory`` makes."""
    return Submission(LocalTransport({"make": factory})).build("make")


def unmet(function, *args, **kwargs) -> Unmet:
    """What ``function`` finds unmet."""
    with pytest.raises(Unmet) as caught:
        function(*args, **kwargs)
    return caught.value


# --- names ---------------------------------------------------------------------------------------


def test_defined_accepts_a_function_for_a_class():
    """A function that builds a module may stand for a class."""
    submission = Submission(LocalTransport({"Block": lambda: None}))
    defined(submission, "Block", "class")


def test_defined_tells_a_missing_name():
    """The message says what to run."""
    found = unmet(defined, Submission(LocalTransport({})), "Block")
    assert found.observed == "Block is not defined"
    assert "Run the cell" in found.hint


def test_defined_tells_another_kind():
    """A value is no class."""
    found = unmet(defined, Submission(LocalTransport({"Block": 3})), "Block")
    assert (found.expected, found.got) == ("a class", "a value")


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [(torch.zeros(2, 3), "a tensor of shape (2, 3)"), (None, "None"), (2.5, "2.5"),
     ([1], "a list"), (Opaque("generator"), "a generator"), ("text", "a str")],
)  # fmt: skip
def test_kind_of(value, words):
    """Values are called what a student would call them."""
    assert kind_of(value) == words


def test_is_tensor_tells_none():
    """None as result asks for the return."""
    assert (
        unmet(is_tensor, None, of="f(x)").hint
        == "Does every branch of the function end in a return?"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_is_tensor_rejects_what_is_not_finite(value):
    """NaN and infinity arrive, and are told by their number."""
    found = unmet(is_tensor, torch.tensor([1.0, value]), of="f(x)")
    assert found.observed == "f(x) contains NaN or infinity"
    assert found.got == "1 of 2 not finite"


def test_has_shape_tells_both_shapes():
    """Expected and got are shapes."""
    found = unmet(has_shape, torch.zeros(2, 3), (3, 2), of="f(x)", hint="Turn it.")
    assert (found.expected, found.got, found.hint) == ("(3, 2)", "(2, 3)", "Turn it.")


def test_close_looks_at_the_shape_first():
    """What could be broadcast is not compared."""
    assert "another shape" in unmet(close, torch.zeros(1), torch.zeros(2), of="x").observed


def test_close_looks_at_the_dtype():
    """Equal numbers of another dtype are told."""
    assert unmet(close, torch.zeros(2), torch.zeros(2).double(), of="x").got == "torch.float32"


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
def test_nothing_is_close_to_what_is_not_finite(odd):
    """Whether it comes from a forged reply or from a wrong answer that overflows."""
    value = torch.tensor([1.0, 2.0])
    with pytest.raises(Unmet, match="has nothing to be compared with") as caught:
        close(value, torch.tensor([1.0, odd]), of="f(x)", rtol=1.0, atol=float("inf"))
    assert caught.value.got.startswith("NaN or infinity there")


def test_close_tells_how_far():
    """How many values differ, by how much, and how large they should be."""
    found = unmet(close, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]), of="x")
    assert found.got == "1 of 2 values differ, by up to 2 (the right ones reach 4)"


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64])
def test_close_compares_whole_numbers(dtype):
    """Masks and indices can be compared, too."""
    close(torch.tensor([1, 0]).to(dtype), torch.tensor([1, 0]).to(dtype), of="x")
    unmet(close, torch.tensor([1, 1]).to(dtype), torch.tensor([1, 0]).to(dtype), of="x")


@pytest.mark.parametrize("value", ["3", True, None, float("nan"), torch.tensor(3)])
def test_number_rejects_what_is_none(value):
    """Only plain finite numbers are numbers."""
    assert unmet(number, value, of="f(3)").observed == "f(3) is not a plain finite number"


def test_numbers_of_a_list():
    """A list of plain numbers becomes a tensor; what it is otherwise is told."""
    assert numbers([1, 2.5], of="it").tolist() == [1, 2.5]
    assert unmet(numbers, (1, 2), of="the profile").observed == "the profile is not a list"
    found = unmet(numbers, [torch.ones(1)], of="the profile")
    assert (found.observed, found.expected) == ("the profile holds tensors", "Python floats")
    assert (
        unmet(numbers, [1, None], of="it").observed == "entry 1 of it is not a plain finite number"
    )


def test_number_asks_for_an_int():
    """Where a whole number is meant, 3.0 is none."""
    assert number(3, of="f(3)", whole=True) == 3
    assert unmet(number, 3.0, of="f(3)", whole=True).got == "3.0"


# --- parameters and cost -------------------------------------------------------------------------


def test_parameter_count_accepts_any_of_the_set():
    """With and without biases are both right."""
    parameter_count(build(lambda: nn.Linear(3, 2)), {6: "no bias", 8: "with a bias"})


def test_parameter_count_names_a_known_mistake():
    """A count that has a usual meaning is told with it."""
    found = unmet(
        parameter_count, build(lambda: nn.Linear(3, 2)), {9: "right"},
        known_wrong={8: "One layer is missing."}, of="Net()",
    )  # fmt: skip
    assert (found.expected, found.got) == ("9 (right)", "8")
    assert found.hint == "One layer is missing."


def test_parameter_count_tells_frozen_ones():
    """What is missing in the count because it is frozen is told as such."""
    found = unmet(parameter_count, build(lambda: nn.Linear(3, 2).requires_grad_(False)), {8: "all"})
    assert found.got == "0"
    assert "some are frozen" in found.hint


def test_parameter_count_tells_the_distance():
    """An unknown wrong count is told by its distance from the nearest right one."""
    found = unmet(parameter_count, build(lambda: nn.Linear(3, 2)), {9: "right", 100: "also"})
    assert found.hint == "1 fewer than 9. Which layer has that many?"


def test_parameter_count_counts_shared_tensors_once():
    """One tensor under two names is one parameter, and frozen ones are none."""
    layer = nn.Linear(3, 2)
    frozen = nn.Linear(3, 2).requires_grad_(False)
    parameter_count(build(lambda: nn.Sequential(layer, layer, frozen)), {8: "one layer"})


def test_macs_of_one_image():
    """The cost is counted for one image of the batch."""
    net = build(
        lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Flatten(), nn.Linear(48, 5))
    )
    x = torch.zeros(2, 2, 4, 4)
    macs(net, x, 3 * 16 * 18 + 5 * 48, of="Net()")
    assert unmet(macs, net, x, 7, of="Net()", hint="Where is the stride?").got == "1,104"


def test_norm_scales_without_names():
    """Scales come in the order of use."""
    net = build(lambda: nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2)))
    assert [scale.tolist() for scale in norm_scales(net, torch.zeros(1, 1, 2, 2))] == [
        [1, 1],
        [1, 1],
    ]


# --- gradients and properties --------------------------------------------------------------------


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x):
        return self.second(self.first(x).detach())


def test_every_parameter_learns():
    """A plain layer passes; a detached, a frozen and an empty one are told apart."""
    x, upstream = torch.ones(2, 3), torch.ones(2, 2)
    every_parameter_learns(build(lambda: nn.Linear(3, 2)), x, upstream, of="Net()")
    found = unmet(every_parameter_learns, build(Detached), x, upstream, of="Net()")
    assert found.observed == "2 of 4 parameters of Net() get no gradient"
    frozen = build(lambda: nn.Linear(3, 2).requires_grad_(False))
    assert "are frozen" in unmet(every_parameter_learns, frozen, x, upstream, of="Net()").observed
    found = unmet(every_parameter_learns, build(nn.ReLU), x, upstream, of="Net()")
    assert found.observed == "Net() has no parameters at all"


class TimesZero(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        out = self.layer(x)
        return out.detach() + 0 * out


def test_gradients_that_are_all_zero_are_none():
    """What gets nothing but zeros stays where it is."""
    x, upstream = torch.ones(2, 3), torch.ones(2, 2)
    found = unmet(every_parameter_learns, build(TimesZero), x, upstream, of="Net()")
    assert found.observed == "all 2 parameters of Net() get a gradient of zeros"


def test_weights_that_stay_at_zero_are_told():
    """Biases move behind weights that all start at zero; that is asked of networks alone."""

    def from_zero():
        net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        nn.init.zeros_(net[0].weight)
        nn.init.zeros_(net[0].bias)
        nn.init.zeros_(net[2].weight)
        return net

    x, upstream = torch.ones(2, 3), torch.ones(2, 2)
    every_parameter_learns(build(from_zero), x, upstream, of="Net()")
    found = unmet(
        every_parameter_learns, build(from_zero), x, upstream, of="Net()", weights_move=True
    )
    told = "all 2 weights of Net() get a gradient of zeros: only biases and batch norms would move"
    assert found.observed == told
    assert "start from random numbers" in found.hint
    random = build(lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)))
    every_parameter_learns(random, x, upstream, of="Net()", weights_move=True)


class AcrossBatch(nn.Module):
    def forward(self, x):
        return F.batch_norm(x, None, None, training=True)


def test_batch_independent():
    """Batch norm in evaluation passes; batch statistics and a swallowed batch do not."""
    x = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    batch_independent(build(lambda: nn.BatchNorm2d(2)), x)
    assert "for one image alone" in unmet(batch_independent, build(AcrossBatch), x).observed
    assert (
        "mixes up the batch" in unmet(batch_independent, build(lambda: nn.Flatten(0)), x).observed
    )


# --- marks ---------------------------------------------------------------------------------------


def test_check_marks_a_function():
    """Needs without a question mean the same question."""

    @check("block", points=2, needs=("shape", "other/count"), compares=True)
    def equal():
        """Claim."""

    mark = mark_of(equal)
    assert mark is not None
    assert (mark.points, mark.needs) == (2.0, ("block/shape", "other/count"))
    assert mark.compares
    assert mark_of(unmet) is None


def test_unmet_as_text():
    """The exception's text holds all parts."""
    text = str(Unmet("a is b", expected="c", got="d", hint="e"))
    assert text == "a is b; expected c; got d; hint: e"


# --- words ---------------------------------------------------------------------------------------


def test_another_kind_in_words():
    """What is there, and what should be."""
    found = unmet(defined, Submission(LocalTransport({"Block": 7})), "Block")
    assert (found.observed, found.expected) == ("Block is of another kind", "a class")


def test_another_cost_in_words():
    """Both costs, with thousands set apart."""
    found = unmet(macs, build(lambda: nn.Conv2d(3, 4, 3)), torch.ones(1, 3, 9, 9), 7000, of="it")
    assert found.observed == "it costs another number of multiply-adds"
    assert (found.expected, found.got) == ("7,000", "5,292")
