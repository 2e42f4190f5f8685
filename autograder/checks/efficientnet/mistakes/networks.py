"""Mistakes in the scaled network and in its variants.

Not among them, because a few draws cannot tell them from the schedule: rates that start again in
each stage, and a variant whose ``drop_rate`` is not 0.2.
"""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- 5 network -----------------------------------------------------------------------------------

net = edits_of("network")
STEM_CHANNELS = "in_channels = round_filters(32, width)"
STEM = "nn.Conv2d(3, in_channels, 3, stride=2, padding=1, bias=False),"
STEM_REST = "        norm(in_channels),\n        nn.SiLU(),\n    ]"
STRIDE = "stride = first_stride if index == 0 else 1"
SCHEDULE = "rate = drop_rate * block / blocks"
OUT = "out_channels = round_filters(channels, width)"
TIMES = "for index in range(round_repeats(repeats, depth)):"
HOW = "how = (kernel_size, stride, expansion, rate)"
APPEND = "layers.append(MBConv(in_channels, out_channels, *how))"
MOVE_ON = "            in_channels = out_channels\n"
FEATURES = "features = round_filters(1280, width)"
HEAD = "layers += [nn.Conv2d(in_channels, features, 1, bias=False), norm(features), nn.SiLU()]"
POOL = "layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]"
LAST = "layers += [nn.Dropout(dropout), nn.Linear(features, num_classes)]"
RETURN = "return nn.Sequential(*layers)"

NETWORK = (
    net(
        "stem_unscaled",
        "The stem has 32 channels whatever the width: its channels are scaled like all others.",
        STEM_CHANNELS, "in_channels = 32",
    ),
    net(
        "head_unscaled",
        "The head has 1280 channels whatever the width, as in a slim MobileNetV2: its channels are "
        "scaled like all others.",
        FEATURES, "features = 1280",
    ),
    net(
        "stem_and_head_unscaled",
        "Stem and head keep 32 and 1280 channels whatever the width: both are scaled.",
        {STEM_CHANNELS: "in_channels = 32", FEATURES: "features = 1280"},
    ),
    net(
        "no_head",
        "The 1×1 convolution of the head is missing: the linear layer sees its 1280 channels, not "
        "the 320 of the last stage.",
        {f"    {HEAD}\n": "", FEATURES: "features = in_channels"},
    ),
    net(
        "head_without_activation",
        "The head's batch norm is not followed by an activation.",
        HEAD, HEAD.replace(", nn.SiLU()]", "]"),
    ),
    net(
        "stem_without_activation",
        "The stem's batch norm is not followed by an activation.",
        STEM_REST, "        norm(in_channels),\n    ]",
    ),
    net(
        "stem_without_norm",
        "The stem has no batch norm: every convolution of the table is followed by one.",
        STEM_REST, "        nn.SiLU(),\n    ]",
    ),
    net(
        "stem_without_stride",
        "The stem has no stride, so that all maps are twice as large: its stride is 2.",
        STEM, "nn.Conv2d(3, in_channels, 3, padding=1, bias=False),",
    ),
    net(
        "stem_of_resnet",
        "The stem is a 7×7 convolution, as in a ResNet: it is 3×3.",
        STEM, "nn.Conv2d(3, in_channels, 7, stride=2, padding=3, bias=False),",
    ),
    net(
        "relu_in_stem_and_head",
        "Stem and head have ReLU: all activations are SiLU.",
        {STEM_REST: STEM_REST.replace("SiLU", "ReLU"), HEAD: HEAD.replace("SiLU", "ReLU")},
    ),
    net(
        "depth_and_width_exchanged",
        "Depth scales the channels and width the blocks: it is the other way round.",
        {OUT: "out_channels = round_filters(channels, depth)",
         TIMES: "for index in range(round_repeats(repeats, width)):"},
    ),
    net(
        "depth_ignored",
        "The numbers of blocks are those of B0 whatever the depth.",
        TIMES, "for index in range(repeats):",
    ),
    net(
        "depth_to_nearest",
        "Blocks are rounded to the nearest number: round_repeats rounds up.",
        TIMES, "for index in range(max(1, round(repeats * depth))):",
    ),
    net(
        "width_unrounded",
        "Channels are cut to whole numbers: round_filters makes multiples of 8 of them.",
        OUT, "out_channels = max(1, int(channels * width))",
    ),
    net(
        "scaled_twice",
        "Channels are scaled again from stage to stage: each row of the table is scaled once, from "
        "its own number.",
        OUT, "out_channels = round_filters(round_filters(channels, width), width)",
    ),
    net(
        "stride_in_every_block",
        "Every block of a stage has the stride: only the first one has it.",
        STRIDE, "stride = first_stride",
    ),
    net(
        "stride_in_last_block",
        "The stride comes in the last block of a stage: the first block has it.",
        STRIDE, "stride = first_stride if index == round_repeats(repeats, depth) - 1 else 1",
    ),
    net(
        "stride_in_wrong_stage",
        "The stage of 80 channels keeps its map and that of 112 halves it, as a misprint in the "
        "paper's first version suggests: it is the other way round.",
        STRIDE, "stride = first_stride if index == 0 else 1\n"
                "            if index == 0 and channels in (80, 112):\n"
                "                stride = 3 - first_stride",
    ),
    net(
        "always_3x3",
        "Every stage has 3×3 convolutions: three of them have 5×5.",
        HOW, HOW.replace("kernel_size", "3"),
    ),
    net(
        "always_six",
        "Every stage expands by 6: the first one has an expansion of 1.",
        HOW, HOW.replace("expansion", "6"),
    ),
    net(
        "first_input_stays",
        "Every block of a stage is made for the channels before the stage: from the second on the "
        "input has the stage's own.",
        MOVE_ON, "            in_channels = out_channels if index else in_channels\n",
    ),
    net(
        "one_block_repeated",
        "The later blocks of a stage are one and the same object, repeated, and share their "
        "weights: make a new block in each round of the loop.",
        APPEND, "if index < 2:\n"
                "                made = MBConv(in_channels, out_channels, *how)\n"
                "            layers.append(made)",
    ),
    net(
        "constant_drop_rate",
        "All blocks have the full rate of stochastic depth: it grows linearly from 0.",
        SCHEDULE, "rate = drop_rate",
    ),
    net(
        "reversed_drop_rates",
        "The rate of stochastic depth falls from block to block: early blocks are needed by all "
        "others and are dropped least.",
        SCHEDULE, "rate = drop_rate * (blocks - 1 - block) / blocks",
    ),
    net(
        "drop_rate_ignored",
        "No block ever drops anything: drop_rate is not used.",
        SCHEDULE, "rate = 0.0",
    ),
    net(
        "no_dropout",
        "There is no dropout before the linear layer.",
        LAST, "layers += [nn.Linear(features, num_classes)]",
    ),
    net(
        "dropout_fixed",
        "The dropout is 0.2 whatever was asked for.",
        LAST, "layers += [nn.Dropout(0.2), nn.Linear(features, num_classes)]",
    ),
    net(
        "dropout_of_scores",
        "Dropout acts on the scores, after the linear layer: it acts on what the layer sees.",
        LAST, "layers += [nn.Linear(features, num_classes), nn.Dropout(dropout)]",
    ),
    net(
        "fixed_pooling",
        "The average covers a window of fixed size, 7×7, which fits 224×224 images alone: average "
        "over all positions, however many.",
        POOL, "layers += [nn.AvgPool2d(7), nn.Flatten()]",
    ),
    net(
        "maximum_at_the_end",
        "The last pooling takes the maximum: it is the average over all positions.",
        POOL, "layers += [nn.AdaptiveMaxPool2d(1), nn.Flatten()]",
    ),
    net(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        LAST, LAST.replace("num_classes)]", "num_classes), nn.Softmax(1)]"),
    ),
    net(
        "always_1000_classes",
        "The number of classes is fixed at 1000: num_classes is ignored.",
        LAST, LAST.replace("num_classes", "1000"),
    ),
    net(
        "default_norms",
        "Batch norm of stem and head has PyTorch's default constants: use norm(), as in the "
        "blocks.",
        {STEM_REST: STEM_REST.replace("norm(", "nn.BatchNorm2d("),
         HEAD: HEAD.replace("norm(", "nn.BatchNorm2d(")},
    ),
    net(
        "frozen",
        "All but the linear layer is frozen, as one does for fine-tuning: here everything is "
        "trained.",
        RETURN, "for layer in layers[:-1]:\n        layer.requires_grad_(False)\n"
                f"    {RETURN}",
    ),
    net(
        "detached_head",
        "The features are detached before the head, so that only head and linear layer learn.",
        {HEAD: f"layers += [Detached()]\n    {HEAD}",
         "def scaled_efficientnet(": "class Detached(nn.Module):\n    def forward(self, x):\n"
         "        return x.detach()\n\n\ndef scaled_efficientnet("},
    ),
    net(
        "zero_weights",
        "All convolutions start at zero: then no gradient passes them, and nothing ever moves.",
        RETURN, "for layer in nn.Sequential(*layers).modules():\n"
                "        if isinstance(layer, nn.Conv2d):\n"
                "            nn.init.zeros_(layer.weight)\n"
                f"    {RETURN}",
    ),
    net(
        "subsamples_late",
        "The numbers are right, but the stem's convolution computes every position and three "
        "quarters are dropped afterwards.",
        {STEM: "nn.Conv2d(3, in_channels, 3, padding=1, bias=False),\n        EverySecond(),",
         "def scaled_efficientnet(": "class EverySecond(nn.Module):\n    def forward(self, x):\n"
         "        return x[:, :, ::2, ::2]\n\n\ndef scaled_efficientnet("},
    ),
    net(
        "rates_required",
        "The function demands classes and rates: they are optional, 1000 and 0.2 unless given.",
        "num_classes=1000, dropout=0.2, drop_rate=0.2):",
        "num_classes, dropout, drop_rate):",
    ),
)  # fmt: skip

# --- 6 variants ----------------------------------------------------------------------------------

rows = edits_of("variants")
ROW = "depth, width, _, dropout = VARIANTS[variant]"
BUILD = "return scaled_efficientnet(depth, width * slim, num_classes, dropout=dropout)"

VARIANTS = (
    rows(
        "phi_is_the_number",
        "The variant's number is taken as φ of the compound rule: B1 to B7 are rows of a table, "
        "which only lie near that formula.",
        ROW, f"{ROW}\n    depth, width = 1.2 ** int(variant[1]), 1.1 ** int(variant[1])",
    ),
    rows(
        "depth_and_width_exchanged",
        "Depth and width of the row are exchanged.",
        ROW, "width, depth, _, dropout = VARIANTS[variant]",
    ),
    rows(
        "only_wider",
        "Only the width of the row is used: the depth as well.",
        BUILD, BUILD.replace("depth, width", "1.0, width"),
    ),
    rows(
        "only_deeper",
        "Only the depth of the row is used: the width as well.",
        BUILD, BUILD.replace("width * slim", "slim"),
    ),
    rows(
        "dropout_forgotten",
        "The dropout of the row is not used: every variant has that of B0.",
        BUILD, "return scaled_efficientnet(depth, width * slim, num_classes)",
    ),
    rows(
        "slim_ignored",
        "slim is not used: it multiplies the width.",
        BUILD, BUILD.replace("width * slim", "width"),
    ),
    rows(
        "slim_instead_of_width",
        "slim scales depth as well: it multiplies the width alone.",
        BUILD, BUILD.replace("depth, width", "depth * slim, width"),
    ),
    rows(
        "classes_ignored",
        "num_classes is not handed on, so that there are always 1000 scores.",
        BUILD, BUILD.replace("num_classes, dropout", "dropout"),
    ),
    rows(
        "ten_classes",
        "The default number of classes is 10: for ImageNet it is 1000.",
        "num_classes=1000", "num_classes=10",
    ),
    rows(
        "slim_missing",
        "The function has no argument called slim.",
        {", slim=1.0):": "):", BUILD: BUILD.replace("width * slim", "width")},
    ),
    rewrite(
        "variants", "table_off_by_one",
        "Each name gives the row before it: names and rows belong together, b0 is B0.",
        "\ndef efficientnet(variant, num_classes=1000, slim=1.0):\n"
        '    variant = f"b{max(0, int(variant[1]) - 1)}"\n'
        "    depth, width, _, dropout = VARIANTS[variant]\n"
        "    return scaled_efficientnet(depth, width * slim, num_classes, dropout=dropout)\n",
    ),
)  # fmt: skip
