"""How much memory one forward pass needs at its fullest moment, and a block that needs less.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018 (arXiv
1801.04381), section 5.1: the memory of a network is the largest sum, over its operations, of the
tensors that still wait to be read and of the operation's own output. Weights are not counted.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from solutions.mobilenet_v2 import InvertedResidual

ELEMENTWISE = (nn.BatchNorm2d, nn.Identity, nn.ReLU, nn.ReLU6, F.relu, F.relu6, operator.add)
"""What overwrites an operand that nobody reads any more, as engines that fuse layers do."""


def alive_elements(model: nn.Module, input_shape: Sequence[int]) -> list[int]:
    """Elements alive during each operation of one pass over one image of ``(C, H, W)``.

    Operations run in the order of ``forward``, one after the other. A tensor, the image included,
    lives from the operation that makes it to the last one that reads it. The way through ``model``
    must not depend on the input's values (it is traced by ``torch.fx``).
    """
    graph = fx.symbolic_trace(copy.deepcopy(model).to("meta").eval())
    ShapeProp(graph).propagate(torch.empty(1, *input_shape, device="meta"))
    nodes = [node for node in graph.graph.nodes if node.op != "output"]
    place_of = {node: place for place, node in enumerate(nodes)}
    last = {node: max((place_of.get(u, len(nodes)) for u in node.users), default=len(nodes))
            for node in nodes}  # fmt: skip
    alive: dict[fx.Node, int] = {}
    profile = []
    for place, node in enumerate(nodes):
        finished = [operand for operand in node.all_input_nodes if last[operand] == place]
        if finished and _called(graph, node) in ELEMENTWISE:
            alive.pop(finished.pop())
        alive[node] = math.prod(node.meta["tensor_meta"].shape)
        profile.append(sum(alive.values()))
        for operand in finished:
            alive.pop(operand)
    return profile


def peak_elements(model: nn.Module, input_shape: Sequence[int]) -> int:
    """The largest of :func:`alive_elements`: what one pass needs at its fullest moment."""
    return max(alive_elements(model, input_shape))


def _called(graph: fx.GraphModule, node: fx.Node) -> object:
    """The class of the layer that ``node`` calls, or the function."""
    if node.op == "call_module":
        return type(graph.get_submodule(str(node.target)))
    return node.target


class SplitResidual(nn.Module):
    """An inverted residual that makes its expanded channels in ``parts`` groups, one at a time.

    Expanding, filtering and ReLU6 treat each expanded channel by itself, and the projection only
    adds them up. So a group can be expanded, filtered, projected and forgotten before the next. In
    evaluation mode the function and the multiply-adds are those of ``block``, whose weights are
    copied. Shapes as :class:`InvertedResidual`. Source: section 5.1.

    Raises:
        ValueError: if ``block`` does not expand.
    """

    def __init__(self, block: InvertedResidual, parts: int) -> None:
        super().__init__()
        if isinstance(block.expand, nn.Identity):
            raise ValueError("a block of expansion 1 has no expanded channels to make in parts")
        projection = block.project[0]
        assert isinstance(projection, nn.Conv2d)
        groups = torch.arange(projection.in_channels).chunk(parts)
        self.branches = nn.ModuleList(_branch(block, group) for group in groups)
        self.norm = copy.deepcopy(block.project[1])
        self.has_skip = block.has_skip

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``."""
        change: Tensor = self.branches[0](x)
        for branch in self.branches[1:]:
            change = change + branch(x)
        change = self.norm(change)
        return x + change if self.has_skip else change


def _branch(block: InvertedResidual, group: Tensor) -> nn.Sequential:
    """The part of ``block`` that works on the expanded channels in ``group``."""
    expand, filter_, project = copy.deepcopy((block.expand, block.filter, block.project[0]))
    for layer in (*expand.children(), *filter_.children()):
        _keep(layer, group)
    assert isinstance(project, nn.Conv2d)
    project.weight = nn.Parameter(project.weight.detach()[:, group])
    return nn.Sequential(*expand.children(), *filter_.children(), project)


def _keep(layer: nn.Module, group: Tensor) -> None:
    """Reduce a convolution or batch norm to the output channels in ``group``, in place."""
    if isinstance(layer, nn.Conv2d):
        layer.weight = nn.Parameter(layer.weight.detach()[group])
        layer.groups = 1 if layer.groups == 1 else len(group)
    elif isinstance(layer, nn.BatchNorm2d):
        assert layer.running_mean is not None  # an inverted residual's batch norms have statistics
        assert layer.running_var is not None
        layer.weight = nn.Parameter(layer.weight.detach()[group])
        layer.bias = nn.Parameter(layer.bias.detach()[group])
        layer.running_mean, layer.running_var = layer.running_mean[group], layer.running_var[group]
