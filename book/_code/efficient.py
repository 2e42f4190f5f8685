"""Figures of the chapters on EfficientNet, compound scaling and the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from torch import Tensor

from _code.labels import name_marks
from _code.style import INK, LINES, MARKERS, PAPER, SERIES, WASH, canvas, show

# --- EfficientNet --------------------------------------------------------------------------------

INVERTED = ("1×1", "BN, ReLU6", "3×3 dw", "BN, ReLU6", "1×1", "BN")
MBCONV = ("1×1", "BN, SiLU", "k×k dw", "BN, SiLU", "squeeze, excite", "1×1", "BN", "drop")
NEW = ("BN, SiLU", "k×k dw", "squeeze, excite", "drop")


def blocks(name: str, *, alt: str, caption: str) -> None:
    """MobileNetV2's inverted residual and EfficientNet's MBConv; what is new has an edge."""
    figure, _ = canvas(4.1)
    figure.clear()
    axes = figure.subplots(1, 2)
    _column(axes[0], "inverted residual", INVERTED, wide=(2, 5))
    _column(axes[1], "MBConv", MBCONV, wide=(2, 6))
    for axis in axes:
        axis.set(xlim=(-1.9, 2.1), ylim=(-10.9, 0.7))
        axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def _column(axis: Axes, title: str, layers: Sequence[str], *, wide: tuple[int, int]) -> None:
    axis.set_title(title, loc="center")
    axis.text(0, 0.2, "x", ha="center", style="italic")
    for place, layer in enumerate(layers, start=1):
        half = 1.35 if wide[0] <= place <= wide[1] else 0.85
        colour = WASH[0] if "×" in layer else WASH[2] if layer in NEW[2:] else WASH[3]
        edge = {"edgecolor": SERIES[1], "linewidth": 1.4} if layer in NEW else {"linewidth": 0}
        box = FancyBboxPatch(
            (-half, -place - 0.31),
            2 * half,
            0.62,
            boxstyle="round,pad=0.02,rounding_size=0.14",
            facecolor=colour,
            zorder=3,
            **edge,
        )
        axis.add_patch(box)
        axis.text(0, -place - 0.03, layer, ha="center", va="center", zorder=4, fontsize=9.5)
    end = -len(layers) - 1.0
    _arrow(axis, (0, 0.05), (0, end + 0.24))
    axis.add_patch(Circle((0, end), 0.24, facecolor=PAPER, edgecolor=SERIES[1], linewidth=1.6))
    axis.text(0, end - 0.03, "+", ha="center", va="center", color=SERIES[1], weight="bold")
    axis.plot([0, 1.65, 1.65], [-0.35, -0.35, end], color=SERIES[1], linewidth=1.6, zorder=1)
    _arrow(axis, (1.65, end), (0.24, end), SERIES[1])
    _arrow(axis, (0, end - 0.24), (0, end - 0.85))
    axis.text(0, end - 1.3, "y", ha="center", style="italic")


def _arrow(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = INK
) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "color": colour}
    axis.add_patch(FancyArrowPatch(start, end, shrinkA=0, shrinkB=0, zorder=1, **style))


def rates(blocks: Sequence[tuple[float, bool]], name: str, *, alt: str, caption: str) -> None:
    """Stochastic depth: a bar for each block's rate, filled only where there is a shortcut."""
    figure, (axis,) = canvas(2.4)
    for place, (rate, acts) in enumerate(blocks, start=1):
        fill = SERIES[0] if acts else "none"
        axis.bar(place, 100 * rate, color=fill, edgecolor=SERIES[0], width=0.72)
    axis.set(xlabel="block, from input to output", ylabel="dropped, %")
    axis.set_xticks(range(1, len(blocks) + 1, 3))
    axis.grid(visible=False, axis="x")
    show(figure, name, alt=alt, caption=caption)


def staircases(
    panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]],
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """What is asked for (dotted) and what rounding gives (steps), a panel for each coefficient."""
    figure, axes = canvas(1.75 * len(panels) + 0.3, len(panels))
    for axis, (xlabel, lines) in zip(axes, panels.items(), strict=True):
        for index, (label, points) in enumerate(lines.items()):
            places, values = zip(*points, strict=True)
            if label == "asked for":
                axis.plot(places, values, ":", color=INK, linewidth=1.2, label=label)
            else:
                axis.step(places, values, where="post", color=SERIES[index], label=label)
        axis.set(xlabel=xlabel.split(": ")[0], ylabel=xlabel.split(": ")[1])
    axes[0].legend()
    show(figure, name, alt=alt, caption=caption)


def pairs(
    groups: Mapping[str, Sequence[float]],
    name: str,
    *,
    alt: str,
    caption: str,
    xlabel: str,
    limits: tuple[float, float] | None = None,
    level: tuple[str, float] | None = None,
) -> None:
    """A row for each group: a mark for each seed and a bar at the median."""
    figure, (axis,) = canvas(0.36 * len(groups) + 0.9)
    for row, (label, values) in enumerate(groups.items()):
        colour = SERIES[0] if row == 0 else SERIES[1]
        axis.plot(values, [row] * len(values), "o", color=colour, markersize=5, alpha=0.75)
        axis.plot([median(values)] * 2, [row - 0.28, row + 0.28], color=INK, linewidth=1.6)
        del label
    if level:
        axis.axvline(level[1], color=INK, linewidth=0.8, linestyle=":")
        axis.annotate(
            level[0], (level[1], 1), (3, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=9.5,
        )  # fmt: skip
    axis.set_yticks(range(len(groups)), list(groups))
    axis.set(xlabel=xlabel, ylim=(len(groups) - 0.5, -0.5), xlim=limits)
    axis.grid(visible=False, axis="y")
    show(figure, name, alt=alt, caption=caption)


# --- compound scaling ----------------------------------------------------------------------------


def dials(name: str, *, alt: str, caption: str) -> None:
    """Five networks as stacks: height of the stack is depth, a bar's width is width."""
    figure, (axis,) = canvas(3.2)
    networks = [
        ("baseline", 4, 1.0, 1.0),
        ("deeper", 8, 1.0, 1.0),
        ("wider", 4, 1.8, 1.0),
        ("higher\nresolution", 4, 1.0, 1.8),
        ("compound", 5, 1.25, 1.3),
    ]
    for place, (title, depth, width, resolution) in enumerate(networks):
        x, step = 2.2 * place, 0.42
        for layer in range(depth):
            half = 0.38 * width * (0.75 + 0.5 * layer / max(1, depth - 1))
            colour = SERIES[0] if title not in {"baseline"} else SERIES[3]
            axis.add_patch(
                Rectangle((x - half, layer * step), 2 * half, 0.28, facecolor=colour, linewidth=0)
            )
        side = 0.62 * resolution
        corners = [(-side, -0.35), (side, -0.35), (0.72 * side, -0.35 - 0.75 * side)]
        corners.append((-1.28 * side, -0.35 - 0.75 * side))
        shape = [(x + 0.14 * side + dx, dy) for dx, dy in corners]
        axis.add_patch(Polygon(shape, facecolor=WASH[1], edgecolor=SERIES[1], linewidth=1.2))
        axis.text(x, -1.45, title, ha="center", va="top", fontsize=9.5)
    axis.set(xlim=(-1.2, 10.1), ylim=(-2.2, 3.6), aspect="equal")
    axis.axis("off")
    show(figure, name, alt=alt, caption=caption)


def costs(
    counted: Mapping[str, Sequence[tuple[float, float]]],
    laws: Mapping[str, Sequence[tuple[float, float]]],
    name: str,
    *,
    alt: str,
    caption: str,
    xlabel: str,
    ylabel: str,
) -> None:
    """Counted costs as marks and what the law says as lines, both axes logarithmic."""
    figure, (axis,) = canvas(3.1)
    for index, (label, points) in enumerate(counted.items()):
        places, values = zip(*points, strict=True)
        axis.plot(
            places, values, MARKERS[index], color=SERIES[index], markersize=5, label=label,
        )  # fmt: skip
        line = laws.get(label)
        if line:
            axis.plot(*zip(*line, strict=True), LINES[index], color=SERIES[index], linewidth=1.1)
    for index, (label, line) in enumerate(laws.items()):
        if label not in counted:
            style = LINES[index % 4]
            axis.plot(*zip(*line, strict=True), style, color=INK, linewidth=1.1, label=label)
    axis.set(xlabel=xlabel, ylabel=ylabel, yscale="log")
    ticks = [t for t in (1, 2, 4, 8, 16, 32, 64, 128) if t <= axis.get_ylim()[1]]
    axis.set_yticks(ticks, [str(t) for t in ticks])
    axis.minorticks_off()
    axis.legend()
    show(figure, name, alt=alt, caption=caption)


def phis(by_factor: Mapping[str, Sequence[float]], name: str, *, alt: str, caption: str) -> None:
    """The compound coefficient that each factor of B0 to B7 would need, against the index."""
    figure, (axis,) = canvas(2.9)
    for index, (label, values) in enumerate(by_factor.items()):
        axis.plot(
            range(len(values)), values, MARKERS[index], color=SERIES[index], label=label,
            markersize=5, alpha=0.85,
        )  # fmt: skip
    axis.plot([0, 7], [0, 7], ":", color=INK, linewidth=1, label="φ = index")
    axis.set_xticks(range(8), [f"B{i}" for i in range(8)])
    axis.set(ylabel="φ that would give it")
    axis.legend()
    show(figure, name, alt=alt, caption=caption)


def patches(rows: Mapping[str, Sequence[Tensor]], name: str, *, alt: str, caption: str) -> None:
    """Small grey images ``(H, W)``, a row for each label, each scaled to its own range."""
    figure, _ = canvas(0.95 * len(rows) + 0.3)
    figure.clear()
    columns = max(len(images) for images in rows.values())
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for row, (label, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(row, images, strict=True):
            axis.imshow(image.numpy(), cmap="gray", interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.grid(visible=False)
            for spine in axis.spines.values():
                spine.set_visible(False)
        row[0].set_title(label, weight="normal", fontsize=10)
    show(figure, name, alt=alt, caption=caption)


def race(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    name: str,
    *,
    alt: str,
    caption: str,
    xlabel: str = "test accuracy, %",
) -> None:
    """One panel for each race, one row for each contestant, one mark for each seed."""
    rows = sum(len(contestants) for contestants in panels.values())
    figure, axes = canvas(0.27 * rows + 0.62 * len(panels) + 0.2, len(panels))
    for axis, (title, contestants) in zip(axes, panels.items(), strict=True):
        for row, values in enumerate(contestants.values()):
            shown = [100 * value for value in values]
            colour = SERIES[3] if row == 0 else SERIES[0]
            axis.plot(shown, [row] * len(shown), "o", color=colour, markersize=5, alpha=0.7)
            axis.plot([median(shown)] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=1.6)
        axis.set_yticks(range(len(contestants)), list(contestants))
        axis.set(title=title, ylim=(len(contestants) - 0.5, -0.5))
        axis.grid(visible=False, axis="y")
    axes[-1].set_xlabel(xlabel)
    show(figure, name, alt=alt, caption=caption)


# --- comparison ----------------------------------------------------------------------------------


def accuracy_plot(
    families: Mapping[str, Mapping[str, tuple[float, float, str]]],
    name: str,
    *,
    alt: str,
    caption: str,
) -> None:
    """Accuracy against work: billions of multiply-adds, top-1 in %, and how it was tested."""
    figure, (axis,) = canvas(4.4)
    named: dict[str, tuple[float, float]] = {}
    for index, (family, members) in enumerate(families.items()):
        colour, marker = SERIES[index], MARKERS[index]
        points = [(work, top1) for work, top1, _ in members.values()]
        line = LINES[index] if index else "none"  # the three of 2012 to 2014 are no family
        axis.plot(*zip(*points, strict=True), linestyle=line, color=colour, linewidth=1)
        for label, (work, top1, tested) in members.items():
            fill = colour if tested == "one crop" else PAPER
            axis.plot(work, top1, marker, color=colour, markerfacecolor=fill, markersize=6.5)
            named[label.replace("EfficientNet-", "").replace("ResNet-", "")] = (work, top1)
        axis.plot([], [], marker, color=colour, label=family)
    axis.set(xscale="log", xlabel="billions of multiply-adds", ylabel="top-1 as published, %")
    _plain_ticks(axis, (0.1, 0.3, 1, 3, 10, 30))
    axis.set(xlim=(0.1, 60), ylim=(57, 87))
    axis.legend(loc="lower right")
    name_marks(axis, named)
    show(figure, name, alt=alt, caption=caption)


def _plain_ticks(axis: Axes, ticks: Sequence[float]) -> None:
    axis.set_xticks(list(ticks), [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def latency(
    points: Mapping[str, tuple[float, Sequence[float]]], name: str, *, alt: str, caption: str
) -> None:
    """Time against work, both logarithmic; a bar spans the rounds, the mark is the fastest."""
    figure, (axis,) = canvas(3.7)
    work, times = points["VGG-16"]
    ends = (0.2, 25.0)
    axis.plot(ends, [min(times) * end / work for end in ends], ":", color=INK, linewidth=1)
    for label, (work, times) in points.items():
        mobile = label.startswith(("Mobile", "Efficient"))
        colour, marker = SERIES[1 if mobile else 0], MARKERS[1 if mobile else 0]
        axis.plot([work] * 2, [min(times), max(times)], color=colour, linewidth=1.4)
        axis.plot(work, min(times), marker, color=colour, markersize=6)
    axis.set(xscale="log", yscale="log", xlabel="billions of multiply-adds", ylabel="time, ms")
    _plain_ticks(axis, (0.3, 1, 3, 10))
    axis.set_xlim(0.13, 30)
    low, high = axis.get_ylim()
    shown = [t for t in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if low <= t <= high]
    axis.set_yticks(shown, [f"{t:g}" for t in shown])
    axis.minorticks_off()
    name_marks(axis, {label: (work, min(times)) for label, (work, times) in points.items()})
    show(figure, name, alt=alt, caption=caption)
