"""The vocabulary in which checks are written. Each function raises :class:`Unmet` or returns."""

from autograder.expect.cases import (
    Case,
    Layer,
    make_case,
    random_input,
    reference_case,
    rescaled,
)
from autograder.expect.counting import every_parameter_learns, macs, parameter_count
from autograder.expect.equality import norm_scales, same_function, same_module
from autograder.expect.frozen import Frozen
from autograder.expect.kept import kept, kept_all, kept_answers
from autograder.expect.learning import LearnData, Recipe, Training, accuracy, digits, learns
from autograder.expect.marks import Mark, check, mark_of
from autograder.expect.properties import batch_independent
from autograder.expect.tensors import close, defined, has_shape, is_tensor, kind_of, number, numbers
from autograder.expect.unmet import Unmet
from autograder.expect.variants import (
    Variant,
    VariantError,
    edit,
    load_alternatives,
    load_misconceptions,
    rewrite,
)

__all__ = [
    "Case",
    "Frozen",
    "Layer",
    "LearnData",
    "Mark",
    "Recipe",
    "Training",
    "Unmet",
    "Variant",
    "VariantError",
    "accuracy",
    "batch_independent",
    "check",
    "close",
    "defined",
    "digits",
    "edit",
    "every_parameter_learns",
    "has_shape",
    "is_tensor",
    "kept",
    "kept_all",
    "kept_answers",
    "kind_of",
    "learns",
    "load_alternatives",
    "load_misconceptions",
    "macs",
    "make_case",
    "mark_of",
    "norm_scales",
    "number",
    "numbers",
    "parameter_count",
    "random_input",
    "reference_case",
    "rescaled",
    "rewrite",
    "same_function",
    "same_module",
]
