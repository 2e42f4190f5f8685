"""The checks of ``assignments/efficientnet``, judged by right and wrong answers to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.build.answers import Answers
from autograder.config import Assignment
from autograder.judge import Judge
from autograder.records import CheckStatus
from tests.checks.contract import ChecksContract, Sit, failing


class TestContract(ChecksContract):
    """What holds for every assignment."""

    id = "efficientnet"
    automatic = 55
    of_modules = ("squeeze_excitation", "mbconv", "network")


def test_nan_earns_nothing_from_values(sit: Sit, answers: Answers) -> None:
    """A block that returns NaN fails with a message that says so."""
    code = answers.cells["mbconv"].replace(
        "return x + self.drop(branch)", "return x + float('nan') * self.drop(branch)"
    )
    record = sit({"mbconv": code}).run("mbconv")
    assert "NaN" in failing(record)["output_shape"].observed
    assert record.points == pytest.approx(0.5 + 1)  # it constructs, and counts


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


def test_needed_questions(judge: Judge) -> None:
    """A question is judged with those that its checks wait for, and no others."""
    assert judge.needed("compound") == ("compound",)
    assert judge.needed("variants") == ("network", "variants")
    assert judge.needed("budget") == ("rounding", "network", "budget")


def test_costs_wait_for_the_function(sit: Sit) -> None:
    """A network of the right cost and another function earns nothing for its cost."""
    variant = TestContract.mistake("network", "maximum_at_the_end")
    record = sit(variant.answers({})).run("network", diagnose=False)
    cost = next(check for check in record.checks if check.id == "network/cost")
    assert cost.status is CheckStatus.BLOCKED
    assert cost.blocked_by == "network/same_function"


@pytest.mark.parametrize(
    ("question", "name", "check", "hint"),
    [
        ("rounding", "tenth_missing", "filters", "83.3% of 19.2"),
        ("rounding", "always_down", "filters", "equally near"),
        ("rounding", "halves_to_even", "edges", "equally near"),
        ("squeeze_excitation", "no_biases", "parameters", "The biases are missing."),
        ("stochastic_depth", "each_value", "examples", "a mask of shape (N, 1, 1, 1)"),
        ("mbconv", "squeeze_of_hidden", "parameters", "A quarter of hidden?"),
        ("mbconv", "not_depthwise", "parameters", "groups=hidden"),
        ("mbconv", "drops_without_shortcut", "drops_the_branch", "nothing would be left"),
        ("network", "stem_unscaled", "parameters", "The stem is scaled, too"),
        ("network", "frozen", "gradients", "for fine-tuning"),
        ("mbconv", "without_gradient", "learns", "get no gradient"),
        ("mbconv", "zero_weights", "learns", "every image the same scores"),
        ("network", "detached_head", "gradients", ".detach()"),
        ("network", "zero_weights", "gradients", "start from random numbers"),
        ("variants", "phi_is_the_number", "parameters", "question 7 with φ = 2"),
        ("budget", "two_for_each", "b0", "a multiply-add is one"),
    ],
)
def test_hints_lead_to_the_mistake(
    judge: Judge, sit: Sit, question: str, name: str, check: str, hint: str
) -> None:
    """Where a number tells what went wrong, the hint says it."""
    sitting = sit(TestContract.mistake(question, name).answers({}))
    records = {one: sitting.run(one, diagnose=False) for one in judge.needed(question)}
    assert hint in failing(records[question])[check].hint


@pytest.mark.parametrize(
    ("question", "style", "old", "new", "mistake"),
    [
        ("stochastic_depth", "bernoulli", "mask.div_(1 - self.p)", "mask", "not_scaled"),
        ("stochastic_depth", "floor", "x / self.survival *", "x *", "not_scaled"),
        ("stochastic_depth", "python", "example / (1 - self.drop_rate)", "example", "not_scaled"),
        (
            "compound",
            "logarithms",
            "math.exp(phi * math.log(base))",
            "1 + (base - 1) * phi",
            "linear_in_phi",
        ),
    ],
)
def test_mistakes_in_another_style_are_named(
    sit: Sit, assignment: Assignment, question: str, style: str, old: str, new: str, mistake: str
) -> None:
    """What is drawn in another way, or returned as a list, fails in other words: no matter."""
    text = (assignment.checks / "alternatives" / f"{question}__{style}.py").read_text("utf-8")
    code = text.replace(old, new)
    assert code != text
    named = sit({question: code}).run(question).diagnoses
    assert [one.misconception for one in named] == [mistake]


GATE_ONLY = "return x * torch.sigmoid(weights)", "return torch.sigmoid(weights).expand_as(x)"
LATER = ("mbconv", "network")


def test_what_follows_from_an_earlier_mistake_is_not_named_again(
    sit: Sit, answers: Answers
) -> None:
    """Blocks and networks of a wrong layer fail, too: they are said to follow from it."""
    code = answers.cells["squeeze_excitation"].replace(*GATE_ONLY)
    sitting = sit({"squeeze_excitation": code})
    first = sitting.run("squeeze_excitation")
    assert [one.misconception for one in first.diagnoses] == ["gate_only"]
    for later in map(sitting.run, LATER):
        assert later.points < later.max_points
        assert (later.follows, later.diagnoses) == ("squeeze_excitation", ())


def test_a_kept_verdict_follows_from_what_is_named_now(sit: Sit, answers: Answers) -> None:
    """After the edit of a check in an earlier question, as in a run in which all is asked."""
    wrong = {"squeeze_excitation": answers.cells["squeeze_excitation"].replace(*GATE_ONLY)}
    fresh = sit(wrong)
    first, later = fresh.run("squeeze_excitation"), fresh.run("mbconv")
    other = sit(wrong)
    assert other.keep(first) == first
    assert other.keep(replace(later, follows="")) == later
    unnamed = sit(wrong)
    unnamed.keep(replace(first, diagnoses=()))
    kept = unnamed.keep(later)
    assert kept.follows == ""
    assert failing(kept).keys() == failing(later).keys()


def test_a_layer_that_drops_otherwise_is_not_called_a_schedule(sit: Sit) -> None:
    """With drops of whole channels it looks as if the network gave its blocks no rate."""
    variant = TestContract.mistake("stochastic_depth", "along_channels")
    sitting = sit(variant.answers({}))
    sitting.run("stochastic_depth")
    network = sitting.run("network")
    assert "drop_rates" in failing(network)
    assert (network.follows, network.diagnoses) == ("stochastic_depth", ())


@pytest.mark.parametrize(
    ("earlier", "own", "named"),
    [
        ("mbconv/rate_is_survival", "network/stem_unscaled", ["stem_unscaled"]),
        # These fail the same checks in the same words; values alone are others.
        ("rounding/always_up", "variants/ten_classes", []),
        ("stochastic_depth/not_scaled", "mbconv/rate_is_survival", []),
        ("squeeze_excitation/hard_sigmoid", "network/maximum_at_the_end", []),
    ],
)
def test_a_mistake_beside_an_earlier_one_does_not_follow(
    judge: Judge, sit: Sit, earlier: str, own: str, named: list[str]
) -> None:
    """Where it cannot be named, for the other one is in the way, it is not explained away."""
    (before, _), (question, _) = (one.split("/") for one in (earlier, own))
    answers = [TestContract.mistake(*one.split("/")).answers({}) for one in (earlier, own)]
    sitting = sit({**answers[0], **answers[1]})
    assert sitting.run(before).diagnoses
    record = [sitting.run(one) for one in judge.needed(question) if one != before][-1]
    assert record.points < record.max_points
    assert record.follows == ""
    assert [one.misconception for one in record.diagnoses] == named


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ("(torch.zeros(2), 1.0, 2)", "a tuple"),
        ("(torch.tensor(1.2), 1.1, 260)", "a tuple"),
        ("[1.2, 1.1, 260, 0.8]", "(1.2, 1.1, 260, 0.8)"),
        ("torch.tensor([1.2, 1.1, 260])", "a tensor of shape (3,)"),
        ("tuple(range(500))", str(tuple(range(500)))[:80]),
        ("True", "True"),
    ],
)
def test_what_is_no_run_is_told(
    judge: Judge, sit: Sit, answers: Answers, given: str, got: str
) -> None:
    """Whatever comes back in place of three numbers, the check does not break over it."""
    code = f"\n\ndef best_under_budget(budget, runs):\n    return {given}\n"
    sitting = sit({"budget": answers.cells["budget"] + code})
    records = [sitting.run(one, diagnose=False) for one in judge.needed("budget")]
    assert failing(records[-1])["best"].got == got
