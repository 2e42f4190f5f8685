"""Wrong answers to ``assignments/mobilenet``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from neighbouring
architectures, and from what students hand in. Most are edits of the reference answer. Functions
stand here; blocks and networks in the two modules beside.
"""

from __future__ import annotations

from autograder.checks.mobilenet.wrong_blocks import DEPTHWISE_SEPARABLE, INVERTED_RESIDUAL
from autograder.checks.mobilenet.wrong_networks import MOBILENET_V1, MOBILENET_V2
from autograder.expect.variants import Edit, Rewrite, edits_of

# --- 1 depthwise_conv ----------------------------------------------------------------------------

conv = edits_of("depthwise_conv")
PADDED = "padded = F.pad(x, (padding, padding, padding, padding))"
SHIFTED = "shifted = padded[:, :, i : i + height : stride, j : j + width : stride]"
ADD = "output = output + weight[:, i, j, None, None] * shifted"
RETURN = "return output"
ROWS = "kernel_height, kernel_width = weight.shape[1:]"

DEPTHWISE_CONV = (
    conv(
        "sums_channels",
        "Each output channel is the sum over all input channels, as in a full convolution: in a "
        "depthwise one, channel c of the output comes from channel c of the input alone.",
        ADD, "products = weight[:, i, j, None, None] * shifted\n"
             "            output = output + products.sum(dim=1, keepdim=True).expand_as(shifted)",
    ),
    conv(
        "one_filter",
        "All channels are filtered by the first filter: each channel has its own.",
        ADD, "output = output + weight[0, i, j] * shifted",
    ),
    conv(
        "filters_reversed",
        "The filters meet the channels in the opposite order: filter c belongs to channel c.",
        ADD, "output = output + weight.flip(0)[:, i, j, None, None] * shifted",
    ),
    conv(
        "flipped",
        "The filter is turned by 180 degrees, as in a convolution of signal processing: here "
        "weight (a, b) meets the input at row s·i + a, column s·j + b.",
        ADD, "output = output + weight[:, -1 - i, -1 - j, None, None] * shifted",
    ),
    conv(
        "filter_transposed",
        "The filter's rows and columns are exchanged: the first axis after the channels is the "
        "height.",
        ROWS, f"weight = weight.transpose(1, 2)\n    {ROWS}",
    ),
    conv(
        "padding_ignored",
        "The padding is ignored: it adds that many rows and columns of zeros on each side.",
        PADDED, "padded = x",
    ),
    conv(
        "pads_behind",
        "All zeros are added below and to the right: half of them belong above and to the left.",
        PADDED, "padded = F.pad(x, (0, 2 * padding, 0, 2 * padding))",
    ),
    conv(
        "pads_once",
        "The padding is added on one side of each axis: it counts on both sides.",
        PADDED, "padded = F.pad(x, (padding, 0, padding, 0))",
    ),
    conv(
        "repeats_the_border",
        "The border is repeated outwards: outside the image are zeros.",
        PADDED, 'padded = F.pad(x, (padding, padding, padding, padding), mode="replicate")',
    ),
    conv(
        "pads_to_keep_the_size",
        "The padding is always half the filter, whatever the argument says.",
        PADDED, "padding = weight.shape[1] // 2\n    " + PADDED,
    ),
    conv(
        "padded_by_default",
        "Without an argument there is padding: the default is none.",
        "padding=0):", "padding=1):",
    ),
    conv(
        "stride_ignored",
        "The stride is ignored: only every stride-th position of the map is computed.",
        SHIFTED, "shifted = padded[:, :, i : i + height, j : j + width]",
    ),
    conv(
        "stride_in_rows_only",
        "Only the rows have the stride: columns have it, too.",
        SHIFTED, "shifted = padded[:, :, i : i + height : stride, j : j + width]",
    ),
    conv(
        "starts_late",
        "The positions start at stride - 1 instead of at 0.",
        {SHIFTED: "first = stride - 1\n"
                  "            more = F.pad(padded, (0, first, 0, first))[:, :, first:, first:]\n"
                  "            shifted = more[:, :, i : i + height : stride, j : j + width : "
                  "stride]"},
    ),
    conv(
        "partial_windows",
        "Windows that reach beyond the padded image are computed as well: only whole filters fit, "
        "the size is rounded down.",
        PADDED, "more = padding + stride - 1\n"
                "    padded = F.pad(x, (padding, more, padding, more))",
    ),
    conv(
        "square_filters_only",
        "Filters are taken to be as wide as they are high.",
        ROWS, "kernel_height = kernel_width = weight.shape[1]",
    ),
    conv(
        "averages",
        "The sum is divided by the number of weights: a convolution only sums.",
        RETURN, "return output / (kernel_height * kernel_width)",
    ),
    conv(
        "float32_inside",
        "The result is collected in a new float32 tensor, whatever the input's dtype.",
        {"output = x.new_zeros(())": "output = None",
         ADD: "product = weight[:, i, j, None, None] * shifted\n"
              "            output = torch.zeros(product.shape) if output is None else output\n"
              "            output += product"},
    ),
    conv(
        "last_row_lost",
        "The last row and column of every map are missing: with H + 2p - k + 1 positions the last "
        "whole filter still fits.",
        {"height = padded.shape[2] - kernel_height + 1": "height = padded.shape[2] - kernel_height",
         "width = padded.shape[3] - kernel_width + 1": "width = padded.shape[3] - kernel_width"},
    ),
)  # fmt: skip

# --- 2 cost_ratio --------------------------------------------------------------------------------

ratio = edits_of("cost_ratio")
RATIO = "return 1 / out_channels + 1 / kernel_size**2"

COST_RATIO = (
    ratio(
        "depthwise_forgotten",
        "Only the pointwise step is counted: the depthwise one adds 1/N.",
        RATIO, "return 1 / kernel_size**2",
    ),
    ratio(
        "pointwise_forgotten",
        "Only the depthwise step is counted: the pointwise one adds 1/k², and is most of the cost.",
        RATIO, "return 1 / out_channels",
    ),
    ratio(
        "kernel_not_squared",
        "The filter has k positions here: it has k².",
        RATIO, "return 1 / out_channels + 1 / kernel_size",
    ),
    ratio(
        "multiplied",
        "The two shares are multiplied: the steps follow each other, so their costs add up.",
        RATIO, "return 1 / (out_channels * kernel_size**2)",
    ),
    ratio(
        "upside_down",
        "This is how many times dearer the full convolution is: the inverse is asked for.",
        RATIO, "return 1 / (1 / out_channels + 1 / kernel_size**2)",
    ),
    ratio(
        "saving",
        "This is the share that is saved: the ratio is what is left.",
        RATIO, "return 1 - 1 / out_channels - 1 / kernel_size**2",
    ),
    ratio(
        "arguments_exchanged",
        "The two arguments are exchanged: out_channels comes first.",
        RATIO, "return 1 / kernel_size + 1 / out_channels**2",
    ),
    ratio(
        "channels_squared",
        "The number of channels is squared as well: the depthwise step's share is 1/N.",
        RATIO, "return 1 / out_channels**2 + 1 / kernel_size**2",
    ),
    ratio(
        "percent",
        "This is the ratio in percent: it should be a plain quotient.",
        RATIO, "return 100 * (1 / out_channels + 1 / kernel_size**2)",
    ),
    ratio(
        "whole_division",
        "// divides and rounds down, which leaves 0 here: / does not round.",
        RATIO, "return 1 // out_channels + 1 // kernel_size**2",
    ),
    ratio(
        "as_many_inputs_as_outputs",
        "The input is given as many channels as the output, and only one of the two appears once "
        "too often: write both costs with M and N, and divide.",
        RATIO, "return 1 / out_channels**2 + 1 / (out_channels * kernel_size**2)",
    ),
)  # fmt: skip

# --- 5 make_divisible ----------------------------------------------------------------------------

# Leaving out the second rule (at least the divisor) is not in the list: it changes nothing. What is
# rounded to 0 is less than 90 % of its value, and the third rule takes it up to the divisor.

divisible = edits_of("make_divisible")
ROUNDED = "rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)"
NINETY = "return rounded + divisor if rounded < 0.9 * value else rounded"

MAKE_DIVISIBLE = (
    divisible(
        "without_ninety_percent",
        "The third rule is missing: where rounding down takes away more than a tenth, the next "
        "multiple is taken.",
        NINETY, "return rounded",
    ),
    divisible(
        "rounds_up",
        "The value is always rounded up: the nearest multiple comes first.",
        ROUNDED, "rounded = -int(-value // divisor) * divisor",
    ),
    divisible(
        "rounds_down_first",
        "The value is rounded down where nothing speaks against it: the nearest multiple comes "
        "first.",
        ROUNDED, "rounded = max(divisor, int(value // divisor) * divisor)",
    ),
    divisible(
        "halves_to_even",
        "Python's round() takes halves to the even neighbour: here halves go up.",
        ROUNDED, "rounded = max(divisor, round(value / divisor) * divisor)",
    ),
    divisible(
        "halves_down",
        "Halves are rounded down: they go up.",
        ROUNDED, "rounded = max(divisor, -int(-(value - divisor / 2) // divisor) * divisor)",
    ),
    divisible(
        "truncates_first",
        "The value is made an int before it is rounded: 35.9 is not 35.",
        ROUNDED, f"value = int(value)\n    {ROUNDED}",
    ),
    divisible(
        "ten_percent_both_ways",
        "What rounding *up* adds is limited as well: only losses are.",
        NINETY, "if rounded > 1.1 * value and rounded > divisor:\n"
                f"        return rounded - divisor\n    {NINETY}",
    ),
    divisible(
        "ninety_percent_is_too_little",
        "Exactly 90 % is taken as too little: only less than 90 % is.",
        NINETY, "return rounded + divisor if rounded <= 0.9 * value else rounded",
    ),
    divisible(
        "ninety_five_percent",
        "The limit below which the next multiple is taken is 90 %, not 95 %.",
        NINETY, "return rounded + divisor if rounded < 0.95 * value else rounded",
    ),
    divisible(
        "always_eight",
        "The divisor is always 8, whatever the argument says.",
        ROUNDED, f"divisor = 8\n    {ROUNDED}",
    ),
    divisible(
        "power_of_two",
        "This rounds to a power of two: multiples of the divisor are asked for.",
        ROUNDED, "rounded = max(divisor, 2 ** round(math.log2(value)))",
    ),
    divisible(
        "float",
        "The result is a float: a number of channels is an int.",
        NINETY, "return float(rounded + divisor if rounded < 0.9 * value else rounded)",
    ),
    divisible(
        "no_multiple",
        "The value is only made a whole number: it should be a multiple of the divisor.",
        ROUNDED, "rounded = max(divisor, int(value + 0.5))",
    ),
)  # fmt: skip

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

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *DEPTHWISE_CONV, *COST_RATIO, *DEPTHWISE_SEPARABLE, *MOBILENET_V1, *MAKE_DIVISIBLE,
    *INVERTED_RESIDUAL, *MOBILENET_V2, *TABLES, *LINEAR_BOTTLENECK,
)  # fmt: skip
