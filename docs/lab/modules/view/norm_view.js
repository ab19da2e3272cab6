/**
 * The norm of y: what is left grows, so that the mean stays; for one seed, at every p at once.
 *
 * @module norm_view
 */

import { chart } from "./charts.js";
import { shown, svg } from "./dom.js";
import { createPanel, figure, finite, line } from "./panel.js";
import { norm } from "../model/dropout_model.js";
import { normsOf } from "../model/consequences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

const STEPS = 240;
const PS = Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS);
// times the norm of x: what lies above is cut off
const HIGHEST = 4;

/** @param {HTMLElement} parent */
export function create(parent) {
  return { render: createPanel(parent, "Norm of y", sentence, drawn) };
}

/** The root of the mean of the squared norm, in norms of x. @param {Derived} derived @param {number} p */
function law({ state: { scaling, training }, factors }, p) {
  if (!training) return factors.kept;
  return scaling === "inverted" ? 1 / Math.sqrt(1 - p) : Math.sqrt(1 - p);
}

/** @param {Derived} derived @returns {string} */
function sentence(derived) {
  const { x, y, state } = derived;
  const [of, became] = [norm(x), norm(y)];
  if (!(of > 0 && of < Infinity)) return `The norm of x is ${shown(of)}: there is nothing to compare with.`;
  const now = `‖y‖ = ${shown(became)} is ${shown(became / of, 3)} times ‖x‖ = ${shown(of)}.`;
  if (!state.training) return `${now} Evaluation draws nothing.`;
  if (state.p === 1) return `${now} At p = 1 nothing is left.`;
  const root = state.scaling === "inverted" ? "1/√(1 − p)" : "√(1 − p)";
  return `${now} Its root mean square over calls is ${root} = ${shown(law(derived, state.p), 3)} times ‖x‖.`;
}

/** @param {Element} parent that the chart will fill @param {Derived} derived */
function drawn(parent, derived) {
  const { x, y, state, held } = derived;
  const of = norm(x) || 1;
  const made = chart(
    parent,
    { from: 0, to: 1, ticks: [0, 0.25, 0.5, 0.75, 1], label: "drop probability p" },
    { from: 0, to: HIGHEST, ticks: [0, 1, 2, 3, 4], label: "‖y‖ / ‖x‖" },
    `The norm of y against p for this seed, with its root mean square over calls`,
  );
  const { root, X, Y, bottom } = made;
  if (state.training && !held) {
    const norms = normsOf(derived, PS);
    root.append(
      line(
        "observed",
        PS.map((p, i) => [X(p), Y(finite(norms[i] / of))]),
      ),
    );
  }
  // A law that leaves the chart is seen to leave it.
  const within = PS.filter((p) => law(derived, p) <= HIGHEST);
  root.append(
    line(
      "expected",
      within.map((p) => [X(p), Y(law(derived, p))]),
    ),
    line("cursor", [
      [X(state.p), Y(HIGHEST)],
      [X(state.p), bottom],
    ]),
    svg("circle", { class: "dot seen", cx: X(state.p), cy: Y(finite(norm(y) / of)), r: 5 }),
  );
  return figure(root, [
    ["observed", "this seed"],
    ["expected", "its law"],
    ["dot seen", "this call"],
  ]);
}
