"""Mistakes in what is done to a network or told of it."""

from __future__ import annotations

from autograder.expect.variants import edits_of, rewrite

# --- 6 zero_init ---------------------------------------------------------------------------------

zero = edits_of("zero_init")


BASIC_LAST = "nn.init.zeros_(module.bn2.weight)"


BOTTLE_LAST = "nn.init.zeros_(module.bn3.weight)"


VISIT = "for module in model.modules():"


ALL_NORMS = """
def zero_init_residual(model):
    for block in model.modules():
        if isinstance(block, (BasicBlock, Bottleneck)):
            norms = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
            {what}
"""


ZERO_INIT = (
    zero(
        "zeroes_bias",
        "The last batch norm's β (bias) is zeroed instead of its γ (weight): with γ = 1 the branch "
        "still adds F(x).",
        {BASIC_LAST: "nn.init.zeros_(module.bn2.bias)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn3.bias)"},
    ),
    zero(
        "zeroes_first_norm",
        "The first batch norm of the branch is zeroed: the last one, just before the addition, is "
        "meant.",
        {BASIC_LAST: "nn.init.zeros_(module.bn1.weight)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn1.weight)"},
    ),
    rewrite(
        "zero_init", "zeroes_all_norms",
        "All batch norms of a block are zeroed: then nothing in the branch gets a gradient, and a "
        "projection passes on nothing.",
        ALL_NORMS.format(what="[nn.init.zeros_(norm.weight) for norm in norms]"),
    ),
    rewrite(
        "zero_init", "zeroes_last_registered",
        "The last batch norm in order of registration is zeroed: in a block with a projection that "
        "is the shortcut's, not the branch's.",
        ALL_NORMS.format(what="nn.init.zeros_(norms[-1].weight)"),
    ),
    zero(
        "zeroes_convolution",
        "The last convolution is zeroed: the batch norm behind it still shifts by its statistics, "
        "and γ is what was asked for.",
        {BASIC_LAST: "nn.init.zeros_(module.conv2.weight)",
         BOTTLE_LAST: "nn.init.zeros_(module.conv3.weight)"},
    ),
    zero(
        "freezes",
        "The zeroed γ is frozen, so that the branch could never wake up: it stays trainable.",
        {BASIC_LAST: "nn.init.zeros_(module.bn2.weight).requires_grad_(False)",
         BOTTLE_LAST: "nn.init.zeros_(module.bn3.weight).requires_grad_(False)"},
    ),
    zero(
        "bottleneck_forgotten",
        "Only basic blocks are treated: bottleneck blocks as well.",
        f"        elif isinstance(module, Bottleneck):\n            {BOTTLE_LAST}",
    ),
    zero(
        "not_nested",
        "Only a model that is itself a block is treated: model.modules() visits all blocks inside.",
        VISIT, "for module in [model]:",
    ),
    zero(
        "children_only",
        "Only the model's children are looked at: the model may itself be a block, or hold them "
        "deeper down (model.modules() visits all).",
        VISIT, "for module in model.children():",
    ),
    zero(
        "works_on_copy",
        "A copy of the model is changed: the work is to be done in place.",
        VISIT, "import copy\n\n    for module in copy.deepcopy(model).modules():",
    ),
    zero(
        "returns_model",
        "The model is returned: a function that works in place returns None, so that nobody "
        "mistakes its result for a copy.",
        BOTTLE_LAST, f"{BOTTLE_LAST}\n    return model",
    ),
)  # fmt: skip


# --- 7 gradient_profile --------------------------------------------------------------------------

gradients = edits_of("gradient_profile")


SELECT = "weights = [p for p in model.parameters() if p.ndim >= 2]"


LOSS = "loss = F.cross_entropy(model(x), y)"


NORM = "float(gradient.norm())"


RETURN = "return [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]"


GRADIENT_PROFILE = (
    gradients(
        "norms_of_weights",
        "These are the norms of the weights themselves, not of the loss's gradient with respect to "
        "them.",
        RETURN, "return [float(weight.norm()) for weight in weights]",
    ),
    gradients(
        "vectors_included",
        "Biases and batch norm's γ and β are in the list: only parameters with two or more "
        "dimensions are asked for.",
        " if p.ndim >= 2]", "]",
    ),
    gradients(
        "linear_left_out",
        "Only convolutions are in the list: the weight of a linear layer has two dimensions and "
        "belongs there, too.",
        "p.ndim >= 2", "p.ndim > 2",
    ),
    gradients(
        "accumulates",
        "Each call adds to the gradients that the one before left in .grad: clear them, or use "
        "torch.autograd.grad.",
        RETURN, "loss.backward()\n    return [float(weight.grad.norm()) for weight in weights]",
    ),
    gradients(
        "squared",
        "These are squared norms: the square root is missing.",
        NORM, "float(gradient.square().sum())",
    ),
    gradients(
        "mean_of_magnitudes",
        "This is the mean magnitude of an entry: the Euclidean norm is the root of the sum of "
        "squares.",
        NORM, "float(gradient.abs().mean())",
    ),
    gradients(
        "root_of_mean_square",
        "This is the root of the mean of squares: the Euclidean norm sums the squares and does not "
        "divide by their number.",
        NORM, "float(gradient.square().mean().sqrt())",
    ),
    gradients(
        "largest_entry",
        "This is the largest magnitude of an entry: the Euclidean norm is asked for.",
        NORM, "float(gradient.abs().max())",
    ),
    gradients(
        "summed_loss",
        "The loss is summed over the batch: its mean is asked for, so that the profile does not "
        "grow with the batch.",
        LOSS, 'loss = F.cross_entropy(model(x), y, reduction="sum")',
    ),
    gradients(
        "softmax_first",
        "A softmax is applied before cross_entropy, which applies one itself.",
        LOSS, "loss = F.cross_entropy(model(x).softmax(dim=1), y)",
    ),
    gradients(
        "forces_training_mode",
        "The model is put into training mode: it is measured in the mode that it was given in.",
        LOSS, f"model.train()\n    {LOSS}",
    ),
    gradients(
        "forces_evaluation_mode",
        "The model is put into evaluation mode: it is measured in the mode that it was given in.",
        LOSS, f"model.eval()\n    {LOSS}",
    ),
    gradients(
        "takes_a_step",
        "The parameters are changed by a step of training: a measurement leaves them alone.",
        RETURN, "gradients = torch.autograd.grad(loss, weights)\n    with torch.no_grad():\n"
        "        for weight, gradient in zip(weights, gradients):\n"
        "            weight -= 0.1 * gradient\n"
        "    return [float(gradient.norm()) for gradient in gradients]",
    ),
    gradients(
        "last_layer_first",
        "The list runs from the last layer to the first: the order is that of model.parameters().",
        RETURN, f"{RETURN}[::-1]",
    ),
    gradients(
        "tensors",
        "The entries are tensors: Python floats are asked for (float(...) or .item()).",
        NORM, "gradient.norm()",
    ),
)  # fmt: skip


# --- 9 degradation -------------------------------------------------------------------------------

drawn = edits_of("degradation")


DEGRADATION = (
    drawn(
        "no_difference",
        "The two 38-layer networks do not train alike: compare their training losses after the "
        "last epoch.",
        '"residual"', '"no difference"',
    ),
    drawn(
        "plain_is_better",
        "The plain network does not train better: compare the training losses of the two 38-layer "
        "networks after the last epoch.",
        '"residual"', '"plain"',
    ),
    drawn(
        "overfits",
        "Overfitting means a low training loss and poor results on new images: the deep plain "
        "network's training loss itself stays high.",
        '"fails to train"', '"overfits"',
    ),
    drawn(
        "as_good",
        "The deep plain network could do as well as the shallow one, but it does not: compare "
        "their training losses.",
        '"fails to train"', '"as good"',
    ),
    drawn(
        "vanishing",
        "The gradients of the deep plain network do not vanish: with batch norm their norms even "
        "grow towards the input, which is the paper's point in section 4.1.",
        '"do not vanish"', '"vanish towards the input"',
    ),
    drawn(
        "free_text",
        "A statement is free text: copy one of the values from the table.",
        '"residual"', '"The residual network trains better."',
    ),
)  # fmt: skip
