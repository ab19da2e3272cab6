/**
 * A network of four inputs, five hidden units with dropout behind them, and one output: forward and backward.
 *
 * h = tanh(W x + b), d = s m h, y = v d + c. What is dropped passes no gradient: exactly 0 for all that leads to it or
 * comes from it. tanh is nowhere flat, so that no other zeros arise but where an input is 0.
 *
 * @module network
 */

import { factors } from "./dropout_model.js";
import { maskOf, streamOf } from "./streams.js";

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./lab_state.js").LabState} LabState */
/**
 * @typedef {object} Pass
 * @property {number[]} x the four inputs
 * @property {number[]} hidden tanh of what comes in
 * @property {number[]} mask of the hidden units, 1 = kept
 * @property {number[]} dropped what dropout makes of them
 * @property {number} y
 * @property {number[][]} gradientW one row a hidden unit
 * @property {number[]} gradientV
 */

export const W = [
  [0.4, -0.3, 0.2, 0.1],
  [-0.2, 0.5, -0.1, 0.2],
  [0.3, 0.1, -0.4, 0.2],
  [-0.5, 0.2, 0.3, -0.1],
  [0.1, -0.2, 0.3, 0.1],
];
const B = [0.1, -0.1, 0.2, 0, -0.2];
export const V = [0.6, -0.4, 0.5, 0.3, -0.7];
const C = 0.1;

/** @param {ArrayLike<number>} numbers @returns {number[]} the first four, with 0 for those that are missing */
const inputs = (numbers) => Array.from({ length: 4 }, (_, i) => numbers[i] ?? 0);

/**
 * One pass forward and backward, in double precision.
 * @param {LabState} state
 * @returns {Pass}
 */
export function pass(state) {
  const { training, loss } = state;
  const x = inputs(state.numbers);
  const hidden = W.map((row, j) => Math.tanh(row.reduce((sum, w, i) => sum + w * x[i], B[j])));
  const drawing = { ...state, dtype: /** @type {const} */ ("float64") };
  const uniforms = streamOf({ ...drawing, p: 0.5 }, hidden.length, state.call - 1).uniforms();
  const mask = training ? [...maskOf(drawing, uniforms)] : hidden.map(() => 1);
  const { kept, dropped: none } = factors(state, "float64");
  const factor = mask.map((m) => (m ? kept : none));
  const dropped = hidden.map((h, j) => h * factor[j]);
  const y = dropped.reduce((sum, d, j) => sum + V[j] * d, C);
  const upstream = loss === "sum" ? 1 : 2 * y;
  const back = hidden.map((h, j) => upstream * V[j] * factor[j] * (1 - h * h));
  return {
    x,
    hidden,
    mask,
    dropped,
    y,
    gradientW: back.map((one) => x.map((value) => one * value)),
    gradientV: dropped.map((d) => upstream * d),
  };
}
