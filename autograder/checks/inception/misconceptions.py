"""Wrong answers to ``assignments/inception``, each with the sentence that a student should read.

They come from papers read loosely, from other frameworks' conventions, from later networks and
widely copied code, and from what students hand in. Most are edits of the reference answer.
"""

from __future__ import annotations

from autograder.checks.inception.mistakes import block, counts, network, pixels
from autograder.expect.variants import Edit, Rewrite

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *pixels.CONV1X1,
    *pixels.MERGE,
    *pixels.MLPCONV,
    *counts.COST,
    *block.INCEPTION,
    *network.HEAD,
    *network.GOOGLENET,
    *counts.LOSS,
    *counts.ABLATION,
)
