"""Widgets, one call each: what a reader can play with, and a table for those without scripts.

A widget is an element with its data as JSON inside; ``_assets/widgets/`` holds the scripts, and
``_ext/course_widgets.py`` puts them on the pages that need them. What a notebook shows, and a
printout, is the table.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

from IPython.display import display

from _code import tables, widget_data
from solutions.layers import conv_macs, conv_output_size, conv_parameters

WAITING = "This part is interactive on the book's web pages, in a browser that runs scripts."


def convolution_calculator() -> None:
    """Sizes, parameters and MACs of a convolution or pooling that the reader describes."""
    data = widget_data.convolutions()
    head = ("layer", "input", "output", "parameters", "MACs")
    rows = [(name, *_convolution(**values)) for name, values in data["examples"]]
    _show(
        "convolution",
        "Calculator: one layer",
        "Change any number. The formulas of this chapter are filled in as you type.",
        data,
        (head, rows, "Layers of this book, by the formulas"),
    )


def _convolution(
    *,
    size: int,
    in_channels: int,
    out_channels: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
    operation: str,
    bias: bool,
) -> tuple[object, ...]:
    """Shapes and counts of one layer as a table's row has them."""
    after = conv_output_size(size, kernel, stride=stride, padding=padding, dilation=dilation)
    shapes = f"{in_channels} × {size} × {size}", f"{out_channels} × {after} × {after}"
    if operation == "pooling":
        return *shapes, 0, 0
    channels = in_channels, out_channels, kernel
    parameters = conv_parameters(*channels, groups=groups, bias=bias)
    return *shapes, parameters, conv_macs(*channels, (after, after), groups=groups)


def ledger_explorer() -> None:
    """Parameters, MACs and activations of every network, by part or by layer."""
    data = widget_data.ledgers()
    rows = [
        (name, " × ".join(map(str, net["input"])), *_sums(net["parts"]))
        for name, net in data["networks"].items()
    ]
    _show(
        "ledger",
        "Explorer: every network's ledger",
        "Choose a network and what to count.",
        data,
        (("network", "input", "parameters", "MACs", "activations"), rows, "All networks, in sum"),
    )


def _sums(lines: Sequence[Sequence[Any]]) -> tuple[int, ...]:
    return tuple(sum(line[column] for line in lines) for column in (3, 4, 5))


def receptive_field_grower() -> None:
    """What one output pixel sees through a stack of layers that the reader builds."""
    data = widget_data.receptive_fields()
    rows = []
    for name, image, layers in data["examples"]:
        sees, jump = widget_data.table_of_fields(layers)[-1]
        rows.append((name, image, len(layers), sees, jump))
    _show(
        "receptive-field",
        "Grower: receptive field",
        "Stack layers, and read what one output pixel sees and how far apart neighbours look.",
        data,
        (("stack", "image", "layers", "sees", "jump"), rows, "Receptive fields, in input pixels"),
    )


def gradient_explorer() -> None:
    """Gradient norms by layer at several depths, plain and residual, with batch norm or without."""
    data = widget_data.gradients()
    rows = [
        (curve["name"], *(f"{norms[0] / norms[-1]:.2g}" for norms in curve["norms"]))
        for curve in data["curves"]
    ]
    head = ("network", *(f"{depth} layers" for depth in data["depths"]))
    _show(
        "gradient-depth",
        "Explorer: gradients by depth",
        "Make the networks deeper, one step at a time, and watch the left end of each curve.",
        data,
        (head, rows, "Gradient norm of the first layer, divided by that of the last"),
    )


def separable_explorer() -> None:
    """What a depthwise separable convolution costs beside a standard one."""
    data = widget_data.separables()
    rows = [(name, *_separable(**values)) for name, values in data["examples"]]
    _show(
        "separable",
        "Explorer: standard against separable",
        "Which of the four numbers changes the ratio, and which does not?",
        data,
        (("layer", "standard MACs", "separable MACs", "ratio"), rows, "Costs of both"),
    )


def _separable(
    *, kernel: int, in_channels: int, out_channels: int, size: int
) -> tuple[object, ...]:
    positions = size, size
    standard = conv_macs(in_channels, out_channels, kernel, positions)
    depthwise = conv_macs(in_channels, in_channels, kernel, positions, groups=in_channels)
    both = depthwise + conv_macs(in_channels, out_channels, 1, positions)
    return standard, both, f"{both / standard:.3f}"


def compound_dial() -> None:
    """The compound coefficient as a dial, and the released networks beside what it makes."""
    data = widget_data.compound()
    rows = [
        (net["name"], net["depth"], net["width"], net["resolution"], *_phis(net), net["macs"])
        for net in data["released"]
    ]
    head = ("network", "depth", "width", "pixels", "φ by depth", "by width", "by pixels", "MACs")
    _show(
        "compound",
        "Dial: compound scaling",
        "Turn φ. The network is built and counted at each step; dots are the released ones.",
        data,
        (head, rows, "The released networks, and the φ that would give each coefficient"),
    )


def _phis(net: dict[str, Any]) -> list[str]:
    return [f"{net['phi'][key]:.2f}" for key in ("depth", "width", "resolution")]


def _show(
    name: str,
    title: str,
    hint: str,
    data: dict[str, Any],
    fallback: tuple[Sequence[str], Iterable[Sequence[object]], str],
) -> None:
    """Put a widget on the page; its fallback is ``(head, rows, caption)`` of a table."""
    table = tables.rendered(*fallback)
    label = f"widget-{name}-title"
    body = (
        f'<div class="widget" id="widget-{name}" data-widget="{name}" role="group" '
        f'aria-labelledby="{label}"><p class="widget-title" id="{label}">{html.escape(title)}</p>'
        f'<p class="widget-hint">{html.escape(hint)}</p>'
        f'<div class="widget-body"><p>{html.escape(WAITING)}</p></div>'
        f"<noscript>{table['text/html']}</noscript>"
        f'<script type="application/json" class="widget-data">{_json(data)}</script></div>'
    )
    display({"text/html": body, "text/plain": f"{title}\n{table['text/plain']}"}, raw=True)


def _json(data: dict[str, Any]) -> str:
    """JSON that cannot close the script element that it stands in."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
