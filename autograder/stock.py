"""The same checks under stock ``nbgrader autograde``: the score that its check cells return.

Public and hidden checks run in the kernel, beside the student's code and without a sandbox, as
everything does under stock nbgrader. Honest submissions get the scores that boxed grading gives.
"""

from __future__ import annotations

import functools

from autograder.judge import Judge, Sitting
from autograder.notebook import _namespace
from autograder.submission import LocalTransport, Submission


def score(assignment_id: str, question: str) -> float:
    """Points of ``question`` for what this kernel defines. A plain float: nbgrader stores it.

    Sittings are remembered, since checks of a question may need those of an earlier one.
    """
    return float(_sitting(assignment_id).run(question, diagnose=False).points)


@functools.cache
def _sitting(assignment_id: str) -> Sitting:
    from autograder.build.answers import load_answers
    from autograder.build.freeze import ensure_frozen
    from autograder.config import load_assignment

    assignment = load_assignment(assignment_id)
    ensure_frozen(assignment)
    judge = Judge(assignment, answers=load_answers(assignment), hidden=True)
    return judge.sitting(Submission(LocalTransport(_namespace())))
