"""A submission is asked once: what its output can mean otherwise is asked of the reference."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.expect import Unmet, reference_case, same_function
from autograder.expect.relabel import seen_as
from autograder.submission import LocalTransport, ModuleHandle, StudentError, Submission
from tests.expect.counting import Counting


class Twins(nn.Module):
    """Two linear maps of one shape, one after the other."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).relu())


class Turned(Twins):
    """The same, the second one registered first."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._modules = dict(reversed(self._modules.items()))


class Tied(Turned):
    """Another function, registered as the one before."""

    def forward(self, x: Tensor) -> Tensor:
        return self.first(self.first(x).relu()) + 0 * self.second(x)


ORACLE = Submission(LocalTransport({"Twins": Twins}))


def case_of(seed: int = 0, *, train: bool = False) -> Any:
    """A case of :class:`Twins`."""
    return reference_case(ORACLE, "Twins", (3,), {}, shape=(4, 3), seed=seed, train=train)


def student_of(factory: Any) -> tuple[ModuleHandle, Counter[str]]:
    """A module of a submission, and what was asked of it."""
    transport = Counting({"Net": factory})
    return Submission(transport).build("Net", 3, dtype="float64"), transport.asked


def test_an_output_under_another_binding_is_explained_by_the_reference() -> None:
    """It is not asked again before that is decided; then once, under its own weights."""
    student, asked = student_of(Turned)
    same_function(student, case_of())
    assert asked == {"build": 1, "forward": 2, "trace": 1}
    same_function(student, case_of(seed=1))  # the trace was kept: now the order is known
    assert asked["forward"] == 3


def test_what_is_wrong_is_asked_once() -> None:
    """Whatever bindings there are."""
    student, asked = student_of(Tied)
    with pytest.raises(Unmet, match="has the right shape but other values"):
        same_function(student, case_of())
    assert asked["forward"] == 1


def test_who_takes_the_next_guess_has_none() -> None:
    """A module that turns right when the same input comes back is wrong: it does not come back."""
    seen: list[Tensor] = []

    class Guessing(Twins):
        """Right from the second time on."""

        def forward(self, x: Tensor) -> Tensor:
            known = any(torch.equal(x, one) for one in seen)
            seen.append(x.clone())
            right: Tensor = super().forward(x)
            return right if known else right + 1

    student, asked = student_of(Guessing)
    with pytest.raises(Unmet, match="has the right shape but other values"):
        same_function(student, case_of())
    assert asked["forward"] == 1
    with pytest.raises(Unmet, match="counts only together with another") as caught:
        same_function(student, case_of())  # it is right by now
    assert caught.value.hint == "Nothing is wrong here by itself: mend the comparison that failed."
    student.submission.forget_shared()  # the next question
    same_function(student, case_of())


def test_modes_count_apart() -> None:
    """A block that is wrong in evaluation alone keeps what it has in training."""

    class Evaluating(Twins):
        """Wrong in evaluation mode."""

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) + (not self.training)

    student, _ = student_of(Evaluating)
    with pytest.raises(Unmet, match="other values"):
        same_function(student, case_of())
    same_function(student, case_of(train=True))


def test_without_a_reference_it_is_asked_again() -> None:
    """At home there is only the case itself, and nothing to be gained."""
    student, asked = student_of(Turned)
    same_function(student, replace(case_of(), under=None))
    assert asked["forward"] == 2


def test_who_agrees_must_agree_under_its_own_weights_too() -> None:
    """One right answer under swapped weights is not enough."""
    count = 0

    class Once(Turned):
        """Right once."""

        def forward(self, x: Tensor) -> Tensor:
            nonlocal count
            count += 1  # the question, the trace, and the question under its own weights
            right: Tensor = super().forward(x)
            return right if count < 3 else right + 1

    student, asked = student_of(Once)
    with pytest.raises(Unmet, match="other values"):
        same_function(student, case_of())
    assert asked["forward"] == 2


class Broken(Turned):
    """Wrong, and then it raises when it is looked at."""

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "asked"):
            raise ValueError("again?")
        self.asked = True
        return super().forward(x) + 1


def test_who_raises_after_an_output_was_refused_was_refused() -> None:
    """What is asked next tells, whatever the module makes of it."""
    student, _ = student_of(Broken)
    with pytest.raises(StudentError, match="again"):
        same_function(student, case_of())
    assert student.submission.refused == {False}


def test_no_number_is_no_answer() -> None:
    """Buffers in another order: a guess puts a mean where the variance is; that tells nothing."""

    class Reversed(nn.Module):
        """Its variance is registered before its mean."""

        def __init__(self, size: int) -> None:
            super().__init__()
            self.scale, self.shift = (nn.Parameter(torch.ones(size)) for _ in range(2))
            self.register_buffer("var", torch.ones(size))
            self.register_buffer("mean", torch.zeros(size))

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.batch_norm(x, self.mean, self.var, self.scale, self.shift)

    side = Submission(LocalTransport({"Norm": nn.BatchNorm2d}))
    case = reference_case(side, "Norm", (3,), {}, shape=(4, 3, 2, 2), seed=0)
    student, asked = student_of(Reversed)
    same_function(student, case)
    assert asked["forward"] == 2
    assert student.submission.refused == set()


@pytest.mark.parametrize("change", ["missing", "larger", "twice", "bias"])
def test_weights_that_are_no_layers_explain_nothing(change: str) -> None:
    """A value is missing, has another size or two places; or a bias the reference has not."""
    case = case_of()
    (first, second) = (replace(layer, bias=None) for layer in case.layers)
    groups = [replace(layer.group, bias=None) for layer in case.layers]
    loaded = {
        group.weight: layer.weight for group, layer in zip(groups, (first, second), strict=True)
    }
    binding = [(first, groups[0], False), (second, groups[1], False)]
    assert seen_as(binding, loaded) is not None  # type: ignore[arg-type]
    if change == "missing":
        del loaded[groups[1].weight]
    elif change == "larger":
        loaded[groups[1].weight] = torch.ones(5)
    elif change == "twice":
        binding[1] = (second, replace(groups[1], weight=groups[0].weight), False)
    else:
        binding[1] = (second, replace(groups[1], bias=7), False)
        loaded[7] = torch.ones(3)
    assert seen_as(binding, loaded) is None  # type: ignore[arg-type]


def test_one_way_that_explains_decides() -> None:
    """A trace under which every binding explains the output does not buy as many questions."""

    class Constant(nn.Module):
        """Whatever the weights, as a forged trace says that they are overwritten."""

        def __init__(self, size: int) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x).relu()) * 0

    student, asked = student_of(Constant)
    case = replace(case_of(), under=lambda layers: torch.zeros(4, 3, dtype=torch.float64))
    with pytest.raises(Unmet, match="other values"):
        same_function(student, case)
    assert asked["forward"] <= 2


def test_a_reference_that_cannot_be_asked_is_our_fault() -> None:
    """Nothing of the submission's stands in it."""
    case = case_of()
    assert case.under is not None
    with pytest.raises(RuntimeError, match="the reference cannot be asked under other weights"):
        case.under([replace(layer, weight=torch.ones(7, 7)) for layer in case.layers])
