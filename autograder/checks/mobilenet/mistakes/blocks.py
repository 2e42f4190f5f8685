"""Mistakes in the blocks made of depthwise convolutions."""

from __future__ import annotations

from autograder.expect.variants import edits_of

# --- 3 depthwise_separable -----------------------------------------------------------------------

block = edits_of("depthwise_separable")
DEPTHWISE = "in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False"
FULL = "in_channels, in_channels, 3, stride, padding=1, bias=False"
UNSTRIDED = "in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False"
CONV = f"""self.depthwise = nn.Conv2d(
            {DEPTHWISE}
        )"""
POINTWISE = "self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)"
BN1 = "self.bn1 = nn.BatchNorm2d(in_channels)"
BN2 = "self.bn2 = nn.BatchNorm2d(out_channels)"
FIRST = "x = F.relu(self.bn1(self.depthwise(x)))"
SECOND = "return F.relu(self.bn2(self.pointwise(x)))"

DEPTHWISE_SEPARABLE = (
    block(
        "groups_forgotten",
        "The 3×3 is a full convolution: without groups every filter sees all channels.",
        DEPTHWISE, FULL,
    ),
    block(
        "two_groups",
        "The 3×3 has two groups: a depthwise convolution has as many groups as channels.",
        DEPTHWISE, "in_channels, in_channels, 3, stride, padding=1, "
                   "groups=2 if in_channels % 2 == 0 else 1, bias=False",
    ),
    block(
        "one_filter",
        "One 3×3 filter serves all channels: each channel has its own.",
        {DEPTHWISE: "1, 1, 3, stride, padding=1, bias=False",
         FIRST: "y = self.depthwise(x.flatten(0, 1)[:, None])\n"
                "        x = F.relu(self.bn1(y[:, 0].unflatten(0, x.shape[:2])))"},
    ),
    block(
        "rows_and_columns",
        "This separates the filter in space, 3×1 and 1×3: depthwise separable means space and "
        "channels, and the depthwise filter is a whole 3×3.",
        CONV, "self.depthwise = nn.Sequential(\n"
        "            nn.Conv2d(in_channels, in_channels, (3, 1), (stride, 1), (1, 0),\n"
        "                      groups=in_channels, bias=False),\n"
        "            nn.Conv2d(in_channels, in_channels, (1, 3), (1, stride), (0, 1),\n"
        "                      groups=in_channels, bias=False),\n        )",
    ),
    block(
        "pointwise_first",
        "The 1×1 comes before the depthwise convolution: first filter, then mix.",
        {CONV: "self.depthwise = nn.Conv2d(\n            out_channels, out_channels, 3, stride, "
               "padding=1, groups=out_channels, bias=False\n        )",
         BN1: "self.bn1 = nn.BatchNorm2d(out_channels)",
         FIRST: "x = F.relu(self.bn1(self.pointwise(x)))",
         SECOND: "return F.relu(self.bn2(self.depthwise(x)))"},
    ),
    block(
        "stride_on_pointwise",
        "The stride is on the pointwise convolution: the depthwise one then computes positions "
        "that are thrown away, which costs and, in training, enters batch norm's statistics.",
        {DEPTHWISE: UNSTRIDED,
         POINTWISE: "self.pointwise = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)"},
    ),
    block(
        "stride_on_both",
        "Both convolutions have the stride, so that the map shrinks twice: only the depthwise one "
        "has it.",
        POINTWISE, "self.pointwise = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)",
    ),
    block(
        "stride_ignored",
        "The stride is ignored: the depthwise convolution has it.",
        DEPTHWISE, UNSTRIDED,
    ),
    block(
        "averages_for_the_stride",
        "The map is made smaller by average pooling: the depthwise convolution itself strides.",
        {DEPTHWISE: UNSTRIDED, FIRST: FIRST.replace(
            "self.depthwise(x)", "F.avg_pool2d(self.depthwise(x), self.stride, ceil_mode=True)"),
         BN1: f"self.stride = stride\n        {BN1}"},
    ),
    block(
        "nothing_between",
        "Nothing stands between the two convolutions: batch norm and ReLU follow each of them.",
        {f"        {BN1}\n": "", FIRST: "x = self.depthwise(x)"},
    ),
    block(
        "no_norm_between",
        "There is no batch norm between the two convolutions: each is followed by its own.",
        {f"        {BN1}\n": "", FIRST: "x = F.relu(self.depthwise(x))"},
    ),
    block(
        "no_relu_between",
        "There is no ReLU between the two convolutions, so that the block is one linear map before "
        "its last ReLU (Xception does it so, MobileNet does not).",
        FIRST, "x = self.bn1(self.depthwise(x))",
    ),
    block(
        "no_norm_at_the_end",
        "The pointwise convolution has no batch norm: each is followed by its own.",
        {f"        {BN2}\n": "", SECOND: "return F.relu(self.pointwise(x))"},
    ),
    block(
        "linear_at_the_end",
        "There is no ReLU at the end: the linear bottleneck is MobileNetV2's.",
        SECOND, "return self.bn2(self.pointwise(x))",
    ),
    block(
        "norm_after_relu",
        "The first batch norm comes after its ReLU: the order is convolution, batch norm, ReLU.",
        FIRST, "x = self.bn1(F.relu(self.depthwise(x)))",
    ),
    block(
        "second_norm_after_relu",
        "The second batch norm comes after its ReLU: the order is convolution, batch norm, ReLU.",
        SECOND, "return self.bn2(F.relu(self.pointwise(x)))",
    ),
    block(
        "leaky",
        "The activations let negative values through, weakened: ReLU does not.",
        {FIRST: "x = F.leaky_relu(self.bn1(self.depthwise(x)))",
         SECOND: "return F.leaky_relu(self.bn2(self.pointwise(x)))"},
    ),
    block(
        "adds_its_input",
        "The input is added to the result where shapes agree: shortcuts come with MobileNetV2.",
        {FIRST: f"given = x\n        {FIRST}",
         SECOND: "x = F.relu(self.bn2(self.pointwise(x)))\n"
                 "        return x + given if x.shape == given.shape else x"},
    ),
    block(
        "no_padding",
        "The 3×3 has no padding, so that the map loses its border: padding=1 keeps it.",
        DEPTHWISE, "in_channels, in_channels, 3, stride, groups=in_channels, bias=False",
    ),
    block(
        "pads_as_tensorflow",
        "At stride 2 the zeros are added below and to the right only, as TensorFlow does: here "
        "they are on every side.",
        {DEPTHWISE: "in_channels, in_channels, 3, stride, groups=in_channels, bias=False",
         BN1: f"self.pad = (1, 1, 1, 1) if stride == 1 else None\n        {BN1}",
         FIRST: "odd = [size % 2 for size in x.shape[:1:-1]]\n"
                "        pad = self.pad or (odd[0], 1, odd[1], 1)\n"
                "        x = F.relu(self.bn1(self.depthwise(F.pad(x, pad))))"},
    ),
    block(
        "pointwise_3x3",
        "The second convolution is 3×3: it is 1×1, it only mixes channels.",
        POINTWISE, POINTWISE.replace("out_channels, 1,", "out_channels, 3, padding=1,"),
    ),
    block(
        "norm_in_list",
        "The batch norms sit in a plain Python list, where PyTorch does not see their parameters: "
        "they would never be trained, moved or saved (nn.ModuleList registers them).",
        {f"        {BN1}\n": "", BN2: "self.norms = [nn.BatchNorm2d(in_channels), "
                                     "nn.BatchNorm2d(out_channels)]",
         FIRST: "x = F.relu(self.norms[0](self.depthwise(x)))",
         SECOND: "return F.relu(self.norms[1](self.pointwise(x)))"},
    ),
    block(
        "detached",
        "The first half of the block is detached from the graph: its filters never get a gradient.",
        SECOND, "return F.relu(self.bn2(self.pointwise(x.detach())))",
    ),
    block(
        "depthwise_frozen",
        "The depthwise filters are frozen: here every parameter is trained.",
        BN1, f"self.depthwise.requires_grad_(False)\n        {BN1}",
    ),
    block(
        "no_running_statistics",
        "A batch norm without running statistics normalises by the batch even in evaluation mode, "
        "so that the result for one image depends on its neighbours.",
        BN1, "self.bn1 = nn.BatchNorm2d(in_channels, track_running_stats=False)",
    ),
    block(
        "keras_epsilon",
        "This is what a block gives whose batch norm adds ε = 1e-3, the default of Keras and "
        "TensorFlow: PyTorch's default, 1e-5, is asked for.",
        BN2, "self.bn2 = nn.BatchNorm2d(out_channels, eps=1e-3)",
    ),
    block(
        "keras_momentum",
        "Batch norm's momentum counts the new batch in PyTorch (default 0.1) and the old average "
        "in Keras: momentum=0.99 forgets nearly all that was seen before.",
        BN2, "self.bn2 = nn.BatchNorm2d(out_channels, momentum=0.99)",
    ),
    block(
        "stride_required",
        "The constructor demands a stride: it is optional, and 1 unless given.",
        "stride=1):", "stride):",
    ),
)  # fmt: skip

# --- 6 inverted_residual -------------------------------------------------------------------------

inverted = edits_of("inverted_residual")
HIDDEN = "hidden_channels = expansion * in_channels"
EXPANDS = "if expansion != 1:"
EXPAND = "nn.Conv2d(in_channels, hidden_channels, 1, bias=False),"
FILTER = "hidden_channels, hidden_channels, 3, stride, 1, groups=hidden_channels, bias=False"
PROJECT = "nn.Conv2d(hidden_channels, out_channels, 1, bias=False),"
EXPAND_TAIL = """                nn.BatchNorm2d(hidden_channels),
                nn.ReLU6(),
"""
FILTER_TAIL = """            ),
            nn.BatchNorm2d(hidden_channels),
            nn.ReLU6(),
"""
PROJECT_NORM = "            nn.BatchNorm2d(out_channels),\n"
SKIP = "self.has_skip = stride == 1 and in_channels == out_channels"
CHANGE = "change: torch.Tensor = self.project(self.filter(self.expand(x)))"
SUM = "return x + change if self.has_skip else change"

INVERTED_RESIDUAL = (
    inverted(
        "relu6_after_projection",
        "This is what a block gives with a ReLU6 after its projection: the bottleneck is linear, "
        "nothing follows its batch norm.",
        CHANGE, CHANGE.replace("self.project(self.filter(self.expand(x)))",
                               "F.relu6(self.project(self.filter(self.expand(x))))"),
    ),
    inverted(
        "relu6_after_addition",
        "This is what a block gives with a ReLU6 at its very end, as ResNets have a ReLU after the "
        "addition: here nothing follows it.",
        SUM, "return F.relu6(x + change if self.has_skip else change)",
    ),
    inverted(
        "relu",
        "The activations are plain ReLUs: this block clips at 6 as well (ReLU6).",
        {EXPAND_TAIL: EXPAND_TAIL.replace("ReLU6", "ReLU"),
         FILTER_TAIL: FILTER_TAIL.replace("ReLU6", "ReLU")},
    ),
    inverted(
        "relu_first_only",
        "The first activation is a plain ReLU: both clip at 6.",
        EXPAND_TAIL, EXPAND_TAIL.replace("ReLU6", "ReLU"),
    ),
    inverted(
        "hard_swish",
        "The activations are hard swishes, as in MobileNetV3: here they are ReLU6.",
        {EXPAND_TAIL: EXPAND_TAIL.replace("ReLU6", "Hardswish"),
         FILTER_TAIL: FILTER_TAIL.replace("ReLU6", "Hardswish")},
    ),
    inverted(
        "no_relu_after_expansion",
        "There is no ReLU6 after the expansion: only the projection is linear.",
        EXPAND_TAIL, "                nn.BatchNorm2d(hidden_channels),\n",
    ),
    inverted(
        "no_relu_after_filter",
        "There is no ReLU6 after the depthwise convolution: only the projection is linear.",
        FILTER_TAIL, "            ),\n            nn.BatchNorm2d(hidden_channels),\n",
    ),
    inverted(
        "no_norm_after_expansion",
        "The expansion has no batch norm: each of the three convolutions has one.",
        EXPAND_TAIL, "                nn.ReLU6(),\n",
    ),
    inverted(
        "no_norm_after_filter",
        "The depthwise convolution has no batch norm: each of the three convolutions has one.",
        FILTER_TAIL, "            ),\n            nn.ReLU6(),\n",
    ),
    inverted(
        "no_norm_after_projection",
        "The projection has no batch norm: linear means without an activation.",
        PROJECT_NORM,
    ),
    inverted(
        "expands_at_one",
        "With expansion=1 there is still a first 1×1, as the paper's general table has it: the "
        "authors' code, and this question, leave it out.",
        EXPANDS, "if expansion:",
    ),
    inverted(
        "hidden_from_output",
        "The width inside is taken from the output channels: it is expansion * in_channels.",
        HIDDEN, "hidden_channels = expansion * out_channels",
    ),
    inverted(
        "reduces",
        "The block is narrow inside, like a ResNet's bottleneck: this one is wide inside.",
        HIDDEN, "hidden_channels = max(1, in_channels // expansion)",
    ),
    inverted(
        "rounds_inside",
        "The width inside is rounded to a multiple of 8: it is exactly expansion * in_channels.",
        HIDDEN, "hidden_channels = make_divisible(expansion * in_channels)",
    ),
    inverted(
        "groups_forgotten",
        "The 3×3 is a full convolution: without groups every filter sees all channels.",
        FILTER, "hidden_channels, hidden_channels, 3, stride, 1, bias=False",
    ),
    inverted(
        "groups_of_the_input",
        "The 3×3 has as many groups as the block has input channels: it has as many as it is wide "
        "itself.",
        FILTER, FILTER.replace("groups=hidden_channels", "groups=in_channels"),
    ),
    inverted(
        "stride_on_expansion",
        "The stride is on the expanding 1×1, which throws away three quarters of the positions "
        "before any filter has seen them: it belongs to the depthwise convolution.",
        {EXPAND: "nn.Conv2d(in_channels, hidden_channels, 1, stride, bias=False),",
         FILTER: "hidden_channels, hidden_channels, 3, stride if expansion == 1 else 1, 1, "
                 "groups=hidden_channels, bias=False"},
    ),
    inverted(
        "stride_on_projection",
        "The stride is on the projecting 1×1: the depthwise convolution then computes positions "
        "that are thrown away, which costs and, in training, enters batch norm's statistics.",
        {FILTER: "hidden_channels, hidden_channels, 3, 1, 1, groups=hidden_channels, bias=False",
         PROJECT: "nn.Conv2d(hidden_channels, out_channels, 1, stride, bias=False),"},
    ),
    inverted(
        "stride_ignored",
        "The stride is ignored: the depthwise convolution has it.",
        FILTER, "hidden_channels, hidden_channels, 3, 1, 1, groups=hidden_channels, bias=False",
    ),
    inverted(
        "no_skip",
        "The input is never added: where the stride is 1 and the numbers of channels agree, it is.",
        SUM, "return change",
    ),
    inverted(
        "only_stride_decides",
        "Only the stride decides about the addition: the numbers of channels must agree as well.",
        SKIP, "self.has_skip = stride == 1",
    ),
    inverted(
        "only_channels_decide",
        "Only the channels decide about the addition: the stride must be 1 as well.",
        SKIP, "self.has_skip = in_channels == out_channels",
    ),
    inverted(
        "no_skip_without_expansion",
        "A block of expansion 1 never adds its input: where shapes agree it does, like the others.",
        SKIP, f"{SKIP} and expansion != 1",
    ),
    inverted(
        "projected_skip",
        "Where channels differ at stride 1 the shortcut has a projection, as in ResNets and in a "
        "well-known port: MobileNetV2 has no shortcut there.",
        {SKIP: "self.has_skip = stride == 1\n        self.shortcut = nn.Sequential()\n"
               "        if in_channels != out_channels and stride == 1:\n"
               "            self.shortcut = nn.Sequential(\n"
               "                nn.Conv2d(in_channels, out_channels, 1, bias=False),\n"
               "                nn.BatchNorm2d(out_channels),\n            )",
         SUM: "return self.shortcut(x) + change if self.has_skip else change"},
    ),
    inverted(
        "skip_in_the_wide",
        "The shortcut joins the wide ends inside the block: it joins the narrow ones, the block's "
        "input and output.",
        {CHANGE: "wide = self.expand(x)\n        filtered = self.filter(wide)",
         SUM: "if self.has_skip:\n            filtered = filtered + wide\n"
              "        return self.project(filtered)"},
    ),
    inverted(
        "scaled_skip",
        "The sum is halved: the input is simply added.",
        SUM, "return (x + change) / 2 if self.has_skip else change",
    ),
    inverted(
        "concatenates",
        "The input is concatenated, as in DenseNets: it is added, so that the number of channels "
        "stays.",
        SUM, "return torch.cat([x, change], dim=1) if self.has_skip else change",
    ),
    inverted(
        "input_overwritten",
        "An activation works in place on the input itself: by the time x is added, what it cut off "
        "is gone.",
        CHANGE, CHANGE.replace("self.expand(x)", "self.expand(F.relu6(x, inplace=True))"),
    ),
    inverted(
        "no_padding",
        "The 3×3 has no padding, so that the map loses its border: padding=1 keeps it.",
        FILTER, FILTER.replace("stride, 1,", "stride, 0,"),
    ),
    inverted(
        "five_by_five",
        "The depthwise filter is 5×5, as in some blocks of MobileNetV3 and EfficientNet: here it "
        "is 3×3.",
        FILTER, FILTER.replace("3, stride, 1,", "5, stride, 2,"),
    ),
    inverted(
        "projection_in_list",
        "The projection sits in a plain Python list, where PyTorch does not see its parameters: "
        "they would never be trained, moved or saved.",
        {"self.project = nn.Sequential(": "self.project = [",
         "            nn.BatchNorm2d(out_channels),\n        )":
         "            nn.BatchNorm2d(out_channels),\n        ]",
         CHANGE: "change = self.filter(self.expand(x))\n        for layer in self.project:\n"
                 "            change = layer(change)"},
    ),
    inverted(
        "zero_weights",
        "All convolutions start with zeros: nothing reaches the next layer, no gradient comes "
        "back, and nothing is learned (start from random numbers, as PyTorch does).",
        SKIP, f"{SKIP}\n        for module in self.modules():\n"
              "            if isinstance(module, nn.Conv2d):\n"
              "                nn.init.zeros_(module.weight)",
    ),
    inverted(
        "no_gradient",
        "What the block computes is detached from the graph: its parameters never get a gradient.",
        SUM, "return x + change.detach() if self.has_skip else change.detach()",
    ),
    inverted(
        "frozen",
        "The block's parameters are frozen, as one does for fine-tuning: here all are trained.",
        SKIP, f"{SKIP}\n        self.requires_grad_(False)",
    ),
    inverted(
        "no_batch_statistics",
        "Batch norm never looks at the batch: in training mode it normalises by the batch's "
        "statistics and keeps a running average of them.",
        CHANGE, "for module in self.modules():\n            module.training = False\n        "
                f"{CHANGE}",
    ),
    inverted(
        "no_running_statistics",
        "A batch norm without running statistics normalises by the batch even in evaluation mode, "
        "so that the result for one image depends on its neighbours.",
        PROJECT_NORM,
        "            nn.BatchNorm2d(out_channels, track_running_stats=False),\n",
    ),
    inverted(
        "keras_epsilon",
        "This is what a block gives whose batch norm adds ε = 1e-3, as in Keras and TensorFlow: "
        "PyTorch's default, 1e-5, is asked for.",
        PROJECT_NORM, "            nn.BatchNorm2d(out_channels, eps=1e-3),\n",
    ),
    inverted(
        "keras_momentum",
        "Batch norm's momentum counts the new batch in PyTorch (default 0.1) and the old average "
        "in Keras: momentum=0.999 forgets all that was seen before.",
        PROJECT_NORM, "            nn.BatchNorm2d(out_channels, momentum=0.999),\n",
    ),
    inverted(
        "argument_renamed",
        "The last argument is called expand_ratio, as in well-known libraries: the text calls it "
        "expansion, and whoever calls the block by that name relies on it.",
        {"stride, expansion):": "stride, expand_ratio):",
         HIDDEN: f"expansion = expand_ratio\n        {HIDDEN}"},
    ),
    inverted(
        "arguments_exchanged",
        "The last two arguments are exchanged: the stride comes before the expansion.",
        "stride, expansion):", "expansion, stride):",
    ),
)  # fmt: skip
