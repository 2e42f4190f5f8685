"""Wrong answers to ``assignments/classic-networks``, each with the sentence for the student.

They come from the papers' footnotes, from other frameworks' conventions, from code that is widely
read, and from what students hand in. Most are edits of the reference answer; a network a module.
"""

from __future__ import annotations

from autograder.checks.classic_networks.mistakes import alexnet, arithmetic, lenet, vgg
from autograder.expect.variants import Edit, Rewrite

MISCONCEPTIONS: tuple[Edit | Rewrite, ...] = (
    *arithmetic.ARITHMETIC,
    *lenet.LENET,
    *lenet.TABLE,
    *alexnet.LRN,
    *alexnet.ALEXNET,
    *vgg.VGG,
    *arithmetic.RECEPTIVE_FIELD,
    *arithmetic.FC_TO_CONV,
    *arithmetic.ADDITIVITY,
)
