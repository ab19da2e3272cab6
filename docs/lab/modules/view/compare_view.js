/**
 * A beside B: the pinned call and the one that is looked at, on the same axes.
 *
 * @module compare_view
 */

import { chart, elementAxis, points } from "./charts.js";
import { button, html, shown, svg } from "./dom.js";
import { createPanel, extent, finite } from "./panel.js";
import { derive } from "../model/derived.js";
import { mean, norm } from "../model/dropout_model.js";
import { pinnable } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */

const HEIGHT = 102;
const MOST_CIRCLES = 40;
const NAMES = ["p", "seed, call", "kept", "mean of y", "‖y‖"];

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { change }) {
  /** @type {Derived | undefined} */
  let derived;
  const swap = button("Swap", () => {
    const { pinned } = derived?.state ?? {};
    if (derived && pinned) change({ ...pinned, pinned: pinnable(derived.state) });
  });
  /** @type {Derived | null} */
  let other;
  /** @param {Derived} next */
  const tell = (next) => {
    derived = next;
    const { pinned } = next.state;
    other = pinned && derive({ ...next.state, ...fitted(pinned, next.x.length) });
    swap.disabled = !pinned;
    return sentence(other, next);
  };
  /** @param {Element} picture @param {Derived} next */
  const draw = (picture, next) => html("div", {}, table(other, next), drawn(picture, other, next));
  return { render: createPanel(parent, "A|B", tell, draw, swap) };
}

/** A mask that was held waits while it does not fit the values. @param {import("../model/lab_state.js").Pinned} pinned @param {number} n */
const fitted = (pinned, n) => ({ ...pinned, held: pinned.held.length === n ? pinned.held : "" });

/** @param {Derived | null} a @param {Derived} b @returns {string} */
function sentence(a, b) {
  if (!a) return "Pin A; then move p, the seed or the scaling: that is B.";
  const both = a.mask.reduce((sum, m, i) => sum + Number(m === b.mask[i]), 0);
  return `The same fate for ${both} of ${b.x.length}. The means of y differ by ${shown(mean(b.y) - mean(a.y))}.`;
}

/** @param {Derived} derived @returns {string[]} in the order of NAMES */
function facts({ state, held, kept, x, y }) {
  const { p, seed, training, scaling, call } = state;
  const drawn = held ? "mask by hand" : `${seed}, ${call}`;
  const setting = `${shown(p, 3)}, ${training ? scaling : "evaluation"}`;
  return [setting, drawn, `${kept} of ${x.length}`, shown(mean(y)), shown(norm(y))];
}

/** @param {Derived | null} a @param {Derived} b */
function table(a, b) {
  const [left, right] = [a ? facts(a) : NAMES.map(() => "–"), facts(b)];
  const heads = [html("td"), ...["A □", "B ●"].map((name) => html("th", { scope: "col" }, name))];
  const rows = NAMES.map((name, i) =>
    html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, left[i]), html("td", {}, right[i])),
  );
  return html("table", { class: "lab-facts" }, html("thead", {}, html("tr", {}, ...heads)), html("tbody", {}, ...rows));
}

/** @param {Element} parent that the chart will fill @param {Derived | null} a @param {Derived} b */
function drawn(parent, a, b) {
  const n = b.x.length;
  const [low, high] = extent([...(a ? a.y : []), ...b.y]);
  const made = chart(
    parent,
    elementAxis(b.state.shape, n),
    { from: low, to: high, label: "y" },
    "The outputs of A and of B, element by element",
    { height: HEIGHT },
  );
  if (n <= MOST_CIRCLES) drawFew(made, a, b);
  else made.root.append(...(a ? [points("pinned", a.y, made)] : []), points("seen", b.y, made));
  return made.root;
}

/** @param {ReturnType<typeof chart>} chart @param {Derived | null} a @param {Derived} b */
function drawFew({ root, X, Y }, a, b) {
  const y = (/** @type {number} */ value) => Y(finite(value));
  b.y.forEach((value, i) => {
    if (a)
      root.append(svg("rect", { class: "dot pinned", x: X(i - 0.12) - 5, y: y(a.y[i]) - 5, width: 10, height: 10 }));
    root.append(svg("circle", { class: "dot seen", cx: X(i + (a ? 0.12 : 0)), cy: y(value), r: 4.5 }));
  });
}
