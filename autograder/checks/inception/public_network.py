"""Public checks of ``assignments/inception``: GoogLeNet, its loss, what was left out.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks.inception.public_blocks import dropped
from autograder.expect import (
    Frozen,
    Unmet,
    check,
    close,
    defined,
    has_shape,
    is_tensor,
    kind_of,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.blocks import sample
from autograder.expect.networks import scores
from autograder.expect.statements import stated
from autograder.submission import Submission

NETWORK = (
    "If your block passes its own checks, go along the table: the stem with its normalisations, "
    "each pooling, which rounds up and has no padding, the average, the linear layer."
)


# --- 7 googlenet ---------------------------------------------------------------------------------

FULL, HEADS = 6_998_552, 6_379_728


FULL_WRONG = {
    7_005_832: "There is batch norm instead of biases: the paper is older than that.",
    7_013_112: "There is batch norm as well as biases: the paper is older than that.",
    6_624_904: "That is the version with batch norm and without any 5×5.",
    5_983_802: "That is GoogLeNet for 10 classes; the default is 1000.",
    FULL - 7_280: "The convolutions' biases are missing.",
    FULL - 4_160: "The 1×1 convolution of the stem is missing.",
    1_149_416: "The blocks are not registered. PyTorch sees no modules in a plain list or dict.",
    FULL + HEADS: "There are auxiliary heads, which nobody asked for: aux=False is the default.",
}


AUX_WRONG = {
    FULL + HEADS + 38_912: "One head is made for 832 channels: does it hang on 4e?",
    FULL: "There are no auxiliary heads.",
    FULL + 3_188_840: "There is one head only, or one object serves as both: 4a and 4d have one.",
    FULL + 2 * 3_188_840: "Both heads are made for 512 channels; 4d has 528.",
    FULL + 2 * 3_190_888: "Both heads are made for 528 channels; 4a has 512.",
}


@check("googlenet", points=0.5)
def googlenet_constructs(submission: Submission) -> None:
    """`googlenet` returns a module, for any number of classes and width, with heads or without."""
    defined(submission, "googlenet", "function")
    submission.shared("googlenet", num_classes=5, width=8)
    submission.shared("googlenet", num_classes=5, aux=True, width=8)


@check("googlenet", points=1, needs="constructs")
def googlenet_output_shape(submission: Submission) -> None:
    """In evaluation mode it gives one score a class, for images of any size."""
    images = [(2, 3, 32, 32), (1, 3, 33, 40)]
    net = submission.shared("googlenet", num_classes=5, width=8)
    scores(net, 5, images, of="googlenet(num_classes=5, width=8)")
    net = submission.shared("googlenet", num_classes=5, aux=True, width=8)
    scores(net, 5, images, of="googlenet(num_classes=5, aux=True, width=8)")


@check("googlenet", points=1.5, needs="constructs")
def googlenet_parameters(submission: Submission) -> None:
    """At full width it has 6,998,552 parameters, and 13,378,280 with its heads."""
    net = submission.shared("googlenet", device="meta")
    parameter_count(net, {FULL: "without heads"}, known_wrong=FULL_WRONG, of="googlenet()")
    net = submission.shared("googlenet", aux=True, device="meta")
    of = "googlenet(aux=True)"
    parameter_count(net, {FULL + HEADS: "with heads"}, known_wrong=AUX_WRONG, of=of)


@check("googlenet", points=1, needs="output_shape")
def googlenet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("googlenet", num_classes=5, width=8)
    of = "googlenet(num_classes=5, width=8) with given weights"
    same_function(net, frozen["googlenet"], of=of, hint=NETWORK)


@check("googlenet", points=1, needs="output_shape")
def googlenet_training_outputs(submission: Submission) -> None:
    """In training mode it returns three times scores with heads, and once without."""
    net = submission.shared("googlenet", num_classes=5, aux=True, width=8)
    found = net.forward(sample(2, 3, 224, 224), train=True)
    of = "googlenet(num_classes=5, aux=True, width=8) in training mode"
    if not isinstance(found, tuple | list) or len(found) != 3:
        got = f"{len(found)} things" if isinstance(found, tuple | list) else kind_of(found)
        hint = "self.training tells the mode: return a tuple in training, one tensor else."
        what = f"{of} does not return three outputs"
        raise Unmet(what, expected="(scores, scores of 4a's head, of 4d's)", got=got, hint=hint)
    for place, output in zip(("first", "second", "third"), found, strict=True):
        has_shape(output, (2, 5), of=f"the {place} output of {of}")
    net = submission.shared("googlenet", num_classes=5, width=8)
    of = "the output of googlenet(num_classes=5, width=8) in training mode"
    hint = "Without heads there is nothing to return beside the network's own scores."
    has_shape(net.forward(sample(2, 3, 32, 40), train=True), (2, 5), of=of, hint=hint)


@check("googlenet", points=0.5, needs="output_shape")
def googlenet_dropout(submission: Submission) -> None:
    """In training mode 40 % of the averaged features are dropped, in evaluation mode none."""
    net = submission.build("googlenet", num_classes=100, width=8)
    dropped(net, sample(2, 3, 32, 40), 100, 0.4, of="googlenet(num_classes=100, width=8)")
    net.drop()


@check("googlenet", points=1, needs=("output_shape", "same_function"))
def googlenet_cost(submission: Submission) -> None:
    """For a 224×224 image it costs 1,582,671,872 multiply-adds, its heads nothing."""
    net = submission.shared("googlenet", aux=True, device="meta")
    macs(
        net, torch.empty(1, 3, 224, 224, device="meta"), 1_582_671_872,
        of="googlenet(aux=True) for a 224×224 image, evaluated,",
        hint="1,591,044,096: the heads run, though nobody uses them. Other numbers: compare "
        "the maps with the table; which pooling or stride is missing?",
    )  # fmt: skip


# --- 8 loss --------------------------------------------------------------------------------------


def losses(submission: Submission, rows: Sequence[tuple[Any, Tensor]]) -> Iterator[Tensor]:
    """What ``googlenet_loss`` returns for outputs and labels, if it is a tensor of one number."""
    for (outputs, _), said in zip(rows, submission.call_each("googlenet_loss", rows), strict=True):
        yield number_in(said, of="three outputs" if isinstance(outputs, tuple) else "one tensor")


def number_in(said: Any, *, of: str) -> Tensor:
    """``said``, if it is a tensor with one number."""
    if isinstance(said, float):
        raise Unmet(
            f"the loss of {of} is a Python number",
            expected="a tensor with one number",
            got=kind_of(said),
            hint="No gradient flows through a Python number: leave out .item() and float().",
        )
    found = is_tensor(said, of=f"the loss of {of}")
    if found.numel() != 1:
        raise Unmet(
            f"the loss of {of} is not one number",
            expected="the mean over the batch",
            got=f"a tensor of shape {tuple(found.shape)}",
            hint="F.cross_entropy averages over the batch unless it is told otherwise.",
        )
    return found.reshape(())


@check("loss", points=0.5)
def loss_of_one(submission: Submission) -> None:
    """For one tensor of scores it is the cross-entropy."""
    defined(submission, "googlenet_loss", "function")
    rows = [
        (sample(n, classes), torch.arange(n) % classes) for n, classes in ((4, 5), (3, 7), (2, 2))
    ]
    for row, found in zip(rows, losses(submission, rows), strict=True):
        close(
            found, F.cross_entropy(*row),
            of="googlenet_loss for one tensor", rtol=1e-5, atol=1e-6,
            hint="Without heads nothing is added. (A tensor of three rows is no tuple of three.)",
        )  # fmt: skip


@check("loss", points=1, needs="of_one")
def loss_of_three(submission: Submission) -> None:
    """For three outputs it is the first one's plus 0.3 times the others'."""
    y = torch.tensor([0, 3, 2, 4])
    outputs = [factor * part for factor, part in zip((1, 2, 3), sample(3, 4, 5), strict=True)]
    main, first, second = (float(F.cross_entropy(part, y)) for part in outputs)
    found = float(next(losses(submission, [(tuple(outputs), y)])))
    hints = {
        main: "The heads are left out.",
        main + first + second: "The heads count 0.3 each.",
        0.3 * (main + first + second): "The network's own loss counts in full.",
        0.3 * main + first + second: "The network's own scores come first in the tuple.",
        main + 0.3 * first: "There are two heads.",
        main + 0.3 * second: "There are two heads.",
        main + 0.15 * (first + second): "0.3 for each head: they are not averaged.",
        (main + 0.3 * first + 0.3 * second) / 3: "The losses are added, not averaged.",
        first + 0.3 * (main + second): "The network's own scores come first in the tuple.",
        second + 0.3 * (main + first): "The network's own scores come first in the tuple.",
    }
    wanted = main + 0.3 * first + 0.3 * second
    if abs(found - wanted) > 1e-4:
        meaning = [said for value, said in hints.items() if abs(found - value) < 1e-4]
        raise Unmet(
            "googlenet_loss of three outputs should be another number",
            expected=f"{wanted:.4f} = {main:.4f} + 0.3 · {first:.4f} + 0.3 · {second:.4f}",
            got=f"{found:.4f}",
            hint=meaning[0] if meaning else "Softmax and logarithm are in F.cross_entropy already.",
        )


# --- 9 ablation ----------------------------------------------------------------------------------

OPTIONS = {
    "best_single_branch": ("1x1", "3x3", "5x5", "pool"),
    "all_four_against_the_best_single": ("better", "as good", "worse"),
    "why_1x1_fails": ("too few channels", "overfitting", "no pixel meets its neighbours"),
}


@check("ablation", points=0.5)
def ablation_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
