"""Mistakes in the two networks."""

from __future__ import annotations

from autograder.checks.resnet.mistakes.networks import EVERY_SECOND
from autograder.expect.variants import edits_of

HEAD = "layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]"
STEM = "nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),"
STEM_NORM = "        nn.BatchNorm2d(in_channels),\n"
STRIDE = "stride = first_stride if index == 0 else 1"
RETURN = "    return nn.Sequential(*layers)"
ANY_STEM = """    layers: list[nn.Module] = [
        nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(in_channels),
"""

# --- 4 mobilenet_v1 ------------------------------------------------------------------------------

first = edits_of("mobilenet_v1")
WIDTH = "in_channels = int(32 * width_mult)"
SCALED = "out_channels = int(channels * width_mult)"
BLOCK = "layers.append(DepthwiseSeparable(in_channels, out_channels, stride))"
LAST = "        (1024, 2, 2),\n"
MANY = "        (512, 6, 2),\n"

MOBILENET_V1 = (
    first(
        "width_ignored",
        "width_mult has no effect: every number of channels is multiplied by it.",
        SCALED, "width_mult, out_channels = 1.0, channels",
    ),
    first(
        "stem_keeps_its_width",
        "The first convolution has 32 channels at every width: it is multiplied as well.",
        WIDTH, "in_channels = 32",
    ),
    first(
        "end_keeps_its_width",
        "The last blocks keep their 1024 channels: only MobileNetV2 has an end that stays wide.",
        SCALED, "out_channels = channels if channels == 1024 else int(channels * width_mult)",
    ),
    first(
        "width_on_the_image",
        "The image's three channels are multiplied by width_mult, too: an image has three.",
        STEM, STEM.replace("Conv2d(3,", "Conv2d(max(1, int(3 * width_mult)),"),
    ),
    first(
        "width_on_the_classes",
        "The number of classes is multiplied by width_mult, too: there are as many as asked for.",
        HEAD, HEAD.replace("num_classes)]", "int(num_classes * width_mult))]"),
    ),
    first(
        "last_stride_as_printed",
        "The last block strides, as the paper's table prints it: the map stays at 7×7 there, which "
        "the paper's own total shows.",
        STRIDE, f"{STRIDE}\n            if channels == 1024:\n                stride = 2",
    ),
    first(
        "stride_in_every_block",
        "Every block of a row strides: only the first does.",
        STRIDE, "stride = first_stride",
    ),
    first(
        "stride_in_last_block",
        "The stride comes in the last block of a row: the first has it, so that the others work on "
        "the smaller map.",
        STRIDE, "stride = first_stride if index == blocks - 1 else 1",
    ),
    first(
        "five_blocks",
        "There are five blocks of 512 channels in all: the paper's table has five *after* a first "
        "one that strides, six in all.",
        MANY, "        (512, 5, 2),\n",
    ),
    first(
        "one_block_fewer_at_the_end",
        "There is one block of 1024 channels: there are two.",
        LAST, "        (1024, 1, 2),\n",
    ),
    first(
        "first_row_strided",
        "The first block strides: it works on the map of the first convolution.",
        "        (64, 1, 1),\n", "        (64, 1, 2),\n",
    ),
    first(
        "one_block_repeated",
        "The equal blocks of a row are one and the same object, repeated, and share their weights: "
        "make a new block in each round of the loop.",
        BLOCK, "if index < 2:\n                block = DepthwiseSeparable(in_channels, "
               "out_channels, stride)\n            layers.append(block)",
    ),
    first(
        "stem_separable",
        "The first layer is a separable block, too: MobileNet starts with one full convolution.",
        {ANY_STEM + "        nn.ReLU(),\n": "    layers: list[nn.Module] = [\n"
         "        DepthwiseSeparable(3, in_channels, 2),\n"},
    ),
    first(
        "stem_without_stride",
        "The first convolution has no stride, so that every block works on a map of four times the "
        "size.",
        STEM, STEM.replace("stride=2, ", ""),
    ),
    first(
        "stem_7x7",
        "The first convolution is 7×7, as in ResNets: it is 3×3.",
        STEM, "nn.Conv2d(3, in_channels, 7, stride=2, padding=3, bias=False),",
    ),
    first(
        "stem_without_norm",
        "The first convolution has no batch norm.",
        STEM_NORM,
    ),
    first(
        "stem_without_relu",
        "There is no ReLU after the first convolution's batch norm.",
        "        nn.ReLU(),\n",
    ),
    first(
        "fixed_pooling",
        "The average covers a window of fixed size, 7×7, which fits 224×224 images alone: average "
        "over all positions, however many.",
        HEAD, HEAD.replace("AdaptiveAvgPool2d(1)", "AvgPool2d(7)"),
    ),
    first(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        HEAD, HEAD.replace("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"),
    ),
    first(
        "softmax_at_the_end",
        "The network ends in a softmax, as the paper's table does: here it returns logits, since "
        "cross_entropy applies a softmax itself.",
        HEAD, HEAD.replace("num_classes)]", "num_classes), nn.Softmax(dim=1)]"),
    ),
    first(
        "always_a_thousand_classes",
        "The number of classes is fixed: num_classes is ignored.",
        HEAD, HEAD.replace("num_classes)]", "1000)]"),
    ),
    first(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "num_classes=1000", "num_classes=10",
    ),
    first(
        "arguments_exchanged",
        "The two arguments are exchanged: width_mult comes first.",
        "width_mult=1.0, num_classes=1000", "num_classes=1000, width_mult=1.0",
    ),
    first(
        "full_convolutions",
        "The blocks are full 3×3 convolutions, which the paper calls Conv MobileNet.",
        BLOCK, "layers += [\n                nn.Conv2d(in_channels, out_channels, 3, stride, 1, "
               "bias=False),\n                nn.BatchNorm2d(out_channels),\n                "
               "nn.ReLU(),\n            ]",
    ),
    first(
        "stem_frozen",
        "The first convolution is frozen, as one does for fine-tuning: here every parameter is "
        "trained.",
        RETURN, f"    layers[0].weight.requires_grad_(False)\n{RETURN}",
    ),
    first(
        "subsamples_late",
        "The numbers are right, but the first convolution computes every position and three "
        "quarters are dropped afterwards.",
        {STEM: STEM.replace("stride=2, ", "") + "\n        EverySecond(2),",
         "def mobilenet_v1(": EVERY_SECOND.format(name="mobilenet_v1")},
    ),
    first(
        "input_detached",
        "The first layers are detached from the graph and never get a gradient.",
        {HEAD: HEAD.replace("layers += [", "layers += [Detached(), "),
         "def mobilenet_v1(": "class Detached(nn.Module):\n    def forward(self, x):\n"
                              "        return x.detach()\n\n\ndef mobilenet_v1("},
    ),
)  # fmt: skip

# --- 7 mobilenet_v2 ------------------------------------------------------------------------------

second = edits_of("mobilenet_v2")
WIDTH_2 = "in_channels = make_divisible(32 * width_mult)"
SCALED_2 = "out_channels = make_divisible(channels * width_mult)"
BLOCK_2 = "layers.append(InvertedResidual(in_channels, out_channels, stride, expansion))"
HEAD_WIDTH = "head_channels = make_divisible(1280 * max(1.0, width_mult))"
HEAD_CONV = "        nn.Conv2d(in_channels, head_channels, 1, bias=False),\n"
HEAD_NORM = "        nn.BatchNorm2d(head_channels),\n"
HEAD_RELU = f"{HEAD_NORM}        nn.ReLU6(),\n"
POOL = "layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(head_channels, num_classes)]"
WHOLE_HEAD = f"    layers += [\n{HEAD_CONV}{HEAD_RELU}    ]\n    {POOL}\n"

MOBILENET_V2 = (
    second(
        "head_shrinks",
        "The last 1×1 is multiplied by widths below 1 as well: it keeps its 1280 channels there.",
        HEAD_WIDTH, "head_channels = make_divisible(1280 * width_mult)",
    ),
    second(
        "head_never_grows",
        "The last 1×1 has 1280 channels at every width: above 1 it grows like the rest.",
        HEAD_WIDTH, "head_channels = 1280",
    ),
    second(
        "no_head",
        "The 1×1 to 1280 channels between the last block and the average is missing.",
        WHOLE_HEAD, "    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), "
                    "nn.Linear(in_channels, num_classes)]\n",
    ),
    second(
        "head_linear",
        "There is no ReLU6 after the last 1×1: only the projections inside the blocks are linear.",
        HEAD_RELU, HEAD_NORM,
    ),
    second(
        "head_without_norm",
        "The last 1×1 has no batch norm.",
        HEAD_RELU, "        nn.ReLU6(),\n",
    ),
    second(
        "pools_before_head",
        "The average comes before the last 1×1, as MobileNetV3 has it to save time: here the 1×1 "
        "works on the whole map.",
        WHOLE_HEAD, f"    layers += [\n        nn.AdaptiveAvgPool2d(1),\n{HEAD_CONV}{HEAD_RELU}    "
                    "]\n    layers += [nn.Flatten(), nn.Linear(head_channels, num_classes)]\n",
    ),
    second(
        "not_divisible",
        "The scaled numbers of channels are only made whole: they go through make_divisible.",
        SCALED_2, "out_channels = max(1, int(channels * width_mult))",
    ),
    second(
        "without_ninety_percent",
        "The scaled numbers of channels are rounded to multiples of 8 without the rule of 90 %.",
        SCALED_2, "out_channels = max(8, int(channels * width_mult + 4) // 8 * 8)",
    ),
    second(
        "width_ignored",
        "width_mult has no effect: the numbers of channels are multiplied by it.",
        SCALED_2, "out_channels = channels",
    ),
    second(
        "stem_keeps_its_width",
        "The first convolution has 32 channels at every width: it is multiplied as well.",
        WIDTH_2, "in_channels = 32",
    ),
    second(
        "first_table",
        "These are the strides of the paper's first version, table A of question 8: the row of 64 "
        "channels strides, the row of 96 does not.",
        {"(6, 64, 4, 2)": "(6, 64, 4, 1)", "(6, 96, 3, 1)": "(6, 96, 3, 2)"},
    ),
    second(
        "stride_one_row_late",
        "The row of 96 channels strides and the row of 160 does not: it is the other way round.",
        {"(6, 96, 3, 1)": "(6, 96, 3, 2)", "(6, 160, 3, 2)": "(6, 160, 3, 1)"},
    ),
    second(
        "strides_for_small_images",
        "The second row of blocks does not stride, as in versions for 32×32 images: here it does.",
        "(6, 24, 2, 2)", "(6, 24, 2, 1)",
    ),
    second(
        "stride_in_every_block",
        "Every block of a row has the stride: only the first has it.",
        STRIDE, "stride = first_stride",
    ),
    second(
        "stride_in_last_block",
        "The stride comes in the last block of a row: the first has it.",
        STRIDE, "stride = first_stride if index == blocks - 1 else 1",
    ),
    second(
        "expands_everywhere",
        "The first row expands by 6, too: its expansion is 1.",
        "(1, 16, 1, 1)", "(6, 16, 1, 1)",
    ),
    second(
        "nineteen_blocks",
        "There are 19 blocks, as the paper's text says: its table, code and totals have 17.",
        {"(6, 64, 4, 2)": "(6, 64, 5, 2)", "(6, 96, 3, 1)": "(6, 96, 4, 1)"},
    ),
    second(
        "repeats_ignored",
        "Each row of the table is one block: its column n says how many there are.",
        "for index in range(blocks):", "for index in range(1):",
    ),
    second(
        "one_block_repeated",
        "The equal blocks of a row are one and the same object, repeated, and share their weights: "
        "make a new block in each round of the loop.",
        BLOCK_2, "if index < 2:\n                block = InvertedResidual(in_channels, "
                 "out_channels, stride, expansion)\n            layers.append(block)",
    ),
    second(
        "stem_relu",
        "A plain ReLU follows the first convolution: it is ReLU6, like every activation here.",
        f"{ANY_STEM}        nn.ReLU6(),\n", f"{ANY_STEM}        nn.ReLU(),\n",
    ),
    second(
        "stem_without_relu",
        "There is no ReLU6 after the first convolution's batch norm.",
        f"{ANY_STEM}        nn.ReLU6(),\n", ANY_STEM,
    ),
    second(
        "stem_without_norm",
        "The first convolution has no batch norm.",
        STEM_NORM,
    ),
    second(
        "stem_without_stride",
        "The first convolution has no stride, so that every block works on a map of four times the "
        "size.",
        STEM, STEM.replace("stride=2, ", ""),
    ),
    second(
        "blocks_activated",
        "Each block is followed by a ReLU6: between blocks there is nothing.",
        BLOCK_2, f"{BLOCK_2}\n            layers.append(nn.ReLU6())",
    ),
    second(
        "fixed_pooling",
        "The average covers a window of fixed size, 7×7, which fits 224×224 images alone: average "
        "over all positions, however many.",
        POOL, POOL.replace("AdaptiveAvgPool2d(1)", "AvgPool2d(7)"),
    ),
    second(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        POOL, POOL.replace("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"),
    ),
    second(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        POOL, POOL.replace("num_classes)]", "num_classes), nn.Softmax(dim=1)]"),
    ),
    second(
        "always_a_thousand_classes",
        "The number of classes is fixed: num_classes is ignored.",
        POOL, POOL.replace("num_classes)]", "1000)]"),
    ),
    second(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "num_classes=1000", "num_classes=10",
    ),
    second(
        "arguments_exchanged",
        "The two arguments are exchanged: width_mult comes first.",
        "width_mult=1.0, num_classes=1000", "num_classes=1000, width_mult=1.0",
    ),
    second(
        "drops_forever",
        "The dropout acts in evaluation mode as well: F.dropout(x) needs training=self.training, "
        "nn.Dropout knows by itself.",
        {POOL: POOL.replace("nn.Flatten(), ", "nn.Flatten(), Drop(), "),
         "def mobilenet_v2(": "class Drop(nn.Module):\n    def forward(self, x):\n"
                              "        return F.dropout(x, 0.2)\n\n\ndef mobilenet_v2("},
    ),
    second(
        "stem_frozen",
        "The first convolution is frozen, as one does for fine-tuning: here every parameter is "
        "trained.",
        RETURN, f"    layers[0].weight.requires_grad_(False)\n{RETURN}",
    ),
    second(
        "subsamples_late",
        "The numbers are right, but the first convolution computes every position and three "
        "quarters are dropped afterwards.",
        {STEM: STEM.replace("stride=2, ", "") + "\n        EverySecond(2),",
         "def mobilenet_v2(": EVERY_SECOND.format(name="mobilenet_v2")},
    ),
    second(
        "head_detached",
        "Everything before the linear layer is detached from the graph and never gets a gradient.",
        {POOL: POOL.replace("nn.Flatten(), ", "nn.Flatten(), Detached(), "),
         "def mobilenet_v2(": "class Detached(nn.Module):\n    def forward(self, x):\n"
                              "        return x.detach()\n\n\ndef mobilenet_v2("},
    ),
)  # fmt: skip
