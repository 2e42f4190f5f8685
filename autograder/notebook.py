"""``check("basic_block")`` in the student's notebook: the public checks on what is defined there.

Works wherever Python and torch do; needs neither sandbox nor nbgrader.
"""

from __future__ import annotations

import difflib
import sys
import threading
from collections.abc import Callable
from typing import Any

import torch

from autograder.config import load_assignment
from autograder.judge import Judge
from autograder.records import QuestionRecord
from autograder.report.table import as_html, as_text
from autograder.submission import LocalTransport, Submission


class Result:
    """What ``check`` shows; a rich table where there can be one, text elsewhere."""

    def __init__(self, record: QuestionRecord, more: float) -> None:
        self.record = record
        self.more = more
        """Points of the question that are not checked here."""

    def _repr_html_(self) -> str:
        return as_html(self.record, self.more)

    def __repr__(self) -> str:
        return as_text(self.record, self.more)


def make_check(assignment_id: str) -> Callable[..., None]:
    """The ``check`` function of one assignment. Collects the checks now, so that it is quick later.

    Raises:
        ConfigError, JudgeError: the kit is damaged.
    """
    assignment = load_assignment(assignment_id)
    judge = Judge(assignment)
    questions = [question.id for question in assignment.questions if not question.manual]
    listed = ", ".join(questions)
    # Not a daemon: Python waits for it at its end, instead of ending the process inside torch.
    threading.Thread(target=_first_on_meta, name="check-warm-up").start()

    def check(question: str = "") -> None:
        """Run the public checks of ``question`` on what this notebook defines, show the result."""
        if question not in questions:
            if not question:
                print(f'Which question? check("{questions[0]}"), say; or {listed}.')
                return
            near = difflib.get_close_matches(str(question), questions, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            print(f"There is no question {question!r}.{meant}\nQuestions: {listed}")
            return
        sitting = judge.sitting(Submission(LocalTransport(_namespace())))
        for needed in _needed(judge, question):
            sitting.run(needed)
        found = sitting.run(question)
        _show(Result(found, assignment.question(question).points - found.max_points))

    return check


def _first_on_meta() -> None:
    """What the first network on the meta device would keep a student waiting for: 0.7 s once."""
    norm = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1)).eval()
    norm.to("meta")(torch.empty(1, 1, 1, 1, device="meta"))


def _needed(judge: Judge, question: str) -> list[str]:
    """The questions whose checks those of ``question`` wait for, in order."""
    found: list[str] = []
    for info in judge.of_question(question):
        for need in info.needs:
            other = need.partition("/")[0]
            if other != question and other not in found:
                found += [*(n for n in _needed(judge, other) if n not in found), other]
    return found


def _namespace() -> dict[str, Any]:
    """The names that the notebook (or the script) has defined."""
    shell = _ipython()
    if shell is not None:
        names: dict[str, Any] = shell.user_ns
        return names
    return vars(sys.modules["__main__"])


def _ipython() -> Any:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython() if get_ipython is not None else None


def _show(result: Result) -> None:
    if _ipython() is None:
        print(result)
    else:
        from IPython.display import display

        display(result)
