"""Wrong answers to ``assignments/resnet``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from neighbouring
architectures, and from what students hand in. Most are edits of the reference answer.
"""

from __future__ import annotations

from autograder.checks.resnet.mistakes.blocks import BASIC_BLOCK, BOTTLENECK, PADDED_SHORTCUT
from autograder.checks.resnet.mistakes.instruments import DEGRADATION, GRADIENT_PROFILE, ZERO_INIT
from autograder.checks.resnet.mistakes.networks import PLAIN_TWIN, RESNET50, RESNET_CIFAR
from autograder.expect.variants import Edit, Rewrite

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *BASIC_BLOCK, *BOTTLENECK, *PADDED_SHORTCUT, *RESNET_CIFAR, *RESNET50, *ZERO_INIT,
    *GRADIENT_PROFILE, *PLAIN_TWIN, *DEGRADATION,
)  # fmt: skip
