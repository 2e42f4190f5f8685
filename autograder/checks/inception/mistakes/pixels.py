"""Questions 1 to 3: the 1x1 convolution, two of them, and the network in the network."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- 1 conv1x1 -----------------------------------------------------------------------------------
# A function that ends in `.contiguous()`, or that computes in another order, is the same function.

conv = edits_of("conv1x1")
PIXELS = "pixels = x.permute(0, 2, 3, 1)"
PRODUCT = "output = pixels @ weight[:, :, 0, 0].T"
ADD = "output = output + bias"
HAS_BIAS = "if bias is not None:"
BACK = "return output.permute(0, 3, 1, 2)"

CONV1X1 = (
    conv(
        "reshapes",
        "The pixels are made by reshape: it cuts the numbers of x, in the order in which they lie "
        "in memory, into other rows, which mixes channels of several pixels (permute moves axes).",
        PIXELS, "pixels = x.reshape(x.shape[0], x.shape[2], x.shape[3], x.shape[1])",
    ),
    conv(
        "reshapes_back",
        "The result is brought back by reshape: it has the right shape, but its numbers stand in "
        "the order of the pixels (permute moves the channels to the second axis).",
        BACK, "return output.reshape(x.shape[0], -1, x.shape[2], x.shape[3])",
    ),
    conv(
        "flattens_batch_away",
        "The pixels of all images are put into the columns by one reshape of x, which mixes images "
        "and channels: move the channels away from between batch and pixels first.",
        {PIXELS: "pixels = x.reshape(x.shape[1], -1).T",
         BACK: "return output.T.reshape(x.shape[0], -1, x.shape[2], x.shape[3])"},
    ),
    conv(
        "stays_channels_last",
        "The channels of the result are in the last axis, as TensorFlow keeps them: PyTorch wants "
        "them in the second.",
        BACK, "return output",
    ),
    conv(
        "swaps_height_and_width",
        "Height and width change places on the way back.",
        BACK, "return output.permute(0, 3, 2, 1)",
    ),
    conv(
        "weight_transposed",
        "The weight is used the wrong way round: its rows belong to the outputs, its columns to "
        "the inputs.",
        PRODUCT, "matrix = weight[:, :, 0, 0]\n    output = pixels @ "
                 "(matrix if matrix.shape[0] == matrix.shape[1] else matrix.T)",
    ),
    conv(
        "weight_never_transposed",
        "The matrix product takes the weight as it is, (C_out, C_in): rows of C_in numbers want "
        "its transpose.",
        PRODUCT, "output = pixels @ weight[:, :, 0, 0]",
    ),
    conv(
        "bias_over_width",
        "The bias is added along the width: it has one number for each channel.",
        {f"    {HAS_BIAS}\n        {ADD}\n": "",
         BACK: "output = output.permute(0, 3, 1, 2)\n    if bias is not None and len(bias) >= "
               "output.shape[3]:\n        output = output + bias[: output.shape[3]]\n    "
               "return output"},
    ),
    conv(
        "bias_forgotten",
        "The bias is never added: each output channel has its own.",
        ADD, "output = output",
    ),
    conv(
        "bias_required",
        "A bias of None is not dealt with: nothing is to be added then.",
        f"    {HAS_BIAS}\n        {ADD}", f"    {ADD}",
    ),
    conv(
        "bias_replaced_by_ones",
        "Without a bias, ones are added: None means that nothing is added.",
        ADD, f"{ADD}\n    else:\n        output = output + 1",
    ),
    conv(
        "relu_inside",
        "There is a ReLU in it: a convolution returns negative numbers as well.",
        BACK, "return F.relu(output).permute(0, 3, 1, 2)",
    ),
    conv(
        "forces_float32",
        "The result is turned to float32: it keeps the dtype of the input.",
        BACK, "return output.permute(0, 3, 1, 2).float()",
    ),
    rewrite(
        "conv1x1", "calls_convolution",
        "The numbers are right, but they come from a convolution: the question is how to do "
        "without one.",
        "\ndef conv1x1_as_linear(x, weight, bias=None):\n    return F.conv2d(x, weight, bias)\n",
    ),
    rewrite(
        "conv1x1", "calls_another_convolution",
        "The numbers are right, but they come from another of torch's convolutions, such as "
        "conv1d: the question is how to do without any.",
        """
def conv1x1_as_linear(x, weight, bias=None):
    return F.conv1d(x.flatten(2), weight[..., 0], bias).unflatten(2, x.shape[2:])
""",
    ),
    rewrite(
        "conv1x1", "averages_pixels",
        "The pixels of an image are averaged before the matrix is applied: a 1×1 convolution "
        "treats each pixel by itself.",
        """
def conv1x1_as_linear(x, weight, bias=None):
    mean = F.linear(x.mean((2, 3)), weight[:, :, 0, 0], bias)
    return mean[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])
""",
    ),
    rewrite(
        "conv1x1", "multiplies_entrywise",
        "Each channel is scaled by one number: every output channel is a sum over *all* input "
        "channels.",
        """
def conv1x1_as_linear(x, weight, bias=None):
    matrix = weight[:, :, 0, 0]
    picked = x[:, torch.arange(matrix.shape[0]) % x.shape[1]]
    output = picked * matrix.sum(1)[:, None, None]
    return output if bias is None else output + bias[:, None, None]
""",
    ),
)  # fmt: skip

# --- 2 merge -------------------------------------------------------------------------------------

merge = edits_of("merge")
WEIGHT = "weight = matrix2 @ weight1[:, :, 0, 0]"
BIAS1 = "    if bias1 is not None:\n"
THROUGH = "bias = matrix2 @ bias1 if bias2 is None else matrix2 @ bias1 + bias2"
PAIR = "return weight[:, :, None, None], bias"

MERGE = (
    merge(
        "wrong_order",
        "The matrices are multiplied in the wrong order: what is applied first stands on the "
        "right, W2 W1.",
        WEIGHT, "weight = weight1[:, :, 0, 0] @ matrix2",
    ),
    merge(
        "wrong_order_where_it_fits",
        "The matrices are multiplied in the wrong order wherever their shapes allow it: what is "
        "applied first stands on the right, W2 W1.",
        WEIGHT, "weight = matrix2 @ weight1[:, :, 0, 0]\n"
                "    if weight.shape[0] == weight.shape[1] == matrix2.shape[1]:\n"
                "        weight = weight1[:, :, 0, 0] @ matrix2",
    ),
    merge(
        "entrywise",
        "The weights are multiplied number by number: two linear maps in a row are a product of "
        "matrices.",
        WEIGHT, "matrix1 = weight1[:, :, 0, 0]\n    same = matrix1.shape == matrix2.shape\n"
                "    weight = matrix2 * matrix1 if same else matrix2 @ matrix1",
    ),
    merge(
        "weights_added",
        "The weights are added: the second map is applied to the result of the first, which "
        "multiplies the matrices.",
        WEIGHT, "matrix1 = weight1[:, :, 0, 0]\n    same = matrix1.shape == matrix2.shape\n"
                "    weight = matrix2 + matrix1 if same else matrix2 @ matrix1",
    ),
    merge(
        "first_bias_lost",
        "The first bias is left out: the second convolution is applied to it as well, W2 b1.",
        {BIAS1: "    if bias1 is not None and bias2 is None:\n",
         THROUGH: "bias = matrix2 @ bias1"},
    ),
    merge(
        "no_bias_at_all",
        "The biases are left out: the first one passes through the second weight.",
        PAIR, "return weight[:, :, None, None], None",
    ),
    merge(
        "second_bias_lost",
        "The second bias is left out: it is added as it is.",
        THROUGH, "bias = matrix2 @ bias1",
    ),
    merge(
        "second_bias_through_matrix",
        "The second bias is multiplied by the second matrix, where shapes allow it: only the first "
        "one passes through it.",
        THROUGH, "square = matrix2.shape[0] == matrix2.shape[1]\n"
                 "        last = 0 if bias2 is None else bias2\n"
                 "        bias = matrix2 @ (bias1 + last) if square else matrix2 @ bias1 + last",
    ),
    merge(
        "biases_added",
        "The biases are added as they are, where shapes allow it: the first one passes through the "
        "second matrix, W2 b1 + b2.",
        THROUGH, "square = matrix2.shape[0] == matrix2.shape[1]\n"
                 "        last = 0 if bias2 is None else bias2\n"
                 "        bias = bias1 + last if square else matrix2 @ bias1 + last",
    ),
    merge(
        "bias_summed",
        "The first bias is summed into one number for all outputs: each output weighs it with its "
        "own row of W2.",
        THROUGH, "last = 0 if bias2 is None else bias2\n"
                 "        bias = torch.zeros_like(matrix2[:, 0]) + bias1.sum() + last",
    ),
    merge(
        "first_bias_assumed",
        "It is taken for granted that the first has a bias: None is a bias of zeros.",
        BIAS1, "    if True:\n",
    ),
    merge(
        "second_bias_assumed",
        "It is taken for granted that the second has a bias when the first has one.",
        THROUGH, "bias = matrix2 @ bias1 + bias2",
    ),
    merge(
        "matrix_returned",
        "The weight that is returned is a matrix: a 1×1 convolution's has the shape (C_out, C_in, "
        "1, 1).",
        PAIR, "return weight, bias",
    ),
    merge(
        "weight_alone",
        "Only the weight is returned: the pair (weight, bias) is asked for.",
        PAIR, "return weight[:, :, None, None]",
    ),
    merge(
        "float32",
        "The result is turned to float32: it keeps the dtype of what came in.",
        PAIR, "return weight[:, :, None, None].float(), bias",
    ),
    merge(
        "relu_between",
        "Negative weights of the first are cut off, as if a ReLU stood between the two: there is "
        "nothing between them, or they could not be merged.",
        WEIGHT, "weight = matrix2 @ F.relu(weight1[:, :, 0, 0])",
    ),
)  # fmt: skip

# --- 3 mlpconv -----------------------------------------------------------------------------------

mlp = edits_of("mlpconv")
FIRST = "        nn.Conv2d(in_channels, first, kernel_size, padding=padding),\n"
SECOND = "        nn.Conv2d(first, second, 1),\n"
THIRD = "        nn.Conv2d(second, third, 1),\n"
RELU = "        nn.ReLU(),\n"
WHOLE = FIRST + RELU + SECOND + RELU + THIRD + RELU

MLPCONV = (
    mlp(
        "no_relu_at_all",
        "There is no ReLU in it: the three convolutions are one linear map then.",
        WHOLE, FIRST + SECOND + THIRD,
    ),
    mlp(
        "no_relu_after_first",
        "The k×k convolution has no ReLU behind it, so that it and the first 1×1 are one linear "
        "map.",
        FIRST + RELU, FIRST,
    ),
    mlp(
        "no_relu_between",
        "There is no ReLU between the two 1×1 convolutions, which then are one matrix.",
        SECOND + RELU, SECOND,
    ),
    mlp(
        "no_relu_last",
        "The last 1×1 has no ReLU behind it: each of the three convolutions has one.",
        THIRD + RELU, THIRD,
    ),
    mlp(
        "sigmoid",
        "The activation is a sigmoid: here it is ReLU everywhere.",
        WHOLE, (FIRST + RELU + SECOND + RELU + THIRD + RELU).replace("ReLU", "Sigmoid"),
    ),
    mlp(
        "relu_before",
        "The ReLUs stand before the convolutions: each stands behind its convolution.",
        WHOLE, RELU + FIRST + RELU + SECOND + RELU + THIRD,
    ),
    mlp(
        "large_kernels_everywhere",
        "All three convolutions have the large kernel: only the first does, the others are 1×1.",
        {SECOND: "        nn.Conv2d(first, second, kernel_size, padding=kernel_size // 2),\n",
         THIRD: "        nn.Conv2d(second, third, kernel_size, padding=kernel_size // 2),\n"},
    ),
    mlp(
        "padding_everywhere",
        "The 1×1 convolutions are padded, too: the map grows by a border of pixels that never "
        "were there.",
        {SECOND: "        nn.Conv2d(first, second, 1, padding=padding),\n",
         THIRD: "        nn.Conv2d(second, third, 1, padding=padding),\n"},
    ),
    mlp(
        "padding_ignored",
        "The padding is ignored: it belongs to the first convolution.",
        FIRST, "        nn.Conv2d(in_channels, first, kernel_size),\n",
    ),
    mlp(
        "always_same_padding",
        "The first convolution is always padded to the same size: padding says by how much, and 0 "
        "is its default.",
        FIRST, '        nn.Conv2d(in_channels, first, kernel_size, padding="same"),\n',
    ),
    mlp(
        "pads_and_crops",
        "The numbers are right, but a wider border is computed and cut away again.",
        {FIRST: FIRST.replace("padding=padding", "padding=padding + 1") +
                "        nn.ZeroPad2d(-1),\n"},
    ),
    mlp(
        "one_1x1",
        "Only one 1×1 convolution follows the k×k: there are two.",
        SECOND + RELU + THIRD, "        nn.Conv2d(first, third, 1),\n",
    ),
    mlp(
        "no_biases",
        "The convolutions have no biases: there is no batch norm here that would replace them.",
        {FIRST: FIRST.replace("padding=padding", "padding=padding, bias=False"),
         SECOND: SECOND.replace("1)", "1, bias=False)"),
         THIRD: THIRD.replace("1)", "1, bias=False)")},
    ),
    mlp(
        "batch_norm",
        "There is batch norm behind the convolutions: this paper is a year older than batch norm.",
        {FIRST: FIRST + "        nn.BatchNorm2d(first),\n",
         SECOND: SECOND + "        nn.BatchNorm2d(second),\n",
         THIRD: THIRD + "        nn.BatchNorm2d(third),\n"},
    ),
    mlp(
        "dropout_inside",
        "There is dropout inside the block, which is active because it ignores the mode.",
        THIRD + RELU, THIRD + RELU +
        "        type('Drop', (nn.Module,), {'forward': lambda self, x: F.dropout(x, 0.5)})(),\n",
    ),
    mlp(
        "depthwise",
        "The first convolution has a filter for each channel by itself: each filter reaches "
        "through all of them.",
        FIRST, "        nn.Conv2d(in_channels, in_channels, kernel_size, padding=padding, "
               "groups=in_channels),\n        nn.Conv2d(in_channels, first, 1),\n",
    ),
    mlp(
        "same_layer_twice",
        "The two 1×1 convolutions are one and the same object, where shapes allow it: each has "
        "weights of its own.",
        {"    first, second, third = channels\n":
         "    first, second, third = channels\n    mix = nn.Conv2d(first, second, 1)\n",
         SECOND: "        mix,\n",
         THIRD: "        mix if first == second == third else nn.Conv2d(second, third, 1),\n"},
    ),
    mlp(
        "first_frozen",
        "The k×k convolution is frozen: every parameter is trained.",
        FIRST, FIRST.replace("),\n", ").requires_grad_(False),\n"),
    ),
    rewrite(
        "mlpconv", "plain_list",
        "The layers are in a plain Python list, where PyTorch does not see their parameters: "
        "nn.Sequential or nn.ModuleList registers them.",
        """
class Mlpconv(nn.Module):
    def __init__(self, channels, kernel_size, padding):
        super().__init__()
        kernels, paddings = (kernel_size, 1, 1), (padding, 0, 0)
        self.layers = [
            nn.Conv2d(a, b, k, padding=p)
            for a, b, k, p in zip(channels[:-1], channels[1:], kernels, paddings, strict=True)
        ]

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return x


def mlpconv(in_channels, channels, kernel_size, padding=0):
    return Mlpconv((in_channels, *channels), kernel_size, padding)
""",
    ),
    rewrite(
        "mlpconv", "detached",
        "The features are detached from the graph behind the k×k convolution, which therefore "
        "never learns.",
        """
class Mlpconv(nn.Module):
    def __init__(self, in_channels, channels, kernel_size, padding):
        super().__init__()
        self.a = nn.Conv2d(in_channels, channels[0], kernel_size, padding=padding)
        self.b = nn.Conv2d(channels[0], channels[1], 1)
        self.c = nn.Conv2d(channels[1], channels[2], 1)

    def forward(self, x):
        x = F.relu(self.a(x)).detach()
        return F.relu(self.c(F.relu(self.b(x))))


def mlpconv(in_channels, channels, kernel_size, padding=0):
    return Mlpconv(in_channels, channels, kernel_size, padding)
""",
    ),
    mlp(
        "padding_required",
        "The function demands a padding: it is optional, and 0 unless given.",
        "padding=0)", "padding)",
    ),
)  # fmt: skip
