"""The figures of the pages, one function each: data in, a drawing with its description out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from torch import Tensor

from _code.style import GRID, INK, LINES, MARKERS, SERIES, canvas, show
from solutions.counting import Ledger
from solutions.training import History


def shares(table: Ledger, labels: Sequence[str], name: str, *, alt: str, caption: str) -> None:
    """Three rows of bars: each part's share of the parameters, MACs and activations.

    Parts whose label is blank are left out. Where there are many, the unit stands in the title.
    """
    figure, axes = canvas(4.6, 3, sharex=True)
    parts = [(label, row) for label, row in zip(labels, table.rows, strict=True) if label.strip()]
    crowded = len(parts) > 9
    unit = "" if crowded else " %"
    for axis, colour, quantity in zip(
        axes, SERIES, ("parameters", "macs", "activations"), strict=False
    ):
        total = getattr(table, quantity)
        values = [100 * getattr(row, quantity) / total for _, row in parts]
        bars = axis.bar([label for label, _ in parts], values, color=colour, width=0.7)
        axis.bar_label(bars, labels=[_percent(v, unit) for v in values], padding=1)
        name_of_it = "MACs" if quantity == "macs" else quantity
        axis.set_title(f"{name_of_it}, %" if crowded else name_of_it)
        axis.set_ylim(0, 1.25 * max(values))
        axis.yaxis.set_visible(False)
        axis.spines["left"].set_visible(False)
    show(figure, name, alt=alt, caption=caption)


def _percent(share: float, unit: str) -> str:
    """A share over its bar; nothing stands over one that is not there."""
    return "" if share == 0 else f"{share:.0f}{unit}" if share >= 0.5 else f"<1{unit}"


def loss_by_depth(
    runs: Mapping[str, Mapping[int, Sequence[History]]], name: str, *, alt: str, caption: str
) -> None:
    """Last epoch's training loss against depth: a mark for each seed, a line through medians."""
    figure, (axis,) = canvas(3.0)
    for index, (label, by_depth) in enumerate(runs.items()):
        places = range(len(by_depth))
        final = [[run.losses[-1] for run in seeds] for seeds in by_depth.values()]
        _seeds_and_medians(axis, places, final, index, label)
        axis.set_xticks(list(places), [str(depth) for depth in by_depth])
    _guessing(axis, math.log(10))
    axis.set(xlabel="layers", ylabel="training loss", ylim=(0, 2.65))
    axis.legend(loc="center left", bbox_to_anchor=(0, 0.6))
    show(figure, name, alt=alt, caption=caption)


def _guessing(axis: Axes, level: float) -> None:
    axis.axhline(level, color=INK, linewidth=0.8, linestyle=":")
    style: dict[str, Any] = {
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "fontsize": 9.5,
    }
    axis.annotate("guessing", (0.01, level), (0, 3), **style)


def _seeds_and_medians(
    axis: Axes, places: Sequence[int], values: Sequence[Sequence[float]], index: int, label: str
) -> None:
    colour, marker = SERIES[index], MARKERS[index]
    for place, of_seeds in zip(places, values, strict=True):
        axis.plot([place] * len(of_seeds), of_seeds, marker, color=colour, markersize=4, alpha=0.7)
    medians = [median(of_seeds) for of_seeds in values]
    axis.plot(places, medians, LINES[index], color=colour, marker=marker, label=label)


def profiles(
    curves: Mapping[str, Sequence[Sequence[float]]], name: str, *, alt: str, caption: str
) -> None:
    """Gradient norms by layer on a logarithmic axis: median over seeds, and their range.

    Colour tells plain from residual, broken lines are those without batch norm.
    """
    figure, (axis,) = canvas(3.6)
    for label, of_seeds in curves.items():
        by_layer = list(zip(*of_seeds, strict=True))
        layers = range(1, len(by_layer) + 1)
        colour = SERIES[0] if label.startswith("plain") else SERIES[1]
        line = LINES[1] if label.endswith("no batch norm") else LINES[0]
        low, high = [min(v) for v in by_layer], [max(v) for v in by_layer]
        axis.fill_between(layers, low, high, color=colour, alpha=0.2, linewidth=0)
        middle = [median(v) for v in by_layer]
        axis.plot(layers, middle, line, color=colour, linewidth=1.6, label=label)
    axis.set(yscale="log", xlabel="layer, from input to output", ylabel="gradient norm")
    figure.legend(loc="outside upper left", ncols=2)
    show(figure, name, alt=alt, caption=caption)


def positions(seen: Mapping[str, Tensor], name: str, *, alt: str, caption: str) -> None:
    """Maps of the input positions that have an influence on the output, side by side."""
    figure, _ = canvas(2.7)
    figure.clear()
    axes = figure.subplots(1, len(seen))
    for axis, (label, mask) in zip(axes, seen.items(), strict=True):
        rows, columns = mask.shape
        for row in range(rows):
            for column in range(columns):
                colour = SERIES[0] if mask[row, column] else GRID
                axis.add_patch(_square(column, rows - 1 - row, colour))
        axis.set(xlim=(0, columns), ylim=(0, rows), aspect="equal", title=label)
        axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _square(x: float, y: float, colour: str) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((x + 0.06, y + 0.06), 0.88, 0.88, facecolor=colour, linewidth=0)


def losses(
    panels: Mapping[str, Mapping[str, Sequence[History]]], name: str, *, alt: str, caption: str
) -> None:
    """Training loss after each epoch, one panel for each setting, a thin line for each seed."""
    figure, axes = canvas(1.9 * len(panels) + 0.4, len(panels), sharex=True)
    for axis, (title, runs) in zip(axes, panels.items(), strict=True):
        for index, (label, histories) in enumerate(runs.items()):
            for number, run in enumerate(histories):
                epochs = range(1, len(run.losses) + 1)
                style: dict[str, Any] = {
                    "color": SERIES[index],
                    "marker": MARKERS[index],
                    "markersize": 4,
                }
                axis.plot(
                    epochs, run.losses, LINES[index], **style, label=label if number == 0 else None
                )
        axis.set(title=title, ylabel="training loss", ylim=(0, None))
        axis.set_xticks(list(epochs))
    axes[0].legend()
    axes[-1].set_xlabel("epoch")
    show(figure, name, alt=alt, caption=caption)


def deletions(
    results: Mapping[str, Sequence[tuple[float, Mapping[str, float]]]],
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Test accuracy with all blocks and with one block left out; a mark for each seed."""
    figure, (axis,) = canvas(3.0)
    for index, (label, seeds) in enumerate(results.items()):
        places = ["none", *seeds[0][1]]
        for place, key in enumerate(places):
            values = [100 * (whole if key == "none" else without[key]) for whole, without in seeds]
            offset = place + 0.16 * (2 * index - 1)
            style: dict[str, Any] = {"color": SERIES[index], "markersize": 6, "alpha": 0.8}
            axis.plot(
                [offset] * len(values),
                values,
                MARKERS[index],
                **style,
                label=label if place == 0 else None,
            )
        axis.set_xticks(range(len(places)), places)
    _guessing(axis, 10)
    axis.set(xlabel="block left out (stage.position)", ylabel="test accuracy, %", ylim=(0, 104))
    axis.legend(loc="center left")
    show(figure, name, alt=alt, caption=caption)
