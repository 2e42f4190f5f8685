"""What only the grader checks: the submission against the oracle, under fresh weights and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import torch

from autograder.expect import (
    LearnData,
    Recipe,
    Unmet,
    check,
    close,
    has_shape,
    learns,
    make_case,
    random_input,
    same_function,
    same_module,
)
from autograder.submission import Submission

OracleWith = Callable[[Mapping[str, str]], Submission]

BLOCKS = ((4, 6, 2), (5, 5, 1), (6, 4, 1), (4, 4, 2))
BOTTLENECKS = ((8, 3, 2), (8, 2, 1), (3, 3, 1), (8, 2, 2))

# The text leaves open where option A puts its zeros: a network is compared with each way.
SHORTCUT = """
class PaddedShortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        extra = out_channels - in_channels
        self.front = {front}
        self.back = extra - self.front

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, self.front, self.back))
"""
PLACEMENTS: tuple[dict[str, str], ...] = (
    {},
    {"padded_shortcut": SHORTCUT.format(front="extra // 2")},
    {"padded_shortcut": SHORTCUT.format(front="extra")},
)


@check("basic_block", points=2, needs=("shapes", "parameters"), compares=True)
def same_block(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the same function as the definition, whatever the shapes"""
    for number, arguments in enumerate(BLOCKS):
        same_module(
            submission, oracle, "BasicBlock", *arguments,
            shape=(2, arguments[0], 7, 10), seed=seed + number,
            hint="Compare with the formula y = ReLU(F(x) + S(x)) for exactly this case.",
        )  # fmt: skip


@check("basic_block", points=1, needs=("shapes", "parameters"), compares=True)
def same_block_in_training(submission: Submission, oracle: Submission, seed: int) -> None:
    """In training mode, too: batch norm uses the statistics of the batch"""
    same_module(
        submission, oracle, "BasicBlock", 4, 6, 2, shape=(3, 4, 7, 6), seed=seed, train=True,
        hint="Is anything fixed to evaluation mode, or normalised by hand?",
    )  # fmt: skip


@check(
    "bottleneck", points=1, needs=("bottleneck_shapes", "bottleneck_parameters"), compares=True
)
def same_bottleneck(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the same function as the definition, whatever the shapes"""
    for number, arguments in enumerate(BOTTLENECKS):
        same_module(
            submission, oracle, "Bottleneck", *arguments,
            shape=(2, arguments[0], 7, 10), seed=seed + number,
            hint="Compare with the definition layer by layer for exactly this case.",
        )  # fmt: skip


@check(
    "bottleneck", points=1, needs=("bottleneck_shapes", "bottleneck_parameters"), compares=True
)
def same_bottleneck_in_training(submission: Submission, oracle: Submission, seed: int) -> None:
    """In training mode, too: batch norm uses the statistics of the batch"""
    same_module(
        submission, oracle, "Bottleneck", 8, 3, 2, shape=(3, 8, 7, 6), seed=seed, train=True,
        hint="Is anything fixed to evaluation mode, or normalised by hand?",
    )  # fmt: skip


@check("padded_shortcut", points=2, needs="shortcut_shapes", compares=True)
def same_shortcut(submission: Submission, oracle: Submission, seed: int) -> None:
    """It gives the definition's numbers for fresh inputs, zeros before or behind"""
    for number, arguments in enumerate(((5, 8, 2), (4, 4, 2), (3, 6, 1), (4, 4, 1))):
        x = random_input((2, arguments[0], 7, 8), seed + number)
        expected = oracle.build("PaddedShortcut", *arguments).forward(x)
        found = submission.build("PaddedShortcut", *arguments).forward(x)
        out = has_shape(found, tuple(expected.shape), of=f"PaddedShortcut{arguments}")
        # Zeros may stand elsewhere: the channels may come turned, but not torn apart.
        turns = [torch.roll(out, turn, dims=1) for turn in range(arguments[1])]
        if not any(torch.equal(turned, expected) for turned in turns):
            close(out, expected, of=f"PaddedShortcut{arguments}")


@check("resnet_cifar", points=3, needs=("cifar_shapes", "cifar_parameters"), compares=True)
def cifar_function(submission: Submission, oracle_with: OracleWith, seed: int) -> None:
    """The whole network is the same function as the definition"""
    failures = []
    for placement in PLACEMENTS:
        try:
            same_module(
                submission, oracle_with(placement), "resnet_cifar", 2,
                shape=(2, 3, 9, 12), seed=seed,
                hint="Stem, three stages, average, linear: what comes after the stem's "
                "convolution, which block has the stride, and is there a softmax?",
            )  # fmt: skip
        except Unmet as unmet:
            failures.append(unmet)
        else:
            return
    raise failures[0]


@check("resnet_cifar", points=2, needs="cifar_function")
def cifar_learns(submission: Submission, seed: int) -> None:
    """A small network learns to read digits"""
    net = submission.build("resnet_cifar", 1, seed=seed)
    learns(net, digits(), bar=BAR, recipe=RECIPE, seed=seed, of="resnet_cifar(1)")
    net.drop()


RECIPE = Recipe(chunks=5, steps=8, batch_size=48, learning_rate=0.1, momentum=0.9)
BAR = 0.5


@cache
def digits() -> LearnData:
    """scikit-learn's digits: 1,500 to learn from, 150 held out, 8x8 in three equal channels."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    x = x.repeat(1, 3, 1, 1)
    y = torch.tensor(labels, dtype=torch.int64)
    return LearnData(x[:1500], y[:1500], x[1500:1650], y[1500:1650])


@check("resnet50", points=3, needs=("resnet50_shapes", "resnet50_parameters"), compares=True)
def resnet50_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """The whole network, slim, is the same function as the definition"""
    same_module(
        submission, oracle, "resnet50", 5, shape=(2, 3, 40, 48), seed=seed, width=4,
        hint="Stem (convolution, batch norm, ReLU, max pooling), four stages, average, linear.",
    )  # fmt: skip


@check(
    "zero_init",
    points=2,
    needs=("zero_init_identity", "basic_block/same_block", "bottleneck/same_bottleneck"),
    compares=True,
)
def same_zero_init(submission: Submission, oracle: Submission, seed: int) -> None:
    """In blocks with a projection and inside a whole network it zeroes the right scales"""
    cases = (("BasicBlock", (4, 6, 2), {}), ("Bottleneck", (8, 3, 2), {}))
    for number, (name, arguments, keywords) in enumerate(cases):
        x = random_input((2, arguments[0], 7, 6), seed + number)
        theirs = oracle.build(name, *arguments, dtype="float64", **keywords)
        ours = submission.build(name, *arguments, dtype="float64", **keywords)
        same_function(ours, make_case(theirs, x, seed=seed + number), of=name)
        oracle.call("zero_init_residual", theirs)
        submission.call("zero_init_residual", ours)
        close(
            ours.forward(x), theirs.forward(x), of=f"{name}{arguments} after zero_init_residual",
            hint="Of the block's batch norms, only the last of the residual branch becomes zero.",
        )  # fmt: skip
    _zeros_of_a_network(submission, oracle)


def _zeros_of_a_network(submission: Submission, oracle: Submission) -> None:
    """As many scales are zero in a network of bottlenecks as in the oracle's."""
    counts = []
    for side in (oracle, submission):
        net = side.build("resnet50", 5, width=2)
        side.call("zero_init_residual", net)
        entries = net.state().parameters
        zero = [e for e in entries if e.value is not None and len(e.shape) == 1 and e.requires_grad]
        counts.append(sorted(e.shape for e in zero if not bool(e.value.any()) and _is_gamma(e.name)))  # type: ignore[union-attr]
        net.drop()
    if len(counts[0]) != len(counts[1]):
        raise Unmet(
            "in a whole network, zero_init_residual reaches another number of blocks",
            expected=f"{len(counts[0])} zeroed scales in resnet50(5, width=2)",
            got=f"{len(counts[1])}",
            hint="model.modules() visits blocks at any depth.",
        )


def _is_gamma(name: str) -> bool:
    """Scales start at one and shifts at zero: only what is no bias can have been zeroed."""
    return not name.endswith("bias")


@check("gradient_profile", points=1, needs="profile_values", compares=True)
def same_profile(submission: Submission, oracle: Submission, seed: int) -> None:
    """With batch norm it measures in the mode that the model is in, and leaves it there"""
    layers = [
        ["Conv2d", 3, 4, 3], ["BatchNorm2d", 4], ["ReLU"], ["Conv2d", 4, 4, 3], ["Flatten"],
        ["Linear", 48, 5],
    ]  # fmt: skip
    x = random_input((4, 3, 7, 8), seed).float()
    y = torch.tensor([1, 0, 4, 2])
    for train in (True, False):
        profiles = []
        for side in (oracle, submission):
            net = side.probe_net(layers, seed=seed % 1000)
            net.forward(3 * x + 1, train=True)
            net.mode(train=train)
            profiles.append(side.call("gradient_profile", net, x, y))
            profiles.append(side.call("gradient_profile", net, x, y))
            net.drop()
        expected, again, found, repeated = (torch.tensor(profile) for profile in profiles)
        mode = "training" if train else "evaluation"
        for got, right in ((found, expected), (repeated, again)):
            close(
                got, right, of=f"the profile of a network in {mode} mode", rtol=1e-3, atol=1e-7,
                hint="Leave the mode as it is; what .grad held before must not count.",
            )  # fmt: skip


@check("plain_twin", points=2, needs=("plain_shapes", "plain_parameters"), compares=True)
def plain_function(submission: Submission, oracle: Submission, seed: int) -> None:
    """It is the same function as the definition: no shortcut is left"""
    same_module(
        submission, oracle, "plain_cifar", 2, shape=(2, 3, 9, 12), seed=seed,
        hint="Convolution, batch norm, ReLU, twice a block, and nothing added back.",
    )  # fmt: skip


@check("degradation", points=2, needs="conclusion_form", compares=True)
def conclusion_holds(submission: Submission, oracle: Submission) -> None:
    """What is stated is what the experiment shows"""
    expected, found = oracle.call("conclusion"), submission.call("conclusion")
    wrong = [key for key in expected if found.get(key) != expected[key]]
    if wrong:
        raise Unmet(
            f"{len(wrong)} of {len(expected)} statements disagree with the experiment",
            expected="what the printed losses and norms show",
            got=f"another answer to: {', '.join(wrong)}",
            hint="Run the experiment again and read its numbers in the order of the questions.",
        )
