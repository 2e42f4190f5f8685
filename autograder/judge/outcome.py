"""From what a check raised to what the student reads."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass

from autograder.expect import Unmet
from autograder.records import Blame, CheckStatus, Visibility
from autograder.submission import (
    BadReply,
    StudentCrash,
    StudentError,
    StudentTimeout,
    SubmissionFault,
)


@dataclass(frozen=True)
class Outcome:
    """Status and words of one check."""

    status: CheckStatus
    observed: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    blame: Blame = Blame.NOBODY


def outcome_of(error: BaseException | None, visibility: Visibility) -> Outcome:
    """What a check's exception means; None means that it passed.

    Of a hidden check no message of a student's exception is passed on: it could carry the hidden
    input out.
    """
    if error is None:
        return Outcome(CheckStatus.PASSED)
    if isinstance(error, Unmet):
        return _failed(error.observed, error.expected, error.got, error.hint)
    if isinstance(error, SubmissionFault):
        return _fault(error, public=visibility is Visibility.PUBLIC)
    lines = traceback.format_exception(error)
    return Outcome(
        CheckStatus.GRADER_ERROR,
        observed=f"the check itself broke: {type(error).__name__}: {error}"[:500],
        got="".join(lines)[-1500:],
        hint="Not your fault, and no points are lost by it: tell your instructor.",
        blame=Blame.GRADER,
    )


def _failed(observed: str, expected: str = "", got: str = "", hint: str = "") -> Outcome:
    return Outcome(CheckStatus.FAILED, observed, expected, got, hint, Blame.SUBMISSION)


CAUSES = (
    (r"(Double|double).*(Float|float)|(Float|float).*(Double|double)",
     "Something stays float32 while the module is float64: a layer in a plain list, or a tensor "
     "that is neither parameter nor buffer."),
    (r"at non-singleton dimension", "Two tensors that are added have different shapes. Dimension 1 "
     "is the channels, 2 and 3 are height and width."),
    (r"to have \d+ channels, but got",
     "A convolution gets another number of channels than it was made for."),
    (r"is invalid for input of size",
     "A reshape to fixed numbers: the batch may have any size, -1 or x.shape[0] leaves it open."),
    (r"Sizes of tensors must match", "Two tensors that are joined have different shapes."),
    (r"missing \d+ required positional|unexpected keyword argument|multiple values for argument",
     "Does the signature have the names and the default values of the text?"),
    (r"Output size is too small", "A window of fixed size does not fit a smaller image."),
    (r"mat1 and mat2 shapes cannot be multiplied|first two dimensions of batch2",
     "Two matrices do not fit. A linear layer gets another number of features than it was made "
     "for (did the size of the image get in?), or the factors of a product are the wrong way "
     "round."),
    (r"NoneType", "Something is None: an argument that is optional, or a function without return."),
)  # fmt: skip
"""What exceptions of torch and Python usually come from, by their message."""


def _usual_cause(error: StudentError) -> str:
    return next((cause for text, cause in CAUSES if re.search(text, error.message)), "")


def _fault(error: SubmissionFault, *, public: bool) -> Outcome:
    if isinstance(error, StudentError):
        where = f" in line {error.line} of its cell" if error.line else ""
        message = f": {error.message}" if public and error.message else ""
        if error.type_name == "NotImplementedError":
            return _failed(
                "this part is not implemented yet",
                expected="your code in place of raise NotImplementedError()",
                got=f"NotImplementedError{where}",
            )
        return _failed(
            f"your code raised {error.type_name}{where}{message}",
            expected="no exception",
            got=error.type_name,
            hint=_usual_cause(error) if public else "If the public checks pass, try other sizes.",
        )
    if isinstance(error, StudentTimeout) and error.seconds == 0:
        return _failed(
            "your submission's time was used up before this check",
            expected="code that answers at once",
            got="too long a run, or several endless ones",
            hint="Find the cell or the check above that took all the time.",
        )
    if isinstance(error, StudentTimeout):
        return _failed(
            f"no answer within {error.seconds:.0f} seconds",
            expected="an answer in well under a second",
            got="none",
            hint="Is there a loop that does not end, or training in a constructor?",
        )
    if isinstance(error, StudentCrash):
        return _failed(
            "the process that runs your code ended during this check",
            expected="that it goes on",
            got=str(error),
            hint="Code that exits, exhausts memory or kills its process cannot be judged.",
        )
    assert isinstance(error, BadReply)
    return _failed(
        "your code gave something that cannot be compared",
        expected="plain numbers, or dense tensors",
        got=str(error),
    )
