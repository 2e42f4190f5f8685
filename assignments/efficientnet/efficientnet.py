# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # EfficientNet: the block, the rule, the budget
#
# You have a good small network and, all of a sudden, ten times the computing budget. Do you make
# the network deeper, make it wider, or show it larger images? Tan and Le (2019) answer: a little
# of each, in fixed proportion. In this notebook you build their block, the network B0 and, with
# two rounding rules and a table of eight rows, all its larger relatives; you count what each of
# them costs without building it; and you let depth, width and resolution race against each other
# at the same cost.
#
# **Read first:** in the course's book the chapters *EfficientNet* and *Compound scaling*.
# The block is that of *MobileNetV2* with one
# more part. **Time:** two to four hours. **Points:** 60, of which 5 are for a written answer that
# a person reads.
#
# | question | you write | points |
# |---|---|---:|
# | 1 | `round_filters` and `round_repeats`, the rounding rules | 5 |
# | 2 | `SqueezeExcitation`, a weight for each channel | 6 |
# | 3 | `StochasticDepth`, which leaves out blocks at random | 6 |
# | 4 | `MBConv`, the block made of all that | 11 |
# | 5 | `scaled_efficientnet`, the network for any depth and width | 9 |
# | 6 | `efficientnet`, the variants B0 to B7 | 5 |
# | 7 | `compound_scale` and `cost_factor`, the rule and its law of cost | 3 |
# | 8 | `efficientnet_macs` and `best_under_budget`, counting without building | 6 |
# | 9 | the race at equal cost and its conclusion | 4 |
# | 10 | a paragraph on what the rule promises | 5 |
#
# ## How checking works
#
# Below each answer stands a line such as `check("rounding")`. It runs the *public* checks of that
# question on whatever you have defined so far and shows what holds, what does not, and a hint.
# Run it as often as you like. When you hand in, the same checks run again together with *hidden*
# ones that ask the same contract with other sizes and fresh random weights. If you implemented
# what the text says, rather than what one example needs, they hold no surprises.
#
# Checks build on each other: while a block has the wrong output shape, its numbers are not
# compared yet (those checks are shown as *blocked*). Repair the first failing line first, and
# questions in their order: a network can only be right when its blocks are.
#
# ## The contract, for all questions
#
# **Fixed.** Images come as `(N, C, H, W)`: batch, channels, height, width. Your code must work
# for any batch size from 1, for images that are not square, for odd heights and widths, and in
# `float32` as well as `float64`. A convolution with kernel size $k$ (always odd) pads with
# $\lfloor k/2 \rfloor$ zeros on every side. Wherever batch norm is asked for, use the function
# `norm(channels)` below, or the same constants: the authors chose $\varepsilon = 10^{-3}$ and a
# momentum of 0.01, which are not PyTorch's defaults. The activation is SiLU, also called swish:
# $\mathrm{SiLU}(x) = x \cdot \sigma(x)$, where $\sigma$ is the sigmoid. Depth, width and
# resolution always come in this order, as in the paper's $\mathcal N(d, w, r)$.
#
# **Free.** How you name attributes, the order in which you create them, whether you use
# `nn.Sequential`, `nn.ModuleList`, helper functions, subclasses or bare `nn.Parameter`s with
# `torch.nn.functional`; how you initialise weights; how you draw random numbers. A convolution
# that is followed by batch norm may have a bias or not: batch norm's own shift makes it
# redundant, so both are correct and both parameter counts are accepted.
#
# Only lazy layers (`nn.LazyConv2d` and the like) are out: they have no parameters that could be
# counted before they have seen an image.
#
# Each question says the rest. You may add cells and helper functions wherever you like. When your
# work is graded, the cells with your answers have ten seconds each, and all cells that you added
# half a minute together; what takes longer is stopped, and only what it would have defined is
# missing. Training belongs in the experiment cell of question 9, which is kept but not run.

# %% role="provided" name="setup"
import math

import torch
import torch.nn.functional as F
from checker import check
from torch import nn


def norm(channels):
    """Batch norm with the constants of the EfficientNet authors."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def count_macs(model, resolution):
    """Multiply-adds of a model for one square image, by watching what really runs."""
    from torch.utils.flop_counter import FlopCounterMode

    device = next(model.parameters()).device
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model.eval()(torch.empty(1, 3, resolution, resolution, device=device))
    return counter.get_total_flops() // 2  # it counts a multiply-add as two


# %% [markdown]
# ## 1  Rounding to whole networks
#
# Scaling a network multiplies its channels by a *width* and its repeated blocks by a *depth*, and
# $40 \cdot 1.1 = 44$ channels are as inconvenient for hardware as $3 \cdot 1.1 = 3.3$ blocks are
# impossible. The authors' code has a rule for each, and both leave their traces in every count
# that you will meet below. (Chapter *EfficientNet*.)
#
# **Write** `round_filters(channels, width, divisor=8)`, which returns an `int`:
#
# 1. scale: $s = \text{channels} \cdot \text{width}$;
# 2. take the multiple of `divisor` that is nearest to $s$, the *larger* one of two that are
#    equally near, and never less than `divisor` itself;
# 3. if that is less than $0.9\, s$, take the next larger multiple: no more than a tenth of the
#    channels may get lost.
#
# **Write** `round_repeats(repeats, depth)`, which returns an `int`: `repeats * depth`, rounded
# *up* to a whole number.
#
# Some values to try: `round_filters(32, 1.1)` is 32, `round_filters(40, 1.1)` is 48,
# `round_filters(11, 1.0)` is 16 (8 is nearest, but loses more than a tenth);
# `round_repeats(3, 1.1)` is 4.


# %% role="solution" question="rounding"
def round_filters(channels, width, divisor=8):
    """channels * width, as a multiple of divisor that loses a tenth at most."""
    # slot: solutions.efficientnet:round_filters


def round_repeats(repeats, depth):
    """repeats * depth, rounded up."""
    # slot: solutions.efficientnet:round_repeats


# %% role="check" question="rounding"
check("rounding")

# %% [markdown]
# ## 2  A weight for each channel
#
# A convolution sees a small neighbourhood. **Squeeze and excitation** looks at the whole map
# before it decides which channels matter for *this* image:
#
# - *squeeze:* the mean of each channel over all positions, which makes `channels` numbers;
# - *excitation:* a linear map (or 1×1 convolution) to `squeezed` numbers, SiLU, a linear map (or
#   1×1 convolution) back to `channels` numbers, sigmoid. Both maps have biases; there is no batch
#   norm here.
# - Each channel of the input is multiplied by its number, which lies between 0 and 1.
#
# **Write** `SqueezeExcitation(channels, squeezed)`, an `nn.Module`. Input and output are
# `(N, channels, H, W)` for any `H` and `W`.
#
# `SqueezeExcitation(96, 4)` has 868 parameters. Average first, then compute: for one image it
# costs 768 multiply-adds, whatever its size.


# %% role="solution" question="squeeze_excitation"
class SqueezeExcitation(nn.Module):
    """x times a weight for each channel, which is computed from the channels' means."""

    def __init__(self, channels, squeezed):
        """Make the two linear maps (or 1x1 convolutions)."""
        super().__init__()
        # slot: solutions.efficientnet:SqueezeExcitation.__init__

    def forward(self, x):
        """(N, channels, H, W) -> (N, channels, H, W)."""
        # slot: solutions.efficientnet:SqueezeExcitation.forward


# %% role="check" question="squeeze_excitation"
check("squeeze_excitation")

# %% [markdown]
# ## 3  Stochastic depth
#
# A block with a shortcut can be left out, and the network still makes sense. Stochastic depth
# does that at random while training. Huang and others (2016) leave out a block for a whole
# mini-batch; here, as in the EfficientNet authors' code, each *example* of the batch, in each
# block, takes part in the residual branch or skips it. It is a regulariser, and every example
# trains a network of another depth.
#
# **Write** `StochasticDepth(drop_rate)` with $0 \le$ `drop_rate` $< 1$, an `nn.Module` without
# parameters that will stand at the end of the residual branch. For an input `(N, C, H, W)`:
#
# - In training mode it decides for each of the `N` examples anew and independently: with
#   probability `drop_rate` all its values become 0; otherwise they are divided by
#   `1 - drop_rate`, so that the mean over many decisions is the input. The decision is made once
#   for a whole example, not for each value or channel, and not once for a whole batch.
# - In evaluation mode it returns its input unchanged.
# - With `drop_rate = 0` it changes nothing in training mode either.
#
# Mind the name: `drop_rate` is the probability of being *dropped*. The paper gives the
# probability of *survival*, 0.8; that is a `drop_rate` of 0.2.


# %% role="solution" question="stochastic_depth"
class StochasticDepth(nn.Module):
    """In training, zero for some examples and scaled for the others; else the identity."""

    def __init__(self, drop_rate):
        """Keep the rate."""
        super().__init__()
        # slot: solutions.efficientnet:StochasticDepth.__init__

    def forward(self, x):
        """(N, C, H, W) -> (N, C, H, W)."""
        # slot: solutions.efficientnet:StochasticDepth.forward


# %% role="check" question="stochastic_depth"
check("stochastic_depth")

# %% [markdown]
# ## 4  The MBConv block
#
# The *mobile inverted bottleneck* is narrow outside and wide inside. With
# `hidden = expansion * in_channels`:
#
# | step | channels | followed by |
# |---|---|---|
# | 1×1 convolution, the expansion (*) | `in_channels` → `hidden` | batch norm, SiLU |
# | $k$×$k$ *depthwise* convolution with the stride | `hidden` | batch norm, SiLU |
# | squeeze and excitation | `hidden` | |
# | 1×1 convolution (the projection) | `hidden` → `out_channels` | batch norm, *nothing else* |
#
# (*) Only if `expansion` is not 1: otherwise the block begins with the depthwise convolution.
#
# If the stride is 1 *and* `in_channels == out_channels`, the input is added:
# $y = x + \mathrm{StochasticDepth}(F(x))$. Otherwise $y = F(x)$: there is no shortcut, no
# projection as in a ResNet, and nothing is ever dropped. No activation follows the addition.
# (Chapters *MobileNetV2* and *EfficientNet*.)
#
# **Write** `MBConv(in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0)`, an
# `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, out_channels, H', W')` with
#   $H' = \lceil H/s\rceil$, $W' = \lceil W/s\rceil$ for stride $s$ (1 or 2).
# - *Depthwise* means one filter for each channel: `groups=hidden`.
# - The squeeze is a quarter of the **block's input channels**, rounded down, but at least 1:
#   `max(1, in_channels // 4)`. (Not a quarter of `hidden`. Many take it for that, and end up with
#   8.4 million parameters in B0 instead of 5.3.)
#
# Without the redundant biases, `MBConv(32, 16, 3, 1, 1)` has 1,448 parameters and
# `MBConv(16, 24, 3, 2, 6)` has 6,004.
#
# Among the hidden checks, one trains the network behind your answer on handwritten digits. It is
# made of three of your blocks.


# %% role="solution" question="mbconv"
class MBConv(nn.Module):
    """Expansion, depthwise convolution, squeeze and excitation, projection, shortcut."""

    def __init__(self, in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0):
        """Make the layers; an expansion only where there is something to expand."""
        super().__init__()
        # slot: solutions.efficientnet:MBConv.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.efficientnet:MBConv.forward


# %% role="provided" name="small_net"
def small_net(channels=10):
    """Three MBConv blocks of equal width for 8x8 images: (N, 1, 8, 8) -> (N, 10)."""
    layers = [nn.Conv2d(1, channels, 3, padding=1, bias=False), norm(channels), nn.SiLU()]
    layers += [MBConv(channels, channels, 3, stride, 4) for stride in (2, 1, 2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


# %% role="check" question="mbconv"
check("mbconv")

# %% [markdown]
# ## 5  B0, and everything that can be scaled from it
#
# EfficientNet-B0 is this table (chapter *EfficientNet*; the next cell has it as data):
#
# | part | kernel | channels | stride of its first block | blocks | map for a 224×224 image |
# |---|---:|---:|---:|---:|---:|
# | convolution, batch norm, SiLU (the stem) | 3 | 32 | 2 | – | 112×112 |
# | MBConv, expansion 1 | 3 | 16 | 1 | 1 | 112×112 |
# | MBConv, expansion 6 | 3 | 24 | 2 | 2 | 56×56 |
# | MBConv, expansion 6 | 5 | 40 | 2 | 2 | 28×28 |
# | MBConv, expansion 6 | 3 | 80 | 2 | 3 | 14×14 |
# | MBConv, expansion 6 | 5 | 112 | 1 | 3 | 14×14 |
# | MBConv, expansion 6 | 5 | 192 | 2 | 4 | 7×7 |
# | MBConv, expansion 6 | 3 | 320 | 1 | 1 | 7×7 |
# | convolution, batch norm, SiLU (the head) | 1 | 1280 | 1 | – | 7×7 |
# | average over all positions, dropout, linear layer | – | – | – | – | – |
#
# A scaled network replaces every number in the column *channels* (stem and head included) by
# `round_filters(channels, width)`, and every number of blocks by `round_repeats(blocks, depth)`.
# Stem and head stay one convolution each. Only the first block of a stage has its stride.
#
# **Write** `scaled_efficientnet(depth, width, num_classes=1000, dropout=0.2, drop_rate=0.2)`, a
# function that returns this network as an `nn.Module`.
#
# - Input `(N, 3, H, W)` with any $H, W \ge 8$, output `(N, num_classes)` scores (logits), without
#   softmax.
# - `dropout` is the rate of an ordinary dropout between the average and the linear layer.
# - `drop_rate` is that of stochastic depth at the *end* of the network: it grows linearly with
#   depth. Of $n$ blocks in all, block $i = 0, 1, \dots, n-1$ has the rate
#   `drop_rate` $\cdot\, i/n$. (With $i/(n-1)$, as some do, it is accepted, too.)
# - `scaled_efficientnet(1.0, 1.0)` is B0: **5,288,548** parameters without the redundant biases,
#   and **385,814,752** multiply-adds for a 224×224 image.
# - A slim network for quick tries: `scaled_efficientnet(1.0, 0.1, num_classes=10)` has 93,960
#   parameters.
#
# If you want to count without filling memory, build the network inside
# `with torch.device("meta"):`. A meta tensor has a shape but no values; `count_macs` from the
# first cell works with such a network.

# %% role="provided" name="table_of_stages"
# expansion, kernel size, stride of the first block, channels, blocks
STAGES = [
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]


# %% role="solution" question="network"
def scaled_efficientnet(depth, width, num_classes=1000, dropout=0.2, drop_rate=0.2):
    """B0 with its blocks repeated depth times as often and its channels width times as many."""
    # slot: solutions.answers.efficientnet:scaled_efficientnet


# %% role="check" question="network"
check("network")

# %% [markdown]
# ## 6  B0 to B7
#
# The released networks are rows of a table, which the next cell gives you. They are *not* the
# formula of question 7 with $\varphi = 1, \dots, 7$: the authors chose these rows by hand, near
# the formula.
#
# **Write** `efficientnet(variant, num_classes=1000, slim=1.0)`, a function that returns the
# network of a row, `"b0"` to `"b7"`, as an `nn.Module`, with the row's depth, width and dropout
# and a `drop_rate` of 0.2. `slim` multiplies the row's width before anything is rounded. (It lets
# the checks run a network of full depth in milliseconds. You can use it for the same purpose.)
#
# | variant | parameters | multiply-adds at its resolution |
# |---|---:|---:|
# | b0 | 5,288,548 | 385,814,752 |
# | b1 | 7,794,184 | 686,802,832 |
# | b2 | 9,109,994 | 993,561,872 |
# | b3 | 12,233,232 | 1,827,141,392 |
# | b4 | 19,341,616 | 4,393,771,024 |
# | b5 | 30,389,784 | 10,266,384,752 |
# | b6 | 43,040,704 | 19,067,593,536 |
# | b7 | 66,347,960 | 37,745,884,192 |
#
# (Parameters without the redundant biases. The paper prints 4.2 and 9.9 billion for B4 and B5;
# the networks that were released cost what stands here.)

# %% role="provided" name="table_of_variants"
# depth, width, resolution, dropout
VARIANTS = {
    "b0": (1.0, 1.0, 224, 0.2),
    "b1": (1.1, 1.0, 240, 0.2),
    "b2": (1.2, 1.1, 260, 0.3),
    "b3": (1.4, 1.2, 300, 0.3),
    "b4": (1.8, 1.4, 380, 0.4),
    "b5": (2.2, 1.6, 456, 0.4),
    "b6": (2.6, 1.8, 528, 0.5),
    "b7": (3.1, 2.0, 600, 0.5),
}


# %% role="solution" question="variants"
def efficientnet(variant, num_classes=1000, slim=1.0):
    """The network of one row of VARIANTS, its width multiplied by slim."""
    # slot: solutions.answers.efficientnet:efficientnet


# %% role="check" question="variants"
check("variants")

# %% [markdown]
# ## 7  The compound rule
#
# How much of each? The paper fixes three bases and lets a single number, the *compound
# coefficient* $\varphi$, drive all three factors:
#
# $$d = \alpha^\varphi, \qquad w = \beta^\varphi, \qquad r = \gamma^\varphi.$$
#
# A grid search around B0 gave $\alpha = 1.2$, $\beta = 1.1$, $\gamma = 1.15$. They are factors
# relative to B0 (at $\varphi = 0$ they are 1), not numbers of blocks, channels or pixels. What
# the factors cost follows a simple law: twice the depth doubles the multiply-adds, twice the
# width makes four times as many (a convolution has inputs *and* outputs), and so does twice the
# resolution (height *and* width). (Chapter *Compound scaling*.)
#
# **Write** `compound_scale(phi, alpha=1.2, beta=1.1, gamma=1.15)`, which returns the three floats
# `(d, w, r)`, unrounded, and `cost_factor(depth, width, resolution)`, which returns the factor by
# which multiply-adds grow according to that law.
#
# For $\varphi = 1$ the factor is 1.92, which the paper rounds to 2.


# %% role="solution" question="compound"
def compound_scale(phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Factors of depth, width and resolution for a compound coefficient."""
    # slot: solutions.efficientnet:compound_scale


def cost_factor(depth, width, resolution):
    """By what factor multiply-adds grow with these factors of depth, width and resolution."""
    # slot: solutions.efficientnet:cost_factor


# %% role="check" question="compound"
check("compound")

# %% [markdown]
# ## 8  The best network for a budget
#
# The law of question 7 knows nothing of rounding, of the stem, or of the linear layer. If a
# budget is to be *kept*, count. Building a network to count it takes seconds; arithmetic takes
# microseconds.
#
# **Write** `efficientnet_macs(depth, width, resolution, num_classes=1000)`: the exact number of
# multiply-adds (an `int`) of `scaled_efficientnet(depth, width, num_classes)` for one square
# image of `resolution` pixels a side, by arithmetic alone.
#
# - Convolutions and linear layers count, those of squeeze and excitation too: each weight, once
#   for every position of the layer's *output*. Biases, batch norm, activations, pooling and
#   additions are not counted.
# - A stride of 2 makes $\lceil H/2 \rceil$ of $H$, here and in the network. Mind in which
#   convolution of a block the stride sits.
# - The last column of question 6 is there for you to compare with.
#
# **Write** `best_under_budget(budget, runs)`. Each entry of the list `runs` tells of one
# experiment: a tuple `(depth, width, resolution, accuracy)`. The function returns the
# `(depth, width, resolution)` of the run with the highest accuracy among those whose network
# costs *at most* `budget` multiply-adds by your exact count, with 1000 classes. Among equally
# accurate ones it takes the cheapest. When nothing can be afforded it returns `None`.


# %% role="solution" question="budget"
def efficientnet_macs(depth, width, resolution, num_classes=1000):
    """Multiply-adds of scaled_efficientnet for one square image, without building it."""
    # slot: solutions.answers.efficientnet:efficientnet_macs


def best_under_budget(budget, runs):
    """(depth, width, resolution) of the most accurate run that costs at most budget."""
    # slot: solutions.answers.efficientnet:best_under_budget


# %% role="check" question="budget"
check("budget")

# %% [markdown]
# ## 9  A race at equal cost
#
# Now spend a budget. The next cell draws *textures*: a coarse wave (two classes of wavelength)
# under a fine one (three classes), in all directions and with noise, 64×64 pixels, six classes
# together. The cell after it takes a slim network on 32×32 pixels as its base and makes it, by
# your count, a little more than twice as expensive in four ways: all into depth, all into width,
# all into resolution, or some into each by the compound rule. A fifth is the compound network's
# depth and width without its resolution. It trains all of them from two random starts and prints
# what each costs by the law of question 7, what it costs by your count, and how many *new*
# textures it names right. That takes three minutes or so. It is yours: change the seeds, the
# wavelengths, the base; it is not executed when your notebook is graded.
#
# (One detail: a momentum of 0.01 is meant for long training. After a few hundred steps batch
# norm's running averages still lag behind, so `recalibrate` measures them afresh before the
# networks are tested.)
#
# Look at four things:
#
# 1. Which of the four ways to spend the budget pay?
# 2. What, then, does the base lack: layers, channels or pixels?
# 3. The compound network has more of everything. Which of its three factors was it?
# 4. By count the four cost nearly the same. What does the law say of them?
#
# Then think about the data. The finest of the three fine waves has 22 periods in an image. How
# many pixels a side does one need, at least, to see it?


# %% role="provided" name="textures"
def textures(count, seed, size=64):
    """Images (count, 3, size, size) of two waves and noise, and their labels from 0 to 5."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 6
    steps = torch.arange(size) / size

    def wave(periods):
        angle, phase = 2 * math.pi * torch.rand(2, count, 1, 1, generator=generator)
        along = angle.cos() * steps + angle.sin() * steps[:, None]
        return torch.sin(2 * math.pi * periods[:, None, None] * along + phase)

    coarse = torch.tensor([3.0, 6.0])[labels // 3]
    fine = torch.tensor([14.0, 18.0, 22.0])[labels % 3]
    noise = torch.randn(count, size, size, generator=generator)
    images = wave(coarse) + wave(fine) + 0.3 * noise
    return images[:, None].repeat(1, 3, 1, 1), labels


def at_resolution(images, resolution):
    """The same images with fewer pixels, averaged so that nothing is aliased."""
    size = (resolution, resolution)
    return F.interpolate(images, size=size, mode="bilinear", antialias=True)


def train(model, x, y, epochs=6, learning_rate=0.1, batch_size=48, seed=0):
    """Train with SGD and momentum."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=generator).split(batch_size):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


@torch.no_grad()
def recalibrate(model, x, batch_size=48):
    """Measure batch norm's running statistics afresh, as plain averages over x."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    for batch in x.split(batch_size):
        model(batch)


@torch.no_grad()
def accuracy(model, x, y):
    """The share of x that the model names right."""
    model.eval()
    return float((model(x).argmax(1) == y).float().mean())


# %% role="experiment" question="race"
threads = torch.get_num_threads()
torch.set_num_threads(1)  # small networks run faster, and the same everywhere, on one core
base = (0.4, 0.25, 32)
contestants = {
    "base": base,
    "depth": (1.02, 0.25, 32),
    "width": (0.4, 0.46, 32),
    "resolution": (0.4, 0.25, 44),
    "compound": (0.4 * 1.2, 0.25 * 1.1, 36),  # 32 * 1.15 is 36.8
    "compound, 32": (0.4 * 1.2, 0.25 * 1.1, 32),
}
seen, new = textures(960, seed=1), textures(480, seed=2)
for name, (depth, width, resolution) in contestants.items():
    law = cost_factor(depth / base[0], width / base[1], resolution / base[2])
    count = efficientnet_macs(depth, width, resolution, 6) / efficientnet_macs(*base, 6)
    results = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        model = scaled_efficientnet(depth, width, 6, dropout=0.0, drop_rate=0.0)
        x, y = at_resolution(seen[0], resolution), seen[1]
        train(model, x, y, seed=seed)
        recalibrate(model, x)
        results.append(accuracy(model, at_resolution(new[0], resolution), new[1]))
    print(f"{name:12}  cost {law:.2f} by the law, {count:.2f} by count;", end="  ")
    print("right:", *(f"{result:.0%}" for result in results))
torch.set_num_threads(threads)

# %% [markdown]
# **State** what you saw: complete `conclusion()` so that it returns a dictionary with these four
# keys, each with one of the values listed (as text, spelled exactly so).
#
# | key | one of |
# |---|---|
# | `"what_pays"` | `"depth and width"`, `"resolution and compound"`, `"all four"`, `"none"` |
# | `"what_the_base_lacks"` | `"layers"`, `"channels"`, `"pixels"` |
# | `"what_made_compound_good"` | `"depth"`, `"width"`, `"resolution"`, `"all three together"` |
# | `"law_against_count"` | `"equal"`, `"off by up to a half"`, `"off by ten times"` |
#
# Let "pay" mean more than twenty percentage points over the base in both runs. For the last,
# divide the two costs that are printed for each of the four contestants.


# %% role="solution" question="race"
def conclusion():
    """What the race showed: a dictionary with the four keys above."""
    # slot: solutions.answers.efficientnet:conclusion


# %% role="check" question="race"
check("race")

# %% [markdown]
# ## 10  What the rule promises
#
# Read section 3 of the paper (*Compound Model Scaling*) and write 100 to 200 words:
#
# - Why do the authors expect depth, width and resolution to depend on each other, so that scaling
#   one of them alone saturates?
# - On what data, with which network, and at which scale were $\alpha$, $\beta$ and $\gamma$
#   found? What does that say about another data set or a network a hundred times as large?
# - In question 9 one of the three dimensions decided everything. Why does that not contradict
#   the paper? What would you expect once the finest wave can be seen well and the budget doubles
#   again?
#
# *This answer is read by a person: one point for the first item, two for each of the others.*

# %% [markdown] role="written" question="reading"
# **Model answer.** A larger image shows more and finer structure, but a network that is to use it
# needs more layers, so that its receptive fields cover the same share of the image, and more
# channels, so that the finer patterns find a place. Each of the three alone soon helps less
# and less, because one of the other two becomes the bottleneck; figure 4 of the paper shows that a
# width that had stopped paying pays again once depth and resolution have grown.
#
# The bases were found by a small grid search for ImageNet, around B0 and at $\varphi = 1$, that is
# for a network about twice as expensive, because a search at large scale would cost too much. That
# they are the right proportions elsewhere is an assumption. The authors themselves left the formula
# for their larger networks, whose rows are hand-made, and for other data the search ought to be
# repeated.
#
# Our textures differ in waves that 32 pixels cannot show: 22 periods need at least 44 pixels a
# side. There resolution is the bottleneck, and neither depth nor width can bring back what the
# image has lost. That *one* dimension limits is just what the paper describes, seen at another
# point of the curve than ImageNet at 224 pixels. Once the waves are visible, more pixels add
# nothing, and a second doubling would go to depth and width, or be balanced.
