"""Wrong answers to the questions of numbers: arithmetic, receptive fields, conclusions."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- arithmetic ----------------------------------------------------------------------------------

sizes = edits_of("arithmetic")
SIZE = "return (n + 2 * padding - kernel_size) // stride + 1"
SIDE = "side = conv_output_size(n, kernel_size, stride, padding)"
WEIGHTS = "weights = out_channels * (in_channels // groups) * kernel_size**2"
PAIR = "return weights + out_channels, weights * side**2"

ARITHMETIC = (
    sizes(
        "no_plus_one",
        "This is the number of steps between windows: the first window counts as well, so that one "
        "more is right.",
        SIZE, "return (n + 2 * padding - kernel_size) // stride",
    ),
    sizes(
        "padding_on_one_side",
        "The padding is counted once: both ends get it.",
        SIZE, "return (n + padding - kernel_size) // stride + 1",
    ),
    sizes(
        "padding_subtracted",
        "The padding makes the image smaller here: it adds pixels at both ends.",
        SIZE, "return (n - 2 * padding - kernel_size) // stride + 1",
    ),
    sizes(
        "rounds_up",
        "This rounds up, as poolings with ceil_mode do: a window that does not fit in completely "
        "is left out.",
        SIZE, "return -(-(n + 2 * padding - kernel_size) // stride) + 1",
    ),
    sizes(
        "rounds_to_nearest",
        "This rounds to the nearest whole number: a window that does not fit in completely is left "
        "out, so always round down.",
        SIZE, "return round((n + 2 * padding - kernel_size) / stride) + 1",
    ),
    sizes(
        "one_inside_the_division",
        "The 1 is added before the division by the stride: it is the first window, which no stride "
        "divides.",
        SIZE, "return (n + 2 * padding - kernel_size + 1) // stride",
    ),
    sizes(
        "same_padding_assumed",
        "The kernel's size takes no part, as if the padding always made up for it: only `padding` "
        "says how much there is.",
        SIZE, "return -(-n // stride)",
    ),
    sizes(
        "stride_ignored",
        "The stride takes no part: windows start every `stride` pixels.",
        SIZE, "return n + 2 * padding - kernel_size + 1",
    ),
    sizes(
        "float_result",
        "The result is a float, with a fraction where windows do not come out even: a size is a "
        "whole number (// divides so).",
        SIZE, "return (n + 2 * padding - kernel_size) / stride + 1",
    ),
    sizes(
        "stride_required",
        "conv_output_size demands stride and padding: both are optional, 1 and 0 unless given.",
        "def conv_output_size(n, kernel_size, stride=1, padding=0):",
        "def conv_output_size(n, kernel_size, stride, padding):",
    ),
    sizes(
        "no_bias",
        "The biases are missing among the parameters: each output channel has one.",
        PAIR, "return weights, weights * side**2",
    ),
    sizes(
        "one_bias",
        "There is one bias for the whole layer: each output channel has its own.",
        PAIR, "return weights + 1, weights * side**2",
    ),
    sizes(
        "bias_for_each_kernel",
        "There is a bias for each pair of channels: the sum over the input channels gets one bias, "
        "so each output channel has one.",
        PAIR, "return weights + out_channels * (in_channels // groups), weights * side**2",
    ),
    sizes(
        "cost_of_the_input_size",
        "The multiply-adds are counted for the positions of the input: what is computed are the "
        "positions of the output.",
        SIDE, "side = n",
    ),
    sizes(
        "bias_among_macs",
        "Adding the bias is counted as a multiply-add: only the weights multiply.",
        PAIR, "return weights + out_channels, (weights + out_channels) * side**2",
    ),
    sizes(
        "operations_apart",
        "Multiplications and additions are counted apart, which gives twice as many: one "
        "multiply-add is both.",
        PAIR, "return weights + out_channels, 2 * weights * side**2",
    ),
    sizes(
        "groups_ignored",
        "The groups take no part: with groups, a filter reads in_channels / groups channels.",
        WEIGHTS, "weights = out_channels * in_channels * kernel_size**2",
    ),
    sizes(
        "groups_divide_twice",
        "Input and output channels are both divided by the groups, which counts one group: all "
        "output channels have filters.",
        WEIGHTS,
        "weights = (out_channels // groups) * (in_channels // groups) * kernel_size**2",
    ),
    sizes(
        "kernel_not_squared",
        "The kernel's size stands in the first power: a square kernel has kernel_size² weights.",
        WEIGHTS, "weights = out_channels * (in_channels // groups) * kernel_size",
    ),
    sizes(
        "in_channels_forgotten",
        "A filter has as many weights as its kernel here, whatever the input's channels: it has a "
        "kernel for each channel that it reads.",
        WEIGHTS, "weights = out_channels * kernel_size**2",
    ),
    sizes(
        "one_row_of_positions",
        "The multiply-adds are those of one row: the output has side × side positions.",
        PAIR, "return weights + out_channels, weights * side",
    ),
    sizes(
        "one_output_channel",
        "The multiply-adds are those of a single output channel: all are computed.",
        PAIR, "return weights + out_channels, weights // out_channels * side**2",
    ),
    sizes(
        "pair_swapped",
        "The pair is the wrong way round: parameters first, then multiply-adds.",
        PAIR, "return weights * side**2, weights + out_channels",
    ),
    sizes(
        "padding_lost",
        "The cost ignores the padding: it makes the output larger.",
        SIDE, "side = conv_output_size(n, kernel_size, stride)",
    ),
    sizes(
        "macs_alone",
        "conv_cost returns one number: a pair is asked for, parameters and multiply-adds.",
        PAIR, "return weights * side**2",
    ),
)  # fmt: skip

# --- receptive_field -----------------------------------------------------------------------------

fields = edits_of("receptive_field")
START = "field, step = 1, 1"
GROW = "field += (kernel_size - 1) * step"
STEP = "step *= stride"

RECEPTIVE_FIELD = (
    fields(
        "multiplied",
        "The kernels' sizes are multiplied: a layer adds kernel_size - 1 steps to what is seen.",
        GROW, "field *= kernel_size",
    ),
    fields(
        "summed",
        "The kernels' sizes are added up: windows overlap, so a layer adds kernel_size - 1 steps.",
        {START: "field, step = 0, 1", GROW: "field += kernel_size * step"},
    ),
    fields(
        "adds_whole_kernels",
        "Each layer adds its whole kernel: the middle of it was seen before, so that one less is "
        "new.",
        GROW, "field += kernel_size * step",
    ),
    fields(
        "starts_at_nothing",
        "The count begins with 0: without any layer, a position sees the one pixel that it is.",
        START, "field, step = 0, 1",
    ),
    fields(
        "strides_ignored",
        "Strides take no part: behind a stride, neighbouring positions are further apart in the "
        "image.",
        f"        {STEP}\n",
    ),
    fields(
        "own_stride_first",
        "A layer's own stride makes its own window wider here: a stride acts on the layers behind "
        "it.",
        {GROW: f"{STEP}\n        {GROW}", f"        {STEP}\n    return": "    return"},
    ),
    fields(
        "strides_added",
        "Strides are added up: a stride behind a stride multiplies it.",
        STEP, "step += stride - 1",
    ),
    fields(
        "last_stride_only",
        "Only the stride of the layer before counts: all strides before a layer multiply up.",
        STEP, "step = stride",
    ),
    # The formula (field - 1) * stride + kernel_size, meant for a walk from the output to the image,
    # gives the same numbers as this when it walks the other way.
    fields(
        "read_backwards",
        "The layers are taken from the output to the image: strides act on what comes behind them, "
        "so begin at the image.",
        "in layers:", "in layers[::-1]:",
    ),
    fields(
        "both_sides_area",
        "This is the number of pixels in the square: those along one side are asked for.",
        "return field", "return field**2",
    ),
    fields(
        "empty_is_zero",
        "Without layers the answer is 0 here: a position of the image sees itself.",
        START, f"if not layers:\n        return 0\n    {START}",
    ),
)  # fmt: skip

# --- additivity ----------------------------------------------------------------------------------

drawn = edits_of("additivity")

ADDITIVITY = (
    drawn(
        "near_chance",
        "The network without activations is far from chance: it names more than nine of ten new "
        "digits right, which is why accuracy does not show that they are missing.",
        '"above 80 %"', '"near chance"',
    ),
    drawn(
        "gap_not_zero",
        "The gap without activations is zero up to rounding: a few millionths of the largest "
        "output are what float32 leaves.",
        '"zero up to rounding"', '"clearly not zero"',
    ),
    drawn(
        "accuracy_tells",
        "The accuracies of the two networks overlap with those of many a correct one: seeing one "
        "of them alone, you could not say which network it is.",
        '"additivity"', '"accuracy"',
    ),
    drawn(
        "parameters_tell",
        "An activation has no parameters: both networks have 61,706.",
        '"additivity"', '"parameter count"',
    ),
    drawn(
        "free_text",
        "A statement is free text: copy one of the values from the table.",
        '"above 80 %"', '"It is surprisingly good."',
    ),
)  # fmt: skip

# --- fc_to_conv ----------------------------------------------------------------------------------

heads = edits_of("fc_to_conv")
MAKE = "conv = nn.Conv2d(channels, linear.out_features, (height, width))"
COPY = "conv.weight = nn.Parameter(linear.weight.detach().reshape(-1, *shape).clone())"
BIAS = "conv.bias = nn.Parameter(linear.bias.detach().clone())"
KERNEL = "linear.weight.detach().reshape(-1, *shape)"

FC_TO_CONV = (
    heads(
        "channels_last",
        "The weight is read as if maps were flattened position by position, as TensorFlow lays "
        "them out: torch.flatten lists one whole channel after the other.",
        KERNEL, "linear.weight.detach().reshape(-1, height, width, channels).permute(0, 3, 1, 2)",
    ),
    heads(
        "kernel_flipped",
        "The kernel is flipped, as in the convolution of mathematics: PyTorch's does not flip it.",
        KERNEL, f"{KERNEL}.flip(2, 3)",
    ),
    heads(
        "height_and_width_swapped",
        "Height and width have changed places: in each channel the weight lists row by row.",
        KERNEL, "linear.weight.detach().reshape(-1, channels, width, height).transpose(2, 3)",
    ),
    heads(
        "no_bias",
        "The bias is lost: the linear layer has one for each output.",
        {MAKE: "conv = nn.Conv2d(channels, linear.out_features, (height, width), bias=False)",
         f"    {BIAS}\n": ""},
    ),
    heads(
        "bias_not_copied",
        "The convolution has a bias of its own, at random: copy the linear layer's.",
        f"    {BIAS}\n",
    ),
    heads(
        "nothing_copied",
        "The convolution has the right shape and random weights: copy those of the linear layer.",
        {f"    {COPY}\n": "", f"    {BIAS}\n": ""},
    ),
    heads(
        "padded",
        "The convolution pads: without padding, maps of the given shape leave one position.",
        MAKE, "conv = nn.Conv2d(channels, linear.out_features, (height, width), "
              "padding=(height // 2, width // 2))",
    ),
    heads(
        "stride_of_the_kernel",
        "The windows are laid side by side: with stride 1 there is one at every position.",
        MAKE, "conv = nn.Conv2d(channels, linear.out_features, (height, width), "
              "stride=(height, width))",
    ),
    heads(
        "square_kernel",
        "The kernel is square, with the height for both sides: maps need not be square.",
        {MAKE: "conv = nn.Conv2d(channels, linear.out_features, height)",
         KERNEL: "linear.weight.detach().reshape(-1, channels, height, height)"},
    ),
    rewrite(
        "fc_to_conv", "one_by_one",
        "This is a 1×1 convolution over as many channels as there are inputs: the kernel has to be "
        "as large as the maps.",
        """
def fc_to_conv(linear, shape):
    conv = nn.Conv2d(linear.in_features, linear.out_features, 1)
    conv.weight = nn.Parameter(linear.weight.detach()[:, :, None, None].clone())
    conv.bias = nn.Parameter(linear.bias.detach().clone())
    return conv
""",
    ),
    heads(
        "reshapes_in_place",
        "The linear layer's own weight is reshaped, so that it no longer works: reshape a copy.",
        COPY, "linear.weight.data = linear.weight.data.reshape(-1, *shape)\n"
              "    conv.weight = linear.weight",
    ),
    rewrite(
        "fc_to_conv", "still_linear",
        "This flattens and calls the linear layer, which takes maps of one size alone: a "
        "convolution also takes larger ones.",
        """
def fc_to_conv(linear, shape):
    return nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, (linear.out_features, 1, 1)))
""",
    ),
    heads(
        "frozen",
        "The convolution's parameters are frozen: it replaces a layer that goes on learning.",
        "    return conv", "    conv.requires_grad_(False)\n    return conv",
    ),
    rewrite(
        "fc_to_conv", "returns_the_weight",
        "This returns a tensor, the kernel: a module is asked for, such as an nn.Conv2d that holds "
        "it.",
        """
def fc_to_conv(linear, shape):
    return linear.weight.detach().reshape(-1, *shape)
""",
    ),
    heads(
        "shape_read_backwards",
        "The shape is read as (H, W, C): it is (C, H, W), as PyTorch lays maps out.",
        {"channels, height, width = shape": "height, width, channels = shape",
         KERNEL: "linear.weight.detach().reshape(-1, channels, height, width)"},
    ),
)  # fmt: skip
