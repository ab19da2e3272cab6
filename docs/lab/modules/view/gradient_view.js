/**
 * The gradient: dL/dx of each element next to its mask, and its average over masks.
 *
 * @module gradient_view
 */

import { chart, elementAxis } from "./charts.js";
import { choice } from "./controls.js";
import { printedBox, setText, shown } from "./dom.js";
import { bar, createPanel, extent, figure, finite, line } from "./panel.js";
import { FIELDS } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */

const MOST_BARS = 40;
const HEIGHT = 132;

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { change }) {
  const control = choice(FIELDS.loss, (loss) => change({ loss }));
  const printed = printedBox("lab-gradient", "The gradient x.grad as torch prints it");
  /** @param {Derived} derived */
  const tell = (derived) => {
    control.show(derived.state.loss);
    setText(printed, derived.gradientText());
    return sentence(derived);
  };
  const render = createPanel(parent, "Gradient of", tell, drawn, control.element);
  parent.append(printed);
  return { render };
}

/** @param {Derived} derived @returns {string} */
function sentence({ state: { training, loss, scaling, p }, mask, kept, factors, draws }) {
  if (!training) return "In evaluation there is no mask: the gradient passes every element alike.";
  const dropped = mask.length - kept;
  if (dropped === 0) return `Nothing is dropped: the gradient passes all ${kept}, times ${shown(factors.kept)}.`;
  const passes = kept ? `, times ${shown(factors.kept)} for the ${kept} kept` : "";
  const fates = `0 for the ${dropped} dropped${passes}`;
  const convex = loss === "mean_square" && scaling === "inverted" && draws;
  if (convex) return `Exactly ${fates}; on average 1/(1 − p) times that of evaluation.`;
  return `It meets the mask of the forward pass: exactly ${fates}.`;
}

/** @param {Derived} derived @param {number} i @returns {number} the gradient of an element, averaged over masks */
function average({ state: { training, loss, p }, x, factors }, i) {
  const q = training ? 1 - p : 1;
  return q * factors.kept * (loss === "sum" ? 1 : (2 * x[i] * factors.kept) / x.length);
}

/** @param {Element} parent that the chart will fill @param {Derived} derived */
function drawn(parent, derived) {
  const { state, x, mask, gradient } = derived;
  const count = Math.min(x.length, MOST_BARS);
  const heights = Array.from(gradient.subarray(0, count), finite);
  const averages = heights.map((_, i) => finite(average(derived, i)));
  const [low, high] = extent([...heights, ...averages]);
  const room = (high - low) * 0.08;
  const axis = elementAxis(state.shape, count);
  const made = chart(
    parent,
    count < x.length ? { ...axis, label: `the first ${count} elements` } : axis,
    { from: low - (low < 0 ? room : 0), to: high + room, label: "dL/dx" },
    `The gradient of the first ${count} elements, with its average over masks`,
    { height: HEIGHT },
  );
  const { root, X, Y } = made;
  heights.forEach((height, i) => {
    const dropped = state.training && !mask[i];
    const [zero, top] = [Y(0), dropped ? Y(0) - 8 : Y(height)];
    root.append(
      bar(dropped ? "bar dropped" : "bar kept", X(i - 0.36), X(i + 0.36), Math.min(zero, top), Math.max(zero, top)),
      line("expected", [
        [X(i - 0.4), Y(averages[i])],
        [X(i + 0.4), Y(averages[i])],
      ]),
    );
  });
  return figure(root, [
    ["bar kept", "kept"],
    ["bar dropped", "exactly 0"],
    ["expected", "on average"],
  ]);
}
