"""Wrong answers to the question on the VGG family."""

from __future__ import annotations

from autograder.expect.variants import edits_of

vgg = edits_of("vgg")
CHANNELS = "(64, 128, 256, 512, 512)"
GROW = 'config += [channels] * number + ["M"]'
DONE = "    return config"
POOL = "layers.append(nn.MaxPool2d(2))"
LAYER = "layers += [nn.Conv2d(channels, entry, 3, padding=1), nn.ReLU()]"
FIRST = "nn.Linear(channels * 7 * 7, hidden), nn.ReLU(), nn.Dropout(0.5)]"
SECOND = "layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5)]"
LAST = "layers += [nn.Linear(hidden, num_classes)]"
HEAD = "def make_vgg(config, num_classes=1000, hidden=4096):"
FLAT = "nn.Flatten(), "
SIXTEEN = "16: (2, 2, 3, 3, 3)"
NUMBERS = "for number, channels in zip(convolutions[depth]"
LAST_M = f"config.pop()\n{DONE}"


def helper(name: str, forward: str) -> str:
    """The head of the answer with a small class before it."""
    return f"class {name}(nn.Module):\n    def forward(self, x):\n        {forward}\n\n\n{HEAD}"


VGG = (
    vgg(
        "fifth_block_doubled",
        "The fifth block has 1024 channels: doubling ends at 512, which the last two blocks share.",
        CHANNELS, "(64, 128, 256, 512, 1024)",
    ),
    vgg(
        "linear_layers_not_counted",
        "The number in the name counts convolutions alone: it counts the three linear layers as "
        "well, so that VGG-16 has thirteen convolutions.",
        {SIXTEEN: "16: (2, 2, 4, 4, 4)", "19: (2, 2, 4, 4, 4)": "19: (3, 4, 4, 4, 4)"},
    ),
    vgg(
        "poolings_counted",
        "VGG-16 has two convolutions too few: poolings have no weights and do not count as layers.",
        SIXTEEN, "16: (1, 1, 2, 2, 2)",
    ),
    vgg(
        "early_blocks_deep",
        "VGG-16 has its third convolutions in the first three blocks: the last three blocks have "
        "them.",
        SIXTEEN, "16: (3, 3, 3, 2, 2)",
    ),
    vgg(
        "channels_of_resnet",
        "The blocks have 64, 64, 128, 256 and 512 channels, as the parts of a ResNet: here they "
        "have 64, 128, 256, 512 and 512.",
        CHANNELS, "(64, 64, 128, 256, 512)",
    ),
    vgg(
        "pooling_after_each_convolution",
        "A pooling follows each convolution: one follows each block.",
        GROW, 'config += [channels, "M"] * number',
    ),
    vgg(
        "pooling_first",
        "The pooling stands at the beginning of a block: it stands at its end.",
        GROW, 'config += ["M"] + [channels] * number',
    ),
    vgg(
        "last_pooling_missing",
        "The fifth pooling is missing: every block ends in one.",
        DONE, "    config.pop()\n    return config",
    ),
    vgg(
        "numbers_of_convolutions",
        "The list holds how many convolutions each block has: an entry for each layer is asked "
        "for.",
        DONE, "    return list(convolutions[depth])",
    ),
    vgg(
        "text_instead_of_a_list",
        "The configuration is a text: a list of numbers and 'M's is asked for.",
        DONE, "    return str(config)",
    ),
    vgg(
        "no_relu_between",
        "Only the last convolution of a block has a ReLU: without one in between, the convolutions "
        "of a block are one linear map.",
        {POOL: "layers += [nn.ReLU(), nn.MaxPool2d(2)]",
         LAYER: "layers += [nn.Conv2d(channels, entry, 3, padding=1)]"},
    ),
    vgg(
        "no_relu_in_blocks",
        "The convolutions have no ReLU at all: each is followed by one.",
        LAYER, "layers += [nn.Conv2d(channels, entry, 3, padding=1)]",
    ),
    vgg(
        "no_relu_in_the_head",
        "There is no ReLU after the first linear layer, so that it and the next one are one linear "
        "layer.",
        FIRST, FIRST.replace("nn.ReLU(), ", ""),
    ),
    vgg(
        "no_relu_after_fc7",
        "There is no ReLU after the second linear layer, so that it and the last one are one "
        "linear layer.",
        SECOND, SECOND.replace("nn.ReLU(), ", ""),
    ),
    # A ReLU behind the pooling instead of in front of it is the same function.
    vgg(
        "no_padding",
        "The convolutions have no padding, so that maps shrink and the head does not fit: "
        "padding=1 keeps height and width.",
        LAYER, LAYER.replace(", padding=1", ""),
    ),
    vgg(
        "five_by_five",
        "The convolutions are 5×5: VGG's one rule is 3×3.",
        LAYER, LAYER.replace("3, padding=1", "5, padding=2"),
    ),
    vgg(
        "batch_norm_added",
        "There is a batch norm after each convolution, as in today's vgg16_bn: the paper did not "
        "have it yet.",
        LAYER, LAYER.replace("nn.ReLU()", "nn.BatchNorm2d(entry), nn.ReLU()"),
    ),
    vgg(
        "no_biases",
        "The convolutions have no biases: every layer has them, there is no batch norm that would "
        "make up for it.",
        LAYER, LAYER.replace("padding=1", "padding=1, bias=False"),
    ),
    vgg(
        "average_pooling",
        "The poolings take the average: they take the maximum.",
        POOL, POOL.replace("MaxPool2d", "AvgPool2d"),
    ),
    vgg(
        "overlapping_pooling",
        "The poolings are 3×3 and overlap, as AlexNet's: VGG's are 2×2.",
        POOL, "layers.append(nn.MaxPool2d(3, stride=2, padding=1))",
    ),
    vgg(
        "pooling_of_stride_1",
        "The poolings have stride 1 and do not halve the map: 2×2 with stride 2.",
        POOL, "layers.append(nn.MaxPool2d(2, stride=1))",
    ),
    vgg(
        "strided_convolution",
        "A convolution with stride 2 stands where a max pooling belongs.",
        POOL, "layers.append(nn.Conv2d(channels, channels, 2, stride=2))",
    ),
    vgg(
        "global_average",
        "The maps are averaged to one number a channel, as in ResNets: VGG flattens 7×7 maps.",
        {FLAT: "nn.AdaptiveAvgPool2d(1), nn.Flatten(), ",
         FIRST: FIRST.replace(" * 7 * 7", "")},
    ),
    vgg(
        "flatten_swallows_the_batch",
        "Flatten joins all images of the batch into one vector: the first axis stays.",
        FLAT, "nn.Flatten(0), ",
    ),
    vgg(
        "one_layer_repeated",
        "Equal convolutions in a row are one and the same object and share their weights: make a "
        "new one for each entry.",
        {LAYER: "if entry == channels and len(layers) > 1:\n"
                "                layers += layers[-2:]\n            else:\n"
                f"                {LAYER}"},
    ),
    vgg(
        "no_dropout",
        "There is no dropout: it follows the ReLUs of the first two linear layers.",
        {FIRST: FIRST.replace(", nn.Dropout(0.5)", ""),
         SECOND: SECOND.replace(", nn.Dropout(0.5)", "")},
    ),
    vgg(
        "one_dropout",
        "There is one dropout only: it follows the ReLUs of both of the first two linear layers.",
        {SECOND: SECOND.replace(", nn.Dropout(0.5)", "")},
    ),
    vgg(
        "dropout_too_weak",
        "A tenth is dropped: the probability is 0.5.",
        {FIRST: FIRST.replace("0.5", "0.1"), SECOND: SECOND.replace("0.5", "0.1")},
    ),
    vgg(
        "dropout_never_off",
        "The dropout acts in evaluation mode as well: F.dropout has to be told the mode "
        "(training=self.training), nn.Dropout looks after it itself.",
        {HEAD: helper("Drop", "return F.dropout(x, 0.5)"),
         FIRST: FIRST.replace("nn.Dropout(0.5)", "Drop()"),
         SECOND: SECOND.replace("nn.Dropout(0.5)", "Drop()")},
    ),
    vgg(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        LAST, LAST.replace("]", ", nn.Softmax(dim=1)]"),
    ),
    vgg(
        "hidden_ignored",
        "The linear layers have 4096 units whatever hidden says.",
        {FIRST: FIRST.replace("hidden", "4096"), SECOND: SECOND.replace("hidden", "4096"),
         LAST: LAST.replace("hidden", "4096")},
    ),
    vgg(
        "hidden_missing",
        "The function has no argument called hidden.",
        {HEAD: "def make_vgg(config, num_classes=1000):",
         "    channels = 3\n": "    channels = 3\n    hidden = 4096\n"},
    ),
    vgg(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        HEAD, HEAD.replace("num_classes=1000", "num_classes=10"),
    ),
    vgg(
        "always_thousand_classes",
        "The number of classes is fixed at 1000: num_classes is ignored.",
        LAST, LAST.replace("num_classes", "1000"),
    ),
    vgg(
        "one_linear_layer_less",
        "There are two linear layers: VGG has three, two of them hidden.",
        f"    {SECOND}\n", "",
    ),
    vgg(
        "features_frozen",
        "The convolutions are frozen, as one does for fine-tuning: here every parameter is "
        "trained.",
        LAYER, LAYER.replace("padding=1)", "padding=1).requires_grad_(False)"),
    ),
    vgg(
        "features_detached",
        "The features are detached from the graph: the convolutions never get a gradient.",
        {HEAD: helper("Detach", "return x.detach()"), FLAT: "Detach(), nn.Flatten(), "},
    ),
    vgg(
        "crops_late",
        "The numbers are right, but each convolution pads twice as much, computes positions beyond "
        "the border and cuts them off afterwards: padding=1 computes those that stay.",
        {HEAD: helper("Crop", "return x[:, :, 1:-1, 1:-1]"),
         LAYER: "layers += [nn.Conv2d(channels, entry, 3, padding=2), Crop(), nn.ReLU()]"},
    ),
)  # fmt: skip
