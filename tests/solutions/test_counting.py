"""The ledger and its two ways of counting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from solutions.counting import Ledger, Row, count_macs, count_parameters, ledger
from solutions.efficientnet import efficientnet_b0
from solutions.inception import googlenet
from solutions.mobilenet_v2 import mobilenet_v2
from solutions.resnet import resnet18, resnet50, resnet_cifar


def test_ledger_rows_by_hand() -> None:
    """One grouped convolution and one linear layer, checked against pencil and paper."""
    model = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(6 * 4 * 5, 7),
    )
    conv, relu, flatten, linear = ledger(model, (4, 8, 10)).rows
    assert (conv.output_shape, conv.parameters) == ((6, 4, 5), 6 * 2 * 9 + 6)
    assert (conv.macs, conv.activations) == (6 * 2 * 9 * 4 * 5, 120)
    assert (relu.parameters, relu.macs, relu.activations) == (0, 0, 0)
    assert flatten.output_shape == (120,)
    assert (linear.parameters, linear.macs, linear.activations) == (847, 840, 7)


def test_ledger_sums_agree_with_counted_operations() -> None:
    """Formulas on layers and watched operations give the same total."""
    with torch.device("meta"):
        model = resnet50()
    table = ledger(model, (3, 224, 224))
    assert table.macs == count_macs(model, (3, 224, 224)) == 4_089_184_256
    assert table.parameters == count_parameters(model) == 25_557_032


def test_activations_of_resnet50_by_hand() -> None:
    """Output elements, stage by stage: stem; first blocks (with projection); the others; head."""
    with torch.device("meta"):
        table = ledger(resnet50(), (3, 224, 224))
    maps = {56: 56 * 56, 28: 28 * 28, 14: 14 * 14, 7: 7 * 7}
    expected = 64 * 112 * 112 + 1000
    expected += 3 * (64 + 64 + 256) * maps[56] + 256 * maps[56]
    for width, blocks, size in ((128, 4, 28), (256, 6, 14), (512, 3, 7)):
        # v1.5: the first 1x1 of a strided block still works on the large map.
        expected += width * maps[2 * size] + (width + 4 * width + 4 * width) * maps[size]
        expected += (blocks - 1) * (width + width + 4 * width) * maps[size]
    assert table.activations == expected == 11_114_984


def test_ledger_groups_by_name() -> None:
    """Grouping keeps the sums and shows each part's output."""
    model = resnet_cifar(1)
    table = ledger(model, (3, 32, 32))
    grouped = table.grouped(*model.parts)
    shapes = {row.name: row.output_shape for row in grouped.rows}
    assert list(shapes) == ["stem", "stages.0", "stages.1", "stages.2", "pool", "classifier"]
    assert shapes["stages.1"] == (32, 16, 16)
    assert (grouped.macs, grouped.parameters) == (table.macs, table.parameters)


def test_grouping_takes_whole_names() -> None:
    """A prefix is a whole part of a name: ``stages.1`` does not swallow ``stages.10``."""
    rows = tuple(Row(name, "Conv2d", (1,), 1, 1, 1) for name in ("stages.1.0", "stages.10"))
    assert [row.name for row in Ledger(rows).grouped("stages.1").rows] == ["stages.1", "stages.10"]


def test_ledger_counts_a_shared_layer_once() -> None:
    """A layer that runs twice costs twice, but its parameters exist once."""
    shared = nn.Conv2d(3, 3, 1)
    table = ledger(nn.Sequential(shared, nn.ReLU(), shared), (3, 4, 5))
    assert table.parameters == count_parameters(shared) == 12
    assert table.macs == 2 * 9 * 20


def test_counting_leaves_the_model_alone() -> None:
    """Mode, device, running statistics and hooks stay as they were."""
    model = resnet18(5, width=4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ledger(model, (3, 32, 32))
    count_macs(model, (3, 32, 32))
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_frozen_parameters_are_not_counted() -> None:
    """Only trainable parameters count."""
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    assert count_parameters(model) == 6


def test_work_outside_layers_is_refused() -> None:
    """A convolution that no layer owns would be missing from the ledger: it says so."""

    class Hidden(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.conv2d(x, x.new_ones(2, 3, 1, 1))

    with pytest.raises(ValueError, match=r"account for 0 multiply-adds, but 120 ran"):
        ledger(Hidden(), (3, 4, 5))


def test_ledger_prints_as_a_table() -> None:
    """The text form has one line a row, a head and a total, in columns."""
    lines = str(ledger(nn.Sequential(nn.Conv2d(3, 4, 1, bias=False)), (3, 2, 2))).splitlines()
    assert lines[0].split() == ["layer", "kind", "output", "parameters", "MACs", "activations"]
    assert lines[1].split() == ["0", "Conv2d", "4", "x", "2", "x", "2", "12", "48", "16"]
    assert lines[2].split() == ["total", "4", "x", "2", "x", "2", "12", "48", "16"]


@pytest.mark.parametrize("count", [ledger, count_macs])
def test_what_cannot_run_is_not_counted(count: Callable[..., object]) -> None:
    """A batch norm for another number of channels fails here as it does on real images."""
    broken = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(4))
    with pytest.raises(RuntimeError, match="should contain 8 elements not 4"):
        count(broken, (3, 8, 8))


@pytest.mark.parametrize("build", [resnet18, googlenet, mobilenet_v2, efficientnet_b0])
def test_counted_operations_are_those_of_torchs_own_counter(build: Callable[[], nn.Module]) -> None:
    """PyTorch's counter takes longer and finds twice the multiply-adds."""
    with torch.device("meta"):
        model = build().eval()
        image = torch.empty(1, 3, 224, 224)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    assert counter.get_total_flops() == 2 * count_macs(model, (3, 224, 224)) > 1e8
