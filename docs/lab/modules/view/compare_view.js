/**
 * A beside B: the pinned call and the one that is looked at, on the same axes.
 *
 * @module compare_view
 */

import { chart } from "./charts.js";
import { button, html, pressable, setAttributes, setText, shown, svg } from "./dom.js";
import { createPanel } from "./panel.js";
import { derive } from "../model/derived.js";
import { mean } from "../model/dropout_model.js";
import { FIELDS, pinnable } from "../model/lab_state.js";
import { norm } from "../model/norm.js";
import { place } from "../model/tensor_text.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */

const HEIGHT = 104;
const MOST_CIRCLES = 40;
const NAMES = ["setting", "kept", "mean of y", "‖y‖"];

/** @param {HTMLElement} parent @param {Lab} lab */
export function createCompare(parent, { change }) {
  /** @type {Derived | undefined} */
  let derived;
  const pin = pressable("Pin A", (pinned) => derived && change({ pinned: pinned ? pinnable(derived.state) : null }));
  const swap = button("Swap", () => {
    const { pinned } = derived?.state ?? {};
    if (derived && pinned) change({ ...pinned, pinned: pinnable(derived.state) });
  });
  const { told, picture } = createPanel(parent, "A|B", html("div", { class: "lab-buttons" }, pin, swap));
  const table = createTable();
  parent.insertBefore(table.element, picture);
  /** @param {Derived} next */
  const render = (next) => {
    derived = next;
    const { pinned } = next.state;
    const other = pinned && derive({ ...next.state, ...fitted(pinned, next.x.length) });
    setAttributes(pin, { "aria-pressed": pinned !== null });
    swap.disabled = !pinned;
    table.show(other, next);
    setText(told, sentence(other, next));
    picture.replaceChildren(drawn(picture, other, next));
  };
  return { render };
}

/** A mask that was held waits while it does not fit the values. @param {import("../model/lab_state.js").Pinned} pinned @param {number} n */
const fitted = (pinned, n) => ({ ...pinned, held: pinned.held.length === n ? pinned.held : "" });

/** @param {Derived | null} a @param {Derived} b @returns {string} */
function sentence(a, b) {
  if (!a) return "Pin this call as A; then move p, the seed or the scaling: that is B, beside it.";
  const both = a.mask.reduce((sum, m, i) => sum + Number(m === b.mask[i]), 0);
  return `The same fate for ${both} of ${b.x.length}. The means of y differ by ${shown(mean(b.y) - mean(a.y))}.`;
}

/** @param {Derived} derived @returns {string[]} in the order of NAMES */
function facts({ state, kept, x, y }) {
  const { p, seed, training, scaling, call } = state;
  const { words } = FIELDS.scaling.choices.find(({ value }) => value === scaling) ?? FIELDS.scaling.choices[0];
  const which = [`p ${shown(p, 3)}`, `seed ${seed}`, ...(call > 1 ? [`call ${call}`] : []), words.toLowerCase(), ...(training ? [] : ["eval"])];
  return [which.join(", "), `${kept} of ${x.length}`, shown(mean(y)), shown(norm(y))];
}

function createTable() {
  const rows = NAMES.map((name) => html("tr", {}, html("th", { scope: "row" }, name), html("td"), html("td")));
  const heads = ["", "A □", "B ●"].map((name) => html("th", { scope: "col" }, name));
  const element = html("table", { class: "lab-facts" }, html("thead", {}, html("tr", {}, ...heads)), html("tbody", {}, ...rows));
  /** @param {Derived | null} a @param {Derived} b */
  const show = (a, b) => {
    const [left, right] = [a ? facts(a) : NAMES.map(() => "–"), facts(b)];
    rows.forEach((row, i) => {
      setText(row.cells[1], left[i]);
      setText(row.cells[2], right[i]);
    });
  };
  return { element, show };
}

/** @param {Element} parent that the chart will fill @param {Derived | null} a @param {Derived} b */
function drawn(parent, a, b) {
  const n = b.x.length;
  const both = [...(a ? a.y : []), ...b.y].filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...both), Math.max(0, ...both)];
  const made = chart(
    parent,
    {
      from: -0.5,
      to: n - 0.5,
      ticks: Array.from({ length: n }, (_, i) => i).filter((i) => i % Math.ceil(n / 5) === 0),
      label: "element",
      text: (i) => place(b.state.shape, i),
    },
    { from: low, to: high || (low < 0 ? 0 : 1), label: "y" },
    "The outputs of A and of B, element by element",
    { height: HEIGHT },
  );
  if (n > MOST_CIRCLES) drawMany(made, a, b);
  else drawFew(made, a, b);
  return made.root;
}

/** @param {ReturnType<typeof chart>} chart @param {Derived | null} a @param {Derived} b */
function drawFew({ root, X, Y }, a, b) {
  const y = (/** @type {number} */ value) => Y(Number.isFinite(value) ? value : 0);
  b.y.forEach((value, i) => {
    if (a) root.append(svg("rect", { class: "dot pinned", x: X(i - 0.12) - 5, y: y(a.y[i]) - 5, width: 10, height: 10 }));
    root.append(svg("circle", { class: "dot seen", cx: X(i + (a ? 0.12 : 0)), cy: y(value), r: 4.5 }));
  });
}

/** @param {ReturnType<typeof chart>} chart @param {Derived | null} a @param {Derived} b */
function drawMany({ root, X, Y }, a, b) {
  const points = (/** @type {Derived} */ { y }) =>
    Array.from(y, (value, i) => `M${X(i)} ${Y(Number.isFinite(value) ? value : 0)}h0`).join("");
  if (a) root.append(svg("path", { class: "points pinned", d: points(a) }));
  root.append(svg("path", { class: "points seen", d: points(b) }));
}
