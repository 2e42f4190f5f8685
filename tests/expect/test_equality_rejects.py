"""Wrong blocks are rejected, with a message that says what differs."""

# ruff: noqa: D102 - the small modules here are described by their class

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.expect import Unmet, same_module
from autograder.submission import LocalTransport, StudentError, Submission
from solutions.resnet import BasicBlock, Bottleneck

ARGUMENTS = [(4, 6, 2), (4, 4, 1), (6, 4, 1), (4, 4, 2)]


def submission(block: object) -> Submission:
    """A submission whose ``Block`` this is."""
    return Submission(LocalTransport({"Block": block}))


def rejection(
    block: object, definition: object = BasicBlock, arguments=ARGUMENTS, train: bool = False
) -> Unmet:
    """What the first configuration that does not agree says.

    Fails if all agree.
    """
    student, oracle = submission(block), submission(definition)
    for n, given in enumerate(arguments):
        shape = (2, given[0], 7, 10)
        try:
            same_module(student, oracle, "Block", *given, shape=shape, seed=n, train=train)
        except Unmet as unmet:
            return unmet
    pytest.fail("accepted in every configuration")


class Reorder(BasicBlock):
    """A correct block in pieces, for small changes."""

    def f(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        return F.relu(self.f(x) + self.shortcut(x))


class ReluBeforeAddition(Reorder):
    def forward(self, x):
        return F.relu(self.f(x)) + self.shortcut(x)


class ReluTwice(Reorder):
    def forward(self, x):
        return F.relu(F.relu(self.f(x)) + self.shortcut(x))


class NoLastRelu(Reorder):
    def forward(self, x):
        return self.f(x) + self.shortcut(x)


class ReluOnShortcut(Reorder):
    def forward(self, x):
        return F.relu(self.f(x) + F.relu(self.shortcut(x)))


class NoShortcut(Reorder):
    def forward(self, x):
        return F.relu(self.f(x))


class ShortcutNotUsed(Reorder):
    def forward(self, x):
        self.shortcut(x)
        return F.relu(self.f(x))


class NoInnerRelu(Reorder):
    def f(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x))))


class NormAfterRelu(Reorder):
    def f(self, x):
        return self.bn2(self.conv2(self.bn1(F.relu(self.conv1(x)))))


class NormBeforeConvolution(Reorder):
    def f(self, x):
        return self.conv2(F.relu(self.bn2(self.conv1(x))))


class NoSecondNorm(Reorder):
    def f(self, x):
        return self.conv2(F.relu(self.bn1(self.conv1(x))))


class SharedNorm(Reorder):
    def f(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class CorruptedShortcut(Reorder):
    def forward(self, x):
        branch = self.bn1(self.conv1(x.relu_()))
        return F.relu(self.bn2(self.conv2(F.relu(branch))) + self.shortcut(x))


class Subtracted(Reorder):
    def forward(self, x):
        return F.relu(self.f(x) - self.shortcut(x))


class Averaged(Reorder):
    def forward(self, x):
        return F.relu((self.f(x) + self.shortcut(x)) / 2)


class Multiplied(Reorder):
    def forward(self, x):
        return F.relu(self.f(x) * self.shortcut(x))


class LeakyRelu(Reorder):
    def forward(self, x):
        return F.leaky_relu(self.f(x) + self.shortcut(x))


class Gelu(Reorder):
    def f(self, x):
        return self.bn2(self.conv2(F.gelu(self.bn1(self.conv1(x)))))


class ShortcutOfBranch(Reorder):
    def forward(self, x):
        inner = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(inner))
        return F.relu(out + (inner if inner.shape[1] != x.shape[1] else self.shortcut(x)))


class Changed(Reorder):
    """A layer replaced after construction."""

    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.change(a, b, stride)


class StrideOnSecond(Changed):
    def change(self, a, b, stride):
        self.conv1.stride, self.conv2.stride = (1, 1), (stride, stride)


class StrideByPooling(Changed):
    def change(self, a, b, stride):
        if stride > 1:
            self.conv1.stride = (1, 1)
            self.bn1 = nn.Sequential(self.bn1, nn.AvgPool2d(stride, ceil_mode=True))


class WideProjection(Changed):
    def change(self, a, b, stride):
        if len(list(self.shortcut.children())):
            self.shortcut[0] = nn.Conv2d(a, b, 3, stride, 1, bias=False)


class BareProjection(Changed):
    def change(self, a, b, stride):
        if len(list(self.shortcut.children())):
            self.shortcut = self.shortcut[0]


class ProjectionAlways(Changed):
    def change(self, a, b, stride):
        self.shortcut = nn.Sequential(
            nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b)
        )  # fmt: skip


class PooledProjection(Changed):
    def change(self, a, b, stride):
        if stride > 1:
            self.shortcut[0].stride = (1, 1)
            self.shortcut.insert(0, nn.AvgPool2d(stride, ceil_mode=True))


class OtherEps(Changed):
    def change(self, a, b, stride):
        self.bn1.eps = 1e-3


class NoAffine(Changed):
    def change(self, a, b, stride):
        self.bn2 = nn.BatchNorm2d(b, affine=False)


class BatchStatisticsAlways(Changed):
    def change(self, a, b, stride):
        self.bn1 = nn.BatchNorm2d(b, track_running_stats=False)


class InstanceNorm(Changed):
    def change(self, a, b, stride):
        self.bn1 = nn.InstanceNorm2d(b, affine=True)


class Reflected(Changed):
    def change(self, a, b, stride):
        self.conv2 = nn.Conv2d(b, b, 3, padding=1, bias=False, padding_mode="reflect")


class Dilated(Changed):
    def change(self, a, b, stride):
        self.conv2.dilation, self.conv2.padding = (2, 2), (2, 2)


class Grouped(Changed):
    def change(self, a, b, stride):
        self.conv2 = nn.Conv2d(b, b, 3, padding=1, groups=2, bias=False)


class OneConvolution(Changed):
    def change(self, a, b, stride):
        self.conv2, self.bn2 = nn.Identity(), nn.Identity()


class SharedConvolution(Changed):
    def change(self, a, b, stride):
        if a == b and stride == 1:
            self.conv2, self.bn2 = self.conv1, self.bn1


class StrayScale(Changed):
    def change(self, a, b, stride):
        self.alpha = nn.Parameter(torch.full((1,), 0.1))

    def f(self, x):
        return self.alpha * super().f(x)


class Dropout(Changed):
    def change(self, a, b, stride):
        self.bn2 = nn.Sequential(self.bn2, nn.Dropout(0.5))


WRONG = [
    ReluBeforeAddition, ReluTwice, NoLastRelu, ReluOnShortcut, NoShortcut, ShortcutNotUsed,
    NoInnerRelu, NormAfterRelu, NormBeforeConvolution, NoSecondNorm, SharedNorm, CorruptedShortcut,
    Subtracted, Averaged, Multiplied, LeakyRelu, Gelu, ShortcutOfBranch, StrideOnSecond,
    StrideByPooling, WideProjection, BareProjection, ProjectionAlways, PooledProjection, OtherEps,
    NoAffine, BatchStatisticsAlways, InstanceNorm, Reflected, Dilated, Grouped, OneConvolution,
    SharedConvolution, StrayScale,
]  # fmt: skip


@pytest.mark.parametrize("block", WRONG, ids=lambda block: block.__name__)
def test_wrong_block(block):
    """At least one configuration tells it from the definition."""
    assert rejection(block).observed


def test_dropout_shows_in_training():
    """What is the same function in evaluation is told apart in training mode."""
    assert "training mode" in rejection(Dropout, train=True).observed


class StrideOnFirst(Bottleneck):
    """The authors' first release."""

    def __init__(self, a, m, stride=1):
        super().__init__(a, m, stride)
        self.conv1.stride, self.conv2.stride = (stride, stride), (1, 1)


class SwappedWidths(nn.Module):
    """The wide layer in the middle."""

    def __init__(self, a, m, stride=1):
        super().__init__()
        wide = 4 * m
        self.body = nn.Sequential(
            nn.Conv2d(a, wide, 1), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, wide, 3, stride, 1), nn.BatchNorm2d(wide),
        )  # fmt: skip

    def forward(self, x):
        return F.relu(self.body(x) + x)


@pytest.mark.parametrize("block", [StrideOnFirst, SwappedWidths], ids=lambda block: block.__name__)
def test_wrong_bottleneck(block):
    """The place of the stride and the widths show."""
    assert rejection(block, Bottleneck, [(8, 2, 1), (8, 2, 2)]).observed


# --- messages ------------------------------------------------------------------------------------


def test_message_of_other_layers():
    """It lists only the layers that do not pair."""
    unmet = rejection(WideProjection)
    assert unmet.observed == (
        "Block(4, 6, 2) on (2, 4, 7, 10) is made of other layers than the definition"
    )
    assert unmet.expected == "3x3 conv 4->6 + batch norm, 1x1 conv or linear 4->6 + batch norm"
    assert unmet.got == "2 x 3x3 conv 4->6 + batch norm"


def test_message_of_a_misplaced_norm():
    """A batch norm behind a ReLU is called what it is."""
    assert (
        "batch norm on something other than a convolution's output" in rejection(NormAfterRelu).got
    )


def test_message_of_other_values():
    """It tells the configuration, how many values and how far, and keeps the check's hint."""
    student, oracle = submission(NoLastRelu), submission(BasicBlock)
    with pytest.raises(Unmet) as caught:
        same_module(student, oracle, "Block", 4, 4, shape=(2, 4, 7, 10), seed=0, hint="Look again.")
    unmet = caught.value
    assert unmet.observed == (
        "the output of Block(4, 4) on (2, 4, 7, 10) has the right shape but other values"
    )
    assert "of 560 values differ, by up to" in unmet.got
    assert unmet.hint == "Look again."


@pytest.mark.parametrize(
    ("block", "words"),
    [(NoAffine, "affine=True"), (BatchStatisticsAlways, "running statistics"),
     (SharedNorm, "share parameters")],
    ids=["affine", "statistics", "shared"],
)  # fmt: skip
def test_hint_names_the_missing_part(block, words):
    """What a layer lacks is said instead of the check's general hint."""
    assert words in rejection(block).hint


class HiddenInList(BasicBlock):
    def __init__(self, a, b, stride=1):
        super().__init__(a, b, stride)
        self.layers = [nn.Conv2d(b, b, 3, padding=1, bias=False).double()]
        del self.conv2

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.layers[0](y)) + self.shortcut(x))


def test_layers_in_a_plain_list():
    """The message says that they are not registered."""
    assert "not registered" in rejection(HiddenInList).hint


class LessBias(nn.Module):
    def __init__(self, bias=False):
        super().__init__()
        self.map = nn.Linear(5, 3, bias=bias)

    def forward(self, x):
        return self.map(x)


def test_missing_bias():
    """A linear layer without its bias is told as such."""
    student, oracle = submission(LessBias), submission(lambda: LessBias(bias=True))
    with pytest.raises(Unmet) as caught:
        same_module(student, oracle, "Block", shape=(4, 5), seed=0)
    assert caught.value.hint == "A layer without batch norm has no bias."


def test_no_tensor_and_nan():
    """A tuple, None or NaN as output is rejected before any number is compared."""
    for output, words in (((1, 2), "a tuple"), (None, "None"), (float("nan"), "not finite")):

        class Odd(Reorder):
            def forward(self, x, output=output):
                right = super().forward(x)
                return right * output if isinstance(output, float) else output

        assert words in rejection(Odd).got


def test_other_dtype():
    """Float32 numbers are not float64 numbers."""

    class Single(Reorder):
        def forward(self, x):
            return super().forward(x).float()

    assert rejection(Single).got == "torch.float32"


def test_other_shape():
    """A wrong shape is told with both shapes."""

    class Flat(Reorder):
        def forward(self, x):
            return super().forward(x).flatten(1)

    unmet = rejection(Flat)
    assert (unmet.expected, unmet.got) == ("(2, 6, 4, 5)", "(2, 120)")


def test_exception_of_the_student():
    """What the student's code raises comes as a StudentError."""

    class Raises(Reorder):
        def forward(self, x):
            raise ValueError("no")

    with pytest.raises(StudentError, match="ValueError: no"):
        same_module(
            submission(Raises), submission(BasicBlock), "Block", 4, 4, shape=(2, 4, 5, 5), seed=0
        )
