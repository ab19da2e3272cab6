/**
 * Training beside evaluation, for the three scalings.
 *
 * @module scalings
 */

import { factors, mean } from "./dropout_model.js";

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./dropout_model.js").Scaling} Scaling */
/**
 * Means of y for one scaling: over all masks, in this call's mask, and in evaluation.
 * @typedef {{scaling: Scaling, expected: number, seen: number, evaluation: number}} Compared
 */

/** @type {Scaling[]} */
const SCALINGS = ["inverted", "vanilla", "none"];

/** @param {Derived} derived @returns {Compared[]} in the order of the choices */
export function compared({ x, mask, state: { p } }) {
  const average = mean(x);
  const left = mean(Float64Array.from(x, (value, i) => value * mask[i]));
  return SCALINGS.map((scaling) => {
    const training = factors({ p, scaling, training: true }, "float64").kept;
    const evaluation = factors({ p, scaling, training: false }, "float64").kept;
    return {
      scaling,
      expected: (1 - p) * training * average,
      seen: training * left,
      evaluation: evaluation * average,
    };
  });
}
