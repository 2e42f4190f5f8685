/* What the widgets of the book share: elements, controls, messages, and starting up.
 *
 * A widget is a <div class="widget" data-widget="NAME"> that Python wrote into the page, with its
 * data as JSON inside. NAME.js calls CourseWidgets.define("NAME", build), and `build` fills the
 * widget's body. There is no build step and no module: pages must also work from a folder, where
 * browsers refuse to load modules.
 */
const CourseWidgets = (() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const QUIET = 500; // milliseconds without a change before a result is read out
  const WIDEST = 520; // pixels of a drawing
  const NARROWEST = 220;
  const builders = new Map();
  let count = 0;

  const newId = (word) => `widget-${word}-${(count += 1)}`;

  /* --- elements ------------------------------------------------------------------------------ */

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === undefined) continue;
      node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  const element = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);

  const shape = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  /* A drawing of `width` by `height` pixels, in a box of its own; `label` describes it. */
  function drawing(width, height, label, ...children) {
    const size = { viewBox: `0 0 ${width} ${height}`, width, height };
    const svg = shape("svg", { ...size, role: "img", "aria-label": label }, ...children);
    return element("div", { class: "widget-picture" }, svg);
  }

  const text = (x, y, words, anchor = "start", kind = "") =>
    shape("text", { x, y, "text-anchor": anchor, class: kind }, words);

  /* Pairs of a name and what it is, as a list that screen readers know. */
  const facts = (...pairs) =>
    element(
      "dl",
      { class: "widget-facts" },
      ...pairs.map(([name, ...value]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, ...value)),
      ),
    );

  const headRow = (head) =>
    element("thead", {}, element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, h))));

  /* A table; the first cell of each row is its head. Cells are strings, numbers or nodes. */
  function table(caption, head, rows) {
    const cells = (row) =>
      row.map((cell, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, cell));
    return element(
      "table",
      { class: "widget-table" },
      element("caption", {}, caption),
      headRow(head),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))),
    );
  }

  /* --- numbers ------------------------------------------------------------------------------- */

  const LOCALE = "en-GB"; // as the tables that Python prints

  const number = (value) => value.toLocaleString(LOCALE);

  const fixed = (value, digits) =>
    value.toLocaleString(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });

  /* Exact at any size: multiply-adds of a wide layer can exceed what a double holds exactly. */
  const product = (...factors) => factors.reduce((total, factor) => total * BigInt(factor), 1n);

  const percent = (part, whole) => {
    const share = whole ? (100 * part) / whole : 0;
    return share > 0 && share < 0.1 ? "<0.1 %" : `${fixed(share, 1)} %`;
  };

  /* Two digits that matter; powers of ten where plain digits would be hard to read. */
  function short(value) {
    if (value >= 0.01 && value < 10000) {
      return number(Number(value.toPrecision(value >= 100 ? 3 : 2)));
    }
    const [digits, power] = value.toExponential(1).split("e");
    const raised = [...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
    return `${digits} × 10${raised.join("")}`;
  }

  /* --- controls: each has `root` for the page and `read()` for its value --------------------- */

  /* Input that cannot be computed with: a message for the reader, and the fields to blame. */
  class Problem extends Error {
    constructor(message, ...fields) {
      super(message);
      this.fields = fields;
    }
  }

  function labelled(label, control, ...more) {
    const name = element("label", { for: control.id }, label);
    return element("div", { class: "widget-field" }, name, control, ...more);
  }

  function numberField({ label, value, min, max }) {
    const id = newId("number");
    const limits = { min, max, step: 1 };
    const input = element("input", { id, type: "number", inputmode: "numeric", ...limits, value });
    const field = { label, input, root: labelled(label, input) };
    field.read = () => {
      const given = input.value.trim() === "" ? NaN : Number(input.value);
      if (!Number.isInteger(given) || given < min || given > max) {
        const range = `${number(min)} to ${number(max)}`;
        throw new Problem(`${label}: give a whole number from ${range}.`, field);
      }
      return given;
    };
    field.write = (given) => (input.value = given);
    return field;
  }

  /* A range whose value is shown, and spoken, in the words of `format`. */
  function slider({ label, value, min = 0, max, step = 1, format = String }) {
    const id = newId("slider");
    const input = element("input", { id, type: "range", min, max, step, value });
    const shown = element("output", { for: id, "aria-hidden": "true" }); // the range says it itself
    const tell = () => {
      shown.textContent = format(Number(input.value));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    input.addEventListener("input", tell);
    tell();
    const root = labelled(label, input, shown);
    root.classList.add("widget-slider", "widget-wide");
    const limit = (highest) => {
      input.max = highest; // browsers pull the value down with it
      tell();
    };
    return { label, input, root, limit, tell, read: () => Number(input.value) };
  }

  const option = ([value, words]) => element("option", { value }, words);

  /* A list to choose from; `groups` are [heading, [[value, words], ...]], heading "" for none. */
  function choice({ label, groups, value, wide = false }) {
    const input = element("select", { id: newId("choice") });
    for (const [heading, options] of groups) {
      const entries = options.map(option);
      if (heading) input.append(element("optgroup", { label: heading }, ...entries));
      else input.append(...entries);
    }
    if (value !== undefined) input.value = value;
    const root = labelled(label, input);
    root.classList.toggle("widget-wide", wide);
    return { label, input, root, read: () => input.value };
  }

  /* Examples to start from. Once something was changed by hand it says so, and the example that
     was there before can be chosen again. */
  function presets(names) {
    const entries = names.map((name, index) => [index, name]);
    const made = choice({ label: "Start from", wide: true, groups: [["", entries]] });
    const own = option(["own", "your own numbers"]);
    made.own = () => {
      made.input.prepend(own);
      made.input.value = "own";
    };
    made.input.addEventListener("change", () => own.remove());
    return made;
  }

  function oneOf({ label, options, value }) {
    const name = newId("radio");
    const buttons = options.map(([key, words]) => {
      const input = element("input", { type: "radio", name, value: key, checked: key === value });
      return element("label", {}, input, words);
    });
    const root = element(
      "fieldset",
      { class: "widget-options" },
      element("legend", {}, label),
      ...buttons,
    );
    return { label, root, read: () => root.querySelector("input:checked").value };
  }

  function checkBox({ label, checked, before = [] }) {
    const input = element("input", { type: "checkbox", checked });
    const root = element("label", { class: "widget-check" }, input, ...before, label);
    return { label, input, root, read: () => input.checked };
  }

  const button = (words, press, attributes = {}) => {
    const node = element("button", { type: "button", ...attributes }, words);
    node.addEventListener("click", press);
    return node;
  };

  /* --- the frame of a widget ----------------------------------------------------------------- */

  /* Controls, a place for a problem, a place for results, and a voice for screen readers.
   *
   * Results change at every key press. Only a short sentence is read out, once the reader rests,
   * and none before the reader has touched the widget: a page must not talk while it loads.
   */
  function frame(body, ...controls) {
    const problem = element("p", { class: "widget-problem", id: newId("problem"), role: "alert" });
    const result = element("div", { class: "widget-result" });
    const voice = element("p", { class: "widget-voice", role: "status" });
    body.append(...controls, problem, result, voice);
    let timer;
    let touched = false;
    let blamed = [];
    let last = () => {};
    let drawn = 0;

    for (const event of ["input", "change", "click"]) {
      body.addEventListener(event, () => (touched = true), { capture: true });
    }
    const say = (words) => {
      clearTimeout(timer);
      if (touched) timer = setTimeout(() => (voice.textContent = words), QUIET);
    };
    /* Drawings are as wide as there is room, so that their text has one size on all screens. */
    const width = () => Math.min(WIDEST, Math.max(NARROWEST, Math.floor(result.clientWidth)));
    const blame = (fields) => {
      for (const { input } of blamed) {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
      for (const { input } of fields) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", problem.id);
      }
      blamed = fields;
    };
    const state = (message, fields) => {
      if (problem.textContent !== message) problem.textContent = message;
      result.classList.toggle("widget-stale", message !== "");
      blame(fields);
    };
    /* Compute and show; a Problem becomes a message, and numbers that no longer hold disappear. */
    const attempt = (compute) => {
      last = compute;
      drawn = width();
      try {
        compute();
        state("", []);
      } catch (fault) {
        if (!(fault instanceof Problem)) throw fault;
        clearTimeout(timer);
        state(fault.message, fault.fields);
      }
    };
    new ResizeObserver(() => width() !== drawn && attempt(last)).observe(result);
    return { result, say, attempt, width };
  }

  const row = (...controls) =>
    element("div", { class: "widget-controls" }, ...controls.map(({ root }) => root));

  /* --- starting ------------------------------------------------------------------------------ */

  function mount(root) {
    const body = root.querySelector(".widget-body");
    const data = JSON.parse(root.querySelector(".widget-data").textContent);
    body.replaceChildren();
    try {
      builders.get(root.dataset.widget)(body, data);
    } catch (fault) {
      // A reader with a browser that we did not foresee gets what a reader without scripts gets.
      body.innerHTML = root.querySelector("noscript").textContent;
      throw fault;
    }
  }

  function define(name, build) {
    builders.set(name, build);
  }

  // Deferred scripts have all run, and all have defined their widgets, when this event comes.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".widget[data-widget]").forEach(mount);
  });

  return {
    Problem, button, checkBox, choice, define, drawing, element, facts, fixed, frame, headRow,
    number, numberField, oneOf, percent, presets, product, row, shape, short, slider, table, text,
  };
})();
