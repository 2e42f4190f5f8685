"""What holds for the checks of every assignment, as tests that each assignment's file inherits.

They stand in a class, not in a file that runs over all assignments, because a file is what
workers share: one of five assignments would keep one worker busy and leave the others waiting.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from autograder.build.answers import load_answers, stub
from autograder.build.text import read_text
from autograder.config import Assignment, load_assignment
from autograder.expect import Variant, load_alternatives, load_misconceptions
from autograder.judge import Judge, Sitting, totals
from autograder.records import Blame, CellRole, CheckRecord, CheckStatus, QuestionRecord

Sit = Callable[[Mapping[str, str]], Sitting]
Judged = Callable[[Variant], QuestionRecord]

IN_A_KIT = ("autograder.expect", "autograder.submission", "torch", "collections", "__future__",
            "dataclasses", "typing")  # fmt: skip
"""What public checks may import: students have no more than that."""


ODD_VALUES = (
    "torch.zeros(2)", "torch.zeros(0)", "(torch.zeros(2), torch.zeros(2), torch.zeros(2))",
    "[torch.zeros(2), 1.0]", "[(torch.zeros(2), 3)] * 4", "{'a': {1: torch.zeros(2)}}",
    "(float('nan'),) * 3", "[None, 'x']", "[[]]", "[torch.nn.Linear(2, 2)] * 3",
)  # fmt: skip
"""Each as Python; tensors of several numbers are neither true nor false where they are compared."""
ODD = """

right_{name}, calls_{name} = {name}, [0]


def {name}(*args, **named):
    import torch

    calls_{name}[0] += 1
    return right_{name}(*args, **named) if calls_{name}[0] <= {right} else {value}
"""
"""A cell's function, which answers some calls as before."""


def label(variant: Variant) -> str:
    """How a variant is called in the test report."""
    return f"{variant.question}-{variant.name}"


def failing(record: QuestionRecord) -> dict[str, CheckRecord]:
    """The failed checks of a record by name."""
    return {
        check.id.partition("/")[2]: check
        for check in record.checks
        if check.status is CheckStatus.FAILED
    }


class ChecksContract:
    """Right answers keep every point, wrong ones lose some and are named, no check is idle."""

    id: ClassVar[str]
    automatic: ClassVar[float]
    """Points that checks give; a reader gives the rest of the 60."""
    of_modules: ClassVar[tuple[str, ...]]
    """Questions that ask for an `nn.Module`: these have alternatives in three styles at least."""

    assignment: ClassVar[Assignment]
    wrong: ClassVar[tuple[Variant, ...]]
    right: ClassVar[tuple[Variant, ...]]
    questions: ClassVar[tuple[str, ...]]
    killed: ClassVar[dict[str, set[str]]]
    """Which checks failed for which mistakes, filled by the tests of these."""

    def __init_subclass__(cls) -> None:
        """Load the variants once, when the file is collected."""
        cls.assignment = load_assignment(cls.id)
        answers = load_answers(cls.assignment).cells
        cls.wrong = tuple(load_misconceptions(cls.assignment.checks, answers))
        cls.right = tuple(load_alternatives(cls.assignment.checks))
        cls.questions = tuple(one.id for one in cls.assignment.questions if not one.manual)
        cls.killed = defaultdict(set)

    @classmethod
    def mistake(cls, question: str, name: str) -> Variant:
        """A known mistake by name."""
        return next(one for one in cls.wrong if (one.question, one.name) == (question, name))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Tests that take a variant run for each of the assignment's."""
        for kind in ("wrong", "right"):
            if kind in metafunc.fixturenames:
                metafunc.parametrize(kind, getattr(self, kind), ids=label)

    def test_reference_scores_full(self, sit: Sit) -> None:
        """The reference answers pass every check."""
        sitting = sit({})
        checks = [check for question in self.questions for check in sitting.run(question).checks]
        assert [check for check in checks if check.status is not CheckStatus.PASSED] == []
        assert sum(check.points for check in checks) == self.automatic

    def test_stub_scores_nothing(self, sit: Sit) -> None:
        """The untouched notebook earns no point, and is told that it is not implemented yet."""
        cells = {
            cell.question: stub(cell)
            for cell in read_text(self.assignment)
            if cell.role is CellRole.SOLUTION
        }
        sitting = sit(cells)
        records = [sitting.run(question) for question in self.questions]
        assert sum(record.points for record in records) == 0
        failed = [check for record in records for check in failing(record).values()]
        assert {check.observed for check in failed} == {"this part is not implemented yet"}

    def test_missing_names_are_told(self, sit: Sit) -> None:
        """Where a cell defines nothing, the first check says which name is missing."""
        sitting = sit(dict.fromkeys(self.questions, "pass"))
        for question in self.questions:
            record = sitting.run(question)
            first = record.checks[0]
            assert record.points == 0
            if first.status is CheckStatus.FAILED:
                assert first.observed.endswith("is not defined"), first
            else:
                assert first.blocked_by, first

    def test_alternative_scores_full(self, right: Variant, sit: Sit, judge: Judge) -> None:
        """A correct answer in another style passes every check of each question it reaches."""
        answers = right.answers({})
        sitting = sit(answers)
        lost = [
            (check.id, check.status, check.observed, check.got)
            for question in judge.reached(answers)
            if question in self.questions
            for check in sitting.run(question, diagnose=False).checks
            if check.status is not CheckStatus.PASSED
        ]
        assert lost == []

    def test_misconception_is_caught_and_named(self, wrong: Variant, judged: Judged) -> None:
        """A known mistake loses points in its question and is named, and nothing else is."""
        record = judged(wrong)
        failed = [check for check in record.checks if check.status is CheckStatus.FAILED]
        for check in failed:
            self.killed[check.id].add(label(wrong))
        assert record.points < record.max_points
        assert all(check.blame is Blame.SUBMISSION for check in failed)
        assert [named.misconception for named in record.diagnoses] == [wrong.name]
        assert record.diagnoses[0].says == wrong.says

    def test_every_check_kills_a_misconception(self, judge: Judge) -> None:
        """No check is idle: each fails for one known mistake at least."""
        if set().union(*self.killed.values()) != set(map(label, self.wrong)):
            pytest.fail("run the whole file: the tests of the misconceptions fill this table")
        assert [info.id for info in judge.catalogue if not self.killed[info.id]] == []

    @pytest.mark.parametrize("value", ODD_VALUES)
    def test_odd_values_break_no_check(self, sit: Sit, judge: Judge, value: str) -> None:
        """From some call on a function returns what nobody asked for: that is a wrong answer.

        A check that breaks is told as our fault, and a person has to grade that submission.
        """
        cells = load_answers(load_assignment(self.id)).cells
        broken = []
        for question, cell in cells.items():
            for name in re.findall(r"^def (\w+)\(", cell, re.MULTILINE):
                for right in (0, 1, 4, 12):
                    code = cell + ODD.format(name=name, right=right, value=value)
                    sitting = sit({question: code})
                    record = [sitting.run(n, diagnose=False) for n in judge.needed(question)][-1]
                    broken += [
                        f"{check.id} after {right} right calls: {check.observed}"
                        for check in record.checks
                        if check.status is CheckStatus.GRADER_ERROR
                    ]
        assert broken == []

    def test_points_add_up(self, judge: Judge) -> None:
        """Each question is worth the sum of its checks, and the notebook's table says the same."""
        questions = self.assignment.questions
        expected = {one.id: one.points for one in questions if not one.manual}
        assert totals(judge.catalogue) == expected
        text = self.assignment.text.read_text(encoding="utf-8")
        rows = re.findall(r"^# \| \d+ \| .* \| (\d+) \|$", text, re.MULTILINE)
        assert [float(row) for row in rows] == [one.points for one in questions]
        assert sum(map(float, rows)) == 60

    def test_enough_variants(self) -> None:
        """Every question has misconceptions and an alternative, one for a module three."""
        wrong = Counter(variant.question for variant in self.wrong)
        right = Counter(variant.question for variant in self.right)
        assert min(wrong[question] for question in self.questions) >= 5
        assert min(right[question] for question in self.questions) >= 1
        assert min(right[question] for question in self.of_modules) >= 3

    def test_modules_are_written_in_three_styles(self) -> None:
        """Bare parameters and nested in Sequential, for each question that asks for a module."""
        for question in self.of_modules:
            code = [variant.code for variant in self.right if variant.question == question]
            assert any("nn.Parameter(" in one for one in code), question
            assert any("nn.Sequential(" in one for one in code), question

    def test_titles_are_sentences(self, judge: Judge) -> None:
        """What a student reads as a check's title is a claim of one line."""
        for info in judge.catalogue:
            assert info.title[0].isupper() or info.title[0] == "`", info.title
            assert 20 <= len(info.title) <= 100, info.title

    def test_sentence_is_readable(self, wrong: Variant) -> None:
        """What names a mistake is one sentence for a student."""
        assert wrong.says.endswith((".", ")."))
        assert 30 <= len(wrong.says) <= 260
        assert "  " not in wrong.says

    def test_public_checks_know_no_reference(self) -> None:
        """Students get these files: they may import only what is in their kit."""
        beside = f"autograder.checks.{self.assignment.package}.public"
        modules = {
            name
            for path in self.assignment.public_checks
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else []
            )
        }  # fmt: skip
        assert {name for name in modules if not name.startswith((*IN_A_KIT, beside))} == set()

    def test_comparing_checks_cover_each_question(self, judge: Judge) -> None:
        """Each question has a check against the oracle, so that mistakes can be named."""
        assert {info.question for info in judge.catalogue if info.compares} == set(self.questions)

    def test_frozen_cases_are_small(self, assignment: Assignment) -> None:
        """The arrays in a student's kit stay below half a megabyte."""
        assert (assignment.checks / "frozen.npz").stat().st_size < 500_000

    def test_frozen_cases_are_ignored_by_git(self) -> None:
        """They are generated, so they are not versioned."""
        ignored = (Path(__file__).parents[2] / ".gitignore").read_text(encoding="utf-8")
        assert "frozen.npz" in ignored
