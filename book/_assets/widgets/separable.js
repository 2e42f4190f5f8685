/* Standard against depthwise separable convolution: what both cost, and the ratio 1/N + 1/k². */
CourseWidgets.define("separable", (body, data) => {
  "use strict";
  const { drawing, element, facts, fixed, frame, number, numberField, presets, product, row, shape, text } =
    CourseWidgets;

  const HEIGHT = 196;
  const LEFT = 30;
  const RIGHT = 14; // free space at the end of the axis
  const NAMES = 74; // width of the names in front of the bars
  const BOTTOM = 158;
  const MOST = 1024; // channels on the curve's axis

  const example = presets(data.examples.map(([name]) => name));
  const fields = Object.fromEntries(
    data.fields.map(([key, label, min, max]) => [key, numberField({ label, min, max, value: 1 })]),
  );
  body.append(row(example));
  const panel = frame(body, row(...Object.values(fields)));

  function costs({ kernel, in_channels, out_channels, size }) {
    const positions = product(size, size);
    const depthwise = product(kernel, kernel, in_channels);
    const pointwise = product(in_channels, out_channels);
    const standard = depthwise * BigInt(out_channels);
    return { positions, depthwise, pointwise, standard, separable: depthwise + pointwise };
  }

  /* --- words --------------------------------------------------------------------------------------- */

  function verdict(times) {
    if (times > 1) return `${fixed(times, 2)} times fewer multiply-adds`;
    return times === 1 ? "no difference" : `${fixed(1 / times, 2)} times as many: the pair costs more here`;
  }

  function describe({ kernel, in_channels: m, out_channels: n, size }, cost, ratio) {
    const of = (weights) => number(weights * cost.positions);
    return facts(
      ["Standard", `${kernel}² · ${m} · ${n} weights · ${size}² = ${of(cost.standard)} MACs`],
      ["Depthwise", `${kernel}² · ${m} weights · ${size}² = ${of(cost.depthwise)} MACs`],
      ["Pointwise", `${m} · ${n} weights · ${size}² = ${of(cost.pointwise)} MACs`],
      ["Separable", `${number(cost.separable)} weights, ${of(cost.separable)} MACs`],
      ["Ratio", `1/N + 1/k² = 1/${n} + 1/${kernel}² = ${fixed(ratio, 3)}: ${verdict(1 / ratio)}`],
    );
  }

  /* --- two bars: the pair beside what it replaces -------------------------------------------------- */

  function bars(cost, ratio) {
    const longest = Math.max(1, ratio);
    const length = (weights) =>
      ((panel.width() - NAMES) * Number(weights)) / Number(cost.standard) / longest;
    const depthwise = length(cost.depthwise);
    const pointwise = length(cost.pointwise);
    const label = `Bars of the two costs: the separable one is ${fixed(ratio, 3)} times the standard one, ` +
      "made up of a depthwise and a pointwise part.";
    const bar = (kind, x, y, width) => shape("rect", { class: kind, x: NAMES + x, y, width, height: 16 });
    return drawing(panel.width(), 70, label,
      text(NAMES - 6, 16, "standard", "end"),
      bar("bar", 0, 4, length(cost.standard)),
      text(NAMES - 6, 40, "separable", "end"),
      bar("bar second", 0, 28, depthwise),
      bar("bar third", depthwise, 28, pointwise),
      ...key());
  }

  function key() {
    const entry = (x, kind, words) => [
      shape("rect", { class: kind, x, y: 54, width: 10, height: 10 }), text(x + 14, 63, words)];
    return [...entry(NAMES, "bar second", "depthwise"), ...entry(NAMES + 90, "bar third", "pointwise")];
  }

  /* --- the curve: the ratio over all N, for this kernel -------------------------------------------- */

  const x = (n) => LEFT + ((panel.width() - LEFT - RIGHT) * Math.log2(n)) / Math.log2(MOST);
  const y = (ratio) => BOTTOM - ((BOTTOM - 10) * Math.min(ratio, 1.2)) / 1.2;

  function axes(kernel) {
    const limit = 1 / kernel ** 2;
    const level = (kind, ratio) =>
      shape("line", { class: kind, x1: LEFT, y1: y(ratio), x2: panel.width() - RIGHT, y2: y(ratio) });
    const levels = [0, 0.5, 1].flatMap((ratio) =>
      [level("grid", ratio), text(LEFT - 5, y(ratio) + 4, String(ratio), "end")]);
    const ticks = [1, 4, 16, 64, 256, 1024].map((n) => text(x(n), BOTTOM + 15, String(n), "middle"));
    const floor = level("limit", limit);
    const name = text(LEFT + 4, y(limit) + (limit < 0.15 ? -5 : 14), `1/k² = ${fixed(limit, 3)}`);
    const title = text((LEFT + panel.width()) / 2, HEIGHT - 4, "output channels N", "middle");
    return [...levels, ...ticks, floor, name, title];
  }

  function curve(kernel, n, ratio) {
    const points = [];
    for (let step = 0; step <= 60; step += 1) {
      const channels = MOST ** (step / 60);
      points.push(`${x(channels)},${y(1 / channels + 1 / kernel ** 2)}`);
    }
    const mark = n <= MOST ? [shape("circle", { class: "mark", cx: x(n), cy: y(ratio), r: 4.5 })] : [];
    const label = `Cost ratio against output channels for a ${kernel} by ${kernel} kernel: it falls ` +
      `towards ${fixed(1 / kernel ** 2, 3)}, and is ${fixed(ratio, 3)} at ${n}.`;
    return drawing(panel.width(), HEIGHT, label,
      ...axes(kernel),
      shape("polyline", { class: "curve curve-1", points: points.join(" ") }), ...mark);
  }

  /* --- putting it together -------------------------------------------------------------------------- */

  function show() {
    const layer = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.read()]));
    const cost = costs(layer);
    const ratio = 1 / layer.out_channels + 1 / layer.kernel ** 2;
    panel.result.replaceChildren(
      describe(layer, cost, ratio),
      bars(cost, ratio),
      curve(layer.kernel, layer.out_channels, ratio),
      element("p", { class: "widget-note" },
        "The curve is the separable cost as a share of the standard one. " +
        "Input channels and map size cancel."));
    panel.say(`Ratio ${fixed(ratio, 3)}: ${verdict(1 / ratio)}.`);
  }

  function useExample() {
    const [, values] = data.examples[example.read()];
    for (const [key, field] of Object.entries(fields)) field.write(values[key]);
    panel.attempt(show);
  }

  example.input.addEventListener("change", useExample);
  body.addEventListener("input", (event) => {
    if (event.target === example.input) return;
    example.own();
    panel.attempt(show);
  });
  useExample();
});
