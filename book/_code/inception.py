"""Figures of the chapters on 1x1 convolutions and Inception: data in, a drawing out."""

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
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image
from torch import Tensor

from _code.style import INK, LINES, MARKERS, PAPER, SERIES, WASH, canvas, show
from solutions.counting import Ledger
from solutions.inception import BLOCKS, branch_channels, branch_cost, break_even

# --- pictures and diagrams -----------------------------------------------------------------------


def photos(images: Mapping[str, Tensor], name: str, *, alt: str, caption: str) -> None:
    """Small photos side by side, each ``(3, H, W)`` in [0, 1] or ``(1, H, W)``, under its label."""
    label = html.escape(alt, quote=True)
    parts = []
    for title, image in images.items():
        pixels = (image.clamp(0, 1) * 255).round().byte().expand(3, -1, -1).permute(1, 2, 0)
        file = io.BytesIO()
        Image.fromarray(pixels.contiguous().numpy()).save(file, format="JPEG", quality=80)
        data = base64.b64encode(file.getvalue()).decode()
        text = html.escape(title, quote=True)
        parts.append(
            f'<div><img class="dark-light" alt="{text}" '
            f'style="display: block; width: 100%; background: none; padding: 0" '
            f'src="data:image/jpeg;base64,{data}">'
            f'<span style="font-size: 0.85rem">{text}</span></div>'
        )
    body = (
        f'<figure class="plot" id="figure-{name}"><div role="img" aria-label="{label}" '
        f'style="display: grid; gap: 0.5rem; grid-template-columns: repeat({len(images)}, 1fr)">'
        f"{''.join(parts)}</div>"
        f"<figcaption>{caption}</figcaption></figure>"
    )
    display({"text/html": body, "text/plain": f"Figure. {caption} ({alt})"}, raw=True)


def pixelwise(name: str, *, alt: str, caption: str) -> None:
    """A column of channels at one pixel, through one matrix, to a column of outputs."""
    figure, (axis,) = canvas(2.5)
    for x, wash, title in ((0.0, WASH[0], "C channels in"), (6.4, WASH[1], "C′ channels out")):
        for layer in range(4):
            shift = 0.32 * layer
            axis.add_patch(_box_patch(x + shift, shift, 1.9, 1.9, wash))
        axis.text(x + 1.4, -0.5, title, ha="center")
    for start, colour in ((1.0, SERIES[0]), (7.4, SERIES[1])):
        places = [(start + 0.32 * n, 0.9 + 0.32 * n) for n in range(4)]
        axis.plot(*zip(*places, strict=True), "s", color=colour, markersize=6, zorder=6)
    axis.add_patch(_box_patch(3.55, 0.75, 1.9, 1.1, WASH[2]))
    axis.text(4.5, 1.3, "C′ × C\nmatrix", ha="center", va="center", zorder=6)
    for start, end in ((2.15, 3.5), (5.5, 7.25)):
        style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 10, "color": INK}
        axis.add_patch(
            FancyArrowPatch((start, 1.3), (end, 1.3), shrinkA=0, shrinkB=0, zorder=7, **style)
        )
    axis.set(xlim=(-0.2, 9.5), ylim=(-0.8, 3.1))
    axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _box_patch(x: float, y: float, width: float, height: float, wash: str) -> FancyBboxPatch:
    style = "round,pad=0.02,rounding_size=0.1"
    return FancyBboxPatch(
        (x, y), width, height, boxstyle=style, facecolor=wash, edgecolor=PAPER, linewidth=1.2
    )


def block(
    branches: Sequence[Sequence[str]], ends: tuple[str, str], name: str, *, alt: str, caption: str
) -> None:
    """An Inception block: the input on top, a column of layers a branch, the join at the foot."""
    figure, (axis,) = canvas(3.4)
    deepest = max(len(layers) for layers in branches)
    foot = -1.35 * (deepest + 1)
    width = 2.2 * len(branches)
    _wide_box(axis, width / 2, 0, width - 0.2, ends[0], WASH[3])
    _wide_box(axis, width / 2, foot, width - 0.2, ends[1], WASH[3])
    for column, layers in enumerate(branches):
        x, above = 2.2 * column + 1.1, -0.36
        for row, layer in enumerate(layers):
            y = foot * (row + 1) / (len(layers) + 1)
            _arrow(axis, x, above, y + 0.42)
            wash = WASH[2] if "pool" in layer else WASH[1] if "reduce" in layer else WASH[0]
            _wide_box(axis, x, y, 1.9, layer.replace("reduce", "1×1"), wash, height=0.84)
            above = y - 0.42
        _arrow(axis, x, above, foot + 0.36)
    axis.set(xlim=(0, width), ylim=(foot - 0.6, 0.6))
    axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _wide_box(
    axis: Axes, x: float, y: float, width: float, text: str, wash: str, *, height: float = 0.7
) -> None:
    axis.add_patch(_box_patch(x - width / 2, y - height / 2, width, height, wash))
    axis.text(x, y - 0.02, text, ha="center", va="center", zorder=4, fontsize=9.5)


def _arrow(axis: Axes, x: float, start: float, end: float) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "color": INK, "zorder": 1}
    axis.add_patch(FancyArrowPatch((x, start), (x, end), shrinkA=0, shrinkB=0, **style))


def by_blocks(table: Ledger) -> Ledger:
    """GoogLeNet's ledger with one row a block, named as in the paper, its output joined.

    A group's shape is that of its last layer: for a block, its last branch.
    """
    table = table.grouped("stem", *(row.name.rsplit(".branch", 1)[0] for row in table.rows))
    rows = []
    for row in table.rows:
        name = row.name.rsplit(".", 1)[-1]
        if name in BLOCKS:
            joined = sum(branch_channels(BLOCKS[name]))
            row = replace(row, output_shape=(joined, *row.output_shape[1:]))
        rows.append(replace(row, name=name))
    return Ledger(tuple(rows))


# --- costs ---------------------------------------------------------------------------------------


def sweep(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    chosen: int,
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Multiplications on 28 x 28 against the width of the bottleneck, and the direct way's."""
    figure, (axis,) = canvas(3.0)
    last = break_even(in_channels, out_channels, kernel_size)
    widths = range(1, round(1.2 * last))
    shape = (in_channels, out_channels, kernel_size, 28, 28)
    direct = branch_cost(*shape) / 1e6
    axis.plot(
        widths,
        [branch_cost(*shape, w) / 1e6 for w in widths],
        color=SERIES[0],
        label="through the bottleneck",
    )
    axis.axhline(direct, color=SERIES[1], linestyle="--", label="direct")
    axis.plot([last], [branch_cost(*shape, last) / 1e6], "s", color=SERIES[1])
    axis.plot([chosen], [branch_cost(*shape, chosen) / 1e6], "o", color=SERIES[0])
    axis.annotate(
        f"{last}: the last that saves",
        (last, direct),
        (-10, 8),
        textcoords="offset points",
        ha="right",
    )
    axis.annotate(
        f"{chosen}",
        (chosen, branch_cost(*shape, chosen) / 1e6),
        (8, -4),
        textcoords="offset points",
    )
    axis.set(
        xlabel="channels of the bottleneck",
        ylabel="million multiplications",
        ylim=(0, None),
        xlim=(0, None),
    )
    axis.legend(loc="lower right")
    show(figure, name, alt=alt, caption=caption)


def against_break_even(
    shares: Mapping[str, Sequence[float]], name: str, *, alt: str, caption: str
) -> None:
    """The width of every bottleneck of GoogLeNet, as a share of its break-even, in percent."""
    figure, (axis,) = canvas(2.8)
    for index, (label, values) in enumerate(shares.items()):
        axis.plot(
            list(BLOCKS),
            [100 * v for v in values],
            MARKERS[index],
            color=SERIES[index],
            label=label,
        )
    axis.axhline(100, color=INK, linewidth=0.8, linestyle=":")
    axis.annotate("break-even", (0, 100), (0, -13), textcoords="offset points")
    axis.set(ylim=(0, 110), xlabel="block", ylabel="width of the bottleneck, %")
    axis.legend(loc="center right", bbox_to_anchor=(1, 0.72))
    show(figure, name, alt=alt, caption=caption)


def by_block(
    lines: Mapping[str, Sequence[float]], ylabel: str, name: str, *, alt: str, caption: str
) -> None:
    """One value a block of GoogLeNet, a line for each design, on a logarithmic axis."""
    figure, (axis,) = canvas(3.0)
    for index, (label, values) in enumerate(lines.items()):
        style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index], "markersize": 5}
        axis.plot(list(BLOCKS), values, LINES[index], label=label, **style)
    axis.set(yscale="log", xlabel="block", ylabel=ylabel)
    axis.legend()
    show(figure, name, alt=alt, caption=caption)


# --- experiments ---------------------------------------------------------------------------------


def by_setting(
    results: Mapping[str, Sequence[float]],
    labels: tuple[str, str],
    name: str,
    *,
    alt: str,
    caption: str,
    limits: tuple[float, float] = (0, 104),
) -> None:
    """One mark a seed for each setting, a line through the medians."""
    figure, (axis,) = canvas(2.8)
    for place, values in enumerate(results.values()):
        axis.plot([place] * len(values), values, "o", color=SERIES[0], markersize=5, alpha=0.7)
    axis.plot(
        range(len(results)), [median(v) for v in results.values()], color=SERIES[0], linewidth=1
    )
    axis.set_xticks(range(len(results)), list(results))
    axis.set(xlabel=labels[0], ylabel=labels[1], ylim=limits)
    show(figure, name, alt=alt, caption=caption)


def bars(
    results: Mapping[str, Sequence[float]], xlabel: str, name: str, *, alt: str, caption: str
) -> None:
    """One row a setting, one mark a seed: test accuracies in percent."""
    figure, (axis,) = canvas(0.42 * len(results) + 0.8)
    for place, values in enumerate(results.values()):
        axis.plot([min(values), max(values)], [place] * 2, color=SERIES[0], linewidth=1)
        axis.plot(values, [place] * len(values), "o", color=SERIES[0], markersize=6, alpha=0.8)
    axis.set_yticks(range(len(results)), list(results))
    axis.set(xlim=(0, 102), xlabel=xlabel, ylim=(len(results) - 0.5, -0.5))
    show(figure, name, alt=alt, caption=caption)


def sources(
    panels: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    places: Sequence[str],
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Gradient norms at places of a network, by the loss that they come from; a band over seeds.

    A curve may be shorter than ``places``: what lies behind a head gets nothing from it.
    """
    figure, axes = canvas(2.2 * len(panels) + 0.6, len(panels), sharex=True)
    for axis, (title, curves) in zip(axes, panels.items(), strict=True):
        for index, (label, of_seeds) in enumerate(curves.items()):
            by_place = list(zip(*of_seeds, strict=True))
            x = range(len(by_place))
            low, high = [min(v) for v in by_place], [max(v) for v in by_place]
            colour = SERIES[index]
            axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
            style: dict[str, Any] = {"marker": MARKERS[index], "markersize": 5, "label": label}
            axis.plot(x, [median(v) for v in by_place], LINES[index], color=colour, **style)
        axis.set(yscale="log", ylabel="gradient norm", title=title)
    axes[-1].set_xticks(range(len(places)), list(places))
    axes[-1].set_xlabel("weights of")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    show(figure, name, alt=alt, caption=caption)
