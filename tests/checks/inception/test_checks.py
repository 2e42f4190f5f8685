"""The checks of ``assignments/inception``, judged by right and wrong answers to them."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from autograder.build.answers import Answers, load_answers, stub
from autograder.build.text import read_text
from autograder.config import Assignment, load_assignment
from autograder.expect import Variant, load_alternatives, load_misconceptions
from autograder.judge import Judge, Sitting, totals
from autograder.judge.reference import namespace
from autograder.records import Blame, CellRole, CheckRecord, CheckStatus, QuestionRecord
from solutions.inception import BLOCKS, scaled

Sit = Callable[[Mapping[str, str]], Sitting]
Judged = Callable[[Variant], QuestionRecord]

INCEPTION = load_assignment("inception")
REFERENCE = load_answers(INCEPTION)
WRONG = load_misconceptions(INCEPTION.checks, REFERENCE.cells)
RIGHT = load_alternatives(INCEPTION.checks)
QUESTIONS = [question.id for question in INCEPTION.questions if not question.manual]


def label(variant: Variant) -> str:
    """How a variant is called in the test report."""
    return f"{variant.question}-{variant.name}"


@pytest.fixture(scope="module")
def killed() -> dict[str, set[str]]:
    """Which checks failed for which misconceptions; filled by the tests of these."""
    return defaultdict(set)


def test_reference_scores_full(sit: Sit) -> None:
    """The reference answers pass every check."""
    sitting = sit({})
    checks = [check for question in QUESTIONS for check in sitting.run(question).checks]
    assert [check for check in checks if check.status is not CheckStatus.PASSED] == []
    assert sum(check.points for check in checks) == 55


def test_stub_scores_nothing(sit: Sit, assignment: Assignment) -> None:
    """The untouched notebook earns no point, and is told that it is not implemented yet."""
    cells = {
        cell.question: stub(cell)
        for cell in read_text(assignment)
        if cell.role is CellRole.SOLUTION
    }
    sitting = sit(cells)
    records = [sitting.run(question) for question in QUESTIONS]
    assert sum(record.points for record in records) == 0
    failed = [c for record in records for c in record.checks if c.status is CheckStatus.FAILED]
    assert {check.observed for check in failed} == {"this part is not implemented yet"}


def test_missing_names_are_told(sit: Sit) -> None:
    """Where a cell defines nothing, the first check says which name is missing."""
    sitting = sit(dict.fromkeys(QUESTIONS, "pass"))
    for question in QUESTIONS:
        record = sitting.run(question)
        first = record.checks[0]
        assert record.points == 0
        assert first.observed.endswith("is not defined"), first


@pytest.mark.parametrize("variant", RIGHT, ids=label)
def test_alternative_scores_full(variant: Variant, sit: Sit, judge: Judge) -> None:
    """A correct answer in another style passes every check of every question that it reaches."""
    answers = variant.answers({})
    sitting = sit(answers)
    lost = [
        (check.id, check.status, check.observed, check.got)
        for question in judge.reached(answers)
        if question in QUESTIONS
        for check in sitting.run(question, diagnose=False).checks
        if check.status is not CheckStatus.PASSED
    ]
    assert lost == []


@pytest.mark.parametrize("variant", WRONG, ids=label)
def test_misconception_is_caught_and_named(
    variant: Variant, judged: Judged, killed: dict[str, set[str]]
) -> None:
    """A known mistake loses points in its question and is named, and nothing else is."""
    record = judged(variant)
    failed = [check for check in record.checks if check.status is CheckStatus.FAILED]
    for check in failed:
        killed[check.id].add(variant.name)
    assert record.points < record.max_points
    assert all(check.blame is Blame.SUBMISSION for check in failed)
    assert [named.misconception for named in record.diagnoses] == [variant.name]
    assert record.diagnoses[0].says == variant.says


def test_every_check_kills_a_misconception(judge: Judge, killed: dict[str, set[str]]) -> None:
    """No check is idle: each fails for one known mistake at least."""
    if len(set().union(*killed.values()) if killed else set()) < 50:
        pytest.fail("run the whole file: the tests of the misconceptions fill this table")
    assert [info.id for info in judge.catalogue if not killed[info.id]] == []


def test_points_add_up(judge: Judge, assignment: Assignment) -> None:
    """Each question is worth the sum of its checks, and the notebook's table says the same."""
    expected = {q.id: q.points for q in assignment.questions if not q.manual}
    assert totals(judge.catalogue) == expected
    rows = re.findall(r"^# \| \d+ \| .* \| (\d+) \|$", assignment.text.read_text(), re.MULTILINE)
    assert [float(row) for row in rows] == [q.points for q in assignment.questions]
    assert sum(map(float, rows)) == 60


def test_enough_variants() -> None:
    """Every question has misconceptions and an alternative; those that ask for a module, three."""
    wrong = Counter(variant.question for variant in WRONG)
    right = Counter(variant.question for variant in RIGHT)
    assert min(wrong[question] for question in QUESTIONS) >= 5
    assert min(right[question] for question in QUESTIONS) >= 1
    assert min(right[question] for question in ("mlpconv", "inception", "head", "googlenet")) >= 3


def test_titles_are_sentences(judge: Judge) -> None:
    """What a student reads as a check's title is a claim of one line."""
    for info in judge.catalogue:
        assert info.title[0].isupper() or info.title[0] == "`", info.title
        assert 20 <= len(info.title) <= 100, info.title


@pytest.mark.parametrize("variant", WRONG, ids=label)
def test_sentence_is_readable(variant: Variant) -> None:
    """What names a mistake is one sentence for a student."""
    assert variant.says.endswith((".", ")."))
    assert 30 <= len(variant.says) <= 260
    assert "  " not in variant.says


def test_public_checks_know_no_reference() -> None:
    """Students get public.py: it may import only what is in their kit."""
    tree = ast.parse((INCEPTION.checks / "public.py").read_text(encoding="utf-8"))
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else []
        )
    }  # fmt: skip
    allowed = ("autograder.expect", "autograder.submission", "torch", "collections", "__future__",
               "typing")  # fmt: skip
    assert {name for name in modules if not name.startswith(allowed)} == set()


def test_comparing_checks_cover_each_question(judge: Judge) -> None:
    """Each question has a check against the oracle, so that mistakes can be named."""
    assert {info.question for info in judge.catalogue if info.compares} == set(QUESTIONS)


def test_the_given_table_is_that_of_the_solutions() -> None:
    """The notebook spares the typing: what it gives is what the reference is made of."""
    given = namespace(REFERENCE)
    assert given["BLOCKS"] == BLOCKS
    assert given["scaled"](BLOCKS["4b"], 8) == scaled(BLOCKS["4b"], 8)


def failing(record: QuestionRecord) -> dict[str, CheckRecord]:
    """The failed checks of a record by name."""
    return {
        check.id.partition("/")[2]: check
        for check in record.checks
        if check.status is CheckStatus.FAILED
    }


def wrong(question: str, name: str) -> Variant:
    """A known mistake by name."""
    return next(one for one in WRONG if (one.question, one.name) == (question, name))


def test_windows_are_told(judged: Judged) -> None:
    """A branch in another place or with another kernel is told by what it looks at."""
    check = failing(judged(wrong("inception", "five_is_3x3")))["windows"]
    assert check.got == "1×1 in 2 (1×1), 3×3 in 4 (3×3), 3×3 in 5 (5×5), 3×3 in 6 (pool)"
    check = failing(judged(wrong("inception", "order_swapped")))["windows"]
    assert "5×5 in 4 (3×3)" in check.got


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("zero_weights", "All gradients are zero"),
        ("without_gradient", "No gradient reaches any parameter"),
        ("plain_list", "no registered parameters"),
    ],
)
def test_what_cannot_learn_is_told_why(name: str, hint: str, judged: Judged) -> None:
    """A block whose forward is right and that cannot learn fails with the reason."""
    check = failing(judged(wrong("inception", name)))["learns"]
    assert check.observed == "class_net() does not learn"
    assert hint in check.hint


@pytest.mark.parametrize(
    ("name", "reason"),
    [("reductions_frozen", "are frozen"), ("branch_detached", "get no gradient")],
)
def test_lost_gradients_are_told(name: str, reason: str, judged: Judged) -> None:
    """Frozen and detached parts are told as such."""
    check = failing(judged(wrong("inception", name)))["gradients"]
    assert reason in check.observed


@pytest.mark.parametrize(
    ("question", "name", "got"),
    [
        ("head", "dropout_keeps_70", "some dropped, the others times 1.43"),
        ("head", "dropout_before_hidden", "none dropped there, but elsewhere"),
        ("googlenet", "no_dropout", "none dropped"),
    ],
)
def test_dropout_is_measured(question: str, name: str, got: str, judged: Judged) -> None:
    """What dropout does in front of the last layer is told by its effect."""
    assert failing(judged(wrong(question, name)))["dropout"].got == got


def test_heads_are_placed_by_what_they_depend_on(judged: Judged) -> None:
    """A head on 4b has as many parameters as one on 4a: its gradients tell."""
    record = judged(wrong("googlenet", "head_on_4b"))
    assert list(failing(record)) == ["reach"]
    assert failing(record)["reach"].observed.startswith("the second output")


def test_counts_come_with_their_meaning(judged: Judged) -> None:
    """A wrong count that is known says what it is the count of."""
    record = judged(wrong("cost", "reduction_for_free"))
    assert failing(record)["reduced"].hint == "The 1×1 convolution costs something as well."
    record = judged(wrong("inception", "five_is_3x3"))
    assert failing(record)["parameters"].hint == "A 3×3 stands where the 5×5 belongs."
    record = judged(wrong("loss", "weight_on_main"))
    assert "come first in the tuple" in failing(record)["of_three"].hint


def test_another_type_is_told(sit: Sit) -> None:
    """What is no tensor, no pair or no module is told as what it is."""
    codes = {
        "conv1x1": "def conv1x1_as_linear(x, weight, bias=None):\n    return None",
        "merge": "def merge_1x1(first, second):\n    return 1, 2, 3",
        "mlpconv": "def mlpconv(in_channels, channels, kernel_size, padding=0):\n    return 7",
        "loss": "def googlenet_loss(outputs, y):\n    return 0.5",
    }
    sitting = sit(codes)
    firsts = {q: next(iter(failing(sitting.run(q)).values())) for q in codes}
    assert "is not a tensor" in firsts["conv1x1"].observed
    assert firsts["merge"].got == "3 things"
    assert "not an nn.Module" in firsts["mlpconv"].observed
    assert firsts["loss"].observed.endswith("is a Python number")


def test_nan_earns_nothing_from_values(sit: Sit, answers: Answers) -> None:
    """A block that returns NaN fails with a message that says so."""
    code = answers.cells["inception"].replace("dim=1)", "dim=1) * float('nan')")
    record = sit({"inception": code}).run("inception")
    assert "NaN" in failing(record)["output_shape"].observed
    assert record.points == pytest.approx(0.5 + 1.5)  # it constructs, and counts


def test_hidden_messages_do_not_quote_student_errors(sit: Sit, answers: Answers) -> None:
    """What a student's exception says does not reach the record of a hidden check."""
    code = answers.cells["inception"].replace(
        "        branches = (",
        "        if x.dtype == torch.float64:\n            raise ValueError(f'told {x.sum()}')\n"
        "        branches = (",
    )
    check = failing(sit({"inception": code}).run("inception"))["same_function"]
    assert "told" not in check.observed + check.got + check.hint
    assert "ValueError" in check.observed


def test_frozen_cases_are_small(assignment: Assignment) -> None:
    """The arrays in a student's kit stay below half a megabyte."""
    assert (assignment.checks / "frozen.npz").stat().st_size < 500_000


def test_frozen_cases_are_ignored_by_git() -> None:
    """They are generated, so they are not versioned."""
    ignored = (Path(__file__).parents[3] / ".gitignore").read_text(encoding="utf-8")
    assert "frozen.npz" in ignored


def test_costs_wait_for_the_function(sit: Sit, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["googlenet"].replace("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))")
    record = sit({"googlenet": code}).run("googlenet")
    cost = next(check for check in record.checks if check.id == "googlenet/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "googlenet/same_function"
