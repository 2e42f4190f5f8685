"""Are two modules the same function? Decided by an output under shared weights, without names.

The judge draws weights for a reference, binds them to the submission's layers by shape and place in
the flow, loads them into the box and compares outputs in float64. One output decides
(:mod:`autograder.expect.relabel` says why): where it is another one than the case's and several
bindings fit the shapes, the reference tells what each of them would have made of the weights that
were loaded. The first that explains the output is taken for the module's own way, in which it must
then give the case's output. Two different functions agree on random weights and inputs under no
binding.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """The question: the values that were loaded, by state index, and what came out."""

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

    Comparisons of one question count together: once an output was another one, what is asked next
    may tell so, and what agrees from then on (in the same mode) may be another guess.
    """
    refused = student.submission.refused
    before = case.train in refused
    try:
        _Comparison(student, case, of, hint, tol, styles).run()
    except Unmet:
        refused.add(case.train)
        raise
    if before:
        raise Unmet(
            f"{of} agrees, but counts only together with another comparison, which failed",
            expected="agreement in both",
            got="agreement here alone",
            hint="Nothing is wrong here by itself: mend the comparison that failed.",
        )
    refused.discard(case.train)


@dataclass(frozen=True)
class _Comparison:
    student: ModuleHandle
    case: Case
    of: str
    hint: str
    tol: float
    styles: Sequence[Style]

    def run(self) -> None:
        asked = self._likely()
        if asked is not None and self._agrees(asked):
            return
        case, student = self.case, self.student
        trace = student.trace(*case.inputs)
        if trace.output_shape != tuple(case.output.shape):
            output = student.forward(*case.inputs, train=case.train) if asked is None else asked[1]
            has_shape(
                output, tuple(case.output.shape), of=f"the output of {self.of}", hint=self.hint
            )
        wanted = [layer.group for layer in case.layers]
        groups = fold_filters(groups_of(trace), wanted)
        if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
            raise _other_layers(wanted, groups, trace, self.of, self.hint)
        ways = list(bindings(case.layers, groups))
        if not ways:
            raise _other_layers(wanted, groups, trace, self.of, self.hint)
        if asked is None:
            asked = self._asked(trace, ways[0])
            if self._agrees(asked):
                return
        self._explain(asked, trace, ways)

    def _likely(self) -> Asked | None:
        """The question without a trace of these inputs; None where it got no answer.

        A trace costs more than a pass, and as a rule layers follow each other in one way: that of
        a trace made before, of one of its like, or of the reference. Where values get into wrong
        places something may be raised, or be no number: neither tells anything of the module.
        """
        if self.student.seen is not None and (asked := self._as_seen(self.student.seen)):
            return asked
        for guess in guesses(self.student, self.case):
            with contextlib.suppress(StudentError, BadReply):
                output = self.student.forward(
                    *self.case.inputs, train=self.case.train, values=guess.values,
                    layout=guess.pattern.layout,
                )  # fmt: skip
                if _numbers(output):
                    return Asked(guess.values, output, guess.pattern)
        return None

    def _as_seen(self, trace: Trace) -> Asked | None:
        """By the likeliest binding of a trace made before, of other inputs maybe."""
        wanted = [layer.group for layer in self.case.layers]
        groups = fold_filters(groups_of(trace), wanted)
        if Counter(g.signature for g in groups) != Counter(g.signature for g in wanted):
            return None
        binding = next(bindings(self.case.layers, groups), None)
        with contextlib.suppress(StudentError, BadReply):
            asked = None if binding is None else self._asked(trace, binding)
            return asked if asked is not None and _numbers(asked.output) else None
        return None

    def _asked(self, trace: Trace, binding: Sequence[Bound], style: Style = AS_IT_IS) -> Asked:
        """What comes out under the case's weights, bound in this way."""
        layers = [style.there(layer) for layer in self.case.layers]
        values = _values(trace, layers, binding)
        output = self.student.forward(*self.case.inputs, train=self.case.train, values=values)
        return Asked(values, output, pattern_of(self.case, binding, trace.state))

    def _agrees(self, asked: Asked) -> bool:
        """Whether that is the case's output; if not, the process may know it from now on."""
        try:
            self._close(asked.output, self.case.output)
        except Unmet:
            self.student.submission.refused.add(self.case.train)
            return False
        fitted(self.student, self.case, asked.pattern)
        return True

    def _explain(self, asked: Asked, trace: Trace, ways: Sequence[Sequence[Bound]]) -> None:
        """An output that is another than the case's means it all the same, in another way.

        Once a way explains it, that one decides: the module gets the case's weights in it, once.
        """
        failure: Unmet | None = None
        for binding, style in itertools.product(ways, (AS_IT_IS, *self.styles)):
            hint = _missing_part(binding) or self.hint
            try:
                again = self._meaning(asked, trace, binding, style, hint)
            except Unmet as unmet:
                failure = failure or unmet  # the first is the natural one: its message counts
                continue
            self._close(again.output, self.case.output, hint)
            fitted(self.student, self.case, again.pattern)
            return
        assert failure is not None
        raise failure

    def _meaning(
        self, asked: Asked, trace: Trace, binding: Sequence[Bound], style: Style, hint: str
    ) -> Asked:
        """The output under the case's own weights, if this way explains the one that came.

        At home, where there is no reference to be asked, that is all there is to be looked at.
        """
        case = self.case
        if case.under is None:
            again = self._asked(trace, binding, style)
            self._close(again.output, case.output, hint)
            return again
        seen = seen_as(binding, asked.loaded)
        wanted = case.output  # which it is not
        if seen is not None and not (style is AS_IT_IS and equal(seen, case.layers)):
            wanted = case.under([style.back(layer) for layer in seen])
        self._close(asked.output, wanted, hint)
        return self._asked(trace, binding, style)

    def _close(self, output: Any, wanted: Tensor, hint: str = "") -> None:
        finite = self.case.output
        close(
            output, wanted, of=f"the output of {self.of}", rtol=self.tol,
            atol=self.tol * max(1.0, float(finite.abs().max())), hint=hint,
        )  # fmt: skip


def _numbers(output: Any) -> bool:
    """Whether that is an answer, be it of another shape; NaN and infinity are none."""
    return not isinstance(output, Tensor) or bool(output.isfinite().all())


def _values(trace: Trace, layers: Sequence[Layer], binding: Sequence[Bound]) -> dict[int, Tensor]:
    """The weights of ``layers``, which are those of the binding, bound in this way."""
    shapes = [entry.shape for entry in trace.state.entries]
    by_group = {layer.group: layer for layer in layers}
    values = {}
    for layer, group, flip in binding:
        values.update(bound(by_group[layer.group], group, shapes, flip=flip))
    return values


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
    student = submission.shared(name, *args, dtype="float64", **kwargs)
    words = [str(arg) for arg in args] + [f"{key}={value}" for key, value in kwargs.items()]
    where = f"{name}({', '.join(words)}) on {tuple(shape)}{' in training mode' if train else ''}"
    same_function(student, case, of=where, hint=hint)
