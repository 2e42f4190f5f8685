"""A layer ledger: shapes, parameters, multiply-adds and activations of any model, counted.

Conventions. Parameters are the trainable ones; the running statistics of batch norm are not.
A MAC is one multiply-add of a convolution or linear layer, for one image; what
``torch.utils.flop_counter`` prints is twice that. Activations are the elements of the outputs of
convolutions and linear layers (Dollár, Singh and Girshick 2021, arXiv 2103.06877).

Two ways of counting MACs stand here on purpose: :func:`ledger` applies formulas to layers,
:func:`count_macs` watches the operations that really run. Where both agree, neither has a slip.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

WEIGHTED = (nn.Conv2d, nn.Linear)


@dataclass(frozen=True)
class Row:
    """One layer (or one group of layers) of a ledger; shapes and counts are for one image."""

    name: str
    kind: str
    output_shape: tuple[int, ...]  # without the batch axis
    parameters: int
    macs: int
    activations: int


@dataclass(frozen=True)
class Ledger:
    """The rows of a model in the order in which they run, with their sums."""

    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """Trainable parameters of all rows."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-adds of all rows, for one image."""
        return sum(row.macs for row in self.rows)

    @property
    def activations(self) -> int:
        """Output elements of all convolutions and linear layers, for one image."""
        return sum(row.activations for row in self.rows)

    def grouped(self, *prefixes: str) -> Ledger:
        """Join neighbouring rows that lie below the same prefix; the others stay as they are."""

        def group(row: Row) -> str:
            inside = (p for p in prefixes if f"{row.name}.".startswith(f"{p}."))
            return next(inside, row.name)

        groups = groupby(self.rows, key=group)
        return Ledger(tuple(_joined(name, tuple(rows)) for name, rows in groups))

    def __str__(self) -> str:
        lines: list[tuple[str, ...]] = [
            ("layer", "kind", "output", "parameters", "MACs", "activations")
        ]
        for row in (*self.rows, replace(_joined("total", self.rows), kind="")):
            shape = " x ".join(map(str, row.output_shape))
            counts = (f"{n:,}" for n in (row.parameters, row.macs, row.activations))
            lines.append((row.name, row.kind, shape, *counts))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligns = "<<<>>>"
        return "\n".join(
            "  ".join(
                f"{cell:{align}{width}}"
                for cell, align, width in zip(line, aligns, widths, strict=True)
            ).rstrip()
            for line in lines
        )


def count_parameters(model: nn.Module) -> int:
    """Trainable parameters of ``model``, shared ones once."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def count_macs(model: nn.Module, input_shape: Sequence[int]) -> int:
    """Multiply-adds for one image of ``input_shape`` ``(C, H, W)``, by watching the operations."""
    counter = _Watch()
    with counter:
        _run_on_meta(_meta_copy(model), input_shape)
    return counter.flops // 2


def ledger(model: nn.Module, input_shape: Sequence[int]) -> Ledger:
    """Count every layer of ``model`` on one image of ``input_shape`` ``(C, H, W)``.

    The model runs as a copy on the meta device: no memory, no arithmetic, no side effect. Layers
    are modules without submodules, identities left out; one that runs twice gets two rows and its
    parameters once.

    Raises:
        ValueError: if the operations that ran cost more than the layers account for, because the
            model computes a convolution or a product outside its layers.
    """
    model = _meta_copy(model)
    rows: list[Row] = []
    seen: set[int] = set()

    def record(name: str, layer: nn.Module, output: Tensor) -> None:
        own = [p for p in layer.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(map(id, own))
        rows.append(_row(name, layer, output, sum(p.numel() for p in own)))

    for name, layer in model.named_modules():
        if next(layer.children(), None) is None and not isinstance(layer, nn.Identity):
            layer.register_forward_hook(
                lambda layer, _, output, name=name: record(name, layer, output)
            )
    counter = _Watch()
    with counter:
        _run_on_meta(model, input_shape)
    result = Ledger(tuple(rows))
    if counter.flops != 2 * result.macs:
        raise ValueError(
            f"the model's layers account for {result.macs:,} multiply-adds, but "
            f"{counter.flops // 2:,} ran: it calls a convolution or a matrix product "
            "outside an nn.Conv2d or nn.Linear, which a ledger of layers cannot show"
        )
    return result


class _Watch(TorchDispatchMode):
    """Sums the FLOPs of the operations that run, by the formulas of ``torch.utils.flop_counter``.

    That module's own counter finds the same sums, but takes apart what it has no formula for and
    follows every module's name: several times the work. Batch norm costs nothing here; working out
    its shape, which is its input's, would take half of the time that a count needs.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.flops = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run one operation, and add what it costs."""
        if func is torch.ops.aten.native_batch_norm.default:
            return args[0].clone(), args[0].new_empty(0), args[0].new_empty(0)
        output = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func.overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **(kwargs or {}), out_val=output)
        return output


def _row(name: str, layer: nn.Module, output: Tensor, parameters: int) -> Row:
    shape = tuple(output.shape[1:])
    weighted = isinstance(layer, WEIGHTED)
    per_output = math.prod(layer.weight.shape[1:]) if isinstance(layer, WEIGHTED) else 0
    return Row(
        name=name,
        kind=type(layer).__name__,
        output_shape=shape,
        parameters=parameters,
        macs=per_output * math.prod(shape),
        activations=math.prod(shape) if weighted else 0,
    )


def _joined(name: str, rows: tuple[Row, ...]) -> Row:
    return Row(
        name=name,
        kind=rows[0].kind if len(rows) == 1 else f"{len(rows)} layers",
        output_shape=rows[-1].output_shape,
        parameters=sum(row.parameters for row in rows),
        macs=sum(row.macs for row in rows),
        activations=sum(row.activations for row in rows),
    )


def _meta_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose tensors have shapes but no values."""
    return copy.deepcopy(model).to("meta").eval()


def _run_on_meta(model: nn.Module, input_shape: Sequence[int]) -> Any:
    dtype = next((p.dtype for p in model.parameters()), torch.float32)
    with torch.no_grad():
        return model(torch.empty(1, *input_shape, dtype=dtype, device="meta"))
