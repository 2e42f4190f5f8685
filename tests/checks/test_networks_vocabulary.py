"""The vocabulary for blocks and networks: what its messages say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.expect import Case, Unmet, make_case, random_input
from autograder.expect.blocks import (
    add_up,
    block_shapes,
    changed_entries,
    conv_biases,
    for_each,
    holding,
    never_negative,
    shortcut_remains,
)
from autograder.expect.networks import (
    layer_plan,
    same_network,
    same_path,
    same_wherever_zeros_stand,
    scores,
)
from autograder.submission import LocalTransport, ModuleHandle, State, Submission
from autograder.submission.replies import Entry


class Double(nn.Module):
    """A layer whose output is twice as wide, and may be negative."""

    def __init__(self, a: int, b: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(a, 2 * b, 3, stride, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolve."""
        return self.conv(x)  # type: ignore[no-any-return]


class Padded(nn.Module):
    """Three stages whose padded shortcuts put a ``share`` of their zeros first."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in ((3, 2), (2, 4), (4, 8))
        )
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of images."""
        x = F.relu(self.convs[0](x))
        for conv in list(self.convs)[1:]:
            out = conv(x)
            extra = out.shape[1] - x.shape[1]
            first = int(self.share * extra)
            x = F.relu(out + F.pad(x, (0, 0, 0, 0, first, extra - first)))
        return self.head(x.mean((2, 3)))  # type: ignore[no-any-return]


def seen(**names: Any) -> Submission:
    """A submission that defines these names."""
    return Submission(LocalTransport(names))


def test_shapes_tell_both() -> None:
    """A wrong output shape is told beside the expected one."""
    with pytest.raises(Unmet) as caught:
        block_shapes(seen(Block=Double), "Block", [((3, 4, 2), (2, 7, 8))])
    assert caught.value.expected == "(2, 4, 4, 4)"
    assert caught.value.got == "(2, 8, 4, 4)"
    assert "Block(3, 4, 2)" in caught.value.observed


def test_shapes_hint_at_what_differs() -> None:
    """Where the map has the right size, nobody is sent to look at strides and padding."""

    class Unpadded(Double):
        def __init__(self, a: int, b: int) -> None:
            super().__init__(a, b)
            self.conv = nn.Conv2d(a, b, 3)

    for block, said in ((Double, "The channels."), (Unpadded, "The map.")):
        with pytest.raises(Unmet) as caught:
            block_shapes(
                seen(Block=block), "Block", [((3, 4), (2, 7, 8))],
                hint="The map.", channels_hint="The channels.",
            )  # fmt: skip
        assert caught.value.hint == said


def test_counts_allow_any_bias() -> None:
    """Biases may be added singly; another difference is told with its meaning."""
    handle = seen(Block=Double).build("Block", 3, 4)
    add_up(handle, 9 * 3 * 8, [8, 16], wrong={}, of="Block")
    with pytest.raises(Unmet) as caught:
        add_up(handle, 9 * 3 * 8, [16], wrong={8: "One bias too many."}, of="Block")
    assert caught.value.expected == "216 (without conv biases)"
    assert caught.value.got == "224"
    assert caught.value.hint == "One bias too many."


class OneShort(nn.Module):
    """A convolution with a bias, and the norm of a second one that is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)


def test_counts_that_are_off_leave_biases_out() -> None:
    """A student with biases is not sent to look for a layer of a size that none has."""
    handle = seen(Block=OneShort).build("Block")
    with pytest.raises(Unmet) as caught:
        add_up(handle, 9 * 3 * 8 + 9 * 8 * 8 + 32, [8, 8], wrong={}, of="Block")
    assert caught.value.expected == "824 (without conv biases, or 832 with yours)"
    assert caught.value.got == "240"
    said = "Biases apart, 592 fewer than 824. Which layers have that many?"
    assert caught.value.hint == said
    with pytest.raises(Unmet, match=r"The second is missing\."):
        add_up(handle, 824, [8, 8], wrong={-592: "The second is missing."}, of="Block")


@pytest.mark.parametrize(
    ("shapes", "biases"),
    [
        ([(8, 3, 3, 3), (8,), (8,)], 0),
        ([(8, 3, 3, 3), (8,), (8,), (8,)], 8),
        ([(8, 3, 3, 3), (8,), (4, 8, 1, 1), (8,), (8,), (4,), (4,)], 8),
        ([(8, 3, 3, 3), (8,), (10, 8), (10,)], 8),
        ([], 0),
    ],
)
def test_biases_are_told_by_what_follows_a_filter(
    shapes: list[tuple[int, ...]], biases: int
) -> None:
    """One vector or three: a bias; two: a batch norm. Those of linear layers are none of these."""
    assert conv_biases(shapes) == biases


def test_negative_outputs_are_counted() -> None:
    """A block without a last ReLU is told how many values are negative."""
    with pytest.raises(Unmet, match="of 576 are negative"):
        never_negative(seen(Block=Double), "Block", [(3, 4)])


@pytest.mark.parametrize("shape", [(2**40,), (2**40, 2**40, 0)], ids=str)
def test_no_more_is_made_than_a_small_module_has(shape: tuple[int, ...]) -> None:
    """A claimed shape is counted before anything of it is made, a zero among its sizes or not."""
    claimed = State((Entry("parameter", shape, "float32", True),))
    with pytest.raises(Unmet, match="more parameters than can be checked here"):
        for_each(claimed, torch.zeros, of="Block")


def test_no_more_is_made_of_buffers_either() -> None:
    """They count where they are to be loaded, too."""
    claimed = State((Entry("buffer", (2**40,), "float32", False),))
    assert for_each(claimed, torch.zeros, of="Block") == {}
    with pytest.raises(Unmet, match="more parameters than can be checked here"):
        for_each(claimed, torch.zeros, of="Block", buffers=True)


def test_what_a_module_holds_once_it_is_loaded() -> None:
    """As if it had been asked: in its own dtypes, parameters and buffers."""
    handle = seen(Block=nn.BatchNorm2d).build("Block", 3, dtype="float64")
    state = handle.state(values=False)
    values = for_each(state, lambda *shape: torch.arange(3.0) / 7, of="Block", buffers=True)
    handle.load(values)
    assert changed_entries(holding(state, values), handle.state()) == []
    odd = State((Entry("parameter", (3,), "another dtype", True),))
    assert holding(odd, {0: torch.zeros(3)}).entries[0].value is None


def test_lost_shortcut_is_told() -> None:
    """With zero parameters, a module without a shortcut gives zeros."""
    with pytest.raises(Unmet, match="all its parameters set to zero"):
        shortcut_remains(seen(Block=Double), "Block", (4, 2))


def test_changes_are_found() -> None:
    """Entries that differ are told by index."""
    handle = seen(Block=Double).build("Block", 3, 4)
    before = handle.state()
    handle.load({1: torch.ones(8)})
    assert changed_entries(before, handle.state()) == [1]


def test_scores_want_one_a_class() -> None:
    """A network that keeps its map is told the shape of scores."""
    handle = seen(Block=Double).build("Block", 3, 4)
    with pytest.raises(Unmet) as caught:
        scores(handle, 7, [(2, 3, 5, 5)], of="it")
    assert caught.value.expected == "(2, 7)"


def test_plan_is_told_in_runs() -> None:
    """Layers that differ from the plan are listed, equal neighbours together."""
    handle = seen(net=lambda: Padded(0)).build("net")
    x = torch.zeros(1, 3, 6, 6)
    plan = [(2, 6), (4, 6), (8, 6), (5, 1)]
    assert layer_plan(handle, x, plan, of="net") == 36 * 9 * (6 + 8 + 32) + 40
    with pytest.raises(Unmet) as caught:
        layer_plan(handle, x, [(2, 6), (2, 6), (5, 1)], of="net")
    assert caught.value.expected == "3 layers: 2 of 2 channels at 6×6, 1 of 5 channels at 1×1"
    assert caught.value.got.startswith("4 layers: 1 of 2 channels at 6×6, 1 of 4")


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_zeros_may_stand_anywhere(share: float) -> None:
    """Padding behind, on both sides or in front is one function under reordered weights."""
    reference = seen(net=lambda: Padded(0)).build("net", dtype="float64")
    case = make_case(reference, random_input((2, 3, 5, 6), 1), seed=2)
    net = seen(net=lambda: Padded(share)).build("net", dtype="float64")
    same_wherever_zeros_stand(net, case, (2, 4, 8), of="net")


def test_zeros_elsewhere_are_no_excuse() -> None:
    """Another function is refused, with the message of the first way."""
    reference = seen(net=lambda: Padded(0)).build("net", dtype="float64")
    case = make_case(reference, random_input((2, 3, 5, 6), 1), seed=2)
    wrong = replace(case, output=case.output + 1)
    net = seen(net=lambda: Padded(0)).build("net", dtype="float64")
    with pytest.raises(Unmet, match="other values"):
        same_wherever_zeros_stand(net, wrong, (2, 4, 8), of="net")


class ChannelsLast(nn.Module):
    """A 1x1 convolution as a linear layer over channels that stand last."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2, 1)
        self.mix = nn.Linear(4, 7)
        self.head = nn.Linear(7, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of images."""
        x = self.mix(self.conv(x).permute(0, 2, 3, 1))  # (N, H, W, 7)
        return self.head(x.mean((1, 2)))  # type: ignore[no-any-return]


def test_layer_plan_knows_where_channels_stand() -> None:
    """A linear layer puts its channels last, on a map as well."""
    net = seen(Net=ChannelsLast).build("Net")
    x = torch.zeros(1, 3, 10, 8)
    assert layer_plan(net, x, [(4, 5), (7, 5), (5, 1)], of="Net()") == 5 * 4 * (108 + 28) + 35
    with pytest.raises(Unmet, match="1 of 7 channels at 5×5"):
        layer_plan(net, x, [(4, 5), (8, 5), (5, 1)], of="Net()")


def test_never_negative_gives_the_hint_of_its_check() -> None:
    """Where the last ReLU belongs differs from block to block."""
    with pytest.raises(Unmet, match="One stands behind each batch norm"):
        never_negative(seen(Double=Double), "Double", [(2, 2)],
                       hint="One stands behind each batch norm")  # fmt: skip


class Late(nn.Module):
    """A stride by slicing, behind a convolution at every position."""

    def __init__(self, strides: tuple[int, ...] = (1,)) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 3, stride, 1) for stride in strides)
        self.head = nn.Linear(3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of images."""
        for conv in self.convs:
            x = conv(x)[:, :, :: 2 // conv.stride[0], :: 2 // conv.stride[0]]
        return self.head(x.mean((2, 3)))  # type: ignore[no-any-return]


def test_path_is_told_by_inputs() -> None:
    """Positions that are computed and dropped are a matter of cost, not of the path."""
    x = torch.zeros(1, 3, 10, 8)
    for strides in ((1, 1), (2, 2)):
        net = seen(net=lambda strides=strides: Late(strides)).build("net")
        same_path(net, x, [(3, 10), (3, 5), (5, 1)], of="net")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (
            [(3, 10), (3, 10), (5, 1)],
            r"layer 2 of net.*map of height 10 \(3 .* height 5 \(3 in all",
        ),
        ([(3, 10), (3, 5)], r"layer 3 of net.*expected no such layer \(2 .*got 5 channels"),
        ([(3, 10), (3, 5), (5, 1), (5, 1)], r"layer 4 of net.*got no such layer \(3 in all"),
    ],
)
def test_first_layer_off_the_path_is_told(path: list[tuple[int, int]], says: str) -> None:
    """Its number, what the table has there, and what came."""
    net = seen(net=lambda: Late((1, 1))).build("net")
    with pytest.raises(Unmet, match=says):
        same_path(net, torch.zeros(1, 3, 10, 8), path, of="net")


def strided(strides: tuple[int, ...] = (1, 1)) -> ModuleHandle:
    """A net of that kind."""
    return seen(net=lambda: Late(strides)).build("net")


def test_network_that_agrees_is_not_traced() -> None:
    """To walk the path takes as long as to run the network."""
    net, case = strided(), late_case()
    same_network(net, case, [(9, 9)], of="net")
    assert net.seen is None


def test_network_that_differs_is_told_by_its_path() -> None:
    """The layer that is off, where one is; else how far the outputs are apart."""
    off, right = [(3, 10), (3, 10), (5, 1)], [(3, 10), (3, 5), (5, 1)]
    case = replace(late_case(), output=late_case().output + 1)
    with pytest.raises(Unmet, match=r"(?s)layer 2 of net.*along the table"):
        same_network(strided(), case, off, of="net", path_hint="along the table")
    with pytest.raises(Unmet, match=r"(?s)the output of net.*differ, by up to.*look inside"):
        same_network(strided(), case, right, of="net", hint="look inside", path_hint="no")


def late_case() -> Case:
    """What such a net gives under drawn weights."""
    return make_case(strided(), random_input((1, 3, 10, 8), 1), seed=2)
