"""Questions 6 and 7: the auxiliary head and the whole network."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- 6 head --------------------------------------------------------------------------------------

head = edits_of("head")
POOL = "        nn.AvgPool2d(5, stride=3),  # (N, in_channels, 4, 4)\n"
CONV = "        nn.Conv2d(in_channels, 2 * width, 1),\n"
RELU = "        nn.ReLU(),\n"
FLAT = "        nn.Flatten(),\n"
HIDDEN = "        nn.Linear(4 * 4 * 2 * width, 16 * width),\n"
DROP = "        nn.Dropout(0.7),\n"
LAST = "        nn.Linear(16 * width, num_classes),\n"

HEAD = (
    head(
        "adaptive_pooling",
        "This is what pooling to 4×4 parts gives, as in torchvision: its windows are 4 and 5 wide "
        "and overlap otherwise than windows of 5×5 that move on by 3.",
        POOL, "        nn.AdaptiveAvgPool2d(4),\n",
    ),
    head(
        "max_pooling",
        "The pooling takes the maximum: it is the average.",
        POOL, "        nn.MaxPool2d(5, stride=3),\n",
    ),
    head(
        "pooling_3x3",
        "The windows are 3×3: they are 5×5 and overlap.",
        POOL, "        nn.AvgPool2d(3, stride=3, ceil_mode=False),\n        "
              "nn.AdaptiveAvgPool2d(4),\n",
    ),
    head(
        "stride_default",
        "The pooling has its default stride, which is its window: with stride 3 it gives 4×4.",
        POOL, "        nn.AvgPool2d(5),\n",
    ),
    head(
        "pool_after_convolution",
        "The pooling stands behind the convolution and its ReLU, where the convolution costs "
        "twelve times as much: it comes first.",
        POOL + CONV + RELU, CONV + RELU + POOL,
    ),
    head(
        "pool_between",
        "The numbers are right, but the convolution works on the whole map and the average is "
        "taken afterwards: it costs twelve times as much as the other way round.",
        POOL + CONV, CONV + POOL,
    ),
    head(
        "global_average",
        "The map is averaged to one number a channel: all 4×4 positions go into the row.",
        {POOL: "        nn.AdaptiveAvgPool2d(1),\n", HIDDEN: HIDDEN.replace("4 * 4 * ", "")},
    ),
    head(
        "no_relu_after_convolution",
        "The 1×1 convolution has no ReLU, so that it and the linear layer are one linear map.",
        CONV + RELU, CONV,
    ),
    head(
        "no_relu_after_hidden",
        "The hidden linear layer has no ReLU, so that the two linear layers are one.",
        HIDDEN + RELU, HIDDEN,
    ),
    head(
        "no_relu_at_all",
        "There is no ReLU in it: everything behind the pooling is one linear map then.",
        {CONV + RELU: CONV, HIDDEN + RELU: HIDDEN},
    ),
    head(
        "relu_at_the_end",
        "There is a ReLU behind the last layer: scores may be negative.",
        LAST, LAST + RELU,
    ),
    head(
        "softmax_at_the_end",
        "It ends in a softmax: cross_entropy applies one itself.",
        LAST, LAST + "        nn.Softmax(dim=1),\n",
    ),
    head(
        "no_dropout",
        "There is no dropout: it stands between the two linear layers, at 70 %.",
        DROP,
    ),
    head(
        "dropout_keeps_70",
        "Dropout keeps 70 % of the features instead of dropping as many: p of nn.Dropout is the "
        "share that is dropped.",
        DROP, "        nn.Dropout(0.3),\n",
    ),
    head(
        "dropout_half",
        "Dropout drops half of the features, its default: here it is 70 %.",
        DROP, "        nn.Dropout(),\n",
    ),
    head(
        "dropout_before_hidden",
        "Dropout stands before the hidden linear layer: it stands behind it.",
        {DROP: "", HIDDEN: DROP + HIDDEN},
    ),
    head(
        "dropout_always_on",
        "Dropout is active in evaluation mode as well: F.dropout does not know the mode unless it "
        "is told, training=self.training.",
        DROP,
        "        type('Drop', (nn.Module,), {'forward': lambda self, x: F.dropout(x, 0.7)})(),\n",
    ),
    head(
        "no_hidden_layer",
        "The hidden linear layer is missing: scores come straight from the row of numbers.",
        HIDDEN + RELU + DROP + LAST, "        nn.Linear(4 * 4 * 2 * width, num_classes),\n",
    ),
    head(
        "no_convolution",
        "The 1×1 convolution is missing: it brings the channels down before the linear layer.",
        {CONV + RELU: "", HIDDEN: HIDDEN.replace("2 * width", "in_channels")},
    ),
    head(
        "convolution_3x3",
        "The convolution is 3×3: it is 1×1.",
        CONV, "        nn.Conv2d(in_channels, 2 * width, 3, padding=1),\n",
    ),
    head(
        "batch_norm",
        "There is batch norm behind the convolution, as in torchvision: this paper has a bias and "
        "no batch norm.",
        CONV, "        nn.Conv2d(in_channels, 2 * width, 1, bias=False),\n"
              "        nn.BatchNorm2d(2 * width),\n",
    ),
    head(
        "convolution_without_bias",
        "The convolution has no bias: every layer here has one.",
        CONV, CONV.replace("1)", "1, bias=False)"),
    ),
    head(
        "batch_flattened",
        "The batch is flattened, too: the row holds the numbers of one image.",
        FLAT, "        nn.Flatten(0),\n        nn.Unflatten(0, (-1, 32 * width)),\n"
              "        type('Roll', (nn.Module,), {'forward': lambda self, x: x.roll(1, 0)})(),\n",
    ),
    head(
        "channels_last_row",
        "The numbers of an image stand in the row pixel by pixel: flattening (C, 4, 4) as it is "
        "keeps channel by channel.",
        FLAT, "        type('Last', (nn.Module,), {'forward': lambda self, x: "
              "x.permute(0, 2, 3, 1).flatten(1)})(),\n",
    ),
    head(
        "width_ignored",
        "The width is ignored: 128 channels and 1024 features belong to width 64.",
        {CONV: CONV.replace("2 * width", "128"),
         HIDDEN: "        nn.Linear(2048, 1024),\n",
         LAST: "        nn.Linear(1024, num_classes),\n"},
    ),
    head(
        "hidden_of_fixed_size",
        "The hidden layer has 1024 features at every width: it has 16 * width.",
        {HIDDEN: HIDDEN.replace("16 * width", "1024"), LAST: LAST.replace("16 * width", "1024")},
    ),
    head(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "num_classes=1000", "num_classes=10",
    ),
    head(
        "width_missing",
        "The function has no argument called width.",
        {"num_classes=1000, width=64):": "num_classes=1000):",
         "    return nn.Sequential(\n": "    width = 64\n    return nn.Sequential(\n"},
    ),
    head(
        "hidden_frozen",
        "The hidden layer is frozen: every parameter is trained.",
        HIDDEN, HIDDEN.replace("width),\n", "width).requires_grad_(False),\n"),
    ),
    head(
        "input_detached",
        "The features are detached behind the convolution, which then never learns: the head is "
        "there to send gradients back.",
        FLAT, "        type('Cut', (nn.Module,), {'forward': lambda self, x: "
              "x.detach().flatten(1)})(),\n",
    ),
)  # fmt: skip

# --- 7 googlenet ---------------------------------------------------------------------------------

net = edits_of("googlenet")
STEM7 = "            nn.Conv2d(3, width, 7, stride=2, padding=3),\n            nn.ReLU(),\n"
POOL_NORM = (
    "            nn.MaxPool2d(3, stride=2, ceil_mode=True),\n            nn.LocalResponseNorm(5),\n"
)
STEM1 = "            nn.Conv2d(width, width, 1),\n            nn.ReLU(),\n"
STEM3 = "            nn.Conv2d(width, 3 * width, 3, padding=1),\n            nn.ReLU(),\n"
NORM_POOL = (
    "            nn.LocalResponseNorm(5),\n            nn.MaxPool2d(3, stride=2, ceil_mode=True),\n"
)
INNER = "self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)"
POOLED = 'if name in ("4a", "5a"):'
APPLY = "            x = block(x)\n"
MAKE_HEAD = "self.heads[name] = auxiliary_head(in_channels, num_classes, width)"
TAPPED = 'if aux and name in ("4a", "4d"):'
RUN_HEAD = "if self.training and name in self.heads:"
APPEND = "auxiliary.append(self.heads[name](x))"
SCORES = "logits: torch.Tensor = self.classifier(self.dropout(x.mean(dim=(2, 3))))"
RETURN = "return (logits, *auxiliary) if auxiliary else logits"
MAKE = "return GoogLeNet(num_classes, aux, width)"

# ReLU and max pooling commute, so that their order in the stem is free. A dropout of the whole
# channel is the same as one of the averaged feature.

GOOGLENET = (
    net(
        "no_normalisation",
        "The stem has no local response normalisation.",
        {POOL_NORM: POOL_NORM.splitlines(keepends=True)[0],
         NORM_POOL: NORM_POOL.splitlines(keepends=True)[1]},
    ),
    net(
        "one_normalisation",
        "The stem has only one local response normalisation: there is one behind the first pooling "
        "and one before the second.",
        NORM_POOL, NORM_POOL.splitlines(keepends=True)[1],
    ),
    net(
        "normalises_before_first_pooling",
        "The first local response normalisation stands before the pooling: it stands behind it.",
        POOL_NORM, "".join(reversed(POOL_NORM.splitlines(keepends=True))),
    ),
    net(
        "normalises_after_second_pooling",
        "The second local response normalisation stands behind the pooling: it stands before it.",
        NORM_POOL, "".join(reversed(NORM_POOL.splitlines(keepends=True))),
    ),
    net(
        "alexnet_normalisation",
        "The local response normalisation has AlexNet's constants, k = 2 and alpha = 5e-4: here it "
        "is PyTorch's with size 5 and all else at its defaults.",
        {POOL_NORM: POOL_NORM.replace("(5)", "(5, alpha=5e-4, k=2.0)"),
         NORM_POOL: NORM_POOL.replace("(5)", "(5, alpha=5e-4, k=2.0)")},
    ),
    net(
        "pads_instead",
        "The poolings are padded instead of rounding up, as in a widespread version: the maps have "
        "the same sizes, but the windows stand one pixel off.",
        {POOL_NORM: POOL_NORM.replace("ceil_mode=True", "padding=1"),
         NORM_POOL: NORM_POOL.replace("ceil_mode=True", "padding=1"),
         INNER: INNER.replace("ceil_mode=True", "padding=1")},
    ),
    net(
        "rounds_down",
        "The poolings round down and lose the last row and column: ceil_mode=True rounds up.",
        {POOL_NORM: POOL_NORM.replace(", ceil_mode=True", ""),
         NORM_POOL: NORM_POOL.replace(", ceil_mode=True", ""),
         INNER: INNER.replace(", ceil_mode=True", "")},
    ),
    net(
        "last_pooling_2x2",
        "The last pooling between the stages has 2×2 windows, as in torchvision: they are 3×3.",
        {INNER: f"{INNER}\n        self.last = nn.MaxPool2d(2, stride=2, ceil_mode=True)",
         POOLED: 'if name == "5a":\n                x = self.last(x)\n'
                 '            if name == "4a":'},
    ),
    net(
        "average_between",
        "The poolings between the stages take the average: they take the maximum.",
        INNER, "self.pool = nn.AvgPool2d(3, stride=2, ceil_mode=True)",
    ),
    net(
        "no_pooling_before_4a",
        "There is no pooling between 3b and 4a, so that stage 4 works on maps of four times the "
        "size.",
        POOLED, 'if name == "5a":',
    ),
    net(
        "no_pooling_before_5a",
        "There is no pooling between 4e and 5a, so that stage 5 works on maps of four times the "
        "size.",
        POOLED, 'if name == "4a":',
    ),
    net(
        "pools_behind_block",
        "The pooling stands behind 4a and 5a: it stands before them, where a stage begins.",
        {f"            {POOLED}\n                x = self.pool(x)\n": "",
         APPLY: f"{APPLY}            {POOLED}\n                x = self.pool(x)\n"},
    ),
    net(
        "no_second_pooling",
        "The stem has no second pooling, so that every stage works on maps of four times the size.",
        NORM_POOL, NORM_POOL.splitlines(keepends=True)[0],
    ),
    net(
        "stem_without_1x1",
        "The stem has no 1×1 convolution before its 3×3.",
        STEM1,
    ),
    net(
        "stem_without_relu",
        "The first convolution has no ReLU.",
        STEM7, STEM7.splitlines(keepends=True)[0],
    ),
    net(
        "stem_of_small_images",
        "The stem's first convolution has no stride, so that everything works on maps of four "
        "times the size.",
        STEM7, STEM7.replace("stride=2, ", ""),
    ),
    net(
        "subsamples_late",
        "The numbers are right, but the first convolution computes every position and three "
        "quarters are dropped afterwards: stride=2 computes only those that stay.",
        STEM7, STEM7.replace("stride=2, ", "") + "            nn.MaxPool2d(1, stride=2),\n",
    ),
    net(
        "widths_of_4c_and_4d_swapped",
        "The channels of two blocks of stage 4 are swapped: BLOCKS lists them in their order.",
        "scaled(row, width)",
        'scaled(BLOCKS[{"4b": "4c", "4c": "4b"}.get(name, name)], width)',
    ),
    net(
        "fixed_pooling",
        "The average covers a window of 7×7, which fits 224×224 images alone: average over all "
        "positions, however many.",
        SCORES, SCORES.replace("x.mean(dim=(2, 3))", "F.avg_pool2d(x, 7, stride=1).flatten(1)"),
    ),
    net(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        SCORES, SCORES.replace("x.mean(", "x.amax("),
    ),
    net(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        SCORES, SCORES.replace("self.classifier(", "F.softmax(self.classifier(").removesuffix(")")
                + "), dim=1)",
    ),
    net(
        "no_dropout",
        "There is no dropout before the last layer.",
        SCORES, "logits: torch.Tensor = self.classifier(x.mean(dim=(2, 3)))",
    ),
    net(
        "dropout_keeps_40",
        "Dropout keeps 40 % of the features instead of dropping as many: p of nn.Dropout is the "
        "share that is dropped.",
        "nn.Dropout(0.4)", "nn.Dropout(0.6)",
    ),
    net(
        "dropout_of_torchvision",
        "Dropout drops 20 %, as in torchvision: the paper has 40 %.",
        "nn.Dropout(0.4)", "nn.Dropout(0.2)",
    ),
    net(
        "always_1000_classes",
        "The number of classes is fixed at 1000: num_classes is ignored.",
        "nn.Linear(in_channels, num_classes)", "nn.Linear(in_channels, 1000)",
    ),
    net(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "def googlenet(num_classes=1000", "def googlenet(num_classes=10",
    ),
    net(
        "aux_by_default",
        "The auxiliary heads are there unless one asks otherwise: aux is False by default.",
        "aux=False", "aux=True",
    ),
    net(
        "classes_scaled",
        "The number of classes is scaled by the width: only channels are.",
        MAKE, "return GoogLeNet(num_classes * width // 64, aux, width)",
    ),
    net(
        "width_ignored",
        "The width is ignored: every number of channels follows it in proportion.",
        MAKE, "return GoogLeNet(num_classes, aux, 64)",
    ),
    net(
        "width_missing",
        "The function has no argument called width.",
        {"aux=False, width=64):": "aux=False):", MAKE: "return GoogLeNet(num_classes, aux, 64)"},
    ),
    net(
        "heads_of_full_width",
        "The auxiliary heads have full width, whatever the network's: they are scaled as well.",
        MAKE_HEAD, "self.heads[name] = auxiliary_head(in_channels, num_classes)",
    ),
    net(
        "no_heads",
        "There are no auxiliary heads, though aux=True asks for them.",
        TAPPED, 'if aux and name in ():',
    ),
    net(
        "one_head",
        "There is only one auxiliary head, on 4a: 4d has one as well.",
        TAPPED, 'if aux and name in ("4a",):',
    ),
    net(
        "head_on_4b",
        "The first auxiliary head hangs on 4b: it hangs on 4a. Both have 512 channels, so the "
        "parameters are as many.",
        TAPPED, 'if aux and name in ("4b", "4d"):',
    ),
    net(
        "head_on_4c",
        "The first auxiliary head hangs on 4c: it hangs on 4a. Both have 512 channels, so the "
        "parameters are as many.",
        TAPPED, 'if aux and name in ("4c", "4d"):',
    ),
    net(
        "head_on_4e",
        "The second auxiliary head hangs on 4e: it hangs on 4d.",
        TAPPED, 'if aux and name in ("4a", "4e"):',
    ),
    net(
        "order_of_torchvision",
        "The scores of the head on 4d come before those of the head on 4a, as in torchvision: the "
        "order here is that of the network.",
        RETURN, "return (logits, *auxiliary[::-1]) if auxiliary else logits",
    ),
    net(
        "own_scores_last",
        "The network's own scores come last: they come first.",
        RETURN, "return (*auxiliary, logits) if auxiliary else logits",
    ),
    net(
        "heads_in_evaluation",
        "The heads run in evaluation mode, too, and their scores are returned: in evaluation mode "
        "the network returns its own scores alone, and the heads cost nothing.",
        RUN_HEAD, "if name in self.heads:",
    ),
    net(
        "heads_added_in_evaluation",
        "In evaluation mode the heads' scores are added to the network's own where the size of the "
        "map allows it: heads are for training alone.",
        {RUN_HEAD: "if name in self.heads and (self.training or 13 < min(x.shape[2:])):",
         RETURN: "if not self.training and auxiliary:\n            return logits + 0.3 * "
                 "sum(auxiliary)\n        return (logits, *auxiliary) if auxiliary else logits"},
    ),
    net(
        "heads_run_unused",
        "The heads run in evaluation mode, though nobody uses what they say, and cost 8,372,224 "
        "multiply-adds.",
        {RUN_HEAD: "if name in self.heads and (self.training or 13 < min(x.shape[2:])):",
         RETURN: "return (logits, *auxiliary) if auxiliary and self.training else logits"},
    ),
    net(
        "heads_detached",
        "The heads get their input detached: they learn, but send no gradient back into the "
        "network, which is what they are for.",
        APPEND, "auxiliary.append(self.heads[name](x.detach()))",
    ),
    net(
        "scores_summed_in_training",
        "In training mode the three outputs are summed: each of them has its own loss, so return "
        "a tuple.",
        RETURN, "return logits + 0.3 * sum(auxiliary) if auxiliary else logits",
    ),
    net(
        "tuple_without_heads",
        "In training mode there is a tuple even without heads: aux=False always gives one tensor.",
        RETURN, "return (logits, *auxiliary) if self.training else logits",
    ),
    net(
        "dictionary",
        "In training mode the outputs come in a dictionary: a tuple of three tensors is asked for.",
        RETURN, 'return dict(zip(("logits", "aux1", "aux2"), (logits, *auxiliary))) if auxiliary '
                "else logits",
    ),
    net(
        "second_head_unused",
        "The second auxiliary head is made but never used: the first one speaks twice.",
        APPEND, 'auxiliary.append(self.heads["4a"](x) if name == "4a" else auxiliary[0])',
    ),
    net(
        "classifier_frozen",
        "The last layer is frozen: every parameter is trained.",
        "nn.Linear(in_channels, num_classes)",
        "nn.Linear(in_channels, num_classes).requires_grad_(False)",
    ),
    net(
        "activations_doubled_by_residual",
        "The output of a block is added to its input where both have the same shape, as in a "
        "residual network: GoogLeNet has no shortcuts.",
        APPLY, "            y = block(x)\n            x = x + y if x.shape == y.shape else y\n",
    ),
    rewrite(
        "googlenet", "blocks_in_list",
        "The blocks are in a plain Python list, where PyTorch does not see their parameters: "
        "nn.Sequential or nn.ModuleList registers them.",
        """
class GoogLeNet(nn.Module):
    def __init__(self, num_classes, width):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.LocalResponseNorm(5), nn.Conv2d(width, width, 1), nn.ReLU(),
            nn.Conv2d(width, 3 * width, 3, padding=1), nn.ReLU(),
            nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.blocks, channels = [], 3 * width
        for name, row in BLOCKS.items():
            row = scaled(row, width)
            if name in ("4a", "5a"):
                self.blocks.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            self.blocks.append(Inception(channels, *row))
            channels = row[0] + row[1][1] + row[2][1] + row[3]
        self.end = nn.Sequential(nn.Dropout(0.4), nn.Linear(channels, num_classes))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.end(x.mean((2, 3)))


def googlenet(num_classes=1000, aux=False, width=64):
    return GoogLeNet(num_classes, width)
""",
    ),
)  # fmt: skip
