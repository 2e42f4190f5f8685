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
# # ResNet: build it, count it, question it
#
# In this notebook you build the residual networks of He, Zhang, Ren and Sun (2015) from single
# convolutions up to the 50-layer network, check every count that the paper and its followers
# print, and run the experiment that the whole idea rests on: at the same depth, with the same
# parameters, a network *without* shortcuts stops learning.
#
# **Read first:** in the course's book the chapters *ResNets* and *Why ResNets work*.
# **Time:** two to four hours. **Points:** 60, of which 6 are for a
# written answer that a person reads.
#
# | question | you write | points |
# |---|---|---:|
# | 1 | `BasicBlock`, the two-layer residual block | 10 |
# | 2 | `Bottleneck`, the three-layer block of the deep networks | 8 |
# | 3 | `PaddedShortcut`, a shortcut without parameters | 5 |
# | 4 | `resnet_cifar`, the paper's networks for small images | 9 |
# | 5 | `resnet50` | 7 |
# | 6 | `zero_init_residual`, a better starting point | 4 |
# | 7 | `gradient_profile`, a measuring instrument | 4 |
# | 8 | `plain_cifar`, the network without shortcuts | 4 |
# | 9 | the degradation experiment and its conclusion | 3 |
# | 10 | a paragraph on what the paper claims | 6 |
#
# ## How checking works
#
# Below each answer stands a line such as `check("basic_block")`. It runs the *public* checks of
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
# `float32` as well as `float64`. Convolutions pad with zeros so that a 3×3 convolution of stride
# 1 keeps height and width. Batch normalisation is PyTorch's `BatchNorm2d` with its default
# settings, and stands between a convolution and what follows it. Activations are ReLU.
#
# **Free.** How you name attributes, the order in which you create them, whether you use
# `nn.Sequential`, `nn.ModuleList`, helper functions, subclasses or bare `nn.Parameter`s with
# `torch.nn.functional`; how you initialise weights. Any convolution may have a bias or not: batch
# norm's own shift makes the bias in front of it redundant, so both are correct and both parameter
# counts are accepted.
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

# %% [markdown]
# ## 1  The basic block
#
# A residual block does not compute a new representation from scratch; it computes a *change* to
# the one it received:
#
# $$y = \mathrm{ReLU}\bigl(F(x) + S(x)\bigr)$$
#
# $F$, the **residual branch**, is convolution 3×3, batch norm, ReLU, convolution 3×3, batch norm.
# $S$, the **shortcut**, is the identity wherever that is possible. The last ReLU comes *after*
# the addition. (Chapter *ResNets*, sections *The residual block* and *When shapes differ*.)
#
# The identity is impossible when $F(x)$ has another shape than $x$: more channels, or a smaller
# map. Then, and only then, $S$ is a **projection**: a 1×1 convolution with the same stride,
# followed by batch norm.
#
# **Write** `BasicBlock(in_channels, out_channels, stride=1)`, an `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, out_channels, H', W')` with $H' = \lceil
#   H/s\rceil$, $W' = \lceil W/s\rceil$ for stride $s$ (1 or 2).
# - The stride belongs to the *first* 3×3 convolution; both 3×3 convolutions have padding 1.
# - Both 3×3 convolutions produce `out_channels` channels.
# - The block leaves its input as it was: whoever called it may still need `x`.
#
# Without biases, `BasicBlock(16, 16)` has 4,672 parameters and `BasicBlock(16, 32, 2)` has
# 14,528. Biases in any of the convolutions add to that and are accepted.


# %% role="solution" question="basic_block"
class BasicBlock(nn.Module):
    """ReLU(F(x) + S(x)), with two 3x3 convolutions in F."""

    def __init__(self, in_channels, out_channels, stride=1):
        """Make the layers; a projection only where the shapes of F(x) and x differ."""
        super().__init__()
        # slot: solutions.resnet:BasicBlock.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.resnet:BasicBlock.forward


# %% role="check" question="basic_block"
check("basic_block")

# %% [markdown]
# ## 2  The bottleneck block
#
# At 256 channels two 3×3 convolutions are expensive. The bottleneck block first *reduces* the
# channels with a 1×1 convolution, works at 3×3 in the narrow space, and *expands* again:
#
# 1×1, batch norm, ReLU → 3×3, batch norm, ReLU → 1×1, batch norm
#
# Then the shortcut is added and a ReLU follows, as before.
#
# **Write** `Bottleneck(in_channels, bottleneck_channels, stride=1)`, an `nn.Module`.
#
# - Input `(N, in_channels, H, W)`, output `(N, 4 * bottleneck_channels, H', W')`, $H'$ and $W'$
#   as in question 1. Mind the second argument: it is the *narrow* width, not the output's.
# - The stride belongs to the **3×3** convolution. The authors' own first release had it on the
#   first 1×1, which discards three quarters of the positions before anything has looked at them;
#   the version that everybody trains today ("v1.5") moved it. Same parameters, different
#   function, different cost. (Chapter *ResNets*, sections *The bottleneck block* and *v1 and
#   v1.5*.)
# - The shortcut is the identity where input and output shapes agree, otherwise a projection: 1×1
#   convolution with the block's stride, batch norm.
#
# Without biases, `Bottleneck(256, 64)` has 70,400 parameters and `Bottleneck(64, 64)` has 75,008.


# %% role="solution" question="bottleneck"
class Bottleneck(nn.Module):
    """ReLU(F(x) + S(x)), with 1x1, 3x3 (strided) and 1x1 convolutions in F."""

    def __init__(self, in_channels, bottleneck_channels, stride=1):
        """Make the layers; the output has 4 * bottleneck_channels channels."""
        super().__init__()
        # slot: solutions.resnet:Bottleneck.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, 4 * bottleneck_channels, H', W')."""
        # slot: solutions.resnet:Bottleneck.forward


# %% role="check" question="bottleneck"
check("bottleneck")

# %% [markdown]
# ## 3  A shortcut without parameters
#
# The paper compares ways to build a shortcut between different shapes. *Option B* is the
# projection of questions 1 and 2. *Option A* has nothing to learn: it drops positions to match
# the size and adds channels of zeros to match the width. The paper uses it for all its CIFAR-10
# networks. (Chapter *ResNets*, section *And the options?*.)
#
# **Write** `PaddedShortcut(in_channels, out_channels, stride=1)`, an `nn.Module` with no
# parameters. You may assume `out_channels >= in_channels`.
#
# - In height and width it keeps positions 0, s, 2s, … and drops the others. Nothing is averaged.
# - In the channel direction it adds `out_channels - in_channels` channels of zeros (which may be
#   an odd number). The input's channels stay together and in their order; whether the zero
#   channels stand all before them, all behind, or half on each side (one side has one more if
#   their number is odd) is up to you.
# - With equal channels and stride 1 it is the identity.


# %% role="solution" question="padded_shortcut"
class PaddedShortcut(nn.Module):
    """Every stride-th position of x, with channels of zeros added."""

    def __init__(self, in_channels, out_channels, stride=1):
        """Keep what forward needs; nothing here is learned."""
        super().__init__()
        # slot: solutions.resnet:PaddedShortcut.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.resnet:PaddedShortcut.forward


# %% role="check" question="padded_shortcut"
check("padded_shortcut")

# %% [markdown]
# ## 4  A residual network for small images
#
# For CIFAR-10 (32×32 images, 10 classes) the paper has a family of networks with $6n+2$ layers:
#
# | part | channels | stride of its first block | map for a 32×32 image |
# |---|---:|---:|---|
# | 3×3 convolution, batch norm, ReLU | 16 | – | 32×32 |
# | $n$ blocks | 16 | 1 | 32×32 |
# | $n$ blocks | 32 | 2 | 16×16 |
# | $n$ blocks | 64 | 2 | 8×8 |
# | average over all positions, linear layer | – | – | – |
#
# Each block is a basic block *with option A*: $F$ as in question 1, but your `PaddedShortcut`
# where the shapes differ (and the identity elsewhere). Only the first block of a stage has that
# stage's stride; all other blocks have stride 1. Count the layers that have weights along the
# main path: $1 + 2\cdot 3n + 1 = 6n+2$.
#
# **Write** `resnet_cifar(n, num_classes=10)`, a function that returns the network as an
# `nn.Module`.
#
# - Input `(N, 3, H, W)` with any $H, W \ge 4$ (so average over *all* positions, however many
#   there are), output `(N, num_classes)`.
# - The output are scores (logits), without softmax: `F.cross_entropy` expects them so.
# - `resnet_cifar(3)`, known as ResNet-20, has **269,722** parameters without conv biases: the
#   paper's "0.27M" (270,410 when every convolution has a bias). For one 32×32 image it costs
#   40,551,040 multiply-adds in convolutions and the linear layer.
#
# A block with option A is not yet there. Write one, or make your `BasicBlock` flexible with a
# further optional argument: both are fine, as long as question 1's contract still holds. The
# class below is a suggestion, is not graded by itself, and you may delete it.


# %% role="solution" question="resnet_cifar"
class PaddedBlock(nn.Module):
    """A basic block with option A (a suggestion: only resnet_cifar is graded)."""

    def __init__(self, in_channels, out_channels, stride=1):
        """Make the layers."""
        super().__init__()
        # slot: solutions.answers.resnet:PaddedBlock.__init__

    def forward(self, x):
        """(N, in_channels, H, W) -> (N, out_channels, H', W')."""
        # slot: solutions.answers.resnet:PaddedBlock.forward


def resnet_cifar(n, num_classes=10):
    """The paper's network of 6n + 2 layers for small images."""
    # slot: solutions.answers.resnet:resnet_cifar


# %% role="check" question="resnet_cifar"
check("resnet_cifar")

# %% [markdown]
# ## 5  ResNet-50
#
# The ImageNet networks start with a coarser look at a larger image, then have four stages:
#
# | part | output channels | stride of its first block | map for a 224×224 image |
# |---|---:|---:|---|
# | 7×7 convolution, stride 2, padding 3; batch norm, ReLU | 64 | – | 112×112 |
# | max pooling 3×3, stride 2, padding 1 | 64 | – | 56×56 |
# | 3 bottleneck blocks, narrow width 64 | 256 | 1 | 56×56 |
# | 4 bottleneck blocks, narrow width 128 | 512 | 2 | 28×28 |
# | 6 bottleneck blocks, narrow width 256 | 1024 | 2 | 14×14 |
# | 3 bottleneck blocks, narrow width 512 | 2048 | 2 | 7×7 |
# | average over all positions, linear layer | – | – | – |
#
# **Write** `resnet50(num_classes=1000, width=64)`, a function that returns this network as an
# `nn.Module`, made of your `Bottleneck`.
#
# - `width` is the 64 of the table: the channels after the first convolution, and the narrow width
#   of the first stage. Everything else follows in proportion: the narrow widths are `width`, `2 *
#   width`, `4 * width`, `8 * width`. (It lets the checks run a complete, but slim network in
#   milliseconds. You can use it for the same purpose.)
# - Input `(N, 3, H, W)` with any $H, W \ge 32$, output `(N, num_classes)` logits.
# - At full width it has **25,557,032** parameters (without conv biases) and costs
#   **4,089,184,256** multiply-adds for a 224×224 image. The often quoted 3.8 billion belong to
#   the version with the stride on the first 1×1.
#
# If you want to count without filling memory, build it inside `with torch.device("meta"):`. A
# meta tensor has a shape but no values.


# %% role="solution" question="resnet50"
def resnet50(num_classes=1000, width=64):
    """ResNet-50 (v1.5): a stem, four stages of 3, 4, 6 and 3 bottleneck blocks, a linear head."""
    # slot: solutions.answers.resnet:resnet50


# %% role="check" question="resnet50"
check("resnet50")

# %% [markdown]
# ## 6  Start as the identity
#
# A block whose residual branch is zero returns $\mathrm{ReLU}(S(x))$: for the non-negative
# features inside a network and an identity shortcut, that is simply $x$. A deep network made of
# such blocks starts its training as a shallow one, and deepens as it needs to. One line per block
# gets us there: set the scale $\gamma$ (PyTorch calls it `weight`) of the **last batch norm of
# the residual branch** to zero. (Chapter *Why ResNets work*, section *Starting as the identity*.)
#
# **Write** `zero_init_residual(model)`.
#
# - `model` is any `nn.Module` that contains your `BasicBlock`s and `Bottleneck`s, directly,
#   nested in other modules at any depth, or *is* such a block itself.
# - It sets, in every one of these blocks, all entries of that one $\gamma$ to zero, in place. It
#   changes nothing else, neither other parameters nor the shortcut's batch norm, and the zeroed
#   $\gamma$ stays trainable.
# - It returns `None`.


# %% role="solution" question="zero_init"
def zero_init_residual(model):
    """Zero the last gamma of the residual branch in every block of the model, in place."""
    # slot: solutions.resnet:zero_init_residual


# %% role="check" question="zero_init"
check("zero_init")

# %% [markdown]
# ## 7  An instrument: the gradient profile
#
# "Vanishing gradients" is a claim about numbers, so let us be able to read them off. (Chapter
# *Why ResNets work*, section *Do gradients vanish?*.)
#
# **Write** `gradient_profile(model, x, y)`.
#
# - `model` is any classifier that returns logits, `x` a batch of its inputs, `y` the `(N,)` class
#   indices. The loss is `F.cross_entropy(model(x), y)`, the mean over the batch.
# - It returns a list of Python floats: for every parameter *with two or more dimensions* (the
#   weights of convolutions and linear layers, not biases and batch norm's $\gamma$, $\beta$), in
#   the order of `model.parameters()`, the Euclidean norm $\lVert\partial L/\partial w\rVert_2$
#   over all entries of that weight.
# - It measures and does not interfere: parameters keep their values, the model stays in the mode
#   (training or evaluation) that it was given in and is measured in that mode, and what an
#   earlier call or an earlier `backward()` left behind does not influence the result. (In
#   training mode a forward pass moves batch norm's running statistics. That is allowed.)


# %% role="solution" question="gradient_profile"
def gradient_profile(model, x, y):
    """Norms of the loss gradient with respect to each weight, from input to output."""
    # slot: solutions.probes:gradient_profile


# %% role="check" question="gradient_profile"
check("gradient_profile")

# %% [markdown]
# ## 8  The plain twin
#
# To learn what a shortcut does, compare with a network that has none and is *otherwise the same*.
# Option A has no parameters, so this comparison is perfectly fair: the twin has exactly as many.
#
# **Write** `plain_cifar(n, num_classes=10)`, which returns the network of question 4 with every
# shortcut removed. Each block becomes: convolution 3×3 (with the stride), batch norm, ReLU,
# convolution 3×3, batch norm, ReLU. Everything else stays: stem, stages, widths, strides,
# pooling, linear layer, and for $n = 3$ the 269,722 parameters.


# %% role="solution" question="plain_twin"
def plain_cifar(n, num_classes=10):
    """The network of resnet_cifar(n, num_classes) without its shortcuts."""
    # slot: solutions.answers.resnet:plain_cifar


# %% role="check" question="plain_twin"
check("plain_twin")

# %% [markdown]
# ## 9  The experiment
#
# Now put all of it together. The next cell gives you scikit-learn's handwritten digits (1,797
# images of 8×8) and a training loop. The cell after it trains your plain and your residual
# network at 8 and at 38 layers and prints, for each, the gradient norms before training and the
# training loss after each epoch. It takes well under a minute. It is yours: change seeds, depths,
# learning rates; it is not executed when your notebook is graded.
#
# Look at three things:
#
# 1. Which of the two 38-layer networks trains better?
# 2. Compare the *training* loss of the plain network at 8 and at 38 layers. A deeper plain
#    network contains the shallower one (let the extra layers pass their input on), so it *could*
#    do at least as well. Is what you see overfitting, that is, a good training loss and poor
#    results on new images? Or does training itself fail?
# 3. In the plain 38-layer network before training, with batch norm: do gradient norms shrink from
#    the last layers towards the first, as "vanishing gradients" would have it?


# %% role="provided" name="digits"
def load_digits():
    """Handwritten digits: images (1797, 3, 8, 8) in [0, 1] and labels (1797,)."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    return x.repeat(1, 3, 1, 1), torch.tensor(labels)


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


# %% role="experiment" question="degradation"
threads = torch.get_num_threads()
torch.set_num_threads(1)  # small networks run faster, and the same everywhere, on one core
x, y = load_digits()
for n in (1, 6):
    for make in (plain_cifar, resnet_cifar):
        torch.manual_seed(0)
        model = make(n)
        profile = gradient_profile(model, x[:64], y[:64])
        losses = train(model, x[:1500], y[:1500])
        model.eval()
        with torch.no_grad():
            seen = (model(x[:1500]).argmax(1) == y[:1500]).float().mean()
            new = (model(x[1500:]).argmax(1) == y[1500:]).float().mean()
        print(f"{make.__name__}({n}), {6 * n + 2} layers")
        print("  gradient norms, first to last:", *(f"{norm:.2g}" for norm in profile))
        print("  training loss by epoch:       ", *(f"{loss:.3f}" for loss in losses))
        print(f"  correct: {seen:.0%} of the training images, {new:.0%} of new ones")
torch.set_num_threads(threads)

# %% [markdown]
# **State** what you saw: complete `conclusion()` so that it returns a dictionary with these three
# keys, each with one of the values listed (as text, spelled exactly so).
#
# | key | one of |
# |---|---|
# | `"trains_better_at_38_layers"` | `"plain"`, `"residual"`, `"no difference"` |
# | `"plain_38_against_plain_8"` | `"overfits"`, `"fails to train"`, `"as good"` |
# | `"plain_38_gradients_before_training"` | `"vanish towards the input"`, `"do not vanish"` |
#
# For the third, let "vanish" mean that the norm at the first convolution is less than a tenth of
# the norm at the linear layer.


# %% role="solution" question="degradation"
def conclusion():
    """What the experiment showed: a dictionary with the three keys above."""
    # slot: solutions.answers.resnet:conclusion


# %% role="check" question="degradation"
check("degradation")

# %% [markdown]
# ## 10  What the paper says
#
# Many introductions explain ResNets in one line: "shortcuts solve vanishing gradients". Read
# section 4.1 of the paper (*ImageNet Classification*, the part on plain networks) and write 100
# to 200 words:
#
# - What do the authors call *degradation*, and how do they know that it is not overfitting?
# - Do they hold vanishing gradients responsible for it? What do they give as evidence, and what
#   do they suspect instead?
# - Does your measurement in question 9 agree with them? What would you expect to see in the same
#   plain network *without* batch norm? (Try it, if you like.)
#
# *This answer is read by a person: two points for each of the three items.*

# %% [markdown] role="written" question="reading"
# **Model answer.** Degradation is the observation that, from some depth on, adding layers to a
# plain network makes its *training* error rise. Overfitting would lower the training error and
# raise only the error on new images, so it is ruled out by the training curves themselves: the
# 34-layer plain network is worse than the 18-layer one throughout training, although the smaller
# network's solutions are contained in the larger one's.
#
# The authors consider vanishing gradients unlikely. Their plain networks use batch norm, which
# keeps the variance of the forward signal away from zero, and they report having looked at the
# backward gradients and found healthy norms. They suspect instead that deep plain networks
# converge extremely slowly, and leave the reason open.
#
# The profile of question 9 agrees: with batch norm, the gradients of the plain 38-layer network
# do not vanish towards the input, they even grow by two orders of magnitude, and yet training
# fails. Without batch norm (and with PyTorch's default initialisation) signals and gradients
# shrink by a factor at each layer, all norms of the profile are near 1e-18, and nothing moves at
# all: a real problem, but one that careful initialisation and normalisation had addressed before
# ResNets.
