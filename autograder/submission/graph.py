"""What a result was computed from, read off autograd's graph: no backward pass is needed."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.autograd.graph import Node


def reached_from(result: Tensor, parts: Sequence[Tensor]) -> list[bool]:
    """Which of ``parts`` a gradient of ``result`` would arrive at, zero or not."""
    nodes: set[Node] = set()
    leaves: set[int] = set()
    waiting = [result.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in nodes:
            continue
        nodes.add(node)
        leaf = getattr(node, "variable", None)  # where gradients are collected for a tensor
        if leaf is not None:
            leaves.add(id(leaf))
        waiting += [before for before, _ in node.next_functions]
    return [
        part.requires_grad and (id(part) in leaves if part.is_leaf else part.grad_fn in nodes)
        for part in parts
    ]
