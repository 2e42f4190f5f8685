"""The figures of the chapters on MobileNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from torch import Tensor

from _code.style import GRID, INK, LINES, MARKERS, SERIES, WASH, canvas, show
from solutions.training import History


def filters(name: str, *, alt: str, caption: str) -> None:
    """All weights of a full 3x3 from 3 to 5 channels, and of its two separable steps."""
    figure, (axis,) = canvas(3.5)
    for out in range(5):
        for channel in range(3):
            _kernel(axis, 1.2 * channel, -1.2 * out, 3, channel)
            _kernel(axis, 11.0 + 0.6 * channel, -1.2 * out + 0.35, 1, channel)
    for channel in range(3):
        _kernel(axis, 5.6 + 1.2 * channel, -2.4, 3, channel)
    texts = {1.7: "full", 7.3: "depthwise", 11.75: "pointwise"}
    counts = {1.7: "5·3·9 = 135", 7.3: "3·9 = 27", 11.75: "5·3 = 15"}
    for x, text in texts.items():
        axis.text(x, 1.75, text, ha="center", weight="bold")
        axis.text(x, -5.75, counts[x], ha="center")
    axis.text(4.5, -1.95, "or", ha="center", va="center")
    axis.text(10.1, -1.95, "then", ha="center", va="center")
    axis.set(xlim=(-0.3, 13.1), ylim=(-6.0, 2.4), aspect="equal")
    axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _kernel(axis: Axes, x: float, y: float, size: int, channel: int) -> None:
    """A grid of ``size`` x ``size`` weights with its lower left corner at ``x``, ``y``."""
    step = 0.34
    for row in range(size):
        for column in range(size):
            corner = (x + step * column, y + step * row)
            axis.add_patch(
                Rectangle(corner, 0.88 * step, 0.88 * step, facecolor=SERIES[channel], linewidth=0)
            )


def channels(
    rows: Mapping[str, Tensor], name: str, *, alt: str, caption: str, height: float = 3.2
) -> None:
    """Rows of channels ``(C, H, W)`` as grey pictures, each stretched to its own range."""
    columns = max(len(maps) for maps in rows.values())
    figure, _ = canvas(height)
    figure.clear()
    grid = figure.add_gridspec(len(rows), columns)
    for place, (label, maps) in enumerate(rows.items()):
        for column, one in enumerate(maps):
            axis = figure.add_subplot(grid[place, column])
            axis.imshow(one.numpy(), cmap="gray", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.grid(False)
            for spine in axis.spines.values():
                spine.set_visible(False)
            if column == 0:
                axis.set_title(label, weight="normal", fontsize=10)
    show(figure, name, alt=alt, caption=caption)


def curves(
    lines: Mapping[str, Sequence[float]],
    places: Sequence[float],
    name: str,
    *,
    alt: str,
    caption: str,
    xlabel: str,
    ylabel: str,
    log: bool = False,
    limits: Sequence[float] | None = None,
) -> None:
    """One line for each entry; ``limits`` draws a dotted level in the colour of each line."""
    figure, (axis,) = canvas(3.0)
    for index, (label, values) in enumerate(lines.items()):
        marker = MARKERS[index] if len(places) <= 12 else None
        axis.plot(
            places, values, LINES[index], color=SERIES[index], marker=marker, markersize=4,
            label=label,
        )  # fmt: skip
        if limits is not None:
            axis.axhline(limits[index], color=SERIES[index], linewidth=0.9, linestyle=":")
    axis.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    if log:
        axis.set_xscale("log", base=2)
        ticks = [2**power for power in range(0, 11, 2)]
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.legend()
    show(figure, name, alt=alt, caption=caption)


def seeds_by_place(
    groups: Mapping[str, Sequence[Sequence[float]]],
    places: Sequence[object],
    name: str,
    *,
    alt: str,
    caption: str,
    xlabel: str,
    ylabel: str,
    top: float | None = None,
) -> None:
    """A mark for each seed at each place, and a line through the medians of each group."""
    figure, (axis,) = canvas(3.0)
    for index, (label, by_place) in enumerate(groups.items()):
        style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index]}
        for place, values in enumerate(by_place):
            axis.plot([place] * len(values), values, **style, linestyle="", markersize=4)
        middles = [median(values) for values in by_place]
        axis.plot(range(len(places)), middles, LINES[index], **style, markersize=3, label=label)
    axis.set_xticks(range(len(places)), [str(place) for place in places])
    axis.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, top))
    if len(groups) > 1:
        axis.legend()
    show(figure, name, alt=alt, caption=caption)


def final_losses(runs: Mapping[object, Sequence[History]]) -> list[list[float]]:
    """The last epoch's training losses, place by place."""
    return [[run.losses[-1] for run in seeds] for seeds in runs.values()]


def shares(table: Mapping[str, Mapping[str, float]], name: str, *, alt: str, caption: str) -> None:
    """For each quantity a row of bars: what share of it each kind of layer has, in percent."""
    figure, axes = canvas(1.5 * len(table) + 0.2, len(table))
    for axis, colour, (title, parts) in zip(axes, SERIES, table.items(), strict=False):
        labels, values = list(parts)[::-1], list(parts.values())[::-1]
        bars = axis.barh(labels, values, color=colour, height=0.7)
        axis.bar_label(bars, labels=[f"{v:.0f} %" if v >= 1 else "<1 %" for v in values], padding=3)
        axis.set(title=title, xlim=(0, 112))
        axis.xaxis.set_visible(False)
        axis.spines["bottom"].set_visible(False)
        axis.grid(False)
    show(figure, name, alt=alt, caption=caption)


def accuracy_by_cost(
    families: Mapping[str, Sequence[tuple[float, float]]],
    name: str,
    *,
    alt: str,
    caption: str,
    joined: bool = True,
) -> None:
    """Published accuracy against counted cost, (million MACs, %); ``joined`` draws the lines."""
    figure, (axis,) = canvas(3.4)
    for index, (label, points) in enumerate(families.items()):
        costs, accuracies = zip(*sorted(points), strict=True)
        style: dict[str, Any] = {"color": SERIES[index], "marker": MARKERS[index]}
        style["linestyle"] = LINES[index] if joined else ""
        axis.plot(costs, accuracies, **style, markersize=4.5, linewidth=1.2, label=label)
    axis.set_xscale("log")
    ticks = [10, 20, 50, 100, 200, 500]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set(xlabel="million multiply-adds", ylabel="top-1 accuracy, %")
    axis.legend(loc="lower right")
    show(figure, name, alt=alt, caption=caption)


def widths(name: str, *, alt: str, caption: str) -> None:
    """A classic and an inverted bottleneck: the channels along each, and where the skip runs."""
    figure, axes = canvas(5.0, 2)
    classic = (144, (36, 36), 144), ("1×1", "3×3", "1×1")
    inverted = (24, (144, 144), 24), ("1×1", "3×3 depthwise", "1×1, linear")
    for axis, title, (shape, names) in zip(
        axes, ("classic: wide, narrow, wide", "inverted: narrow, wide, narrow"),
        (classic, inverted), strict=True,
    ):  # fmt: skip
        _profile(axis, title, (shape[0], *shape[1], shape[2]), names)
    show(figure, name, alt=alt, caption=caption)


def _profile(axis: Axes, title: str, sizes: Sequence[int], names: Sequence[str]) -> None:
    axis.set_title(title)
    for place, size in enumerate(sizes):
        outer = place in (0, len(sizes) - 1)
        colour = SERIES[1] if outer else SERIES[0]
        axis.add_patch(Rectangle((2 * place - 0.16, -size / 2), 0.32, size, facecolor=colour))
        axis.text(2 * place, -size / 2 - 8, str(size), ha="center", va="top")
    for place, name in enumerate(names):
        left, right = sizes[place] / 2, sizes[place + 1] / 2
        edge, end = 2 * place + 0.2, 2 * place + 1.8
        corners = [(edge, -left), (edge, left), (end, right), (end, -right)]
        axis.add_patch(Polygon(corners, facecolor=WASH[0], edgecolor="none"))
        axis.text(2 * place + 1, 0, name, ha="center", va="center", fontsize=9.5)
    top = max(sizes) / 2 + 22
    style: dict[str, Any] = {"color": SERIES[1], "linewidth": 1.6}
    axis.plot([0, 0, 6], [sizes[0] / 2 + 4, top, top], **style)
    arrow = FancyArrowPatch(
        (6, top), (6, sizes[-1] / 2 + 4), arrowstyle="-|>", mutation_scale=10, shrinkA=0, **style
    )
    axis.add_patch(arrow)
    axis.text(3, top + 4, "shortcut", ha="center", va="bottom", color=SERIES[1], fontsize=9.5)
    axis.set(xlim=(-0.5, 6.5), ylim=(-98, top + 22))
    axis.axis("off")


def spirals(panels: Mapping[str, Tensor], name: str, *, alt: str, caption: str) -> None:
    """The spiral and what comes back of it, each a line through points ``(N, 2)``."""
    figure, _ = canvas(3.6)
    figure.clear()
    axes = figure.subplots(2, 3).flat
    for index, (axis, (label, points)) in enumerate(zip(axes, panels.items(), strict=True)):
        colour = INK if index == 0 else SERIES[0]
        axis.plot(points[:, 0].tolist(), points[:, 1].tolist(), color=colour, linewidth=1.3)
        axis.set(title=label, xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
        axis.set(xticks=[], yticks=[])
        for spine in axis.spines.values():
            spine.set(visible=True, color=GRID)
    show(figure, name, alt=alt, caption=caption)


def memory(profiles: Mapping[str, Sequence[int]], name: str, *, alt: str, caption: str) -> None:
    """What is alive in the course of a pass, in million numbers: a panel for each network."""
    figure, axes = canvas(1.35 * len(profiles) + 0.4, len(profiles), sharex=True)
    top = max(max(alive) for alive in profiles.values()) / 1e6
    for axis, colour, (label, alive) in zip(axes, SERIES, profiles.items(), strict=False):
        values = [elements / 1e6 for elements in fullest(alive, 50)]
        way = [2 * place + 1 for place in range(50)]
        axis.bar(way, values, width=2, color=colour, linewidth=0)
        axis.set(title=f"{label}: at most {max(values):.2f}", ylim=(0, 1.08 * top), xlim=(0, 100))
    axes[len(axes) // 2].set_ylabel("million numbers alive")
    axes[-1].set_xlabel("operations done, %")
    show(figure, name, alt=alt, caption=caption)


def fullest(alive: Sequence[int], bins: int) -> list[int]:
    """The largest value in each of ``bins`` equal pieces of the way."""
    edges = [place * len(alive) // bins for place in range(bins + 1)]
    return [max(alive[a : max(b, a + 1)]) for a, b in pairwise(edges)]
