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
# # Classic networks: LeNet-5, AlexNet, VGG
#
# Three networks, sixteen years: LeNet-5 (1998) read bank cheques, AlexNet (2012) started the deep
# learning boom, VGG (2014) showed how far one simple rule goes. In this notebook you build all
# three, down to the parts that most tutorials leave out (the connection table of C3, local response
# normalisation, the two GPUs), and count them until your numbers are the papers'.
#
# **Read first:** in the course's book the chapters *LeNet-5*, *AlexNet* and *VGG*; for the
# arithmetic, *Counting*. **Time:** two to four hours.
# **Points:** 60, of which 6 are for a written answer that a person reads.
#
# | question | you write | points |
# |---|---|---:|
# | 1 | `conv_output_size` and `conv_cost`, the arithmetic of a convolution | 5 |
# | 2 | `LeNet5` | 9 |
# | 3 | `C3`, a convolution by the connection table of 1998 | 7 |
# | 4 | `local_response_norm`, by the paper's formula | 5 |
# | 5 | `alexnet`, on two GPUs and on one | 9 |
# | 6 | `vgg_config` and `make_vgg`, the whole family | 8 |
# | 7 | `receptive_field`, how far a position sees | 4 |
# | 8 | `fc_to_conv`, a fully connected layer as a convolution | 4 |
# | 9 | an experiment with and without activations, and its conclusion | 3 |
# | 10 | a paragraph on what the VGG paper measured | 6 |
#
# ## How checking works
#
# Below each answer stands a line such as `check("lenet")`. It runs the *public* checks of that
# question on whatever you have defined so far and shows what holds, what does not, and a hint. Run
# it as often as you like. When you hand in, the same checks run again together with *hidden* ones
# that ask the same contract with other sizes and fresh random weights. If you implemented what the
# text says, rather than what one example needs, they hold no surprises.
#
# Checks build on each other: while a network has the wrong output shape, its numbers are not
# compared yet (those checks are shown as *blocked*). Repair the first failing line first.
#
# ## The contract, for all questions
#
# **Fixed.** Images come as `(N, C, H, W)`: batch, channels, height, width. Your code must work for
# any batch size from 1, and in `float32` as well as `float64`. Every convolution and every linear
# layer has a bias. Padding, where there is any, is with zeros. Networks return scores (logits),
# without softmax: `F.cross_entropy` expects them so.
#
# **Free.** How you name attributes, the order in which you create them, whether you use
# `nn.Sequential`, `nn.ModuleList`, helper functions, subclasses or bare `nn.Parameter`s with
# `torch.nn.functional`; how you initialise weights, as long as they are random and of a size with
# which a network trains, as PyTorch's own are. Where maps are flattened for a fully connected
# layer, you may as well write that layer as a convolution over the whole map: it is the same
# function (question 8). Only lazy layers (`nn.LazyLinear` and the like) are out: they have no
# parameters that could be counted before they have seen an image.
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
# ## 1  The arithmetic of a convolution
#
# Everything that follows is easier when you can predict a layer's output and its price before you
# run it. (Chapter *Counting*.)
#
# **Write** `conv_output_size(n, kernel_size, stride=1, padding=0)`: the height (or width) of what a
# convolution or a pooling makes of `n` pixels. Both ends get `padding` more pixels; windows start
# every `stride` pixels; a window that does not fit in completely is left out. The result is an
# `int`.
#
# **Write** `conv_cost(in_channels, out_channels, kernel_size, n, stride=1, padding=0, groups=1)`: a
# pair `(parameters, macs)` of `int`s for a convolution with square kernels on **one** image of `n`
# × `n` pixels.
#
# - With `groups` > 1, channels are dealt into that many equal groups, and a filter reads the input
#   channels of its own group only.
# - *Parameters* are the weights and one bias for each output channel.
# - *MACs* are multiply-adds: at each position of the output, every output channel costs as many as
#   its filter has weights. Adding the bias is not counted.
#
# To check yourself: the first convolution of AlexNet, `conv_cost(3, 96, 11, 227, stride=4)`, gives
# `(34944, 105415200)`; its second, `conv_cost(96, 256, 5, 27, padding=2, groups=2)`, gives
# `(307456, 223948800)`. And with 224 pixels instead of 227? Look at what is left over at the edge.


# %% role="solution" question="arithmetic"
def conv_output_size(n, kernel_size, stride=1, padding=0):
    """Height or width of what a convolution or pooling makes of n pixels."""
    # slot: solutions.answers.classic_networks:conv_output_size


def conv_cost(in_channels, out_channels, kernel_size, n, stride=1, padding=0, groups=1):
    """(parameters, multiply-adds) of a convolution on one image of n x n pixels."""
    # slot: solutions.answers.classic_networks:conv_cost


# %% role="check" question="arithmetic"
check("arithmetic")

# %% [markdown]
# ## 2  LeNet-5
#
# The network in the form in which everybody builds it today, for grey images of 32×32 (chapter
# *LeNet-5*):
#
# | layer | output for one image |
# |---|---|
# | convolution 5×5, tanh | 6 × 28 × 28 |
# | average pooling 2×2, stride 2 | 6 × 14 × 14 |
# | convolution 5×5, tanh | 16 × 10 × 10 |
# | average pooling 2×2, stride 2 | 16 × 5 × 5 |
# | flatten | 400 |
# | linear, tanh | 120 |
# | linear, tanh | 84 |
# | linear | `num_classes` |
#
# **Write** `LeNet5(num_classes=10)`, an `nn.Module`.
#
# - Input `(N, 1, 32, 32)`, output `(N, num_classes)` logits.
# - No padding anywhere, no dropout, no normalisation: training and evaluation mode compute the
#   same. The activation is the plain hyperbolic tangent (not the paper's scaled one).
# - It has **61,706** parameters (60,000 belong to the network of 1998, whose C3, poolings and
#   output are others) and costs 416,520 multiply-adds an image.
#
# Two of the checks deserve a thought. One adds images up: for a network that is linear, $f(a+b) -
# f(a) - f(b) + f(0)$ is zero whatever $a$ and $b$ are, so if yours gives zero, its activations are
# missing. Another trains your network on digits. Question 9 will show you why the second one alone
# would not do.


# %% role="solution" question="lenet"
class LeNet5(nn.Module):
    """LeNet-5 with a full C3, average pooling, tanh, and a linear output."""

    def __init__(self, num_classes=10):
        """Make the layers."""
        super().__init__()
        # slot: solutions.answers.classic_networks:LeNet5.__init__

    def forward(self, x):
        """(N, 1, 32, 32) -> (N, num_classes)."""
        # slot: solutions.answers.classic_networks:LeNet5.forward


# %% role="check" question="lenet"
check("lenet")

# %% [markdown]
# ## 3  The connection table of 1998
#
# In the original, the third layer, C3, is no full convolution. Each of its sixteen output maps
# reads only some of the six input maps; Table I of the paper says which. LeCun and his colleagues
# give two reasons: fewer connections, and a broken symmetry, so that different maps have to extract
# different features. (Chapter *LeNet-5*.)
#
# The next cell has the table as `CONNECTIONS`: six rows, one for each **input** map, of sixteen
# characters, one for each **output** map. An `X` means that this output map reads this input map.
#
# **Write** `C3()`, an `nn.Module`: a convolution 5×5 without padding and of stride 1, from 6 to 16
# channels, with one bias for each output map, that follows the table. Nothing else: no activation.
#
# - Input `(N, 6, H, W)` with any $H, W \ge 5$, output `(N, 16, H-4, W-4)`.
# - An output map does not depend on an input map without an `X`, for *any* values of your
#   parameters: also after training, and after somebody loaded other weights.
# - You may hold exactly the weights that are needed, 60 kernels, in as many layers as you like:
#   **1,516** parameters and 150,000 multiply-adds for maps of 14×14. Or you may hold a full weight
#   and switch off what is not connected: **2,416** parameters and 240,000 multiply-adds. Both are
#   correct, and both are accepted. What switches is not a parameter.


# %% role="provided" name="connections"
CONNECTIONS = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)


# %% role="solution" question="c3"
class C3(nn.Module):
    """A 5x5 convolution from 6 to 16 maps that follows CONNECTIONS."""

    def __init__(self):
        """Make the layers."""
        super().__init__()
        # slot: solutions.lenet:C3.__init__

    def forward(self, x):
        """(N, 6, H, W) -> (N, 16, H - 4, W - 4)."""
        # slot: solutions.lenet:C3.forward


# %% role="check" question="c3"
check("c3")

# %% [markdown]
# ## 4  Local response normalisation
#
# AlexNet lets neighbouring channels compete: at each position, an activity is divided by a number
# that grows with the activities *at the same position* in the channels nearby. For channel $i$ of
# $C$, counted from 0 (section 3.3 of the paper; chapter *AlexNet*):
#
# $$b_i = a_i \Big/ \Bigl(k + \alpha \sum_{j=\max(0,\, i-n/2)}^{\min(C-1,\, i+n/2)}
# a_j^2\Bigr)^{\beta}$$
#
# $n/2$ is rounded down: a window of $n = 5$ channels reaches two to either side, and is cut off at
# the first and at the last channel. The paper found $k=2$, $n=5$, $\alpha=10^{-4}$, $\beta=0.75$ on
# validation images.
#
# **Write** `local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0)`, a function.
#
# - Input and output `(N, C, H, W)`, of the same dtype. `size` is $n$, and odd; `C` may be smaller.
# - By the formula: the sum is a *sum*. You may use anything that PyTorch has, but read its
#   documentation twice: what it calls alpha is not what the paper calls alpha.


# %% role="solution" question="lrn"
def local_response_norm(x, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """x_i / (k + alpha * (sum of x_j ** 2 over the size channels around i)) ** beta."""
    # slot: solutions.alexnet:local_response_norm


# %% role="check" question="lrn"
check("lrn")

# %% [markdown]
# ## 5  AlexNet
#
# Two graphics cards of 3 GB each, and a network that fits on neither. So its channels were split:
# half on each card, and only in some layers do the cards look at each other's maps. In today's
# words these are grouped convolutions with two groups. (Chapter *AlexNet*.)
#
# | layer | channels | kernel | stride | padding | groups | map for 227×227 |
# |---|---:|---:|---:|---:|---:|---|
# | convolution, ReLU | 96 | 11 | 4 | 0 | 1 | 55×55 |
# | response normalisation | | | | | | |
# | max pooling | | 3 | 2 | 0 | | 27×27 |
# | convolution, ReLU | 256 | 5 | 1 | 2 | `groups` | 27×27 |
# | response normalisation | | | | | | |
# | max pooling | | 3 | 2 | 0 | | 13×13 |
# | convolution, ReLU | 384 | 3 | 1 | 1 | 1 | 13×13 |
# | convolution, ReLU | 384 | 3 | 1 | 1 | `groups` | 13×13 |
# | convolution, ReLU | 256 | 3 | 1 | 1 | `groups` | 13×13 |
# | max pooling | | 3 | 2 | 0 | | 6×6 |
# | flatten, linear, ReLU | 4096 | | | | | |
# | linear, ReLU | 4096 | | | | | |
# | linear | `num_classes` | | | | | |
#
# **Write** `alexnet(groups=2, num_classes=1000, width=96)`, a function that returns this network as
# an `nn.Module`.
#
# - `width` is the 96 of the table. All other channels keep their proportion to it: 256 is `width *
#   8 // 3`, 384 is `4 * width`, 4096 is `width * 128 // 3`. You may assume that `width` is a
#   multiple of 6. (It lets the checks run a complete, but slim network in milliseconds. You can use
#   it for the same purpose.)
# - Input `(N, 3, 227, 227)`, output `(N, num_classes)` logits. The paper prints 224; question 1
#   told you why nobody can build that without padding.
# - Response normalisation is that of question 4, with the paper's constants. It comes after the
#   ReLU and before the pooling.
# - Dropout with probability 0.5 in two places: either behind the ReLUs of the first two linear
#   layers, as in the paper, or in front of these two layers, as in torchvision. It acts in training
#   mode only.
# - Each layer of the table is one convolution or linear layer: use the `groups` argument of a
#   convolution, not two towers.
# - With two groups it has **60,965,224** parameters (the paper's "60 million") and costs
#   **724,406,816** multiply-adds; with one group, the single tower of many lectures, **62,378,344**
#   and **1,135,256,096**.
#
# If you want to count without filling memory, build it inside `with torch.device("meta"):`. A meta
# tensor has a shape but no values.


# %% role="solution" question="alexnet"
class ResponseNorm(nn.Module):
    """Local response normalisation as a layer (a suggestion: only alexnet is graded)."""

    def forward(self, x):
        """(N, C, H, W) -> (N, C, H, W)."""
        # slot: solutions.answers.classic_networks:ResponseNorm.forward


def alexnet(groups=2, num_classes=1000, width=96):
    """AlexNet for images of 227x227; groups=2 for two GPUs, 1 for a single tower."""
    # slot: solutions.answers.classic_networks:alexnet


# %% role="check" question="alexnet"
check("alexnet")

# %% [markdown]
# ## 6  The VGG family
#
# VGG has one rule: convolutions 3×3 with padding 1, each followed by ReLU, in five blocks; each
# block ends in max pooling 2×2 of stride 2. The blocks have 64, 128, 256, 512 and 512 channels. The
# networks differ only in the number of convolutions in each block (chapter *VGG*):
#
# | network | block 1 | block 2 | block 3 | block 4 | block 5 |
# |---|---:|---:|---:|---:|---:|
# | VGG-11 | 1 | 1 | 2 | 2 | 2 |
# | VGG-13 | 2 | 2 | 2 | 2 | 2 |
# | VGG-16 | 2 | 2 | 3 | 3 | 3 |
# | VGG-19 | 2 | 2 | 4 | 4 | 4 |
#
# Behind the blocks come three linear layers: 4096, ReLU, dropout; 4096, ReLU, dropout; classes.
#
# **Write** `vgg_config(depth)`, which returns the configuration of VGG-`depth` (11, 13, 16 or 19)
# as a list: a whole number for each convolution (its output channels), the text `"M"` for each max
# pooling. `vgg_config(11)` is
# `[64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]`.
#
# **Write** `make_vgg(config, num_classes=1000, hidden=4096)`, a function that returns the network
# of any such configuration as an `nn.Module`.
#
# - `hidden` is the width of the first two linear layers, 4096 in the paper.
# - Images have three channels and such a size that the maps behind the last pooling are 7×7: 224
#   for five poolings, 28 for two. Averaging these maps to 7×7, as torchvision does, changes nothing
#   and is fine. Output `(N, num_classes)` logits.
# - Dropout has probability 0.5 and acts in training mode only.
# - `make_vgg(vgg_config(16))` has **138,357,544** parameters and costs **15,470,264,320**
#   multiply-adds for an image of 224×224. Before you run it: which layer holds three quarters of
#   the parameters?


# %% role="solution" question="vgg"
def vgg_config(depth):
    """The configuration of VGG-11, 13, 16 or 19 as a list of channels and "M"s."""
    # slot: solutions.answers.classic_networks:vgg_config


def make_vgg(config, num_classes=1000, hidden=4096):
    """The VGG network of a configuration."""
    # slot: solutions.answers.classic_networks:make_vgg


# %% role="check" question="vgg"
check("vgg")

# %% [markdown]
# ## 7  How far a position sees
#
# The **receptive field** of a position in some map is the part of the image that its value depends
# on. Two 3×3 convolutions see 5×5 pixels, three see 7×7; with a stride in between, everything
# behind it sees in larger steps. (Chapter *VGG*.)
#
# **Write** `receptive_field(layers)`.
#
# - `layers` is a list of pairs `(kernel_size, stride)`, one for each convolution or pooling, from
#   the image to the output. It may be empty.
# - It returns an `int`: how many pixels of the image, along one side, one position of the output
#   sees. (In the middle: at the border, padding covers a part of it.)
#
# To check yourself: the convolutions and poolings of VGG-16 together see 212 pixels, those of
# AlexNet 195.


# %% role="solution" question="receptive_field"
def receptive_field(layers):
    """Pixels, along one side, that one output position sees; layers are (kernel_size, stride)."""
    # slot: solutions.answers.classic_networks:receptive_field


# %% role="check" question="receptive_field"
check("receptive_field")

# %% [markdown]
# ## 8  A fully connected layer is a convolution
#
# LeNet's paper calls the layer with 120 units a convolution, C5; many programs write a linear layer
# there. Both are right: a linear layer on flattened maps of one size is a convolution whose kernel
# is as large as the maps. Only the convolution, however, also accepts larger maps, and then gives
# one answer for each place where the kernel fits. That is how VGG was tested on whole photographs.
# (Chapters *LeNet-5* and *VGG*.)
#
# **Write** `fc_to_conv(linear, shape)`.
#
# - `linear` is an `nn.Linear` with a bias, made for maps of `shape`, a tuple $(C, H, W)$, that were
#   flattened as `torch.flatten(x, 1)` does.
# - It returns an `nn.Module` that computes the same by convolution: for maps `(N, C, H, W)` its
#   output is `(N, out_features, 1, 1)` and holds the numbers of `linear`; for larger maps `(N, C,
#   H', W')` it is `(N, out_features, H'-H+1, W'-W+1)`, and each position holds what `linear` gives
#   for the window of $H$ × $W$ that starts there.
# - `linear` stays as it was. Whether the result has copies of its parameters or shares them is up
#   to you. Maps need not be square.


# %% role="solution" question="fc_to_conv"
def fc_to_conv(linear, shape):
    """The convolution that equals linear on flattened maps of shape (C, H, W)."""
    # slot: solutions.answers.classic_networks:fc_to_conv


# %% role="check" question="fc_to_conv"
check("fc_to_conv")

# %% [markdown]
# ## 9  A test that accuracy is not
#
# Forgetting the activations is the most frequent slip in a first LeNet. The shapes are right, the
# parameters are right, it trains. Would you notice?
#
# The next cell gives you scikit-learn's handwritten digits (1,797 images), enlarged to 32×32, a
# training loop, and a switch: inside `with WithoutTanh():` every tanh, however you wrote it, passes
# its input on. The cell after it trains your `LeNet5` with and without its activations, from three
# seeds each, and prints for each the share of new digits that it names right, and the largest
# $|f(a+b) - f(a) - f(b) + f(0)|$ over some images, as a share of the largest output. It takes well
# under a minute. It is yours: change what you like; it is not executed when your notebook is
# graded.
#
# Look at three things: how good is the network *without* activations? How large is its gap, and how
# large the other's? And which of the numbers would have told you that something is missing?


# %% role="provided" name="digits"
from torch.overrides import TorchFunctionMode


class WithoutTanh(TorchFunctionMode):
    """Inside `with WithoutTanh():` every tanh returns its input."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call the function, unless it is a tanh."""
        if getattr(function, "__name__", "") in ("tanh", "tanh_"):
            return args[0]
        return function(*args, **(kwargs or {}))


def load_digits():
    """Handwritten digits: images (1797, 1, 32, 32) in [0, 1] and labels (1797,)."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    x = F.interpolate(x, size=(32, 32), mode="bilinear", align_corners=False)
    return x, torch.tensor(labels)


def train(model, x, y, epochs=8, learning_rate=0.02, batch_size=64, seed=0):
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


# %% role="experiment" question="additivity"
import contextlib

threads = torch.get_num_threads()
torch.set_num_threads(1)  # small networks run faster, and the same everywhere, on one core
x, y = load_digits()
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
x, y = x[order], y[order]
a, b = x[1300:1400], x[1400:1500]
for name, switch in (("with tanh", contextlib.nullcontext), ("without tanh", WithoutTanh)):
    for seed in range(3):
        torch.manual_seed(seed)
        model = LeNet5()
        with switch():
            losses = train(model, x[:1300], y[:1300], seed=seed)
            with torch.no_grad():
                right = (model(x[1300:]).argmax(1) == y[1300:]).float().mean()
                gap = (model(a + b) - model(a) - model(b) + model(0 * a)).abs().max()
                gap = gap / model(a + b).abs().max()
        count = sum(p.numel() for p in model.parameters())
        print(
            f"{name:12}  seed {seed}: {count:,} parameters, loss {losses[0]:.2f} to "
            f"{losses[-1]:.2f}, {right:.1%} of new digits right, gap {gap:.1g}"
        )
torch.set_num_threads(threads)

# %% [markdown]
# **State** what you saw: complete `conclusion()` so that it returns a dictionary with these three
# keys, each with one of the values listed (as text, spelled exactly so).
#
# | key | one of |
# |---|---|
# | `"accuracy_without_tanh"` | `"near chance"`, `"above 80 %"` |
# | `"gap_without_tanh"` | `"zero up to rounding"`, `"clearly not zero"` |
# | `"what_tells_them_apart"` | `"accuracy"`, `"parameter count"`, `"additivity"` |
#
# Chance is 10 % here. "Tells them apart" means: if you saw only this number of *one* network, you
# would know whether its activations are there. For rounding, remember that `float32` has about
# seven digits.


# %% role="solution" question="additivity"
def conclusion():
    """What the experiment showed: a dictionary with the three keys above."""
    # slot: solutions.answers.classic_networks:conclusion


# %% role="check" question="additivity"
check("additivity")

# %% [markdown]
# ## 10  What the VGG paper measured
#
# Read sections 2.3 and 4.1 and Table 3 of Simonyan and Zisserman (2015, arXiv 1409.1556) and write
# 100 to 200 words:
#
# - Why three 3×3 convolutions instead of one 7×7? Give the reasons of section 2.3, with the number
#   of weights for $C$ channels in and out.
# - What does Table 3 say about local response normalisation (A against A-LRN), and what did the
#   authors do about it?
# - B, C and D: what do the 1×1 convolutions of C achieve, and what do the 3×3 convolutions of D add
#   to that? What follows?
#
# *This answer is read by a person: two points for each of the three items.*

# %% [markdown] role="written" question="reading"
# **Model answer.** Three 3×3 convolutions of stride 1 see 7×7 pixels, as one 7×7 does. They have
# three ReLUs instead of one, so that the decision function is more discriminative, and fewer
# weights: $3\cdot 9\,C^2 = 27\,C^2$ against $49\,C^2$, which is 81 % more. The authors read this as
# a regularisation: the 7×7 filter is forced to decompose into 3×3 filters with non-linearities
# between them.
#
# A with local response normalisation is no better than A without: 29.7 against 29.6 % top-1 error,
# 10.5 against 10.4 % top-5. It costs memory and time, so the deeper networks B to E do without it.
#
# C is B with an additional 1×1 convolution in each of the last three blocks, D has 3×3 convolutions
# in the same places. C is better than B (28.1 against 28.7 % top-1): the additional non-linearity
# helps. D is better than C (27.0 %): it also matters to capture spatial context with a receptive
# field that is not trivial. Depth helps, and depth of 3×3 filters helps more.
