/* The compound-scaling dial: phi, the three factors, the counted network, and where B0 to B7 lie. */
CourseWidgets.define("compound", (body, data) => {
  "use strict";
  const { drawing, element, facts, fixed, frame, number, row, shape, slider, table, text } = CourseWidgets;

  const LEFT = 76;
  const RIGHT = 14; // free space for the last label
  const STEP = 44; // between two scales of the drawing
  const SCALES = [
    ["depth", "depth"], ["width", "width"], ["resolution", "resolution"], ["MACs", "macs"],
  ];
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

  const furthest = Math.max(most, ...data.released.flatMap(({ phi }) => Object.values(phi)));
  const x = (phi) => LEFT + ((panel.width() - LEFT - RIGHT) * phi) / furthest;

  function scale(place, name, key) {
    const y = 20 + place * STEP;
    const marks = data.released.flatMap((net, index) => {
      // Labels of neighbours take turns above and below the line, so that none covers another.
      const above = index % 2 === 0;
      return [
        shape("circle", { class: "mark", cx: x(net.phi[key]), cy: y, r: 4 }),
        text(x(net.phi[key]), above ? y - 8 : y + 16, net.name, "middle", "small halo")];
    });
    return [text(LEFT - 12, y + 4, name, "end"),
            shape("line", { class: "grid", x1: LEFT, y1: y, x2: x(furthest), y2: y }), ...marks];
  }

  function draw(phi) {
    const height = 20 + SCALES.length * STEP + 12;
    const ticks = [0, 1, 2, 3, 4, 5, 6, 7].map((tick) =>
      text(x(tick), height - 8, String(tick), "middle"));
    const label = `Four scales of phi from 0 to 7 with a line at ${fixed(phi, 1)}. On each, B0 to B7 ` +
      "stand at the phi that would give them their depth, width, resolution or multiply-adds; " +
      "they do not line up.";
    return drawing(panel.width(), height, label,
      shape("line", { class: "cursor", x1: x(phi), y1: 4, x2: x(phi), y2: height - 24 }),
      ...SCALES.flatMap(([name, key], place) => scale(place, name, key)),
      ...ticks, text(LEFT - 12, height - 8, "φ", "end"));
  }

  /* --- numbers ---------------------------------------------------------------------------------------- */

  function describe({ phi, resolution, blocks, parameters, macs }) {
    const power = fixed(phi, 1);
    const raised = (bottom) => [`${bottom}`, element("sup", {}, power)];
    const pixels = fixed(base.resolution * gamma ** phi, 1);
    return facts(
      ["Depth", ...raised(alpha), ` = ${fixed(alpha ** phi, 2)}; each stage rounded up: ${blocks} blocks`],
      ["Width", ...raised(beta), ` = ${fixed(beta ** phi, 2)}; channels rounded to multiples of 8`],
      ["Resolution", `${base.resolution} · `, ...raised(gamma), ` = ${pixels}: ${resolution} pixels`],
      ["MACs by formula", ...raised(`(${alpha} · ${beta}² · ${gamma}²)`),
        ` = ${fixed(law(phi), 2)} times those of B0`],
      ["MACs counted", `${number(macs)}: ${fixed(macs / base.macs, 2)} times those of B0`],
      ["Parameters", `${number(parameters)}, counted`],
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
      [line("dial", { ...step, depth: alpha ** step.phi, width: beta ** step.phi }),
       line(net.name, net)]);
  }

  function show() {
    const step = data.steps[dial.read()];
    panel.result.replaceChildren(
      describe(step),
      comparison(step),
      draw(step.phi),
      element("p", { class: "widget-note" },
        "Each dot is the φ that would give a released network this depth, width, resolution or cost. " +
        "If one φ had made a network, its four dots would stand below each other."));
    const counted = fixed(step.macs / base.macs, 2);
    panel.say(`Phi ${fixed(step.phi, 1)}: ${counted} times the multiply-adds of B0 counted, ` +
      `${fixed(law(step.phi), 2)} by the formula. Nearest: ${nearest(step.macs).name}.`);
  }

  body.addEventListener("input", () => panel.attempt(show));
  panel.attempt(show);
});
