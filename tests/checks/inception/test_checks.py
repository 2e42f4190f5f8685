"""The checks of ``assignments/inception``, judged by right and wrong answers to them."""

from __future__ import annotations

import pytest

from autograder.build.answers import Answers
from autograder.config import Assignment
from autograder.judge.reference import namespace
from autograder.records import CheckStatus
from solutions.inception import BLOCKS, scaled
from tests.checks.contract import ChecksContract, Judged, Sit, failing


class TestContract(ChecksContract):
    """What holds for every assignment."""

    id = "inception"
    automatic = 55
    of_modules = ("mlpconv", "inception", "head", "googlenet")


def test_the_given_table_is_that_of_the_solutions(answers: Answers) -> None:
    """The notebook spares the typing: what it gives is what the reference is made of."""
    given = namespace(answers)
    assert given["BLOCKS"] == BLOCKS
    assert given["scaled"](BLOCKS["4b"], 8) == scaled(BLOCKS["4b"], 8)


def test_windows_are_told(judged: Judged) -> None:
    """A branch in another place or with another kernel is told by what it looks at."""
    check = failing(judged(TestContract.mistake("inception", "five_is_3x3")))["windows"]
    assert check.got == "1×1 in 2 (1×1), 3×3 in 4 (3×3), 3×3 in 5 (5×5), 3×3 in 6 (pool)"
    check = failing(judged(TestContract.mistake("inception", "order_swapped")))["windows"]
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
    check = failing(judged(TestContract.mistake("inception", name)))["learns"]
    assert check.observed == "class_net() does not learn"
    assert hint in check.hint


@pytest.mark.parametrize(
    ("name", "reason"),
    [("reductions_frozen", "are frozen"), ("branch_detached", "get no gradient")],
)
def test_lost_gradients_are_told(name: str, reason: str, judged: Judged) -> None:
    """Frozen and detached parts are told as such."""
    check = failing(judged(TestContract.mistake("inception", name)))["gradients"]
    assert reason in check.observed


@pytest.mark.parametrize(
    ("question", "name", "got"),
    [
        ("head", "dropout_keeps_70", "about 30% dropped, the others times 1.43"),
        ("head", "dropout_before_hidden", "none dropped there, but elsewhere"),
        ("googlenet", "no_dropout", "none dropped"),
    ],
)
def test_dropout_is_measured(question: str, name: str, got: str, judged: Judged) -> None:
    """What dropout does in front of the last layer is told by its effect."""
    assert failing(judged(TestContract.mistake(question, name)))["dropout"].got == got


def test_dropout_without_scale_is_measured(sit: Sit, answers: Answers) -> None:
    """Where the others are not scaled up, their factor does not say how many are lost."""
    kept = "nn.Sequential(nn.Dropout(0.7), Scaled())"
    code = "class Scaled(nn.Module):\n    def forward(self, x):\n"
    code += "        return x * (0.3 if self.training else 1.0)\n\n\n"
    code += answers.cells["head"].replace("nn.Dropout(0.7)", kept)
    check = failing(sit({"head": code}).run("head"))["dropout"]
    assert check.got == "some dropped, the others times 1.00"


@pytest.mark.parametrize(
    "call",
    [
        "F.conv3d(x[:, :, None], weight[:, :, None], bias)[:, :, 0]",
        "F.conv_transpose2d(x, weight.transpose(0, 1), bias)",
        "torch.convolution(x, weight, bias, (1, 1), (0, 0), (1, 1), False, (0, 0), 1)",
    ],
)
def test_other_convolutions_are_convolutions(call: str, sit: Sit) -> None:
    """Without any convolution means without those of other dimensions as well."""
    code = f"def conv1x1_as_linear(x, weight, bias=None):\n    return {call}"
    record = sit({"conv1x1": code}).run("conv1x1")
    assert list(failing(record)) == ["no_convolution"]
    assert failing(record)["no_convolution"].got == "a call of another convolution"
    assert [one.misconception for one in record.diagnoses] == ["calls_another_convolution"]


def test_heads_are_placed_by_what_they_depend_on(judged: Judged) -> None:
    """A head on 4b has as many parameters as one on 4a: its gradients tell."""
    record = judged(TestContract.mistake("googlenet", "head_on_4b"))
    assert list(failing(record)) == ["reach"]
    assert failing(record)["reach"].observed.startswith("the second output")


def test_counts_come_with_their_meaning(judged: Judged) -> None:
    """A wrong count that is known says what it is the count of."""
    record = judged(TestContract.mistake("cost", "reduction_for_free"))
    assert failing(record)["reduced"].hint == "The 1×1 convolution costs something as well."
    record = judged(TestContract.mistake("inception", "five_is_3x3"))
    assert failing(record)["parameters"].hint == "A 3×3 stands where the 5×5 belongs."
    record = judged(TestContract.mistake("loss", "weight_on_main"))
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


def test_costs_wait_for_the_function(sit: Sit, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["googlenet"].replace("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))")
    record = sit({"googlenet": code}).run("googlenet")
    cost = next(check for check in record.checks if check.id == "googlenet/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "googlenet/same_function"


def test_a_mistake_with_branches_in_another_order_is_named(
    sit: Sit, assignment: Assignment
) -> None:
    """Layers are listed in the order in which they work: that is style."""
    code = (assignment.checks / "alternatives" / "inception__functional.py").read_text("utf-8")
    for reduced in "35":
        code = code.replace(f'self.mix(x, "reduce{reduced}")', "x")
        code = code.replace(f'            "reduce{reduced}": (r{reduced}, in_channels),\n', "")
        code = code.replace(f"(n{reduced}, r{reduced},", f"(n{reduced}, in_channels,")
    assert "reduce" not in code
    named = sit({"inception": code}).run("inception").diagnoses
    assert [one.misconception for one in named] == ["no_reductions"]
