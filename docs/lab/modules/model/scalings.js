/**
 * Training beside evaluation: what each of the three scalings gives on average, and in this call.
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

/** @param {Derived} derived @param {Uint8Array} mask of a training call @returns {Compared[]} in the order of the choices */
export function compared({ x, state: { p, dtype } }, mask) {
  const average = mean(x);
  const left = mean(Float64Array.from(x, (value, i) => value * mask[i]));
  return SCALINGS.map((scaling) => {
    const training = factors({ p, scaling, training: true }, dtype).kept;
    const evaluation = factors({ p, scaling, training: false }, dtype).kept;
    return {
      scaling,
      expected: (1 - p) * training * average,
      seen: training * left,
      evaluation: evaluation * average,
    };
  });
}
