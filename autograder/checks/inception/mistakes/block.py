"""Question 5: the Inception block."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

block = edits_of("inception")
BRANCH1 = "self.branch1 = nn.Sequential(nn.Conv2d(in_channels, c1, 1), nn.ReLU())"
RELU = "            nn.ReLU(),\n"
REDUCE3 = "            nn.Conv2d(in_channels, c3[0], 1),\n"
THREE = "            nn.Conv2d(c3[0], c3[1], 3, padding=1),\n"
REDUCE5 = "            nn.Conv2d(in_channels, c5[0], 1),\n"
FIVE = "            nn.Conv2d(c5[0], c5[1], 5, padding=2),\n"
POOL = "            nn.MaxPool2d(3, stride=1, padding=1),\n"
PROJECT = "            nn.Conv2d(in_channels, pool_proj, 1),\n"
BRANCHES = "branches = (self.branch1, self.branch3, self.branch5, self.branch_pool)"
JOIN = "return torch.cat([branch(x) for branch in branches], dim=1)"
LIST = "[branch(x) for branch in branches]"

# Without a ReLU between the max pooling and its 1x1 nothing is missing: the table has none there,
# and the input of a block inside the network is not negative anyway. `ceil_mode=True` in the pool
# branch (as torchvision has it) changes nothing at stride 1.

INCEPTION = (
    block(
        "joins_rows",
        "The branches are joined below each other, along the height: dim=1 are the channels.",
        JOIN, f"return torch.cat({LIST}, dim=2)",
    ),
    block(
        "joins_images",
        "The branches are joined along the batch: dim=1 are the channels.",
        JOIN, f"return torch.cat({LIST}, dim=0)",
    ),
    block(
        "joins_last_axis",
        "The branches are joined along the last axis, as in TensorFlow, where the channels come "
        "last: in PyTorch they are dim=1.",
        JOIN, f"return torch.cat({LIST}, dim=-1)",
    ),
    block(
        "adds",
        "The outputs of the branches are added, as in a residual block: they are concatenated.",
        JOIN, f"outputs = {LIST}\n"
              "        width = max(part.shape[1] for part in outputs)\n"
              "        padded = [F.pad(p, (0, 0, 0, 0, 0, width - p.shape[1])) for p in outputs]\n"
              "        return sum(padded)",
    ),
    block(
        "stacks",
        "The branches are stacked, which makes a new axis where their shapes are equal: "
        "concatenate them along the channels.",
        JOIN, f"outputs = {LIST}\n"
              "        if len({part.shape for part in outputs}) == 1:\n"
              "            return torch.stack(outputs, dim=1)\n"
              "        return torch.cat(outputs, dim=1)",
    ),
    block(
        "pool_before_5x5",
        "The pool branch stands before the 5×5 branch: the order is 1×1, 3×3, 5×5, pool.",
        BRANCHES, "branches = (self.branch1, self.branch3, self.branch_pool, self.branch5)",
    ),
    block(
        "large_kernels_first",
        "The branches stand in the opposite order: it is 1×1, 3×3, 5×5, pool.",
        BRANCHES, "branches = (self.branch_pool, self.branch5, self.branch3, self.branch1)",
    ),
    block(
        "order_swapped",
        "The 5×5 branch stands before the 3×3 branch: the order is 1×1, 3×3, 5×5, pool.",
        BRANCHES, "branches = (self.branch1, self.branch5, self.branch3, self.branch_pool)",
    ),
    block(
        "pool_stride_default",
        "The pooling has its default stride, which is its window: with stride=1 it keeps the map.",
        POOL, "            nn.MaxPool2d(3, padding=1),\n",
    ),
    block(
        "pool_without_padding",
        "The pooling has no padding and loses a border of one pixel: padding=1 keeps the map.",
        POOL, "            nn.MaxPool2d(3, stride=1),\n",
    ),
    block(
        "pool_padded_with_zeros",
        "The pooling sees a border of zeros, which win wherever all neighbours are negative: the "
        "padding of nn.MaxPool2d never wins.",
        POOL, "            nn.ZeroPad2d(1),\n            nn.MaxPool2d(3, stride=1),\n",
    ),
    block(
        "average_pooling",
        "The pool branch takes the average, as the first block's branch of later versions does: "
        "here it is the maximum.",
        POOL, "            nn.AvgPool2d(3, stride=1, padding=1),\n",
    ),
    block(
        "pool_5x5",
        "The pooling looks at 5×5 pixels: its window is 3×3.",
        POOL, "            nn.MaxPool2d(5, stride=1, padding=2),\n",
    ),
    block(
        "projection_first",
        "The 1×1 of the pool branch stands before the pooling: it comes after. The two are "
        "different functions, since the maximum does not commute with a linear map.",
        POOL + PROJECT, PROJECT + POOL,
    ),
    block(
        "relu_before_pool",
        "There is a ReLU on the input of the pool branch: the branch pools x itself.",
        POOL, RELU + POOL,
    ),
    block(
        "projection_missing",
        "The pool branch has no 1×1, as in the naive block: its output has pool_proj channels, not "
        "those of the input.",
        POOL + PROJECT + RELU, POOL,
    ),
    block(
        "projection_3x3",
        "The convolution behind the pooling is 3×3: it only has to bring the channels down, 1×1.",
        PROJECT, "            nn.Conv2d(in_channels, pool_proj, 3, padding=1),\n",
    ),
    block(
        "projection_without_relu",
        "The 1×1 behind the pooling has no ReLU: every convolution is followed by one.",
        PROJECT + RELU, PROJECT,
    ),
    block(
        "branch1_without_relu",
        "The 1×1 branch has no ReLU: every convolution is followed by one.",
        BRANCH1, "self.branch1 = nn.Conv2d(in_channels, c1, 1)",
    ),
    block(
        "no_relu_after_3x3_reduction",
        "There is no ReLU between the reduction and the 3×3, which then are one linear map.",
        REDUCE3 + RELU, REDUCE3,
    ),
    block(
        "no_relu_after_5x5_reduction",
        "There is no ReLU between the reduction and the 5×5, which then are one linear map.",
        REDUCE5 + RELU, REDUCE5,
    ),
    block(
        "no_relu_after_reductions",
        "There is no ReLU behind either of the two reductions, which then are one linear map with "
        "the convolution that follows.",
        {REDUCE3 + RELU: REDUCE3, REDUCE5 + RELU: REDUCE5},
    ),
    block(
        "no_relu_last",
        "The branches end without a ReLU: it is only inside them. Every convolution is followed "
        "by one.",
        {BRANCH1: "self.branch1 = nn.Conv2d(in_channels, c1, 1)",
         THREE + RELU: THREE, FIVE + RELU: FIVE, PROJECT + RELU: PROJECT},
    ),
    block(
        "leaky",
        "The last activation is a leaky ReLU, which lets negative values through.",
        JOIN, f"return F.leaky_relu(torch.cat({LIST}, dim=1) - 0.1)",
    ),
    block(
        "five_with_padding_1",
        "The 5×5 has padding 1 and loses a border: a 5×5 needs padding 2 to keep the map.",
        FIVE, FIVE.replace("padding=2", "padding=1"),
    ),
    block(
        "three_without_padding",
        "The 3×3 has no padding and loses a border: padding=1 keeps the map.",
        THREE, "            nn.Conv2d(c3[0], c3[1], 3),\n",
    ),
    block(
        "five_is_3x3",
        "The 5×5 branch has a 3×3, as in the widespread version of torchvision, where it is a "
        "known mistake: the paper has 5×5.",
        FIVE, "            nn.Conv2d(c5[0], c5[1], 3, padding=1),\n",
    ),
    block(
        "five_as_two_3x3",
        "Two 3×3 convolutions stand in for the 5×5, as in later versions: here it is one 5×5.",
        FIVE, "            nn.Conv2d(c5[0], c5[1], 3, padding=1),\n" + RELU +
              "            nn.Conv2d(c5[1], c5[1], 3, padding=1),\n",
    ),
    block(
        "dilated_3x3",
        "A 3×3 with gaps stands in for the 5×5: it sees as far, but skips every second pixel.",
        FIVE, "            nn.Conv2d(c5[0], c5[1], 3, padding=2, dilation=2),\n",
    ),
    block(
        "pairs_swapped",
        "The entries of c3 and c5 are swapped: the reduced channels come first, then the output's.",
        {BRANCH1: f"c3, c5 = c3[::-1], c5[::-1]\n        {BRANCH1}"},
    ),
    block(
        "no_reductions",
        "The 3×3 and the 5×5 work on the input itself, as in the naive block of figure 2(a): a 1×1 "
        "reduces the channels first.",
        {REDUCE3 + RELU: "", THREE: "            nn.Conv2d(in_channels, c3[1], 3, padding=1),\n",
         REDUCE5 + RELU: "", FIVE: "            nn.Conv2d(in_channels, c5[1], 5, padding=2),\n"},
    ),
    block(
        "reduces_afterwards",
        "The reductions stand behind the 3×3 and the 5×5, where they save little: they come first.",
        {REDUCE3: "            nn.Conv2d(in_channels, c3[0], 3, padding=1),\n",
         THREE: "            nn.Conv2d(c3[0], c3[1], 1),\n",
         REDUCE5: "            nn.Conv2d(in_channels, c5[0], 5, padding=2),\n",
         FIVE: "            nn.Conv2d(c5[0], c5[1], 1),\n"},
    ),
    block(
        "one_reduction_for_both",
        "The 3×3 and the 5×5 share one reduction where it is as wide: each has its own.",
        PROJECT + RELU + "        )\n", PROJECT + RELU + "        )\n"
        "        if c3[0] == c5[0]:\n            self.branch5[0] = self.branch3[0]\n",
    ),
    block(
        "reduction_padded",
        "The reductions are padded and the convolutions behind them are not, so that a border of "
        "biases comes in: pad the 3×3 and the 5×5.",
        {REDUCE3: "            nn.Conv2d(in_channels, c3[0], 1, padding=1),\n",
         THREE: "            nn.Conv2d(c3[0], c3[1], 3),\n",
         REDUCE5: "            nn.Conv2d(in_channels, c5[0], 1, padding=2),\n",
         FIVE: "            nn.Conv2d(c5[0], c5[1], 5),\n"},
    ),
    block(
        "reflects",
        "The 5×5 repeats the border pixels outwards: convolutions pad with zeros.",
        FIVE, '            nn.Conv2d(c5[0], c5[1], 5, padding=2, padding_mode="replicate"),\n',
    ),
    block(
        "strided",
        "The block halves the map, as the reduction blocks of later versions do: every branch "
        "keeps height and width.",
        JOIN, f"return torch.cat({LIST}, dim=1)[:, :, ::2, ::2]",
    ),
    block(
        "branches_in_a_row",
        "The branches work one after the other, each on the input *and* the results before, as in "
        "DenseNets: all four get the same x.",
        JOIN, f"outputs = {LIST}\n"
              "        outputs[1] = self.branch3(F.relu(x))\n"
              "        return torch.cat(outputs, dim=1)",
    ),
    block(
        "input_overwritten",
        "A ReLU works in place on x itself, so that the other branches get an input without its "
        "negative values.",
        JOIN, f"x = F.relu(x, inplace=True)\n        {JOIN}",
    ),
    block(
        "batch_norm",
        "There is batch norm behind the convolutions, as in the authors' next paper: this one has "
        "biases and no batch norm.",
        {BRANCH1: "self.branch1 = nn.Sequential(\n"
                  "            nn.Conv2d(in_channels, c1, 1, bias=False), nn.BatchNorm2d(c1), "
                  "nn.ReLU()\n        )",
         REDUCE3: "            nn.Conv2d(in_channels, c3[0], 1, bias=False),\n"
                  "            nn.BatchNorm2d(c3[0]),\n",
         THREE: "            nn.Conv2d(c3[0], c3[1], 3, padding=1, bias=False),\n"
                "            nn.BatchNorm2d(c3[1]),\n",
         REDUCE5: "            nn.Conv2d(in_channels, c5[0], 1, bias=False),\n"
                  "            nn.BatchNorm2d(c5[0]),\n",
         FIVE: "            nn.Conv2d(c5[0], c5[1], 5, padding=2, bias=False),\n"
               "            nn.BatchNorm2d(c5[1]),\n",
         PROJECT: "            nn.Conv2d(in_channels, pool_proj, 1, bias=False),\n"
                  "            nn.BatchNorm2d(pool_proj),\n"},
    ),
    block(
        "no_biases",
        "The convolutions have no biases: there is no batch norm here that would replace them.",
        {BRANCH1: "self.branch1 = nn.Sequential(nn.Conv2d(in_channels, c1, 1, bias=False), "
                  "nn.ReLU())",
         REDUCE3: REDUCE3.replace("1)", "1, bias=False)"),
         THREE: THREE.replace("padding=1", "padding=1, bias=False"),
         REDUCE5: REDUCE5.replace("1)", "1, bias=False)"),
         FIVE: FIVE.replace("padding=2", "padding=2, bias=False"),
         PROJECT: PROJECT.replace("1)", "1, bias=False)")},
    ),
    block(
        "branch_detached",
        "The 5×5 branch is detached from the graph: it never learns, and nothing before the block "
        "learns through it.",
        JOIN, f"outputs = {LIST}\n        outputs[2] = outputs[2].detach()\n"
              "        return torch.cat(outputs, dim=1)",
    ),
    block(
        "reductions_frozen",
        "The reductions are frozen: every parameter is trained.",
        {REDUCE3: REDUCE3.replace("),\n", ").requires_grad_(False),\n"),
         REDUCE5: REDUCE5.replace("),\n", ").requires_grad_(False),\n")},
    ),
    block(
        "without_gradient",
        "The block runs under no_grad, so that no gradient ever reaches its parameters.",
        JOIN, f"with torch.no_grad():\n            {JOIN}",
    ),
    block(
        "zero_weights",
        "All convolutions start with zeros: no gradient tells their channels apart, and nothing is "
        "learned (start from random numbers, as PyTorch does).",
        PROJECT + RELU + "        )\n", PROJECT + RELU + "        )\n"
        "        for part in self.parameters():\n            nn.init.zeros_(part)\n",
    ),
    block(
        "equal_weights",
        "All weights start with the same number: the channels of a branch then compute the same, "
        "get the same gradients and stay the same for ever (start from random numbers, as PyTorch "
        "does).",
        PROJECT + RELU + "        )\n", PROJECT + RELU + "        )\n"
        "        for part in self.parameters():\n            nn.init.constant_(part, 0.1)\n",
    ),
    block(
        "computes_and_crops",
        "The numbers are right, but the 5×5 computes a border that is cut away again: padding=2 "
        "gives the size that is needed.",
        FIVE, "            nn.Conv2d(c5[0], c5[1], 5, padding=3),\n"
              "            nn.ZeroPad2d(-1),\n",
    ),
    block(
        "arguments_renamed",
        "The arguments have other names than in the text: they may be given by name.",
        {"in_channels, c1, c3, c5, pool_proj):": "in_channels, ch1x1, c3, c5, pool):",
         BRANCH1: f"c1, pool_proj = ch1x1, pool\n        {BRANCH1}"},
    ),
    rewrite(
        "inception", "plain_list",
        "The branches are in a plain Python list, where PyTorch does not see their parameters: "
        "they would never be trained, moved or saved (nn.ModuleList registers them).",
        """
class Inception(nn.Module):
    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        super().__init__()

        def conv(a, b, k):
            return nn.Sequential(nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU())

        self.branches = [
            conv(in_channels, c1, 1),
            nn.Sequential(conv(in_channels, c3[0], 1), conv(*c3, 3)),
            nn.Sequential(conv(in_channels, c5[0], 1), conv(*c5, 5)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(in_channels, pool_proj, 1)),
        ]

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)
""",
    ),
)  # fmt: skip
