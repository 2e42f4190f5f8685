"""Which mistake is compared with, and when comparing again would tell nothing new."""

from __future__ import annotations

from autograder.judge.likeness import (
    alike,
    by_numbers,
    explains,
    ranked,
    same_failures,
    undecided,
)
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


NEAR = failing("3 of 8 values differ, by up to 0.6")


def test_who_fails_to_the_last_number_as_one_mistake_does() -> None:
    """Other values are another mistake's; of two that fail the same, none is meant."""
    assert same_failures(MANY, {"other": FEW, "near": NEAR, "this": MANY}) == "this"
    assert same_failures(MANY, {"near": NEAR}) == ""
    assert same_failures(MANY, {"one": MANY, "two": MANY}) == ""


def test_lines_stand_where_they_stand() -> None:
    """Where a line is named, in another style it is another one."""
    own, style = failing("3 channels", "2 in line 3"), failing("3 channels", "2 in line 7")
    assert same_failures(own, {"other": MANY, "this": style}) == "this"


def test_values_of_a_comparison_tell_the_function() -> None:
    """Words alone do not, nor do the values of a check that compares with nothing of ours."""
    assert by_numbers(MANY, WHERE)
    assert not by_numbers(failing("3 channels"), WHERE)
    assert not by_numbers(MANY, frozenset({"q/elsewhere"}))


def test_how_far_values_are_off_is_no_word() -> None:
    """Two that differ by other values fail alike: which of them it is, is to be compared."""
    assert alike(MANY, {"this": MANY, "near": NEAR, "words": failing("3 channels")}) == [
        "this",
        "near",
    ]


def test_only_mistakes_that_fail_alike_are_compared_with() -> None:
    """A mistake that fails other checks is not tried."""
    near = failing("2 of 8 values differ, by up to 0.4")
    far = (("q/shape", "failed", "it is flat", "(1,)"),)
    assert ranked(MANY, {"far": far, "near": near}, WHERE) == ["near"]


def test_who_is_farther_off_on_the_same_inputs_is_another_function() -> None:
    """Of mistakes as far from the reference, rounding apart, one may be it; of others none."""
    near = failing("3 of 8 values differ, by up to 0.45")
    far = failing("3 of 8 values differ, by up to 2.1e+01")
    assert ranked(MANY, {"far": far, "near": near}, WHERE) == ["near"]
    assert ranked(MANY, {"far": far}, WHERE) == []
    elsewhere = frozenset({"q/another"})  # numbers tell in checks that do not compare, too
    both = (*MANY, ("q/another", "blocked", "", ""))
    assert ranked(both, {"far": (*far, ("q/another", "blocked", "", ""))}, elsewhere) == []


def test_who_leaves_the_reference_at_another_step_is_another_function() -> None:
    """A comparing check stops at the first wrong step; lines, layers and styles may vary."""
    own = failing("[2, 3]", "layer 3 is another one, in line 7")
    style = failing("(2, 3)", "layer 4 is another one, in line 12")
    later = failing("[2, 3]", "other values")
    assert ranked(own, {"later": later, "style": style}, WHERE) == ["style"]


def test_values_tell_only_where_the_right_ones_are_the_same() -> None:
    """Where a check takes the submission's own weights, the right values are others, too."""
    own = failing("3 of 8 values differ, by up to 0.5 (the right ones reach 2)")
    same = failing("3 of 8 values differ, by up to 5 (the right ones reach 2)")
    others = failing("3 of 8 values differ, by up to 5 (the right ones reach 7)")
    assert ranked(own, {"same": same, "others": others}, WHERE) == ["others"]


def test_what_both_have_right_is_not_asked_again() -> None:
    """Only what failed, or did not run, can tell two mistakes apart."""
    where = frozenset({"q/same_function", "q/training_mode", "q/dropout", "q/right_in_both"})
    blocked = ("q/dropout", "blocked", "", "")
    own = (*failing("3 channels"), blocked)
    other = (*failing("3 channels"), blocked, ("q/training_mode", "blocked", "", ""))
    assert undecided(own, "other", {"other": other}, where) == {
        "q/same_function",
        "q/dropout",
        "q/training_mode",
    }


def test_what_did_not_run_is_asked_where_two_mistakes_fail_alike() -> None:
    """One that alone fails in these words is decided by what compared it; twins are not."""
    where = frozenset({"q/same_function", "q/dropout"})
    own = (*failing("3 channels"), ("q/dropout", "blocked", "", ""))
    assert undecided(own, "one", {"one": own}, where) == {"q/same_function"}
    assert undecided(own, "one", {"one": own, "two": own}, where) == {
        "q/same_function",
        "q/dropout",
    }
    alone = (("q/shape", "failed", "flat", "(1,)"), ("q/same_function", "blocked", "", ""))
    assert undecided(alone, "one", {"one": alone}, where) == {"q/same_function"}


def test_the_same_failures_have_the_same_cause() -> None:
    """By the same words and values, wherever the lines stand."""
    assert explains(MANY, MANY) is True
    raised = failing("ValueError in line 3: no"), failing("ValueError in line 7: no")
    assert explains(*raised) is True


def test_other_values_leave_the_cause_open() -> None:
    """Rounding and style move them, and so does another mistake: the checks have to decide."""
    assert explains(MANY, failing("8 of 8 values differ, by up to 2e-05")) is None
    assert explains(failing("shape (2, 3)"), failing("shape (2, 4)")) is None


def test_who_fails_more_or_otherwise_has_another_cause() -> None:
    """Nothing is explained by a mistake that changes nothing here."""
    assert explains(MANY, failing("another shape")) is False
    assert explains(MANY, failing(MANY[1][3], "the 2nd call differs")) is False
    assert explains(MANY[1:], MANY) is False
    assert explains((), ()) is False
