/* The calculator of convolution and pooling: sizes, parameters and multiply-adds, and one row drawn. */
CourseWidgets.define("convolution", (body, data) => {
  "use strict";
  const { Problem, checkBox, choice, drawing, facts, frame, number, numberField, oneOf, product, row,
          element, shape, slider, text } = CourseWidgets;

  const MOST_CELLS = 60; // of padded input that a drawing can show
  const CELL = 10;
  const CHANNEL_FIELDS = ["out_channels", "groups"]; // a pooling works on each channel alone

  const operation = oneOf({
    label: "Layer",
    value: "convolution",
    options: [["convolution", "convolution"], ["pooling", "pooling"]],
  });
  const example = choice({
    label: "Start from",
    groups: [["", data.examples.map(([name], index) => [index, name])]],
  });
  const fields = Object.fromEntries(
    data.fields.map(([key, label, min, max]) => [key, numberField({ label, min, max, value: 1 })]),
  );
  const bias = checkBox({ label: "biases", checked: false });
  const onlyConvolution = [...CHANNEL_FIELDS.map((key) => fields[key].root), bias.root];
  const position = slider({ label: "Output position to draw", min: 1, max: 1, value: 1 });

  body.append(row(example), operation.root);
  const panel = frame(body, row(...Object.values(fields), bias));
  const words = element("div");
  const picture = element("div", { class: "widget-picture" });
  panel.result.append(words, position.root, picture);

  /* --- arithmetic: solutions/layers.py in another language, and tested against it ------------- */

  function readLayer() {
    const pooling = operation.read() === "pooling";
    const used = Object.keys(fields).filter((key) => !pooling || !CHANNEL_FIELDS.includes(key));
    const layer = Object.fromEntries(used.map((key) => [key, fields[key].read()]));
    if (pooling) return { ...layer, pooling, out_channels: layer.in_channels, bias: false };
    return { ...layer, pooling, bias: bias.read() };
  }

  function check({ size, kernel, padding, dilation, groups, in_channels, out_channels, pooling }) {
    const reach = dilation * (kernel - 1) + 1;
    const room = size + 2 * padding;
    if (pooling && 2 * padding > reach) {
      throw new Problem(
        `PyTorch pads a pooling by at most half its kernel: here by ${Math.floor(reach / 2)}.`,
        fields.padding,
      );
    }
    if (reach > room) {
      throw new Problem(
        `A kernel that reaches over ${reach} pixels does not fit into ${size} + 2 · ${padding} = ${room}. ` +
          "Enlarge the input or the padding, or shrink kernel or dilation.",
        fields.kernel, fields.size,
      );
    }
    if (!pooling && (in_channels % groups || out_channels % groups)) {
      throw new Problem(
        `Groups must divide both channel numbers: ${groups} does not divide ` +
          `${in_channels % groups ? in_channels : out_channels}.`,
        fields.groups,
      );
    }
  }

  function count(layer) {
    const { size, kernel, stride, padding, dilation, groups, in_channels, out_channels } = layer;
    const reach = dilation * (kernel - 1) + 1;
    const steps = size + 2 * padding - reach;
    const output = Math.floor(steps / stride) + 1;
    const weights = layer.pooling ? 0n : product(out_channels, in_channels / groups, kernel, kernel);
    return { reach, steps, output, rest: steps % stride, weights,
             parameters: weights + (layer.bias ? BigInt(out_channels) : 0n),
             macs: weights * product(output, output) };
  }

  /* --- words ---------------------------------------------------------------------------------- */

  function sizeFormula({ size, kernel, stride, padding, dilation }, { steps, output }) {
    return `⌊(${size} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}⌋ + 1 ` +
      `= ⌊${steps} / ${stride}⌋ + 1 = ${output}`;
  }

  function parameterFormula(layer, { parameters }) {
    const inputs = layer.groups > 1 ? `(${layer.in_channels} / ${layer.groups})` : layer.in_channels;
    const added = layer.bias ? ` + ${layer.out_channels}` : "";
    return `${layer.kernel}² · ${inputs} · ${layer.out_channels}${added} = ${number(parameters)}`;
  }

  function describe(layer, counts) {
    const { output, weights, macs, rest } = counts;
    const list = [
      ["Height and width", sizeFormula(layer, counts)],
      ["Output", `${layer.out_channels} × ${output} × ${output}`],
    ];
    if (layer.pooling) {
      list.push(["Parameters", "0: a pooling learns nothing"]);
      list.push(["MACs", "0: it compares or adds, and multiplies nothing by a weight"]);
    } else {
      list.push(["Parameters", parameterFormula(layer, counts)]);
      list.push(["MACs", `${number(weights)} weights · ${output}² positions = ${number(macs)}`]);
    }
    if (rest) {
      const lines = rest === 1 ? "The last row and column" : `The last ${rest} rows and columns`;
      list.push(["Left over", `${lines} of the padded map: the stride leaves no position for them.`]);
    }
    return facts(...list);
  }

  /* --- the drawing: one row of the map, the pixels that one output position reads -------------- */

  function cellsToShow({ size, padding, stride }, reach, place) {
    const total = size + 2 * padding;
    const shown = Math.min(total, Math.max(24, reach + 4 * stride), MOST_CELLS);
    const centred = place * stride + Math.floor(reach / 2) - Math.floor(shown / 2);
    return { first: Math.max(0, Math.min(total - shown, centred)), shown, total };
  }

  function inputCell(index, x, layer, taps) {
    const inside = index >= layer.padding && index < layer.padding + layer.size;
    const kind = `${inside ? "cell" : "cell padding"}${taps.has(index) ? " tap" : ""}`;
    const square = shape("rect", { class: kind, x: x + 1, y: 14, width: CELL - 2, height: CELL - 2, rx: 1 });
    const dot = shape("circle", { class: "dot", cx: x + CELL / 2, cy: 14 + CELL / 2 - 1, r: 1.4 });
    return taps.has(index) ? [square, dot] : [square];
  }

  /* An output cell stands below the middle of what it reads. */
  function outputCells(layer, { output, reach }, place, { first, shown }) {
    const cells = [];
    for (let out = 0; out < output; out += 1) {
      const x = (out * layer.stride + reach / 2 - first) * CELL;
      if (x < CELL / 2 || x > shown * CELL - CELL / 2) continue;
      const kind = out === place ? "cell out chosen" : "cell out";
      const size = Math.min(CELL, layer.stride * CELL) - 2;
      cells.push(shape("rect", { class: kind, x: x - size / 2, y: 46, width: size, height: size, rx: 1 }));
    }
    return cells;
  }

  function draw(layer, counts, place) {
    const { reach } = counts;
    const view = cellsToShow(layer, reach, place);
    if (reach > MOST_CELLS) return element("p", {}, "This kernel is too wide to be drawn.");
    const taps = new Set();
    for (let k = 0; k < layer.kernel; k += 1) taps.add(place * layer.stride + k * layer.dilation);
    const at = (index) => (index - view.first) * CELL;
    const out = at(place * layer.stride) + (reach * CELL) / 2;
    const lines = [...taps].map((tap) =>
      shape("line", { x1: at(tap) + CELL / 2, y1: 24, x2: out, y2: 46 }));
    const cells = Array.from({ length: view.shown }, (_, i) => i + view.first)
      .flatMap((index) => inputCell(index, at(index), layer, taps));
    const width = view.shown * CELL;
    const names = [["input", 9], ["output", 64]].map(([name, y]) => text(0, y, name, { class: "small" }));
    const svg = drawing(width, 68, readAloud(layer, taps, place, counts),
      ...lines, ...cells, ...outputCells(layer, counts, place, view), ...names);
    svg.style.maxWidth = `${width * 2.2}px`;
    return svg;
  }

  function readAloud(layer, taps, place, { output }) {
    const pixels = [...taps].map((tap) => tap - layer.padding + 1);
    const read = pixels.filter((pixel) => pixel >= 1 && pixel <= layer.size);
    const padded = pixels.length - read.length;
    const zeros = padded ? `, and ${padded} of padding` : "";
    return `One row: output ${place + 1} of ${output} reads pixels ${read.join(", ") || "none"} ` +
      `of ${layer.size}${zeros}.`;
  }

  const legend = element("p", { class: "widget-note" },
    "One row of the map, cut out around the position. Dashed: padding. With a dot: read by the chosen output.");

  /* --- putting it together --------------------------------------------------------------------- */

  function show() {
    const layer = readLayer();
    check(layer);
    const counts = count(layer);
    position.limit(counts.output);
    const svg = draw(layer, counts, position.read() - 1);
    words.replaceChildren(describe(layer, counts));
    picture.replaceChildren(svg, legend);
    const cost = layer.pooling ? "" :
      `, ${number(counts.parameters)} parameters, ${number(counts.macs)} MACs`;
    panel.say(`Output ${layer.out_channels} by ${counts.output} by ${counts.output}${cost}.`);
  }

  function update() {
    onlyConvolution.forEach((node) => (node.hidden = operation.read() === "pooling"));
    panel.attempt(show);
  }

  function useExample() {
    const [, values] = data.examples[example.read()];
    for (const [key, field] of Object.entries(fields)) field.write(values[key]);
    bias.input.checked = values.bias;
    operation.root.querySelector(`[value="${values.operation}"]`).checked = true;
    position.input.value = 1;
    update();
  }

  example.input.addEventListener("change", useExample);
  body.addEventListener("input", (event) => event.target !== example.input && update());
  useExample();
});
