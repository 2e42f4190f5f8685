"""Wrong answers to ``assignments/resnet``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from neighbouring
architectures, and from what students hand in. Most are edits of the reference answer.
"""

from __future__ import annotations

from autograder.expect.variants import Edit, Rewrite, edits_of, rewrite

SUM = "return F.relu(residual + self.shortcut(x))"
WHERE = "if stride != 1 or in_channels != out_channels:"
PROJECTION = "nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),"
IDENTITY = "self.shortcut: nn.Module = nn.Identity()"
PROJECTION_NORM = "                nn.BatchNorm2d(out_channels),\n"

# --- 1 basic_block -------------------------------------------------------------------------------

basic = edits_of("basic_block")
FIRST = "residual = F.relu(self.bn1(self.conv1(x)))"
SECOND = "residual = self.bn2(self.conv2(residual))"
CONV1 = "nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)"
CONV2 = "nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)"
BN1 = "self.bn1 = nn.BatchNorm2d(out_channels)"
BN2 = "self.bn2 = nn.BatchNorm2d(out_channels)"

BASIC_BLOCK = (
    basic(
        "relu_before_addition",
        "This is what a block gives that applies its last ReLU to F(x) and adds the shortcut "
        "afterwards: add first, then apply ReLU to the sum.",
        SUM, "return F.relu(residual) + self.shortcut(x)",
    ),
    basic(
        "no_final_relu",
        "This is what a block gives that ends with the addition: a ReLU follows it.",
        SUM, "return residual + self.shortcut(x)",
    ),
    basic(
        "relu_twice",
        "This is what a block gives that applies ReLU to F(x) before the addition as well as after "
        "it: F(x) ends with batch norm, so that it can also lower what the shortcut brings.",
        SUM, "return F.relu(F.relu(residual) + self.shortcut(x))",
    ),
    basic(
        "relu_on_shortcut",
        "This is what a block gives that puts a ReLU on the shortcut: the shortcut carries x (or "
        "its projection) unchanged to the addition.",
        SUM, "return F.relu(residual + F.relu(self.shortcut(x)))",
    ),
    basic(
        "input_overwritten",
        "This is what a block gives whose first ReLU works in place on x itself: by the time the "
        "shortcut reads x, its negative values are gone.",
        FIRST, "residual = self.bn1(self.conv1(F.relu(x, inplace=True))).relu()",
    ),
    basic(
        "no_shortcut",
        "This is what a plain block gives: x is never added to F(x).",
        SUM, "return F.relu(residual)",
    ),
    basic(
        "concatenates",
        "This is what a block gives that concatenates F(x) and x, as DenseNets do: a residual "
        "block adds them, so that the number of channels stays.",
        SUM, "return F.relu(torch.cat([residual, self.shortcut(x)], dim=1))",
    ),
    basic(
        "norm_after_relu",
        "This is what a block gives that normalises after the ReLU: the order is convolution, "
        "batch norm, ReLU.",
        FIRST, "residual = self.bn1(F.relu(self.conv1(x)))",
    ),
    basic(
        "no_relu_between",
        "This is what a block gives without the ReLU between its two convolutions, which then are "
        "one linear map.",
        FIRST, "residual = self.bn1(self.conv1(x))",
    ),
    basic(
        "norm_after_addition",
        "This is what a block gives whose second batch norm comes after the addition: it belongs "
        "to F(x), so that the shortcut stays an identity.",
        {SECOND: "residual = self.conv2(residual)",
         SUM: "return F.relu(self.bn2(residual + self.shortcut(x)))"},
    ),
    basic(
        "pre_activation",
        "This is the pre-activation block of the authors' second paper (2016), with batch norm and "
        "ReLU before each convolution: question 1 asks for the order of the first paper.",
        {BN1: "self.bn1 = nn.BatchNorm2d(in_channels)",
         FIRST: "residual = self.conv1(F.relu(self.bn1(x)))",
         SECOND: "residual = self.conv2(F.relu(self.bn2(residual)))",
         SUM: "return residual + self.shortcut(x)"},
    ),
    basic(
        "stride_on_second",
        "This is what a block gives that strides in its second 3×3 convolution: the stride belongs "
        "to the first.",
        {CONV1: "nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)",
         CONV2: "nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)"},
    ),
    basic(
        "stride_on_both",
        "Both 3×3 convolutions have the stride, so that F(x) is a quarter of the size of the "
        "shortcut: only the first has it.",
        CONV2, "nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)",
    ),
    basic(
        "subsamples_late",
        "The numbers are right, but the first convolution computes every position and most are "
        "dropped afterwards: with stride=2 it computes only those that stay.",
        {CONV1: "nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)",
         IDENTITY: IDENTITY + "\n        self.stride = stride",
         FIRST: "x1 = self.conv1(x)[:, :, :: self.stride, :: self.stride]\n"
                "        residual = F.relu(self.bn1(x1))"},
    ),
    basic(
        "no_padding",
        "The 3×3 convolutions have no padding, so that F(x) loses a border that x still has: "
        "padding=1 keeps height and width.",
        CONV2, "nn.Conv2d(out_channels, out_channels, 3, bias=False)",
    ),
    basic(
        "widens_late",
        "This is what a block gives that changes the number of channels in its second convolution: "
        "both produce out_channels, the first already.",
        {CONV1: "nn.Conv2d(in_channels, in_channels, 3, stride=stride, padding=1, bias=False)",
         BN1: "self.bn1 = nn.BatchNorm2d(in_channels)",
         CONV2: "nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)"},
    ),
    basic(
        "projection_always",
        "There is a projection in every block: where F(x) and x have the same shape the shortcut "
        "is the identity (a projection everywhere is the paper's option C).",
        WHERE, "if True:",
    ),
    basic(
        "only_stride_decides",
        "Only the stride decides about the projection: it is needed as well when the number of "
        "channels changes at stride 1.",
        WHERE, "if stride != 1:",
    ),
    basic(
        "only_channels_decide",
        "Only the channels decide about the projection: it is needed as well when a stride shrinks "
        "the map and the channels stay.",
        WHERE, "if in_channels != out_channels:",
    ),
    basic(
        "both_must_change",
        "The projection is made only where stride and channels change together: either of them "
        "is enough to need it.",
        WHERE, "if stride != 1 and in_channels != out_channels:",
    ),
    basic(
        "projection_without_norm",
        "The projection has no batch norm: like every convolution of the block it is followed by "
        "one.",
        PROJECTION_NORM,
    ),
    basic(
        "projection_3x3",
        "The projection is a 3×3 convolution: it is 1×1, since it should match shapes and not look "
        "at neighbours.",
        PROJECTION, "nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),",
    ),
    basic(
        "projection_without_stride",
        "The projection ignores the stride, so that the shortcut is larger than F(x): it strides "
        "as the first 3×3 convolution does.",
        PROJECTION, "nn.Conv2d(in_channels, out_channels, 1, bias=False),",
    ),
    basic(
        "projection_in_list",
        "The projection sits in a plain Python list, where PyTorch does not see its parameters: "
        "they would never be trained, moved or saved (nn.Sequential or nn.ModuleList registers "
        "them).",
        {IDENTITY: "self.shortcut = []",
         "self.shortcut = nn.Sequential(": "self.shortcut = [",
         "            )\n\n    def forward": "            ]\n\n    def forward",
         SUM: "for layer in self.shortcut:\n            x = layer(x)\n"
              "        return F.relu(residual + x)"},
    ),
    basic(
        "projection_detached",
        "The shortcut is detached from the graph: its projection never gets a gradient, and "
        "neither does anything before the block through it.",
        SUM, "return F.relu(residual + self.shortcut(x).detach())",
    ),
    basic(
        "one_norm_twice",
        "One batch norm serves both convolutions: each needs its own statistics, γ and β.",
        {f"        {BN2}\n": "", SECOND: "residual = self.bn1(self.conv2(residual))"},
    ),
    basic(
        "no_running_statistics",
        "A batch norm without running statistics normalises by the batch even in evaluation mode, "
        "so that the result for one image depends on its neighbours.",
        BN1, "self.bn1 = nn.BatchNorm2d(out_channels, track_running_stats=False)",
    ),
    basic(
        "keras_epsilon",
        "This is what a block gives whose batch norm adds ε = 1e-3, the default of Keras and "
        "TensorFlow: PyTorch's default, 1e-5, is asked for.",
        BN2, "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-3)",
    ),
    basic(
        "keras_momentum",
        "Batch norm's momentum counts the new batch in PyTorch (default 0.1) and the old average "
        "in Keras: momentum=0.9 forgets nearly all that was seen before.",
        BN2, "self.bn2 = nn.BatchNorm2d(out_channels, momentum=0.9)",
    ),
    basic(
        "stride_required",
        "The constructor demands a stride: it is optional, and 1 unless given.",
        "stride=1):", "stride):",
    ),
)  # fmt: skip

# --- 2 bottleneck --------------------------------------------------------------------------------

bottle = edits_of("bottleneck")
WIDE = "out_channels = 4 * bottleneck_channels"
REDUCE = "nn.Conv2d(in_channels, bottleneck_channels, 1, bias=False)"
MIDDLE = "bottleneck_channels, bottleneck_channels, 3, stride=stride, padding=1, bias=False"
EXPAND = "nn.Conv2d(bottleneck_channels, out_channels, 1, bias=False)"
RELU1 = "residual = F.relu(self.bn1(self.conv1(x)))"
RELU2 = "residual = F.relu(self.bn2(self.conv2(residual)))"
BN3 = "self.bn3 = nn.BatchNorm2d(out_channels)"

BOTTLENECK = (
    bottle(
        "stride_on_first_1x1",
        "This is version 1, as the authors first released it, with the stride on the first 1×1: "
        "version 1.5 is asked for, with the stride on the 3×3.",
        {REDUCE: "nn.Conv2d(in_channels, bottleneck_channels, 1, stride=stride, bias=False)",
         MIDDLE: "bottleneck_channels, bottleneck_channels, 3, padding=1, bias=False"},
    ),
    bottle(
        "stride_on_last_1x1",
        "This is what a block gives with the stride on its last 1×1, which throws away most of "
        "what the 3×3 has computed: the stride belongs to the 3×3.",
        {MIDDLE: "bottleneck_channels, bottleneck_channels, 3, padding=1, bias=False",
         EXPAND: "nn.Conv2d(bottleneck_channels, out_channels, 1, stride=stride, bias=False)"},
    ),
    bottle(
        "no_expansion",
        "The output has as many channels as the bottleneck: the last 1×1 expands to four times as "
        "many.",
        WIDE, "out_channels = bottleneck_channels",
    ),
    bottle(
        "argument_is_output",
        "The second argument is taken as the number of output channels: it is the narrow width, "
        "and the output has four times as many.",
        WIDE, "out_channels = bottleneck_channels\n"
              "        bottleneck_channels = max(1, out_channels // 4)",
    ),
    bottle(
        "wide_inside",
        "The 3×3 works at the wide end: it should work in the narrow space between the two 1×1, "
        "which is what makes the block cheap.",
        WIDE, f"{WIDE}\n        bottleneck_channels = out_channels",
    ),
    bottle(
        "relu_before_addition",
        "This is what a block gives that applies its last ReLU to F(x) and adds the shortcut "
        "afterwards: add first, then apply ReLU to the sum.",
        SUM, "return F.relu(residual) + self.shortcut(x)",
    ),
    bottle(
        "no_final_relu",
        "This is what a block gives that ends with the addition: a ReLU follows it.",
        SUM, "return residual + self.shortcut(x)",
    ),
    bottle(
        "relu_twice",
        "This is what a block gives with a ReLU after its third batch norm, before the addition, "
        "as well as after it: only the first two batch norms are followed by one directly.",
        SUM, "return F.relu(F.relu(residual) + self.shortcut(x))",
    ),
    bottle(
        "no_relu_after_3x3",
        "This is what a block gives without the ReLU after its 3×3: the 3×3 and the last 1×1 then "
        "are one linear map.",
        RELU2, "residual = self.bn2(self.conv2(residual))",
    ),
    bottle(
        "no_relu_after_first",
        "This is what a block gives without the ReLU after its first 1×1.",
        RELU1, "residual = self.bn1(self.conv1(x))",
    ),
    bottle(
        "no_shortcut",
        "This is what a plain block gives: x is never added to F(x).",
        SUM, "return F.relu(residual)",
    ),
    bottle(
        "compared_with_narrow",
        "Whether a projection is needed is decided by the narrow width: compare in_channels with "
        "the output's channels, 4 * bottleneck_channels.",
        WHERE, "if stride != 1 or in_channels != bottleneck_channels:",
    ),
    bottle(
        "only_stride_decides",
        "Only the stride decides about the projection: the first stage's first block has stride 1 "
        "and changes the number of channels all the same.",
        WHERE, "if stride != 1:",
    ),
    bottle(
        "projection_without_norm",
        "The projection has no batch norm: like every convolution of the block it is followed by "
        "one.",
        PROJECTION_NORM,
    ),
    bottle(
        "averaging_projection",
        "This is the shortcut of ResNet-D, which averages before its 1×1: the paper's projection "
        "is a 1×1 with the stride.",
        PROJECTION, "nn.AvgPool2d(stride, ceil_mode=True),\n"
                    "                nn.Conv2d(in_channels, out_channels, 1, bias=False),",
    ),
    bottle(
        "projection_detached",
        "The shortcut is detached from the graph: its projection never gets a gradient.",
        SUM, "return F.relu(residual + self.shortcut(x).detach())",
    ),
    bottle(
        "subsamples_late",
        "The numbers are right, but the 3×3 computes every position and most are dropped "
        "afterwards: with stride=2 it computes only those that stay.",
        {MIDDLE: "bottleneck_channels, bottleneck_channels, 3, padding=1, bias=False",
         IDENTITY: IDENTITY + "\n        self.stride = stride",
         RELU2: "kept = self.conv2(residual)[:, :, :: self.stride, :: self.stride]\n"
                "        residual = F.relu(self.bn2(kept))"},
    ),
    bottle(
        "keras_momentum",
        "Batch norm's momentum counts the new batch in PyTorch (default 0.1) and the old average "
        "in Keras: momentum=0.9 forgets nearly all that was seen before.",
        BN3, "self.bn3 = nn.BatchNorm2d(out_channels, momentum=0.9)",
    ),
    bottle(
        "stride_required",
        "The constructor demands a stride: it is optional, and 1 unless given.",
        "stride=1):", "stride):",
    ),
)  # fmt: skip

# --- 3 padded_shortcut ---------------------------------------------------------------------------

padded = edits_of("padded_shortcut")
KEEP = "x = x[:, :, :: self.stride, :: self.stride]"
PAD = "return F.pad(x, (0, 0, 0, 0, 0, self.extra_channels))"
EXTRA = "self.extra_channels = out_channels - in_channels"

PADDED_SHORTCUT = (
    padded(
        "averages",
        "This is what average pooling gives: option A keeps every stride-th position as it is.",
        KEEP, "x = F.avg_pool2d(x, self.stride, ceil_mode=True)",
    ),
    padded(
        "takes_maximum",
        "This is what max pooling gives: option A keeps every stride-th position as it is.",
        KEEP, "x = F.max_pool2d(x, self.stride, ceil_mode=True)",
    ),
    padded(
        "starts_late",
        "The kept positions start at 1 instead of 0: positions 0, s, 2s, ... are those that a "
        "padded 3×3 convolution of stride s is centred on.",
        KEEP, "first = self.stride - 1\n"
              "        x = x[:, :, first :: self.stride, first :: self.stride]",
    ),
    padded(
        "one_axis",
        "Only the height is subsampled: width has the stride, too.",
        KEEP, "x = x[:, :, :: self.stride]",
    ),
    padded(
        "pads_space",
        "The zeros are added to the width of the map: F.pad counts its numbers from the last "
        "dimension backwards, so that the channels' pair is the third.",
        PAD, "return F.pad(x, (0, self.extra_channels))",
    ),
    padded(
        "odd_channel_lost",
        "Half of the missing channels, rounded down, is added on each side: when an odd number is "
        "missing, one side needs one more.",
        PAD, "half = self.extra_channels // 2\n        return F.pad(x, (0, 0, 0, 0, half, half))",
    ),
    padded(
        "repeats_channels",
        "The added channels are copies of the input's: option A adds channels of zeros.",
        PAD, "return torch.cat([x, x, x, x], dim=1)[:, : x.shape[1] + self.extra_channels]",
    ),
    padded(
        "zeros_for_one_image",
        "The zeros are made for one image, so that they cannot be joined to a batch: take the "
        "batch size from x.",
        PAD, "zeros = torch.zeros(1, self.extra_channels, *x.shape[2:])\n"
             "        return torch.cat([x, zeros], dim=1)",
    ),
    padded(
        "trainable_zeros",
        "The zeros are an nn.Parameter: they would be trained, and would not stay zero.",
        {EXTRA: f"{EXTRA}\n"
                "        self.zeros = nn.Parameter(torch.zeros(1, self.extra_channels, 1, 1))",
         PAD: "zeros = self.zeros.expand(x.shape[0], -1, *x.shape[2:])\n"
              "        return torch.cat([x, zeros], dim=1)"},
    ),
    padded(
        "relu_inside",
        "There is a ReLU in the shortcut: it copies negative values as well.",
        PAD, "return F.relu(F.pad(x, (0, 0, 0, 0, 0, self.extra_channels)))",
    ),
    rewrite(
        "padded_shortcut", "projection",
        "This is option B, a learned projection: option A has no parameters.",
        """
class PaddedShortcut(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )
""",
    ),
    padded(
        "stride_two_by_default",
        "Without a stride every second position is kept: it is 1 unless given.",
        "stride=1):", "stride=2):",
    ),
    padded(
        "stride_required",
        "The constructor demands a stride: it is optional, and 1 unless given.",
        "stride=1):", "stride):",
    ),
)  # fmt: skip

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

# --- 6 zero_init ---------------------------------------------------------------------------------

zero = edits_of("zero_init")
BASIC_LAST = "nn.init.zeros_(module.bn2.weight)"
BOTTLE_LAST = "nn.init.zeros_(module.bn3.weight)"
VISIT = "for module in model.modules():"
ALL_NORMS = """
def zero_init_residual(model):
    for block in model.modules():
        if isinstance(block, (BasicBlock, Bottleneck)):
            norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
            {what}
"""

ZERO_INIT = (
    zero(
        "zeroes_bias",
        "The last batch norm's β (bias) is zeroed instead of its γ (weight): with γ = 1 the branch "
        "still adds F(x).",
        {BASIC_LAST: "nn.init.zeros_(module.bn2.bias)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn3.bias)"},
    ),
    zero(
        "zeroes_first_norm",
        "The first batch norm of the branch is zeroed: the last one, just before the addition, is "
        "meant.",
        {BASIC_LAST: "nn.init.zeros_(module.bn1.weight)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn1.weight)"},
    ),
    rewrite(
        "zero_init", "zeroes_all_norms",
        "All batch norms of a block are zeroed: then nothing in the branch gets a gradient, and a "
        "projection passes on nothing.",
        ALL_NORMS.format(what="[nn.init.zeros_(norm.weight) for norm in norms]"),
    ),
    rewrite(
        "zero_init", "zeroes_last_registered",
        "The last batch norm in order of registration is zeroed: in a block with a projection that "
        "is the shortcut's, not the branch's.",
        ALL_NORMS.format(what="nn.init.zeros_(norms[-1].weight)"),
    ),
    zero(
        "zeroes_convolution",
        "The last convolution is zeroed: the batch norm behind it still shifts by its statistics, "
        "and γ is what was asked for.",
        {BASIC_LAST: "nn.init.zeros_(module.conv2.weight)",
         BOTTLE_LAST: "nn.init.zeros_(module.conv3.weight)"},
    ),
    zero(
        "freezes",
        "The zeroed γ is frozen, so that the branch could never wake up: it stays trainable.",
        {BASIC_LAST: "nn.init.zeros_(module.bn2.weight).requires_grad_(False)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn3.weight).requires_grad_(False)"},
    ),
    zero(
        "bottleneck_forgotten",
        "Only basic blocks are treated: bottleneck blocks as well.",
        f"        elif isinstance(module, Bottleneck):\n            {BOTTLE_LAST}",
    ),
    zero(
        "not_nested",
        "Only a model that is itself a block is treated: model.modules() visits all blocks inside.",
        VISIT, "for module in [model]:",
    ),
    zero(
        "children_only",
        "Only the model's children are looked at: the model may itself be a block, or hold them "
        "deeper down (model.modules() visits all).",
        VISIT, "for module in model.children():",
    ),
    zero(
        "works_on_copy",
        "A copy of the model is changed: the work is to be done in place.",
        VISIT, "import copy\n\n    for module in copy.deepcopy(model).modules():",
    ),
    zero(
        "returns_model",
        "The model is returned: a function that works in place returns None, so that nobody "
        "mistakes its result for a copy.",
        BOTTLE_LAST, f"{BOTTLE_LAST}\n    return model",
    ),
)  # fmt: skip

# --- 7 gradient_profile --------------------------------------------------------------------------

gradients = edits_of("gradient_profile")
SELECT = "weights = [p for p in model.parameters() if p.ndim >= 2]"
LOSS = "loss = F.cross_entropy(model(x), y)"
NORM = "float(gradient.norm())"
RETURN = "return [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]"

GRADIENT_PROFILE = (
    gradients(
        "norms_of_weights",
        "These are the norms of the weights themselves, not of the loss's gradient with respect to "
        "them.",
        RETURN, "return [float(weight.norm()) for weight in weights]",
    ),
    gradients(
        "vectors_included",
        "Biases and batch norm's γ and β are in the list: only parameters with two or more "
        "dimensions are asked for.",
        " if p.ndim >= 2]", "]",
    ),
    gradients(
        "linear_left_out",
        "Only convolutions are in the list: the weight of a linear layer has two dimensions and "
        "belongs there, too.",
        "p.ndim >= 2", "p.ndim > 2",
    ),
    gradients(
        "accumulates",
        "Each call adds to the gradients that the one before left in .grad: clear them, or use "
        "torch.autograd.grad.",
        RETURN, "loss.backward()\n    return [float(weight.grad.norm()) for weight in weights]",
    ),
    gradients(
        "squared",
        "These are squared norms: the square root is missing.",
        NORM, "float(gradient.square().sum())",
    ),
    gradients(
        "mean_of_magnitudes",
        "This is the mean magnitude of an entry: the Euclidean norm is the root of the sum of "
        "squares.",
        NORM, "float(gradient.abs().mean())",
    ),
    gradients(
        "root_of_mean_square",
        "This is the root of the mean of squares: the Euclidean norm sums the squares and does not "
        "divide by their number.",
        NORM, "float(gradient.square().mean().sqrt())",
    ),
    gradients(
        "largest_entry",
        "This is the largest magnitude of an entry: the Euclidean norm is asked for.",
        NORM, "float(gradient.abs().max())",
    ),
    gradients(
        "summed_loss",
        "The loss is summed over the batch: its mean is asked for, so that the profile does not "
        "grow with the batch.",
        LOSS, 'loss = F.cross_entropy(model(x), y, reduction="sum")',
    ),
    gradients(
        "softmax_first",
        "A softmax is applied before cross_entropy, which applies one itself.",
        LOSS, "loss = F.cross_entropy(model(x).softmax(dim=1), y)",
    ),
    gradients(
        "forces_training_mode",
        "The model is put into training mode: it is measured in the mode that it was given in.",
        LOSS, f"model.train()\n    {LOSS}",
    ),
    gradients(
        "forces_evaluation_mode",
        "The model is put into evaluation mode: it is measured in the mode that it was given in.",
        LOSS, f"model.eval()\n    {LOSS}",
    ),
    gradients(
        "takes_a_step",
        "The parameters are changed by a step of training: a measurement leaves them alone.",
        RETURN, "gradients = torch.autograd.grad(loss, weights)\n    with torch.no_grad():\n"
        "        for weight, gradient in zip(weights, gradients):\n"
        "            weight -= 0.1 * gradient\n"
        "    return [float(gradient.norm()) for gradient in gradients]",
    ),
    gradients(
        "last_layer_first",
        "The list runs from the last layer to the first: the order is that of model.parameters().",
        RETURN, f"{RETURN}[::-1]",
    ),
    gradients(
        "tensors",
        "The entries are tensors: Python floats are asked for (float(...) or .item()).",
        NORM, "gradient.norm()",
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

# --- 9 degradation -------------------------------------------------------------------------------

drawn = edits_of("degradation")

DEGRADATION = (
    drawn(
        "no_difference",
        "The two 38-layer networks do not train alike: compare their training losses after the "
        "last epoch.",
        '"residual"', '"no difference"',
    ),
    drawn(
        "plain_is_better",
        "The plain network does not train better: compare the training losses of the two 38-layer "
        "networks after the last epoch.",
        '"residual"', '"plain"',
    ),
    drawn(
        "overfits",
        "Overfitting means a low training loss and poor results on new images: the deep plain "
        "network's training loss itself stays high.",
        '"fails to train"', '"overfits"',
    ),
    drawn(
        "as_good",
        "The deep plain network could do as well as the shallow one, but it does not: compare "
        "their training losses.",
        '"fails to train"', '"as good"',
    ),
    drawn(
        "vanishing",
        "The gradients of the deep plain network do not vanish: with batch norm their norms even "
        "grow towards the input, which is the paper's point in section 4.1.",
        '"do not vanish"', '"vanish towards the input"',
    ),
    drawn(
        "free_text",
        "A statement is free text: copy one of the values from the table.",
        '"residual"', '"The residual network trains better."',
    ),
)  # fmt: skip

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *BASIC_BLOCK, *BOTTLENECK, *PADDED_SHORTCUT, *RESNET_CIFAR, *RESNET50, *ZERO_INIT,
    *GRADIENT_PROFILE, *PLAIN_TWIN, *DEGRADATION,
)  # fmt: skip
