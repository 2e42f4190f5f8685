"""The checks of ``assignments/efficientnet``, judged by right and wrong answers to them."""

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

EFFICIENTNET = load_assignment("efficientnet")
REFERENCE = load_answers(EFFICIENTNET)
WRONG = load_misconceptions(EFFICIENTNET.checks, REFERENCE.cells)
RIGHT = load_alternatives(EFFICIENTNET.checks)
QUESTIONS = [question.id for question in EFFICIENTNET.questions if not question.manual]


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
    tree = ast.parse((EFFICIENTNET.checks / "public.py").read_text(encoding="utf-8"))
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


def variant_named(question: str, name: str) -> Variant:
    """One of the known mistakes."""
    return next(one for one in WRONG if (one.question, one.name) == (question, name))


def test_nan_earns_nothing_from_values(sit: Sit, answers: Answers) -> None:
    """A block that returns NaN fails with a message that says so."""
    code = answers.cells["mbconv"].replace(
        "return x + self.drop(branch)", "return x + float('nan') * self.drop(branch)"
    )
    record = sit({"mbconv": code}).run("mbconv")
    assert "NaN" in failing(record)["output_shape"].observed
    assert record.points == pytest.approx(0.5 + 1.5)  # it constructs, and counts


def test_hidden_messages_do_not_quote_student_errors(sit: Sit, answers: Answers) -> None:
    """What a student's exception says does not reach the record of a hidden check."""
    code = answers.cells["squeeze_excitation"].replace(
        "weights = x.mean((2, 3), keepdim=True)",
        "if x.dtype == torch.float64 and len(x) == 3:\n"
        "            raise ValueError(f'told {x.sum()}')\n"
        "        weights = x.mean((2, 3), keepdim=True)",
    )
    record = sit({"squeeze_excitation": code}).run("squeeze_excitation")
    check = failing(record)["same_function"]
    assert "told" not in check.observed + check.got + check.hint
    assert "ValueError" in check.observed


@pytest.mark.parametrize(
    ("question", "old"),
    [
        ("mbconv", "nn.Conv2d(in_channels, hidden, 1, bias=False)"),
        ("mbconv", "nn.Conv2d(hidden, out_channels, 1, bias=False)"),
        ("network", "nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False)"),
    ],
)
def test_redundant_biases_are_free(sit: Sit, answers: Answers, question: str, old: str) -> None:
    """A convolution in front of batch norm may keep its bias, as the text promises."""
    code = answers.cells[question].replace(old, old.replace(", bias=False", ""))
    assert code != answers.cells[question]
    sitting = sit({question: code})
    for one in ("mbconv", "network", "variants"):
        record = sitting.run(one, diagnose=False)
        assert record.points == record.max_points, failing(record)


def test_rates_of_another_schedule_are_free(sit: Sit, answers: Answers) -> None:
    """The schedule may be i/n or i/(n-1), as the text promises."""
    code = answers.cells["network"].replace("block / blocks", "block / max(1, blocks - 1)")
    assert code != answers.cells["network"]
    record = sit({"network": code}).run("network", diagnose=False)
    assert record.points == record.max_points, failing(record)


def test_rates_are_told_without_a_depthwise_layer(sit: Sit, answers: Answers) -> None:
    """A depthwise convolution that nobody can watch costs nothing for the schedule."""
    old = """            nn.Conv2d(
                hidden, hidden, kernel_size, stride, kernel_size // 2, groups=hidden, bias=False
            ),
"""
    code = answers.cells["mbconv"].replace(old, "            Sums(hidden, kernel_size, stride),\n")
    assert code != answers.cells["mbconv"]
    sums = """class Sums(nn.Module):
    def __init__(self, channels, k, stride):
        super().__init__()
        self.w = nn.Parameter(torch.randn(channels, k * k))
        self.k, self.stride = k, stride

    def forward(self, x):
        n, c, h, w = x.shape
        parts = F.unfold(x, self.k, padding=self.k // 2, stride=self.stride)
        summed = (parts.reshape(n, c, self.k**2, -1) * self.w[:, :, None]).sum(2)
        return summed.reshape(n, c, -(-h // self.stride), -(-w // self.stride))


"""
    record = sit({"mbconv": sums + code}).run("network", diagnose=False)
    assert "drop_rates" not in failing(record)


def test_frozen_cases_are_small(assignment: Assignment) -> None:
    """The arrays in a student's kit stay below half a megabyte."""
    assert (assignment.checks / "frozen.npz").stat().st_size < 500_000


def test_needed_questions(judge: Judge) -> None:
    """A question is judged with those that its checks wait for, and no others."""
    assert judge.needed("compound") == ("compound",)
    assert judge.needed("variants") == ("network", "variants")
    assert judge.needed("budget") == ("rounding", "network", "budget")


def test_costs_wait_for_the_function(sit: Sit) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    variant = variant_named("network", "maximum_at_the_end")
    record = sit(variant.answers({})).run("network", diagnose=False)
    cost = next(check for check in record.checks if check.id == "network/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "network/same_function"


@pytest.mark.parametrize(
    ("question", "name", "check", "hint"),
    [
        ("rounding", "tenth_missing", "filters", "83% of 19.2"),
        ("rounding", "halves_to_even", "edges", "equally near"),
        ("squeeze_excitation", "no_biases", "parameters", "The biases are missing."),
        ("stochastic_depth", "each_value", "examples", "a mask of shape (N, 1, 1, 1)"),
        ("mbconv", "squeeze_of_hidden", "parameters", "A quarter of hidden?"),
        ("mbconv", "not_depthwise", "parameters", "groups=hidden"),
        ("mbconv", "drops_without_shortcut", "drops_the_branch", "nothing would be left"),
        ("network", "stem_unscaled", "parameters", "The stem is scaled, too"),
        ("network", "frozen", "learns", "are frozen"),
        ("network", "detached_head", "learns", "get no gradient"),
        ("network", "zero_weights", "learns", "every image the same scores"),
        ("variants", "phi_is_the_number", "parameters", "question 7 with φ = 2"),
        ("budget", "two_for_each", "b0", "a multiply-add is one"),
    ],
)
def test_hints_lead_to_the_mistake(
    judge: Judge, sit: Sit, question: str, name: str, check: str, hint: str
) -> None:
    """Where a number tells what went wrong, the hint says it."""
    sitting = sit(variant_named(question, name).answers({}))
    records = {one: sitting.run(one, diagnose=False) for one in judge.needed(question)}
    assert hint in failing(records[question])[check].hint
