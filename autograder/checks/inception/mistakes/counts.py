"""Questions 4, 8 and 9: numbers by formula, the loss, and the conclusion."""

from __future__ import annotations

from autograder.expect.variants import edits_of

# --- 4 cost --------------------------------------------------------------------------------------

cost = edits_of("cost")
DIRECT = "return height * width * kernel_size**2 * in_channels * out_channels"
REDUCED = "(in_channels * reduced + kernel_size**2 * reduced * out_channels)"
EACH = "for_each_channel = in_channels + kernel_size**2 * out_channels"
SPARE = "return (direct - 1) // for_each_channel"
WEIGHTS = "weights = in_channels * (c1 + r3 + r5 + pool_proj) + 9 * r3 * n3 + 25 * r5 * n5"
BIASES = "biases = c1 + r3 + n3 + r5 + n5 + pool_proj"
PAIR = "return weights + biases, weights * height * width"

COST = (
    cost(
        "kernel_not_squared",
        "The kernel counts as k weights for each channel: it is square, k × k.",
        {DIRECT: DIRECT.replace("kernel_size**2", "kernel_size"),
         REDUCED: REDUCED.replace("kernel_size**2", "kernel_size")},
    ),
    cost(
        "input_channels_forgotten",
        "The channels of the input are left out: each filter reaches through all of them.",
        DIRECT, "return height * width * kernel_size**2 * out_channels",
    ),
    cost(
        "square_images",
        "The image counts as square: height and width may differ.",
        {DIRECT: DIRECT.replace("width", "height"),
         f"return height * width * {REDUCED}": f"return height * height * {REDUCED}"},
    ),
    cost(
        "counts_twice",
        "Each multiply-add counts twice, as a multiplication and an addition (FLOPs): here it "
        "counts once.",
        DIRECT, f"{DIRECT} * 2",
    ),
    cost(
        "biases_counted",
        "Biases are counted as well: they are additions without a multiplication.",
        DIRECT, "return height * width * (kernel_size**2 * in_channels + 1) * out_channels",
    ),
    cost(
        "weights_alone",
        "These are the weights of the layer: each of them works at every position.",
        DIRECT, "return kernel_size**2 * in_channels * out_channels",
    ),
    cost(
        "map_shrinks",
        "The output is counted as smaller than the input: \"same\" padding keeps height and width.",
        DIRECT, "return (height - kernel_size + 1) * (width - kernel_size + 1) * kernel_size**2 "
                "* in_channels * out_channels",
    ),
    cost(
        "float_result",
        "The result is a float, which cannot hold every large count: whole numbers stay exact "
        "without a division by / or a call of float().",
        DIRECT, f"return float({DIRECT.removeprefix('return ')})",
    ),
    cost(
        "reduction_for_free",
        "Only the large convolution is counted: the 1×1 in front of it costs something as well.",
        REDUCED, "(kernel_size**2 * reduced * out_channels)",
    ),
    cost(
        "reduction_alone",
        "Only the 1×1 is counted: the large convolution behind it costs something as well.",
        REDUCED, "(in_channels * reduced)",
    ),
    cost(
        "reduction_in_vain",
        "The large convolution is counted with the channels of the input: it sees reduced ones.",
        REDUCED, "(in_channels * reduced + kernel_size**2 * in_channels * out_channels)",
    ),
    cost(
        "reduction_with_kernel",
        "The reduction is counted with the large kernel: it is 1×1.",
        REDUCED, "(kernel_size**2 * in_channels * reduced + kernel_size**2 * reduced * "
                 "out_channels)",
    ),
    cost(
        "reduced_ignored",
        "The reduced channels are ignored.",
        "if reduced is None:", "if True:",
    ),
    cost(
        "break_even_included",
        "With that many channels the branch costs as much as without a reduction when the division "
        "leaves no rest: it should cost less.",
        SPARE, "return direct // for_each_channel",
    ),
    cost(
        "break_even_rounded",
        "The quotient is rounded to the nearest number, which may be one too many: round down.",
        SPARE, "return round(direct / for_each_channel)",
    ),
    cost(
        "break_even_rounded_up",
        "The quotient is rounded up: with that many channels nothing is saved any more.",
        SPARE, "return -(-direct // for_each_channel)",
    ),
    cost(
        "break_even_without_1x1",
        "The cost of the 1×1 itself is left out of the balance, so that every reduction seems to "
        "pay.",
        EACH, "for_each_channel = kernel_size**2 * out_channels",
    ),
    cost(
        "break_even_kernel_once",
        "The kernel enters the balance with k instead of k².",
        {"direct = kernel_size**2 * in_channels": "direct = kernel_size * in_channels",
         EACH: "for_each_channel = in_channels + kernel_size * out_channels"},
    ),
    cost(
        "break_even_smaller_side",
        "The smaller of the two channel numbers is given as the break-even: what counts is when "
        "the two costs are equal.",
        SPARE, "return min(in_channels, out_channels)",
    ),
    cost(
        "pool_branch_forgotten",
        "The 1×1 convolution behind the pooling is left out.",
        {WEIGHTS: WEIGHTS.replace(" + pool_proj", ""), BIASES: BIASES.replace(" + pool_proj", "")},
    ),
    cost(
        "no_biases",
        "The parameters are counted without biases: each convolution has one for each of its "
        "channels.",
        PAIR, "return weights, weights * height * width",
    ),
    cost(
        "biases_of_outputs",
        "Only the biases of the four last convolutions are counted: the two reductions have "
        "biases, too.",
        BIASES, "biases = c1 + n3 + n5 + pool_proj",
    ),
    cost(
        "biases_cost",
        "Biases are counted among the multiply-adds: they are additions alone.",
        PAIR, "return weights + biases, (weights + biases) * height * width",
    ),
    cost(
        "three_by_three_twice",
        "The 5×5 branch is counted with a 3×3.",
        WEIGHTS, WEIGHTS.replace("25", "9"),
    ),
    cost(
        "naive_block",
        "The block is counted without its reductions, as figure 2(a) of the paper has it: the 1×1 "
        "in front of the 3×3 and the 5×5 are missing.",
        {WEIGHTS: "weights = in_channels * (c1 + pool_proj + 9 * n3 + 25 * n5)",
         BIASES: "biases = c1 + n3 + n5 + pool_proj"},
    ),
    cost(
        "pairs_swapped",
        "The entries of c3 and c5 are swapped: the reduced channels come first.",
        "(r3, n3), (r5, n5) = c3, c5", "(n3, r3), (n5, r5) = c3, c5",
    ),
    cost(
        "pair_swapped",
        "The two results are swapped: parameters first, multiply-adds second.",
        PAIR, "return weights * height * width, weights + biases",
    ),
    cost(
        "parameters_alone",
        "Only the parameters are returned: the pair of parameters and multiply-adds is asked for.",
        PAIR, "return weights + biases",
    ),
    cost(
        "square_block",
        "The block is counted on a square image: height and width may differ.",
        PAIR, "return weights + biases, weights * height * height",
    ),
)  # fmt: skip

# --- 8 loss --------------------------------------------------------------------------------------

loss = edits_of("loss")
ALONE = "        return F.cross_entropy(outputs, y)\n"
IF_ALONE = f"    if isinstance(outputs, torch.Tensor):\n{ALONE}"
MAIN = "    loss = F.cross_entropy(logits, y)\n"
ADD = "loss = loss + 0.3 * F.cross_entropy(head, y)"
RETURN = "    return loss"

LOSS = (
    loss(
        "weight_on_main",
        "The weight of 0.3 is on the network's own loss and the heads count in full: it is the "
        "other way round.",
        {MAIN: MAIN.replace("F.", "0.3 * F."), ADD: ADD.replace("0.3 * ", "")},
    ),
    loss(
        "weight_on_all",
        "All three losses are weighted by 0.3: the network's own counts in full.",
        MAIN, MAIN.replace("F.", "0.3 * F."),
    ),
    loss(
        "full_weight",
        "The heads count in full: their weight is 0.3.",
        ADD, ADD.replace("0.3 * ", ""),
    ),
    loss(
        "weight_of_v3",
        "The heads count 0.4 times, as in later versions of the network: here it is 0.3.",
        ADD, ADD.replace("0.3", "0.4"),
    ),
    loss(
        "weight_shared",
        "The weight of 0.3 is shared by the two heads: each of them has it.",
        ADD, ADD.replace("0.3", "0.15"),
    ),
    loss(
        "heads_forgotten",
        "The heads are left out of the loss, so that they never learn.",
        f"    for head in auxiliary:\n        {ADD}\n", "",
    ),
    loss(
        "one_head",
        "Only one of the two heads is counted.",
        "for head in auxiliary:", "for head in auxiliary[:1]:",
    ),
    loss(
        "averaged",
        "The three losses are averaged: they are added.",
        RETURN, "    return loss / 3",
    ),
    loss(
        "outputs_averaged",
        "The scores are mixed before one loss is taken of them: each output has a loss of its own, "
        "and the losses are added.",
        {MAIN: "    mixed = logits\n", ADD: "mixed = mixed + 0.3 * head",
         RETURN: "    return F.cross_entropy(mixed, y)"},
    ),
    loss(
        "last_is_main",
        "The last of the three outputs is taken for the network's own: it comes first.",
        "logits, *auxiliary = outputs", "*auxiliary, logits = outputs",
    ),
    loss(
        "softmax_first",
        "A softmax is applied before cross_entropy, which applies one itself.",
        {ALONE: "        return F.cross_entropy(outputs.softmax(1), y)\n",
         MAIN: MAIN.replace("logits", "logits.softmax(1)"),
         ADD: ADD.replace("head,", "head.softmax(1),")},
    ),
    loss(
        "summed",
        "The loss is summed over the batch: its mean is asked for, so that it does not grow with "
        "the batch.",
        {ALONE: '        return F.cross_entropy(outputs, y, reduction="sum")\n',
         MAIN: MAIN.replace("y)", 'y, reduction="sum")'),
         ADD: ADD.replace("y)", 'y, reduction="sum")')},
    ),
    loss(
        "one_for_each_image",
        "There is one number for each image: the mean over the batch is asked for.",
        {ALONE: '        return F.cross_entropy(outputs, y, reduction="none")\n',
         MAIN: MAIN.replace("y)", 'y, reduction="none")'),
         ADD: ADD.replace("y)", 'y, reduction="none")')},
    ),
    loss(
        "python_number",
        "The loss is a Python number, through which no gradient flows: leave it a tensor.",
        {ALONE: "        return F.cross_entropy(outputs, y).item()\n",
         RETURN: "    return loss.item()"},
    ),
    loss(
        "always_unpacks",
        "A single tensor is taken apart like a tuple, along its batch: it is the output of a "
        "network without heads.",
        IF_ALONE,
    ),
    loss(
        "never_unpacks",
        "A tuple is not dealt with: take the network's own scores from it and add the heads' "
        "losses.",
        {IF_ALONE: "",
         "    logits, *auxiliary = outputs\n": "    logits, auxiliary = outputs, ()\n"},
    ),
    loss(
        "squared_error",
        "This is the squared difference to one-hot labels: the cross-entropy is asked for.",
        {ALONE: "        wanted = F.one_hot(y, outputs.shape[1]).to(outputs.dtype)\n"
                "        return F.mse_loss(outputs, wanted)\n"},
    ),
)  # fmt: skip

# --- 9 ablation ----------------------------------------------------------------------------------

drawn = edits_of("ablation")
BEST, TOGETHER, REASON = '"5x5"', '"better"', '"no pixel meets its neighbours"'

ABLATION = (
    drawn(
        "best_is_3x3",
        "The 3×3 branch is not the best alone: compare the means over the seeds with those of the "
        "5×5 branch.",
        BEST, '"3x3"',
    ),
    drawn(
        "best_is_1x1",
        "The 1×1 branch is not the best alone: it hardly does better than guessing.",
        BEST, '"1x1"',
    ),
    drawn(
        "best_is_pool",
        "The pool branch is not the best alone: compare the means over the seeds.",
        BEST, '"pool"',
    ),
    drawn(
        "as_good",
        "The best branch alone is not as good as all four: compare the means on new images.",
        TOGETHER, '"as good"',
    ),
    drawn(
        "worse",
        "All four branches together are not worse than the best alone: compare the means on new "
        "images.",
        TOGETHER, '"worse"',
    ),
    drawn(
        "too_few_channels",
        "It is not the number of channels: eight times as many help the 1×1 branch nothing.",
        REASON, '"too few channels"',
    ),
    drawn(
        "overfitting",
        "It is not overfitting: that would show in many right answers on the training images, and "
        "the 1×1 branch alone fails there as well.",
        REASON, '"overfitting"',
    ),
    drawn(
        "free_text",
        "A statement is free text: copy one of the values from the table.",
        BEST, '"The 5x5 branch is best."',
    ),
    drawn(
        "key_missing",
        "One of the three statements is missing.",
        f'        "why_1x1_fails": {REASON},\n', "",
    ),
)  # fmt: skip
