"""Mistakes in the two residual blocks and in the padded shortcut."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

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
