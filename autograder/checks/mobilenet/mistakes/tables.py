"""Mistakes in the cost of a table, and in what the tables tell."""

from __future__ import annotations

from autograder.expect.variants import edits_of

# --- 8 tables ------------------------------------------------------------------------------------

table = edits_of("tables")


CONV = "macs += size * size * 9 * channels * out_channels"


CONV_ROW = f"""out_channels, stride = numbers
            size = -(-size // stride)
            {CONV}"""


SEPARABLE = "macs += size * size * channels * (9 + out_channels)"


SEPARABLE_ROW = f"""out_channels, stride = numbers
            size = -(-size // stride)
            {SEPARABLE}"""


HIDDEN = "hidden = expansion * channels"


EXPAND = "macs += size * size * channels * hidden"


FIRST = "if index == 0:"


INSIDE = "macs += size * size * hidden * (9 + out_channels)"


POINTWISE = "macs += size * size * channels * out_channels"


LINEAR = "macs += channels * out_channels"


START = "size, channels, macs = image_size, 3, 0"


COUNTED = "return macs"


STATED = 'return {"mobilenet_v1": "corrected", "mobilenet_v2": "B"}'


SHRINKS = """if index == 0:
                    size = -(-size // stride)
"""


IN_ORDER = f"""if expansion != 1:
                    {EXPAND}
                {SHRINKS}"""


TABLES = (
    table(
        "rounds_down",
        "A strided map is rounded down: with padding 1 its size is rounded up.",
        {CONV_ROW: CONV_ROW.replace("-(-size // stride)", "size // stride"),
         SEPARABLE_ROW: SEPARABLE_ROW.replace("-(-size // stride)", "size // stride"),
         SHRINKS: SHRINKS.replace("-(-size // stride)", "size // stride")},
    ),
    table(
        "counts_before_the_stride",
        "A strided layer is charged for the map that goes in: it computes the positions of its "
        "output.",
        {CONV_ROW: f"out_channels, stride = numbers\n            {CONV}\n"
                   "            size = -(-size // stride)",
         SEPARABLE_ROW: f"out_channels, stride = numbers\n            {SEPARABLE}\n"
                        "            size = -(-size // stride)"},
    ),
    table(
        "flops",
        "These are floating-point operations, two for each multiply-add.",
        COUNTED, "return 2 * macs",
    ),
    table(
        "full_convolutions",
        "The separable block is charged as a full 3×3 convolution.",
        SEPARABLE, "macs += size * size * channels * 9 * out_channels",
    ),
    table(
        "pointwise_forgotten",
        "Of the separable block only the depthwise step is counted.",
        SEPARABLE, "macs += size * size * channels * 9",
    ),
    table(
        "depthwise_forgotten",
        "Of the separable block only the pointwise step is counted.",
        SEPARABLE, "macs += size * size * channels * out_channels",
    ),
    table(
        "depthwise_at_output_channels",
        "The depthwise step is charged for the block's output channels: it works on its input's.",
        SEPARABLE, "macs += size * size * (9 * out_channels + channels * out_channels)",
    ),
    table(
        "kernel_not_squared",
        "A 3×3 filter has nine weights, not three.",
        CONV, "macs += size * size * 3 * channels * out_channels",
    ),
    table(
        "expands_at_one",
        "A block of expansion 1 is charged for an expanding 1×1 that it does not have.",
        "if expansion != 1:", "if expansion:",
    ),
    table(
        "expansion_after_the_stride",
        "The expansion is charged for the small map: the stride comes after it, in the depthwise "
        "step.",
        IN_ORDER, f"{SHRINKS}                if expansion != 1:\n                    {EXPAND}\n",
    ),
    table(
        "formula_for_stride_one",
        "The whole strided block is charged for the map that goes in: the paper's formula holds "
        "for stride 1, and behind the stride the map is smaller.",
        {FIRST: "if False:", f"{INSIDE}\n                channels = out_channels\n":
         f"{INSIDE}\n                channels = out_channels\n"
         "            size = -(-size // stride)\n"},
    ),
    table(
        "every_repeat_strided",
        "Every block of a row strides: only the first does.",
        FIRST, "if True:",
    ),
    table(
        "repeats_ignored",
        "A row of blocks is counted as one block.",
        "for index in range(repeats):", "for index in range(1):",
    ),
    table(
        "repeats_times_first",
        "A row of blocks is the first block times their number: later blocks have other input "
        "channels and a smaller map.",
        {"for index in range(repeats):": "before = macs\n            for index in range(1):",
         "        elif kind == \"pointwise\":":
         "            macs = before + repeats * (macs - before)\n"
         "        elif kind == \"pointwise\":"},
    ),
    table(
        "hidden_from_output",
        "The width inside a block is taken from its output channels: it is expansion times its "
        "input's.",
        HIDDEN, "hidden = expansion * out_channels",
    ),
    table(
        "projection_forgotten",
        "The projecting 1×1 at the end of a block is not counted.",
        INSIDE, "macs += size * size * hidden * 9",
    ),
    table(
        "linear_everywhere",
        "The linear layer is charged for every position of the map: it works on the average, once.",
        LINEAR, POINTWISE,
    ),
    table(
        "counts_biases",
        "Biases are counted as multiply-adds: they are additions only, and we leave them out.",
        LINEAR, "macs += channels * out_channels + out_channels",
    ),
    table(
        "grey_images",
        "The image is taken to have one channel: it has three.",
        START, "size, channels, macs = image_size, 1, 0",
    ),
    table(
        "parameters",
        "These are weights: a layer spends each of them once for every position of its output.",
        {CONV: "macs += 9 * channels * out_channels",
         SEPARABLE: "macs += channels * (9 + out_channels)",
         EXPAND: "macs += channels * hidden", INSIDE: "macs += hidden * (9 + out_channels)",
         f"(out_channels,) = numbers\n            {POINTWISE}":
         f"(out_channels,) = numbers\n            {LINEAR}"},
    ),
    table(
        "float",
        "The count is a float: multiply-adds are whole.",
        COUNTED, "return float(macs)",
    ),
    table(
        "in_millions",
        "The count is in millions, rounded: the exact number is asked for.",
        COUNTED, "return round(macs / 1e6)",
    ),
    table(
        "as_printed",
        "The first MobileNet's table as printed, with stride 2 in the last depthwise layer, would "
        "cost 534 million: the paper says 569.",
        STATED, 'return {"mobilenet_v1": "printed", "mobilenet_v2": "B"}',
    ),
    table(
        "table_a",
        "Table A of MobileNetV2 costs 416 million: its rows of 64 channels work on the large map.",
        STATED, 'return {"mobilenet_v1": "corrected", "mobilenet_v2": "A"}',
    ),
    table(
        "table_c",
        "Table C of MobileNetV2 costs 253 million: its rows of 96 channels work on the small map.",
        STATED, 'return {"mobilenet_v1": "corrected", "mobilenet_v2": "C"}',
    ),
    table(
        "free_text",
        "A verdict is free text: give the name of the table, spelled exactly so.",
        STATED, 'return {"mobilenet_v1": "the corrected one", "mobilenet_v2": "B"}',
    ),
)  # fmt: skip


# --- 9 linear_bottleneck -------------------------------------------------------------------------

drawn = edits_of("linear_bottleneck")


LINEAR_BOTTLENECK = (
    drawn(
        "activated_is_better",
        "The activated network does not train better: compare the losses with 4 channels.",
        '"linear"', '"activated"',
    ),
    drawn(
        "no_difference",
        "The two networks with 4 channels do not train alike: no loss of the one overlaps with "
        "those of the other.",
        '"linear"', '"no difference"',
    ),
    drawn(
        "wide_suffers_more",
        "The difference in loss is larger with 4 channels: in a wide bottleneck other channels "
        "carry what a ReLU6 cuts off from one.",
        '"4 channels"', '"16 channels"',
    ),
    drawn(
        "comes_back_from_two",
        "From 2 channels a third of the spiral does not come back; from 30 nearly all of it does.",
        '"30 channels"', '"2 channels"',
    ),
    drawn(
        "comes_back_from_both",
        "From 2 channels a third of the spiral is lost, far more than 1 %.",
        '"30 channels"', '"both"',
    ),
    drawn(
        "never_comes_back",
        "A ReLU does lose the negative half of each channel, but 30 channels together keep enough: "
        "less than 1 % is lost.",
        '"30 channels"', '"neither"',
    ),
    drawn(
        "free_text",
        "A statement is free text: copy one of the values from the table.",
        '"linear"', '"The linear one trains better."',
    ),
)  # fmt: skip
