"""Mistakes in the depthwise convolution, in ratios and in rounding."""

from __future__ import annotations

from autograder.expect.variants import edits_of

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
        "The stride is ignored: every position is computed, where only every stride-th is asked "
        "for.",
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
        "This is the ratio divided once more by the number of output channels: write both costs "
        "with M input and N output channels, and divide.",
        RATIO, "return 1 / out_channels**2 + 1 / (out_channels * kernel_size**2)",
    ),
)  # fmt: skip


# --- 5 make_divisible ----------------------------------------------------------------------------

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
