/**
 * The gradient: dL/dx of each element next to its mask, and its average over masks.
 *
 * @module gradient_view
 */

import { bar, chart, figure, line } from "./charts.js";
import { html, setText } from "./dom.js";
import { choice } from "./inputs_view.js";
import { place } from "./pipeline_view.js";

/** @typedef {import("./lab.js").Derived} Derived */
/** @typedef {import("./lab_state.js").LabState} LabState */

const MOST_BARS = 40;

/**
 * @param {HTMLElement} parent
 * @param {(loss: LabState["loss"]) => void} choose
 */
export function createGradient(parent, choose) {
  const loss = choice(
    "Loss",
    "lab-loss",
    [
      ["sum", "sum of y"],
      ["mean_square", "mean of y²"],
    ],
    (value) => choose(/** @type {LabState["loss"]} */ (value)),
  );
  const told = html("p");
  const printed = html("pre", {
    class: "lab-output",
    id: "lab-gradient",
    tabindex: 0,
    role: "group",
    "aria-label": "The gradient x.grad as torch prints it",
  });
  const picture = html("div", { class: "lab-charts" });
  parent.append(loss.fields, told, html("p", { class: "lab-help" }, "x.grad, as torch prints it:"), printed, picture);

  /** @param {Derived} derived */
  const render = ({ state, x, mask, factors, gradient, gradientText }) => {
    loss.show(state.loss);
    setText(printed, gradientText());
    const { training, p } = state;
    const q = training ? 1 - p : 1;
    /** The gradient averaged over masks. @param {number} i */
    const average = (i) => q * factors.kept * (state.loss === "sum" ? 1 : (2 * x[i] * factors.kept) / x.length);
    const kept = mask.reduce((sum, m) => sum + m, 0);
    setText(
      told,
      training
        ? `The gradient meets the mask of the forward pass: exactly 0 for the ${x.length - kept} dropped, and times ${Number(factors.kept.toPrecision(4))} for the ${kept} kept.` +
            (state.loss === "mean_square" && state.scaling === "inverted" && p > 0 && p < 1
              ? " Averaged over all masks it is 1/(1 − p) times the gradient in evaluation mode: the gradient of the averaged loss."
              : "")
        : "In evaluation mode there is no mask: the gradient passes every element alike.",
    );
    const count = Math.min(x.length, MOST_BARS);
    const heights = Array.from(gradient.subarray(0, count));
    if (![...heights, average(0)].every(Number.isFinite)) return picture.replaceChildren();
    const averages = heights.map((_, i) => average(i));
    const [low, high] = [Math.min(0, ...heights, ...averages), Math.max(0, ...heights, ...averages)];
    const room = (high - low || 1) * 0.08;
    const { root, X, Y } = chart(
      picture,
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
    heights.forEach((height, i) => {
      const dropped = training && !mask[i];
      const [zero, top] = [Y(0), dropped ? Y(0) - 8 : Y(height)];
      root.append(
        bar(dropped ? "bar dropped" : "bar kept", X(i - 0.36), X(i + 0.36), Math.min(zero, top), Math.max(zero, top)),
      );
      root.append(
        line("expected", [
          [X(i - 0.4), Y(averages[i])],
          [X(i + 0.4), Y(averages[i])],
        ]),
      );
    });
    picture.replaceChildren(
      figure(count < x.length ? `dL/dx of the first ${count} elements` : "dL/dx, element by element", root, [
        ["bar kept", "kept"],
        ["bar dropped", "dropped: exactly 0"],
        ["expected", "average over masks"],
      ]),
    );
  };
  return { render };
}
