/**
 * The gradient: dL/dx of each element next to its mask, and its average over masks.
 *
 * @module gradient_view
 */

import { bar, chart, figure, line } from "./charts.js";
import { choice } from "./controls.js";
import { html, printedBox, setText, shown } from "./dom.js";
import { FIELDS } from "../model/lab_state.js";
import { place } from "../model/tensor_text.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */

const MOST_BARS = 40;

/**
 * @param {HTMLElement} parent
 * @param {(changes: Partial<LabState>) => void} change
 */
export function createGradient(parent, change) {
  const control = choice(FIELDS.loss, (loss) => change({ loss }));
  const told = html("p");
  const printed = printedBox("lab-gradient", "The gradient x.grad as torch prints it");
  const picture = html("div", { class: "lab-charts" });
  parent.append(
    control.element,
    told,
    html("p", { class: "lab-help" }, "x.grad, as torch prints it:"),
    printed,
    picture,
  );
  /** @param {Derived} derived */
  const render = (derived) => {
    control.show(derived.state.loss);
    setText(printed, derived.gradientText());
    setText(told, sentence(derived));
    picture.replaceChildren(...drawn(picture, derived));
  };
  return { render };
}

/** @param {Derived} derived @returns {string} */
function sentence({ state: { training, loss, scaling, p }, mask, factors }) {
  if (!training) return "In evaluation mode there is no mask: the gradient passes every element alike.";
  const kept = mask.reduce((sum, m) => sum + m, 0);
  const meets = `The gradient meets the mask of the forward pass: exactly 0 for the ${mask.length - kept} dropped, and times ${shown(factors.kept)} for the ${kept} kept.`;
  const convex = loss === "mean_square" && scaling === "inverted" && p > 0 && p < 1;
  return convex
    ? `${meets} Averaged over all masks it is 1/(1 − p) times the gradient in evaluation mode: the gradient of the averaged loss.`
    : meets;
}

/** @param {Derived} derived @param {number} i @returns {number} the gradient of an element, averaged over masks */
function average({ state: { training, loss, p }, x, factors }, i) {
  const q = training ? 1 - p : 1;
  return q * factors.kept * (loss === "sum" ? 1 : (2 * x[i] * factors.kept) / x.length);
}

/**
 * @param {Element} parent that the chart will fill
 * @param {Derived} derived
 * @returns {HTMLElement[]} none where the numbers leave every axis
 */
function drawn(parent, derived) {
  const { state, x, mask, gradient } = derived;
  const count = Math.min(x.length, MOST_BARS);
  const heights = Array.from(gradient.subarray(0, count));
  if (![...heights, average(derived, 0)].every(Number.isFinite)) return [];
  const averages = heights.map((_, i) => average(derived, i));
  const [low, high] = [Math.min(0, ...heights, ...averages), Math.max(0, ...heights, ...averages)];
  const room = (high - low || 1) * 0.08;
  const made = chart(
    parent,
    {
      from: -0.5,
      to: count - 0.5,
      ticks: heights.map((_, i) => i).filter((i) => i % Math.ceil(count / 8) === 0),
      label: "element",
      text: (i) => place(state.shape, i),
    },
    { from: low - (low < 0 ? room : 0), to: (high || 1e-300) + room, label: "dL/dx" },
    `The gradient of the first ${count} elements, with its average over masks`,
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
  const title = count < x.length ? `dL/dx of the first ${count} elements` : "dL/dx, element by element";
  return [
    figure(title, root, [
      ["bar kept", "kept"],
      ["bar dropped", "dropped: exactly 0"],
      ["expected", "average over masks"],
    ]),
  ];
}
