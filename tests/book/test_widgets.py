"""The widgets in a real browser: each by mouse and by keyboard, against the library's own counts.

Pages are made here from what the helpers display, with the book's style sheets and scripts beside
them, and opened as files. So these tests need no build of the book, but for the last ones.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from _code import widget_data, widgets
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from torch import nn

from solutions.counting import count_macs, count_parameters

pytestmark = pytest.mark.slow

ASSETS = Path(__file__).resolve().parents[2] / "book" / "_assets"
HELPERS = {
    "convolution": widgets.convolution_calculator,
    "ledger": widgets.ledger_explorer,
    "receptive-field": widgets.receptive_field_grower,
    "gradient-depth": widgets.gradient_explorer,
    "separable": widgets.separable_explorer,
    "compound": widgets.compound_dial,
}
# The theme sets these variables in the book.
FRAME = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{name}</title>
<link rel="icon" href="data:,"><style>html {{ --pst-color-text-base: #111; --pst-color-border: #bbb;
--pst-color-text-muted: #555; --pst-color-background: #fff; --pst-color-danger: #b00;
font-family: sans-serif }} *, ::before {{ box-sizing: border-box }}</style>
<link rel="stylesheet" href="course.css"><link rel="stylesheet" href="widgets/widgets.css">
<script defer src="widgets/core.js"></script><script defer src="widgets/{name}.js"></script>
</head><body><main><h1>{name}</h1>{body}</main></body></html>"""


def few_networks() -> dict[str, Any]:
    """The data of the ledgers, for three networks."""
    names = ("ResNet-18", "MobileNetV2", "LeNet-5 (1998)")
    networks = {name: widget_data._ledger(*widget_data.NETWORKS[name]) for name in names}
    return {"families": [["all", list(names)]], "start": "ResNet-18", "networks": networks}


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """What the pages of this module show, by widget: fewer networks and depths than the book."""
    return {
        "convolution": widget_data.convolutions(),
        "ledger": few_networks(),
        "receptive-field": widget_data.receptive_fields(),
        "gradient-depth": widget_data.gradients((1, 2), seeds=1),
        "separable": widget_data.separables(),
        "compound": widget_data.compound(most=2, step=1),
    }


@pytest.fixture(scope="module")
def site(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one page for each widget."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ASSETS, folder, dirs_exist_ok=True)
    sources = ("convolutions", "ledgers", "receptive_fields", "gradients", "separables", "compound")
    keys = ("convolution", "ledger", "receptive-field", "gradient-depth", "separable", "compound")
    with pytest.MonkeyPatch.context() as patch:
        for source, key in zip(sources, keys, strict=True):
            patch.setattr(widget_data, source, lambda key=key: data[key])
        for name, helper in HELPERS.items():
            bundles: list[dict[str, str]] = []
            patch.setattr(widgets, "display", lambda b, raw, to=bundles: to.append(b))
            helper()
            page = FRAME.format(name=name, body=bundles[0]["text/html"])
            (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; ended with this module, with the event loop that it needs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What went wrong, or left the site's folder, since it was last emptied."""
    return []


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Path, complaints: list[str]) -> Iterator[Page]:
    """A window that is kept: to open one costs as much as a test."""

    def note(url: str) -> None:
        if not url.startswith((site.as_uri(), "data:")):
            complaints.append(f"outside: {url}")

    with browser.new_context() as context:
        tab = context.new_page()
        tab.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("requestfailed", lambda request: complaints.append(request.url))
        tab.on("request", lambda r: note(r.url))
        yield tab


@pytest.fixture
def visit(tab: Page, site: Path, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a widget's page; afterwards nothing may have gone wrong or left this folder."""
    complaints.clear()

    def open_widget(name: str, width: int = 1000) -> Page:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto((site / f"{name}.html").as_uri())
        return tab

    yield open_widget
    assert complaints == []


def fact(tab: Page, name: str) -> str:
    """What the widget says of ``name`` in its list of results."""
    entry = tab.locator(".widget-facts > div", has=tab.locator(f"dt:text-is('{name}')"))
    return entry.locator("dd").inner_text()


def last_number(text: str) -> int:
    """The number at the end of a filled-in formula."""
    return int(re.findall(r"[\d,]+", text)[-1].replace(",", ""))


def problem(tab: Page) -> str:
    """The message to the reader."""
    return tab.get_by_role("alert").inner_text()


def choose(tab: Page, label: str, value: str) -> None:
    """Choose from a list by its label."""
    tab.get_by_label(label, exact=True).select_option(value)


def spoken(tab: Page, *, begins: str = "", ends: str = "") -> str:
    """What a screen reader is told once the reader rests, and for how long that is, is not ours."""
    words = re.compile(rf"^{re.escape(begins)}.*{re.escape(ends)}$")
    expect(tab.locator(".widget-voice")).to_have_text(words)
    return tab.locator(".widget-voice").inner_text()


# --- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HELPERS)
def test_starts_quietly_with_a_result(visit: Callable[..., Page], name: str) -> None:
    """A result is there, nothing is read out by itself, and nothing moves."""
    tab = visit(name)
    assert tab.locator(".widget-result").inner_text()
    tab.wait_for_timeout(700)
    assert tab.locator(".widget-voice").inner_text() == ""
    assert problem(tab) == ""
    moving = tab.evaluate(
        "[...document.querySelectorAll('.widget *')].map(e => getComputedStyle(e))"
        ".filter(s => s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0).length"
    )
    assert moving == 0


@pytest.mark.parametrize("name", HELPERS)
def test_every_control_has_a_name(visit: Callable[..., Page], name: str) -> None:
    """Labels for fields, words for drawings and scrolling boxes; identifiers are unique."""
    tab = visit(name)
    nameless = tab.evaluate(
        "[...document.querySelectorAll('.widget :is(input, select, button)')].filter(e =>"
        "!(e.labels?.length || e.ariaLabel || e.textContent.trim())).map(e => e.outerHTML)"
    )
    assert nameless == []
    for drawing in tab.locator(".widget-picture svg").all():
        assert len(drawing.get_attribute("aria-label") or "") > 40
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", HELPERS)
@pytest.mark.parametrize("width", [320, 700])
def test_fits_its_page(visit: Callable[..., Page], name: str, width: int) -> None:
    """On a phone neither the page nor the widget scrolls sideways, and drawings fit their room."""
    tab = visit(name, width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    overflow = tab.evaluate(
        "[...document.querySelectorAll('.widget, .widget-scroll')]"
        ".filter(e => e.scrollWidth > e.clientWidth).map(e => e.className)"
    )
    assert overflow == []
    assert tab.evaluate(
        "[...document.querySelectorAll('.widget-picture')].every("
        "e => e.firstChild.getBoundingClientRect().width <= e.clientWidth + 1)"
    )


def test_drawings_follow_the_window(visit: Callable[..., Page]) -> None:
    """Turning a phone draws again in the new width."""
    tab = visit("separable", 320)
    svg = tab.locator(".widget-picture svg").first
    before = svg.get_attribute("width")
    tab.set_viewport_size({"width": 700, "height": 320})
    tab.wait_for_function(
        "w => document.querySelector('svg').getAttribute('width') !== w", arg=before
    )
    assert int(svg.get_attribute("width") or 0) == 520


@pytest.mark.parametrize("name", HELPERS)
def test_table_without_scripts(browser: Browser, site: Path, name: str) -> None:
    """Readers without scripts get a table with figures, and are told what is missing."""
    with browser.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto((site / f"{name}.html").as_uri())
        assert tab.get_by_text("in a browser that runs scripts").is_visible()
        assert tab.locator("figure.counts table").is_visible()
        assert tab.locator("figure.counts td").count() >= 6


def test_table_where_a_script_fails(browser: Browser, site: Path) -> None:
    """A fault in a script is a fault in the console, and the reader still gets the table."""
    page = (site / "separable.html").read_text(encoding="utf-8")
    broken = re.sub(r'(class="widget-data">).*?(</script>)', r"\1{}\2", page)
    (site / "broken.html").write_text(broken, encoding="utf-8")
    faults: list[str] = []
    with browser.new_context() as context:
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto((site / "broken.html").as_uri())
        assert tab.locator(".widget-body figure.counts table").is_visible()
    assert len(faults) == 1


# --- convolution and pooling ---------------------------------------------------------------------

LAYERS = [
    (56, 64, 128, 3, 2, 1, 1, 1),
    (227, 3, 96, 11, 4, 0, 1, 1),
    (28, 32, 64, 5, 3, 4, 2, 8),
    (7, 960, 960, 3, 1, 1, 1, 960),
    (5, 4, 6, 5, 1, 0, 1, 2),
]
FIELDS = (
    "Input size",
    "Input channels",
    "Output channels",
    "Kernel size",
    "Stride",
    "Padding",
    "Dilation",
    "Groups",
)


def fill(tab: Page, values: tuple[int, ...], names: tuple[str, ...] = FIELDS) -> None:
    """Write numbers into fields, by their labels."""
    for name, value in zip(names, values, strict=True):
        tab.get_by_label(name, exact=True).fill(str(value))


@pytest.mark.parametrize("values", LAYERS)
@pytest.mark.parametrize("bias", [False, True])
def test_convolution_agrees_with_the_counter(
    visit: Callable[..., Page], values: tuple[int, ...], bias: bool
) -> None:
    """Size, parameters and MACs are those of the layer that PyTorch builds."""
    size, inputs, outputs, kernel, stride, padding, dilation, groups = values
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias)
    tab = visit("convolution")
    fill(tab, values)
    tab.get_by_label("biases").set_checked(bias)
    height = layer.to("meta")(torch.empty(1, inputs, size, size, device="meta")).shape[2]
    assert last_number(fact(tab, "Height and width")) == height
    assert fact(tab, "Output") == f"{outputs} × {height} × {height}"
    assert last_number(fact(tab, "Parameters")) == count_parameters(layer)
    assert last_number(fact(tab, "MACs")) == count_macs(layer, (inputs, size, size))
    assert spoken(tab, begins=f"Output {outputs} by {height} by {height}, ")


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"), [(224, 2, 2, 0), (112, 3, 2, 1), (13, 3, 2, 0)]
)
def test_pooling_agrees_with_torch(
    visit: Callable[..., Page], size: int, kernel: int, stride: int, padding: int
) -> None:
    """A pooling keeps the channels and has neither parameters nor MACs."""
    tab = visit("convolution")
    tab.get_by_label("pooling").click()
    assert not tab.get_by_label("Groups").is_visible()
    names = ("Input size", "Input channels", "Kernel size", "Stride", "Padding")
    fill(tab, (size, 16, kernel, stride, padding), names)
    after = nn.MaxPool2d(kernel, stride, padding)(torch.zeros(1, 1, size, size)).shape[2]
    assert fact(tab, "Output") == f"16 × {after} × {after}"
    assert fact(tab, "Parameters").startswith("0")
    assert fact(tab, "MACs").startswith("0")


def test_convolution_is_exact_beyond_doubles(visit: Callable[..., Page]) -> None:
    """The largest layer that the fields allow is multiplied without rounding."""
    tab = visit("convolution")
    fill(tab, (4096, 8192, 8192, 99, 1, 49, 1, 1))
    assert last_number(fact(tab, "MACs")) == 8192**2 * 99**2 * 4096**2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Kernel size": ""}, "Kernel size: give a whole number from 1 to 99."),
        ({"Stride": "0"}, "Stride: give a whole number from 1 to 99."),
        ({"Padding": "1.5"}, "Padding: give a whole number from 0 to 99."),
        (
            {"Input size": "2", "Padding": "0"},
            "reaches over 3 pixels does not fit into 2 + 2 · 0 = 2",
        ),
        ({"Groups": "3"}, "Groups must divide both channel numbers: 3 does not divide 64."),
        ({"Groups": "64", "Output channels": "96"}, "64 does not divide 96"),
    ],
)
def test_convolution_explains_what_is_wrong(
    visit: Callable[..., Page], changes: dict[str, str], message: str
) -> None:
    """A message, the field marked and tied to it, no stale numbers; all gone once it is right."""
    tab = visit("convolution")
    for label, value in changes.items():
        tab.get_by_label(label, exact=True).fill(value)
    assert message in problem(tab)
    assert not tab.locator(".widget-facts").is_visible()
    invalid = tab.locator("[aria-invalid=true]").first
    assert invalid.get_attribute("aria-describedby") == tab.get_by_role("alert").get_attribute("id")
    fill(tab, LAYERS[0])
    assert problem(tab) == ""
    assert tab.locator(".widget-facts").is_visible()
    assert tab.locator("[aria-invalid]").count() == 0


def test_pooling_is_padded_by_half_its_kernel_at_most(visit: Callable[..., Page]) -> None:
    """As PyTorch has it."""
    tab = visit("convolution")
    tab.get_by_label("pooling").click()
    fill(tab, (3, 2), ("Kernel size", "Padding"))
    assert "at most half its kernel: here by 1" in problem(tab)
    with pytest.raises(RuntimeError, match="half"):
        nn.MaxPool2d(3, 1, 2)(torch.zeros(1, 1, 8, 8))


def test_convolution_by_keyboard(visit: Callable[..., Page]) -> None:
    """Arrows step numbers, choose the operation and move the drawing; Tab reaches all of it."""
    tab = visit("convolution")
    tab.get_by_label("Stride").focus()
    tab.keyboard.press("ArrowUp")
    assert "/ 2⌋ + 1 = 28" in fact(tab, "Height and width")
    tab.keyboard.press("Tab")
    tab.keyboard.type("3")
    assert "2·3" in fact(tab, "Height and width")
    for _ in range(4):  # dilation, groups, biases, position
        tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowRight")
    label = tab.locator(".widget-picture svg").get_attribute("aria-label") or ""
    assert label.startswith("One row: output 2 of 30 reads pixels 1, 2 of 56, and 1 of padding")
    tab.get_by_label("convolution", exact=True).focus()
    tab.keyboard.press("ArrowRight")
    assert tab.get_by_label("pooling").is_checked()


def test_convolution_examples_by_mouse(visit: Callable[..., Page]) -> None:
    """Every example can be computed; the one that does not divide says what is left over."""
    tab = visit("convolution")
    names = tab.get_by_label("Start from").locator("option").all_inner_texts()
    for name in names:
        tab.get_by_label("Start from").select_option(label=name)
        assert problem(tab) == ""
        left = tab.locator("dt:text-is('Left over')").count()
        assert left == (1 if "224" in name or "ResNet" in name or "stride 2" in name else 0), name


# --- receptive fields ----------------------------------------------------------------------------


def columns(tab: Page) -> list[tuple[int, int]]:
    """What the stack's table says each layer sees, and its jump."""
    lines = tab.locator(".widget-stack tbody tr").all()
    texts = [line.locator("td.number").all_inner_texts() for line in lines]
    return [(last_number(sees), last_number(jump)) for sees, jump in texts]


def test_receptive_fields_agree_with_the_library(
    visit: Callable[..., Page], data: dict[str, Any]
) -> None:
    """All stacks to start from, layer by layer."""
    tab = visit("receptive-field")
    for name, _, layers in data["receptive-field"]["examples"]:
        tab.get_by_label("Start from").select_option(label=name)
        assert columns(tab) == widget_data.table_of_fields(layers), name


def test_receptive_field_by_mouse(visit: Callable[..., Page]) -> None:
    """Adding repeats the last layer; a stride on the first layer moves all the others."""
    tab = visit("receptive-field")
    tab.get_by_role("button", name="Add a layer").click()
    assert columns(tab) == [(3, 1), (5, 1), (7, 1), (9, 1)]
    tab.get_by_label("Layer 1, stride").fill("2")
    assert columns(tab) == [(3, 2), (7, 2), (11, 2), (15, 2)]
    assert spoken(tab, begins="Sees 15") == "Sees 15 pixels, jump 2."
    tab.get_by_role("button", name="Remove layer 1").click()
    assert columns(tab) == [(3, 1), (5, 1), (7, 1)]


def test_receptive_field_by_keyboard(visit: Callable[..., Page]) -> None:
    """Removing with Enter keeps the focus inside, down to the empty stack and back."""
    tab = visit("receptive-field")
    tab.get_by_role("button", name="Remove layer 3").focus()
    for remaining in (2, 1):
        tab.keyboard.press("Enter")
        assert len(columns(tab)) == remaining
        focused = tab.evaluate("document.activeElement.ariaLabel")
        assert focused == f"Remove layer {remaining}"
    tab.keyboard.press("Enter")
    assert problem(tab) == "The stack is empty: add a layer."
    tab.keyboard.press("Enter")  # the focus went to "Add a layer"
    assert columns(tab) == [(3, 1)]
    assert problem(tab) == ""


def test_receptive_field_explains_what_is_wrong(visit: Callable[..., Page]) -> None:
    """A kernel of nothing, and a stack whose strides multiply beyond all numbers."""
    tab = visit("receptive-field")
    tab.get_by_label("Layer 2, kernel").fill("0")
    assert problem(tab) == "Layer 2, kernel: give a whole number from 1 to 99."
    tab.get_by_label("Layer 2, kernel").fill("3")
    tab.get_by_label("Layer 3, stride").fill("32")
    for _ in range(12):
        tab.get_by_role("button", name="Add a layer").click()
    assert "beyond what can be drawn" in problem(tab)


def test_receptive_field_stack_has_a_limit(visit: Callable[..., Page]) -> None:
    """The button stops at the limit, and the focus is not lost with it."""
    tab = visit("receptive-field")
    add = tab.get_by_role("button", name="Add a layer")
    for _ in range(widget_data.MOST_LAYERS - 3):
        add.click()
    assert add.is_disabled()
    assert tab.evaluate("document.activeElement.ariaLabel") == "Layer 60, kernel"


def test_an_example_that_was_changed_is_none_any_more(visit: Callable[..., Page]) -> None:
    """The list says so; what was there before can be chosen again."""
    tab = visit("receptive-field")
    example = tab.get_by_label("Start from")
    example.select_option(label="VGG-16")
    rows = tab.locator(".widget-stack tbody tr")
    before = rows.count()
    tab.get_by_role("button", name="Remove layer 1", exact=True).click()
    assert example.evaluate("list => list.selectedOptions[0].text") == "your own numbers"
    assert rows.count() == before - 1
    example.select_option(label="VGG-16")
    assert rows.count() == before
    assert "your own numbers" not in example.locator("option").all_inner_texts()
    tab.get_by_label("Image, pixels").fill("100")
    assert example.evaluate("list => list.selectedOptions[0].text") == "VGG-16"


def test_receptive_field_says_when_the_image_is_covered(visit: Callable[..., Page]) -> None:
    """ResNet-18 is as wide as its image in the last stage, VGG-16 never is."""
    tab = visit("receptive-field")
    tab.get_by_label("Start from").select_option(label="ResNet-18")
    path = widget_data.main_path(*widget_data.NETWORKS["ResNet-18"])
    sees = [field for field, _ in widget_data.table_of_fields(path)]
    first = next(i for i, field in enumerate(sees, start=1) if field >= 224)
    assert f"From layer {first} on" in tab.locator(".widget-note").inner_text()
    tab.get_by_label("Start from").select_option(label="VGG-16")
    assert "No layer sees 224" in tab.locator(".widget-note").inner_text()


# --- ledgers -------------------------------------------------------------------------------------


def ledger_rows(tab: Page) -> list[tuple[str, int]]:
    """Names and numbers as the table shows them."""
    lines = tab.locator(".widget-ledger tbody tr").all()

    def number(line: Locator) -> int:
        return last_number(line.locator("td").first.inner_text())

    return [(line.locator("th").evaluate("e => e.firstChild.data"), number(line)) for line in lines]


@pytest.mark.parametrize("name", ["ResNet-18", "MobileNetV2", "LeNet-5 (1998)"])
@pytest.mark.parametrize("view", ["parts", "layers"])
def test_ledger_shows_what_was_counted(
    visit: Callable[..., Page], data: dict[str, Any], name: str, view: str
) -> None:
    """Each quantity, row by row; sorted, the largest comes first; sums are the library's."""
    tab = visit("ledger")
    choose(tab, "Network", name)
    choose(tab, "By", view)
    net = data["ledger"]["networks"][name]
    for column, label in ((3, "parameters"), (4, "MACs"), (5, "activations")):
        tab.get_by_label(label, exact=True).check()
        expected = [(line[0], line[column]) for line in net[view]]
        assert ledger_rows(tab) == expected
        choose(tab, "Order", "size")
        numbers = [number for _, number in ledger_rows(tab)]
        assert numbers == sorted((number for _, number in expected), reverse=True)
        choose(tab, "Order", "run")
        total = sum(number for _, number in expected)
        assert f"{total:,} {label}" in tab.locator(".widget-answer").inner_text()


def test_ledger_by_keyboard(visit: Callable[..., Page]) -> None:
    """Arrows choose the network and the quantity; the result is read out in one short sentence."""
    tab = visit("ledger")
    tab.get_by_label("Network", exact=True).focus()
    tab.keyboard.press("ArrowDown")
    assert tab.locator(".widget-answer").inner_text().startswith("MobileNetV2 on 3 × 224 × 224")
    tab.get_by_label("parameters", exact=True).focus()
    tab.keyboard.press("ArrowRight")
    assert "MobileNetV2: MACs by part" in tab.locator("caption").inner_text()
    words = spoken(tab, begins="MobileNetV2: 300,774,272 MACs in 11 rows, most in ")
    assert len(words) < 120


# --- gradients -----------------------------------------------------------------------------------


def test_gradients_by_keyboard(visit: Callable[..., Page], data: dict[str, Any]) -> None:
    """Arrows change depth and layer; the table shows the measured norm at that layer."""
    tab = visit("gradient-depth")
    depth = tab.get_by_role("slider", name="Depth")
    assert depth.get_attribute("aria-valuetext") == "14 layers"
    depth.focus()
    tab.keyboard.press("ArrowLeft")
    assert depth.get_attribute("aria-valuetext") == "8 layers"
    tab.get_by_role("slider", name="Read at layer").focus()
    for _ in range(20):  # stops at the last layer
        tab.keyboard.press("ArrowRight")
    rows = tab.locator(".widget-table tbody tr").all()
    for row, curve in zip(rows, data["gradient-depth"]["curves"], strict=True):
        name, norm, ratio = row.locator("th, td").all_inner_texts()
        profile = curve["norms"][0]
        assert name == curve["name"]
        assert plain(norm) == pytest.approx(profile[7], rel=0.06)
        assert plain(ratio) == pytest.approx(profile[0] / profile[6], rel=0.06)
    assert spoken(tab, begins="8 layers, layer 8: plain ")


def plain(text: str) -> float:
    """A number as the pages print it: ``1,234``, ``0.56`` or ``7.8 × 10⁻⁹``."""
    digits = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    return float(digits.replace(" × 10", "e").replace(",", ""))


def test_gradients_by_mouse(visit: Callable[..., Page]) -> None:
    """Networks can be left out, but not all of them; one line is drawn for each."""
    tab = visit("gradient-depth")
    boxes = tab.get_by_role("checkbox").all()
    assert tab.locator("polyline").count() == len(boxes) == 4
    boxes[0].click()
    assert tab.locator("polyline").count() == 3
    for box in boxes[1:]:
        box.click()
    assert problem(tab) == "Choose at least one network."
    boxes[2].click()
    assert problem(tab) == ""


# --- separable convolutions ----------------------------------------------------------------------

SEPARABLE_FIELDS = ("Kernel size k", "Input channels M", "Output channels N", "Output size")


@pytest.mark.parametrize("values", [(3, 3, 5, 4), (5, 48, 96, 14), (7, 16, 1, 9), (1, 8, 8, 3)])
def test_separable_agrees_with_the_counter(
    visit: Callable[..., Page], values: tuple[int, ...]
) -> None:
    """All costs are those of real layers, and the ratio is theirs."""
    kernel, inputs, outputs, size = values
    tab = visit("separable")
    fill(tab, values, SEPARABLE_FIELDS)
    image = (inputs, size + kernel - 1, size + kernel - 1)
    standard = count_macs(nn.Conv2d(inputs, outputs, kernel, bias=False), image)
    filters = nn.Conv2d(inputs, inputs, kernel, groups=inputs, bias=False)
    mixing = nn.Conv2d(inputs, outputs, 1, bias=False)
    both = count_macs(nn.Sequential(filters, mixing), image)
    assert last_number(fact(tab, "Standard")) == standard
    assert last_number(fact(tab, "Depthwise")) == count_macs(filters, image)
    assert last_number(fact(tab, "Pointwise")) == both - count_macs(filters, image)
    assert last_number(fact(tab, "Separable")) == both
    assert f"= {both / standard:.3f}: " in fact(tab, "Ratio")
    assert ("costs more here" in fact(tab, "Ratio")) == (both > standard)


def test_separable_by_keyboard_and_with_nonsense(visit: Callable[..., Page]) -> None:
    """One output channel more; then none at all, which is explained."""
    tab = visit("separable")
    tab.get_by_label("Output channels N").focus()
    tab.keyboard.press("ArrowUp")
    assert "1/6 + 1/3²" in fact(tab, "Ratio")
    assert spoken(tab, begins="Ratio 0.278: ", ends="3.60 times fewer multiply-adds.")
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    assert problem(tab) == "Output channels N: give a whole number from 1 to 8,192."
    tab.get_by_label("Start from").select_option(label="one output channel")
    assert problem(tab) == ""
    assert "costs more here" in fact(tab, "Ratio")


# --- compound scaling ----------------------------------------------------------------------------


def test_dial_by_keyboard(visit: Callable[..., Page], data: dict[str, Any]) -> None:
    """Each step shows its counted network, the formula's factor and its neighbour."""
    tab = visit("compound")
    tab.get_by_role("slider").focus()
    tab.keyboard.press("Home")
    for step in data["compound"]["steps"]:
        assert fact(tab, "MACs counted").startswith(f"{step['macs']:,}:")
        assert fact(tab, "Parameters").startswith(f"{step['parameters']:,}")
        assert f"= {(1.2 * 1.1**2 * 1.15**2) ** step['phi']:.2f} times" in fact(
            tab, "MACs by formula"
        )
        tab.keyboard.press("ArrowRight")
    assert tab.get_by_role("slider").get_attribute("aria-valuetext") == "2.0"
    assert spoken(tab, ends="Nearest: B3.")


def test_dial_by_mouse(visit: Callable[..., Page]) -> None:
    """A click at the left end is B0 itself."""
    tab = visit("compound")
    tab.get_by_role("slider").click(position={"x": 2, "y": 10})
    assert fact(tab, "MACs counted") == "385,814,752: 1.00 times those of B0"
    rows = tab.locator(".widget-table tbody tr").all_inner_texts()
    assert rows[0].split()[1:] == rows[1].split()[1:]


# --- in the book ---------------------------------------------------------------------------------


@pytest.mark.timeout(900)
def test_only_pages_with_widgets_load_their_scripts(html: Path) -> None:
    """Each page has the scripts of its widgets, the core before them, and no other."""
    found = set()
    for path in html.rglob("*.html"):
        if "_static" in path.parts:
            continue
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        names = [root["data-widget"] for root in soup.select(".widget")]
        sources = [script["src"] for script in soup.select("script[src*='/widgets/']")]
        loaded = [re.sub(r".*/(.*)\.js.*", r"\1", source) for source in sources]
        assert loaded == (["core", *sorted(names)] if names else []), path
        assert bool(soup.select("link[href*='widgets.css']")) == bool(names)
        found.update(names)
        assert path.stat().st_size <= 600_000
    assert {"convolution", "receptive-field", "ledger", "gradient-depth"} <= found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["counting", "ledgers", "why-resnets-work"])
def test_widgets_start_in_the_book(browser: Browser, html: Path, page: str, theme: Any) -> None:
    """From a folder, on a phone, in both themes, with the theme's own style around them."""
    faults: list[str] = []
    with browser.new_context(viewport={"width": 320, "height": 800}, color_scheme=theme) as context:
        tab = context.new_page()
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto((html / f"{page}.html").as_uri())
        widget_count = tab.locator(".widget").count()
        assert tab.locator(".widget-result:not(:empty)").count() == widget_count > 0
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    assert faults == []


@pytest.mark.timeout(900)
def test_data_of_the_book_are_whole(html: Path) -> None:
    """The ledgers' page has every network of the library."""
    soup = BeautifulSoup((html / "ledgers.html").read_text(encoding="utf-8"), "html.parser")
    data = json.loads(soup.select_one(".widget-data").string)
    assert set(data["networks"]) == set(widget_data.NETWORKS)
