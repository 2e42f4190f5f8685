"""What students can check at home: properties, closed formulas, and frozen cases of the reference."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from autograder.expect import (
    Case,
    Unmet,
    check,
    close,
    defined,
    every_parameter_learns,
    has_shape,
    kind_of,
    macs,
    number,
    parameter_count,
    random_input,
    same_function,
)
from autograder.submission import LocalTransport, ModuleHandle, Submission

# (in_channels, out_channels, stride): every way in which a shortcut can or cannot be the identity
BLOCKS = ((4, 4, 1), (4, 6, 2), (6, 4, 1), (4, 4, 2))
# (in_channels, bottleneck_channels, stride); 8 -> 4 * 2 keeps the shape
BOTTLENECKS = ((8, 2, 1), (8, 3, 2), (3, 3, 1), (8, 2, 2))
IMAGES = ((2, 8, 10), (1, 7, 9), (3, 5, 4))  # batch, height, width: odd, not square, batch of one


def half(size: int, stride: int) -> int:
    """Height or width after a stride, rounded up."""
    return math.ceil(size / stride)


def weights(handle: ModuleHandle, of: str, expected: Mapping[tuple[int, ...], int]) -> None:
    """The weights of convolutions and linear layers have just these shapes, so many times."""
    entries = handle.state(values=False).parameters
    shapes = [entry.shape for entry in entries if len(entry.shape) >= 2]
    found = Counter(shape[:2] if shape[2:] == (1, 1) else shape for shape in shapes)
    if found != Counter(expected):
        wrong = {shape: n for shape, n in found.items() if expected.get(shape) != n}
        lacking = {shape: n for shape, n in expected.items() if found.get(shape) != n}
        raise Unmet(
            f"the weights of {of} have other shapes, although their numbers add up",
            expected=", ".join(f"{n} of shape {shape}" for shape, n in lacking.items()) or "none",
            got=", ".join(f"{n} of shape {shape}" for shape, n in wrong.items()) or "none",
        )


# --- 1 basic_block ---------------------------------------------------------------------------


def block_parameters(in_channels: int, out_channels: int, stride: int) -> tuple[int, int]:
    """Parameters of a basic block without, and conv biases that may come on top."""
    count = 9 * out_channels * (in_channels + out_channels) + 4 * out_channels
    biases = 2 * out_channels
    if stride != 1 or in_channels != out_channels:
        count += in_channels * out_channels + 2 * out_channels
        biases += out_channels
    return count, biases


@check("basic_block", points=1)
def constructs(submission: Submission) -> None:
    """BasicBlock is defined and can be made with and without a stride"""
    defined(submission, "BasicBlock")
    for arguments in BLOCKS:
        submission.build("BasicBlock", *arguments).drop()
    submission.build("BasicBlock", 4, 4).drop()


@check("basic_block", points=1, needs="constructs")
def shapes(submission: Submission) -> None:
    """The output has the right shape for every stride, size and batch"""
    for in_channels, out_channels, stride in BLOCKS:
        block = submission.build("BasicBlock", in_channels, out_channels, stride)
        for batch, height, width in IMAGES:
            x = torch.zeros(batch, in_channels, height, width)
            has_shape(
                block.forward(x),
                (batch, out_channels, half(height, stride), half(width, stride)),
                of=f"BasicBlock({in_channels}, {out_channels}, {stride}) of {tuple(x.shape)}",
                hint="The stride belongs to the first convolution and to the projection; "
                "3x3 convolutions have padding 1.",
            )
        block.drop()


@check("basic_block", points=1, needs="constructs")
def parameters(submission: Submission) -> None:
    """It has the parameters of its layers, and a projection only where it needs one"""
    for in_channels, out_channels, stride in BLOCKS:
        of = f"BasicBlock({in_channels}, {out_channels}, {stride})"
        count, biases = block_parameters(in_channels, out_channels, stride)
        projected = stride != 1 or in_channels != out_channels
        accepted = {count: "without conv biases", count + biases: "with conv biases"}
        accepted |= {count + biases - out_channels: "with biases in the 3x3 convolutions"}
        accepted |= {count + out_channels: "with one bias"} if not projected else {}
        accepted |= {count + out_channels: "with a bias in the projection"} if projected else {}
        known = {
            count + in_channels * out_channels + 2 * out_channels: "A projection where the "
            "identity would do: shapes already agree here.",
            count - in_channels * out_channels - 2 * out_channels: "The projection is missing.",
            count - 2 * out_channels: "The projection has no batch norm.",
        }
        block = submission.build("BasicBlock", *(in_channels, out_channels, stride))
        parameter_count(block, accepted, known_wrong=known, of=of)
        first, second = (out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)
        shapes = Counter([first, second])
        weights(block, of, shapes + Counter([(out_channels, in_channels)] if projected else []))
        block.drop()


@check("basic_block", points=1, needs="shapes")
def leaves_input(submission: Submission) -> None:
    """Equal inputs give equal outputs: nothing is corrupted in place on the way"""
    block = submission.build("BasicBlock", 4, 4, dtype="float64")
    x = random_input((2, 4, 6, 5), seed=3)
    silence_residual(block)
    out = has_shape(block.forward(x), (2, 4, 6, 5), of="the output")
    close(
        out,
        x.clamp(min=0),
        of="with a residual branch of zero, the output",
        hint="With every convolution and batch norm set to zero, what is left is "
        "ReLU(shortcut(x)), and the shortcut must be x itself, unchanged.",
    )


def silence_residual(block: ModuleHandle) -> None:
    """Set every parameter to zero: a block without projection is then ReLU(x)."""
    state = block.state(values=False)
    count = len(state.parameters)
    zeros = {n: torch.zeros(state.entries[n].shape, dtype=torch.float64) for n in range(count)}
    block.load(zeros)


@check("basic_block", points=1, needs="parameters")
def gradients(submission: Submission) -> None:
    """Every parameter gets a gradient"""
    block = submission.build("BasicBlock", 4, 6, 2)
    every_parameter_learns(
        block, torch.randn(2, 4, 8, 10), torch.randn(2, 6, 4, 5), of="BasicBlock(4, 6, 2)"
    )


@check("basic_block", points=2, needs=("shapes", "parameters"))
def values(submission: Submission, frozen: Mapping[str, Case]) -> None:
    """Given the same weights, it computes what the definition says"""
    for in_channels, out_channels, stride in ((4, 4, 1), (4, 6, 2)):
        block = submission.build("BasicBlock", in_channels, out_channels, stride, dtype="float64")
        same_function(
            block,
            frozen[f"basic_block_{in_channels}_{out_channels}_{stride}"],
            of=f"BasicBlock({in_channels}, {out_channels}, {stride})",
            hint="Follow the formula y = ReLU(F(x) + S(x)) layer by layer: where are the ReLUs, "
            "and what comes before each?",
        )
        block.drop()


# --- 2 bottleneck ----------------------------------------------------------------------------


@check("bottleneck", points=1)
def bottleneck_constructs(submission: Submission) -> None:
    """Bottleneck is defined and can be made with and without a stride"""
    defined(submission, "Bottleneck")
    for arguments in BOTTLENECKS:
        submission.build("Bottleneck", *arguments).drop()
    submission.build("Bottleneck", 8, 2).drop()


@check("bottleneck", points=1, needs="bottleneck_constructs")
def bottleneck_shapes(submission: Submission) -> None:
    """The output has four times the bottleneck channels, and the right size"""
    for in_channels, narrow, stride in BOTTLENECKS:
        block = submission.build("Bottleneck", in_channels, narrow, stride)
        for batch, height, width in IMAGES:
            x = torch.zeros(batch, in_channels, height, width)
            has_shape(
                block.forward(x),
                (batch, 4 * narrow, half(height, stride), half(width, stride)),
                of=f"Bottleneck({in_channels}, {narrow}, {stride}) of {tuple(x.shape)}",
                hint="The second argument is the narrow width; the output has 4 times as many.",
            )
        block.drop()


@check("bottleneck", points=1, needs="bottleneck_constructs")
def bottleneck_parameters(submission: Submission) -> None:
    """It has the parameters of its layers, and a projection only where it needs one"""
    for in_channels, narrow, stride in BOTTLENECKS:
        of = f"Bottleneck({in_channels}, {narrow}, {stride})"
        wide = 4 * narrow
        projected = stride != 1 or in_channels != wide
        count = narrow * in_channels + 9 * narrow**2 + wide * narrow + 4 * narrow + 2 * wide
        biases = 2 * narrow + wide
        count += (in_channels * wide + 2 * wide) if projected else 0
        accepted = {
            count: "without conv biases",
            count + biases + wide * projected: "with conv biases",
        }
        accepted |= {count + biases: "with biases outside the projection"}
        block = submission.build("Bottleneck", in_channels, narrow, stride)
        known = {
            count + in_channels * wide + 2 * wide: "A projection where the identity would do.",
            count - in_channels * wide - 2 * wide: "The projection is missing.",
            count - 2 * wide: "The projection has no batch norm.",
        }
        parameter_count(block, accepted, known_wrong=known, of=of)
        shapes = Counter([(narrow, in_channels), (narrow, narrow, 3, 3), (wide, narrow)])
        weights(block, of, shapes + Counter([(wide, in_channels)] if projected else []))
        block.drop()


@check("bottleneck", points=1, needs=("bottleneck_shapes", "bottleneck_parameters"))
def bottleneck_cost(submission: Submission) -> None:
    """With a stride it costs the multiply-adds of version 1.5"""
    in_channels, narrow, height, width = 8, 4, 8, 12
    block = submission.build("Bottleneck", in_channels, narrow, 2)
    full, quarter = height * width, height * width // 4
    wide = 4 * narrow
    expected = full * in_channels * narrow
    expected += quarter * (9 * narrow**2 + narrow * wide + in_channels * wide)
    macs(
        block,
        torch.zeros(1, in_channels, height, width),
        expected,
        of=f"Bottleneck({in_channels}, {narrow}, 2) on {height}x{width}",
        hint="In version 1.5 the first 1x1 still sees the whole map; the 3x3 has the stride.",
    )


@check("bottleneck", points=1, needs=("bottleneck_shapes", "bottleneck_parameters"))
def bottleneck_values(submission: Submission, frozen: Mapping[str, Case]) -> None:
    """Given the same weights, it computes what the definition says"""
    for in_channels, narrow, stride in ((8, 2, 1), (8, 3, 2)):
        block = submission.build("Bottleneck", in_channels, narrow, stride, dtype="float64")
        same_function(
            block,
            frozen[f"bottleneck_{in_channels}_{narrow}_{stride}"],
            of=f"Bottleneck({in_channels}, {narrow}, {stride})",
            hint="1x1, 3x3, 1x1, each with batch norm; ReLU after the first two and after the "
            "addition. Which convolution has the stride?",
        )
        block.drop()


@check("bottleneck", points=1, needs="bottleneck_parameters")
def bottleneck_gradients(submission: Submission) -> None:
    """Every parameter gets a gradient"""
    block = submission.build("Bottleneck", 6, 3, 2)
    every_parameter_learns(
        block, torch.randn(2, 6, 8, 10), torch.randn(2, 12, 4, 5), of="Bottleneck(6, 3, 2)"
    )


# --- 3 padded_shortcut -----------------------------------------------------------------------

SHORTCUTS = ((4, 4, 1), (3, 8, 2), (4, 7, 1), (4, 4, 2))


@check("padded_shortcut", points=1)
def shortcut_without_parameters(submission: Submission) -> None:
    """PaddedShortcut is a module without parameters"""
    defined(submission, "PaddedShortcut")
    for arguments in SHORTCUTS:
        shortcut = submission.build("PaddedShortcut", *arguments)
        count = shortcut.state(values=False).count
        if count:
            raise Unmet(
                f"PaddedShortcut{arguments} has trainable parameters",
                expected="none: option A has nothing to learn",
                got=f"{count}",
                hint="Slicing and padding need no convolution.",
            )
        shortcut.drop()


@check("padded_shortcut", points=1, needs="shortcut_without_parameters")
def shortcut_shapes(submission: Submission) -> None:
    """The output has the right shape for every stride, size and batch"""
    for in_channels, out_channels, stride in SHORTCUTS:
        shortcut = submission.build("PaddedShortcut", in_channels, out_channels, stride)
        for batch, height, width in IMAGES:
            has_shape(
                shortcut.forward(torch.zeros(batch, in_channels, height, width)),
                (batch, out_channels, half(height, stride), half(width, stride)),
                of=f"PaddedShortcut({in_channels}, {out_channels}, {stride}) of "
                f"{(batch, in_channels, height, width)}",
                hint="Positions 0, s, 2s, ...: of an odd size, the last one counts too.",
            )


@check("padded_shortcut", points=1, needs="shortcut_shapes")
def shortcut_values(submission: Submission) -> None:
    """It keeps every s-th position and adds channels of zeros"""
    for in_channels, out_channels, stride in SHORTCUTS:
        shortcut = submission.build("PaddedShortcut", in_channels, out_channels, stride)
        x = random_input((2, in_channels, 6, 7), seed=stride)
        kept = x[:, :, ::stride, ::stride]
        out = has_shape(shortcut.forward(x), (2, out_channels, *kept.shape[2:]), of="the output")
        extra = out_channels - in_channels
        if not any(_stands_at(out, kept, front) for front in range(extra + 1)):
            raise Unmet(
                f"PaddedShortcut({in_channels}, {out_channels}, {stride}) gives other numbers",
                expected=f"the input's channels at every {stride}th position, together and in "
                f"order, and {extra} channel(s) of zeros",
                got=f"{int((out == 0).all(dim=(0, 2, 3)).sum())} channel(s) of zeros, and others "
                "that are not the input's",
                hint="Slices take a step; F.pad counts from the last dimension backwards.",
            )


def _stands_at(out: Tensor, kept: Tensor, front: int) -> bool:
    """Whether the kept channels stand behind ``front`` channels of zeros, zeros elsewhere."""
    middle = out[:, front : front + kept.shape[1]]
    return torch.equal(middle, kept) and float(out.abs().sum() - middle.abs().sum()) == 0.0


# --- 4 resnet_cifar --------------------------------------------------------------------------


def cifar_weights(n: int) -> Counter[tuple[int, ...]]:
    """Shapes of the weights of the network of 6n + 2 layers."""
    found = Counter({(16, 3, 3, 3): 1, (16, 16, 3, 3): 2 * n, (10, 64): 1})
    for wide in (32, 64):
        found += Counter({(wide, wide // 2, 3, 3): 1, (wide, wide, 3, 3): 2 * n - 1})
    return found


CIFAR_COUNTS = {269_722: "conv biases left out", 270_410: "conv biases kept"}
CIFAR_WRONG = {
    272_474: "That is option B: projections in the shortcuts. Option A has no parameters.",
    269_722 + 688 + 2752: "Projections in the shortcuts, and conv biases.",
}


@check("resnet_cifar", points=1)
def cifar_constructs(submission: Submission) -> None:
    """resnet_cifar builds networks of 8 and 20 layers"""
    defined(submission, "resnet_cifar", "function")
    for n in (1, 3):
        submission.build("resnet_cifar", n, device="meta").drop()


@check("resnet_cifar", points=1, needs="cifar_constructs")
def cifar_shapes(submission: Submission) -> None:
    """It gives one score per class, for any image size"""
    for classes, batch, height, width in ((10, 2, 8, 8), (7, 1, 9, 12)):
        net = submission.build("resnet_cifar", 1, classes)
        has_shape(
            net.forward(torch.zeros(batch, 3, height, width)),
            (batch, classes),
            of=f"resnet_cifar(1, {classes}) of {(batch, 3, height, width)}",
            hint="Average over all positions that there are, then one linear layer.",
        )
        net.drop()


@check("resnet_cifar", points=1, needs="cifar_constructs")
def cifar_parameters(submission: Submission) -> None:
    """resnet_cifar(3) has the parameters of ResNet-20"""
    net = submission.build("resnet_cifar", 3, device="meta")
    parameter_count(net, CIFAR_COUNTS, known_wrong=CIFAR_WRONG, of="resnet_cifar(3)")
    weights(net, "resnet_cifar(3)", cifar_weights(3))
    net.drop()


@check("resnet_cifar", points=1, needs=("cifar_parameters", "cifar_function"))
def cifar_cost(submission: Submission) -> None:
    """resnet_cifar(3) costs 40,551,040 multiply-adds for a 32x32 image"""
    net = submission.build("resnet_cifar", 3, device="meta")
    macs(
        net,
        torch.zeros(1, 3, 32, 32),
        40_551_040,
        of="resnet_cifar(3) on 32x32",
        hint="Which blocks have a stride of 2? Only the first of the second and third stage.",
    )
    net.drop()


# --- 5 resnet50 ------------------------------------------------------------------------------

RESNET50_COUNTS = {25_557_032: "conv biases left out", 25_583_592: "conv biases kept"}
RESNET50_WRONG = {
    22_780_456: "That is ResNet-50 without the projections in its shortcuts.",
    25_549_352: "That is ResNet-50 without batch norm after the projections.",
    25_553_192: "Projections with a bias in place of their batch norm.",
    40_128_552: "A projection in every block: only the first block of a stage needs one.",
    25_610_152: "That counts batch norm's running statistics, too: they are not parameters.",
    23_528_522: "That is the network for 10 classes: num_classes is 1000 by default.",
    25_557_096: "A bias in the first convolution alone, as in the authors' released file.",
}


def resnet50_weights(width: int, classes: int) -> Counter[tuple[int, ...]]:
    """Shapes of the weights of ResNet-50."""
    found = Counter({(width, 3, 7, 7): 1, (classes, 32 * width): 1})
    before = width
    for stage, blocks in enumerate((3, 4, 6, 3)):
        narrow = width * 2**stage
        wide = 4 * narrow
        found += Counter({(narrow, before): 1, (narrow, wide): blocks - 1})
        found += Counter({(narrow, narrow, 3, 3): blocks, (wide, narrow): blocks})
        found += Counter({(wide, before): 1})
        before = wide
    return found


@check("resnet50", points=1)
def resnet50_constructs(submission: Submission) -> None:
    """resnet50 builds, slim and at full width"""
    defined(submission, "resnet50", "function")
    submission.build("resnet50", 5, width=4).drop()
    submission.build("resnet50", device="meta").drop()


@check("resnet50", points=1, needs="resnet50_constructs")
def resnet50_shapes(submission: Submission) -> None:
    """It gives one score per class, for any image size"""
    net = submission.build("resnet50", 5, width=4)
    has_shape(
        net.forward(torch.zeros(2, 3, 40, 64)),
        (2, 5),
        of="resnet50(5, width=4) of (2, 3, 40, 64)",
        hint="Average over all positions that there are, then one linear layer.",
    )
    net.drop()


@check("resnet50", points=1, needs="resnet50_constructs")
def resnet50_parameters(submission: Submission) -> None:
    """It has the parameters of ResNet-50"""
    net = submission.build("resnet50", device="meta")
    parameter_count(net, RESNET50_COUNTS, known_wrong=RESNET50_WRONG, of="resnet50()")
    weights(net, "resnet50()", resnet50_weights(64, 1000))
    net.drop()


@check("resnet50", points=1, needs=("resnet50_parameters", "resnet50_function"))
def resnet50_cost(submission: Submission) -> None:
    """It costs 4,089,184,256 multiply-adds for a 224x224 image"""
    net = submission.build("resnet50", device="meta")
    macs(
        net,
        torch.zeros(1, 3, 224, 224),
        4_089_184_256,
        of="resnet50() on 224x224",
        hint="3,857,973,248 is the version with the stride on the first 1x1. Otherwise check the "
        "stem's stride and pooling, and the stride of each stage's first block.",
    )
    net.drop()


# --- 6 zero_init -----------------------------------------------------------------------------


@check("zero_init", points=1, needs=("basic_block/shapes", "bottleneck/bottleneck_shapes"))
def zero_init_identity(submission: Submission) -> None:
    """Afterwards a block passes a non-negative input through unchanged"""
    defined(submission, "zero_init_residual", "function")
    for name, arguments in (("BasicBlock", (4, 4)), ("Bottleneck", (8, 2))):
        block = submission.build(name, *arguments, dtype="float64")
        returned = submission.call("zero_init_residual", block)
        if returned is not None:
            raise Unmet(
                "zero_init_residual returns something",
                expected="None: it works in place",
                got=kind_of(returned),
            )
        x = random_input((2, arguments[0], 5, 6), seed=1).abs()
        close(
            block.forward(x),
            x,
            of=f"{name}{arguments} after zero_init_residual, for x >= 0, the output",
            hint="The last batch norm of the residual branch must have weight zero, so that "
            "F(x) = 0. Is it found when the model is itself a block?",
        )
        block.drop()


@check("zero_init", points=1, needs="zero_init_identity")
def zero_init_only_gammas(submission: Submission) -> None:
    """It zeroes one gamma a block and changes nothing else"""
    block = submission.build("BasicBlock", 4, 6, 2, dtype="float64")
    before = block.state()
    submission.call("zero_init_residual", block)
    after = block.state()
    changed = []
    for old, new in zip(before.entries, after.entries, strict=False):
        if old.value is None or new.value is None or not torch.equal(old.value, new.value):
            changed.append(new)
    good = len(changed) == 1 and changed[0].shape == (6,) and changed[0].requires_grad
    if not good or changed[0].value is None or bool(changed[0].value.any()):
        raise Unmet(
            "zero_init_residual(BasicBlock(4, 6, 2)) changes something else than one gamma",
            expected="one trainable tensor of shape (6,) set to zero",
            got=", ".join(f"{entry.name} {entry.shape}" for entry in changed)[:200] or "no change",
            hint="The projection's batch norm and the first one keep their weights.",
        )


# --- 7 gradient_profile ----------------------------------------------------------------------

PROBE = [
    ["Conv2d", 3, 4, 3, {"padding": 1}],
    ["Tanh"],
    ["Conv2d", 4, 5, 3, {"stride": 2, "bias": False}],
    ["Flatten"],
    ["Linear", 30, 6],
]


def probe_net(submission: Submission) -> tuple[ModuleHandle, nn.Module]:
    """The same small network beside the student's code and here."""
    net = submission.probe_net(PROBE, seed=5)
    ours = Submission(LocalTransport({})).probe_net(PROBE, seed=5)
    del ours
    torch.manual_seed(5)
    twin = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 5, 3, stride=2, bias=False),
        nn.Flatten(), nn.Linear(30, 6),
    )  # fmt: skip
    for entry, parameter in zip(net.state().parameters, twin.parameters(), strict=True):
        assert entry.value is not None
        parameter.data = entry.value
    return net, twin


def probe_batch() -> tuple[Tensor, Tensor]:
    """A batch of 4 images of 6x8 and their classes."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(4, 3, 6, 8, generator=generator)
    return x, torch.tensor([0, 5, 2, 2])


def profile_of(submission: Submission, net: ModuleHandle, x: Tensor, y: Tensor) -> list[float]:
    """What gradient_profile returns, as a list of numbers."""
    found = submission.call("gradient_profile", net, x, y)
    if not isinstance(found, list | tuple):
        raise Unmet("gradient_profile returns no list", expected="a list of floats", got=kind_of(found))
    return [number(value, of=f"entry {place} of the profile") for place, value in enumerate(found)]


@check("gradient_profile", points=2)
def profile_values(submission: Submission) -> None:
    """It returns the gradient norm of every weight with two or more dimensions"""
    defined(submission, "gradient_profile", "function")
    net, twin = probe_net(submission)
    x, y = probe_batch()
    found = profile_of(submission, net, x, y)
    loss = nn.functional.cross_entropy(twin(x), y)
    matrices = [parameter for parameter in twin.parameters() if parameter.ndim >= 2]
    expected = [float(gradient.norm()) for gradient in torch.autograd.grad(loss, matrices)]
    if len(found) != len(expected):
        raise Unmet(
            f"the profile of a network with {len(expected)} convolutions and linear layers has "
            f"{len(found)} entries",
            expected=f"{len(expected)}: one for each weight, none for biases",
            got=f"{len(found)}",
            hint="parameter.ndim >= 2 tells weights from biases.",
        )
    for place, (got, right) in enumerate(zip(found, expected, strict=True)):
        if abs(got - right) > 1e-4 * right:
            raise Unmet(
                f"entry {place} of the profile is another number",
                expected=f"{right:.5g}",
                got=f"{got:.5g}",
                hint="The Euclidean norm of the gradient of the mean cross-entropy: not squared, "
                "not averaged, not the weight's own norm.",
            )


@check("gradient_profile", points=1, needs="profile_values")
def profile_repeats(submission: Submission) -> None:
    """Measuring twice gives the same twice, and changes no parameter"""
    net, _ = probe_net(submission)
    x, y = probe_batch()
    before = net.state()
    first, second = (profile_of(submission, net, x, y) for _ in range(2))
    if any(abs(a - b) > 1e-4 * abs(a) for a, b in zip(first, second, strict=True)):
        raise Unmet(
            "the second profile differs from the first",
            expected="the same numbers: nothing accumulates",
            got=f"{first[0]:.4g} first, {second[0]:.4g} then",
            hint="backward() adds to .grad; what was there before must not count.",
        )
    for old, new in zip(before.parameters, net.state().parameters, strict=True):
        if old.value is None or new.value is None or not torch.equal(old.value, new.value):
            raise Unmet("measuring changed a parameter", expected="no change", got=f"{new.shape}")


# --- 8 plain_twin ----------------------------------------------------------------------------


@check("plain_twin", points=1)
def plain_shapes(submission: Submission) -> None:
    """plain_cifar gives one score per class, for any image size"""
    defined(submission, "plain_cifar", "function")
    net = submission.build("plain_cifar", 1, 7)
    has_shape(
        net.forward(torch.zeros(2, 3, 9, 12)), (2, 7), of="plain_cifar(1, 7) of (2, 3, 9, 12)"
    )
    net.drop()


@check("plain_twin", points=1, needs="plain_shapes")
def plain_parameters(submission: Submission) -> None:
    """plain_cifar(3) has exactly the parameters of resnet_cifar(3)"""
    net = submission.build("plain_cifar", 3, device="meta")
    parameter_count(net, CIFAR_COUNTS, known_wrong=CIFAR_WRONG, of="plain_cifar(3)")
    weights(net, "plain_cifar(3)", cifar_weights(3))
    net.drop()


# --- 9 degradation ---------------------------------------------------------------------------

ANSWERS = {
    "trains_better_at_38_layers": ("plain", "residual", "no difference"),
    "plain_38_against_plain_8": ("overfits", "fails to train", "as good"),
    "plain_38_gradients_before_training": ("vanish towards the input", "do not vanish"),
}


@check("degradation", points=1)
def conclusion_form(submission: Submission) -> None:
    """conclusion() returns the three keys, each with one of the listed values"""
    defined(submission, "conclusion", "function")
    found = submission.call("conclusion")
    if not isinstance(found, dict):
        raise Unmet("conclusion() returns no dictionary", expected="a dict", got=kind_of(found))
    for key, allowed in ANSWERS.items():
        if found.get(key) not in allowed:
            raise Unmet(
                f"the answer to {key!r} is not one of the listed values",
                expected=" or ".join(repr(value) for value in allowed),
                got="nothing" if key not in found else "another value",
                hint="Copy the value from the table, spelled exactly so.",
            )
