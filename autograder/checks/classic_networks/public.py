"""The public checks of ``assignments/classic-networks``: formulas, properties, frozen cases.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs count only for what is the right function,
which a hidden check decides. Images of LeNet-5, AlexNet and VGG have the one size that fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.expect import (
    Case,
    Unmet,
    check,
    close,
    defined,
    every_parameter_learns,
    has_shape,
    is_tensor,
    kind_of,
    macs,
    number,
    parameter_count,
    same_function,
)
from autograder.expect.affine import bends, is_convolution, kernel_of
from autograder.expect.blocks import changed_entries, sample
from autograder.submission import ModuleHandle, Submission

Frozen = Mapping[str, Case]
Call = tuple[tuple[Any, ...], dict[str, Any]]

# --- 1 arithmetic --------------------------------------------------------------------------------


def written(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """A call as a student writes it."""
    words = [repr(arg) for arg in args] + [f"{key}={value!r}" for key, value in kwargs.items()]
    return f"{name}({', '.join(words)})"


def whole(submission: Submission, name: str, *args: Any, **kwargs: Any) -> int:
    """The int that a function of the notebook returns."""
    found = submission.call(name, *args, **kwargs)
    return int(number(found, of=f"what {written(name, args, kwargs)} returns", whole=True))


def equals(found: int, expected: int, *, of: str, hint: str = "") -> None:
    """A number is the expected one."""
    if found != expected:
        what = f"{of} is another number"
        raise Unmet(what, expected=f"{expected:,}", got=f"{found:,}", hint=hint)


def sizes(submission: Submission, cases: Iterable[tuple[Call, int]], *, hint: str) -> None:
    """``conv_output_size`` gives these numbers."""
    for (args, kwargs), expected in cases:
        found = whole(submission, "conv_output_size", *args, **kwargs)
        equals(found, expected, of=written("conv_output_size", args, kwargs), hint=hint)


@check("arithmetic", points=1)
def arithmetic_sizes(submission: Submission) -> None:
    """`conv_output_size` counts the windows, with a stride and padding on both sides."""
    defined(submission, "conv_output_size", "function")
    cases = [
        (((8, 1), {}), 8),
        (((32, 5), {}), 28),
        (((28, 2), {"stride": 2}), 14),
        (((27, 5), {"padding": 2}), 27),
        (((227, 11, 4), {}), 55),
        (((15, 3, 2, 1), {}), 8),
    ]
    hint = "Where does the first window start, and where may the last one start?"
    sizes(submission, cases, hint=hint)


@check("arithmetic", points=0.5, needs="sizes")
def arithmetic_uneven(submission: Submission) -> None:
    """A window that does not fit in completely is left out."""
    cases = [(((224, 11), {"stride": 4}), 54), (((8, 3, 2), {}), 3), (((14, 5, 3, 1), {}), 4)]
    sizes(submission, cases, hint="Round down what the division gives, before you add 1.")


def cost_of(submission: Submission, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[int]:
    """The two ints that ``conv_cost`` returns."""
    found = submission.call("conv_cost", *args, **kwargs)
    of = f"what {written('conv_cost', args, kwargs)} returns"
    if not isinstance(found, list | tuple) or len(found) != 2:
        raise Unmet(f"{of} is no pair", expected="(parameters, macs)", got=kind_of(found))
    return [int(number(value, of=f"a number of {of}", whole=True)) for value in found]


def costs(submission: Submission, cases: Iterable[tuple[Call, tuple[int, int]]]) -> None:
    """``conv_cost`` gives these numbers."""
    hints = (
        "A filter has kernel_size² weights for each channel that it reads; each output channel has "
        "one filter and one bias.",
        "Each number of the output costs as many as one filter has weights, without the bias.",
    )
    for (args, kwargs), expected in cases:
        found = cost_of(submission, args, kwargs)
        if found == list(expected)[::-1]:
            hints = ("Parameters come first in the pair.",) * 2
        for place, name in enumerate(("parameters", "macs")):
            of = f"the number of {name} in {written('conv_cost', args, kwargs)}"
            equals(found[place], expected[place], of=of, hint=hints[place])


@check("arithmetic", points=1)
def arithmetic_costs(submission: Submission) -> None:
    """`conv_cost` counts weights and biases, and multiply-adds at every output position."""
    defined(submission, "conv_cost", "function")
    cases: list[tuple[Call, tuple[int, int]]] = [
        (((1, 6, 5, 32), {}), (156, 117_600)),
        (((6, 16, 5, 14), {}), (2_416, 240_000)),
        (((3, 4, 3, 10), {"padding": 1}), (112, 10_800)),
        (((3, 96, 11, 227), {"stride": 4}), (34_944, 105_415_200)),
    ]
    costs(submission, cases)


@check("arithmetic", points=0.5, needs="costs")
def arithmetic_groups(submission: Submission) -> None:
    """With groups, a filter reads the channels of its own group only."""
    cases: list[tuple[Call, tuple[int, int]]] = [
        (((96, 256, 5, 27), {"padding": 2, "groups": 2}), (307_456, 223_948_800)),
        (((6, 6, 3, 8), {"groups": 6}), (60, 1_944)),
    ]
    costs(submission, cases)


# --- 2 lenet -------------------------------------------------------------------------------------

LENET = (
    "Go through the table once more: convolution, tanh, average; the same again; flatten; linear, "
    "tanh; linear, tanh; linear, and nothing after it."
)
LENET_WRONG = {
    60_000: "That is the network of 1998. Question 2 asks for the one of today.",
    60_806: "C3 follows the table of 1998: here it reads all six maps.",
    61_750: "44 too many: poolings with parameters, or batch norms? The table has neither.",
    62_006: "The images have one channel, not three.",
    61_470: "There are no biases: every layer has one for each output.",
    61_684: "The convolutions have no biases: every layer has one for each output.",
    60_856: "The last linear layer is missing, or not registered: is a layer in a plain list?",
    44_426: "256 features: the images have 32×32 pixels, not 28×28.",
    205_706: "1,600 features, 10×10: the second pooling is missing.",
    169_226: "1,296 features, 9×9: the second pooling has stride 1.",
    942_986: "7,744 features, 22×22: the poolings have stride 1.",
    82_826: "576 features, 6×6: the first convolution has no padding.",
    136_586: "1,024 features, 8×8: the convolutions have no padding.",
}


@check("lenet", points=0.5)
def lenet_constructs(submission: Submission) -> None:
    """A `LeNet5` can be made, for any number of classes."""
    defined(submission, "LeNet5", "class")
    submission.build("LeNet5").drop()
    submission.build("LeNet5", num_classes=7).drop()


@check("lenet", points=1, needs="constructs")
def lenet_output_shape(submission: Submission) -> None:
    """It gives one score a class, for any number of images."""
    net = submission.build("LeNet5", num_classes=7)
    for n in (3, 1):
        has_shape(
            net.forward(sample(n, 1, 32, 32)), (n, 7),
            of=f"the output of LeNet5(num_classes=7) for images of shape {(n, 1, 32, 32)}",
            hint="The batch stays the first axis: torch.flatten(x, 1). The last layer has "
            "num_classes outputs.",
        )  # fmt: skip


@check("lenet", points=1.5, needs="constructs")
def lenet_parameters(submission: Submission) -> None:
    """It has 61,706 parameters."""
    net = submission.build("LeNet5")
    parameter_count(net, {61_706: "the table"}, known_wrong=LENET_WRONG, of="LeNet5()")


@check("lenet", points=0.5, needs="output_shape")
def lenet_not_linear(submission: Submission) -> None:
    """It is not linear: what it gives for a + b is not what it gives for a and b, added up."""
    net = submission.build("LeNet5")
    bends(
        net, sample(2, 1, 32, 32), 2 * sample(2, 1, 32, 32).flip(2), of="LeNet5()",
        hint="Layers without an activation between them are one linear layer. Where is the tanh?",
    )  # fmt: skip


@check("lenet", points=1.5, needs="output_shape")
def lenet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.build("LeNet5")
    same_function(net, frozen["lenet"], of="LeNet5() with given weights", hint=LENET)


@check("lenet", points=0.5, needs="output_shape")
def lenet_modes(submission: Submission) -> None:
    """Training and evaluation mode compute the same."""
    net, x = submission.build("LeNet5"), sample(3, 1, 32, 32)
    close(
        net.forward(x, train=True), is_tensor(net.forward(x), of="the output of LeNet5()"),
        of="the output of LeNet5() in training mode", rtol=1e-4, atol=1e-5,
        hint="Nothing in the table knows the mode. Is there a dropout, or batch norm?",
    )  # fmt: skip


@check("lenet", points=0.5, needs=("known_values", "same_function"))
def lenet_cost(submission: Submission) -> None:
    """It costs 416,520 multiply-adds an image."""
    net = submission.build("LeNet5")
    hint = "What a convolution computes and a slice then throws away is paid for, too."
    macs(net, sample(1, 1, 32, 32), 416_520, of="LeNet5()", hint=hint)


# --- 3 c3 ----------------------------------------------------------------------------------------


def read_inputs(wiring: Tensor) -> list[list[int]]:
    """Which input maps each output map reads, of an (outputs, inputs) table."""
    return [[int(i) for i in row.nonzero().flatten()] for row in wiring]


COLUMNS = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345"
TABLE_INPUTS = [[int(digit) for digit in column] for column in COLUMNS.split()]
"""The table by its columns, kept here so that nothing that happens to the notebook's matters."""


@check("c3", points=0.5)
def c3_constructs(submission: Submission) -> None:
    """A `C3` can be made, without any arguments."""
    defined(submission, "C3", "class")
    submission.build("C3").drop()


@check("c3", points=1, needs="constructs")
def c3_output_shape(submission: Submission) -> None:
    """It makes 16 maps, four pixels smaller on each side, of maps of any size."""
    c3 = submission.build("C3")
    for shape in ((2, 6, 14, 14), (1, 6, 5, 9), (3, 6, 8, 5)):
        has_shape(
            c3.forward(sample(*shape)), (shape[0], 16, shape[2] - 4, shape[3] - 4),
            of=f"the output of C3() for maps of shape {shape}",
            hint="5×5 without padding and of stride 1; sixteen maps, joined along the channels.",
        )  # fmt: skip


@check("c3", points=1, needs="constructs")
def c3_parameters(submission: Submission) -> None:
    """It has 1,516 parameters, or 2,416 with a full weight."""
    wrong = {
        1_500: "The sixteen biases are missing.",
        2_400: "The sixteen biases are missing.",
        1_560: "One bias for each connection? It is one for each output map.",
        1_216: "Each output map reads three input maps: only the first six do.",
        556: "The kernels are 3×3: they have 5×5 weights.",
        2_512: "The table itself is a parameter: it would be trained. Register it as a buffer.",
        0: "PyTorch sees no parameters: are the layers in a plain list?",
    }
    accepted = {1_516: "only what is connected", 2_416: "a full weight"}
    parameter_count(submission.build("C3"), accepted, known_wrong=wrong, of="C3()")


@check("c3", points=1, needs="output_shape")
def c3_table(submission: Submission) -> None:
    """Each output map reads the input maps of its column, and no others."""
    c3 = submission.build("C3", dtype="float64")
    found = read_inputs(kernel_of(c3, 6, 5, out_channels=16, of="C3()").wiring)
    wrong = [o for o in range(16) if found[o] != TABLE_INPUTS[o]]
    if wrong:
        first = wrong[0]
        raise Unmet(
            f"{len(wrong)} of 16 output maps of C3() read other maps than their column says",
            expected=f"output map {first} to read input maps {TABLE_INPUTS[first]}",
            got=f"{found[first]}",
            hint="A row of CONNECTIONS is an input map, a column an output map. In a weight of "
            "shape (16, 6, 5, 5) the outputs come first.",
        )


@check("c3", points=1, needs="output_shape")
def c3_convolution(submission: Submission) -> None:
    """It is a convolution with a bias, and nothing more."""
    c3 = submission.build("C3", dtype="float64")
    kernel = kernel_of(c3, 6, 5, out_channels=16, of="C3()")
    is_convolution(
        c3, kernel, sample(2, 6, 9, 8).double(), of="C3() on random maps",
        hint="Compared with the convolution that C3() shows to single pixels. Is there an "
        "activation inside, or something else that is not linear?",
    )  # fmt: skip


@check("c3", points=0.5, needs=("table", "convolution"))
def c3_cost(submission: Submission) -> None:
    """For maps of 14×14 it costs 150,000 multiply-adds, or 240,000 with a full weight."""
    c3 = submission.build("C3")
    cost = c3.trace(sample(1, 6, 14, 14)).macs
    if cost not in (150_000, 240_000):
        raise Unmet(
            "C3() for maps of 14×14 costs another number of multiply-adds",
            expected="150,000 or 240,000",
            got=f"{cost:,}",
            hint="The output has 10×10 positions: compute these and no others.",
        )


# --- 4 lrn ---------------------------------------------------------------------------------------


def normalised(submission: Submission, x: Tensor, **constants: Any) -> Tensor:
    """What ``local_response_norm`` gives, if it has the shape and dtype of ``x``."""
    found = submission.call("local_response_norm", x, **constants)
    tensor = has_shape(found, tuple(x.shape), of="the output of local_response_norm")
    if tensor.dtype != x.dtype:
        what = "the output of local_response_norm has another dtype"
        raise Unmet(what, expected=str(x.dtype), got=str(tensor.dtype))
    return tensor


@check("lrn", points=0.5)
def lrn_shape(submission: Submission) -> None:
    """It keeps shape and dtype, also with fewer channels than the window has."""
    defined(submission, "local_response_norm", "function")
    normalised(submission, sample(2, 7, 3, 4))
    normalised(submission, sample(1, 2, 4, 3).double())
    normalised(submission, sample(2, 1, 3, 3), size=3)


@check("lrn", points=1, needs="shape")
def lrn_alone(submission: Submission) -> None:
    """A channel whose neighbours are zero is divided by (k + alpha · x²)^beta."""
    x = torch.zeros(2, 5, 3, 4, dtype=torch.float64)
    x[:, 2] = 100 * sample(2, 3, 4).double()
    alone = x[:, 2] / (2 + 1e-4 * x[:, 2] ** 2) ** 0.75
    close(
        normalised(submission, x)[:, 2], alone, of="local_response_norm(x) in a channel alone",
        hint="Is alpha divided by the window's size somewhere? Is k the paper's 2, and is the "
        "power taken of the whole bracket?",
    )  # fmt: skip


@check("lrn", points=1, needs="shape")
def lrn_window(submission: Submission) -> None:
    """A channel depends on the `size` channels around it, at the same position, and no others."""
    for size, channels in ((5, 8), (3, 4), (7, 5)):
        x = 20 * sample(1, channels, 4, 3).double().expand(channels + 1, -1, -1, -1).clone()
        for j in range(channels):
            x[j + 1, j, 2, 1] += 50  # image j + 1 differs in channel j, at one position
        output = normalised(submission, x, size=size)
        # (changed channel, channel of the output, H, W)
        changed = ~torch.isclose(output[1:], output[:1], rtol=1e-9, atol=1e-9)
        where = f"with size={size} and {channels} channels"
        for i in range(channels):
            expected = [j for j in range(channels) if abs(j - i) <= size // 2]
            found = [j for j in range(channels) if bool(changed[j, i, 2, 1])]
            if found != expected:
                raise Unmet(
                    f"{where}, channel {i} of the output depends on other channels",
                    expected=str(expected),
                    got=str(found),
                    hint="The window reaches size // 2 channels to either side, and is cut off at "
                    "the first and the last channel.",
                )
        changed[:, :, 2, 1] = False
        if bool(changed.any()):
            raise Unmet(
                f"{where}, a change at one position changes the output at others",
                expected="one position to change",
                got=f"{1 + int(changed.any(0).any(0).sum())} positions",
                hint="The window runs over channels (dimension 1), not over height and width.",
            )


@check("lrn", points=1, needs="shape")
def lrn_constants(submission: Submission) -> None:
    """Other constants take the places that the formula gives them."""
    x = 3 * sample(2, 1, 3, 4).double()
    for alpha, beta, k in ((0.3, 0.5, 1.0), (0.02, 1.0, 0.5), (2.0, 0.75, 3.0)):
        found = normalised(submission, x, size=3, alpha=alpha, beta=beta, k=k)
        close(
            found, x / (k + alpha * x**2) ** beta,
            of=f"local_response_norm(x, size=3, alpha={alpha}, beta={beta}, k={k}) of one channel",
            hint="Does each of the four arguments take part, in its place? A lone channel has no "
            "neighbours.",
        )  # fmt: skip


# --- 5 alexnet -----------------------------------------------------------------------------------

ALEXNET = (
    "Go through the table once more. In the first two layers: convolution, ReLU, response "
    "normalisation, pooling. Which layers have groups? And a ReLU follows fc6 and fc7."
)
ALEXNET_COST = {1: 1_135_256_096, 2: 724_406_816}
ALEXNET_COUNT = {1: 62_378_344, 2: 60_965_224}
ALEXNET_WRONG = {
    61_100_840: "That is torchvision's AlexNet, the “one weird trick”: 64-192-384-256-256.",
    50_844_008: "6,400 features: the first convolution has no padding here.",
    56_909_194: "Ten classes? The default is 1000.",
    58_322_314: "Ten classes? The default is 1000.",
    60_522_856: "The third convolution reads all channels: it has no groups.",
    62_071_144: "The fourth and the fifth convolution have groups, too.",
    62_379_048: "Batch norms? Response normalisation has no parameters.",
    201_838_952: "Maps of 13×13 reach the head: a pooling is missing.",
    45_597_032: "A linear layer is missing: there are three.",
    61_272_424: "The second convolution has groups, too.",
}


def slim(submission: Submission, groups: int, **options: Any) -> ModuleHandle:
    """A whole network of a sixteenth of the width, for five classes."""
    return submission.build("alexnet", groups, num_classes=5, width=6, **options)


@check("alexnet", points=0.5)
def alexnet_constructs(submission: Submission) -> None:
    """`alexnet` returns a module, for one group and two, and any width."""
    defined(submission, "alexnet", "function")
    slim(submission, 2).drop()
    submission.build("alexnet", groups=1, num_classes=3, width=12).drop()


@check("alexnet", points=1, needs="constructs")
def alexnet_output_shape(submission: Submission) -> None:
    """It gives one score a class, for any number of images."""
    for groups, n in ((2, 2), (1, 1)):
        net = slim(submission, groups)
        has_shape(
            net.forward(sample(n, 3, 227, 227)), (n, 5),
            of=f"the output of alexnet({groups}, num_classes=5, width=6) for {n} images",
            hint="The map in front of flatten is 6×6; flatten leaves the batch alone; the last "
            "layer has num_classes outputs.",
        )  # fmt: skip
        net.drop()


@check("alexnet", points=1.5, needs="constructs")
def alexnet_parameters(submission: Submission) -> None:
    """At full width it has 60,965,224 parameters with two groups, 62,378,344 with one."""
    for groups, count in ALEXNET_COUNT.items():
        net = submission.build("alexnet", groups=groups, device="meta")
        other = {ALEXNET_COUNT[3 - groups]: "Does `groups` reach the convolutions that have it?"}
        wrong = {**ALEXNET_WRONG, **other}
        of = f"alexnet(groups={groups})"
        parameter_count(net, {count: "the table"}, known_wrong=wrong, of=of)
        net.drop()


@check("alexnet", points=1.5, needs="output_shape")
def alexnet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and a given image it returns the known scores."""
    of = "alexnet(2, num_classes=5, width=6) with given weights"
    same_function(slim(submission, 2), frozen["alexnet"], of=of, hint=ALEXNET)


@check("alexnet", points=0.5, needs="output_shape")
def alexnet_dropout(submission: Submission) -> None:
    """It drops out at random in training mode, and nothing in evaluation mode."""
    drops_out(slim(submission, 1), sample(1, 3, 227, 227), of="alexnet(1, num_classes=5, width=6)")


def drops_out(net: ModuleHandle, x: Tensor, *, of: str) -> None:
    """Two passes agree in evaluation mode, and do not in training mode."""
    first, second = (
        is_tensor(net.forward(x, seed=seed), of=f"the output of {of}") for seed in (1, 2)
    )
    if not torch.equal(first, second):
        raise Unmet(
            f"{of} is random in evaluation mode",
            expected="the same scores from two passes over one image",
            got=f"scores that differ by up to {float((first - second).abs().max()):.2g}",
            hint="F.dropout needs training=self.training; nn.Dropout looks after that itself.",
        )
    first, second = (
        is_tensor(net.forward(x, seed=seed, train=True), of=f"the output of {of}")
        for seed in (1, 2)
    )
    if torch.equal(first, second):
        raise Unmet(
            f"{of} has no dropout that acts in training mode",
            expected="other scores from a second pass over one image",
            got="the same scores",
            hint="Dropout stands between the linear layers.",
        )


@check("alexnet", points=1, needs=("known_values", "same_function"))
def alexnet_cost(submission: Submission) -> None:
    """It costs 724,406,816 multiply-adds with two groups, 1,135,256,096 with one."""
    for groups, cost in ALEXNET_COST.items():
        net = submission.build("alexnet", groups=groups, device="meta")
        x = torch.empty(1, 3, 227, 227, device="meta")
        hint = "A grouped convolution costs half as much. Is what is computed also used?"
        macs(net, x, cost, of=f"alexnet(groups={groups})", hint=hint)
        net.drop()


# --- 6 vgg ---------------------------------------------------------------------------------------

SMALL: list[int | str] = [3, "M", 4, 5, "M"]
VGG = (
    "Each convolution is followed by its own ReLU, each block by one pooling; then flatten, "
    "linear, ReLU, linear, ReLU, linear."
)
VGG_WRONG = {
    138_365_992: "That is VGG-16 with batch norm, which the paper did not have yet.",
    138_344_128: "The biases are missing.",
    138_353_320: "The convolutions' biases are missing.",
    37_694_248: "The first linear layer reads all 7×7 positions, not their average.",
    121_576_232: "A linear layer is missing: there are three.",
    164_509_480: "The convolutions are 3×3, not 5×5.",
    125_193_832: "Layers that are one object, repeated, share their weights.",
    133_822_440: "In VGG-16 the last three blocks have three convolutions.",
    131_499_560: "The blocks have 64, 128, 256, 512 and 512 channels.",
    134_301_514: "Ten classes? The default is 1000.",
    257_634_600: "The fifth block has 512 channels, as the fourth.",
    133_638_952: "That is configuration C, with 1×1 convolutions.",
    14_714_688: "The linear layers are missing, or not registered.",
}


def config_of(submission: Submission, depth: int) -> list[Any]:
    """What ``vgg_config`` returns."""
    found = submission.call("vgg_config", depth)
    if not isinstance(found, list | tuple):
        what = f"vgg_config({depth}) does not return a list"
        raise Unmet(what, expected="a list such as the one in the text", got=kind_of(found))
    return list(found)


@check("vgg", points=1)
def vgg_configs(submission: Submission) -> None:
    """`vgg_config` gives as many layers as the name says, and a pooling for each block."""
    defined(submission, "vgg_config", "function")
    for depth in (11, 13, 16, 19):
        config = config_of(submission, depth)
        odd = [e for e in config if e != "M" and (isinstance(e, bool) or not isinstance(e, int))]
        if odd:
            what = f"vgg_config({depth}) has an entry that is neither a whole number nor 'M'"
            raise Unmet(what, expected="512 or 'M'", got=repr(odd[0])[:40])
        layers, poolings = sum(entry != "M" for entry in config), config.count("M")
        if (layers, poolings) != (depth - 3, 5) or config[-1] != "M":
            raise Unmet(
                f"vgg_config({depth}) has another number of entries, or another order",
                expected=f"{depth - 3} convolutions and 5 poolings, the last entry 'M'",
                got=f"{layers} convolutions and {poolings} poolings, the last entry "
                f"{config[-1] if config else None!r}",
                hint="Each convolution has an entry, and each block ends in 'M'. The three linear "
                "layers count in the name, but do not stand in the list.",
            )


@check("vgg", points=0.5)
def vgg_constructs(submission: Submission) -> None:
    """`make_vgg` returns a module, for any configuration."""
    defined(submission, "make_vgg", "function")
    submission.build("make_vgg", SMALL, num_classes=4, hidden=6).drop()
    submission.build("make_vgg", [2, 2, "M"], hidden=3).drop()


@check("vgg", points=1, needs="constructs")
def vgg_output_shape(submission: Submission) -> None:
    """It gives one score a class, for images that leave maps of 7×7."""
    cases: tuple[tuple[list[int | str], int], ...] = ((SMALL, 28), ([4, 3, "M"], 14))
    for config, size in cases:
        net = submission.build("make_vgg", config, num_classes=4, hidden=6)
        for n in (2, 1):
            has_shape(
                net.forward(sample(n, 3, size, size)), (n, 4),
                of=f"the output of make_vgg({config}, num_classes=4, hidden=6) for images of shape "
                f"{(n, 3, size, size)}",
                hint="Only poolings make the map smaller; flatten leaves the batch alone; the last "
                "layer has num_classes outputs.",
            )  # fmt: skip
        net.drop()


@check("vgg", points=1, needs=("constructs", "configs"))
def vgg_parameters(submission: Submission) -> None:
    """VGG-16 has 138,357,544 parameters."""
    net = submission.build("make_vgg", config_of(submission, 16), device="meta")
    of = "make_vgg(vgg_config(16))"
    parameter_count(net, {138_357_544: "Table 1, D"}, known_wrong=VGG_WRONG, of=of)


@check("vgg", points=1, needs="output_shape")
def vgg_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.build("make_vgg", SMALL, num_classes=4, hidden=6)
    of = f"make_vgg({SMALL}, num_classes=4, hidden=6) with given weights"
    same_function(net, frozen["vgg"], of=of, hint=VGG)


@check("vgg", points=0.5, needs="output_shape")
def vgg_dropout(submission: Submission) -> None:
    """It drops out at random in training mode, and nothing in evaluation mode."""
    net = submission.build("make_vgg", [4, "M"], num_classes=4, hidden=64)
    drops_out(net, sample(1, 3, 14, 14), of='make_vgg([4, "M"], num_classes=4, hidden=64)')


@check("vgg", points=0.5, needs=("parameters", "known_values", "same_function"))
def vgg_cost(submission: Submission) -> None:
    """VGG-16 costs 15,470,264,320 multiply-adds for an image of 224×224."""
    net = submission.build("make_vgg", config_of(submission, 16), device="meta")
    x = torch.empty(1, 3, 224, 224, device="meta")
    hint = "Each block works on a map of half the size: the pooling comes at its end."
    macs(net, x, 15_470_264_320, of="make_vgg(vgg_config(16))", hint=hint)


# --- 7 receptive_field ---------------------------------------------------------------------------


def fields(
    submission: Submission, cases: Iterable[tuple[list[tuple[int, int]], int]], *, hint: str
) -> None:
    """``receptive_field`` gives these numbers."""
    for layers, expected in cases:
        found = whole(submission, "receptive_field", layers)
        told = hint if layers else "Without any layer, a position is a pixel of the image."
        equals(found, expected, of=written("receptive_field", [layers], {}), hint=told)


@check("receptive_field", points=1)
def receptive_field_without_strides(submission: Submission) -> None:
    """Two 3×3 see 5 pixels, three see 7; no layer at all sees one."""
    defined(submission, "receptive_field", "function")
    three: list[tuple[list[tuple[int, int]], int]] = [
        ([(3, 1)], 3),
        ([(3, 1), (3, 1)], 5),
        ([(3, 1)] * 3, 7),
        ([(1, 1), (5, 1)], 5),
        ([], 1),
    ]
    hint = "A second 3×3 sees what the first one sees, and one pixel more on each side."
    fields(submission, three, hint=hint)


@check("receptive_field", points=1.5)
def receptive_field_with_strides(submission: Submission) -> None:
    """Behind a stride, every further layer sees in larger steps."""
    strided: list[tuple[list[tuple[int, int]], int]] = [
        ([(3, 2)], 3),
        ([(2, 2), (3, 1)], 6),
        ([(3, 1), (2, 2), (3, 1), (2, 2)], 10),
        ([(7, 2), (3, 2), (3, 1)], 19),
    ]
    hint = "Take two neighbouring positions behind the stride: how many pixels are they apart?"
    fields(submission, strided, hint=hint)


# --- 8 fc_to_conv --------------------------------------------------------------------------------


def converted(submission: Submission, layer: ModuleHandle, shape: tuple[int, ...]) -> ModuleHandle:
    """What ``fc_to_conv`` makes of a linear layer, if it is a module."""
    found = submission.call("fc_to_conv", layer, shape)
    if not isinstance(found, ModuleHandle):
        what = "fc_to_conv does not return a module"
        raise Unmet(what, expected="an nn.Module, such as an nn.Conv2d", got=kind_of(found))
    return found


@check("fc_to_conv", points=1.5)
def fc_to_conv_same_numbers(submission: Submission) -> None:
    """On maps of the given shape it gives the numbers of the linear layer."""
    defined(submission, "fc_to_conv", "function")
    for seed, shape in enumerate([(3, 4, 4), (2, 3, 5)]):
        layer = submission.probe_layer("Linear", shape[0] * shape[1] * shape[2], 6, seed=seed)
        x = sample(2, *shape)
        expected = is_tensor(layer.forward(x.flatten(1)), of="the linear layer's output")
        conv = converted(submission, layer, shape)
        close(
            conv.forward(x), expected[:, :, None, None], rtol=1e-4, atol=1e-5,
            of=f"the output of fc_to_conv(linear, {shape}) for maps of that shape",
            hint="Flattening lists channel by channel, in each row by row. The weight's rows are "
            "listed in the same order; and there is a bias.",
        )  # fmt: skip


@check("fc_to_conv", points=1, needs="same_numbers")
def fc_to_conv_slides(submission: Submission) -> None:
    """On larger maps it gives, at each position, the linear layer's numbers for that window."""
    layer, x = submission.probe_layer("Linear", 2 * 3 * 2, 5, seed=3), sample(2, 2, 5, 4)
    window = is_tensor(layer.forward(x[:, :, 2:5, 1:3].flatten(1)), of="the linear layer's output")
    conv = converted(submission, layer, (2, 3, 2))
    output = has_shape(
        conv.forward(x), (2, 5, 3, 3),
        of="the output of fc_to_conv(linear, (2, 3, 2)) for maps of shape (2, 2, 5, 4)",
        hint="Stride 1 and no padding: the kernel fits in at 3 × 3 places.",
    )  # fmt: skip
    close(
        output[:, :, 2, 1], window, rtol=1e-4, atol=1e-5,
        of="its output at position (2, 1), compared with linear on rows 2 to 4, columns 1 to 2,",
    )  # fmt: skip


@check("fc_to_conv", points=0.5, needs="same_numbers")
def fc_to_conv_untouched(submission: Submission) -> None:
    """The linear layer stays as it was, and the result's parameters can be trained."""
    layer = submission.probe_layer("Linear", 12, 4, seed=5)
    before = layer.state()
    conv = converted(submission, layer, (2, 2, 3))
    after = layer.state()
    shapes = [entry.shape for entry in after.entries]
    if shapes != [entry.shape for entry in before.entries] or changed_entries(before, after):
        raise Unmet(
            "fc_to_conv changes the linear layer",
            expected=f"a weight of shape {before.entries[0].shape} with its values",
            got=f"{shapes[0] if shapes else 'nothing'}, or other values",
            hint="Reshape a copy, or the tensor on its way; not linear.weight itself.",
        )
    every_parameter_learns(conv, sample(2, 2, 2, 3), torch.ones(2, 4, 1, 1), of="fc_to_conv(...)")


# --- 9 additivity --------------------------------------------------------------------------------

OPTIONS = {
    "accuracy_without_tanh": ("near chance", "above 80 %"),
    "gap_without_tanh": ("zero up to rounding", "clearly not zero"),
    "what_tells_them_apart": ("accuracy", "parameter count", "additivity"),
}


@check("additivity", points=0.5)
def additivity_stated(submission: Submission) -> None:
    """`conclusion()` returns a dictionary of three statements, each from its list."""
    defined(submission, "conclusion", "function")
    found = submission.call("conclusion")
    if not isinstance(found, dict):
        got = kind_of(found)
        raise Unmet("conclusion() does not return a dictionary", expected="a dict", got=got)
    for key, options in OPTIONS.items():
        if found.get(key) not in options:
            raise Unmet(
                f"the statement {key!r} is none of those listed",
                expected=" or ".join(map(repr, options)),
                got=repr(found[key])[:60] if key in found else "no such key",
                hint="Copy it from the table, spelled exactly so.",
            )
