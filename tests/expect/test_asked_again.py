"""An agreement counts only in a process that was not told of a disagreement."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from autograder.expect import Inconsistent, Unmet, same_module
from autograder.submission import LocalTransport, Submission
from autograder.submission.agreements import Agreements


class Twins(nn.Module):
    """Two linear maps of one shape, one after the other."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).relu())


class Turned(Twins):
    """The same, the second one registered first: it takes two tries."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._modules = dict(reversed(self._modules.items()))


def guessing() -> type[Twins]:
    """A new class that takes its next guess when the same input comes back."""

    class Guessing(Twins):
        asked, seen = 0, torch.zeros(0)

        def forward(self, x: Tensor) -> Tensor:
            mine = type(self)
            mine.asked += torch.equal(x, mine.seen)
            mine.seen = x.clone()
            right: Tensor = super().forward(x)
            return right if mine.asked > 1 else right + 1

    return Guessing


def submission(block: object) -> Submission:
    """A submission whose ``Block`` this is."""
    return Submission(LocalTransport({"Block": block}))


def compared(student: Submission, seed: int = 0) -> None:
    """Hold ``student`` against :class:`Twins`."""
    same_module(student, submission(Twins), "Block", 3, shape=(2, 3), seed=seed)


@pytest.mark.parametrize(("block", "doubtful"), [(Twins, False), (Turned, True)])
def test_an_honest_module(block: object, doubtful: bool) -> None:
    """Who agrees at once is believed; who needed tries agrees at once in the way that was found."""
    first, second = submission(block), submission(block)
    first.agreements.begin()
    compared(first)
    assert first.agreements.doubtful is doubtful
    second.agreements = first.agreements
    second.agreements.again()
    asked = []
    ask = second._transport.request
    second._transport.request = (  # type: ignore[method-assign]
        lambda header, tensors: asked.append(header["op"]) or ask(header, tensors)
    )
    compared(second, seed=5)
    assert asked.count("forward") == 1
    assert "trace" not in asked


def test_a_module_that_guesses() -> None:
    """It agrees in the end, and not in a new process that is asked once."""
    first, second = submission(guessing()), submission(guessing())
    first.agreements.begin()
    compared(first)
    assert first.agreements.doubtful
    second.agreements = first.agreements
    second.agreements.again()
    with pytest.raises(
        Inconsistent, match=r"what Block\(3\) on .* depends on what was asked"
    ) as no:
        compared(second, seed=5)
    assert no.value.got == "another one, after a restart"
    with pytest.raises(Inconsistent):  # more comparisons than before
        compared(second, seed=5)


def test_a_comparison_that_failed_is_not_made_again() -> None:
    """What was refused is refused unseen, so that a choice among several ends as before."""
    student = submission(nn.Identity)
    student.agreements.begin()
    with pytest.raises(Unmet):
        same_module(student, submission(Twins), "Block", 3, shape=(2, 3), seed=0)
    student.agreements.again()
    with pytest.raises(Inconsistent):
        same_module(student, submission(Twins), "Block", 3, shape=(2, 3), seed=0)


def test_a_process_remembers_over_checks() -> None:
    """What it was told in one check makes its agreement in the next one doubtful, until it ends."""
    agreements = Agreements()
    agreements.begin()
    agreements.disagreed()
    agreements.refused()
    agreements.begin()
    agreements.agreed("way")
    assert agreements.doubtful
    agreements.again()
    assert (agreements.settled, agreements.next(), agreements.next()) == (True, "way", None)
    agreements.begin()
    agreements.agreed("way")
    assert not agreements.doubtful
    assert not agreements.settled
