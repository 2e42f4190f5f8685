"""Mistakes in the rounding rules, the compound rule, the counts and the race."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- 1 rounding ----------------------------------------------------------------------------------

rounds = edits_of("rounding")
NEAREST = "rounded = max(divisor, int(scaled + divisor / 2) // divisor * divisor)"
TENTH = "return rounded if rounded >= 0.9 * scaled else rounded + divisor"
REPEATS = "return math.ceil(repeats * depth)"

ROUNDING = (
    rounds(
        "tenth_missing",
        "The rule of the tenth is missing: where rounding loses more than 10 % of the scaled "
        "number, the next multiple is taken.",
        TENTH, "return rounded",
    ),
    rounds(
        "tenth_of_unscaled",
        "The tenth is measured against the channels before scaling: it is a tenth of "
        "channels * width.",
        TENTH, "return rounded if rounded >= 0.9 * channels else rounded + divisor",
    ),
    rounds(
        "always_down",
        "Channels are rounded down to a multiple: the nearest one is asked for.",
        NEAREST, "rounded = max(divisor, int(scaled) // divisor * divisor)",
    ),
    rounds(
        "always_up",
        "Channels are rounded up to a multiple: the nearest one is asked for (only repeats are "
        "always rounded up).",
        NEAREST, "rounded = max(divisor, math.ceil(scaled / divisor) * divisor)",
    ),
    rounds(
        "halves_to_even",
        "Python's round() takes the even one of two numbers that are equally near: the larger one "
        "is asked for.",
        NEAREST, "rounded = max(divisor, round(scaled / divisor) * divisor)",
    ),
    rounds(
        "no_least",
        "A small number of channels is rounded to nothing: the divisor is the least result.",
        {NEAREST: "rounded = int(scaled + divisor / 2) // divisor * divisor",
         TENTH: "return rounded"},
    ),
    rounds(
        "width_one_untouched",
        "At width 1 the channels are returned as they are: they, too, become a multiple of the "
        "divisor.",
        "scaled = channels * width",
        "scaled = channels * width\n    if width == 1:\n        return channels",
    ),
    rounds(
        "rounds_before_scaling",
        "The channels are rounded first and scaled afterwards: the scaled number is rounded.",
        {"scaled = channels * width": "scaled = channels",
         TENTH: "return int((rounded if rounded >= 0.9 * scaled else rounded + divisor) * width)"},
    ),
    rounds(
        "plain_truncation",
        "The channels are cut to a whole number, but not brought to a multiple of the divisor.",
        {NEAREST: "rounded = int(scaled)", TENTH: "return max(1, rounded)"},
    ),
    rounds(
        "always_eight",
        "The multiple is always one of 8: divisor is an argument.",
        "scaled = channels * width", "divisor = 8\n    scaled = channels * width",
    ),
    rounds(
        "sixteen_by_default",
        "The divisor is 16 unless given: it is 8.",
        "divisor=8", "divisor=16",
    ),
    rounds(
        "float_channels",
        "round_filters returns a float: layers take whole numbers, so an int is asked for.",
        TENTH, "return float(rounded if rounded >= 0.9 * scaled else rounded + divisor)",
    ),
    rounds(
        "repeats_to_nearest",
        "Repeats are rounded to the nearest number: they are always rounded up, which is why B1 is "
        "deeper than B0 at all.",
        REPEATS, "return max(1, round(repeats * depth))",
    ),
    rounds(
        "repeats_truncated",
        "Repeats are cut off to a whole number: they are always rounded up.",
        REPEATS, "return max(1, int(repeats * depth))",
    ),
    rounds(
        "one_repeat_more",
        "Repeats are cut off and one is added, which is one too many where the product is whole.",
        REPEATS, "return int(repeats * depth) + 1",
    ),
)  # fmt: skip

# --- 7 compound ----------------------------------------------------------------------------------

scales = edits_of("compound")
POWERS = "return alpha**phi, beta**phi, gamma**phi"
LAW = "return depth * width**2 * resolution**2"

COMPOUND = (
    scales(
        "linear_in_phi",
        "The factors grow linearly with φ: it is the exponent, so that each step multiplies.",
        POWERS, "return 1 + (alpha - 1) * phi, 1 + (beta - 1) * phi, 1 + (gamma - 1) * phi",
    ),
    scales(
        "multiplied_by_phi",
        "The bases are multiplied by φ: they are raised to the power of φ.",
        POWERS, "return alpha * phi, beta * phi, gamma * phi",
    ),
    scales(
        "phi_as_base",
        "φ is raised to the power of the bases: it is the exponent.",
        POWERS, "return phi**alpha, phi**beta, phi**gamma",
    ),
    scales(
        "width_first",
        "Width comes first: the order is depth, width, resolution.",
        POWERS, "return beta**phi, alpha**phi, gamma**phi",
    ),
    scales(
        "bases_in_another_order",
        "The default bases are in another order: α = 1.2 is depth's, β = 1.1 width's, γ = 1.15 "
        "resolution's.",
        "alpha=1.2, beta=1.1, gamma=1.15", "alpha=1.1, beta=1.2, gamma=1.15",
    ),
    scales(
        "pixels",
        "The resolution is a number of pixels: the factor relative to B0 is asked for.",
        POWERS, "return alpha**phi, beta**phi, 224 * gamma**phi",
    ),
    scales(
        "rounded",
        "The factors are rounded: rounding comes later, when there are channels and blocks to "
        "round.",
        POWERS, "return round(alpha**phi, 1), round(beta**phi, 1), round(gamma**phi, 2)",
    ),
    scales(
        "whole_phi",
        "φ is cut to a whole number: it may be any number, 0.5 for example.",
        POWERS, "phi = int(phi)\n    return alpha**phi, beta**phi, gamma**phi",
    ),
    scales(
        "bases_ignored",
        "The bases are fixed: alpha, beta and gamma are arguments.",
        POWERS, "return 1.2**phi, 1.1**phi, 1.15**phi",
    ),
    scales(
        "cost_without_squares",
        "This law is linear in all three: width counts twice (inputs and outputs), and so does "
        "resolution (height and width).",
        LAW, "return depth * width * resolution",
    ),
    scales(
        "cost_linear_in_width",
        "This law is linear in width: a convolution has inputs and outputs, so its weights grow "
        "with the square.",
        LAW, "return depth * width * resolution**2",
    ),
    scales(
        "cost_linear_in_resolution",
        "This law is linear in resolution: an image has height and width.",
        LAW, "return depth * width**2 * resolution",
    ),
    scales(
        "cost_all_squared",
        "This law is quadratic in depth: twice as many blocks cost twice as much.",
        LAW, "return (depth * width * resolution) ** 2",
    ),
    scales(
        "cost_always_two",
        "The cost is taken as two to some power: that is the paper's rounding of "
        "α · β² · γ² = 1.92, not the law.",
        LAW, "return 2.0 ** round(math.log2(depth * width**2 * resolution**2))",
    ),
)  # fmt: skip

# --- 8 budget ------------------------------------------------------------------------------------

counts = edits_of("budget")
START = "size = math.ceil(resolution / 2)"
STEM = "macs = 3 * 9 * in_channels * size**2"
EXPAND = "macs += in_channels * hidden * size**2"
STRIDE = "size = math.ceil(size / stride)"
DEPTHWISE = "macs += kernel_size**2 * hidden * size**2"
SQUEEZE = "macs += 2 * hidden * max(1, in_channels // 4)"
PROJECT = "macs += hidden * out_channels * size**2"
HEAD = "macs += in_channels * features * size**2"
LAST = "return macs + features * num_classes"
COST = "cost = efficientnet_macs(depth, width, resolution)"
AFFORD = "if cost <= budget:"
CHOOSE = "return max(affordable)[2] if affordable else None"
ADD = "affordable.append((accuracy, -cost, (depth, width, resolution)))"

BUDGET = (
    counts(
        "two_for_each",
        "Each multiply-add is counted as two operations: it is one.",
        LAST, "return 2 * (macs + features * num_classes)",
    ),
    counts(
        "squeeze_forgotten",
        "The linear maps of squeeze and excitation are not counted.",
        SQUEEZE, "pass",
    ),
    counts(
        "squeeze_at_every_position",
        "Squeeze and excitation is counted at every position of the map: it works on one number a "
        "channel.",
        SQUEEZE, "macs += 2 * hidden * max(1, in_channels // 4) * size**2",
    ),
    counts(
        "squeeze_of_hidden",
        "The squeeze is counted as a quarter of the expanded channels: it is a quarter of the "
        "block's input channels.",
        SQUEEZE, "macs += 2 * hidden * max(1, hidden // 4)",
    ),
    counts(
        "squeeze_once",
        "Only one of the two maps of squeeze and excitation is counted.",
        SQUEEZE, "macs += hidden * max(1, in_channels // 4)",
    ),
    counts(
        "sizes_rounded_down",
        "Maps of odd size are rounded down under a stride of 2: with this padding they round up.",
        {START: "size = resolution // 2", STRIDE: "size = max(1, size // stride)"},
    ),
    counts(
        "sizes_not_whole",
        "Maps are halved without rounding: they have whole numbers of positions.",
        {START: "size = resolution / 2", STRIDE: "size = size / stride",
         LAST: "return round(macs + features * num_classes)"},
    ),
    counts(
        "stride_before_expansion",
        "The expansion is counted behind the stride: it comes before the depthwise convolution and "
        "sees the larger map.",
        {"            if expansion != 1:\n": "            if index == 0:\n"
         "                size = math.ceil(size / stride)\n            if expansion != 1:\n",
         "            if index == 0:\n                size = math.ceil(size / stride)\n"
         "            macs += kernel": "            macs += kernel"},
    ),
    counts(
        "stride_after_depthwise",
        "The depthwise convolution is counted before its stride: each weight counts once for every "
        "position of the output.",
        {"            if index == 0:\n                size = math.ceil(size / stride)\n"
         "            macs += kernel_size**2 * hidden * size**2":
         "            macs += kernel_size**2 * hidden * size**2\n"
         "            if index == 0:\n                size = math.ceil(size / stride)"},
    ),
    counts(
        "stride_in_every_block",
        "Every block of a stage is counted with the stride: only the first one has it.",
        "if index == 0:\n                size", "if True:\n                size",
    ),
    counts(
        "full_convolution",
        "The depthwise convolution is counted as a full one: each of its filters sees one channel.",
        DEPTHWISE, "macs += kernel_size**2 * hidden**2 * size**2",
    ),
    counts(
        "always_3x3",
        "Every depthwise convolution is counted as 3×3: some stages have 5×5.",
        DEPTHWISE, "macs += 9 * hidden * size**2",
    ),
    counts(
        "expansion_at_one",
        "An expansion is counted where expansion is 1: the first stage has none.",
        "if expansion != 1:", "if True:",
    ),
    counts(
        "batch_norm_counted",
        "Batch norm is counted: only convolutions and linear layers are.",
        PROJECT, "macs += (hidden * out_channels + out_channels) * size**2",
    ),
    counts(
        "bias_counted",
        "The linear layer's bias is counted: a bias is an addition, not a multiply-add.",
        LAST, "return macs + (features + 1) * num_classes",
    ),
    counts(
        "stem_forgotten",
        "The stem is not counted: it is a convolution like all others.",
        STEM, "macs = 0",
    ),
    counts(
        "head_unscaled",
        "The head is counted with 1280 channels whatever the width: it is scaled like all others.",
        "features = round_filters(1280, width)", "features = 1280",
    ),
    counts(
        "head_forgotten",
        "The head's 1×1 convolution is not counted.",
        HEAD, "pass",
    ),
    counts(
        "classes_ignored",
        "The linear layer is always counted with 1000 classes: num_classes is an argument.",
        LAST, "return macs + features * 1000",
    ),
    counts(
        "scaled_from_b0",
        "B0's multiply-adds are scaled by the law: rounding and the linear layer make the true "
        "count another.",
        LAST, "return round(385_814_752 * depth * width**2 * (resolution / 224) ** 2)",
    ),
    counts(
        "unrounded_channels",
        "Channels and repeats are counted without rounding: the network has whole, rounded "
        "numbers.",
        "out_channels = round_filters(channels, width)", "out_channels = int(channels * width)",
    ),
    counts(
        "budget_by_law",
        "The choice uses the law with B0's cost: the exact count is asked for.",
        COST, "cost = 385_814_752 * depth * width**2 * (resolution / 224) ** 2",
    ),
    counts(
        "strictly_below",
        "A run that costs exactly the budget is refused: at most the budget means it can be paid.",
        AFFORD, "if cost < budget:",
    ),
    counts(
        "budget_ignored",
        "The budget is not looked at: the most accurate run is not always one that can be paid.",
        AFFORD, "if True:",
    ),
    counts(
        "dearest_that_fits",
        "The most expensive run that can be paid is taken: the most accurate one is asked for.",
        ADD, "affordable.append((cost, accuracy, (depth, width, resolution)))",
    ),
    counts(
        "cheapest",
        "The cheapest run is taken: the most accurate one that can be paid is asked for.",
        ADD, "affordable.append((-cost, accuracy, (depth, width, resolution)))",
    ),
    counts(
        "dearer_of_equals",
        "Among equally accurate runs the more expensive one is taken: the cheapest of them is "
        "asked for.",
        ADD, "affordable.append((accuracy, cost, (depth, width, resolution)))",
    ),
    counts(
        "accuracy_for_money",
        "Accuracy is divided by cost: the most accurate run that can be paid is asked for, not the "
        "most economical.",
        ADD, "affordable.append((accuracy / cost, -cost, (depth, width, resolution)))",
    ),
    counts(
        "nothing_raises",
        "When nothing can be paid an exception is raised: None is the answer.",
        CHOOSE, "return max(affordable)[2]",
    ),
    counts(
        "cheapest_when_nothing_fits",
        "When nothing can be paid the cheapest run is returned all the same: None is the answer.",
        CHOOSE, "if not affordable and runs:\n"
        "        return min((efficientnet_macs(*run[:3]), run[:3]) for run in runs)[1]\n"
        f"    {CHOOSE}",
    ),
    counts(
        "whole_run",
        "The whole run is returned, with its accuracy: depth, width and resolution are asked for.",
        ADD, "affordable.append((accuracy, -cost, (depth, width, resolution, accuracy)))",
    ),
)  # fmt: skip

# --- 9 race --------------------------------------------------------------------------------------

drawn = edits_of("race")
PAYS, LACKS = '"what_pays": "resolution and compound"', '"what_the_base_lacks": "pixels"'
MADE, OFF = '"what_made_compound_good": "resolution"', '"off by up to a half"'

RACE = (
    drawn(
        "all_pay",
        "Not all four pay: compare twice the depth and more width with the base.",
        PAYS, '"what_pays": "all four"',
    ),
    drawn(
        "depth_and_width_pay",
        "Depth and width do not pay here: they stay near the base, and the two networks that see "
        "more pixels do not.",
        PAYS, '"what_pays": "depth and width"',
    ),
    drawn(
        "none_pays",
        "Some contestants are far better than the base: compare the shares that are printed.",
        PAYS, '"what_pays": "none"',
    ),
    drawn(
        "lacks_layers",
        "More layers change nothing, so it is not layers that the base lacks: look at what the "
        "networks have in common that succeed.",
        LACKS, '"what_the_base_lacks": "layers"',
    ),
    drawn(
        "lacks_channels",
        "More channels change nothing, so it is not channels that the base lacks: look at what the "
        "networks have in common that succeed.",
        LACKS, '"what_the_base_lacks": "channels"',
    ),
    drawn(
        "compound_by_depth",
        "The compound network's twin at 32 pixels is as deep and fails: depth is not what made it "
        "good.",
        MADE, '"what_made_compound_good": "depth"',
    ),
    drawn(
        "compound_by_width",
        "The compound network's twin at 32 pixels is as wide and fails: width is not what made it "
        "good.",
        MADE, '"what_made_compound_good": "width"',
    ),
    drawn(
        "compound_by_all",
        "The slim base at 44 pixels succeeds with neither more layers nor more channels: one of "
        "the three factors is enough.",
        MADE, '"what_made_compound_good": "all three together"',
    ),
    drawn(
        "law_is_exact",
        "The law and the count are not equal: compare the two costs of each contestant.",
        OFF, '"equal"',
    ),
    drawn(
        "law_is_far_off",
        "The law is not ten times off: divide the two costs of each contestant.",
        OFF, '"off by ten times"',
    ),
    rewrite(
        "race", "free_text",
        "A statement is free text: copy one of the values from the table.",
        "\ndef conclusion():\n    return {\n"
        '        "what_pays": "Resolution helps most, compound a bit.",\n'
        '        "what_the_base_lacks": "pixels",\n'
        '        "what_made_compound_good": "resolution",\n'
        '        "law_against_count": "off by up to a half",\n    }\n',
    ),
)  # fmt: skip
