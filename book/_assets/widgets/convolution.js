/* The calculator of convolution and pooling: size, parameters, multiply-adds, and one row drawn. */
CourseWidgets.define("convolution", (body, data) => {
  "use strict";
  const { Problem, checkBox, drawing, facts, frame, number, numberField, oneOf, presets, product, row,
          element, shape, slider, text } = CourseWidgets;

  const MOST_CELLS = 60; // of padded input that a drawing can show
  const WIDEST_CELL = 22;
  const TOP = 20; // of the row of input cells; above it stands its name
  const CHANNEL_FIELDS = ["out_channels", "groups"]; // a pooling works on each channel alone

  const operation = oneOf({
    label: "Layer",
    value: "convolution",
    options: [["convolution", "convolution"], ["pooling", "pooling"]],
  });
  const example = presets(data.examples.map(([name]) => name));
  const fields = Object.fromEntries(
    data.fields.map(([key, label, min, max]) => [key, numberField({ label, min, max, value: 1 })]),
  );
  const bias = checkBox({ label: "biases", checked: false });
  const onlyConvolution = [...CHANNEL_FIELDS.map((key) => fields[key].root), bias.root];
  const position = slider({ label: "Output position to draw", min: 1, max: 1, value: 1 });

  body.append(row(example), operation.root);
  const panel = frame(body, row(...Object.values(fields), bias));
  const words = element("div");
  const picture = element("div");
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
        `A kernel that reaches over ${reach} pixels does not fit into ` +
          `${size} + 2 · ${padding} = ${room}. Enlarge the input or the padding, or shrink kernel or dilation.`,
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

  /* The part of the row that is shown: which cells, and how wide each is. */
  function windowAround({ size, padding, stride }, reach, place) {
    const total = size + 2 * padding;
    const shown = Math.min(total, Math.max(24, reach + 4 * stride), MOST_CELLS);
    const centred = place * stride + Math.floor(reach / 2) - Math.floor(shown / 2);
    const cell = Math.min(WIDEST_CELL, panel.width() / shown);
    return { first: Math.max(0, Math.min(total - shown, centred)), shown, cell };
  }

  const square = (kind, x, y, side) =>
    shape("rect", { class: kind, x: x + 1, y: y + 1, width: side - 2, height: side - 2, rx: 1 });

  function inputCell(index, { first, cell }, layer, taps) {
    const x = (index - first) * cell;
    const inside = index >= layer.padding && index < layer.padding + layer.size;
    const kind = `cell${inside ? "" : " padding"}${taps.includes(index) ? " tap" : ""}`;
    const dot = shape("circle", { class: "dot", cx: x + cell / 2, cy: TOP + cell / 2, r: cell / 7 });
    return taps.includes(index) ? [square(kind, x, TOP, cell), dot] : [square(kind, x, TOP, cell)];
  }

  /* An output cell stands below the middle of what it reads. */
  function outputCells(layer, { output, reach }, place, { first, shown, cell }, y) {
    const cells = [];
    for (let out = 0; out < output; out += 1) {
      const x = (out * layer.stride + reach / 2 - 0.5 - first) * cell;
      if (x < 0 || x > (shown - 1) * cell) continue;
      cells.push(square(out === place ? "cell chosen" : "cell", x, y, cell));
    }
    return cells;
  }

  function draw(layer, counts, place) {
    const { reach } = counts;
    if (reach > MOST_CELLS) return element("p", {}, "This kernel is too wide to be drawn.");
    const view = windowAround(layer, reach, place);
    const start = place * layer.stride;
    const taps = Array.from({ length: layer.kernel }, (_, k) => start + k * layer.dilation);
    const { first, cell, shown } = view;
    const low = TOP + 3 * cell;
    const lines = taps.map((tap) => shape("line", {
      class: "ray", x1: (tap - first + 0.5) * cell, y1: TOP + cell,
      x2: (start - first + reach / 2) * cell, y2: low,
    }));
    const inputs = Array.from({ length: shown }, (_, i) => inputCell(i + first, view, layer, taps));
    return drawing(shown * cell, low + cell + 18, readAloud(layer, taps, place, counts),
      ...lines, ...inputs.flat(), ...outputCells(layer, counts, place, view, low),
      text(0, 12, "input"), text(0, low + cell + 14, "output"));
  }

  function readAloud(layer, taps, place, { output }) {
    const pixels = taps.map((tap) => tap - layer.padding + 1);
    const read = pixels.filter((pixel) => pixel >= 1 && pixel <= layer.size);
    const padded = pixels.length - read.length;
    const zeros = padded ? `, and ${padded} of padding` : "";
    return `One row: output ${place + 1} of ${output} reads pixels ${read.join(", ") || "none"} ` +
      `of ${layer.size}${zeros}.`;
  }

  const legend = element("p", { class: "widget-note" },
    "One row of the map, cut out around the position. Dashed: padding. " +
    "With a dot: read by the chosen output.");

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
  body.addEventListener("input", (event) => {
    if (event.target === example.input) return;
    if (event.target !== position.input) example.own();
    update();
  });
  useExample();
});
