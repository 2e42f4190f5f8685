"""What only the grader checks: against the oracle, under fresh weights and inputs; and learning.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.expect import (
    LearnData,
    Recipe,
    Training,
    Unmet,
    check,
    close,
    digits,
    every_parameter_learns,
    has_shape,
    kind_of,
    random_input,
    reference_case,
    same_function,
    same_module,
)
from autograder.expect.affine import kernel_of
from autograder.expect.blocks import for_each
from autograder.submission import ModuleHandle, Submission

LIKE_PUBLIC = (
    "If the check with given weights fails, too, begin there. If that one holds, something is "
    "fixed to its sizes."
)

# --- arithmetic ----------------------------------------------------------------------------------

Calls = Mapping[str, Sequence[tuple[Any, ...]]]

SIZES: Calls = {
    "without stride and padding": [(9, 3), (31, 7), (5, 5)],
    "with padding": [(9, 3, 1, 1), (12, 4, 1, 2), (13, 1, 1, 3)],
    "with a stride": [(11, 3, 2), (19, 5, 7), (56, 2, 2)],
    "with a stride that leaves pixels over": [(10, 3, 2), (20, 5, 4), (33, 8, 3), (23, 2, 3)],
    "with stride and padding": [(10, 3, 2, 1), (33, 7, 2, 3), (17, 5, 3, 2)],
}
COSTS: Calls = {
    "without stride and padding": [(5, 7, 3, 11), (2, 9, 5, 8)],
    "with stride and padding": [(3, 8, 7, 30, 2, 3), (4, 6, 3, 9, 2, 1)],
    "with groups": [(12, 8, 3, 10, 1, 1, 4), (6, 18, 5, 9, 1, 0, 3), (8, 8, 3, 7, 2, 1, 8)],
}
FIELDS: Calls = {
    "without strides": [([(5, 1), (1, 1), (7, 1)],), ([(2, 1)] * 4,)],
    "of one strided layer": [([(4, 3)],), ([(7, 2)],)],
    "with a stride before other layers": [([(2, 3), (3, 1), (5, 1)],), ([(3, 2), (3, 2), (3, 2)],)],
    "of whole networks": [
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)],),
        ([(7, 2), (3, 2), *[(3, 1)] * 3, (3, 2), (3, 1), (2, 2)],),
    ],
}


def numbers_agree(submission: Submission, oracle: Submission, name: str, groups: Calls) -> None:
    """A function of numbers gives the oracle's, of the same type."""
    for kind, calls in groups.items():
        for args in calls:
            expected = oracle.call(name, *args)
            found = submission.call(name, *args)
            if _plain(found) != _plain(expected):
                raise Unmet(
                    f"{name} gives another number, {kind}",
                    expected="what the definition gives",
                    hint="Try it with small numbers of this kind that you can count on paper.",
                )


def _plain(found: Any) -> str:
    """Numbers as they are written: 3 and 3.0 differ, a tuple and a list do not."""
    return repr(list(found) if isinstance(found, tuple) else found)


@check("arithmetic", points=1, compares=True)
def arithmetic_same_sizes(submission: Submission, oracle: Submission) -> None:
    """`conv_output_size` gives the definition's numbers, whatever kernel, stride and padding."""
    numbers_agree(submission, oracle, "conv_output_size", SIZES)


@check("arithmetic", points=1, compares=True)
def arithmetic_same_costs(submission: Submission, oracle: Submission) -> None:
    """`conv_cost` gives the definition's numbers, whatever stride, padding and groups."""
    numbers_agree(submission, oracle, "conv_cost", COSTS)


@check("receptive_field", points=1.5, compares=True)
def receptive_field_same_numbers(submission: Submission, oracle: Submission) -> None:
    """It gives the definition's numbers for other stacks of layers."""
    numbers_agree(submission, oracle, "receptive_field", FIELDS)


# --- lenet ---------------------------------------------------------------------------------------


def net_learns(net: ModuleHandle, x: Tensor, classes: int, *, of: str) -> None:
    """Every parameter of a network gets a gradient."""
    every_parameter_learns(net, x, random_input((len(x), classes), 2), of=of)
    net.drop()


@check("lenet", points=1.5, needs="output_shape", compares=True)
def lenet_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the function of the definition for fresh weights and images."""
    shape = (2, 1, 32, 32)
    same_module(
        submission, oracle, "LeNet5", shape=shape, seed=seed, hint=LIKE_PUBLIC, num_classes=6
    )


@check("lenet", points=0.5, needs="output_shape")
def lenet_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net_learns(submission.build("LeNet5"), random_input((2, 1, 32, 32), 1), 10, of="LeNet5()")


@functools.cache
def large_digits() -> LearnData:
    """Four of the digits, enlarged to 32x32; 500 training images, to send less."""
    small = digits(held_out=64, classes=4, standardized=True)
    x, held_out = (
        F.interpolate(part, size=(32, 32), mode="bilinear", align_corners=False)
        for part in (small.x[:500], small.held_out)
    )
    return replace(small, x=x, y=small.y[:500], held_out=held_out)


# `make calibrate`: over 100 seeds of the reference and of each alternative the best accuracy of a
# run is 0.92 at least (median 0.97), and the bar is reached after 1.6 of the 10 chunks on average,
# 5 at most. Frozen parameters reach 0.55 at most, scores detached from the graph 0.38, zero weights
# 0.28.
# A network whose features alone are detached is not among these: its head learns on what random
# features give, so that only the check of gradients tells.
TRAININGS = (
    Training(
        "LeNet5", (), large_digits, bar=0.65,
        recipe=Recipe(chunks=10, steps=4, batch_size=16, learning_rate=0.05),
        questions=("lenet",),
        cannot_learn=("zero_weights", "detached", "frozen"),
    ),
)  # fmt: skip


@check("lenet", points=1, needs="output_shape")
def lenet_learns(submission: Submission, seed: int) -> None:
    """`LeNet5()` learns to read digits."""
    TRAININGS[0].check(submission, seed)


# --- c3 ------------------------------------------------------------------------------------------


@check("c3", points=1.5, needs="table", compares=True)
def c3_stays_wired(submission: Submission, oracle: Submission, seed: int) -> None:
    """After its parameters have changed it still follows the table, in either mode."""
    x = random_input((2, 6, 9, 8), seed)
    for train in (False, True):
        facts = []
        for side in (oracle, submission):
            c3 = side.build("C3", dtype="float64")
            shaken(c3, seed)
            kernel = kernel_of(c3, 6, 5, out_channels=16, of="C3()", train=train)
            wired = kernel.apply(x)
            output = has_shape(c3.forward(x, train=train), wired.shape, of="the output of C3()")
            rest = output.double() - wired
            facts.append((kernel.wiring, bool(rest.abs().max() < 1e-6), bool(kernel.bias.any())))
            c3.drop()
        (wanted, straight, shifted), (found, still_straight, still_shifted) = facts
        wrong = (found != wanted).any(dim=1)
        if bool(wrong.any()):
            first = int(wrong.nonzero()[0])
            raise Unmet(
                "after its parameters have changed, C3() reads other maps than the table says",
                expected=f"{int(wanted[first].sum())} input maps read by output map {first}",
                got=f"{int(found[first].sum())} (and {int(wrong.sum()) - 1} more maps differ)",
                hint="What training writes into a full weight stays there: what is switched off "
                "has to be switched off in every forward pass.",
            )
        if (straight, shifted) != (still_straight, still_shifted):
            raise Unmet(
                "after its parameters have changed, C3() is no convolution with a bias",
                expected="a convolution with a bias, and nothing more",
                hint="One bias for each output map, no activation, in either mode.",
            )


def shaken(module: ModuleHandle, seed: int) -> None:
    """Fresh random numbers in everything that training changes."""
    state, seeds = module.state(values=False), itertools.count(seed)
    drawn = for_each(state, lambda shape: 1 + random_input(shape, next(seeds)), of="the module")
    module.load({n: value for n, value in drawn.items() if state.entries[n].requires_grad})


@check("c3", points=0.5, needs="output_shape")
def c3_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    c3 = submission.build("C3")
    upstream = random_input((2, 16, 3, 2), 2)
    every_parameter_learns(c3, random_input((2, 6, 7, 6), 1), upstream, of="C3()")
    c3.drop()


# --- lrn -----------------------------------------------------------------------------------------

NORMS: tuple[tuple[tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 7, 4, 5), {}),
    ((1, 9, 3, 3), {"size": 3, "alpha": 0.5, "beta": 0.6, "k": 1.5}),
    ((2, 4, 5, 3), {"size": 7, "alpha": 0.01}),
    ((3, 1, 2, 6), {}),
)


@check("lrn", points=1.5, needs="shape", compares=True)
def lrn_same_numbers(submission: Submission, oracle: Submission, seed: int) -> None:
    """For fresh maps and other constants the numbers are the definition's."""
    for number, (shape, constants) in enumerate(NORMS):
        x = 20 * random_input(shape, seed + number)
        expected = oracle.call("local_response_norm", x, **constants)
        found = submission.call("local_response_norm", x, **constants)
        said = ", ".join(f"{name}={value}" for name, value in constants.items())
        close(
            found, expected, of=f"local_response_norm({', '.join(['x', said]) if said else 'x'}) "
            f"for {shape[1]} channels",
            hint="If the checks before this one hold, look at the ends: the first and the last "
            "channels have fewer neighbours.",
        )  # fmt: skip


# --- alexnet and vgg -----------------------------------------------------------------------------


@check("alexnet", points=2.5, needs="output_shape", compares=True)
def alexnet_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights it is the function of the definition, for one group and two."""
    for groups in (1, 2):
        size, shape = {"num_classes": 3, "width": 6}, (1, 3, 227, 227)
        case = reference_case(
            oracle, "alexnet", (groups,), size, shape=shape, seed=seed, offset=2.0
        )
        net = submission.build("alexnet", groups, num_classes=3, width=6)
        of = f"alexnet({groups}, num_classes=3, width=6)"
        same_function(net, case, of=of, hint=LIKE_PUBLIC)
        net.drop()


@check("alexnet", points=0.5, needs="output_shape")
def alexnet_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net = submission.build("alexnet", 2, num_classes=3, width=6)
    net_learns(net, random_input((1, 3, 227, 227), 1), 3, of="alexnet(2, num_classes=3, width=6)")


@check("vgg", points=1, needs="configs", compares=True)
def vgg_same_configs(submission: Submission, oracle: Submission) -> None:
    """`vgg_config` gives the table's configurations."""
    for depth in (11, 13, 16, 19):
        expected, found = (side.call("vgg_config", depth) for side in (oracle, submission))
        if not isinstance(found, tuple | list):
            what = f"vgg_config({depth}) is no list"
            raise Unmet(what, expected="a list", got=kind_of(found))
        found = [one if isinstance(one, int | float | str) else kind_of(one) for one in found]
        if found != list(expected):
            wrong = [n for n, pair in enumerate(zip(found, expected, strict=False))
                     if pair[0] != pair[1]]  # fmt: skip
            place = wrong[0] if wrong else min(len(found), len(expected))
            raise Unmet(
                f"vgg_config({depth}) is not the table's configuration",
                expected="each block's convolutions, then its pooling, as in the table",
                got=f"a first difference at entry {place} (counted from 0)",
                hint="Channels double from block to block, but the fifth block keeps 512.",
            )


@check("vgg", points=1, needs="output_shape", compares=True)
def vgg_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """Slim and with fresh weights it is the function of the definition."""
    for config, size in (([4, 4, "M", 6, "M"], 28), ([3, 5, 5, 7, "M"], 14)):
        same_module(
            submission, oracle, "make_vgg", config, shape=(2, 3, size, size), seed=seed,
            hint=LIKE_PUBLIC, num_classes=3, hidden=8,
        )  # fmt: skip


@check("vgg", points=0.5, needs="output_shape")
def vgg_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient."""
    net = submission.build("make_vgg", [4, "M", 5, "M"], num_classes=3, hidden=8)
    net_learns(net, random_input((2, 3, 28, 28), 1), 3, of="a make_vgg network")


# --- fc_to_conv ----------------------------------------------------------------------------------


@check("fc_to_conv", points=1, compares=True)
def fc_to_conv_same_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """For other shapes and fresh numbers it is the function of the definition."""
    for number, (shape, height, width) in enumerate([((2, 4, 3), 6, 5), ((5, 1, 2), 3, 2)]):
        outputs = []
        x = random_input((2, shape[0], height, width), seed + number)
        for side in (oracle, submission):
            layer = side.probe_layer("Linear", torch.Size(shape).numel(), 4, seed=seed % 1000)
            conv = side.call("fc_to_conv", layer, shape)
            if not isinstance(conv, ModuleHandle):
                raise Unmet("fc_to_conv does not return a module", expected="an nn.Module")
            outputs.append(conv.forward(x))
        of = f"the output of fc_to_conv(linear, {shape}) for maps of {height}×{width}"
        expected = has_shape(outputs[0], tuple(outputs[0].shape), of=of)
        close(
            outputs[1],
            expected,
            of=of,
            hint="If the public checks hold: which is the kernel's height, which its width?",
        )


# --- conclusions ---------------------------------------------------------------------------------


def conclusion_of(side: Submission, key: str) -> Any:
    """One statement; None when there is none."""
    found = side.call("conclusion")
    return found.get(key) if isinstance(found, dict) else None


def statements_agree(submission: Submission, oracle: Submission, key: str, look: str) -> None:
    """Both state the same."""
    if conclusion_of(submission, key) != conclusion_of(oracle, key):
        raise Unmet(
            f"the statement {key!r} is not what the experiment shows",
            expected="what its printed numbers show",
            got=f"{conclusion_of(submission, key)!r}"[:60],
            hint=look,
        )


@check("additivity", points=1, needs="stated", compares=True)
def additivity_accuracy(submission: Submission, oracle: Submission) -> None:
    """How good the network without activations is, is stated as the experiment shows it."""
    look = "Read the share of new digits in the lines that begin with “without tanh”."
    statements_agree(submission, oracle, "accuracy_without_tanh", look)


@check("additivity", points=0.5, needs="stated", compares=True)
def additivity_gap(submission: Submission, oracle: Submission) -> None:
    """How large its gap is, is stated as the experiment shows it."""
    look = "float32 has about seven digits: what would rounding alone leave, as a share of 1?"
    statements_agree(submission, oracle, "gap_without_tanh", look)


@check("additivity", points=1, needs="stated", compares=True)
def additivity_tells(submission: Submission, oracle: Submission) -> None:
    """Which number tells the two apart is stated as the experiment shows it."""
    look = "Which number is nowhere near the same in the two halves of the output?"
    statements_agree(submission, oracle, "what_tells_them_apart", look)
