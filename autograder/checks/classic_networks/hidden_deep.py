"""Hidden checks of ``assignments/classic-networks``: AlexNet, VGG, what replaced their ends.

A check with ``compares=True`` speaks of the oracle alone, never of the reference by itself: the
judge puts known mistakes in the oracle's place to find out which one a submission makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from autograder.checks.classic_networks.hidden_lenet import LIKE_PUBLIC, net_learns
from autograder.expect import (
    Unmet,
    check,
    close,
    has_shape,
    kept_all,
    kept_answers,
    kind_of,
    random_input,
    reference_case,
    same_function,
    same_module,
)
from autograder.submission import ModuleHandle, Submission

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
    theirs, mine = kept_all(oracle, normalised, seed), normalised(submission, seed)
    for (shape, constants), expected, found in zip(NORMS, theirs, mine, strict=True):
        said = ", ".join(f"{name}={value}" for name, value in constants.items())
        close(
            found, expected, of=f"local_response_norm({', '.join(['x', said]) if said else 'x'}) "
            f"for {shape[1]} channels",
            hint="If the checks before this one hold, look at the ends: the first and the last "
            "channels have fewer neighbours.",
        )  # fmt: skip


def normalised(side: Submission, seed: int) -> Iterator[Any]:
    """What ``local_response_norm`` gives for random maps of these shapes."""
    rows = [(20 * random_input(shape, seed + turn),) for turn, (shape, _) in enumerate(NORMS)]
    return side.call_each("local_response_norm", rows, [constants for _, constants in NORMS])


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
    depths = [(depth,) for depth in (11, 13, 16, 19)]
    theirs = kept_answers(oracle, "vgg_config", depths)
    answers = zip(depths, theirs, submission.call_each("vgg_config", depths), strict=True)
    for (depth,), expected, found in answers:
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
                hint="How many convolutions does this row of the table give each block? Channels "
                "double from block to block, but the fifth keeps 512.",
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
