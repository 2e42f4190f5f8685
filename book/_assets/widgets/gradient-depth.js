/* The gradient explorer: norms by layer and depth, plain and residual, with batch norm and without. */
CourseWidgets.define("gradient-depth", (body, data) => {
  "use strict";
  const { Problem, checkBox, drawing, element, frame, row, shape, short, slider, table, text } =
    CourseWidgets;

  const HEIGHT = 250;
  const LEFT = 40;
  const RIGHT = 8; // free space at the end of the axis
  const BOTTOM = 212;
  const deepest = data.depths[data.depths.length - 1];

  const depth = slider({
    label: "Depth", max: data.depths.length - 1, value: data.depths.length - 1,
    format: (place) => `${data.depths[place]} layers`,
  });
  const layer = slider({
    label: "Read at layer", min: 1, max: deepest, value: 1,
  });
  const curves = data.curves.map((curve, index) => ({ ...curve, style: `curve curve-${index + 1}` }));
  const boxes = curves.map(({ name, style }) =>
    checkBox({ label: name, checked: true, before: [sample(style)] }));
  const networks = element("fieldset", { class: "widget-options" },
    element("legend", {}, "Networks"), ...boxes.map(({ root }) => root));

  body.append(row(depth, layer));
  const panel = frame(body, networks);

  /* A piece of the curve beside its name: pattern and colour both tell the curves apart. */
  function sample(style) {
    const line = shape("line", { class: style, x1: 0, y1: 4, x2: 30, y2: 4 });
    return shape("svg",
      { class: "widget-sample", viewBox: "0 0 30 8", "aria-hidden": "true" }, line);
  }

  /* --- axes: the same for all depths, so that moving the slider compares ------------------------- */

  const everything = curves.flatMap(({ norms }) => norms.flat());
  const lowest = Math.floor(Math.log10(Math.min(...everything)));
  const highest = Math.ceil(Math.log10(Math.max(...everything)));
  const x = (place) => LEFT + ((panel.width() - LEFT - RIGHT) * (place - 1)) / (deepest - 1);
  const y = (norm) => BOTTOM - ((BOTTOM - 8) * (Math.log10(norm) - lowest)) / (highest - lowest);

  const powerOfTen = (power) => {
    const raised = shape("tspan", { dy: -4, class: "smaller" }, String(power).replace("-", "−"));
    const label = text(LEFT - 6, y(10 ** power) + 4, "10", "end");
    label.append(raised);
    return label;
  };

  function axes() {
    const right = panel.width() - RIGHT;
    const marks = [];
    for (let power = lowest; power <= highest; power += 1) {
      const height = y(10 ** power);
      marks.push(shape("line", { class: "grid", x1: LEFT, y1: height, x2: right, y2: height }));
      if ((power - lowest) % 2 === 0) marks.push(powerOfTen(power));
    }
    for (const place of [1, 10, 20, 30, 40, 50].filter((tick) => tick <= deepest)) {
      marks.push(text(x(place), BOTTOM + 15, String(place), "middle"));
    }
    marks.push(text((LEFT + right) / 2, HEIGHT - 6, "layer, from input to output", "middle"));
    return marks;
  }

  function line({ style, norms }) {
    const points = norms[depth.read()].map((norm, place) => `${x(place + 1)},${y(norm)}`);
    return shape("polyline", { class: style, points: points.join(" ") });
  }

  function marks(shown, place) {
    const cursor = shape("line", { class: "cursor", x1: x(place), y1: 8, x2: x(place), y2: BOTTOM });
    const dots = shown.map(({ style, norms }) => shape("circle", {
      class: style.replace("curve ", "reading "),
      cx: x(place), cy: y(norms[depth.read()][place - 1]), r: 3.5,
    }));
    return [cursor, ...dots];
  }

  /* --- numbers ------------------------------------------------------------------------------------ */

  function values({ name, norms }, place) {
    const profile = norms[depth.read()];
    return [name, short(profile[place - 1]), short(profile[0] / profile[profile.length - 2])];
  }

  function show() {
    const layers = data.depths[depth.read()];
    layer.limit(layers);
    const place = layer.read();
    const shown = curves.filter((_, index) => boxes[index].read());
    if (!shown.length) throw new Problem("Choose at least one network.");
    const names = shown.map(({ name }) => name).join("; ");
    const label = `Gradient norm by layer on a logarithmic axis, ${layers} layers: ${names}.`;
    const lines = [...axes(), ...shown.map(line), ...marks(shown, place)];
    const rows = shown.map((curve) => values(curve, place));
    panel.result.replaceChildren(
      drawing(panel.width(), HEIGHT, label, ...lines),
      table(`Gradient norms, ${layers} layers, median of ${data.seeds} seeds`,
        ["network", `at layer ${place}`, "first ÷ last convolution"], rows));
    const spoken = rows.map(([name, norm]) => `${name} ${norm}`).join("; ");
    panel.say(`${layers} layers, layer ${place}: ${spoken}.`);
  }

  body.addEventListener("input", () => panel.attempt(show));
  panel.attempt(show);
});
