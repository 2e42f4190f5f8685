"""Wrong answers to ``assignments/mobilenet``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from neighbouring
architectures, and from what students hand in. Most are edits of the reference answer.
"""

from __future__ import annotations

from autograder.checks.mobilenet.mistakes.blocks import DEPTHWISE_SEPARABLE, INVERTED_RESIDUAL
from autograder.checks.mobilenet.mistakes.functions import (
    COST_RATIO,
    DEPTHWISE_CONV,
    MAKE_DIVISIBLE,
)
from autograder.checks.mobilenet.mistakes.networks import MOBILENET_V1, MOBILENET_V2
from autograder.checks.mobilenet.mistakes.tables import LINEAR_BOTTLENECK, TABLES
from autograder.expect.variants import Edit, Rewrite

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *DEPTHWISE_CONV, *COST_RATIO, *DEPTHWISE_SEPARABLE, *MOBILENET_V1, *MAKE_DIVISIBLE,
    *INVERTED_RESIDUAL, *MOBILENET_V2, *TABLES, *LINEAR_BOTTLENECK,
)  # fmt: skip
