"""The checks of ``assignments/classic-networks``, judged by right and wrong answers to them."""

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

CLASSIC = load_assignment("classic-networks")
REFERENCE = load_answers(CLASSIC)
WRONG = load_misconceptions(CLASSIC.checks, REFERENCE.cells)
RIGHT = load_alternatives(CLASSIC.checks)
QUESTIONS = [question.id for question in CLASSIC.questions if not question.manual]


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
    assert sum(check.points for check in checks) == 54


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
    if len(set().union(*killed.values()) if killed else set()) < 100:
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
    tree = ast.parse((CLASSIC.checks / "public.py").read_text(encoding="utf-8"))
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


def failures(sit: Sit, question: str, name: str) -> dict[str, CheckRecord]:
    """How a known mistake fails."""
    variant = next(one for one in WRONG if (one.question, one.name) == (question, name))
    return failing(sit(variant.answers({})).run(question, diagnose=False))


def test_every_module_question_has_three_styles() -> None:
    """Bare parameters, nested, and in another order: for each question that asks for a module."""
    for question in ("lenet", "c3", "alexnet", "vgg", "fc_to_conv"):
        mine = [variant for variant in RIGHT if variant.question == question]
        assert len(mine) >= 3
        assert any("nn.Parameter(" in variant.code for variant in mine), question
        assert any("nn.Sequential(" in variant.code for variant in mine), question


def test_frozen_cases_are_small(assignment: Assignment) -> None:
    """The arrays in a student's kit stay below half a megabyte."""
    assert (assignment.checks / "frozen.npz").stat().st_size < 500_000


def test_missing_activations_are_seen_by_adding(sit: Sit) -> None:
    """A LeNet without activations is told to be linear, whatever it learns."""
    found = failures(sit, "lenet", "no_activation")
    assert "is linear" in found["not_linear"].observed
    assert "tanh" in found["not_linear"].hint
    assert "not_linear" not in failures(sit, "lenet", "zero_weights")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("detached", "No gradient reaches any parameter"),
        ("frozen", "9 of 10 parameters are frozen"),
        ("zero_weights", "every image the same scores"),
    ],
)
def test_what_cannot_learn_is_told_why(sit: Sit, name: str, hint: str) -> None:
    """Where the forward pass is right and nothing is learned, the reason is named."""
    found = failures(sit, "lenet", name)
    assert "does not learn" in found["learns"].observed
    assert hint in found["learns"].hint
    assert not {"known_values", "same_function"} & found.keys()


def test_a_mask_applied_once_is_seen(sit: Sit) -> None:
    """The table holds at first, and no longer when the parameters have changed."""
    found = failures(sit, "c3", "masked_once")
    assert set(found) == {"stays_wired"}
    assert "every forward pass" in found["stays_wired"].hint


def test_the_wrong_column_is_shown(sit: Sit) -> None:
    """Which maps an output map reads is said in numbers."""
    found = failures(sit, "c3", "pattern_continued")["table"]
    assert found.observed.startswith("3 of 16 output maps")
    assert found.expected == "output map 12 to read input maps [0, 1, 3, 4]"
    assert found.got == "[0, 1, 2, 3]"


def test_windows_are_told_by_their_channels(sit: Sit) -> None:
    """Which channels count is said; over space is told as such."""
    found = failures(sit, "lrn", "looks_back_only")["window"]
    assert (found.expected, found.got) == ("[0, 1, 2]", "[0]")
    found = failures(sit, "lrn", "over_space_and_channels")["window"]
    assert "a change at one position changes the output at others" in found.observed


def test_dropout_is_seen_in_both_modes(sit: Sit) -> None:
    """Random scores in evaluation mode, and scores that are never random."""
    found = failures(sit, "alexnet", "dropout_never_off")["dropout"]
    assert "random in evaluation mode" in found.observed
    found = failures(sit, "vgg", "no_dropout")["dropout"]
    assert "no dropout that acts in training mode" in found.observed


@pytest.mark.parametrize(
    ("question", "name", "hint"),
    [
        ("alexnet", "one_weird_trick", "torchvision's AlexNet"),
        ("alexnet", "third_convolution_grouped", "it has no groups"),
        ("vgg", "fifth_block_doubled", "512 channels"),
        ("lenet", "both_padded", "have no padding"),
        ("c3", "mask_is_trained", "buffer"),
        ("vgg", "features_frozen", "frozen"),
    ],
)
def test_counts_tell_what_they_mean(sit: Sit, question: str, name: str, hint: str) -> None:
    """A wrong count that has a usual cause comes with it."""
    assert hint in failures(sit, question, name)["parameters"].hint


def test_exceptions_come_with_their_usual_cause(sit: Sit) -> None:
    """Shapes that do not fit are told as such, not only as a RuntimeError."""
    found = failures(sit, "lenet", "batch_of_one")["output_shape"]
    assert "RuntimeError" in found.observed
    assert "batch may have any size" in found.hint
    assert "features" in failures(sit, "vgg", "no_padding")["output_shape"].hint


def test_a_pair_turned_round_is_told(sit: Sit) -> None:
    """The right numbers in the wrong order are recognised."""
    assert "come first" in failures(sit, "arithmetic", "pair_swapped")["costs"].hint


def test_odd_answers_are_told(sit: Sit) -> None:
    """Something of another type is named by its type."""
    record = sit({"vgg": 'def vgg_config(depth):\n    return [64.0, "M"]'}).run("vgg")
    assert failing(record)["configs"].got == "64.0"
    record = sit({"fc_to_conv": "def fc_to_conv(linear, shape):\n    pass"}).run("fc_to_conv")
    assert failing(record)["same_numbers"].got == "None"
    record = sit({"additivity": "def conclusion():\n    return 'yes'"}).run("additivity")
    assert "dictionary" in failing(record)["stated"].observed
    code = "def local_response_norm(x, size=5, alpha=1, beta=1, k=1):\n    return x.float()"
    found = failing(sit({"lrn": code}).run("lrn"))["shape"]
    assert (found.expected, found.got) == ("torch.float64", "torch.float32")


def test_needed_questions(judge: Judge) -> None:
    """Questions do not build on each other's points: a wrong LRN does not cost AlexNet's."""
    assert all(judge.needed(question) == (question,) for question in QUESTIONS)


def test_costs_wait_for_the_function(sit: Sit, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["alexnet"].replace("nn.MaxPool2d", "nn.AvgPool2d")
    record = sit({"alexnet": code}).run("alexnet")
    cost = next(check for check in record.checks if check.id == "alexnet/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by in ("alexnet/same_function", "alexnet/known_values")
