/* The ledger explorer: what every network has of parameters, multiply-adds and activations. */
CourseWidgets.define("ledger", (body, data) => {
  "use strict";
  const { choice, element, frame, headRow, number, oneOf, percent, row } = CourseWidgets;

  const QUANTITIES = [["parameters", "parameters"], ["macs", "MACs"], ["activations", "activations"]];
  const WORDS = Object.fromEntries(QUANTITIES);

  const network = choice({
    label: "Network",
    wide: true,
    groups: data.families.map(([family, names]) => [family, names.map((name) => [name, name])]),
    value: data.start,
  });
  const quantity = oneOf({ label: "Show", options: QUANTITIES, value: "parameters" });
  const detail = choice({ label: "By", groups: [["", [["parts", "part"], ["layers", "layer"]]]] });
  const order = choice({
    label: "Order",
    groups: [["", [["run", "as it runs"], ["size", "largest first"]]]],
  });
  body.append(row(network, detail, order));
  const panel = frame(body, quantity.root);

  /* Rows of the page's data are bare lists, so that hundreds of layers stay small. */
  const named = ([name, what, shape, parameters, macs, activations]) =>
    ({ name, what, shape: shape.join(" × "), parameters, macs, activations });

  function rowsOf(net) {
    const rows = net[detail.read()].map(named);
    const by = quantity.read();
    return order.read() === "size" ? rows.sort((a, b) => b[by] - a[by]) : rows;
  }

  const total = (rows, key) => rows.reduce((sum, line) => sum + line[key], 0);

  function lineOf(line, by, sum, largest) {
    const bar = element("span", { class: "widget-bar", "aria-hidden": "true" });
    bar.style.inlineSize = `${largest ? (100 * line[by]) / largest : 0}%`;
    const about = [line.what, line.shape].filter(Boolean).join(" → ");
    return element("tr", {},
      element("th", { scope: "row" }, line.name, element("small", {}, about)),
      element("td", { class: "number" }, number(line[by]), bar),
      element("td", { class: "number" }, percent(line[by], sum)));
  }

  function summary(name, net, rows) {
    const sums = QUANTITIES.map(([key, words]) => `${number(total(rows, key))} ${words}`);
    const sentence = `${name} on ${net.input.join(" × ")}: ${sums.join(", ")}.`;
    return element("p", { class: "widget-answer" }, sentence);
  }

  function show() {
    const name = network.read();
    const net = data.networks[name];
    const by = quantity.read();
    const rows = rowsOf(net);
    const sum = total(rows, by);
    const largest = rows.reduce((most, line) => (line[by] > most[by] ? line : most));
    const what = detail.read() === "parts" ? "part" : "layer";
    const table = element("table", { class: "widget-table widget-ledger" },
      element("caption", {}, `${name}: ${WORDS[by]} by ${what}`),
      headRow([what, WORDS[by], "share"]),
      element("tbody", {}, ...rows.map((line) => lineOf(line, by, sum, largest[by]))));
    const named = { role: "region", "aria-label": `Ledger of ${name}`, tabindex: 0 };
    const box = element("div", { class: "widget-scroll", ...named }, table);
    panel.result.replaceChildren(summary(name, net, rows), box);
    const most = `${largest.name}, ${percent(largest[by], sum)}`;
    panel.say(`${name}: ${number(sum)} ${WORDS[by]} in ${rows.length} rows, most in ${most}.`);
  }

  body.addEventListener("input", () => panel.attempt(show));
  panel.attempt(show);
});
