"""A module of a submission, as a check sees it: a number, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from autograder.submission.errors import BadReply
from autograder.submission.replies import State, Trace, read_state, read_trace

if TYPE_CHECKING:
    from autograder.submission.interface import Submission


class ModuleHandle:
    """A module that lives with the student's code."""

    def __init__(
        self, submission: Submission, number: int | None, asked: dict[str, Any] | None = None
    ) -> None:
        self._submission = submission
        self.known = number
        """Its number over there; None as long as it is only ``asked`` for."""
        self.asked = asked
        self.refusal: object = None
        """What is told of its construction if that raised: it is not tried again."""
        self.unwanted = False
        self.made_by = ""
        """The class or function that :meth:`Submission.build` called for it."""
        self.seen: Trace | None = None
        """The last trace that was made of it."""

    def __repr__(self) -> str:
        """The same in every run: it can get into a message."""
        return "<module>" if self.known is None else f"<module {self.known}>"

    @property
    def number(self) -> int:
        """Its number over there, where it is made if it is not yet.

        Raises:
            SubmissionFault: it cannot be made.
        """
        if self.known is None:
            self._ask("make")
        assert self.known is not None
        return self.known

    def _ask(self, op: str, tensors: Sequence[Tensor] = (), **header: Any) -> Any:
        return self._submission.ask(op, tensors, of=self, **header)

    def forward(
        self,
        *inputs: Tensor,
        train: bool = False,
        seed: int = 0,
        values: Mapping[int, Tensor] | None = None,
        layout: Sequence[tuple[str, int]] | None = None,
    ) -> Any:
        """What the module returns for ``inputs``, after loading ``values`` as :meth:`load` does.

        The module is moved to the inputs' dtype first; its mode is put back afterwards. In
        training mode running statistics change, as they do. Where a ``layout`` is given (kind and
        number of dimensions of each state entry) and the state has another, nothing is loaded or
        run, and that is a :class:`StudentError`.
        """
        loaded = values or {}
        asked = self._ask(
            "forward", [*inputs, *loaded.values()],
            train=train, seed=seed, inputs=len(inputs), indices=list(loaded),
            layout=None if layout is None else [list(entry) for entry in layout],
        )  # fmt: skip
        return self._submission.answer(*asked)

    def state(self, *, values: bool = True) -> State:
        """Its parameters and buffers; no values on the meta device."""
        return read_state(*self._ask("state", values=values))

    def load(self, values: Mapping[int, Tensor]) -> None:
        """Set state entries, by their index in :attr:`State.entries`."""
        self._ask("load", list(values.values()), indices=list(values))

    def trace(self, *inputs: Tensor, train: bool = False) -> Trace:
        """Run it on ``inputs`` (moved to the meta device if the module is there) and watch."""
        self.seen = read_trace(self._ask("trace", inputs, train=train)[0])
        return self.seen

    def gradients(
        self,
        *inputs: Tensor,
        labels: Tensor | None = None,
        upstream: Tensor | None = None,
        only: Sequence[int] | None = None,
        train: bool = True,
        seed: int = 0,
    ) -> list[Tensor | None]:
        """The gradient of each parameter (or of those numbered in ``only``), None where none came.

        Of the mean cross-entropy with ``labels``, or of ``(output * upstream).sum()``.
        """
        last = labels if labels is not None else upstream
        if last is None:
            raise ValueError("gradients() needs labels or upstream")
        asked = self._ask(
            "gradients", [*inputs, last],
            labels=labels is not None, train=train, seed=seed,
            only=None if only is None else list(only),
        )  # fmt: skip
        found = self._submission.answer(*asked)
        if not isinstance(found, list) or not all(
            g is None or (isinstance(g, Tensor) and g.is_floating_point()) for g in found
        ):
            raise BadReply("gradients that are no list of tensors of real numbers")
        if only is not None and len(found) != len(only):
            raise BadReply("gradients of other parameters than those asked for")
        return found

    def reached(self, *inputs: Tensor, upstream: Tensor, outputs: int) -> list[list[bool]]:
        """For each of several outputs, in training mode: which parameters get a gradient from it?

        From ``(output * upstream).sum()``. One pass serves for all, and no gradient is sent.
        """
        asked = self._ask("reached", [*inputs, upstream], outputs=outputs)
        found = self._submission.answer(*asked)
        if not isinstance(found, list) or len(found) != outputs:
            raise BadReply("what other outputs depend on than those asked for")
        for row in found:
            if not isinstance(row, list) or not all(isinstance(one, bool) for one in row):
                raise BadReply("what an output depends on, and no list of yes and no")
        if len({len(row) for row in found}) > 1:
            raise BadReply("outputs that depend on different numbers of parameters")
        return found

    def fit(
        self,
        x: Tensor,
        y: Tensor,
        *,
        steps: int,
        batch_size: int,
        learning_rate: float,
        momentum: float = 0.9,
        seed: int = 0,
    ) -> list[float]:
        """Train on by ``steps`` of SGD with cross-entropy; the losses, one a step.

        On the submission's device if that can be; in every case the module is on the CPU
        afterwards.
        """
        header, tensors = self._ask(
            "fit", [x, y], steps=steps, batch_size=batch_size, learning_rate=learning_rate,
            momentum=momentum, seed=seed, device=self._submission.device,
        )  # fmt: skip
        losses = self._submission.answer(header, tensors)
        if not isinstance(losses, list) or len(losses) != steps:
            raise BadReply("losses that are not one a step")
        if not all(isinstance(loss, float) for loss in losses):
            raise BadReply("losses that are no list of numbers")
        return losses

    def mode(self, *, train: bool) -> None:
        """Put it into training or evaluation mode, to stay."""
        self._ask("mode", train=train)

    @property
    def submission(self) -> Submission:
        """Whose it is."""
        return self._submission

    @property
    def found(self) -> dict[Any, Any]:
        """What was found out about modules of this submission, by whoever looks at them."""
        return self._submission.found

    def drop(self) -> None:
        """Forget it, and free its memory over there: with the next request, to save one.

        One that is only asked for so far is made all the same, when the check has passed so far.
        """
        self.unwanted = True
        if self.known is not None:
            self._submission.dropped.append(self.known)
