"""Public checks of ``assignments/classic-networks``: LeNet-5, C3, layers as convolutions.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``; costs
count only for what is the right function, which a hidden check decides. LeNet-5's images have the
one size that fits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.expect import (
    Frozen,
    Unmet,
    check,
    close,
    defined,
    every_parameter_learns,
    has_shape,
    is_tensor,
    kind_of,
    macs,
    parameter_count,
    same_function,
)
from autograder.expect.affine import bends, is_convolution, kernel_of
from autograder.expect.blocks import changed_entries, sample
from autograder.submission import ModuleHandle, Submission

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
    submission.shared("LeNet5")
    submission.shared("LeNet5", num_classes=7)


@check("lenet", points=1, needs="constructs")
def lenet_output_shape(submission: Submission) -> None:
    """It gives one score a class, for any number of images."""
    net = submission.shared("LeNet5", num_classes=7)
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
    net = submission.shared("LeNet5")
    parameter_count(net, {61_706: "the table"}, known_wrong=LENET_WRONG, of="LeNet5()")


@check("lenet", points=0.5, needs="output_shape")
def lenet_not_linear(submission: Submission) -> None:
    """It is not linear: what it gives for a + b is not what it gives for a and b, added up."""
    net = submission.shared("LeNet5")
    bends(
        net, sample(2, 1, 32, 32), 2 * sample(2, 1, 32, 32).flip(2), of="LeNet5()",
        hint="Layers without an activation between them are one linear layer. Where is the tanh?",
    )  # fmt: skip


@check("lenet", points=1.5, needs="output_shape")
def lenet_known_values(submission: Submission, frozen: Frozen) -> None:
    """With given weights and given images it returns the known scores."""
    net = submission.shared("LeNet5", dtype="float64")
    same_function(net, frozen["lenet"], of="LeNet5() with given weights", hint=LENET)


@check("lenet", points=0.5, needs="output_shape")
def lenet_modes(submission: Submission) -> None:
    """Training and evaluation mode compute the same."""
    net, x = submission.shared("LeNet5"), sample(3, 1, 32, 32)
    close(
        net.forward(x, train=True), is_tensor(net.forward(x), of="the output of LeNet5()"),
        of="the output of LeNet5() in training mode", rtol=1e-4, atol=1e-5,
        hint="Nothing in the table knows the mode. Is there a dropout, or batch norm?",
    )  # fmt: skip


@check("lenet", points=0.5, needs=("known_values", "same_function"))
def lenet_cost(submission: Submission) -> None:
    """It costs 416,520 multiply-adds an image."""
    net = submission.shared("LeNet5")
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
    submission.shared("C3")


@check("c3", points=1, needs="constructs")
def c3_output_shape(submission: Submission) -> None:
    """It makes 16 maps, four pixels smaller on each side, of maps of any size."""
    c3 = submission.shared("C3")
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
    parameter_count(submission.shared("C3"), accepted, known_wrong=wrong, of="C3()")


@check("c3", points=1, needs="output_shape")
def c3_table(submission: Submission) -> None:
    """Each output map reads the input maps of its column, and no others."""
    c3 = submission.shared("C3", dtype="float64")
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
    c3 = submission.shared("C3", dtype="float64")
    kernel = kernel_of(c3, 6, 5, out_channels=16, of="C3()")
    is_convolution(
        c3, kernel, sample(2, 6, 9, 8).double(), of="C3() on random maps",
        hint="Compared with the convolution that C3() shows to single pixels. Is there an "
        "activation inside, or something else that is not linear?",
    )  # fmt: skip


@check("c3", points=0.5, needs=("table", "convolution"))
def c3_cost(submission: Submission) -> None:
    """For maps of 14×14 it costs 150,000 multiply-adds, or 240,000 with a full weight."""
    c3 = submission.shared("C3")
    cost = c3.trace(sample(1, 6, 14, 14)).macs
    if cost not in (150_000, 240_000):
        raise Unmet(
            "C3() for maps of 14×14 costs another number of multiply-adds",
            expected="150,000 or 240,000",
            got=f"{cost:,}",
            hint="The output has 10×10 positions: compute these and no others.",
        )


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
            hint="Flattening lists channel by channel, in each row by row. Each row of the weight "
            "belongs to one output and lists its numbers in the same order; and there is a bias.",
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
