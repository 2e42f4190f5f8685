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
# # MobileNet: split it, count it, decide by counting
#
# A convolution does two things at once: it looks at neighbours, and it mixes channels. MobileNet
# (Howard et al., 2017) does them one after the other and pays a ninth. MobileNetV2 (Sandler et
# al., 2018) puts a residual connection around that and turns the bottleneck inside out. In this
# notebook you build both networks at every width, and then let a count of multiply-adds decide
# which of several *printed* tables can be the right one.
#
# **Read first:** in the course's book the chapters *MobileNet* and *MobileNetV2*.
# **Time:** two to four hours. **Points:** 60, of which 5 are for a written
# answer that a person reads.
#
# | question | you write | points |
# |---|---|---:|
# | 1 | `depthwise_conv`, by hand | 6 |
# | 2 | `separable_cost_ratio`, what the split saves | 3 |
# | 3 | `DepthwiseSeparable`, the block of the first MobileNet | 8 |
# | 4 | `mobilenet_v1`, at any width | 8 |
# | 5 | `make_divisible`, how widths are rounded | 4 |
# | 6 | `InvertedResidual`, the block of MobileNetV2 | 10 |
# | 7 | `mobilenet_v2`, at any width | 8 |
# | 8 | `table_macs` and a verdict: which table is right? | 5 |
# | 9 | the experiment with linear bottlenecks and its conclusion | 3 |
# | 10 | a paragraph on multiply-adds and time | 5 |
#
# ## How checking works
#
# Below each answer stands a line such as `check("depthwise_conv")`. It runs the *public* checks of
# that question on whatever you have defined so far and shows what holds, what does not, and a
# hint. Run it as often as you like. When you hand in, the same checks run again together with
# *hidden* ones that ask the same contract with other sizes and fresh random weights. If you
# implemented what the text says, rather than what one example needs, they hold no surprises.
#
# Checks build on each other: while a block has the wrong output shape, its numbers are not
# compared yet (those checks are shown as *blocked*). Repair the first failing line first, and
# questions in their order: a network can only be right when its blocks are.
#
# ## The contract, for all questions
#
# **Fixed.** Images come as `(N, C, H, W)`: batch, channels, height, width. Your code must work
# for any batch size from 1, for images that are not square, for odd heights and widths, and in
# `float32` as well as `float64`. In the blocks and networks every 3×3 convolution pads with one
# row or column of zeros *on each side*, so that a stride of $s$ leaves $\lceil H/s\rceil$ rows.
# (TensorFlow pads unevenly at stride 2; the shapes are the same, the numbers are not.) Batch
# normalisation is PyTorch's `BatchNorm2d` with its default settings, and stands between a
# convolution and what follows it.
#
# **Free.** How you name attributes, the order in which you create them, whether you use
# `nn.Sequential`, `nn.ModuleList`, helper functions, subclasses or bare `nn.Parameter`s with
# `torch.nn.functional`; how you initialise weights. Any convolution may have a bias or not: batch
# norm's own shift makes the bias in front of it redundant, so both are correct and both parameter
# counts are accepted. Blocks and networks convolve with PyTorch's convolutions (`nn.Conv2d` or
# `F.conv2d`): the convolution by hand of question 1 teaches, but it is slow.
#
# Only lazy layers (`nn.LazyConv2d` and the like) are out: they have no parameters that could be
# counted before they have seen an image.
#
# A **multiply-add** (MAC) is one multiplication with the addition that takes it up. We count those
# of convolutions and of the linear layer, for one image; what the papers call Mult-Adds is this.
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

# %% [markdown]
# ## 1  A depthwise convolution by hand
#
# A full convolution has a filter for every *pair* of an input and an output channel. A
# **depthwise** convolution has one filter for each channel and no more: output channel $c$ is
# computed from input channel $c$ alone. With weights $w$ of shape `(C, k, l)`, stride $s$ and
# padding $p$,
#
# $$y_{n,c,i,j} = \sum_{a=0}^{k-1}\sum_{b=0}^{l-1} w_{c,a,b}\;\tilde x_{n,c,\,s i + a,\, s j + b}$$
#
# where $\tilde x$ is $x$ with $p$ rows and columns of zeros on each side. As everywhere in deep
# learning the filter is *not* flipped. (Chapter *MobileNet*.)
#
# **Write** `depthwise_conv(x, weight, stride=1, padding=0)`, a function.
#
# - `x` is `(N, C, H, W)`, `weight` is `(C, k, l)`. The filter need not be square.
# - The result is `(N, C, H', W')` with $H' = \lfloor (H + 2p - k)/s\rfloor + 1$ and, with $l$ in
#   place of $k$, $W'$ alike. It has the dtype of `x`.
# - Write it with slices, multiplications and sums: a loop over the $k\cdot l$ positions *in the
#   filter* is short and fast enough. (Only the result is checked. If you know how to make
#   `F.conv2d` do it, compare with that.)
#
# To check yourself: an input of ones, a filter of ones of size 3×3 and no padding give 9
# everywhere, in every channel, however many channels there are.


# %% role="solution" question="depthwise_conv"
def depthwise_conv(x, weight, stride=1, padding=0):
    """Each channel of x (N, C, H, W) with its own filter of weight (C, k, l)."""
    # slot: solutions.answers.mobilenet:depthwise_conv


# %% role="check" question="depthwise_conv"
check("depthwise_conv")

# %% [markdown]
# ## 2  What the split saves
#
# A full $k\times k$ convolution from $M$ to $N$ channels costs $k^2 M N$ multiply-adds for each
# position of its output map. The **depthwise separable** one needs two steps: a depthwise $k\times
# k$ (filter each channel), then a **pointwise** 1×1 (mix the channels).
#
# **Write** `separable_cost_ratio(out_channels, kernel_size)`, which returns, as a Python float,
# the multiply-adds of the depthwise separable convolution divided by those of the full one. You
# need nothing else: work out why neither $M$ nor the size of the map appears.
#
# To check yourself: in the lecture's example, 6×6×3 to 4×4×5 with 3×3 filters, the full convolution
# costs 2,160 and the two steps 432 + 240 = 672 multiply-adds.


# %% role="solution" question="cost_ratio"
def separable_cost_ratio(out_channels, kernel_size):
    """Multiply-adds of depthwise and pointwise together, over those of the full convolution."""
    # slot: solutions.mobilenet:separable_cost_ratio


# %% role="check" question="cost_ratio"
check("cost_ratio")

# %% [markdown]
# ## 3  The depthwise separable block
#
# The building block of the first MobileNet is
#
# depthwise 3×3, batch norm, ReLU → pointwise 1×1, batch norm, ReLU
#
# **Write** `DepthwiseSeparable(in_channels, out_channels, stride=1)`, an `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, out_channels, H', W')` with $H' = \lceil
#   H/s\rceil$, $W' = \lceil W/s\rceil$ for stride $s$ (1 or 2).
# - The stride belongs to the depthwise convolution. In PyTorch a convolution is depthwise when
#   `groups` is the number of its input channels.
# - The activation is ReLU, as the paper says, or ReLU6 ($\min(\max(x, 0), 6)$), as the authors'
#   code has it: both are accepted, in questions 3 and 4. (The checks keep all activations small.)
#
# Without biases, `DepthwiseSeparable(32, 64)` has 2,528 parameters. For a map of 112×112 it costs
# 29,302,784 multiply-adds at stride 1, a full 3×3 convolution 231,211,008.


# %% role="solution" question="depthwise_separable"
class DepthwiseSeparable(nn.Module):
    """Depthwise 3x3, batch norm, ReLU, pointwise 1x1, batch norm, ReLU."""

    def __init__(self, in_channels, out_channels, stride=1):
        """Make the layers; the depthwise convolution has the stride."""
        super().__init__()
        # slot: solutions.mobilenet:DepthwiseSeparable.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.mobilenet:DepthwiseSeparable.forward


# %% role="check" question="depthwise_separable"
check("depthwise_separable")

# %% [markdown]
# ## 4  MobileNet at any width
#
# The whole network is one ordinary convolution and a row of these blocks:
#
# | part | output channels | strides | map for a 224×224 image |
# |---|---:|---|---:|
# | 3×3 convolution, batch norm, ReLU | 32 | 2 | 112×112 |
# | 1 block | 64 | 1 | 112×112 |
# | 2 blocks | 128 | 2, then 1 | 56×56 |
# | 2 blocks | 256 | 2, then 1 | 28×28 |
# | 6 blocks | 512 | 2, then 1 | 14×14 |
# | 2 blocks | 1024 | 2, then 1 | 7×7 |
# | average over all positions, linear layer | – | – | – |
#
# The **width multiplier** $\alpha$ makes it thinner: *every* number of channels in the table is
# multiplied by it. The image's three channels and the number of classes are not.
#
# **Write** `mobilenet_v1(width_mult=1.0, num_classes=1000)`, a function that returns this network
# as an `nn.Module`, made of your `DepthwiseSeparable`.
#
# - Input `(N, 3, H, W)` with any $H, W \ge 32$ (so average over *all* positions, however many
#   there are), output `(N, num_classes)` scores (logits), without softmax: `F.cross_entropy`
#   expects them so.
# - Channels must be whole numbers: `int(32 * width_mult)`. We ask only for multipliers for which
#   nothing is lost by that.
#
# | `width_mult` | parameters, without conv biases | multiply-adds for 224×224 |
# |---:|---:|---:|
# | 1.0 | 4,231,976 | 568,740,352 |
# | 0.75 | 2,585,560 | 325,400,448 |
# | 0.5 | 1,331,592 | 149,497,088 |
# | 0.25 | 470,072 | 41,030,272 |
#
# If you want to count without filling memory, build it inside `with torch.device("meta"):`. A
# meta tensor has a shape but no values.


# %% role="solution" question="mobilenet_v1"
def mobilenet_v1(width_mult=1.0, num_classes=1000):
    """MobileNet: a strided 3x3, 13 depthwise separable blocks, a linear head."""
    # slot: solutions.answers.mobilenet:mobilenet_v1


# %% role="check" question="mobilenet_v1"
check("mobilenet_v1")

# %% [markdown]
# ## 5  Widths that hardware likes
#
# Processors compute channels in groups of eight or so. From MobileNetV2 on, the authors' code
# therefore rounds every scaled number of channels, by a rule that is easily half remembered:
#
# 1. Take the multiple of `divisor` that is nearest to `value`; exactly halfway, take the larger
#    one.
# 2. But never less than `divisor` itself.
# 3. And never less than 90 % of `value`: if rounding down took away more than a tenth, take the
#    next multiple up instead.
#
# **Write** `make_divisible(value, divisor=8)`. `value` is a positive number (an int or a float),
# the result is a Python int.
#
# | `value` | 3 | 12 | 17.5 | 18 | 33.6 | 44.8 | 48 |
# |---|---:|---:|---:|---:|---:|---:|---:|
# | `make_divisible(value)` | 8 | 16 | 16 | 24 | 32 | 48 | 48 |
#
# (18 is nearer to 16, but 16 is less than 90 % of 18.)


# %% role="solution" question="make_divisible"
def make_divisible(value, divisor=8):
    """The nearest multiple of divisor, at least divisor, and at least 90 % of value."""
    # slot: solutions.mobilenet_v2:make_divisible


# %% role="check" question="make_divisible"
check("make_divisible")

# %% [markdown]
# ## 6  The inverted residual block
#
# A ResNet's bottleneck block is wide outside and narrow inside. MobileNetV2 turns this around:
# what flows from block to block is **narrow**, and only inside a block it is widened, because the
# depthwise convolution in there costs so little:
#
# 1×1 (expand), batch norm, ReLU6 → depthwise 3×3, batch norm, ReLU6 → 1×1 (project), batch norm
#
# After the projection there is **no activation**: the bottleneck is *linear*. Where the block's
# input and output have the same shape, the input is added to the result, and nothing follows that
# addition either. (Chapter *MobileNetV2*.)
#
# **Write** `InvertedResidual(in_channels, out_channels, stride, expansion)`, an `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, out_channels, H', W')`, $H'$ and $W'$ as in
#   question 3; the stride (1 or 2) belongs to the depthwise convolution.
# - Inside there are `expansion * in_channels` channels; `expansion` is an int from 1.
# - With `expansion=1` there is nothing to expand: the block has no first 1×1 (nor its batch norm
#   and activation) and begins with the depthwise convolution, as in the authors' code.
# - The input is added exactly where the stride is 1 *and* the numbers of channels agree. Elsewhere
#   there is no shortcut at all, and never a projection for it.
# - The activation here is ReLU6, $\min(\max(x, 0), 6)$: `F.relu6` or `nn.ReLU6`.
# - The block leaves its input as it was: whoever called it may still need `x`.
#
# Without biases, `InvertedResidual(24, 24, 1, 6)` has 8,832 parameters, `InvertedResidual(24, 32,
# 2, 6)` has 10,000, and `InvertedResidual(32, 16, 1, 1)` has 896.


# %% role="solution" question="inverted_residual"
class InvertedResidual(nn.Module):
    """Expand, filter each channel, project without activation; add x where shapes agree."""

    def __init__(self, in_channels, out_channels, stride, expansion):
        """Make the layers; inside there are expansion * in_channels channels."""
        super().__init__()
        # slot: solutions.mobilenet_v2:InvertedResidual.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.mobilenet_v2:InvertedResidual.forward


# %% role="provided" name="small_net"
# A hidden check trains this network, made of your blocks; question 9 does, too.
class Activated(nn.Module):
    """A block with a ReLU6 behind it."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return F.relu6(self.block(x))


def small_net(channels, activated=False):
    """Three inverted residuals of equal width for 8x8 images: (N, 1, 8, 8) -> (N, 10)."""
    layers = [nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
    for stride in (2, 1, 2):
        block = InvertedResidual(channels, channels, stride, 4)
        layers.append(Activated(block) if activated else block)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


# %% role="check" question="inverted_residual"
check("inverted_residual")

# %% [markdown]
# ## 7  MobileNetV2 at any width
#
# | part | expansion $t$ | channels $c$ | blocks $n$ | stride of the first | map for 224×224 |
# |---|---:|---:|---:|---:|---:|
# | 3×3 convolution, batch norm, ReLU6 | – | 32 | – | 2 | 112×112 |
# | inverted residuals | 1 | 16 | 1 | 1 | 112×112 |
# | inverted residuals | 6 | 24 | 2 | 2 | 56×56 |
# | inverted residuals | 6 | 32 | 3 | 2 | 28×28 |
# | inverted residuals | 6 | 64 | 4 | 2 | 14×14 |
# | inverted residuals | 6 | 96 | 3 | 1 | 14×14 |
# | inverted residuals | 6 | 160 | 3 | 2 | 7×7 |
# | inverted residuals | 6 | 320 | 1 | 1 | 7×7 |
# | 1×1 convolution, batch norm, ReLU6 | – | 1280 | – | 1 | 7×7 |
# | average over all positions, linear layer | – | – | – | – | – |
#
# (17 blocks. The paper's text says 19; its table, its code and its totals say 17.)
#
# **Write** `mobilenet_v2(width_mult=1.0, num_classes=1000)`, a function that returns this network
# as an `nn.Module`, made of your `InvertedResidual`.
#
# - Every number of channels in the column $c$ becomes `make_divisible(c * width_mult)`, with one
#   exception: where `width_mult` is below 1, the last 1×1 convolution keeps its **1280**. (The
#   authors found that a thin network needs its wide head. Above 1 it grows like the rest.)
# - Input `(N, 3, H, W)` with any $H, W \ge 32$, output `(N, num_classes)` logits. A dropout
#   directly in front of the linear layer is allowed, but not asked for.
#
# | `width_mult` | parameters, without conv biases | multiply-adds for 224×224 |
# |---:|---:|---:|
# | 1.4 | 6,108,776 | 582,195,824 |
# | 1.0 | 3,504,872 | 300,774,272 |
# | 0.75 | 2,636,424 | 209,069,792 |
# | 0.5 | 1,968,680 | 97,131,840 |


# %% role="solution" question="mobilenet_v2"
def mobilenet_v2(width_mult=1.0, num_classes=1000):
    """MobileNetV2: a strided 3x3, 17 inverted residuals, a wide 1x1, a linear head."""
    # slot: solutions.answers.mobilenet:mobilenet_v2


# %% role="check" question="mobilenet_v2"
check("mobilenet_v2")

# %% [markdown]
# ## 8  Which table is right?
#
# Papers contain slips of the pen, and slips are copied. In the MobileNet paper the last depthwise
# layer of the table is printed with stride 2, though the map before and after it is given as 7×7.
# In the first version of the MobileNetV2 paper the strides of two rows contradicted the sizes
# beside them, and well-known ports of the network followed one or the other. Which reading is
# right? The papers also print what the networks cost: **569 million** multiply-adds for MobileNet
# and **300 million** for MobileNetV2, for one image of 224×224. Count each reading, and only one
# fits.
#
# A table is a list of rows, from the image to the scores. A row is a tuple, and its first entry
# says what it is:
#
# | row | what it stands for |
# |---|---|
# | `("conv", channels, stride)` | a full 3×3 convolution, padding 1 |
# | `("separable", channels, stride)` | one block as in question 3 |
# | `("bottleneck", expansion, channels, blocks, stride)` | question 6, the first block strided |
# | `("pointwise", channels)` | a 1×1 convolution |
# | `("linear", classes)` | the average over all positions, then a linear layer |
#
# `channels` is always the number of *output* channels; the input's are those of the row before
# (3 at first). A stride of $s$ turns a map of size $n$ into $\lceil n/s\rceil$.
#
# **Write** `table_macs(rows, image_size)`, which returns, as a Python int, the multiply-adds of
# such a network for one image of `image_size`×`image_size`. Count by formula; no network has to
# be built.
#
# **Then state** your `verdict()`: a dictionary with the keys `"mobilenet_v1"` and
# `"mobilenet_v2"`, whose values name the tables below that cost what the papers print:
# `"printed"` or `"corrected"` for the first, `"A"`, `"B"` or `"C"` for the second.


# %% role="provided" name="printed_tables"
def v1_table(last_stride):
    """MobileNet's table with a stride for the last depthwise layer."""
    rows = [("conv", 32, 2), ("separable", 64, 1)]
    for channels in (128, 256):
        rows += [("separable", channels, 2), ("separable", channels, 1)]
    rows += [("separable", 512, 2)] + 5 * [("separable", 512, 1)]
    return [*rows, ("separable", 1024, 2), ("separable", 1024, last_stride), ("linear", 1000)]


def v2_table(*strides):
    """MobileNetV2's table with a stride for each of its seven rows of blocks."""
    kinds = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
    blocks = [("bottleneck", *kind, stride) for kind, stride in zip(kinds, strides, strict=True)]
    return [("conv", 32, 2), *blocks, ("pointwise", 1280), ("linear", 1000)]


V1_TABLES = {"printed": v1_table(2), "corrected": v1_table(1)}
V2_TABLES = {
    "A": v2_table(1, 2, 2, 1, 2, 2, 1),
    "B": v2_table(1, 2, 2, 2, 1, 2, 1),
    "C": v2_table(1, 2, 2, 2, 2, 1, 1),
}


# %% role="solution" question="tables"
def table_macs(rows, image_size):
    """Multiply-adds of the network that the rows describe, for one square image."""
    # slot: solutions.answers.mobilenet:table_macs


def verdict():
    """The tables that cost what the papers print: a dictionary with the two keys above."""
    # slot: solutions.answers.mobilenet:verdict


# %% role="check" question="tables"
check("tables")

# %% [markdown]
# ## 9  Why the bottleneck is linear
#
# Why no activation after the projection? The paper's argument: a ReLU throws away what is
# negative. In a space of many channels what one channel loses can be recovered from others; in a
# narrow one it is gone. Two experiments, in the cell after the next:
#
# 1. **A spiral.** Points of a spiral in the plane are mapped into $n$ channels by a random
#    matrix, a ReLU is applied, and the best linear map tries to bring them back. Printed is the
#    share of the spiral's variance that does *not* come back, averaged over random matrices.
# 2. **Two networks** for scikit-learn's handwritten digits, made of your `InvertedResidual`s:
#    once as they are ("linear"), once with a ReLU6 after each block ("activated"). Parameters and
#    cost are the same. Both are trained with 4 channels between the blocks and with 16, from
#    several seeds; printed is the training loss of the last epoch.
#
# It takes a minute or less. The cell is yours: change seeds, widths, learning rates; it is not
# executed when your notebook is graded.


# %% role="provided" name="bottleneck_experiment"
def load_digits():
    """Handwritten digits: images (1797, 1, 8, 8) in [0, 1] and labels (1797,)."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    return torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16, torch.tensor(labels)


def train(model, x, y, epochs=4, learning_rate=0.05, batch_size=64, seed=0):
    """Train with SGD and momentum; return the mean training loss of each epoch."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(x), generator=generator).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(x))
    return losses


def lost_after_relu(points, channels, seed):
    """Share of the variance of points (N, 2) that no linear map brings back after a ReLU."""
    matrix = torch.randn(2, channels, generator=torch.Generator().manual_seed(seed))
    features = F.relu(points @ matrix)
    features = torch.cat([features, torch.ones(len(points), 1)], dim=1).double()
    best = torch.linalg.lstsq(features, points.double(), driver="gelsd").solution
    missed = (features @ best - points).square().sum()
    return float(missed / (points - points.mean(dim=0)).square().sum())


# %% role="experiment" question="linear_bottleneck"
threads = torch.get_num_threads()
torch.set_num_threads(1)  # small networks run faster, and the same everywhere, on one core

angle = torch.linspace(0, 4 * math.pi, 1000)
spiral = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1) / (4 * math.pi)
for channels in (2, 3, 5, 15, 30):
    lost = sum(lost_after_relu(spiral, channels, seed) for seed in range(20)) / 20
    print(f"{channels:2} channels: {lost:.4%} of the spiral is lost")

x, y = load_digits()
for channels in (4, 16):
    for activated in (False, True):
        losses = []
        for seed in range(4):
            torch.manual_seed(seed)
            losses.append(train(small_net(channels, activated), x, y, seed=seed)[-1])
        name = "activated" if activated else "linear"
        print(f"{channels:2} channels, {name:9}:", *(f"{loss:.2f}" for loss in losses))
torch.set_num_threads(threads)

# %% [markdown]
# **State** what you saw: complete `conclusion()` so that it returns a dictionary with these three
# keys, each with one of the values listed (as text, spelled exactly so).
#
# | key | one of |
# |---|---|
# | `"better_with_4_channels"` | `"linear"`, `"activated"`, `"no difference"` |
# | `"larger_difference_with"` | `"4 channels"`, `"16 channels"` |
# | `"spiral_comes_back_from"` | `"2 channels"`, `"30 channels"`, `"both"`, `"neither"` |
#
# For the first two, compare training losses; for the third, let "comes back" mean that less than
# 1 % is lost.


# %% role="solution" question="linear_bottleneck"
def conclusion():
    """What the experiments showed: a dictionary with the three keys above."""
    # slot: solutions.answers.mobilenet:conclusion


# %% role="check" question="linear_bottleneck"
check("linear_bottleneck")

# %% [markdown]
# ## 10  Fewer multiply-adds, and time
#
# A depthwise separable 3×3 with 128 input and 128 output channels needs 8.4 times fewer
# multiply-adds than the full convolution. Measure both in PyTorch on your machine (a 56×56 map, one
# image, one thread; take the median of several runs and leave out the first), and write 100 to 200
# words:
#
# - What do you measure, and how far is it from 8.4? (One point.)
# - The depthwise 3×3 makes up only about 7 % of the block's multiply-adds. What does it do with the
#   numbers it loads, compared with the 1×1, and why can that make it slow? (Two points.)
# - The paper states that 95 % of MobileNet's multiply-adds are in 1×1 convolutions, and gives
#   that as a reason why it is fast in practice. What is the argument, and which quantity would
#   you report beside multiply-adds if somebody asked whether a network suits a phone? (Two
#   points.)
#
# *This answer is read by a person.*

# %% [markdown] role="written" question="reading"
# **Model answer.** On one core of a laptop the separable block is two to three times faster than
# the full convolution, not 8.4 times (figures differ from machine to machine; any measurement
# that says how it was made is fine).
#
# The depthwise convolution multiplies each number that it loads by the nine weights of one filter
# and is done with it; the 1×1 uses each number for all 128 output channels. So a depthwise layer
# does few multiply-adds for each byte that it moves: it waits for memory rather than for
# arithmetic, and fast arithmetic does not help. To this comes the fixed cost of a second layer,
# whose intermediate map is written out and read back.
#
# A 1×1 convolution is a plain matrix product of all positions with the weights: no rearranging in
# memory (im2col) is needed, and highly tuned routines (GEMM) exist for every processor. If 95 % of
# the work is of this form, most of it runs near the processor's peak. Multiply-adds are therefore
# only a stand-in: report the latency on the phone itself (with its batch size and precision), and
# beside it peak memory or the size of activations, and the energy where that matters.
