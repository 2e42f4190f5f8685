"""Wrong answers to the questions on response normalisation and AlexNet."""

from __future__ import annotations

from autograder.expect.variants import edits_of

# --- lrn -----------------------------------------------------------------------------------------

lrn = edits_of("lrn")
SIGNATURE = "(x, size=5, alpha=1e-4, beta=0.75, k=2.0):"
REACH = "reach = size // 2"
SQUARES = (
    "squares = F.pad(x.square(), (0, 0, 0, 0, reach, reach))  # zeros before and after the channels"
)
WINDOWS = "windows = squares.unfold(1, size, 1)  # (N, C, H, W, size)"
RESULT = "return x / (k + alpha * windows.sum(-1)) ** beta"


def padded(how: str) -> str:
    """The line that pads the squares along the channels, by another expression."""
    return f"squares = {how}"


LRN = (
    lrn(
        "alpha_divided",
        "Alpha is divided by the window's size, as in PyTorch's and Caffe's layers: the paper's "
        "formula multiplies the sum itself.",
        RESULT, "return x / (k + alpha / size * windows.sum(-1)) ** beta",
    ),
    lrn(
        "torch_defaults",
        "This is nn.LocalResponseNorm as it comes: it divides alpha by the window's size, and its "
        "k is 1 unless told otherwise.",
        {SIGNATURE: "(x, size=5, alpha=1e-4, beta=0.75, k=1.0):",
         RESULT: "return x / (k + alpha / size * windows.sum(-1)) ** beta"},
    ),
    lrn(
        "k_is_one",
        "k is 1 unless given, as in PyTorch: the paper has 2.",
        SIGNATURE, "(x, size=5, alpha=1e-4, beta=0.75, k=1.0):",
    ),
    lrn(
        "alpha_for_torch",
        "Alpha is 5e-4 unless given, which is what PyTorch's layer needs to be the paper's: with "
        "the sum as it stands it is 1e-4.",
        SIGNATURE, "(x, size=5, alpha=5e-4, beta=0.75, k=2.0):",
    ),
    lrn(
        "constants_required",
        "The constants have no defaults: give them the paper's.",
        SIGNATURE, "(x, size, alpha, beta, k):",
    ),
    lrn(
        "over_space",
        "The window runs over rows of the map: it runs over neighbouring channels at one and the "
        "same position.",
        {SQUARES: padded("F.pad(x.square(), (0, 0, reach, reach))"),
         WINDOWS: "windows = squares.unfold(2, size, 1)"},
    ),
    lrn(
        "over_space_and_channels",
        "The window is a cube over channels, height and width: it runs over channels alone.",
        {SQUARES: padded("F.pad(x.square(), (reach,) * 6)"),
         WINDOWS: "windows = squares.unfold(1, size, 1).unfold(2, size, 1).unfold(3, size, 1)"
                  ".flatten(4)"},
    ),
    lrn(
        "all_channels",
        "The sum runs over all channels, as some lectures tell it: it runs over the size nearest "
        "ones.",
        RESULT, "return x / (k + alpha * x.square().sum(1, keepdim=True)) ** beta",
    ),
    lrn(
        "reach_is_size",
        "The window reaches size channels to either side: it has size channels in all, the one in "
        "the middle included.",
        {REACH: "reach = size", WINDOWS: "windows = squares.unfold(1, 2 * size + 1, 1)"},
    ),
    lrn(
        "looks_back_only",
        "The window ends at the channel itself: it lies around it, with as many channels on either "
        "side.",
        SQUARES, padded("F.pad(x.square(), (0, 0, 0, 0, 2 * reach, 0))"),
    ),
    lrn(
        "itself_left_out",
        "The channel itself is left out of the sum: the window's middle counts as well.",
        RESULT, "return x / (k + alpha * (windows.sum(-1) - x.square())) ** beta",
    ),
    lrn(
        "wraps_around",
        "The window wraps around at the ends, so that the first and the last channels are "
        "neighbours: it is cut off there.",
        RESULT, "around = [x.square().roll(s, 1) for s in range(-reach, reach + 1)]\n"
                "    return x / (k + alpha * torch.stack(around).sum(0)) ** beta",
    ),
    lrn(
        "ends_repeated",
        "At the ends the outermost channel is repeated: the window is cut off there.",
        SQUARES, padded("torch.cat([x[:, :1].square()] * reach + [x.square()] + "
                        "[x[:, -1:].square()] * reach, 1)"),
    ),
    lrn(
        "mean_of_the_window",
        "The mean over the channels of the window stands where the formula has their sum.",
        RESULT, "there = F.pad(torch.ones_like(x), (0, 0, 0, 0, reach, reach)).unfold(1, size, 1)\n"
                "    return x / (k + alpha * windows.sum(-1) / there.sum(-1)) ** beta",
    ),
    lrn(
        "not_squared",
        "The activities are summed as they are: their squares are asked for.",
        SQUARES, padded("F.pad(x, (0, 0, 0, 0, reach, reach)).clamp(min=0)"),
    ),
    lrn(
        "multiplies",
        "The activity is multiplied by the bracket: it is divided by it.",
        RESULT, "return x * (k + alpha * windows.sum(-1)) ** beta",
    ),
    lrn(
        "beta_missing",
        "The bracket is not raised to the power beta.",
        RESULT, "return x / (k + alpha * windows.sum(-1))",
    ),
    lrn(
        "beta_is_a_root",
        "The bracket is under a square root, as in batch norm: its power is beta.",
        RESULT, "return x / (k + alpha * windows.sum(-1)).sqrt()",
    ),
    lrn(
        "k_outside_the_power",
        "Only the sum is raised to the power beta, and k added afterwards: k stands inside the "
        "bracket.",
        RESULT, "return x / (k + (alpha * windows.sum(-1)) ** beta)",
    ),
    lrn(
        "alpha_times_everything",
        "Alpha multiplies k as well: it multiplies the sum alone.",
        RESULT, "return x / (alpha * (k + windows.sum(-1))) ** beta",
    ),
    lrn(
        "alpha_squared",
        "Alpha is squared together with the activities: it multiplies the sum of squares.",
        RESULT, "return x / (k + alpha**2 * windows.sum(-1)) ** beta",
    ),
    lrn(
        "squares_the_result",
        "The numerator is squared: it is the activity itself, with its sign.",
        RESULT, "return x.square() / (k + alpha * windows.sum(-1)) ** beta",
    ),
    lrn(
        "float32_always",
        "The result is float32 whatever comes in: keep the dtype of x.",
        RESULT, "return (x / (k + alpha * windows.sum(-1)) ** beta).float()",
    ),
    lrn(
        "rectifies",
        "Negative activities are set to zero: that is the ReLU's work, which comes before.",
        RESULT, "return x.relu() / (k + alpha * windows.sum(-1)) ** beta",
    ),
)  # fmt: skip

# --- alexnet -------------------------------------------------------------------------------------

alexnet = edits_of("alexnet")
CONV1 = "nn.Conv2d(3, width, 11, stride=4)"
CONV2 = "nn.Conv2d(width, wide, 5, padding=2, groups=groups)"
CONV3 = "nn.Conv2d(wide, middle, 3, padding=1)"
CONV4 = "nn.Conv2d(middle, middle, 3, padding=1, groups=groups)"
CONV5 = "nn.Conv2d(middle, wide, 3, padding=1, groups=groups)"
FC6 = "nn.Linear(wide * 6 * 6, hidden)"
FC7 = "nn.Linear(hidden, hidden)"
FC8 = "nn.Linear(hidden, num_classes)"
WIDTHS = "wide, middle, hidden = width * 8 // 3, width * 4, width * 128 // 3"
HEAD = "def alexnet(groups=2, num_classes=1000, width=96):"
REST = ",\n        nn.ReLU(),\n        ResponseNorm(),\n        nn.MaxPool2d(3, stride=2),\n"
NORM1 = f"        {CONV1}{REST}"
NORM2 = f"        {CONV2}{REST}"
LAST_POOL = "        nn.MaxPool2d(3, stride=2),\n        nn.Flatten(),\n"
NORMALISE = "return local_response_norm(x)"
DROP6 = f"        {FC6},\n        nn.ReLU(),\n        nn.Dropout(0.5),\n"
DROP7 = f"        {FC7},\n        nn.ReLU(),\n        nn.Dropout(0.5),\n"
BUILT = "    return nn.Sequential(\n"


def both(first: str) -> dict[str, str]:
    """The first two layers changed in the same way; ``CONV`` stands for the convolution."""
    return {NORM1: first.replace("CONV", CONV1), NORM2: first.replace("CONV", CONV2)}


def without_relu(conv: str) -> dict[str, str]:
    """No ReLU behind a layer."""
    return {f"        {conv},\n        nn.ReLU(),\n": f"        {conv},\n"}


def helper(name: str, forward: str) -> str:
    """The head of the answer with a small class before it."""
    return f"class {name}(nn.Module):\n    def forward(self, x):\n        {forward}\n\n\n{HEAD}"


ALEXNET = (
    alexnet(
        "groups_ignored",
        "The groups take no part: this is the single tower, whatever is asked for.",
        {CONV2: CONV2.replace(", groups=groups", ""), CONV4: CONV4.replace(", groups=groups", ""),
         CONV5: CONV5.replace(", groups=groups", "")},
    ),
    alexnet(
        "third_convolution_grouped",
        "The third convolution has groups as well: there the two GPUs read each other's maps.",
        CONV3, CONV3.replace("padding=1", "padding=1, groups=groups"),
    ),
    alexnet(
        "only_second_grouped",
        "Only the second convolution has groups: the fourth and the fifth have them, too.",
        {CONV4: CONV4.replace(", groups=groups", ""), CONV5: CONV5.replace(", groups=groups", "")},
    ),
    alexnet(
        "second_not_grouped",
        "The second convolution has no groups: it reads the maps of its own GPU only.",
        CONV2, CONV2.replace(", groups=groups", ""),
    ),
    alexnet(
        "always_two_groups",
        "There are two groups whatever is asked for: groups=1 is the single tower.",
        WIDTHS, f"groups = 2\n    {WIDTHS}",
    ),
    alexnet(
        "no_normalisation",
        "The response normalisation is missing: it follows the ReLU of the first two convolutions.",
        both("        CONV,\n        nn.ReLU(),\n        nn.MaxPool2d(3, stride=2),\n"),
    ),
    alexnet(
        "normalised_before_relu",
        "The response normalisation comes before the ReLU, so that negative activities compete as "
        "well: it follows the ReLU.",
        both("        CONV,\n        ResponseNorm(),\n        nn.ReLU(),\n"
             "        nn.MaxPool2d(3, stride=2),\n"),
    ),
    alexnet(
        "normalised_after_pooling",
        "The response normalisation comes after the pooling, as in Caffe's CaffeNet: in AlexNet it "
        "comes before.",
        both("        CONV,\n        nn.ReLU(),\n        nn.MaxPool2d(3, stride=2),\n"
             "        ResponseNorm(),\n"),
    ),
    alexnet(
        "normalised_once",
        "Only the first convolution is followed by response normalisation: the second one is, too.",
        NORM2, NORM2.replace("        ResponseNorm(),\n", ""),
    ),
    alexnet(
        "alpha_divided",
        "This is nn.LocalResponseNorm with the paper's four numbers: it divides alpha by 5, so "
        "that 5e-4 has to be given.",
        NORMALISE, "return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=2.0)",
    ),
    alexnet(
        "torch_defaults",
        "This is nn.LocalResponseNorm(5) as it comes: its k is 1, and it divides alpha by 5.",
        NORMALISE, "return F.local_response_norm(x, 5)",
    ),
    alexnet(
        "batch_norm_instead",
        "Batch norm stands where the response normalisation belongs: it came three years later, "
        "and has parameters.",
        {NORM1: NORM1.replace("ResponseNorm()", "nn.BatchNorm2d(width)"),
         NORM2: NORM2.replace("ResponseNorm()", "nn.BatchNorm2d(wide)")},
    ),
    alexnet(
        "padded_stem",
        "The first convolution pads by 2, which belongs to images of 224 pixels: with 227 there is "
        "no padding.",
        CONV1, "nn.Conv2d(3, width, 11, stride=4, padding=2)",
    ),
    alexnet(
        "one_weird_trick",
        "These are the channels of torchvision's AlexNet (2014), 64-192-384-256-256: the paper has "
        "96-256-384-384-256.",
        {CONV1: "nn.Conv2d(3, width * 2 // 3, 11, stride=4)",
         CONV2: "nn.Conv2d(width * 2 // 3, width * 2, 5, padding=2, groups=groups)",
         CONV3: "nn.Conv2d(width * 2, middle, 3, padding=1)",
         CONV5: "nn.Conv2d(wide, wide, 3, padding=1, groups=groups)",
         CONV4: "nn.Conv2d(middle, wide, 3, padding=1, groups=groups)"},
    ),
    alexnet(
        "pooling_2x2",
        "The poolings are 2×2 and do not overlap: they are 3×3 with stride 2.",
        {NORM1: NORM1.replace("MaxPool2d(3, stride=2)", "MaxPool2d(2, ceil_mode=True)"),
         NORM2: NORM2.replace("MaxPool2d(3, stride=2)", "MaxPool2d(2)"),
         LAST_POOL: LAST_POOL.replace("MaxPool2d(3, stride=2)", "MaxPool2d(3, stride=2, padding=0,"
                                      " ceil_mode=True)")},
    ),
    alexnet(
        "average_pooling",
        "The poolings take the average: they take the maximum.",
        {NORM1: NORM1.replace("MaxPool", "AvgPool"), NORM2: NORM2.replace("MaxPool", "AvgPool"),
         LAST_POOL: LAST_POOL.replace("MaxPool", "AvgPool")},
    ),
    alexnet(
        "last_pooling_missing",
        "The last pooling is missing: the head reads maps of 13×13 instead of 6×6.",
        {LAST_POOL: "        nn.Flatten(),\n", FC6: "nn.Linear(wide * 13 * 13, hidden)"},
    ),
    alexnet(
        "no_relu_after_fc6",
        "There is no ReLU after the first linear layer, so that it and the next one are one linear "
        "layer.",
        without_relu(FC6),
    ),
    alexnet(
        "no_relu_after_fc7",
        "There is no ReLU after the second linear layer, so that it and the last one are one "
        "linear layer.",
        without_relu(FC7),
    ),
    alexnet(
        "no_relu_after_conv3",
        "There is no ReLU after the third convolution, so that it and the fourth are one linear "
        "map.",
        without_relu(CONV3),
    ),
    alexnet(
        "no_relu_after_conv4",
        "There is no ReLU after the fourth convolution, so that it and the fifth are one linear "
        "map.",
        without_relu(CONV4),
    ),
    alexnet(
        "no_relu_after_conv5",
        "There is no ReLU after the fifth convolution.",
        without_relu(CONV5),
    ),
    # A ReLU behind a max pooling instead of in front of it is the same function: the maximum of
    # numbers set to zero where negative is their maximum, set to zero where negative.
    alexnet(
        "tanh",
        "The first convolution has a tanh: ReLU is what made AlexNet train several times faster.",
        NORM1, NORM1.replace("nn.ReLU()", "nn.Tanh()"),
    ),
    alexnet(
        "relu_at_the_end",
        "A ReLU follows the last linear layer as well: scores may be negative.",
        f"        {FC8},\n", f"        {FC8},\n        nn.ReLU(),\n",
    ),
    alexnet(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        f"        {FC8},\n", f"        {FC8},\n        nn.Softmax(dim=1),\n",
    ),
    alexnet(
        "flatten_swallows_the_batch",
        "Flatten joins all images of the batch into one vector: the first axis stays.",
        "nn.Flatten()", "nn.Flatten(0)",
    ),
    alexnet(
        "no_dropout",
        "There is no dropout: it acts in two places, in training mode.",
        {DROP6: DROP6.replace("        nn.Dropout(0.5),\n", ""),
         DROP7: DROP7.replace("        nn.Dropout(0.5),\n", "")},
    ),
    alexnet(
        "one_dropout",
        "There is one dropout only: it acts in two places.",
        DROP6, DROP6.replace("        nn.Dropout(0.5),\n", ""),
    ),
    alexnet(
        "dropout_too_weak",
        "A tenth is dropped: the probability is 0.5.",
        {DROP6: DROP6.replace("0.5", "0.1"), DROP7: DROP7.replace("0.5", "0.1")},
    ),
    alexnet(
        "dropout_on_scores",
        "The second dropout acts on the scores: both stand at the first two linear layers.",
        {DROP7: DROP7.replace("        nn.Dropout(0.5),\n", ""),
         f"        {FC8},\n": f"        {FC8},\n        nn.Dropout(0.5),\n"},
    ),
    alexnet(
        "dropout_never_off",
        "The dropout acts in evaluation mode as well: F.dropout has to be told the mode "
        "(training=self.training), nn.Dropout looks after it itself.",
        {HEAD: helper("Drop", "return F.dropout(x, 0.5)"),
         DROP6: DROP6.replace("nn.Dropout(0.5)", "Drop()"),
         DROP7: DROP7.replace("nn.Dropout(0.5)", "Drop()")},
    ),
    alexnet(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        HEAD, "def alexnet(groups=2, num_classes=10, width=96):",
    ),
    alexnet(
        "always_thousand_classes",
        "The number of classes is fixed at 1000: num_classes is ignored.",
        FC8, "nn.Linear(hidden, 1000)",
    ),
    alexnet(
        "classes_come_first",
        "The arguments stand in another order: groups, num_classes, width.",
        HEAD, "def alexnet(num_classes=1000, groups=2, width=96):",
    ),
    alexnet(
        "width_missing",
        "The function has no argument called width.",
        {HEAD: "def alexnet(groups=2, num_classes=1000):", WIDTHS: f"width = 96\n    {WIDTHS}"},
    ),
    alexnet(
        "head_of_fixed_width",
        "The linear layers have 4096 units whatever the width: they keep their proportion to it, "
        "width * 128 // 3.",
        WIDTHS, "wide, middle, hidden = width * 8 // 3, width * 4, 4096",
    ),
    alexnet(
        "one_linear_layer_less",
        "There are two linear layers: between the first and the classes stands another one, as "
        "wide as the first.",
        DROP7, "",
    ),
    alexnet(
        "no_biases",
        "The first convolution has no bias: every layer has one, there is no batch norm that would "
        "make up for it.",
        CONV1, "nn.Conv2d(3, width, 11, stride=4, bias=False)",
    ),
    alexnet(
        "stem_frozen",
        "The first convolution is frozen, as one does for fine-tuning: here every parameter is "
        "trained.",
        CONV1, f"{CONV1}.requires_grad_(False)",
    ),
    alexnet(
        "features_detached",
        "The features are detached from the graph: the convolutions never get a gradient.",
        {HEAD: helper("Detach", "return x.detach()"),
         "nn.Flatten()": "Detach(),\n        nn.Flatten()"},
    ),
    alexnet(
        "subsamples_late",
        "The numbers are right, but the first convolution computes every position and fifteen of "
        "sixteen are dropped afterwards: with stride=4 it computes only those that stay.",
        {HEAD: helper("EveryFourth", "return x[:, :, ::4, ::4]"),
         CONV1: "nn.Conv2d(3, width, 11),\n        EveryFourth()"},
    ),
)  # fmt: skip
