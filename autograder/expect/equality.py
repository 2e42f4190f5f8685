"""Are two modules the same function? Decided by an output under shared weights, without names.

The judge draws weights for a reference, binds them to the submission's layers by shape and place in
the flow, loads them into the box and compares outputs in float64. The submission is asked once
(:mod:`autograder.expect.relabel` says why): where several bindings fit the shapes, the reference
tells what each of them would have made of the weights that were loaded. One that explains the
output is enough, since two different functions agree on random weights and inputs under no binding.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from autograder.expect.binding import Bound, bindings
from autograder.expect.cases import Case, Layer, bound, reference_case
from autograder.expect.groups import PRODUCTS, Group, fold_filters, groups_of, in_words
from autograder.expect.patterns import Pattern, fitted, guesses, pattern_of
from autograder.expect.relabel import AS_IT_IS, Style, equal, seen_as
from autograder.expect.tensors import close, has_shape
from autograder.expect.unmet import Unmet
from autograder.submission import BadReply, ModuleHandle, StudentError, Submission, Trace

__all__ = ["Layer", "norm_scales", "same_function", "same_module"]


class Asked(NamedTuple):
    """The one question: the values that were loaded, by state index, and what came out."""

    loaded: Mapping[int, Tensor]
    output: Any
    pattern: Pattern


def same_function(
    student: ModuleHandle,
    case: Case,
    *,
    of: str = "the module",
    hint: str = "",
    tol: float = 1e-8,
    styles: Sequence[Style] = (),
) -> None:
    """``student`` gives ``case``'s output under its weights, for one way to bind them.

    Or it does under weights in the order of one of the ``styles``. The module keeps the weights
    that agreed. ``tol`` is relative to the largest output, and absolute below one.

    Comparisons of one question count together: once an output was refused, its process may know
    that, and what agrees from then on (in the same mode) may be its next guess.
    """
    refused = student.submission.refused
    try:
        _same(student, case, of, hint, tol, styles)
    except Unmet:
        refused.add(case.train)
        raise
    if case.train in refused:
        raise Unmet(
            f"{of} agrees with the definition, but another comparison of this question did not",
            expected="agreement in all of them",
            got="agreement here",
            hint="Mend what failed above: this one counts together with it.",
        )


def _same(
    student: ModuleHandle, case: Case, of: str, hint: str, tol: float, styles: Sequence[Style]
) -> None:
    asked = _likely(student, case)
    if asked is not None and _agrees(asked.output, case.output, tol):
        fitted(student, case, asked.pattern)
        return
    trace = student.trace(*case.inputs)
    if trace.output_shape != tuple(case.output.shape):
        output = student.forward(*case.inputs, train=case.train) if asked is None else asked.output
        has_shape(output, tuple(case.output.shape), of=f"the output of {of}", hint=hint)
    wanted = [layer.group for layer in case.layers]
    groups = fold_filters(groups_of(trace), wanted)
    if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
        raise _other_layers(wanted, groups, trace, of, hint)
    failure: Unmet | None = None
    for binding in bindings(case.layers, groups):
        if asked is None:
            values = _values(trace, case.layers, binding)
            output = student.forward(*case.inputs, train=case.train, values=values)
            asked = Asked(values, output, pattern_of(case, binding, trace.state))
        for style in (AS_IT_IS, *styles):
            told = _missing_part(binding) or hint
            try:
                _explained(student, case, binding, style, asked, trace, of, told, tol)
            except Unmet as unmet:
                failure = failure or unmet  # the first is the natural one: its message counts
            else:
                return
    raise failure or _other_layers(wanted, groups, trace, of, hint)


def _likely(student: ModuleHandle, case: Case) -> Asked | None:
    """The question as it is put without a trace of these inputs; None where it cannot be put.

    A trace costs more than a pass, and as a rule layers follow each other in one way: that of a
    trace made before, of one of its like, or of the reference.
    """
    if student.seen is not None and (asked := _as_seen(student, case, student.seen)):
        return asked
    for guess in guesses(student, case):
        with contextlib.suppress(StudentError, BadReply):
            output = student.forward(
                *case.inputs, train=case.train, values=guess.values, layout=guess.pattern.layout
            )
            return Asked(guess.values, output, guess.pattern)
    return None


def _as_seen(student: ModuleHandle, case: Case, trace: Trace) -> Asked | None:
    """By the likeliest binding of a trace made before, of other inputs maybe."""
    wanted = [layer.group for layer in case.layers]
    groups = fold_filters(groups_of(trace), wanted)
    if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
        return None
    binding = next(bindings(case.layers, groups), None)
    with contextlib.suppress(StudentError, BadReply):
        if binding is not None:
            values = _values(trace, case.layers, binding)
            output = student.forward(*case.inputs, train=case.train, values=values)
            return Asked(values, output, pattern_of(case, binding, trace.state))
    return None


def _explained(
    student: ModuleHandle,
    case: Case,
    binding: Sequence[Bound],
    style: Style,
    asked: Asked,
    trace: Trace,
    of: str,
    told: str,
    tol: float,
) -> None:
    """The output is the reference's under what was loaded, seen by this binding in this style.

    Then the module is given the case's own weights in that way, and agrees again.
    """
    seen = seen_as(binding, asked.loaded)
    as_asked = style is AS_IT_IS and seen is not None and equal(seen, case.layers)
    if not as_asked and case.under is not None:
        if seen is None:
            raise _other(asked.output, case.output, of, told, tol)
        close(
            asked.output, case.under([style.back(layer) for layer in seen]),
            of=f"the output of {of}", rtol=tol, atol=_absolute(case.output, tol), hint=told,
        )  # fmt: skip
    output = asked.output
    if not as_asked:  # at home this is the question
        layers = [style.there(layer) for layer in case.layers]
        values = _values(trace, layers, binding)
        output = student.forward(*case.inputs, train=case.train, values=values)
    close(
        output, case.output, of=f"the output of {of}", rtol=tol,
        atol=_absolute(case.output, tol), hint=told,
    )  # fmt: skip
    fitted(student, case, pattern_of(case, binding, trace.state))


def _agrees(output: Any, wanted: Tensor, tol: float) -> bool:
    """Whether an output is the wanted one."""
    with contextlib.suppress(Unmet):
        close(output, wanted, of="", rtol=tol, atol=_absolute(wanted, tol))
        return True
    return False


def _other(output: Any, wanted: Tensor, of: str, told: str, tol: float) -> Unmet:
    """How an output differs that no binding can explain."""
    try:
        close(output, wanted, of=f"the output of {of}", rtol=tol, atol=_absolute(wanted, tol),
              hint=told)  # fmt: skip
    except Unmet as unmet:
        return unmet
    return Unmet(f"{of} holds its weights in another way than was found", hint=told)


def _values(trace: Trace, layers: Sequence[Layer], binding: Sequence[Bound]) -> dict[int, Tensor]:
    """The weights of ``layers``, which are those of the binding, bound in this way."""
    shapes = [entry.shape for entry in trace.state.entries]
    by_group = {layer.group: layer for layer in layers}
    values = {}
    for layer, group, flip in binding:
        values.update(bound(by_group[layer.group], group, shapes, flip=flip))
    return values


def _absolute(output: Tensor, tol: float) -> float:
    return tol * max(1.0, float(output.abs().max()))


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
