"""The checks of ``assignments/mobilenet``, judged by right and wrong answers to them."""

from __future__ import annotations

import pytest

from autograder.build.answers import Answers
from autograder.judge import Judge, Sitting
from autograder.records import CheckStatus, QuestionRecord
from tests.checks.contract import ChecksContract, Sit, failing


class TestContract(ChecksContract):
    """What holds for every assignment."""

    id = "mobilenet"
    automatic = 55
    of_modules = ("depthwise_separable", "mobilenet_v1", "inverted_residual", "mobilenet_v2")


def after_its_needs(sitting: Sitting, judge: Judge, question: str) -> QuestionRecord:
    """The record of a question, those that it builds on judged before."""
    return [sitting.run(needed) for needed in judge.needed(question)][-1]


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
    variant = TestContract.mistake("inverted_residual", "no_gradient")
    failed = failing(sit(variant.answers({})).run("inverted_residual"))
    assert "get no gradient" in failed["gradients"].observed
    assert "get no gradient" in failed["learns"].hint


def test_a_scale_may_start_at_zero(sit: Sit, answers: Answers) -> None:
    """How a block starts is free: one that starts at zero does not show what comes last."""
    last = "nn.BatchNorm2d(out_channels),\n        )\n"
    code = answers.cells["inverted_residual"]
    assert code.count(last) == 1
    code = code.replace(last, f"{last}        nn.init.zeros_(self.project[-1].weight)\n")
    record = sit({"inverted_residual": code}).run("inverted_residual")
    assert failing(record).keys() == {"learns"}  # a chain of blocks that all give zero does not


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("int(value + divisor / 2)", "int(value)", "is the smaller of two that are equally near"),
        ("rounded < 0.9 * value", "False", "loses more than a tenth"),
        ("rounded < 0.9 * value", "rounded < 0.95 * value", "is not the nearest multiple"),
    ],
)
def test_roundings_are_told_by_what_is_wrong(
    sit: Sit, answers: Answers, old: str, new: str, said: str
) -> None:
    """What is said of another multiple is true of it."""
    code = answers.cells["make_divisible"]
    assert old in code
    record = sit({"make_divisible": code.replace(old, new)}).run("make_divisible")
    assert failing(record)["near"].observed.endswith(said)


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
