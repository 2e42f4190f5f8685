"""What only the grader checks: against the oracle, under fresh weights and inputs; and learning.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

import functools
from typing import Any

import torch

from autograder.expect import (
    Case,
    Recipe,
    Training,
    Unmet,
    check,
    close,
    digits,
    every_parameter_learns,
    has_shape,
    kept,
    numbers,
    random_input,
    reference_case,
    same_function,
    same_module,
)
from autograder.expect.modes import learns_everywhere, trains_alike
from autograder.expect.networks import same_wherever_zeros_stand
from autograder.expect.statements import states_alike
from autograder.submission import Submission

# Each way in which a shortcut can or cannot be the identity.
BASIC = ((4, 4, 1), (4, 6, 1), (5, 5, 2), (4, 6, 2), (6, 4, 1))
BOTTLENECK = ((8, 2, 1), (3, 3, 1), (8, 2, 2), (6, 2, 2))
SHORTCUT = ((5, 8, 2), (4, 4, 2), (3, 6, 1), (4, 4, 1))
LIKE_PUBLIC = (
    "If the check with given weights fails, too, begin there. If that one holds, something is "
    "fixed to its sizes."
)


def blocks_agree(
    submission: Submission, oracle: Submission, name: str, configurations: Any, seed: int
) -> None:
    """Every configuration of a block is the oracle's function on a fresh input."""
    for number, args in enumerate(configurations):
        shape = (2, args[0], 7, 6)
        same_module(
            submission, oracle, name, *args, shape=shape, seed=seed + number, hint=LIKE_PUBLIC
        )


def output_of(oracle: Submission, name: str, args: tuple[int, ...], seed: int) -> torch.Tensor:
    """What a module without parameters returns for a fresh input."""
    module = oracle.build(name, *args)
    shown: torch.Tensor = module.forward(random_input((2, args[0], 7, 8), seed))
    module.drop()
    return shown


# --- blocks --------------------------------------------------------------------------------------


@check("basic_block", points=1.5, needs="output_shape", compares=True)
def basic_block_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights, in every configuration."""
    blocks_agree(submission, oracle, "BasicBlock", BASIC, seed)


@check("basic_block", points=1, needs="known_values", compares=True)
def basic_block_training_mode(submission: Submission, oracle: Submission, seed: int) -> None:
    """In training mode batch norm uses the batch's statistics, and remembers them."""
    trains_alike(submission, oracle, "BasicBlock", (4, 6, 2), seed=seed)


@check("basic_block", points=0.5, needs="known_values")
def basic_block_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    learns_everywhere(submission, "BasicBlock", (4, 6, 2), (2, 6, 3, 2))


@check("bottleneck", points=1.5, needs="output_shape", compares=True)
def bottleneck_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights, in every configuration."""
    blocks_agree(submission, oracle, "Bottleneck", BOTTLENECK, seed)


@check("bottleneck", points=0.5, needs="known_values", compares=True)
def bottleneck_training_mode(submission: Submission, oracle: Submission, seed: int) -> None:
    """In training mode batch norm uses the batch's statistics, and remembers them."""
    trains_alike(submission, oracle, "Bottleneck", (6, 2, 2), seed=seed)


@check("bottleneck", points=0.5, needs="known_values")
def bottleneck_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    learns_everywhere(submission, "Bottleneck", (6, 2, 2), (2, 8, 3, 2))


@check("padded_shortcut", points=1.5, needs="output_shape", compares=True)
def padded_shortcut_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It gives the definition's numbers for fresh inputs, its zeros before or behind."""
    for number, args in enumerate(SHORTCUT):
        x = random_input((2, args[0], 7, 8), seed + number)
        expected = kept(oracle, output_of, "PaddedShortcut", args, seed + number)
        of = f"the output of PaddedShortcut{args}"
        shortcut = submission.build("PaddedShortcut", *args)
        output = has_shape(shortcut.forward(x), tuple(expected.shape), of=of)
        # Zeros may stand elsewhere: the channels may come turned, but not torn apart.
        turns = (torch.roll(output, turn, dims=1) for turn in range(args[1]))
        if not any(torch.equal(turned, expected) for turned in turns):
            close(output, expected, of=of, hint=LIKE_PUBLIC)
            raise Unmet(
                f"{of} is close to the input's values, but not equal",
                expected="values that are copied",
                got="values that are computed",
            )
        shortcut.drop()


# --- networks ------------------------------------------------------------------------------------


@check("resnet_cifar", points=1.5, needs="output_shape", compares=True)
def resnet_cifar_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """With two blocks a stage and fresh weights it is the function of the definition."""
    case = reference_case(oracle, "resnet_cifar", (2, 7), {}, shape=(1, 3, 9, 8), seed=seed)
    net = submission.shared("resnet_cifar", 2, num_classes=7)
    of, hint = "resnet_cifar(2, 7)", "Are a stage's later blocks of stride 1?"
    same_wherever_zeros_stand(net, case, (16, 32, 64), of=of, hint=hint)


@check("resnet_cifar", points=0.5, needs="output_shape")
def resnet_cifar_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net = submission.shared("resnet_cifar", 1)
    x, upstream = random_input((2, 3, 8, 8), 3), random_input((2, 10), 4)
    every_parameter_learns(net, x, upstream, of="resnet_cifar(1)")


# `make calibrate`: over 100 seeds of the reference and of each alternative the best accuracy of a
# run is 0.95 at least (median 1), and the bar is reached after the first of the 6 chunks as a
# rule, the second at most. Convolutions that start with zeros reach 0.28.
TRAININGS = (
    Training(
        "resnet_cifar", (1,), functools.partial(digits, channels=3, held_out=64, classes=4),
        bar=0.7,
        recipe=Recipe(chunks=6, steps=4, batch_size=32, learning_rate=0.1),
        questions=("padded_shortcut", "resnet_cifar"),
        cannot_learn=("zero_weights",),
        batch_statistics=True,
    ),
)  # fmt: skip


@check("resnet_cifar", points=1.5, needs="output_shape")
def resnet_cifar_learns(submission: Submission, seed: int) -> None:
    """`resnet_cifar(1)` learns to read digits."""
    TRAININGS[0].check(submission, seed)


@check("resnet50", points=1.5, needs="output_shape", compares=True)
def resnet50_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights it is the function of the definition."""
    size, hint = {"num_classes": 5, "width": 2}, "Go through the table, from the stem to the head."
    case = reference_case(oracle, "resnet50", (), size, shape=(2, 3, 33, 40), seed=seed, offset=3.0)
    net = submission.shared("resnet50", num_classes=5, width=2)
    same_function(net, case, of="resnet50(num_classes=5, width=2)", hint=hint)


@check("resnet50", points=0.5, needs="output_shape")
def resnet50_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net = submission.shared("resnet50", num_classes=5, width=2)
    x, upstream = random_input((2, 3, 40, 40), 5), random_input((2, 5), 6)
    every_parameter_learns(net, x, upstream, of="resnet50(num_classes=5, width=2)")


@check("plain_twin", points=1.5, needs="output_shape", compares=True)
def plain_twin_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """With two blocks a stage and fresh weights it is the function of the definition."""
    hint = "Is there a shortcut left anywhere, or a ReLU missing?"
    case = reference_case(oracle, "plain_cifar", (2, 7), {}, shape=(1, 3, 9, 8), seed=seed)
    net = submission.shared("plain_cifar", 2, num_classes=7)
    same_function(net, case, of="plain_cifar(2, 7)", hint=hint)


# --- instruments and conclusions -----------------------------------------------------------------


@check(
    "zero_init",
    points=1.5,
    needs=("in_place", "basic_block/same_function", "bottleneck/same_function"),
    compares=True,
)
def zero_init_same_effect(submission: Submission, oracle: Submission, seed: int) -> None:
    """Afterwards each block computes what the definition computes with the same weights."""
    for name, args in (("BasicBlock", (4, 6, 2)), ("Bottleneck", (6, 2, 2))):
        case, afterwards = kept(oracle, silenced, name, args, seed)
        block = submission.build(name, *args)
        same_function(block, case, of=f"{name}{args} before zero_init_residual")
        submission.call("zero_init_residual", block)
        close(
            block.forward(*case.inputs), afterwards,
            of=f"the output of {name}{args} after zero_init_residual",
            hint="ReLU(S(x)), plus what the last batch norm's β adds, is what should be left.",
        )  # fmt: skip
        block.drop()


def silenced(oracle: Submission, name: str, args: tuple[int, ...], seed: int) -> tuple[Case, Any]:
    """A block under fresh weights, and what it returns once ``zero_init_residual`` has seen it."""
    case = reference_case(oracle, name, args, {}, shape=(2, args[0], 7, 6), seed=seed)
    block = oracle.build(name, *args)
    same_function(block, case)
    oracle.call("zero_init_residual", block)
    afterwards = block.forward(*case.inputs)
    block.drop()
    return case, afterwards


NET: list[list[Any]] = [
    ["Conv2d", 2, 5, 3], ["BatchNorm2d", 5], ["ReLU"], ["Conv2d", 5, 4, 3, {"stride": 2}],
    ["BatchNorm2d", 4], ["Tanh"], ["AdaptiveAvgPool2d", 2], ["Flatten"], ["Linear", 16, 6],
]  # fmt: skip


@check("gradient_profile", points=1.5, needs="list", compares=True)
def gradient_profile_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For a fresh network and batch, in both modes and again, the numbers are the definition's."""
    for train in (True, False):
        close(
            profiled_twice(submission, seed, train), kept(oracle, profiled_twice, seed, train),
            rtol=1e-3, atol=1e-6,
            of=f"the profile of a network in {'training' if train else 'evaluation'} mode, twice",
            hint="The mode stays as it is; what .grad held before does not count.",
        )  # fmt: skip


def profiled_twice(side: Submission, seed: int, train: bool) -> torch.Tensor:
    """The profiles of two calls for a network of ours, one behind the other."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randn(5, 2, 9, 8, generator=generator), torch.arange(5)
    net = side.probe_net(NET, seed=seed % 1000)
    net.forward(2 * x + 1, train=True)  # so that running statistics matter
    net.mode(train=train)
    calls = [side.call("gradient_profile", net, x, y) for _ in range(2)]
    net.drop()
    return torch.cat([numbers(call, of="the profile") for call in calls])


def concluded(submission: Submission, oracle: Submission, key: str, look: str) -> None:
    """Both conclude the same from the experiment."""
    shown = "what its printed numbers show"
    states_alike(submission, oracle, "conclusion", key, expected=shown, hint=look)


@check("degradation", points=0.5, needs="stated", compares=True)
def degradation_better(submission: Submission, oracle: Submission) -> None:
    """Which network trains better at 38 layers is stated as the experiment shows it."""
    look = "Compare the training losses of the two 38-layer networks after the last epoch."
    concluded(submission, oracle, "trains_better_at_38_layers", look)


@check("degradation", points=1, needs="stated", compares=True)
def degradation_kind(submission: Submission, oracle: Submission) -> None:
    """What goes wrong in the deep plain network is stated as the experiment shows it."""
    look = "Overfitting means a low training loss. How low is it at 38 layers, how low at 8?"
    concluded(submission, oracle, "plain_38_against_plain_8", look)


@check("degradation", points=1, needs="stated", compares=True)
def degradation_gradients(submission: Submission, oracle: Submission) -> None:
    """What the gradients do before training is stated as the experiment shows it."""
    look = "Read the first and the last number of the profile: which is larger?"
    concluded(submission, oracle, "plain_38_gradients_before_training", look)
