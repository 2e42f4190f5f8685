"""Wrong answers to ``assignments/classic-networks``."""

MISCONCEPTIONS = ()
