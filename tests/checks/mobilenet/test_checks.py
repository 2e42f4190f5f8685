"""The checks of ``assignments/mobilenet``, judged by right and wrong answers to them."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

import pytest

from autograder.build.answers import Answers, load_answers, stub
from autograder.build.text import read_text
from autograder.config import Assignment, load_assignment
from autograder.expect import Variant, load_alternatives, load_misconceptions
from autograder.judge import Judge, Sitting, totals
from autograder.records import Blame, CellRole, CheckRecord, CheckStatus, QuestionRecord

Sit = Callable[[Mapping[str, str]], Sitting]
Judged = Callable[[Variant], QuestionRecord]

MOBILENET = load_assignment("mobilenet")
REFERENCE = load_answers(MOBILENET)
WRONG = load_misconceptions(MOBILENET.checks, REFERENCE.cells)
RIGHT = load_alternatives(MOBILENET.checks)
QUESTIONS = [question.id for question in MOBILENET.questions if not question.manual]


def label(variant: Variant) -> str:
    """How a variant is called in the test report."""
    return f"{variant.question}-{variant.name}"


def after_its_needs(sitting: Sitting, judge: Judge, question: str) -> QuestionRecord:
    """The record of a question, those that it builds on judged before."""
    return [sitting.run(needed) for needed in judge.needed(question)][-1]


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
        if first.status is CheckStatus.FAILED:
            assert first.observed.endswith("is not defined"), first
        else:
            assert first.blocked_by, first


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
    if len(set().union(*killed.values()) if killed else set()) < 150:
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
    """Every question has misconceptions and an alternative."""
    wrong = Counter(variant.question for variant in WRONG)
    right = Counter(variant.question for variant in RIGHT)
    assert min(wrong[question] for question in QUESTIONS) >= 5
    assert min(right[question] for question in QUESTIONS) >= 1


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
    tree = ast.parse((MOBILENET.checks / "public.py").read_text(encoding="utf-8"))
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
               "dataclasses", "typing")  # fmt: skip
    assert {name for name in modules if not name.startswith(allowed)} == set()


def test_comparing_checks_cover_each_question(judge: Judge) -> None:
    """Each question has a check against the oracle, so that mistakes can be named."""
    assert {info.question for info in judge.catalogue if info.compares} == set(QUESTIONS)


def failing(record: QuestionRecord) -> dict[str, CheckRecord]:
    """The failed checks of a record by name."""
    return {
        check.id.partition("/")[2]: check
        for check in record.checks
        if check.status is CheckStatus.FAILED
    }


def test_nan_earns_nothing_from_values(sit: Sit, answers: Answers) -> None:
    """A block that returns NaN fails with a message that says so."""
    code = answers.cells["depthwise_separable"].replace(
        "return F.relu(self.bn2(self.pointwise(x)))",
        "return F.relu(self.bn2(self.pointwise(x))) * float('nan')",
    )
    record = sit({"depthwise_separable": code}).run("depthwise_separable")
    assert "NaN" in failing(record)["output_shape"].observed
    assert record.points == pytest.approx(0.5 + 1.5)  # it constructs, and counts


def test_hidden_messages_do_not_quote_student_errors(sit: Sit, answers: Answers) -> None:
    """What a student's exception says does not reach the record of a hidden check."""
    code = answers.cells["inverted_residual"].replace(
        "        change: torch.Tensor",
        "        if x.dtype == torch.float64:\n            raise ValueError(f'told {x.sum()}')\n"
        "        change: torch.Tensor",
    )
    record = sit({"inverted_residual": code}).run("inverted_residual")
    check = failing(record)["same_function"]
    assert "told" not in check.observed + check.got + check.hint
    assert "ValueError" in check.observed


def test_conv_biases_are_free(sit: Sit, answers: Answers) -> None:
    """Any convolution may keep its bias, as the text promises."""
    code = answers.cells["inverted_residual"].replace(
        "groups=hidden_channels, bias=False", "groups=hidden_channels"
    )
    record = sit({"inverted_residual": code}).run("inverted_residual")
    assert record.points == record.max_points


def test_relu6_is_as_right_as_relu_in_the_first_network(sit: Sit, answers: Answers) -> None:
    """The paper says the one, the authors' code the other: both earn everything."""
    blocks = answers.cells["depthwise_separable"].replace("F.relu(", "F.relu6(")
    net = answers.cells["mobilenet_v1"].replace("nn.ReLU()", "nn.ReLU6()")
    sitting = sit({"depthwise_separable": blocks, "mobilenet_v1": net})
    for question in ("depthwise_separable", "mobilenet_v1"):
        record = sitting.run(question)
        assert record.points == record.max_points


def test_own_depthwise_convolution_in_a_block_is_told(sit: Sit, answers: Answers) -> None:
    """The text asks for torch's convolutions in blocks: one by hand is right, but not counted."""
    code = answers.cells["depthwise_separable"].replace(
        "self.depthwise(x)", "depthwise_conv(x, self.depthwise.weight[:, 0], self.stride, 1)"
    ).replace("self.bn1 =", "self.stride = stride\n        self.bn1 =")  # fmt: skip
    record = sit({"depthwise_separable": code}).run("depthwise_separable")
    (check,) = failing(record).values()
    assert check.id == "depthwise_separable/cost"
    assert "A weight of shape (4, 1, 3, 3) takes no part in any convolution" in check.hint


def test_shared_counts_of_the_paper_are_told(sit: Sit, judge: Judge, answers: Answers) -> None:
    """A well-known wrong count comes with what it means."""
    code = answers.cells["mobilenet_v2"].replace("1280 * max(1.0, width_mult)", "1280 * width_mult")
    record = after_its_needs(sit({"mobilenet_v2": code}), judge, "mobilenet_v2")
    check = failing(record)["widths"]
    assert check.got == "1,225,000"
    assert "keeps its 1280" in check.hint


def test_learning_tells_the_reason(sit: Sit) -> None:
    """A network that cannot learn is told why: gradients, not accuracy alone."""
    variant = next(v for v in WRONG if (v.question, v.name) == ("inverted_residual", "no_gradient"))
    failed = failing(sit(variant.answers({})).run("inverted_residual"))
    assert "get no gradient" in failed["gradients"].observed
    assert "get no gradient" in failed["learns"].hint


def test_frozen_cases_are_small(assignment: Assignment) -> None:
    """The arrays in a student's kit stay below half a megabyte."""
    assert (assignment.checks / "frozen.npz").stat().st_size < 500_000


def test_needed_questions(judge: Judge) -> None:
    """A question is judged with those that its checks wait for, and no others."""
    assert judge.needed("tables") == ("tables",)
    assert judge.needed("mobilenet_v1") == ("depthwise_separable", "mobilenet_v1")
    assert judge.needed("mobilenet_v2") == ("inverted_residual", "mobilenet_v2")


def test_costs_wait_for_the_function(sit: Sit, judge: Judge, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["mobilenet_v1"].replace("        nn.ReLU(),\n", "")
    record = after_its_needs(sit({"mobilenet_v1": code}), judge, "mobilenet_v1")
    cost = next(check for check in record.checks if check.id == "mobilenet_v1/layers")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "mobilenet_v1/same_function"
