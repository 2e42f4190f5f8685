"""Figures of the chapters on LeNet-5, AlexNet and VGG."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from PIL import Image
from torch import Tensor

from _code.style import GRID, INK, LINES, MARKERS, SERIES, WASH, canvas, show
from solutions.counting import Ledger
from solutions.training import History

# --- shapes and costs ----------------------------------------------------------------------------


def shapes(table: Ledger, name: str, *, alt: str, caption: str) -> None:
    """Height and channels of each row's output, on a scale where doubling is one step."""
    rows = [row for row in table.rows if len(row.output_shape) == 3]
    figure, (axis,) = canvas(2.9)
    for index, (label, place) in enumerate((("channels", 0), ("height and width", 1))):
        values = [row.output_shape[place] for row in rows]
        style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index]}
        axis.plot(range(len(rows)), values, LINES[index], **style, label=label)
        for x, value in enumerate(values):
            axis.annotate(
                str(value), (x, value), (0, 7), textcoords="offset points", ha="center", fontsize=9
            )
    names = [row.name.upper() if len(row.name) == 2 else row.name for row in rows]
    axis.set_xticks(range(len(rows)), names)
    axis.set_yscale("log", base=2)
    axis.set(ylim=(None, 1.6 * max(max(row.output_shape[:2]) for row in rows)))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    figure.legend(loc="outside upper left", ncols=2)
    show(figure, name, alt=alt, caption=caption)


def by_blocks(table: Ledger, linear: Sequence[str]) -> Ledger:
    """A VGG's ledger with a row for each block, cut behind each max pooling, and each linear layer.

    ``linear`` names the linear layers in order; rows that cost nothing behind the blocks go.
    """
    block, rows, names = 1, [], iter(linear)
    for row in table.rows:
        if row.name.startswith("features"):
            rows.append(replace(row, name=f"block {block}.{row.name}"))
            block += row.kind == "MaxPool2d"
        elif row.parameters:
            rows.append(replace(row, name=next(names)))
    return Ledger(tuple(rows)).grouped(*(f"block {number}" for number in range(1, block)))


# --- LeNet-5 -------------------------------------------------------------------------------------


def connections(rows: Sequence[str], name: str, *, alt: str, caption: str) -> None:
    """C3's table: a row for each input map, a column for each output map."""
    figure, (axis,) = canvas(2.1)
    for row, marks in enumerate(rows):
        for column, mark in enumerate(marks):
            colour = SERIES[0] if mark == "X" else GRID
            axis.add_patch(
                Rectangle((column + 0.06, row + 0.06), 0.88, 0.88, facecolor=colour, linewidth=0)
            )
    axis.set(xlim=(0, len(rows[0])), ylim=(len(rows), 0), aspect="equal")
    axis.set_xticks([i + 0.5 for i in range(len(rows[0]))], range(len(rows[0])))
    axis.set_yticks([i + 0.5 for i in range(len(rows))], range(len(rows)))
    axis.tick_params(length=0)
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.set(xlabel="map of C3", ylabel="map of S2")
    show(figure, name, alt=alt, caption=caption)


def accuracy_and_gap(
    results: Mapping[str, Sequence[tuple[float, float]]], name: str, *, alt: str, caption: str
) -> None:
    """Test accuracy above, additivity gap on a logarithmic axis below; a mark for each seed."""
    figure, axes = canvas(4.4, 2, sharex=True)
    titles = ("test accuracy, %", "additivity gap")
    for which, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        for place, seeds in enumerate(results.values()):
            values = [100 * pair[0] if which == 0 else pair[1] for pair in seeds]
            style: dict[str, Any] = {"color": SERIES[place], "markersize": 7, "alpha": 0.8}
            axis.plot([place] * len(values), values, MARKERS[place], **style)
        axis.set_title(title)
    axes[0].set_ylim(0, 104)
    axes[0].axhline(10, color=INK, linewidth=0.8, linestyle=":")
    axes[0].annotate("guessing", (-0.45, 10), (0, 3), textcoords="offset points", fontsize=9.5)
    axes[1].set_yscale("log")
    axes[1].set_ylim(1e-8, 10)
    axes[1].set_xticks(range(len(results)), list(results))
    axes[1].set_xlim(-0.5, len(results) - 0.5)
    show(figure, name, alt=alt, caption=caption)


def reading(
    strip: Tensor,
    answers: Mapping[str, Sequence[int]],
    name: str,
    *,
    window: int,
    stride: int,
    alt: str,
    caption: str,
) -> None:
    """A strip ``(H, W)`` of digits, and below it the class that each position names."""
    figure, _ = canvas(4.6)
    figure.clear()
    axes = figure.subplots(1 + len(answers), 1, sharex=True, height_ratios=[1, *[2] * len(answers)])
    height, width = strip.shape
    axes[0].imshow(1 - strip.numpy(), cmap="gray", vmin=0, vmax=1, extent=(0, width, height, 0))
    axes[0].set(aspect="auto", yticks=[])
    axes[0].grid(False)
    for index, (axis, (label, classes)) in enumerate(zip(axes[1:], answers.items(), strict=True)):
        centres = [window / 2 + stride * place for place in range(len(classes))]
        axis.plot(centres, classes, MARKERS[index], color=SERIES[index], markersize=4.5)
        axis.set(title=label, ylim=(-0.8, 10.8), ylabel="answer")
        axis.set_yticks([0, 2, 4, 6, 8, 10], ["0", "2", "4", "6", "8", "nothing"])
    axes[-1].set_xlabel("centre of the window, in pixels")
    show(figure, name, alt=alt, caption=caption)


# --- AlexNet -------------------------------------------------------------------------------------


def two_towers(name: str, *, alt: str, caption: str) -> None:
    """The layers on two graphics cards, with lines where a card reads the other one's maps."""
    layers = [
        ("conv1", "48", False), ("conv2", "128", False), ("conv3", "192", True),
        ("conv4", "192", False), ("conv5", "128", False), ("fc6", "2048", True),
        ("fc7", "2048", True), ("fc8", "1000", True),
    ]  # fmt: skip
    figure, (axis,) = canvas(4.9)
    _box(axis, 0, 0, "image", 0)
    for place, (layer, width, crossing) in enumerate(layers, start=1):
        last = place == len(layers)
        sides = (0,) if last else (-1, 1)
        for side in sides:
            _box(axis, side, -place, f"{layer}: {width}", 2 if layer.startswith("fc") else 0)
            origins = (0,) if place == 1 else (-1, 1) if crossing else (side,)
            for origin in origins:
                strange = origin != side and place > 1 and not last
                _line(axis, (origin, 1 - place - 0.3), (side, 0.3 - place), crossing=strange)
    axis.text(-1, 0, "card 1", ha="center", va="center", weight="bold")
    axis.text(1, 0, "card 2", ha="center", va="center", weight="bold")
    axis.set(xlim=(-1.75, 1.75), ylim=(-len(layers) - 0.5, 0.5))
    axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _box(axis: Axes, x: float, y: float, text: str, wash: int) -> None:
    style = "round,pad=0.02,rounding_size=0.1"
    axis.add_patch(
        FancyBboxPatch(
            (x - 0.5, y - 0.28),
            1.0,
            0.56,
            boxstyle=style,
            facecolor=WASH[wash],
            edgecolor="none",
            zorder=3,
        )
    )
    axis.text(x, y - 0.02, text, ha="center", va="center", zorder=4)


def _line(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], *, crossing: bool
) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 8, "zorder": 1}
    colour, line = (SERIES[1], "--") if crossing else (INK, "-")
    arrow = FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, color=colour, linestyle=line, **style)
    axis.add_patch(arrow)


def race(
    steps: Mapping[str, Mapping[float, Sequence[int]]],
    limit: int,
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Steps until the training error is low, against the learning rate; a mark for each seed."""
    figure, (axis,) = canvas(3.2)
    for index, (label, by_rate) in enumerate(steps.items()):
        style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index]}
        for rate, seeds in by_rate.items():
            axis.plot([rate] * len(seeds), seeds, **style, ls="none", markersize=4, alpha=0.7)
        middle = [median(seeds) for seeds in by_rate.values()]
        axis.plot(list(by_rate), middle, LINES[index], **style, label=label)
    axis.axhline(limit, color=INK, linewidth=0.8, linestyle=":")
    axis.annotate(
        "gave up", (0.01, limit), (0, 3), xycoords=("axes fraction", "data"),
        textcoords="offset points", fontsize=9.5,
    )  # fmt: skip
    rates = sorted({rate for by_rate in steps.values() for rate in by_rate})
    axis.set_xscale("log")
    axis.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axis.minorticks_off()
    axis.set(xlabel="learning rate", ylabel="steps to 25 % error", ylim=(0, 1.15 * limit))
    figure.legend(loc="outside upper left", ncols=2)
    show(figure, name, alt=alt, caption=caption)


def by_setting(runs: Mapping[str, Sequence[History]], name: str, *, alt: str, caption: str) -> None:
    """Test accuracy for each of a few settings; a mark for each seed, a line at the median."""
    figure, (axis,) = canvas(2.7)
    for place, histories in enumerate(runs.values()):
        values = [100 * run.test_accuracy for run in histories]
        style: dict[str, Any] = {"color": SERIES[place], "markersize": 7, "alpha": 0.8}
        axis.plot([place] * len(values), values, MARKERS[place], **style)
        middle = median(values)
        axis.plot([place - 0.2, place + 0.2], [middle] * 2, color=SERIES[place], linewidth=1.6)
    axis.set_xticks(range(len(runs)), list(runs))
    axis.set(ylabel="test accuracy, %", xlim=(-0.5, len(runs) - 0.5))
    show(figure, name, alt=alt, caption=caption)


# --- VGG -----------------------------------------------------------------------------------------


def signals(
    curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Spread of each layer's output on a logarithmic axis, one panel for each network.

    Each way of starting has a line through the medians of its seeds.
    """
    figure, axes = canvas(2.3 * len(curves) + 0.3, len(curves), sharex=True)
    for axis, (title, by_start) in zip(axes, curves.items(), strict=True):
        for index, (label, seeds) in enumerate(by_start.items()):
            by_layer = list(zip(*seeds, strict=True))
            layers = range(1, len(by_layer) + 1)
            style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index]}
            middle = [median(values) for values in by_layer]
            axis.plot(layers, middle, LINES[index], **style, markersize=4, label=label)
        axis.set(title=title, yscale="log", ylabel="spread", ylim=(1e-10, 1e9))
        axis.set_yticks([1e-8, 1e-4, 1, 1e4, 1e8])
        axis.minorticks_off()
    axes[-1].set_xlabel("convolution, from input to output")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=9)
    show(figure, name, alt=alt, caption=caption)


# --- pictures ------------------------------------------------------------------------------------


def pictures(
    panels: Sequence[tuple[str, Tensor]],
    name: str,
    *,
    alt: str,
    caption: str,
    columns: int = 3,
) -> None:
    """Photographs ``(3, H, W)`` and maps ``(H, W)`` in [0, 1] in a grid, each under its label.

    Class and style keep the theme from dimming them and putting them on a card in dark mode.
    """
    cells = []
    for label, image in panels:
        text = html.escape(label, quote=True)
        cells.append(
            f'<div><div style="font-size:0.85rem;line-height:1.3">{text}</div>'
            f'<img class="dark-light" alt="{text}" src="{_data(image)}" '
            f'style="display:block;width:100%;background:none;padding:0"></div>'
        )
    style = f"display:grid;gap:0.5rem;align-items:end;grid-template-columns:repeat({columns},1fr)"
    label = html.escape(alt, quote=True)
    body = (
        f'<figure class="plot" id="figure-{name}"><div role="group" aria-label="{label}" '
        f'style="{style}">{"".join(cells)}</div><figcaption>{caption}</figcaption></figure>'
    )
    display({"text/html": body, "text/plain": f"Figure. {caption} ({alt})"}, raw=True)


def _data(image: Tensor) -> str:
    """A photograph as a JPEG, a map as a PNG, written into an address."""
    array = (image.clamp(0, 1) * 255).round().byte()
    array = array.permute(1, 2, 0) if array.ndim == 3 else array
    kind, options = ("jpeg", {"quality": 80}) if array.ndim == 3 else ("png", {})
    buffer = io.BytesIO()
    Image.fromarray(array.contiguous().numpy()).save(buffer, kind, optimize=True, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
