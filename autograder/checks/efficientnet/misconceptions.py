"""Wrong answers to ``assignments/efficientnet``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from neighbouring
architectures, and from what students hand in. Most are edits of the reference answer.
"""

from __future__ import annotations

from autograder.checks.efficientnet.mistakes.blocks import (
    MBCONV,
    SQUEEZE_EXCITATION,
    STOCHASTIC_DEPTH,
)
from autograder.checks.efficientnet.mistakes.networks import NETWORK, VARIANTS
from autograder.checks.efficientnet.mistakes.rules import BUDGET, COMPOUND, RACE, ROUNDING
from autograder.expect.variants import Edit, Rewrite

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *ROUNDING, *SQUEEZE_EXCITATION, *STOCHASTIC_DEPTH, *MBCONV, *NETWORK, *VARIANTS, *COMPOUND,
    *BUDGET, *RACE,
)  # fmt: skip
