/* The receptive-field grower: a stack of layers, and what one output pixel sees of the input. */
CourseWidgets.define("receptive-field", (body, data) => {
  "use strict";
  const { Problem, button, drawing, element, frame, headRow, number, numberField, presets, row, shape } =
    CourseWidgets;

  const [MOST_LAYERS, LARGEST_KERNEL, LARGEST_STEP] = data.limits;
  let stack = []; // [{kernel, stride, dilation}, ...] as number fields

  const example = presets(data.examples.map(([name]) => name));
  const image = numberField({ label: "Image, pixels", min: 1, max: 4096, value: 224 });
  const add = button("Add a layer", addLayer, { class: "widget-button" });
  const list = element("tbody");
  const editor = element("div",
    { class: "widget-scroll", role: "region", "aria-label": "Layers of the stack", tabindex: 0 },
    element("table", { class: "widget-table widget-stack" },
      headRow(["No.", "Kernel", "Stride", "Dilation", "Sees", "Jump", "Drop"]), list));

  body.append(row(example, image));
  const panel = frame(body, editor, add);

  /* --- arithmetic ------------------------------------------------------------------------------ */

  /* A layer widens the view by (kernel - 1) steps, each as long as all strides before it make it. */
  function grow(layers) {
    let sees = 1;
    let jump = 1;
    return layers.map(({ kernel, stride, dilation }) => {
      sees += (kernel - 1) * dilation * jump;
      jump *= stride;
      return { sees, jump };
    });
  }

  /* --- the editable stack ---------------------------------------------------------------------- */

  function layerFields(index, [kernel, stride, dilation]) {
    const field = (what, value, max) => {
      const made = numberField({ label: `Layer ${index + 1}, ${what}`, min: 1, max, value });
      made.input.setAttribute("aria-label", made.label); // the column's head labels it for the eye
      return made;
    };
    return {
      kernel: field("kernel", kernel, LARGEST_KERNEL),
      stride: field("stride", stride, LARGEST_STEP),
      dilation: field("dilation", dilation, LARGEST_STEP),
    };
  }

  function layerRow(fields, index) {
    const cell = (child) => element("td", {}, child);
    const remove = button("×", () => removeLayer(index), {
      class: "widget-button widget-remove", "aria-label": `Remove layer ${index + 1}`,
    });
    return element("tr", {},
      element("th", { scope: "row" }, String(index + 1)),
      ...Object.values(fields).map((field) => cell(field.input)),
      element("td", { class: "number" }), element("td", { class: "number" }),
      cell(remove));
  }

  function build(layers) {
    stack = layers.map((layer, index) => layerFields(index, layer));
    list.replaceChildren(...stack.map(layerRow));
    update();
  }

  const raw = () => stack.map((fields) => Object.values(fields).map((field) => field.input.value));

  function addLayer() {
    const layers = raw();
    build([...layers, layers.length ? layers[layers.length - 1] : [3, 1, 1]]);
    example.own();
    editor.scrollTop = editor.scrollHeight; // the new one is the last
    if (add.disabled) stack[stack.length - 1].kernel.input.focus();
  }

  /* The focus must not fall out of the widget with the button that was pressed. */
  function removeLayer(index) {
    build(raw().filter((_, other) => other !== index));
    example.own();
    const buttons = list.querySelectorAll(".widget-remove");
    (buttons[Math.min(index, buttons.length - 1)] ?? add).focus();
  }

  /* --- the drawing: one bar a layer, as wide as what it sees ----------------------------------- */

  function draw(views, pixels) {
    const width = panel.width();
    const height = Math.max(4, Math.min(14, 220 / views.length));
    const most = views[views.length - 1].sees;
    const widest = Math.max(most, pixels <= 2 * most ? pixels : 0);
    const scale = width / widest;
    const centred = (kind, pixelsWide, y, tall) => shape("rect", {
      class: kind, x: (width - pixelsWide * scale) / 2, y, width: pixelsWide * scale, height: tall, rx: 1,
    });
    const bars = views.map(({ sees }, place) => centred("bar", sees, place * height + 1, height - 2));
    const edge = pixels <= widest ? [centred("outline", pixels, 1, views.length * height - 2)] : [];
    const label = `Bars from the first layer to the last, ${views[0].sees} to ` +
      `${most} pixels wide.`;
    return drawing(width, views.length * height, label, ...bars, ...edge);
  }

  function covering(views, pixels) {
    const first = views.findIndex(({ sees }) => sees >= pixels);
    return first < 0
      ? `No layer sees ${number(pixels)} pixels from edge to edge.`
      : `From layer ${first + 1} on it is as wide as the image of ${number(pixels)} pixels.`;
  }

  /* --- putting it together --------------------------------------------------------------------- */

  function readStack() {
    return stack.map((fields) =>
      Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.read()])));
  }

  function writeColumns(views) {
    [...list.rows].forEach((line, index) => {
      line.cells[4].textContent = views ? number(views[index].sees) : "–";
      line.cells[5].textContent = views ? number(views[index].jump) : "–";
    });
  }

  function show() {
    writeColumns(null);
    const pixels = image.read();
    if (!stack.length) throw new Problem("The stack is empty: add a layer.");
    const views = grow(readStack());
    const last = views[views.length - 1];
    if (!Number.isSafeInteger(last.sees)) throw new Problem("These numbers grow beyond what can be drawn.");
    writeColumns(views);
    const sentence = `One output pixel sees ${number(last.sees)} × ${number(last.sees)} pixels; ` +
      `its neighbour sees the same, moved by ${number(last.jump)}.`;
    panel.result.replaceChildren(
      element("p", { class: "widget-answer" }, sentence),
      draw(views, pixels),
      element("p", { class: "widget-note" },
        `One bar a layer, the first on top. ${covering(views, pixels)} ` +
        (pixels <= 2 * last.sees ? "The frame is the image." : "")));
    panel.say(`Sees ${number(last.sees)} pixels, jump ${number(last.jump)}.`);
  }

  function update() {
    add.disabled = stack.length >= MOST_LAYERS;
    panel.attempt(show);
  }

  function useExample() {
    const [, size, layers] = data.examples[example.read()];
    image.write(size);
    build(layers);
  }

  example.input.addEventListener("change", useExample);
  body.addEventListener("input", (event) => {
    if (event.target === example.input) return;
    if (event.target !== image.input) example.own(); // the image is beside the stack
    update();
  });
  useExample();
});
