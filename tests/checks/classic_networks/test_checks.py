"""The checks of ``assignments/classic-networks``, judged by right and wrong answers to them."""

from __future__ import annotations

import pytest

from autograder.build.answers import Answers
from autograder.judge import Judge
from autograder.records import CheckRecord, CheckStatus
from tests.checks.contract import ChecksContract, Sit, failing


class TestContract(ChecksContract):
    """What holds for every assignment."""

    id = "classic-networks"
    automatic = 54
    of_modules = ("lenet", "c3", "alexnet", "vgg", "fc_to_conv")


def failures(sit: Sit, question: str, name: str) -> dict[str, CheckRecord]:
    """How a known mistake fails."""
    variant = TestContract.mistake(question, name)
    return failing(sit(variant.answers({})).run(question, diagnose=False))


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
    assert all(judge.needed(question) == (question,) for question in TestContract.questions)


def test_costs_wait_for_the_function(sit: Sit, answers: Answers) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    code = answers.cells["alexnet"].replace("nn.MaxPool2d", "nn.AvgPool2d")
    record = sit({"alexnet": code}).run("alexnet")
    cost = next(check for check in record.checks if check.id == "alexnet/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by in ("alexnet/same_function", "alexnet/known_values")


def test_hidden_numbers_tell_the_call(sit: Sit, answers: Answers) -> None:
    """Which call gave what is told, and of anything but numbers its kind; never the right one."""
    wrong = TestContract.mistake("arithmetic", "one_bias").answers({})
    check = failing(sit(wrong).run("arithmetic"))["same_costs"]
    said = "conv_cost(5, 7, 3, 11) is another number (without stride and padding)"
    assert (check.observed, check.got) == (said, "(316, 25515)")
    code = answers.cells["receptive_field"].replace("return field", "return str(field)")
    assert (
        failing(sit({"receptive_field": code}).run("receptive_field"))["same_numbers"].got
        == "a str"
    )
