"""How a mistake gets its name: from its failures alone, or by comparing functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from autograder.build.answers import load_answers
from autograder.config import Assignment
from autograder.expect import load_misconceptions
from autograder.judge import Judge
from autograder.judge.catalogue import CheckInfo
from autograder.judge.reference import oracle
from autograder.judge.session import Ending
from autograder.records import QuestionRecord
from autograder.submission import Submission

FLATTENED = """class Scale(nn.Module):
    def __init__(self, factor=2.0):
        super().__init__()

    def forward(self, x):
        return x.{}().flatten()
"""
"""Fails at its shape, before any value is looked at; ``relu`` is a known mistake."""
WRONG = "checks/misconceptions.py"

Named = Callable[[Assignment, str], tuple[list[tuple[str, str]], int]]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Named:
    """The names of ``code``, with their evidence, and how often it was compared."""
    compared: list[str] = []
    ask = Judge.ask

    def counted(
        judge: Judge, info: CheckInfo, submission: Submission,
        replaced: Mapping[str, str] | None = None,
    ) -> Ending:  # fmt: skip
        if replaced:
            compared.append(info.id)
        return ask(judge, info, submission, replaced)

    monkeypatch.setattr(Judge, "ask", counted)

    def name(assignment: Assignment, code: str) -> tuple[list[tuple[str, str]], int]:
        answers = load_answers(assignment)
        variants = load_misconceptions(assignment.checks, answers.cells)
        with Judge(assignment, answers=answers, variants=variants, hidden=True) as judge:
            record: QuestionRecord = judge.sitting(oracle(answers, {"scale": code})).run("scale")
        told = [(one.misconception, one.evidence) for one in record.diagnoses]
        return told, len(compared)

    return name


@pytest.mark.parametrize("how", ["relu", "abs"])
def test_one_alone_fails_so(tiny: Assignment, named: Named, how: str) -> None:
    """Nothing is compared: a function that fits it not would be named by its words as well."""
    assert named(tiny, FLATTENED.format(how)) == ([("flattened", "same failures")], 0)


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ("sigmoid", [("sigmoid", "same function")]),
        ("relu", [("flattened", "same function")]),
        ("abs", []),  # as three known ones, and none of them
    ],
)
def test_of_several_that_fail_alike_the_function_decides(
    write_tiny: Callable[..., Assignment], files: dict[str, str], named: Named,
    how: str, names: list[tuple[str, str]],
) -> None:  # fmt: skip
    """Words leave three names: comparing finds the right one, or that it is none of them."""
    more = "".join(
        f'    rewrite("scale", "{name}", "Another one.", {FLATTENED.format(name)!r}),\n'
        for name in ("sigmoid", "tanh")
    )
    assignment = write_tiny({WRONG: files[WRONG].rstrip().removesuffix(")") + more + ")\n"})
    told, compared = named(assignment, FLATTENED.format(how))
    assert told == names
    assert compared > 0


def test_values_tell_without_comparing(tiny: Assignment, named: Named) -> None:
    """Who is off by the same numbers in a comparison computes the same."""
    known = load_misconceptions(tiny.checks, load_answers(tiny).cells)
    code = next(variant.code for variant in known if variant.name == "no_rectifier")
    assert named(tiny, code) == ([("no_rectifier", "same function")], 0)
