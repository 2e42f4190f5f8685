"""Mistakes in squeeze and excitation, stochastic depth and the MBConv block.

Not among them, because nobody can tell them from the definition: adding in place to the branch's
output, dropping before or after the projection's batch norm in evaluation mode, and a projection
of the mean before it is taken (a linear map and a mean commute, but the cost shows).
"""

from __future__ import annotations

from autograder.expect.variants import edits_of

# --- 2 squeeze_excitation ------------------------------------------------------------------------

squeeze = edits_of("squeeze_excitation")
MEAN = "weights = x.mean((2, 3), keepdim=True)  # (N, channels, 1, 1)"
EXCITE = "weights = self.excite(F.silu(self.squeeze(weights)))"
GATE = "return x * torch.sigmoid(weights)"
W1 = "self.squeeze = nn.Conv2d(channels, squeezed, 1)"
W2 = "self.excite = nn.Conv2d(squeezed, channels, 1)"

SQUEEZE_EXCITATION = (
    squeeze(
        "no_sigmoid",
        "The sigmoid is missing: without it the weights are any numbers, not shares from 0 to 1.",
        GATE, "return x * weights",
    ),
    squeeze(
        "hard_sigmoid",
        "This is what MobileNetV3 does, with a hard sigmoid: the plain sigmoid is asked for.",
        GATE, "return x * F.hardsigmoid(weights)",
    ),
    squeeze(
        "softmax",
        "The weights are a softmax over channels, so that they compete: each has a sigmoid of its "
        "own.",
        GATE, "return x * weights.softmax(1)",
    ),
    squeeze(
        "tanh",
        "The weights are a tanh, which can be negative: the sigmoid is asked for.",
        GATE, "return x * torch.tanh(weights)",
    ),
    squeeze(
        "silu_last",
        "The second map is followed by another SiLU: what follows it is the sigmoid.",
        GATE, "return x * F.silu(weights)",
    ),
    squeeze(
        "relu",
        "This is the block of the squeeze-and-excitation paper, with a ReLU in the middle: "
        "EfficientNet has SiLU there.",
        EXCITE, "weights = self.excite(F.relu(self.squeeze(weights)))",
    ),
    squeeze(
        "no_activation",
        "There is no activation between the two maps, which then are one.",
        EXCITE, "weights = self.excite(self.squeeze(weights))",
    ),
    squeeze(
        "gate_only",
        "The weights are returned alone: the input is to be multiplied by them.",
        GATE, "return torch.sigmoid(weights).expand_as(x)",
    ),
    squeeze(
        "weights_the_mean",
        "The means are weighted and returned, one number a channel: the whole map is to be "
        "weighted.",
        GATE, "return x.mean((2, 3), keepdim=True) * torch.sigmoid(weights)",
    ),
    squeeze(
        "adds",
        "The weights are added to the input: it is multiplied by them.",
        GATE, "return x + torch.sigmoid(weights)",
    ),
    squeeze(
        "residual_gate",
        "The input is added once more to the weighted one: the weights alone decide what is left.",
        GATE, "return x + x * torch.sigmoid(weights)",
    ),
    squeeze(
        "maximum",
        "The squeeze takes the maximum over positions: it is the mean.",
        MEAN, "weights = x.amax((2, 3), keepdim=True)",
    ),
    squeeze(
        "sum",
        "The squeeze takes the sum over positions, which grows with the map: it is the mean.",
        MEAN, "weights = x.sum((2, 3), keepdim=True)",
    ),
    squeeze(
        "mean_of_batch",
        "The mean is taken over the batch as well: each image has weights of its own.",
        MEAN, "weights = x.mean((0, 2, 3), keepdim=True)",
    ),
    squeeze(
        "mean_of_one_axis",
        "The mean is taken over height alone, so that each column has a weight: it is over height "
        "and width.",
        MEAN, "weights = x.mean(2, keepdim=True)",
    ),
    squeeze(
        "no_pooling",
        "Nothing is squeezed: each position gets weights of its own, from its own values.",
        MEAN, "weights = x",
    ),
    squeeze(
        "averages_last",
        "Each position gets its weights, and these are averaged: the mean comes first, before the "
        "two maps.",
        {MEAN: "weights = x", GATE: "return x * torch.sigmoid(weights).mean((2, 3), keepdim=True)"},
    ),
    squeeze(
        "averages_late",
        "The numbers are right, but the first map works at every position and its result is "
        "averaged: average first, and it works once.",
        {MEAN: "weights = x",
         EXCITE: "weights = self.squeeze(weights).mean((2, 3), keepdim=True)\n"
                 "        weights = self.excite(F.silu(weights))"},
    ),
    squeeze(
        "no_biases",
        "The two maps have no biases: they have, because no batch norm follows them.",
        {W1: "self.squeeze = nn.Conv2d(channels, squeezed, 1, bias=False)",
         W2: "self.excite = nn.Conv2d(squeezed, channels, 1, bias=False)"},
    ),
    squeeze(
        "batch_norm",
        "There is a batch norm in the squeeze: there is none in squeeze and excitation.",
        {W1: "self.squeeze = nn.Sequential(nn.Conv2d(channels, squeezed, 1), norm(squeezed))"},
    ),
    squeeze(
        "reduction_ratio",
        "The second argument is taken as a reduction ratio, as in other libraries: it is the "
        "number of channels in the middle.",
        "super().__init__()\n",
        "super().__init__()\n        squeezed = max(1, channels // squeezed)\n",
    ),
    squeeze(
        "one_map",
        "There is one map from channels to channels: there are two, through a narrow middle.",
        {W1: "self.squeeze = nn.Conv2d(channels, channels, 1)", f"        {W2}\n": "",
         EXCITE: "weights = self.squeeze(weights)"},
    ),
    squeeze(
        "detached",
        "The weights are detached from the graph, so that the two maps never learn.",
        GATE, "return x * torch.sigmoid(weights).detach()",
    ),
)  # fmt: skip

# --- 3 stochastic_depth --------------------------------------------------------------------------

drop = edits_of("stochastic_depth")
MODE = "if not self.training or self.drop_rate == 0:"
SURVIVAL = "survival = 1 - self.drop_rate"
DRAW = "survives = torch.rand(len(x), dtype=x.dtype, device=x.device) < survival"
SCALE = "return x * survives.reshape(-1, *[1] * (x.dim() - 1)) / survival"

STOCHASTIC_DEPTH = (
    drop(
        "each_value",
        "This is ordinary dropout, which drops single values: an example is dropped as a whole or "
        "not at all.",
        {DRAW: "survives = torch.rand_like(x) < survival", SCALE: "return x * survives / survival"},
    ),
    drop(
        "each_channel",
        "Single channels are dropped: an example is dropped as a whole or not at all.",
        {DRAW: "survives = torch.rand(x.shape[:2], dtype=x.dtype) < survival",
         SCALE: "return x * survives[:, :, None, None] / survival"},
    ),
    drop(
        "whole_batch",
        "One decision is made for the whole batch: each example is decided for itself.",
        {DRAW: "survives = torch.rand(1, dtype=x.dtype) < survival",
         SCALE: "return x * survives / survival"},
    ),
    drop(
        "along_channels",
        "The decisions lie along the second axis, channels, and are the same for all examples: the "
        "first axis is the batch.",
        {DRAW: "survives = torch.rand(x.shape[1], dtype=x.dtype) < survival",
         SCALE: "return x * survives[:, None, None] / survival"},
    ),
    drop(
        "not_scaled",
        "What survives is not scaled: it is divided by 1 - drop_rate, so that the mean stays.",
        SCALE, "return x * survives.reshape(-1, *[1] * (x.dim() - 1))",
    ),
    drop(
        "scaled_down",
        "What survives is multiplied by 1 - drop_rate: it is divided by it, to make up for what is "
        "dropped.",
        SCALE, "return x * survives.reshape(-1, *[1] * (x.dim() - 1)) * survival",
    ),
    drop(
        "scaled_in_evaluation",
        "This is the form of the first paper, which scales in evaluation mode: here training "
        "scales, and evaluation changes nothing.",
        {MODE: "if not self.training:\n            return x * (1 - self.drop_rate)\n"
               "        if self.drop_rate == 0:",
         SCALE: "return x * survives.reshape(-1, *[1] * (x.dim() - 1))"},
    ),
    drop(
        "rate_is_survival",
        "The rate is taken as the probability of survival: drop_rate is that of being dropped.",
        SURVIVAL, "survival = self.drop_rate",
    ),
    drop(
        "divided_by_the_rate",
        "What survives is divided by the rate: it is divided by 1 - drop_rate.",
        SCALE, "return x * survives.reshape(-1, *[1] * (x.dim() - 1)) / self.drop_rate",
    ),
    drop(
        "drops_in_evaluation",
        "Examples are dropped in evaluation mode as well: there it changes nothing.",
        MODE, "if self.drop_rate == 0:",
    ),
    drop(
        "drops_only_in_evaluation",
        "Examples are dropped in evaluation mode and none in training: it is the other way round.",
        MODE, "if self.training or self.drop_rate == 0:",
    ),
    drop(
        "decided_once",
        "The decisions are drawn once, when the module is made: each call decides anew.",
        {"self.drop_rate = drop_rate": "self.drop_rate = drop_rate\n"
         "        self.kept = torch.rand(1000) < 1 - drop_rate",
         DRAW: "survives = self.kept[: len(x)].to(x.dtype)"},
    ),
    drop(
        "fixed_seed",
        "The random numbers start from a fixed seed in each call, so that the same examples are "
        "dropped again and again.",
        DRAW, "generator = torch.Generator().manual_seed(0)\n"
              "        survives = torch.rand(len(x), generator=generator) < survival",
    ),
    drop(
        "exact_quota",
        "An exact share of each batch is dropped: the examples are to be independent, and one "
        "alone would never be dropped.",
        DRAW, "survives = torch.randperm(len(x)) >= int(len(x) * self.drop_rate)",
    ),
    drop(
        "noise",
        "What survives is scaled by random numbers: it is divided by one number, 1 - drop_rate.",
        SCALE, "return x * torch.rand(len(x), 1, 1, 1, dtype=x.dtype) / survival",
    ),
    drop(
        "always_float32",
        "The output is float32 whatever the input: it keeps the input's dtype.",
        SCALE, "return (x * survives.reshape(-1, *[1] * (x.dim() - 1)) / survival).float()",
    ),
    drop(
        "never_drops",
        "Nothing is ever dropped: the layer has to look at self.training.",
        MODE, "if True:",
    ),
)  # fmt: skip

# --- 4 mbconv ------------------------------------------------------------------------------------

block = edits_of("mbconv")
HIDDEN = "hidden = in_channels * expansion"
ONLY = "if expansion != 1:"
EXPANSION = "nn.Conv2d(in_channels, hidden, 1, bias=False), norm(hidden), nn.SiLU()"
DEPTHWISE = "hidden, hidden, kernel_size, stride, kernel_size // 2, groups=hidden, bias=False"
MIDDLE_NORM = "            norm(hidden),\n            nn.SiLU(),\n"
QUARTER = "SqueezeExcitation(hidden, max(1, in_channels // 4))"
PROJECTION = "nn.Conv2d(hidden, out_channels, 1, bias=False), norm(out_channels)"
WHERE = "self.has_shortcut = stride == 1 and in_channels == out_channels"
BRANCH1 = "branch: Tensor = self.depthwise(self.expand(x))"
BRANCH2 = "branch = self.project(self.squeeze_excitation(branch))"
SUM = "return x + self.drop(branch) if self.has_shortcut else branch"
RATE = "self.drop = StochasticDepth(drop_rate)"

MBCONV = (
    block(
        "squeeze_of_hidden",
        "The squeeze is a quarter of the expanded channels: it is a quarter of the block's input "
        "channels.",
        QUARTER, "SqueezeExcitation(hidden, max(1, hidden // 4))",
    ),
    block(
        "squeeze_of_output",
        "The squeeze is a quarter of the output channels: it is a quarter of the input channels.",
        QUARTER, "SqueezeExcitation(hidden, max(1, out_channels // 4))",
    ),
    block(
        "squeeze_of_a_sixteenth",
        "The squeeze is a sixteenth, as in the squeeze-and-excitation paper: here it is a quarter "
        "of the input channels.",
        QUARTER, "SqueezeExcitation(hidden, max(1, in_channels // 16))",
    ),
    block(
        "squeeze_to_nothing",
        "With fewer than four input channels the squeeze becomes 0: it is at least 1.",
        QUARTER, "SqueezeExcitation(hidden, in_channels // 4)",
    ),
    block(
        "no_squeeze_excitation",
        "This is MobileNetV2's block with SiLU: squeeze and excitation is missing.",
        BRANCH2, "branch = self.project(branch)",
    ),
    block(
        "squeeze_excitation_last",
        "Squeeze and excitation comes after the projection: it stands before it, on the wide map.",
        {QUARTER: "SqueezeExcitation(out_channels, max(1, in_channels // 4))",
         BRANCH2: "branch = self.squeeze_excitation(self.project(branch))"},
    ),
    block(
        "squeeze_excitation_first",
        "Squeeze and excitation comes before the depthwise convolution: it stands after it.",
        {BRANCH1: "branch = self.depthwise(self.squeeze_excitation(self.expand(x)))",
         BRANCH2: "branch = self.project(branch)"},
    ),
    block(
        "relu6",
        "The activation is ReLU6, as in MobileNetV2: here it is SiLU.",
        {EXPANSION: EXPANSION.replace("SiLU", "ReLU6"),
         MIDDLE_NORM: MIDDLE_NORM.replace("SiLU", "ReLU6")},
    ),
    block(
        "hard_swish",
        "The activation is the hard swish of MobileNetV3: here it is SiLU.",
        {EXPANSION: EXPANSION.replace("SiLU", "Hardswish"),
         MIDDLE_NORM: MIDDLE_NORM.replace("SiLU", "Hardswish")},
    ),
    block(
        "no_activation_after_depthwise",
        "The depthwise convolution is not followed by an activation: SiLU follows its batch norm.",
        MIDDLE_NORM, "            norm(hidden),\n",
    ),
    block(
        "no_activation_after_expansion",
        "The expansion is not followed by an activation: SiLU follows its batch norm.",
        EXPANSION, EXPANSION.replace(", nn.SiLU()", ""),
    ),
    block(
        "activation_after_projection",
        "The projection is followed by an activation: the bottleneck is linear, nothing follows "
        "its batch norm.",
        PROJECTION, f"{PROJECTION}, nn.SiLU()",
    ),
    block(
        "activation_after_addition",
        "An activation follows the addition, as in a ResNet: here nothing does.",
        SUM, "return F.silu(x + self.drop(branch)) if self.has_shortcut else branch",
    ),
    block(
        "norm_after_activation",
        "Batch norm comes after the activation: the order is convolution, batch norm, SiLU.",
        MIDDLE_NORM, "            nn.SiLU(),\n            norm(hidden),\n",
    ),
    block(
        "projection_without_norm",
        "The projection has no batch norm: like every convolution of the table it has one.",
        PROJECTION, "nn.Conv2d(hidden, out_channels, 1, bias=False)",
    ),
    block(
        "expansion_at_one",
        "There is an expansion where expansion is 1: then the block begins with the depthwise "
        "convolution.",
        ONLY, "if True:",
    ),
    block(
        "hidden_from_output",
        "The wide channels are a multiple of the output's: they are expansion * in_channels.",
        {HIDDEN: "hidden = out_channels * expansion", ONLY: "if hidden != in_channels:"},
    ),
    block(
        "not_depthwise",
        "The middle convolution is a full one: depthwise means groups=hidden, one filter for each "
        "channel.",
        DEPTHWISE, DEPTHWISE.replace("groups=hidden, ", ""),
    ),
    block(
        "grouped_by_input",
        "The middle convolution has as many groups as the block has input channels: it has as many "
        "as it has channels itself.",
        DEPTHWISE, DEPTHWISE.replace("groups=hidden", "groups=in_channels"),
    ),
    block(
        "always_3x3",
        "The depthwise convolution is always 3×3: kernel_size is an argument.",
        DEPTHWISE, "hidden, hidden, 3, stride, 1, groups=hidden, bias=False",
    ),
    block(
        "padding_of_one",
        "The padding is always 1, so that a 5×5 convolution loses a border: it is "
        "kernel_size // 2.",
        DEPTHWISE, DEPTHWISE.replace("kernel_size // 2", "1"),
    ),
    block(
        "tensorflow_padding",
        "This is what TensorFlow's \"same\" padding gives, which under a stride pads an even map "
        "only at the bottom and on the right: here all sides are padded alike.",
        {DEPTHWISE: "hidden, hidden, kernel_size, stride, 0, groups=hidden, bias=False",
         RATE: f"{RATE}\n        self.kernel_size, self.stride = kernel_size, stride",
         BRANCH1: "x_wide = self.expand(x)\n"
         "        sides = []\n"
         "        for size in (x.shape[3], x.shape[2]):\n"
         "            steps = -(-size // self.stride)\n"
         "            more = max(0, (steps - 1) * self.stride + self.kernel_size - size)\n"
         "            sides += [more // 2, more - more // 2]\n"
         "        branch = self.depthwise(F.pad(x_wide, sides))"},
    ),
    block(
        "stride_on_expansion",
        "The expansion has the stride: it belongs to the depthwise convolution.",
        {EXPANSION: EXPANSION.replace("1, bias", "1, stride, bias"),
         DEPTHWISE: DEPTHWISE.replace("kernel_size, stride", "kernel_size, 1 if expansion > 1 "
                                      "else stride")},
    ),
    block(
        "stride_on_projection",
        "The projection has the stride, and the depthwise convolution computes what is then thrown "
        "away: the stride belongs to the depthwise convolution.",
        {DEPTHWISE: DEPTHWISE.replace("kernel_size, stride", "kernel_size, 1"),
         PROJECTION: PROJECTION.replace("1, bias", "1, stride, bias")},
    ),
    block(
        "subsamples_late",
        "The numbers are right, but the depthwise convolution computes every position and most are "
        "dropped afterwards: with stride=2 it computes only those that stay.",
        {DEPTHWISE: DEPTHWISE.replace("kernel_size, stride", "kernel_size, 1"),
         RATE: f"{RATE}\n        self.stride = stride",
         BRANCH1: f"{BRANCH1}[:, :, :: self.stride, :: self.stride]"},
    ),
    block(
        "only_stride_decides",
        "Only the stride decides about the shortcut: the channels must be equal, too.",
        WHERE, "self.has_shortcut = stride == 1",
    ),
    block(
        "only_channels_decide",
        "Only the channels decide about the shortcut: the stride must be 1, too.",
        WHERE, "self.has_shortcut = in_channels == out_channels",
    ),
    block(
        "no_shortcut",
        "The input is never added: it is where stride is 1 and the channels agree.",
        WHERE, "self.has_shortcut = False",
    ),
    block(
        "projected_shortcut",
        "Where shapes differ the shortcut is a projection, as in a ResNet: MBConv has no shortcut "
        "there.",
        {RATE: f"{RATE}\n        self.shortcut = nn.Identity()\n"
         "        if not self.has_shortcut:\n"
         "            self.shortcut = nn.Sequential(\n"
         "                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),\n"
         "                norm(out_channels),\n            )",
         SUM: "return self.shortcut(x) + self.drop(branch)"},
    ),
    block(
        "shortcut_between_wide",
        "The shortcut joins the wide ends, as in a classic bottleneck turned inside out: it joins "
        "the narrow ones, x and the projection.",
        {BRANCH1: "branch = self.expand(x)\n        wide = self.depthwise(branch)\n"
                  "        branch = branch + wide if wide.shape == branch.shape else wide",
         SUM: "return self.drop(branch) if self.has_shortcut else branch"},
    ),
    block(
        "concatenates",
        "x and F(x) are concatenated: they are added.",
        SUM, "return torch.cat([x, self.drop(branch)], 1) if self.has_shortcut else branch",
    ),
    block(
        "default_norms",
        "Batch norm has PyTorch's default constants: the authors' are an epsilon of 1e-3 and a "
        "momentum of 0.01, as norm() has them.",
        {EXPANSION: EXPANSION.replace("norm(", "nn.BatchNorm2d("),
         MIDDLE_NORM: MIDDLE_NORM.replace("norm(", "nn.BatchNorm2d("),
         PROJECTION: PROJECTION.replace("norm(", "nn.BatchNorm2d(")},
    ),
    block(
        "tensorflow_momentum",
        "Batch norm's momentum is 0.99: TensorFlow counts the old average, PyTorch the new batch, "
        "so that 0.01 is meant.",
        PROJECTION, PROJECTION.replace(
            "norm(out_channels)", "nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.99)"),
    ),
    block(
        "default_momentum",
        "Batch norm has the right epsilon, but PyTorch's default momentum of 0.1: here it is 0.01.",
        PROJECTION, PROJECTION.replace(
            "norm(out_channels)", "nn.BatchNorm2d(out_channels, eps=1e-3)"),
    ),
    block(
        "norms_never_look",
        "Batch norm uses its running statistics in training mode as well, so that it never "
        "normalises what is really there.",
        BRANCH1, "for layer in self.modules():\n"
        "            if isinstance(layer, nn.BatchNorm2d):\n"
        "                layer.training = False\n"
        f"        {BRANCH1}",
    ),
    block(
        "drops_without_shortcut",
        "Stochastic depth acts on blocks without a shortcut as well, where nothing is left of a "
        "dropped example.",
        SUM, f"branch = self.drop(branch)\n        {SUM.replace('self.drop(branch)', 'branch')}",
    ),
    block(
        "drops_the_sum",
        "Stochastic depth acts on the sum, so that the shortcut is dropped with the branch: only "
        "F(x) goes through it.",
        SUM, "return self.drop(x + branch) if self.has_shortcut else branch",
    ),
    block(
        "drops_the_shortcut",
        "Stochastic depth acts on the shortcut: what is dropped is F(x), and x always stays.",
        SUM, "return self.drop(x) + branch if self.has_shortcut else branch",
    ),
    block(
        "rate_ignored",
        "The rate is not used: nothing is ever dropped.",
        RATE, "self.drop = StochasticDepth(0.0)",
    ),
    block(
        "rate_is_survival",
        "The rate is handed on as the probability of survival: drop_rate is that of being dropped.",
        RATE, "self.drop = StochasticDepth(1 - drop_rate if drop_rate > 0 else 0.0)",
    ),
    block(
        "dropout_instead",
        "The branch goes through ordinary dropout, which drops single values: StochasticDepth "
        "drops whole examples.",
        RATE, "self.drop = nn.Dropout(drop_rate)",
    ),
    block(
        "squeeze_excitation_detached",
        "What squeeze and excitation sees is detached from the graph, and so is what it gives: "
        "nothing before it learns.",
        BRANCH2, "branch = self.project(self.squeeze_excitation(branch.detach()))",
    ),
    block(
        "without_gradient",
        "What the block computes is detached from the graph: its parameters never get a gradient.",
        SUM, SUM.replace("self.drop(branch)", "self.drop(branch).detach()")
                .replace("else branch", "else branch.detach()"),
    ),
    block(
        "frozen",
        "The block's parameters are frozen, as one does for fine-tuning: here all are trained.",
        RATE, f"{RATE}\n        self.requires_grad_(False)",
    ),
    block(
        "zero_weights",
        "All convolutions start at zero: nothing reaches the next layer, no gradient comes back, "
        "and nothing is learned (start from random numbers, as PyTorch does).",
        RATE, f"{RATE}\n        for layer in self.modules():\n"
              "            if isinstance(layer, nn.Conv2d):\n"
              "                nn.init.zeros_(layer.weight)",
    ),
    block(
        "rate_required",
        "The constructor demands a rate: it is optional, and 0 unless given.",
        "drop_rate=0.0):", "drop_rate):",
    ),
)  # fmt: skip
