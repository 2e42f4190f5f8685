"""Are two modules the same function? Decided by outputs under shared weights, without names.

The judge draws weights for a reference, binds them to the submission's layers by shape and place in
the flow, loads them into the box and compares outputs in float64. Several bindings may fit the
shapes; one that agrees is enough, since two different functions agree on random weights and inputs
under no binding.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from autograder.expect.binding import Bound, bindings
from autograder.expect.cases import Case, Layer, bound, reference_case
from autograder.expect.groups import PRODUCTS, Group, fold_filters, groups_of, in_words
from autograder.expect.patterns import Pattern, fitted, guesses, pattern_of, values_for
from autograder.expect.tensors import close, has_shape
from autograder.expect.unmet import Inconsistent, Unmet
from autograder.submission import BadReply, ModuleHandle, StudentError, Submission, Trace

__all__ = ["Layer", "norm_scales", "same_function", "same_module"]


def same_function(
    student: ModuleHandle, case: Case, *, of: str = "the module", hint: str = "", tol: float = 1e-8
) -> None:
    """``student`` gives ``case``'s output under its weights, for one way to bind them.

    The module keeps the weights that agreed. ``tol`` is relative to the largest output, and
    absolute below one.
    """
    if student.agreements.settled:
        _once_more(student, case, of, tol)
        return
    try:
        way = _way(student, case, of=of, hint=hint, tol=tol)
    except Unmet:
        student.agreements.refused()
        raise
    student.agreements.agreed(way)


def _way(student: ModuleHandle, case: Case, *, of: str, hint: str, tol: float) -> Pattern:
    """The way to bind them under which they agree, the likeliest tried first."""
    if student.seen is not None and (way := _as_seen(student, case, student.seen, tol)):
        return way
    for guess in guesses(student, case):
        if _agrees(student, case, guess.values, tol, guess.pattern.layout):
            fitted(student, case, guess.pattern)
            return guess.pattern
    trace = student.trace(*case.inputs)
    if trace.output_shape != tuple(case.output.shape):
        output = student.forward(*case.inputs, train=case.train)
        has_shape(output, tuple(case.output.shape), of=f"the output of {of}", hint=hint)
    wanted = [layer.group for layer in case.layers]
    groups = fold_filters(groups_of(trace), wanted)
    if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
        raise _other_layers(wanted, groups, trace, of, hint)
    failure: Unmet | None = None
    for binding in bindings(case.layers, groups):
        values = _values(trace, binding)
        output = student.forward(*case.inputs, train=case.train, values=values)
        told = _missing_part(binding) or hint
        try:
            close(
                output, case.output, of=f"the output of {of}", rtol=tol,
                atol=_absolute(case, tol), hint=told,
            )  # fmt: skip
        except Unmet as unmet:
            student.agreements.disagreed()
            failure = failure or unmet  # the first binding is the natural one: its message counts
        else:
            way = pattern_of(case, binding, trace.state)
            fitted(student, case, way)
            return way
    raise failure or _other_layers(wanted, groups, trace, of, hint)


def _once_more(student: ModuleHandle, case: Case, of: str, tol: float) -> None:
    """In a process that was told nothing they agree in the way that was found, at the first try."""
    way: Pattern | None = student.agreements.next()
    if way is None or not _agrees(student, case, values_for(case, way), tol, way.layout):
        raise Inconsistent(of)


def _as_seen(student: ModuleHandle, case: Case, trace: Trace, tol: float) -> Pattern | None:
    """The likeliest way by a trace made before, of other inputs maybe, if they agree under it.

    A trace costs more than a pass, and as a rule layers follow each other in one way. Where this
    does not agree nothing is said: it is looked at anew.
    """
    wanted = [layer.group for layer in case.layers]
    groups = fold_filters(groups_of(trace), wanted)
    if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
        return None
    binding = next(bindings(case.layers, groups), None)
    with contextlib.suppress(BadReply):
        if binding is not None and _agrees(student, case, _values(trace, binding), tol):
            return pattern_of(case, binding, trace.state)
    return None


def _agrees(
    student: ModuleHandle,
    case: Case,
    values: Mapping[int, Tensor],
    tol: float,
    layout: Sequence[tuple[str, int]] | None = None,
) -> bool:
    """Whether it gives the case's output with these values loaded (into this layout alone)."""
    with contextlib.suppress(StudentError, BadReply):
        output = student.forward(*case.inputs, train=case.train, values=values, layout=layout)
        try:
            close(output, case.output, of="", rtol=tol, atol=_absolute(case, tol))
        except Unmet:
            student.agreements.disagreed()
        else:
            return True
    return False


def _values(trace: Trace, binding: Sequence[Bound]) -> dict[int, Tensor]:
    """The weights of a case, bound in this way."""
    shapes = [entry.shape for entry in trace.state.entries]
    values = {}
    for layer, group, flip in binding:
        values.update(bound(layer, group, shapes, flip=flip))
    return values


def _absolute(case: Case, tol: float) -> float:
    return tol * max(1.0, float(case.output.abs().max()))


def _other_layers(
    wanted: Sequence[Group], groups: Sequence[Group], trace: Trace, of: str, hint: str
) -> Unmet:
    """What to say when the layers cannot be paired: only those that do not pair are listed."""
    theirs = Counter(group.signature for group in groups)
    ours = Counter(group.signature for group in wanted)
    odd = {signature for signature in theirs | ours if theirs[signature] != ours[signature]}
    hidden = any(unit.op in PRODUCTS and unit.weight is None for unit in trace.units)
    if hidden:
        hint = (
            "A weight that takes part is not registered: layers in a plain list or dict, and bare "
            "tensors that are no nn.Parameter, are invisible to PyTorch."
        )
    return Unmet(
        f"{of} is made of other layers than the definition",
        expected=in_words([g for g in wanted if g.signature in odd]),
        got=in_words([g for g in groups if g.signature in odd]),
        hint=hint,
    )


def _missing_part(binding: Sequence[Bound]) -> str:
    """What a layer of the reference has and its partner lacks; empty when nothing is missing."""
    for layer, group, _ in binding:
        if layer.gamma is not None and group.gamma is None:
            return "A batch norm has no scale and shift of its own: keep affine=True."
        if layer.mean is not None and group.mean is None:
            return (
                "A batch norm keeps no running statistics, or they are not registered as buffers."
            )
        if layer.bias is not None and group.bias is None and not group.norm:
            return "A layer without batch norm has no bias."
    members = Counter(index for _, group, _ in binding for index in group.members)
    if any(uses > 1 for uses in members.values()):
        return "Two layers share parameters, the same batch norm for example: give each its own."
    return ""


def norm_scales(handle: ModuleHandle, *inputs: Tensor) -> list[Tensor]:
    """The scale (gamma) of every batch norm, in the order of use on ``inputs``, whatever its name.

    Norms that cannot be seen in the flow, or without a scale, are left out.
    """
    scales = [group.gamma for group in groups_of(handle.trace(*inputs))]
    entries = handle.state().entries
    found = [entries[index].value for index in scales if index is not None and index < len(entries)]
    return [value for value in found if value is not None]


def same_module(
    submission: Submission,
    oracle: Submission,
    name: str,
    *args: Any,
    shape: Sequence[int],
    seed: int,
    train: bool = False,
    scale: float = 1.0,
    hint: str = "",
    **kwargs: Any,
) -> None:
    """``name(*args, **kwargs)`` is the same function in both, on a random input of ``shape``.

    ``scale`` makes all activations larger or smaller (:func:`~autograder.expect.cases.rescaled`).
    """
    case = reference_case(
        oracle, name, args, kwargs, shape=shape, seed=seed, train=train, scale=scale
    )
    student = submission.build(name, *args, dtype="float64", **kwargs)
    words = [str(arg) for arg in args] + [f"{key}={value}" for key, value in kwargs.items()]
    where = f"{name}({', '.join(words)}) on {tuple(shape)}{' in training mode' if train else ''}"
    same_function(student, case, of=where, hint=hint)
    student.drop()
