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
# # Inception: mix, narrow, branch, join
#
# In this notebook you take the 1×1 convolution apart, use it as Lin, Chen and Yan did ("Network
# in network", 2014), count what it saves, and build the network that is made of it: GoogLeNet, by
# Szegedy and others (2015), with its auxiliary classifiers, down to the last of its 6,998,552
# parameters. At the end you switch branches off and see which of them does what.
#
# **Read first:** in the course's book the chapters *Networks in networks and 1×1
# convolutions*, *Inception: the motivation* and *The Inception network*.
# **Time:** two to four hours. **Points:** 60, of which 5 are for a
# written answer that a person reads.
#
# | question | you write | points |
# |---|---|---:|
# | 1 | `conv1x1_as_linear`, a 1×1 convolution without a convolution | 5 |
# | 2 | `merge_1x1`, two in a row made one | 5 |
# | 3 | `mlpconv`, a network in the network | 6 |
# | 4 | `branch_cost`, `break_even`, `inception_cost`: what a bottleneck saves | 6 |
# | 5 | `Inception`, the block | 11 |
# | 6 | `auxiliary_head`, a classifier on the way | 7 |
# | 7 | `googlenet` | 9 |
# | 8 | `googlenet_loss`, the loss of three outputs | 3 |
# | 9 | the ablation of the branches and its conclusion | 3 |
# | 10 | a paragraph on the pool branch | 5 |
#
# ## How checking works
#
# Below each answer stands a line such as `check("inception")`. It runs the *public* checks of
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
# `float32` as well as `float64`. Every convolution and every linear layer has a bias (there is no
# batch norm in these two papers). Activations are ReLU. Convolutions pad with zeros.
#
# **Free.** How you name attributes, the order in which you create them, whether you use
# `nn.Sequential`, `nn.ModuleList`, helper functions, subclasses or bare `nn.Parameter`s with
# `torch.nn.functional`; how you initialise weights.
#
# Only lazy layers (`nn.LazyConv2d` and the like) are out: they have no parameters that could be
# counted before they have seen an image.
#
# **Counting.** A multiply-add is one multiplication of a weight with a number, and its addition.
# Biases, activations and poolings cost none. Parameters include biases.
#
# Each question says the rest. You may add cells and helper functions wherever you like. When your
# work is graded, the cells with your answers have ten seconds each, and all cells that you added
# half a minute together; what takes longer is stopped, and only what it would have defined is
# missing. Training belongs in the experiment cell of question 9, which is kept but not run.

# %% role="provided" name="setup"
import torch
import torch.nn.functional as F
from checker import check
from torch import nn

# %% [markdown]
# ## 1  A 1×1 convolution without a convolution
#
# A 1×1 convolution looks at one pixel at a time. At each it takes the column of channels,
# multiplies it by one and the same matrix and adds a bias: a linear layer that visits every
# pixel. (Chapter *Networks in networks and 1×1 convolutions*.)
#
# **Write** `conv1x1_as_linear(x, weight, bias=None)`, which computes what `F.conv2d(x, weight,
# bias)` computes, but *without any convolution*: with a matrix product, `F.linear`, `einsum` or
# whatever you like.
#
# - `x` is `(N, C_in, H, W)`, `weight` is `(C_out, C_in, 1, 1)`, `bias` is `(C_out,)` or `None`;
#   the output is `(N, C_out, H, W)`, in the dtype of `x`.
# - Beware of a result that has the right shape and the wrong numbers: `reshape` cuts the same row
#   of numbers into other pieces, `permute` moves axes.
#
# The class below makes a layer of your function. The checks use it, too, in order to
# watch which operations your function runs.


# %% role="solution" question="conv1x1"
def conv1x1_as_linear(x, weight, bias=None):
    """(N, C_in, H, W) -> (N, C_out, H, W), each pixel's channels by the same linear map."""
    # slot: solutions.nin:conv1x1_as_linear


# %% role="provided" name="pixelwise"
class Pixelwise(nn.Module):
    """Your function as a layer: it keeps a weight and a bias and hands them over."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.randn(out_channels))

    def forward(self, x):
        return conv1x1_as_linear(x, self.weight, self.bias)


# %% role="check" question="conv1x1"
check("conv1x1")


# %% [markdown]
# ## 2  Two in a row are one
#
# If a 1×1 convolution is a matrix at each pixel, two of them with *nothing in between* are a
# product of matrices: one matrix again. This is why network in network, and Inception after it,
# puts a ReLU behind every 1×1 convolution.
#
# **Write** `merge_1x1(first, second)`.
#
# - `first` and `second` are pairs `(weight, bias)` of tensors as in question 1: `weight` is
#   `(C_out, C_in, 1, 1)`, `bias` is `(C_out,)` or `None`. `second` is applied to the output of
#   `first`.
# - It returns the pair `(weight, bias)` of the *one* 1×1 convolution that gives the same output
#   for every input. If neither of the two has a bias, its bias is `None` (zeros are accepted).
# - It works for any number of channels in between, more or fewer than at the ends.


# %% role="solution" question="merge"
def merge_1x1(first, second):
    """The (weight, bias) of one 1x1 convolution that does the work of two."""
    # slot: solutions.nin:merge_1x1


# %% role="check" question="merge"
check("merge")

# %% [markdown]
# ## 3  A network in the network
#
# A convolution compares each patch with a filter, which is a linear thing to do. Lin, Chen and
# Yan slide a small multi-layer network over the image instead, and note that it is a convolution
# followed by 1×1 convolutions:
#
# convolution k×k, ReLU → convolution 1×1, ReLU → convolution 1×1, ReLU
#
# **Write** `mlpconv(in_channels, channels, kernel_size, padding=0)`, which returns an
# `nn.Module`.
#
# - `channels` is a tuple of three: the output channels of the three convolutions.
# - `kernel_size` and `padding` (on every side) are those of the *first* convolution; all strides
#   are 1.
# - Input `(N, in_channels, H, W)`, output `(N, channels[2], H', W')` with $H' = H + 2p - k + 1$
#   and the same for $W'$.
#
# The first block of the authors' network for CIFAR-10 takes 3 channels, has kernels of 5×5 with
# padding 2 and `channels=(192, 160, 96)`: 60,928 parameters.


# %% role="solution" question="mlpconv"
def mlpconv(in_channels, channels, kernel_size, padding=0):
    """A k x k convolution and two 1x1 convolutions, a ReLU after each."""
    # slot: solutions.nin:mlpconv


# %% role="check" question="mlpconv"
check("mlpconv")

# %% [markdown]
# ## 4  What a bottleneck saves
#
# An Inception block wants several convolutions side by side on the same input, and the large ones
# are expensive. The lecture's example: 28×28 positions, 192 channels in, 32 out, 5×5. A 1×1
# convolution that first *reduces* the 192 channels to 16 makes it ten times cheaper. (Chapter
# *Inception: the motivation*.)
#
# All convolutions here keep height and width ("same" padding, stride 1), and cost is counted for
# one image. All three functions return plain Python integers, which are exact.
#
# **Write**
#
# - `branch_cost(in_channels, out_channels, kernel_size, height, width, reduced=None)`: the
#   multiply-adds of a convolution from `in_channels` to `out_channels` with square kernels. If
#   `reduced` is given, a 1×1 convolution from `in_channels` to `reduced` channels comes first, and
#   its cost counts as well. Check yourself: `branch_cost(192, 32, 5, 28, 28)` is 120,422,400, and
#   with `reduced=16` it is 12,443,648.
# - `break_even(in_channels, out_channels, kernel_size)`: the *largest* number of reduced channels
#   with which the branch still costs **less** than without a reduction (0 if there is none). The
#   size of the image does not matter: why?
# - `inception_cost(in_channels, c1, c3, c5, pool_proj, height, width)`: the pair `(parameters,
#   multiply-adds)` of the whole Inception block of question 5, which has six convolutions. `c3 =
#   (r3, n3)` and `c5 = (r5, n5)` are the reduced and the output channels of the 3×3 and of the
#   5×5 branch, `c1` the output channels of the 1×1 branch, `pool_proj` those of the 1×1
#   convolution behind the pooling. Parameters include biases. GoogLeNet's first block,
#   `inception_cost(192, 64, (96, 128), (16, 32), 32, 28, 28)`, has 163,696 parameters and costs
#   128,049,152 multiply-adds.


# %% role="solution" question="cost"
def branch_cost(in_channels, out_channels, kernel_size, height, width, reduced=None):
    """Multiply-adds of a "same" convolution, through a 1x1 reduction if `reduced` is given."""
    # slot: solutions.inception:branch_cost


def break_even(in_channels, out_channels, kernel_size):
    """The largest number of reduced channels that still saves multiply-adds."""
    # slot: solutions.inception:break_even


def inception_cost(in_channels, c1, c3, c5, pool_proj, height, width):
    """(parameters, multiply-adds) of an Inception block on one image."""
    # slot: solutions.inception:inception_cost


# %% role="check" question="cost"
check("cost")

# %% [markdown]
# ## 5  The Inception block
#
# Which kernel size is best? An Inception block does not choose. Four branches look at the *same*
# input, and their outputs are stacked along the channels:
#
# | branch | layers | channels |
# |---|---|---:|
# | 1×1 | convolution 1×1, ReLU | `c1` |
# | 3×3 | convolution 1×1, ReLU, convolution 3×3, ReLU | `c3[0]`, then `c3[1]` |
# | 5×5 | convolution 1×1, ReLU, convolution 5×5, ReLU | `c5[0]`, then `c5[1]` |
# | pool | max pooling 3×3 of stride 1, convolution 1×1, ReLU | `pool_proj` |
#
# (Chapter *The Inception network*; figure 2(b) of the paper.)
#
# **Write** `Inception(in_channels, c1, c3, c5, pool_proj)`, an `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, c1 + c3[1] + c5[1] + pool_proj, H, W)`: every
#   branch keeps height and width.
# - The order of concatenation is that of the table: 1×1, 3×3, 5×5, pool.
# - The max pooling takes the largest of the pixels that are *in* the image; where its window
#   hangs over the edge, nothing is added to the competition (this is how PyTorch's pooling pads).
# - The block leaves its input as it was: all four branches need the same `x`.
#
# `Inception(192, 64, (96, 128), (16, 32), 32)` is GoogLeNet's first block: 256 output channels,
# 163,696 parameters.
#
# Among the hidden checks, one trains the network of the next cell on handwritten digits.
# It is made of two of your blocks and has nothing else to learn with.


# %% role="solution" question="inception"
class Inception(nn.Module):
    """Four branches on the same input, concatenated: 1x1, 3x3, 5x5, pool."""

    def __init__(self, in_channels, c1, c3, c5, pool_proj):
        """Make the layers; c3 and c5 are pairs (reduced channels, output channels)."""
        super().__init__()
        # slot: solutions.inception:Inception.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, c1 + c3[1] + c5[1] + pool_proj, H, W)."""
        # slot: solutions.inception:Inception.forward


# %% role="provided" name="class_net"
def class_net():
    """Two Inception blocks, the second with one channel a class, whose mean is its score.

    As in network in network, no linear layer follows; batch norm has nothing to learn here.
    """
    return nn.Sequential(
        Inception(1, 8, (4, 8), (4, 8), 8),
        nn.BatchNorm2d(32, momentum=0.5, affine=False),
        nn.MaxPool2d(2),
        Inception(32, 2, (8, 3), (8, 3), 2),
        nn.BatchNorm2d(10, momentum=0.5, affine=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


# %% role="check" question="inception"
check("inception")


# %% [markdown]
# ## 6  An auxiliary classifier
#
# In 2014, before batch norm, a network of 22 layers was hard to train. GoogLeNet therefore has
# two small classifiers on its way, whose losses push gradients into the middle of the network.
# They sit on maps of 14×14 and consist of (section 5 of the paper):
#
# | layer | output, for width 64 |
# |---|---|
# | average pooling 5×5, stride 3, no padding | 4×4 |
# | convolution 1×1, ReLU | 128 channels |
# | all numbers of an image in one row, then a linear layer, ReLU | 1024 |
# | dropout, which drops 70 % | 1024 |
# | linear layer | one score a class |
#
# **Write** `auxiliary_head(in_channels, num_classes=1000, width=64)`, which returns an
# `nn.Module`.
#
# - `width` scales the head as it will scale the whole network in question 7: the convolution has
#   `2 * width` channels, the hidden linear layer `16 * width` features. (With a small width the
#   checks can look at a complete network in milliseconds.)
# - Input `(N, in_channels, H, W)` with any $H$ and $W$ from 14 to 16: each of these is pooled to
#   4×4. Output `(N, num_classes)` scores, without softmax.
# - Dropout is active in training mode alone.
#
# `auxiliary_head(512)` has 3,188,840 parameters, half as many as the rest of the network.


# %% role="solution" question="head"
def auxiliary_head(in_channels, num_classes=1000, width=64):
    """(N, in_channels, 14, 14) -> (N, num_classes): a classifier on an intermediate map."""
    # slot: solutions.inception:auxiliary_head


# %% role="check" question="head"
check("head")

# %% [markdown]
# ## 7  GoogLeNet
#
# The whole network (Table 1 and figure 3 of the paper):
#
# | part | channels | map for a 224×224 image |
# |---|---:|---:|
# | convolution 7×7, stride 2, padding 3; ReLU | 64 | 112×112 |
# | max pooling 3×3, stride 2; local response normalisation | 64 | 56×56 |
# | convolution 1×1; ReLU | 64 | 56×56 |
# | convolution 3×3, padding 1; ReLU; local response normalisation | 192 | 56×56 |
# | max pooling 3×3, stride 2 | 192 | 28×28 |
# | blocks 3a, 3b | 256, 480 | 28×28 |
# | max pooling 3×3, stride 2 | 480 | 14×14 |
# | blocks 4a, 4b, 4c, 4d, 4e | 512, 512, 512, 528, 832 | 14×14 |
# | max pooling 3×3, stride 2 | 832 | 7×7 |
# | blocks 5a, 5b | 832, 1024 | 7×7 |
# | average over all positions; dropout, which drops 40 %; linear layer | – | – |
#
# The next cell spares you the typing: `BLOCKS` has the channels of each block, in the order of
# your `Inception`'s arguments, and `scaled` makes them narrower.
#
# **Write** `googlenet(num_classes=1000, aux=False, width=64)`, which returns the network as an
# `nn.Module`, made of your `Inception` and your `auxiliary_head`.
#
# - All four max poolings of stride 2 have *no padding and round up* (`ceil_mode=True`): half a
#   window at the edge counts. So 112 becomes 56, and 7 would become 3.
# - Local response normalisation is `nn.LocalResponseNorm(5)`, all else at its defaults.
# - `width` is the 64 of the table, a multiple of 8. All other numbers of channels follow in
#   proportion, those of the auxiliary heads too; `num_classes` does not.
# - Input `(N, 3, H, W)` with any $H, W \ge 32$, output `(N, num_classes)` scores.
# - With `aux=True` there are two auxiliary heads, one on the output of **4a** and one on the
#   output of **4d**. In *training mode* the network then returns a tuple of three tensors: its own
#   scores, the scores of the head on 4a, those of the head on 4d. In *evaluation mode* it returns
#   its own scores alone, and the heads do not run: any size of image goes, and they cost nothing.
# - With `aux=False` there are no heads, and it always returns its own scores.
#
# `googlenet()` has **6,998,552** parameters, `googlenet(aux=True)` **13,378,280**. For a 224×224
# image, in evaluation mode, both cost **1,582,671,872** multiply-adds. (What many people download
# under the name GoogLeNet has 6,624,904: batch norm instead of biases, and a 3×3 where the paper
# has 5×5.)
#
# The class below is a suggestion: only `googlenet` is graded. If you want to count without
# filling memory, build inside `with torch.device("meta"):`. A meta tensor has a shape but no
# values.

# %% role="provided" name="table"
BLOCKS = {
    "3a": (64, (96, 128), (16, 32), 32),
    "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64),
    "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64),
    "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128),
    "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}


def scaled(row, width):
    """A row of BLOCKS for another width (a multiple of 8): scaled(BLOCKS["3a"], 8)."""
    c1, (r3, c3), (r5, c5), pool_proj = row
    c1, r3, c3, r5, c5, pool_proj = (n * width // 64 for n in (c1, r3, c3, r5, c5, pool_proj))
    return c1, (r3, c3), (r5, c5), pool_proj


# %% role="solution" question="googlenet"
class GoogLeNet(nn.Module):
    """The network (a suggestion: only googlenet is graded)."""

    def __init__(self, num_classes, aux, width):
        """Make the stem, the blocks, the heads if aux, and the classifier."""
        super().__init__()
        # slot: solutions.answers.inception:GoogLeNet.__init__

    def forward(self, x):
        """(N, 3, H, W) -> (N, num_classes), in training mode with heads a tuple of three."""
        # slot: solutions.answers.inception:GoogLeNet.forward


def googlenet(num_classes=1000, aux=False, width=64):
    """The network of the paper, with or without auxiliary heads."""
    # slot: solutions.answers.inception:googlenet


# %% role="check" question="googlenet"
check("googlenet")

# %% [markdown]
# ## 8  The loss of three outputs
#
# In training, the losses of the auxiliary classifiers are added to the network's own, with a
# weight of 0.3 each (section 5 of the paper).
#
# **Write** `googlenet_loss(outputs, y)`.
#
# - `outputs` is what your network returned: *either* one tensor `(N, num_classes)`, *or* a tuple
#   of three, the network's own scores first. `y` are the `(N,)` class indices.
# - It returns a tensor with one number: the cross-entropy (the mean over the batch) of the
#   network's own scores, plus 0.3 times that of each auxiliary head, if there are any.


# %% role="solution" question="loss"
def googlenet_loss(outputs, y):
    """The cross-entropy of the network, plus 0.3 times that of each auxiliary head."""
    # slot: solutions.inception:googlenet_loss


# %% role="check" question="loss"
check("loss")

# %% [markdown]
# ## 9  Which branch does what?
#
# To find out what a part is for, take it away. The next cell defines a small classifier of two of
# your blocks for scikit-learn's handwritten digits (1,797 images of 8×8), in which branches can
# be switched off: `keep` says which of the four stay, and `wide` makes the 1×1 branch wider. What
# is switched off gives zeros, so the four networks have the same layers.
#
# The cell after it trains this network with all four branches, with each branch alone, and with
# an eight times wider 1×1 branch alone, from three seeds each. It takes about half a minute. It is
# yours: leave out single branches, train longer, shuffle the pixels of all images in the same
# way; it is not executed when your notebook is graded.
#
# Look at three things:
#
# 1. Which of the branches is the best one alone, and is it as good as all four together?
# 2. How good is the 1×1 branch alone, on new images and on those that it was trained on?
# 3. Does it help to make it wider? And what can a network know of an image that looks at each
#    pixel by itself and averages over all positions in the end?


# %% role="provided" name="small_net"
class Keep(nn.Module):
    """Zeroes the channels of those branches that are not kept."""

    def __init__(self, widths, keep):
        super().__init__()
        marks = [torch.full((w, 1, 1), float(k)) for w, k in zip(widths, keep, strict=True)]
        self.register_buffer("mask", torch.cat(marks))

    def forward(self, x):
        return x * self.mask


def small_net(keep=(True, True, True, True), wide=1):
    """Two Inception blocks, each with batch norm; average over all positions; linear layer.

    Training is short: with momentum 0.5 the running statistics keep up with it.
    """
    layers, in_channels = [], 1
    for _ in range(2):
        widths = (8 * wide, 8, 8, 8)
        block = Inception(in_channels, widths[0], (4, widths[1]), (4, widths[2]), widths[3])
        in_channels = sum(widths)
        layers += [block, Keep(widths, keep), nn.BatchNorm2d(in_channels, momentum=0.5)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, 10)]
    return nn.Sequential(*layers)


def load_digits():
    """Handwritten digits: images (1797, 1, 8, 8) in [0, 1] and labels (1797,)."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    return x, torch.tensor(labels)


def train(model, x, y, epochs=6, learning_rate=0.2, batch_size=64, seed=0):
    """Train with SGD and momentum, in place."""
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=generator).split(batch_size):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


# %% role="experiment" question="ablation"
threads = torch.get_num_threads()
torch.set_num_threads(1)  # small networks run faster, and the same everywhere, on one core
x, y = load_digits()
variants = {
    "all four branches": {},
    "1x1 alone": {"keep": (True, False, False, False)},
    "3x3 alone": {"keep": (False, True, False, False)},
    "5x5 alone": {"keep": (False, False, True, False)},
    "pool alone": {"keep": (False, False, False, True)},
    "1x1 alone, 8 times as wide": {"keep": (True, False, False, False), "wide": 8},
}
for name, arguments in variants.items():
    seen, new = [], []
    for seed in range(3):
        torch.manual_seed(seed)
        model = small_net(**arguments)
        train(model, x[:1400], y[:1400], seed=seed)
        model.eval()
        with torch.no_grad():
            right = (model(x).argmax(1) == y).float()
        seen.append(right[:1400].mean())
        new.append(right[1400:].mean())
    print(f"{name:28} training images", *(f"{part:4.0%}" for part in seen), end="")
    print("   new images", *(f"{part:4.0%}" for part in new))
torch.set_num_threads(threads)

# %% [markdown]
# **State** what you saw: complete `conclusion()` so that it returns a dictionary with these three
# keys, each with one of the values listed (as text, spelled exactly so).
#
# | key | one of |
# |---|---|
# | `"best_single_branch"` | `"1x1"`, `"3x3"`, `"5x5"`, `"pool"` |
# | `"all_four_against_the_best_single"` | `"better"`, `"as good"`, `"worse"` |
# | `"why_1x1_fails"` | `"too few channels"`, `"overfitting"`, `"no pixel meets its neighbours"` |
#
# For the second, take the mean over the seeds, on new images, and call a difference of less than
# one percentage point "as good".


# %% role="solution" question="ablation"
def conclusion():
    """What the experiment showed: a dictionary with the three keys above."""
    # slot: solutions.answers.inception:conclusion


# %% role="check" question="ablation"
check("ablation")

# %% [markdown]
# ## 10  Before or after the pooling?
#
# In the 3×3 and the 5×5 branch a 1×1 convolution comes *first*, in the pool branch it comes
# *last*. Explain in 100 to 200 words, with numbers or a small example where you can:
#
# - What would happen to the number of channels, from block to block, if the pool branch had no
#   1×1 convolution at all?
# - The 1×1 in front of the 3×3 and the 5×5 saves multiply-adds. Would it save any in front of the
#   pooling? Would the number of parameters change?
# - Are "pool, then 1×1" and "1×1, then pool" the same function? Show it, or give a
#   counterexample, and say in words what the order of the paper lets the block see.
#
# *This answer is read by a person: one point for the first item, two for each of the others.*

# %% [markdown] role="written" question="reading"
# **Model answer.** Max pooling keeps the number of channels. Without the 1×1 the pool branch
# would put all its input channels into the output, on top of those of the other branches, so that
# channels would only ever grow: block 3a would give 64 + 128 + 32 + 192 = 416 channels instead of
# 256, and the next one at least 416 more than its other branches.
#
# In front of a 3×3 or 5×5 the 1×1 makes an expensive layer cheap. Max pooling has no weights and
# costs no multiply-adds, so there is nothing to save: with stride 1 both orders apply the 1×1 at
# the same positions, to the same number of channels. Multiply-adds and parameters are equal.
# (Pooling fewer channels would need fewer comparisons and less memory.)
#
# They are different functions, since the maximum does not commute with a linear map. One channel
# with the weight -1 and the two pixels 1 and 3: pooling first gives -3, the 1×1 first gives
# max(-1, -3) = -1. (The ReLU does commute with the maximum, so it is not what matters.) In the
# order of the paper each *raw* feature reports whether it is present anywhere in the
# neighbourhood, whatever the exact place, and the 1×1 then mixes these reports, also with negative
# weights: "A is near, and B is not". The other way round, the features are mixed at each pixel and
# only the mixture's largest value survives.
