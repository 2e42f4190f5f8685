"""Public checks of ``assignments/resnet``: blocks that start as identities, gradients, degradation.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect import Unmet, check, close, defined, has_shape, is_tensor, kind_of, numbers
from autograder.expect.blocks import changed_entries, for_each, holding, sample
from autograder.expect.statements import stated
from autograder.submission import ModuleHandle, Submission

# --- 6 zero_init ---------------------------------------------------------------------------------


@check("zero_init", points=0.5, needs=("basic_block/constructs", "bottleneck/constructs"))
def zero_init_in_place(submission: Submission) -> None:
    """`zero_init_residual` works in place and returns `None`."""
    defined(submission, "zero_init_residual", "function")
    for name, args in (("BasicBlock", (4, 4)), ("Bottleneck", (8, 2))):
        block = submission.build(name, *args)
        result = submission.call("zero_init_residual", block)
        if result is not None:
            got = kind_of(result)
            hint = "Leave out the return: the model itself is changed."
            raise Unmet("zero_init_residual returns something", expected="None", got=got, hint=hint)
        block.drop()


@check("zero_init", points=1, needs="in_place")
def zero_init_one_gamma(submission: Submission) -> None:
    """In a block it zeroes one γ, the last of the residual branch, and nothing else."""
    for name, args, width in (("BasicBlock", (4, 6, 2), 6), ("Bottleneck", (8, 4, 2), 16)):
        block = submission.build(name, *args)
        zeroed(submission, block, [width], of=f"{name}{args}")
        silent(block, args, of=f"{name}{args}")
        block.drop()


def silent(block: ModuleHandle, args: tuple[int, ...], *, of: str) -> None:
    """What a strided block gives depends only on the positions that its shortcut sees."""
    x = sample(2, args[0], 8, 6)
    moved = x.clone()
    moved[:, :, 1::2] += 1
    before = is_tensor(block.forward(x), of=f"the output of {of}")
    after = has_shape(block.forward(moved), before.shape, of=f"the output of {of}")
    differ = int((~torch.isclose(after.double(), before.double(), rtol=1e-5, atol=1e-5)).sum())
    if differ:
        raise Unmet(
            f"after zero_init_residual F(x) of {of} still depends on its input",
            expected="an output that depends on positions 0, 2, 4, ... alone, as S(x) does",
            got=f"{differ} of {before.numel()} values change with the other positions",
            hint="γ is the weight, not the bias; and it is the branch's, not the shortcut's.",
        )


@check("zero_init", points=1, needs=("in_place", "resnet50/constructs"))
def zero_init_any_depth(submission: Submission) -> None:
    """In a whole `resnet50` it zeroes one γ in each of the 16 blocks."""
    net = submission.build("resnet50", num_classes=5, width=1)
    zeroed(submission, net, [4] * 3 + [8] * 4 + [16] * 6 + [32] * 3, of="resnet50(width=1)")
    net.drop()


def zeroed(submission: Submission, model: ModuleHandle, widths: Sequence[int], *, of: str) -> None:
    """As many state entries as ``widths`` become zero, of these lengths, and no other changes."""
    state = model.state(values=False)
    values = for_each(state, lambda shape: 2 + sample(*shape) / 9, of=of, buffers=True)
    model.load(values)
    submission.call("zero_init_residual", model)
    after = model.state()
    changed = [after.entries[index] for index in changed_entries(holding(state, values), after)]
    lengths = sorted(entry.value.numel() for entry in changed if entry.value is not None)
    if lengths != sorted(widths):
        raise Unmet(
            f"in {of} it changes something else than the last γ of each block",
            expected=f"{len(widths)} changed, of length {_or(widths)}",
            got=f"{len(lengths)} changed, of length {_or(lengths)}" if lengths else "none changed",
            hint="Only the last batch norm before the addition; model.modules() visits all blocks.",
        )
    for entry in changed:
        if entry.value is None or bool((entry.value != 0).any()) or not entry.requires_grad:
            raise Unmet(
                f"in {of} a γ becomes something else than a trainable zero",
                expected="zeros, with requires_grad=True",
                got=f"requires_grad={entry.requires_grad}, all zero: {not entry.value.any()}"
                if entry.value is not None else "no values",
            )  # fmt: skip


def _or(lengths: Sequence[int]) -> str:
    return " or ".join(str(length) for length in sorted(set(lengths)))


# --- 7 gradient_profile --------------------------------------------------------------------------

PROBE: list[list[Any]] = [
    ["Conv2d", 3, 4, 3, {"padding": 1}], ["BatchNorm2d", 4], ["ReLU"],
    ["Conv2d", 4, 2, 1], ["Tanh"], ["Flatten"], ["Linear", 40, 3],
]  # fmt: skip
"""A net of ours for images of 5×4 pixels and three classes."""


def profile(submission: Submission, net: ModuleHandle, x: Tensor, y: Tensor) -> Tensor:
    """What ``gradient_profile`` returns, if it is a list of numbers."""
    return numbers(submission.call("gradient_profile", net, x, y), of="the profile")


@check("gradient_profile", points=0.5)
def gradient_profile_list(submission: Submission) -> None:
    """It returns one float for each weight with two or more dimensions."""
    defined(submission, "gradient_profile", "function")
    net = submission.probe_net(PROBE, seed=1)
    found = profile(submission, net, sample(6, 3, 5, 4), torch.arange(6) % 3)
    if len(found) != 3:
        raise Unmet(
            "the profile of a net with two convolutions and one linear layer has another length",
            expected="3",
            got=f"{len(found)}",
            hint="Biases and batch norm's γ and β have one dimension: leave them out.",
        )


@check("gradient_profile", points=1, needs="list")
def gradient_profile_values(submission: Submission) -> None:
    """Each is the norm of a gradient of the mean loss, in the mode that the model is in."""
    x, y = sample(6, 3, 5, 4), torch.arange(6) % 3
    for train in (True, False):
        net = submission.probe_net(PROBE, seed=2)
        net.mode(train=train)
        gradients = net.gradients(x, labels=y, train=train)
        weights = [part for part in gradients if part is not None and part.dim() >= 2]
        norms = torch.tensor([float(weight.norm()) for weight in weights])
        close(
            profile(submission, net, x, y), norms, rtol=1e-3, atol=1e-6,
            of=f"the profile in {'training' if train else 'evaluation'} mode",
            hint="Square root of the sum of squares of the gradient of the mean cross-entropy.",
        )  # fmt: skip


@check("gradient_profile", points=1, needs="list")
def gradient_profile_leaves_no_trace(submission: Submission) -> None:
    """A second call gives the same numbers, and the model is as before."""
    x, y = sample(6, 3, 5, 4), torch.arange(6) % 3
    net = submission.probe_net(PROBE, seed=3)
    net.mode(train=False)
    before = net.state()
    first, second = profile(submission, net, x, y), profile(submission, net, x, y)
    if changed_entries(before, net.state()):
        raise Unmet(
            "gradient_profile changes a model that is in evaluation mode",
            expected="parameters and running statistics as before",
            got="other values after the call",
            hint="Measure only: no optimizer step, and no model.train().",
        )
    hint = "backward() adds to the gradients that are there already."
    close(second, first, of="the profile from a second call", rtol=1e-5, atol=1e-8, hint=hint)


# --- 9 degradation -------------------------------------------------------------------------------

OPTIONS = {
    "trains_better_at_38_layers": ("plain", "residual", "no difference"),
    "plain_38_against_plain_8": ("overfits", "fails to train", "as good"),
    "plain_38_gradients_before_training": ("vanish towards the input", "do not vanish"),
}


@check("degradation", points=0.5)
def degradation_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    stated(submission, "conclusion", OPTIONS)
