"""Wrong answers to the questions on LeNet-5 and its connection table."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- lenet ---------------------------------------------------------------------------------------

lenet = edits_of("lenet")
FIRST = "x = self.pool(torch.tanh(self.conv1(x)))"
SECOND = "x = self.pool(torch.tanh(self.conv2(x)))"
FLAT = "x = torch.flatten(x, 1)"
THIRD = "x = torch.tanh(self.fc1(x))"
FOURTH = "x = torch.tanh(self.fc2(x))"
LAST = "logits: Tensor = self.fc3(x)"
RETURN = "return logits"
CONV1 = "self.conv1 = nn.Conv2d(1, 6, 5)"
CONV2 = "self.conv2 = nn.Conv2d(6, 16, 5)"
POOL = "self.pool = nn.AvgPool2d(2)"
FC1 = "self.fc1 = nn.Linear(16 * 5 * 5, 120)"
FC2 = "self.fc2 = nn.Linear(120, 84)"
FC3 = "self.fc3 = nn.Linear(84, num_classes)"
NO_TANH = {FIRST: "x = self.pool(self.conv1(x))", SECOND: "x = self.pool(self.conv2(x))"}


def activation(call: str) -> dict[str, str]:
    """Every tanh exchanged for another function."""
    lines = (FIRST, SECOND, THIRD, FOURTH)
    return {line: line.replace("torch.tanh", call) for line in lines}


LENET = (
    lenet(
        "no_activation",
        "There is no activation anywhere: the whole network is one linear map, however well it "
        "reads digits.",
        {**NO_TANH, THIRD: "x = self.fc1(x)", FOURTH: "x = self.fc2(x)"},
    ),
    lenet(
        "activation_only_in_the_head",
        "The convolutions have no activation: only the linear layers have theirs, so that "
        "everything up to flatten is one linear map.",
        NO_TANH,
    ),
    lenet(
        "activation_only_before_flatten",
        "The linear layers have no activation: the three of them are one linear layer.",
        {THIRD: "x = self.fc1(x)", FOURTH: "x = self.fc2(x)"},
    ),
    lenet(
        "last_tanh_missing",
        "The layer with 84 units has no activation, so that it and the last layer are one linear "
        "layer.",
        FOURTH, "x = self.fc2(x)",
    ),
    lenet(
        "tanh_at_the_end",
        "A tanh follows the last linear layer as well: scores are not squashed.",
        RETURN, "return torch.tanh(logits)",
    ),
    lenet(
        "relu",
        "The activation is ReLU, as in many programs: question 2 asks for tanh.",
        activation("F.relu"),
    ),
    lenet(
        "sigmoid",
        "The activation is the sigmoid, as in the book “Dive into Deep Learning”: question 2 asks "
        "for tanh.",
        activation("torch.sigmoid"),
    ),
    lenet(
        "scaled_tanh",
        "The activation is the paper's scaled tanh, 1.7159 tanh(2a/3): question 2 asks for the "
        "plain one.",
        activation("(lambda a: 1.7159 * torch.tanh(2 * a / 3))"),
    ),
    lenet(
        "max_pooling",
        "The poolings take the maximum: question 2 asks for the average.",
        POOL, "self.pool = nn.MaxPool2d(2)",
    ),
    lenet(
        "tanh_after_pooling",
        "The tanh comes after the pooling: the average of tanh is not the tanh of the average, and "
        "the table has tanh first.",
        {FIRST: "x = torch.tanh(self.pool(self.conv1(x)))",
         SECOND: "x = torch.tanh(self.pool(self.conv2(x)))"},
    ),
    lenet(
        "pooling_of_stride_1",
        "The poolings have stride 1, so that maps hardly shrink and the head does not fit: 2×2 "
        "with stride 2 halves them.",
        POOL, "self.pool = nn.AvgPool2d(2, stride=1)",
    ),
    lenet(
        "head_fitted_to_stride_1",
        "The poolings have stride 1 and the head was made to fit, 7,744 inputs wide: with stride 2 "
        "there are 400.",
        {POOL: "self.pool = nn.AvgPool2d(2, stride=1)",
         FC1: "self.fc1 = nn.Linear(16 * 22 * 22, 120)"},
    ),
    lenet(
        "one_pooling",
        "The second pooling is missing: the head reads 1,600 numbers instead of 400.",
        {SECOND: "x = torch.tanh(self.conv2(x))",
         FC1: "self.fc1 = nn.Linear(16 * 10 * 10, 120)"},
    ),
    lenet(
        "flatten_swallows_the_batch",
        "Flatten joins all images of the batch into one vector: the first axis stays "
        "(torch.flatten(x, 1)).",
        FLAT, "x = torch.flatten(x)",
    ),
    lenet(
        "batch_of_one",
        "The maps are reshaped to a batch of one: take the batch size from x.",
        FLAT, "x = x.reshape(1, 400)",
    ),
    lenet(
        "softmax_at_the_end",
        "The network ends in a softmax: cross_entropy applies one itself, and twice is once too "
        "often.",
        RETURN, "return torch.softmax(logits, dim=1)",
    ),
    lenet(
        "log_softmax_at_the_end",
        "The network ends in a log-softmax, which belongs to F.nll_loss: scores (logits) are asked "
        "for.",
        RETURN, "return torch.log_softmax(logits, dim=1)",
    ),
    lenet(
        "for_28_pixels",
        "The first convolution pads by 2, as for MNIST's 28×28 images: here the images have 32×32, "
        "so that the head does not fit.",
        CONV1, "self.conv1 = nn.Conv2d(1, 6, 5, padding=2)",
    ),
    lenet(
        "both_padded",
        "The convolutions keep the size of the map: in LeNet-5 each makes it four pixels smaller.",
        {CONV1: "self.conv1 = nn.Conv2d(1, 6, 5, padding=2)",
         CONV2: "self.conv2 = nn.Conv2d(6, 16, 5, padding=2)",
         FC1: "self.fc1 = nn.Linear(16 * 8 * 8, 120)"},
    ),
    lenet(
        "three_channels",
        "The first convolution wants images of three channels: these are grey.",
        CONV1, "self.conv1 = nn.Conv2d(3, 6, 5)",
    ),
    lenet(
        "no_biases",
        "The convolutions have no biases: there is no batch norm that would make up for them.",
        {CONV1: "self.conv1 = nn.Conv2d(1, 6, 5, bias=False)",
         CONV2: "self.conv2 = nn.Conv2d(6, 16, 5, bias=False)"},
    ),
    lenet(
        "always_ten_classes",
        "The number of classes is fixed at ten: num_classes is ignored.",
        FC3, "self.fc3 = nn.Linear(84, 10)",
    ),
    lenet(
        "classes_required",
        "The constructor demands a number of classes: it is optional, and 10 unless given.",
        "num_classes=10):", "num_classes):",
    ),
    lenet(
        "last_layer_missing",
        "The network ends with the 84 units: a linear layer makes a score for each class of them.",
        {f"        {FC3}\n": "", f"        {LAST}\n        {RETURN}": "        return x"},
    ),
    lenet(
        "dropout_added",
        "There is a dropout, which LeNet-5 did not have: training and evaluation mode compute the "
        "same.",
        FOURTH, "x = F.dropout(torch.tanh(self.fc2(x)), training=self.training)",
    ),
    lenet(
        "batch_norm_added",
        "There are batch norms, which came seventeen years later: the table has none.",
        {POOL: f"{POOL}\n        self.bn1 = nn.BatchNorm2d(6)\n        self.bn2 = "
               "nn.BatchNorm2d(16)",
         FIRST: "x = self.pool(torch.tanh(self.bn1(self.conv1(x))))",
         SECOND: "x = self.pool(torch.tanh(self.bn2(self.conv2(x))))"},
    ),
    lenet(
        "one_layer_in_a_list",
        "The last layer sits in a plain Python list, where PyTorch does not see its parameters: "
        "they would never be trained, moved or saved.",
        {FC3: "self.fc3 = [nn.Linear(84, num_classes)]", LAST: "logits = self.fc3[0](x)"},
    ),
    lenet(
        "detached",
        "The scores are detached from the graph: no parameter ever gets a gradient, and nothing is "
        "learned.",
        RETURN, "return logits.detach()",
    ),
    lenet(
        "features_detached",
        "The features are detached from the graph: the convolutions never get a gradient and never "
        "learn.",
        FLAT, "x = torch.flatten(x, 1).detach()",
    ),
    lenet(
        "frozen",
        "All parameters but the last layer's biases are frozen, as for fine-tuning: here "
        "every parameter is trained.",
        FC3, f"{FC3}\n        for p in list(self.parameters())[:-1]:\n"
             "            p.requires_grad_(False)",
    ),
    lenet(
        "zero_weights",
        "All weights start with zeros: all units of a layer then compute the same, no gradient "
        "tells them apart, and nothing is learned (start from random numbers, as PyTorch does).",
        FC3, f"{FC3}\n        for p in self.parameters():\n            nn.init.zeros_(p)",
    ),
    lenet(
        "crops_late",
        "The numbers are right, but the second convolution pads, computes every position and the "
        "border is cut off afterwards: without padding it computes only what stays.",
        {CONV2: "self.conv2 = nn.Conv2d(6, 16, 5, padding=2)",
         SECOND: "x = self.pool(torch.tanh(self.conv2(x)[:, :, 2:-2, 2:-2]))"},
    ),
)  # fmt: skip

# --- c3 ------------------------------------------------------------------------------------------

c3 = edits_of("c3")
INPUTS = 'self.inputs = [[i for i, mark in enumerate(column) if mark == "X"] for column in columns]'
MAPS = "self.maps = nn.ModuleList(nn.Conv2d(len(inputs), 1, 5) for inputs in self.inputs)"
JOIN = "return torch.cat([conv(x[:, inputs]) for conv, inputs in pairs], dim=1)"
PAIRS = "pairs = zip(self.maps, self.inputs, strict=True)"


def masked(make: str, forward: str) -> str:
    """An answer with a full weight: how the mask is made, and how it is used."""
    return f"""
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 16, 5)
        rows = [[mark == "X" for mark in row] for row in CONNECTIONS]
        mask = torch.tensor(rows).float().T[:, :, None, None]
        {make}

    def forward(self, x):
        {forward}
"""


BUFFER = 'self.register_buffer("mask", mask)'
MASKED = "return F.conv2d(x, self.conv.weight * self.mask, self.conv.bias)"

TABLE = (
    rewrite(
        "c3", "full_convolution",
        "This is a full convolution, as in question 2: every output map reads all six input maps, "
        "whatever the table says.",
        """
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 16, 5)

    def forward(self, x):
        return self.conv(x)
""",
    ),
    # Who masks the weight once and its gradient ever after computes the same as this one.
    rewrite(
        "c3", "masked_once",
        "The weight is masked once, when it is made: whatever changes it later, a step of "
        "training or loading other weights, turns the missing connections on. Mask it in each "
        "forward pass.",
        masked("self.conv.weight.data *= mask", "return self.conv(x)"),
    ),
    rewrite(
        "c3", "masked_in_training_only",
        "The mask is applied in training mode alone: in evaluation mode it is needed as well.",
        masked(BUFFER, "weight = self.conv.weight\n"
               "        if self.training:\n            weight = weight * self.mask\n"
               "        return F.conv2d(x, weight, self.conv.bias)"),
    ),
    rewrite(
        "c3", "masked_in_evaluation_only",
        "The mask is applied in evaluation mode alone: training then fits another network.",
        masked(f"self.conv.weight.data *= mask\n        {BUFFER}",
               "weight = self.conv.weight\n"
               "        if not self.training:\n            weight = weight * self.mask\n"
               "        return F.conv2d(x, weight, self.conv.bias)"),
    ),
    rewrite(
        "c3", "mask_is_trained",
        "The mask is a parameter: it would be trained, and would not stay 0 and 1. Register it as "
        "a buffer.",
        masked("self.mask = nn.Parameter(mask)", MASKED),
    ),
    rewrite(
        "c3", "mask_inverted",
        "The table is read the wrong way round: an X marks a connection.",
        masked(BUFFER.replace("mask)", "1 - mask)"), MASKED),
    ),
    rewrite(
        "c3", "table_reshaped",
        "The table of 6 rows and 16 columns is reshaped to 16 × 6, which tears its rows apart: "
        "transpose it.",
        masked("mask = torch.tensor(rows).float().reshape(16, 6)[:, :, None, None]\n"
               f"        {BUFFER}", MASKED),
    ),
    rewrite(
        "c3", "weight_without_gradient",
        "The mask is multiplied with weight.data, which cuts the graph: the weight never gets a "
        "gradient.",
        masked(BUFFER, MASKED.replace("self.conv.weight", "self.conv.weight.data")),
    ),
    rewrite(
        "c3", "outputs_masked",
        "Some output maps are switched off as a whole: the table says which input maps each output "
        "map reads.",
        masked(BUFFER, "return self.conv(x) * (self.mask.sum((1, 2, 3)) > 3)[:, None, None]"),
    ),
    rewrite(
        "c3", "grouped",
        "This is a grouped convolution, in which half of the outputs read half of the inputs: the "
        "table is less regular.",
        """
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 16, 5, groups=2)

    def forward(self, x):
        return self.conv(x)
""",
    ),
    c3(
        "always_three",
        "Every output map reads three neighbouring maps: only the first six do so.",
        INPUTS, "self.inputs = [[i % 6, (i + 1) % 6, (i + 2) % 6] for i in range(len(columns))]",
    ),
    c3(
        "pattern_continued",
        "Maps 12 to 14 read four neighbours, as those before them: in the table they read two and "
        "two, with a gap between.",
        INPUTS, f"{INPUTS}\n        for o in (12, 13, 14):\n"
                "            self.inputs[o] = sorted((o + step) % 6 for step in range(4))",
    ),
    c3(
        "first_maps",
        "Each output map reads as many maps as its column has marks, but the first ones instead of "
        "those that are marked.",
        JOIN, JOIN.replace("x[:, inputs]", "x[:, : len(inputs)]"),
    ),
    c3(
        "rows_reversed",
        "The rows of the table are counted from the bottom: the first one belongs to input map 0.",
        JOIN, JOIN.replace("x[:, inputs]", "x.flip(1)[:, inputs]"),
    ),
    rewrite(
        "c3", "bias_for_each_connection",
        "There is a bias for each of the 60 connections: an output map sums its kernels' results "
        "and adds one bias.",
        """
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.wires = [(i, o) for o in range(16) for i in range(6) if CONNECTIONS[i][o] == "X"]
        self.convs = nn.ModuleList(nn.Conv2d(1, 1, 5) for _ in self.wires)

    def forward(self, x):
        maps = [0] * 16
        for conv, (i, o) in zip(self.convs, self.wires):
            maps[o] = maps[o] + conv(x[:, i : i + 1])
        return torch.cat(maps, dim=1)
""",
    ),
    c3(
        "no_bias",
        "There are no biases: each output map has one.",
        MAPS, MAPS.replace(", 1, 5)", ", 1, 5, bias=False)"),
    ),
    c3(
        "activation_inside",
        "There is a tanh in the layer: C3 alone is asked for, the activation follows outside.",
        JOIN, "return torch.tanh(torch.cat([conv(x[:, i]) for conv, i in pairs], dim=1))",
    ),
    c3(
        "padded",
        "The convolutions pad, so that the maps keep their size: C3 makes them four pixels "
        "smaller.",
        MAPS, MAPS.replace(", 1, 5)", ", 1, 5, padding=2)"),
    ),
    c3(
        "three_by_three",
        "The kernels are 3×3: LeNet's are 5×5.",
        MAPS, MAPS.replace(", 1, 5)", ", 1, 3)"),
    ),
    c3(
        "maps_in_a_list",
        "The convolutions sit in a plain Python list, where PyTorch does not see them: "
        "nn.ModuleList registers them.",
        MAPS, "self.maps = [nn.Conv2d(len(inputs), 1, 5) for inputs in self.inputs]",
    ),
    c3(
        "one_bias_frozen",
        "Some parameters are frozen: all are trained.",
        MAPS, f"{MAPS}\n        self.maps[0].bias.requires_grad_(False)",
    ),
    c3(
        "stacked_as_batch",
        "The maps are joined along the batch: dimension 1 are the channels.",
        JOIN, JOIN.replace("dim=1", "dim=0"),
    ),
    c3(
        "crops_late",
        "The numbers are right, but the convolutions pad, compute every position and the border is "
        "cut off afterwards: without padding they compute only what stays.",
        {MAPS: MAPS.replace(", 1, 5)", ", 1, 5, padding=2)"),
         JOIN: "return torch.cat([conv(x[:, i])[:, :, 2:-2, 2:-2] for conv, i in pairs], dim=1)"},
    ),
    c3(
        "needs_arguments",
        "The constructor demands arguments: C3() has none, its sizes are those of the paper.",
        "def __init__(self):", "def __init__(self, in_channels, out_channels):",
    ),
)  # fmt: skip
