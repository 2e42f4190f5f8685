"""Checks on a block in training mode: batch statistics, running statistics, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.expect.cases import Case, random_input, reference_case
from autograder.expect.counting import every_parameter_learns
from autograder.expect.equality import same_function
from autograder.expect.kept import kept
from autograder.expect.tensors import close
from autograder.submission import Submission

HINT = "nn.BatchNorm2d with its defaults does it; a hand-made one must know self.training."


def trains_alike(
    submission: Submission,
    oracle: Submission,
    name: str,
    args: Sequence[int],
    *,
    seed: int,
    scale: float = 1.0,
    hint: str = HINT,
) -> None:
    """In training mode a block is the oracle's function, and in evaluation mode afterwards as well.

    That is: batch norm uses the batch's statistics, then the running ones that it kept of them. The
    first of ``args`` is the number of input channels; ``scale`` as in
    :func:`~autograder.expect.cases.rescaled`.
    """
    words = f"{name}({', '.join(map(str, args))})"
    case, afterwards = kept(oracle, _in_both_modes, name, tuple(args), seed, scale)
    student = submission.shared(name, *args)
    same_function(student, case, of=f"{words} in training mode", hint=hint)
    close(
        student.forward(*case.inputs), afterwards,
        of=f"the output of {words} in evaluation mode, after a step in training mode",
        hint=hint,
    )  # fmt: skip


def _in_both_modes(
    oracle: Submission, name: str, args: tuple[int, ...], seed: int, scale: float
) -> tuple[Case, Any]:
    """A case in training mode, and what comes out in evaluation mode after it."""
    case = reference_case(
        oracle, name, args, {}, shape=(3, args[0], 6, 5), seed=seed, train=True, scale=scale
    )
    reference = oracle.build(name, *args)
    same_function(reference, case)
    afterwards = reference.forward(*case.inputs)
    reference.drop()
    return case, afterwards


def learns_everywhere(
    submission: Submission, name: str, args: Sequence[int], out_shape: Sequence[int]
) -> None:
    """Every parameter of a block gets a gradient, from an upstream one of ``out_shape``.

    The input is ``(N, args[0], 6, 4)`` with the N of ``out_shape``.
    """
    block = submission.shared(name, *args)
    x, upstream = random_input((out_shape[0], args[0], 6, 4), 1), random_input(out_shape, 2)
    every_parameter_learns(block, x, upstream, of=f"{name}({', '.join(map(str, args))})")
