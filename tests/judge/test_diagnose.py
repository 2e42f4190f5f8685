"""Which mistake is compared with, and when comparing again would tell nothing new."""

from __future__ import annotations

from autograder.judge.diagnose import _ranked, _same_numbers
from autograder.judge.signatures import Signature

WHERE = frozenset({"q/same_function"})


def failing(got: str, observed: str = "other values") -> Signature:
    """One failed comparison."""
    return (
        ("q/shape", "failed", "it is flat", "(1,)"),
        ("q/same_function", "failed", observed, got),
    )


MANY = failing("3 of 8 values differ, by up to 0.5")
FEW = failing("1 of 8 values differ, by up to 0.1")


def test_equal_numbers_are_the_same_mistake() -> None:
    """Who fails the same checks by the same numbers computes the same."""
    assert _same_numbers(MANY, {"other": FEW, "this": MANY}, WHERE) == "this"


def test_equal_words_alone_are_not() -> None:
    """Where no numbers were compared, or two mistakes give the same, the checks have to decide."""
    words = failing("3 channels")
    assert _same_numbers(words, {"this": words}, WHERE) == ""
    assert _same_numbers(MANY, {"one": MANY, "two": MANY}, WHERE) == ""
    assert _same_numbers(MANY, {"other": FEW}, WHERE) == ""
    assert _same_numbers(MANY, {"this": MANY}, frozenset({"q/elsewhere"})) == ""


def test_only_mistakes_that_fail_alike_are_compared_with() -> None:
    """A mistake that fails other checks is not tried."""
    near = failing("2 of 8 values differ, by up to 0.4")
    far = (("q/shape", "failed", "it is flat", "(1,)"),)
    assert _ranked(MANY, {"far": far, "near": near}, WHERE) == ["near"]
