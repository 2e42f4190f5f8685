/* The compound-scaling dial: phi, the three factors, the counted network, and where B0 to B7 lie. */
CourseWidgets.define("compound", (body, data) => {
  "use strict";
  const { drawing, element, facts, fixed, frame, number, row, shape, slider, table, text } = CourseWidgets;

  const WIDTH = 360;
  const LEFT = 72;
  const STEP = 44; // between two scales of the drawing
  const [alpha, beta, gamma] = data.bases;
  const most = data.steps[data.steps.length - 1].phi;
  const base = data.steps[0];

  const dial = slider({
    label: "φ", max: data.steps.length - 1, value: 2,
    format: (place) => fixed(data.steps[place].phi, 1),
  });
  const panel = frame(body, row(dial));

  const law = (phi) => (alpha * beta ** 2 * gamma ** 2) ** phi;

  /* --- one scale for each coefficient: the phi that would give a released network its value -------- */

  const x = (phi) => LEFT + ((WIDTH - LEFT - 14) * phi) / Math.max(most, 7.5);

  function scale(place, name, key) {
    const y = 20 + place * STEP;
    const marks = data.released.flatMap((net, index) => {
      // Labels of neighbours take turns above and below the line, so that none covers another.
      const above = index % 2 === 0;
      return [
        shape("circle", { class: "mark mark-2", cx: x(net.phi[key]), cy: y, r: 4 }),
        text(x(net.phi[key]), above ? y - 8 : y + 16, net.name, { "text-anchor": "middle", class: "small" })];
    });
    return [text(LEFT - 12, y + 4, name, { "text-anchor": "end" }),
            shape("line", { class: "grid", x1: LEFT, y1: y, x2: x(most), y2: y }), ...marks];
  }

  function draw(phi) {
    const names = [["depth", "depth"], ["width", "width"], ["resolution", "resolution"], ["MACs", "macs"]];
    const height = 20 + names.length * STEP + 12;
    const ticks = [0, 1, 2, 3, 4, 5, 6, 7].map((tick) =>
      text(x(tick), height - 12, String(tick), { "text-anchor": "middle" }));
    const label = `Four scales of phi from 0 to 7 with a line at ${fixed(phi, 1)}. On each, B0 to B7 stand at the phi ` +
      "that would give them their depth, width, resolution or multiply-adds; they do not line up.";
    return drawing(WIDTH, height, label,
      shape("line", { class: "cursor", x1: x(phi), y1: 4, x2: x(phi), y2: height - 24 }),
      ...names.flatMap(([name, key], place) => scale(place, name, key)),
      ...ticks, text(LEFT - 12, height - 12, "φ", { "text-anchor": "end" }));
  }

  /* --- numbers ---------------------------------------------------------------------------------------- */

  function describe({ phi, resolution, blocks, parameters, macs }) {
    const power = fixed(phi, 1);
    const formula = law(phi);
    return facts(
      ["Depth", `${alpha}^${power} = ${fixed(alpha ** phi, 2)}, rounded up stage by stage: ${blocks} blocks`],
      ["Width", `${beta}^${power} = ${fixed(beta ** phi, 2)}, channels rounded to multiples of 8`],
      ["Resolution", `224 · ${gamma}^${power} = ${fixed(224 * gamma ** phi, 1)}: ${resolution} pixels`],
      ["MACs by formula", `${fixed(formula, 2)} times those of B0`],
      ["MACs counted", `${number(macs)}: ${fixed(macs / base.macs, 2)} times those of B0`],
      ["Parameters counted", number(parameters)],
    );
  }

  /* Costs are compared by ratio: between 1 and 100 the middle is 10. */
  const nearest = (macs) =>
    data.released.reduce((best, net) =>
      Math.abs(Math.log(net.macs / macs)) < Math.abs(Math.log(best.macs / macs)) ? net : best);

  function comparison(step) {
    const net = nearest(step.macs);
    const line = (name, { depth, width, resolution, macs }) =>
      [name, fixed(depth, 2), fixed(width, 2), String(resolution), `${fixed(macs / 1e9, 2)} G`];
    return table(`φ = ${fixed(step.phi, 1)} beside the released network nearest in cost`,
      ["network", "depth", "width", "pixels", "MACs"],
      [line("dial", { ...step, depth: alpha ** step.phi, width: beta ** step.phi }), line(net.name, net)]);
  }

  function show() {
    const step = data.steps[dial.read()];
    panel.result.replaceChildren(
      describe(step),
      comparison(step),
      element("div", { class: "widget-picture" }, draw(step.phi)),
      element("p", { class: "widget-note" },
        "Each dot is the φ that would give a released network this depth, width, resolution or cost. " +
        "If one φ had made a network, its four dots would stand below each other."));
    panel.say(`Phi ${fixed(step.phi, 1)}: ${fixed(step.macs / base.macs, 2)} times the multiply-adds of B0 counted, ` +
      `${fixed(law(step.phi), 2)} by the formula. Nearest: ${nearest(step.macs).name}.`);
  }

  body.addEventListener("input", () => panel.attempt(show));
  panel.attempt(show);
});
