"""Public checks of ``assignments/classic-networks``: where AlexNet and VGG drop out, and how much.

They run in a student's own kernel, where the reference is not, and again when a submission is
graded. A check is called ``<question>_<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from autograder.expect import Unmet, check, is_tensor
from autograder.expect.blocks import for_each, passing, sample
from autograder.submission import ModuleHandle, Submission

SHOWN = 100
"""Classes of the networks here: a number that no layer inside has."""
BEHIND, BEFORE = (1.0, 3.0, 11.0), (2.0, 4.0, 8.0)
"""The scores of :func:`twice_by_half` where both dropouts stand behind their layers, or before."""
OTHERWISE: Mapping[tuple[float, ...], str] = {
    (2.0, 6.0): "one dropout, between the first and the second linear layer",
    (1.0, 7.0): "one dropout, between the second and the third linear layer",
    (3.0, 5.0): "one dropout, in front of the first linear layer",
    (0.0, 4.0, 12.0): "one dropout between the first two linear layers, one on the scores",
    (0.0, 8.0): "one dropout, on the scores",
    BEFORE: "dropout in front of the first two linear layers",
}
"""What other scores mean."""


@check("alexnet", points=0.5, needs="output_shape")
def alexnet_dropout(submission: Submission) -> None:
    """Half of the features are dropped in two places in training mode, none in evaluation mode."""
    net = submission.build("alexnet", 1, num_classes=SHOWN, width=6)
    of = f"alexnet(1, num_classes={SHOWN}, width=6)"
    x = sample(1, 3, 227, 227)
    drops_out(net, x, of=of)
    twice_by_half(net, x, 256, (BEHIND, BEFORE), of=of)
    net.drop()


@check("vgg", points=0.5, needs="output_shape")
def vgg_dropout(submission: Submission) -> None:
    """Half of the features are dropped in two places in training mode, none in evaluation mode."""
    net = submission.build("make_vgg", [4, "M"], num_classes=SHOWN, hidden=64)
    of = f'make_vgg([4, "M"], num_classes={SHOWN}, hidden=64)'
    x = sample(1, 3, 14, 14)
    drops_out(net, x, of=of)
    twice_by_half(net, x, 64, (BEHIND,), of=of)
    net.drop()


def drops_out(net: ModuleHandle, x: Tensor, *, of: str) -> None:
    """Two passes agree in evaluation mode, and do not in training mode."""
    first, second = (
        is_tensor(net.forward(x, seed=seed), of=f"the output of {of}") for seed in (1, 2)
    )
    if not torch.equal(first, second):
        raise Unmet(
            f"{of} is random in evaluation mode",
            expected="the same scores from two passes over one image",
            got=f"scores that differ by up to {float((first - second).abs().max()):.2g}",
            hint="F.dropout needs training=self.training; nn.Dropout looks after that itself.",
        )
    first, second = (
        is_tensor(net.forward(x, seed=seed, train=True), of=f"the output of {of}")
        for seed in (1, 2)
    )
    if torch.equal(first, second):
        raise Unmet(
            f"{of} has no dropout that acts in training mode",
            expected="other scores from a second pass over one image",
            got="the same scores",
            hint="Dropout stands between the linear layers.",
        )


def twice_by_half(
    net: ModuleHandle, x: Tensor, hidden: int, allowed: Sequence[tuple[float, ...]], *, of: str
) -> None:
    """Dropout of 0.5 acts in front of two of the three linear layers, or behind two.

    Convolutions give ones, and each linear layer adds one to what it passes on unchanged: 4 come
    out without dropout. In training mode a score tells what was dropped on its way. Where it is not
    4 without, another function is computed, which other checks look at.
    """

    def shown(shape: Sequence[int]) -> Tensor:
        if len(shape) == 1:
            return torch.ones(tuple(shape))
        return passing(shape) if {SHOWN, hidden} & set(shape) else torch.zeros(tuple(shape))

    values = for_each(net.state(values=False), shown, of=of)
    count = min(SHOWN, hidden)
    calm = is_tensor(net.forward(x, values=values), of=f"the output of {of}")
    if calm.shape != (1, SHOWN) or not bool((calm[:, :count] == 4).all()):
        return
    output = is_tensor(net.forward(x, train=True), of=f"the output of {of}")
    found = tuple(sorted({round(value, 4) for value in output.flatten()[:count].tolist()}))
    if found not in allowed:
        raise Unmet(
            f"{of} drops out otherwise than the text says",
            expected="in two places half of the numbers dropped, the others doubled",
            got=OTHERWISE.get(found) or _rate(found),
            hint="p of nn.Dropout is the share that is dropped. Where do the two stand among the "
            "linear layers?",
        )


def _rate(found: Sequence[float]) -> str:
    """What scores say that stand for no known place: behind its layer a dropout leaves only one."""
    factor = found[1] - 1 if len(found) == 3 and found[0] == 1 else 0.0
    if 1 < factor < 10 and abs(1 + factor + 2 * factor**2 - found[2]) < 0.01:
        return f"kept numbers times {factor:.2f}: a rate of {1 - 1 / factor:.2g}"
    shown = ", ".join(f"{value:g}" for value in found[:6])
    return f"scores of {shown} where two dropouts of 0.5 leave three different ones"
