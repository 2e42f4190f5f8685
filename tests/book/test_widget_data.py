"""The data of the widgets: computed by the library, complete, and safe inside a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from _code import widget_data, widgets
from bs4 import BeautifulSoup
from torch import nn

from solutions.counting import count_macs, count_parameters, ledger
from solutions.efficientnet import EfficientNet, compound_scale, efficientnet
from solutions.probes import gradient_profile
from solutions.resnet import plain_cifar, resnet50
from solutions.training import seeded

BOOK = Path(__file__).resolve().parents[2] / "book"
FAMILIES = widget_data.FAMILIES
SMALL = {"LeNet": FAMILIES["LeNet"], "MobileNet": {"V2": FAMILIES["MobileNet"]["MobileNetV2"]}}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a helper displays: one mapping of media type to text for each call."""
    seen: list[dict[str, str]] = []
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: seen.append(bundle))
    return seen


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book with a few networks: what holds for them holds for all."""
    monkeypatch.setattr(widget_data, "FAMILIES", SMALL)
    networks = {name: net for family in SMALL.values() for name, net in family.items()}
    first = {"ResNet-18": widget_data.NETWORKS["ResNet-18"]}
    monkeypatch.setattr(widget_data, "NETWORKS", {**first, **networks})


@pytest.fixture(scope="module")
def dial() -> dict[str, Any]:
    """The data of the compound-scaling dial with one step, counted once."""
    return widget_data.compound(most=1, step=1)


HELPERS: dict[str, Callable[[], None]] = {
    "convolution": widgets.convolution_calculator,
    "separable": widgets.separable_explorer,
    "receptive-field": widgets.receptive_field_grower,
}


@pytest.mark.parametrize("name", HELPERS)
def test_helper_shows_widget_data_and_table(name: str, shown: list[dict[str, str]]) -> None:
    """HTML with the data and a table for readers without scripts; plain text for notebooks."""
    HELPERS[name]()
    (bundle,) = shown
    page = BeautifulSoup(bundle["text/html"], "html.parser")
    (root,) = page.select(f'div.widget[data-widget="{name}"][role="group"]')
    assert page.find(id=root["aria-labelledby"]).text
    data = json.loads(root.select_one("script.widget-data").string)
    rows = root.select("noscript tbody tr")
    assert len(rows) == len(data["examples"])
    assert rows[0].th.text in bundle["text/plain"]


def test_data_cannot_end_their_element(shown: list[dict[str, str]]) -> None:
    """A name with a tag in it stays data."""
    data = {"x": "</script><b>"}
    widgets._show("convolution", "t", "h", data, (("a",), [("b",)], "c"))
    root = BeautifulSoup(shown[0]["text/html"], "html.parser")
    assert json.loads(root.select_one("script.widget-data").string) == data
    assert root.find("b") is None


@pytest.mark.parametrize("name", ["LeNet-5 (1998)", "AlexNet (2012)", "GoogLeNet", "MobileNetV2"])
def test_ledger_keeps_every_count(name: str) -> None:
    """Joining and grouping lose nothing: both views sum to what the counter says."""
    build, shape = widget_data.NETWORKS[name]
    model = widget_data.on_meta(build)
    data = widget_data._ledger(build, shape)
    whole = ledger(model, shape)
    for view in ("parts", "layers"):
        sums = [sum(line[column] for line in data[view]) for column in (3, 4, 5)]
        assert sums == [whole.parameters, whole.macs, whole.activations]
    assert whole.parameters == count_parameters(model)


def test_every_builder_of_the_library_has_a_ledger() -> None:
    """No network of the course is missing from the explorer."""
    named = [build for build, _ in widget_data.NETWORKS.values()]
    for module, name in [
        ("lenet", "lenet5"),
        ("lenet", "lenet5_1998"),
        ("alexnet", "alexnet"),
        ("alexnet", "alexnet_owt"),
        ("vgg", "vgg11"),
        ("vgg", "vgg13"),
        ("vgg", "vgg16"),
        ("vgg", "vgg19"),
        ("resnet", "resnet18"),
        ("resnet", "resnet34"),
        ("resnet", "resnet50"),
        ("resnet", "resnet101"),
        ("resnet", "resnet152"),
        ("resnet", "plain18"),
        ("resnet", "plain34"),
        ("nin", "nin"),
        ("inception", "googlenet"),
        ("inception", "googlenet_bn"),
        ("mobilenet", "mobilenet_v1"),
        ("mobilenet", "shallow_mobilenet_v1"),
        ("mobilenet", "conv_mobilenet"),
        ("mobilenet_v2", "mobilenet_v2"),
    ]:
        library = __import__(f"solutions.{module}", fromlist=[name])
        assert getattr(library, name) in named, name
    assert sum("EfficientNet" in name for name in widget_data.NETWORKS) == 8


def test_ledgers_name_networks_once_and_start_with_one(few: None) -> None:
    """Families list the networks that are there; the first one shown exists."""
    data = widget_data.ledgers()
    assert [family for family, _ in data["families"]] == list(SMALL)
    assert data["start"] in widget_data.NETWORKS


def test_batch_norm_is_counted_with_its_convolution() -> None:
    """One row a convolution, with 2 parameters a channel more; and rows say what layer they are."""
    model = resnet50()
    joined = widget_data.with_norms_joined(ledger(model, (3, 224, 224)))
    stem = joined.rows[0]
    assert (stem.name, stem.parameters) == ("stem.0", 9408 + 128)
    assert not [row for row in joined.rows if row.kind == "BatchNorm2d"]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.Conv2d(3, 8, 7, stride=2), "7×7 convolution, stride 2"),
        (nn.Conv2d(8, 8, 3, groups=8), "3×3 depthwise convolution"),
        (nn.Conv2d(8, 8, 3, groups=2), "3×3 convolution, 2 groups"),
        (nn.Conv2d(1, 6, 5), "5×5 convolution"),
        (nn.Linear(2, 3), "fully connected"),
        (nn.Tanh(), "Tanh"),
    ],
)
def test_layers_are_described(layer: nn.Module, words: str) -> None:
    """In the words of the chapters."""
    assert widget_data._description(layer) == words


@pytest.mark.parametrize("name", ["LeNet-5 (usual)", "VGG-16", "ResNet-18"])
def test_receptive_fields_are_those_that_gradients_find(name: str) -> None:
    """The path read off a network, run as a chain, sees what the table says."""
    path = widget_data.main_path(*widget_data.NETWORKS[name])
    path = path[:8]  # deeper ones see more than an image that a test can afford
    chain = nn.Sequential(*(nn.Conv1d(1, 1, k, s, dilation=d) for k, s, d in path))
    for layer in chain:
        nn.init.ones_(layer.weight)
    sees, jump = widget_data.table_of_fields(path)[-1]
    x = torch.zeros(1, 1, 3 * sees + jump, dtype=torch.float64, requires_grad=True)
    output = chain.double()(x)
    seen = [torch.autograd.grad(output[0, 0, i], x, retain_graph=True)[0][0, 0] for i in (0, 1)]
    places = [gradient.nonzero().flatten() for gradient in seen]
    assert int(places[0][-1] - places[0][0]) + 1 == sees
    assert int(places[1][0] - places[0][0]) == jump


def test_known_receptive_fields() -> None:
    """VGG-16 sees 212 pixels and ResNet-18 435, each with a jump of 32."""
    for name, expected in [("VGG-16", (212, 32)), ("ResNet-18", (435, 32))]:
        path = widget_data.main_path(*widget_data.NETWORKS[name])
        assert widget_data.table_of_fields(path)[-1] == expected


def test_gradients_are_those_of_the_probe() -> None:
    """One curve recomputed here: the median over seeds, to three digits."""
    data = widget_data.gradients((1,), seeds=3)
    assert data["depths"] == [8]
    names = [curve["name"] for curve in data["curves"]]
    assert names == [
        "plain",
        "plain, no batch norm",
        "residual",
        "residual, no batch norm",
    ]
    batch = widget_data.digits(channels=3)
    models = [seeded(lambda: plain_cifar(1, width=8), seed) for seed in range(3)]
    first = sorted(gradient_profile(m, batch.train_x[:64], batch.train_y[:64])[0] for m in models)
    assert data["curves"][0]["norms"][0][0] == pytest.approx(first[1], rel=0.01)
    assert len(data["curves"][0]["norms"][0]) == 8


def test_compound_steps_are_counted_networks(dial: dict[str, Any]) -> None:
    """Each step is the scaled network, counted by the other counter as well."""
    assert [step["phi"] for step in dial["steps"]] == [0, 1]
    depth, width, _ = compound_scale(1)
    model = widget_data.on_meta(lambda: EfficientNet(depth, width))
    assert dial["steps"][1]["parameters"] == count_parameters(model)
    assert dial["steps"][1]["macs"] == count_macs(model, (3, 258, 258))
    assert dial["steps"][1]["blocks"] == sum(len(stage) for stage in model.stages)


def test_released_networks_do_not_lie_on_one_phi(dial: dict[str, Any]) -> None:
    """B0 is phi 0 in all; B7 would need three different ones."""
    released = {net["name"]: net for net in dial["released"]}
    assert set(released["B0"]["phi"].values()) == {0}
    phi = released["B7"]["phi"]
    assert phi["depth"] < 6.3 < 7 < phi["resolution"] < phi["width"]
    b1 = widget_data.on_meta(lambda: efficientnet("b1"))
    assert released["B1"]["parameters"] == count_parameters(b1)


def test_pages_call_helpers_that_exist() -> None:
    """Every call of a page names a helper of the module."""
    calls: set[Any] = set()
    for page in BOOK.glob("*.md"):
        calls.update(re.findall(r"^widgets\.(\w+)\(\)$", page.read_text("utf-8"), flags=re.M))
    assert {"convolution_calculator", "ledger_explorer", "gradient_explorer"} <= calls
    assert all(callable(getattr(widgets, call)) for call in calls)
