"""Mistakes in networks of residual blocks, and in the plain twin."""

from __future__ import annotations

from autograder.checks.resnet.mistakes.blocks import CONV1, FIRST, SUM
from autograder.expect.variants import edits_of, rewrite

# --- 4 resnet_cifar ------------------------------------------------------------------------------

cifar = edits_of("resnet_cifar")


STEM = "nn.Conv2d(3, 16, 3, padding=1, bias=False),"


STEM_NORM = "        nn.BatchNorm2d(16),\n"


BLOCK = "layers.append(PaddedBlock(in_channels, out_channels, stride if index == 0 else 1))"


OPTION_A = "self.shortcut = PaddedShortcut(in_channels, out_channels, stride)"


STAGES = "((16, 1), (32, 2), (64, 2))"


HEAD = "layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, num_classes)]"


RESNET_CIFAR = (
    cifar(
        "stride_in_every_block",
        "Every block of a stage has the stride, so that the maps shrink at each: only the first "
        "block of a stage has it.",
        BLOCK, "layers.append(PaddedBlock(in_channels, out_channels, stride))",
    ),
    cifar(
        "stride_in_last_block",
        "The stride comes in the last block of a stage: the first block has it, so that the others "
        "work on the smaller map.",
        "stride if index == 0 else 1", "stride if index == n - 1 else 1",
    ),
    cifar(
        "stride_in_first_stage",
        "The first stage has a stride, too: it works on the full map.",
        STAGES, "((16, 2), (32, 2), (64, 2))",
    ),
    cifar(
        "one_block_repeated",
        "The later blocks of a stage are one and the same object, repeated, and share their "
        "weights: make a new block in each round of the loop.",
        {BLOCK: "layers.append(PaddedBlock(in_channels, out_channels, stride)) if index == 0 else "
                "layers.append(again)",
         "            in_channels = out_channels\n":
         "            in_channels = out_channels\n            if index == 0:\n"
         "                again = PaddedBlock(in_channels, out_channels)\n"},
    ),
    cifar(
        "option_b",
        "The shortcuts between stages are projections (option B), which adds 2,752 parameters: "
        "the networks for CIFAR-10 use option A everywhere.",
        OPTION_A, "self.shortcut = nn.Identity()\n"
        "        if stride != 1 or in_channels != out_channels:\n"
        "            self.shortcut = nn.Sequential(\n"
        "                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),\n"
        "                nn.BatchNorm2d(out_channels),\n            )",
    ),
    cifar(
        "projections_left_over",
        "Projections are made and never used: they count as parameters and never get a gradient.",
        OPTION_A, f"{OPTION_A}\n        if stride != 1 or in_channels != out_channels:\n"
        "            self.projection = nn.Conv2d(in_channels, out_channels, 1, bias=False)",
    ),
    cifar(
        "no_shortcuts",
        "This is the plain network of question 8: the shortcuts are missing.",
        SUM, "return F.relu(residual)",
    ),
    cifar(
        "widths_of_imagenet",
        "The widths are 64, 128 and 256, as in what is often called “ResNet-18 on CIFAR”: the "
        "paper's networks for small images have 16, 32 and 64.",
        {STEM: "nn.Conv2d(3, 64, 3, padding=1, bias=False),",
         STEM_NORM: "        nn.BatchNorm2d(64),\n", "in_channels = 16": "in_channels = 64",
         STAGES: "((64, 1), (128, 2), (256, 2))"},
    ),
    cifar(
        "stem_of_imagenet",
        "The stem is that of the ImageNet networks, with 7×7 and a stride: small images start with "
        "one 3×3 convolution of stride 1.",
        STEM, "nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False),",
    ),
    cifar(
        "stem_without_relu",
        "The stem has no ReLU after its batch norm.",
        "        nn.ReLU(),\n",
    ),
    cifar(
        "stem_without_norm",
        "The stem has no batch norm after its convolution.",
        STEM_NORM,
    ),
    cifar(
        "twice_as_deep",
        "Each stage has 2n blocks: n blocks of two convolutions make 2n layers, and 6n + 2 in all.",
        "for index in range(n):", "for index in range(2 * n):",
    ),
    cifar(
        "fixed_pooling",
        "The average covers a window of fixed size, 8×8, which fits 32×32 images alone: average "
        "over all positions, however many.",
        HEAD, "layers += [nn.AvgPool2d(8), nn.Flatten(), nn.Linear(in_channels, num_classes)]",
    ),
    cifar(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        HEAD, HEAD.replace("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"),
    ),
    cifar(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        HEAD, HEAD.replace("num_classes)]", "num_classes), nn.Softmax(dim=1)]"),
    ),
    cifar(
        "always_ten_classes",
        "The number of classes is fixed at ten: num_classes is ignored.",
        HEAD, HEAD.replace("num_classes)]", "10)]"),
    ),
    cifar(
        "zero_weights",
        "All convolutions start with zeros: all channels then compute the same, no gradient tells "
        "them apart, and nothing is learned (start from random numbers, as PyTorch does).",
        "    return nn.Sequential(*layers)",
        "    net = nn.Sequential(*layers)\n    for module in net.modules():\n"
        "        if isinstance(module, nn.Conv2d):\n"
        "            nn.init.zeros_(module.weight)\n    return net",
    ),
    cifar(
        "subsamples_late",
        "The numbers are right, but strided convolutions compute every position and most are "
        "dropped afterwards.",
        {CONV1: "nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)",
         OPTION_A: f"{OPTION_A}\n        self.stride = stride",
         FIRST: "x1 = self.conv1(x)[:, :, :: self.stride, :: self.stride]\n"
                "        residual = F.relu(self.bn1(x1))"},
    ),
    cifar(
        "n_fixed",
        "The depth does not depend on n.",
        "for index in range(n):", "for index in range(3):",
    ),
    cifar(
        "classes_required",
        "The function demands a number of classes: it is optional, and 10 unless given.",
        "num_classes=10):", "num_classes):",
    ),
)  # fmt: skip


EVERY_SECOND = """
class EverySecond(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return x[:, :, :: self.stride, :: self.stride]


def {name}("""


# --- 5 resnet50 ----------------------------------------------------------------------------------

fifty = edits_of("resnet50")


STEM_7 = "nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),"


POOL = "        nn.MaxPool2d(3, stride=2, padding=1),\n"


STRIDE = "stride = 2 if stage > 0 and index == 0 else 1"


REPEATS = "(3, 4, 6, 3)"


NARROW = "bottleneck_channels = width * 2**stage"


ONE_MORE = "layers.append(Bottleneck(in_channels, bottleneck_channels, stride))"


RESNET50 = (
    fifty(
        "no_max_pooling",
        "The stem has no max pooling, so that every stage works on a map of four times the size.",
        POOL,
    ),
    fifty(
        "stem_3x3",
        "The stem's convolution is 3×3: the ImageNet networks start with 7×7.",
        STEM_7, "nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False),",
    ),
    fifty(
        "stem_without_stride",
        "The stem's convolution has no stride, so that every stage works on a map of four times "
        "the size.",
        STEM_7, "nn.Conv2d(3, width, 7, padding=3, bias=False),",
    ),
    fifty(
        "stem_without_relu",
        "The stem has no ReLU after its batch norm.",
        "        nn.ReLU(),\n",
    ),
    fifty(
        "stem_without_norm",
        "The stem has no batch norm after its convolution.",
        "        nn.BatchNorm2d(width),\n",
    ),
    fifty(
        "pooling_as_released",
        "This is the pooling of the authors' first release, without padding and rounding up: here "
        "it has padding=1, which gives the same shapes and other numbers.",
        POOL, "        nn.MaxPool2d(3, stride=2, ceil_mode=True),\n",
    ),
    fifty(
        "pooling_2x2",
        "The stem pools over 2×2: the windows are 3×3, with stride 2 and padding 1.",
        POOL, "        nn.MaxPool2d(2, ceil_mode=True),\n",
    ),
    fifty(
        "averaging_stem",
        "The stem pools by the average: it takes the maximum.",
        POOL, "        nn.AvgPool2d(3, stride=2, padding=1),\n",
    ),
    fifty(
        "resnet101",
        "The third stage has 23 blocks, as in ResNet-101: ResNet-50 has 6 there.",
        REPEATS, "(3, 4, 23, 3)",
    ),
    fifty(
        "repeats_of_resnet18",
        "Each stage has two blocks, as in ResNet-18: ResNet-50 has 3, 4, 6 and 3.",
        REPEATS, "(2, 2, 2, 2)",
    ),
    fifty(
        "stride_in_first_stage",
        "The first stage has a stride, too: the stem's pooling has already shrunk the map.",
        STRIDE, "stride = 2 if index == 0 else 1",
    ),
    fifty(
        "stride_in_every_block",
        "Every block of a stage has the stride: only the first block has it.",
        STRIDE, "stride = 2 if stage > 0 else 1",
    ),
    fifty(
        "stride_in_last_block",
        "The stride comes in the last block of a stage: the first block has it.",
        STRIDE, "stride = 2 if stage > 0 and index == blocks - 1 else 1",
    ),
    fifty(
        "width_is_output",
        "width is taken as the output width of the first stage: it is the narrow width, and the "
        "stage's output has four times as many channels.",
        NARROW, "bottleneck_channels = max(1, width * 2**stage // 4)",
    ),
    fifty(
        "no_widening",
        "All stages have the same width: it doubles from stage to stage.",
        NARROW, "bottleneck_channels = width",
    ),
    fifty(
        "width_fixed_in_stem",
        "The stem has 64 channels whatever the width: it has width of them.",
        {STEM_7: "nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),",
         "nn.BatchNorm2d(width)": "nn.BatchNorm2d(64)", "in_channels = width": "in_channels = 64"},
    ),
    fifty(
        "one_block_repeated",
        "The later blocks of a stage are one and the same object, repeated, and share their "
        "weights: make a new block in each round of the loop.",
        ONE_MORE, "if index < 2:\n"
        "                block = Bottleneck(in_channels, bottleneck_channels, stride)\n"
        "            layers.append(block)",
    ),
    fifty(
        "fixed_pooling",
        "The average covers a window of fixed size, 7×7, which fits 224×224 images alone: average "
        "over all positions, however many.",
        HEAD, "layers += [nn.AvgPool2d(7), nn.Flatten(), nn.Linear(in_channels, num_classes)]",
    ),
    fifty(
        "squeezes_the_batch",
        "Every dimension of size 1 is squeezed away, a single image's batch too: flatten from the "
        "second dimension on.",
        {HEAD: HEAD.replace("nn.Flatten()", "Squeeze()"),
         "def resnet50(": "class Squeeze(nn.Module):\n    def forward(self, x):\n"
                          "        return x.squeeze()\n\n\ndef resnet50("},
    ),
    fifty(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        HEAD, HEAD.replace("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"),
    ),
    fifty(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        HEAD, HEAD.replace("num_classes)]", "num_classes), nn.Softmax(dim=1)]"),
    ),
    fifty(
        "stem_frozen",
        "The stem's convolution is frozen, as one does for fine-tuning: here every parameter is "
        "trained.",
        "    return nn.Sequential(*layers)",
        "    layers[0].requires_grad_(False)\n    return nn.Sequential(*layers)",
    ),
    fifty(
        "subsamples_late",
        "The numbers are right, but the stem's convolution computes every position and three "
        "quarters are dropped afterwards.",
        {STEM_7: "nn.Conv2d(3, width, 7, padding=3, bias=False),\n        EverySecond(2),",
         "def resnet50(": EVERY_SECOND.format(name="resnet50")},
    ),
    fifty(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "num_classes=1000", "num_classes=10",
    ),
    fifty(
        "width_missing",
        "The function has no argument called width.",
        {"num_classes=1000, width=64):": "num_classes=1000):",
         "    layers: list[nn.Module] = [": "    width = 64\n    layers: list[nn.Module] = ["},
    ),
)  # fmt: skip


# --- 8 plain_twin --------------------------------------------------------------------------------

plain = edits_of("plain_twin")


PLAIN_NORM = "                nn.BatchNorm2d(out_channels),\n                nn.ReLU(),\n"


PLAIN_CONV = "in_channels, out_channels, 3, stride if first else 1, padding=1, bias=False"


PLAIN_TWIN = (
    rewrite(
        "plain_twin", "still_residual",
        "This is the residual network: its shortcuts are still there.",
        "\ndef plain_cifar(n, num_classes=10):\n    return resnet_cifar(n, num_classes)\n",
    ),
    plain(
        "no_norm",
        "The batch norms went with the shortcuts: only the shortcuts differ between the twins.",
        PLAIN_NORM, "                nn.ReLU(),\n",
    ),
    plain(
        "one_relu_a_block",
        "There is only one ReLU for two convolutions: the last ReLU of a block stays when the "
        "addition before it goes.",
        PLAIN_NORM, "                nn.BatchNorm2d(out_channels),\n"
        "                nn.ReLU() if index % 2 == 0 else nn.Identity(),\n",
    ),
    plain(
        "half_as_deep",
        "A stage has n convolutions: each of its n blocks has two.",
        "range(2 * n)", "range(n)",
    ),
    plain(
        "stride_in_every_layer",
        "Every convolution of a stage has the stride: only the first one of a stage has it.",
        PLAIN_CONV, "in_channels, out_channels, 3, stride, padding=1, bias=False",
    ),
    plain(
        "stride_in_second_layer",
        "The stride comes in the second convolution of a stage: it belongs to the first.",
        PLAIN_CONV, "in_channels, out_channels, 3, stride if index == 1 else 1, padding=1, "
        "bias=False",
    ),
    plain(
        "stem_without_relu",
        "The stem has no ReLU after its batch norm.",
        "        nn.ReLU(),\n    ]", "    ]",
    ),
    plain(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself.",
        HEAD, HEAD.replace("num_classes)]", "num_classes), nn.Softmax(dim=1)]"),
    ),
    plain(
        "always_ten_classes",
        "The number of classes is fixed at ten: num_classes is ignored.",
        HEAD, HEAD.replace("num_classes)]", "10)]"),
    ),
    plain(
        "subsamples_late",
        "The numbers are right, but strided convolutions compute every position and most are "
        "dropped afterwards.",
        {PLAIN_CONV: "in_channels, out_channels, 3, padding=1, bias=False",
         PLAIN_NORM: "                EverySecond(stride if first else 1),\n" + PLAIN_NORM,
         "def plain_cifar(": EVERY_SECOND.format(name="plain_cifar")},
    ),
)  # fmt: skip
