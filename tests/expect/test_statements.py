"""What a student concludes, checked as a dictionary of listed values."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from autograder.expect import Unmet
from autograder.expect.statements import stated, states_alike
from autograder.submission import LocalTransport, Submission

OPTIONS = {"better": ("one", "two"), "why": ("luck", "skill")}


def concluding(found: Any) -> Submission:
    """A submission whose ``conclusion()`` returns this."""
    return Submission(LocalTransport({"conclusion": lambda: found}))


def test_listed_values_are_accepted() -> None:
    """Keys of the student's own do no harm."""
    stated(concluding({"better": "one", "why": "luck", "note": 3}), "conclusion", OPTIONS)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (None, r"does not return a dictionary; expected a dict; got None"),
        ({"better": "one"}, r"'why' is none of those listed.*got no such key"),
        ({"better": "One", "why": "luck"}, r"'better' is none of.*'one' or 'two'; got 'One'"),
        # Without an address: the record is the same in every run.
        ({"better": nn.Linear(1, 1)}, r"'better' is none of those listed.*got <module 0>"),
    ],
)
def test_what_is_not_listed_is_told(found: Any, says: str) -> None:
    """The message names the key, the values to choose from and what came."""
    with pytest.raises(Unmet, match=says):
        stated(concluding(found), "conclusion", OPTIONS)


def test_other_statement_than_the_oracle() -> None:
    """The message does not tell the right one."""
    mine, theirs = concluding({"better": "one"}), concluding({"better": "two"})
    states_alike(mine, mine, "conclusion", "better", expected="what is seen", hint="Look.")
    with pytest.raises(Unmet) as caught:
        states_alike(mine, theirs, "conclusion", "better", expected="what is seen", hint="Look.")
    assert "is another one than the numbers support" in str(caught.value)
    assert "two" not in str(caught.value)
    assert caught.value.got == "'one'"


def test_no_dictionary_states_nothing() -> None:
    """What is no dictionary agrees with no statement."""
    with pytest.raises(Unmet, match="got None"):
        states_alike(concluding(7), concluding({"better": "two"}), "conclusion", "better",
                     expected="what is seen", hint="")  # fmt: skip
