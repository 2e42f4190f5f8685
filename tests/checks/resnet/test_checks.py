"""The checks of ``assignments/resnet``, judged by right and wrong answers to them."""

from __future__ import annotations

import pytest

from autograder.build.answers import Answers
from autograder.judge import Judge
from autograder.records import CheckStatus
from tests.checks.contract import ChecksContract, Sit, failing


class TestContract(ChecksContract):
    """What holds for every assignment."""

    id = "resnet"
    automatic = 54
    of_modules = ("basic_block", "bottleneck", "resnet_cifar", "resnet50", "plain_twin")


def test_nan_earns_nothing_from_values(sit: Sit, answers: Answers) -> None:
    """A block that returns NaN fails with a message that says so."""
    code = answers.cells["basic_block"].replace(
        "return F.relu(residual + self.shortcut(x))",
        "return F.relu(residual + self.shortcut(x)) * float('nan')",
    )
    record = sit({"basic_block": code}).run("basic_block")
    assert "NaN" in failing(record)["output_shape"].observed
    assert record.points == pytest.approx(0.5 + 1.5)  # it constructs, and counts


def test_another_type_is_told(sit: Sit) -> None:
    """A block that returns a tuple is told what a tensor is."""
    code = "class BasicBlock(nn.Module):\n    def __init__(self, a=0, out_channels=0, stride=1):\n"
    code += "        super().__init__()\n    def forward(self, x):\n        return x, x"
    record = sit({"basic_block": code}).run("basic_block")
    assert failing(record)["output_shape"].observed.endswith("is not a tensor")


def test_a_class_that_is_no_module_is_told(sit: Sit) -> None:
    """A class without nn.Module fails at construction."""
    code = "class BasicBlock:\n    def __init__(self, *args, **kwargs):\n        pass"
    record = sit({"basic_block": code}).run("basic_block")
    assert record.points == 0
    assert "nn.Module" in failing(record)["constructs"].observed


def test_hidden_messages_do_not_quote_student_errors(sit: Sit, answers: Answers) -> None:
    """What a student's exception says does not reach the record of a hidden check."""
    code = answers.cells["basic_block"].replace(
        "residual = F.relu(self.bn1(self.conv1(x)))",
        "if x.dtype == torch.float64:\n            raise ValueError(f'told {x.sum()}')\n"
        "        residual = F.relu(self.bn1(self.conv1(x)))",
    )
    record = sit({"basic_block": code}).run("basic_block")
    check = failing(record)["same_function"]
    assert "told" not in check.observed + check.got + check.hint
    assert "ValueError" in check.observed


def test_conv_biases_are_free(sit: Sit, answers: Answers) -> None:
    """Any convolution may keep its bias, as the text promises."""
    code = answers.cells["bottleneck"].replace("3, stride=stride, padding=1, bias=False",
                                               "3, stride=stride, padding=1")  # fmt: skip
    record = sit({"bottleneck": code}).run("bottleneck")
    assert record.points == record.max_points


def test_exceptions_come_with_their_usual_cause(sit: Sit) -> None:
    """An unregistered layer that stays float32 is told as such, not only as a RuntimeError."""
    variant = TestContract.mistake("basic_block", "projection_in_list")
    check = failing(sit(variant.answers({})).run("basic_block"))["known_values"]
    assert "RuntimeError" in check.observed
    assert "plain list" in check.hint


def test_needed_questions(judge: Judge) -> None:
    """A question is judged with those that its checks wait for, and no others."""
    assert judge.needed("plain_twin") == ("plain_twin",)
    assert judge.needed("zero_init") == ("basic_block", "bottleneck", "resnet50", "zero_init")


def test_costs_wait_for_the_function(sit: Sit, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["resnet50"].replace("        nn.ReLU(),\n", "")
    record = sit({"resnet50": code}).run("resnet50")
    cost = next(check for check in record.checks if check.id == "resnet50/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "resnet50/same_function"
