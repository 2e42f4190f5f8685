"""Modules that are built with the first request to them."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.submission import BadReply, LocalTransport, StudentError, Submission
from tests.expect.counting import Counting
from tests.submission.test_replies import Forger


class Picky(nn.Linear):
    """Takes two numbers and no others."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__(2, 1)
        if fails:
            raise ValueError("not like this")

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != 2:
            raise ValueError("not these")
        return super().forward(x)


def deferring(**names: Any) -> tuple[Submission, Counting]:
    """A submission that defines these names, and what is asked of it."""
    transport = Counting(names)
    return Submission(transport, deferring=True), transport


def test_one_request_builds_and_asks() -> None:
    """With the arguments and the seed of the one, in the way of the other."""
    names, transport = deferring(make=nn.Linear)
    handle = names.build("make", 2, 1, bias=False, seed=3)
    assert not transport.asked
    output = handle.forward(torch.ones(1, 2))
    assert transport.asked == {"forward": 1}
    eager = Submission(LocalTransport({"make": nn.Linear}))
    assert torch.equal(
        output, eager.build("make", 2, 1, bias=False, seed=3).forward(torch.ones(1, 2))
    )
    assert torch.equal(output, handle.forward(torch.ones(1, 2)))
    assert transport.asked == {"forward": 2}
    assert names.build("make", 2, 1, device="meta").state().entries[0].value is None


def test_what_is_raised_in_between() -> None:
    """A module that was made stays; one that could not be is not tried again."""
    names, transport = deferring(make=Picky)
    handle = names.build("make")
    with pytest.raises(StudentError, match="not these"):
        handle.forward(torch.ones(1, 3))
    weight = handle.state().entries[0].value
    assert torch.equal(weight, handle.state().entries[0].value)
    assert transport.asked == {"forward": 1, "state": 2}
    broken = names.build("make", fails=True)
    for _ in range(2):
        with pytest.raises(StudentError, match="not like this") as raised:
            broken.state()
        assert raised.value.type_name == "ValueError"
    assert transport.asked == {"forward": 1, "state": 3}  # it was tried once


def test_what_is_no_module() -> None:
    """The words are those of a module that is built at once."""
    names, _ = deferring(make=lambda: [1])
    with pytest.raises(StudentError, match=r"make\(...\) gave list, not an nn.Module"):
        names.build("make").forward(torch.ones(1))


def test_as_an_argument() -> None:
    """Then its number is needed: it is made by itself."""
    names, transport = deferring(make=nn.Linear, width=lambda layer: layer.in_features)
    assert names.call("width", names.build("make", 7, 1)) == 7
    assert transport.asked == {"make": 1, "call": 1}


def test_let_go_before_it_is_made() -> None:
    """It is made all the same, in its turn, and then forgotten."""
    made = []

    def make(width: int) -> nn.Module:
        made.append(width)
        return nn.Linear(width, 1)

    names, _ = deferring(make=make)
    names.shared("make", 2)
    other = names.build("make", 3)
    other.drop()
    assert not made
    names.settle()
    assert made == [2, 3]
    with pytest.raises(StudentError, match="was dropped"):
        other.state()
    names.build("make", "wide").drop()
    with pytest.raises(StudentError, match="TypeError"):
        names.settle()


def test_what_nobody_asked_is_made_in_the_end() -> None:
    """Once, and told if it cannot be; unless there is no need any more."""
    names, transport = deferring(make=Picky)
    names.shared("make")
    used = names.build("make")
    used.mode(train=True)
    names.settle()
    assert transport.asked == {"mode": 1, "make": 1}
    names.settle()
    names.build("make", fails=True)
    with pytest.raises(StudentError, match="not like this"):
        names.settle()
    names.build("make", fails=True)
    names.settle(make=False)
    names.settle()
    assert transport.asked == {"mode": 1, "make": 2}


def test_a_shared_one_stays_asked_for() -> None:
    """Of a check that failed before it used it: the next one does, if it asks for the same."""
    names, transport = deferring(make=Picky)
    names.shared("make")
    names.settle(make=False)
    names.shared("make").state()
    assert transport.asked == {"state": 1}
    names.shared("make", fails=True)
    names.settle(make=False)
    names.shared("make", fails=True)  # and no more: it is not over before that is made
    with pytest.raises(StudentError, match="not like this"):
        names.settle()
    names.shared("make", fails=False)
    names.forget_shared()
    names.shared("make").state()
    assert transport.asked == {"state": 2, "make": 1}


@pytest.mark.parametrize("made", [None, "1", -1, True, 2.0])
def test_a_forged_number(made: object) -> None:
    """It is looked at before the answer is."""
    forged = Submission(Forger({"made": made, "value": 3}), deferring=True)  # type: ignore[no-untyped-call]
    with pytest.raises(BadReply, match="a module that was made, without its number"):
        forged.build("Net").forward(torch.ones(1))
