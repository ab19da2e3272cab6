/**
 * What the numbers of a sentence say: each reading of a state and its rows, as docs/site_extensions/readings.py has them.
 *
 * @module readings
 */

import { moments } from "./closed_forms.js";
import { scale } from "./dropout_model.js";
import { TorchStream } from "./torch_stream.js";

/**
 * What a reader may change, and the tensor that stays.
 * @typedef {{x: number[], p: number, n: number, batch: number, seed: number}} Numbers
 */
/** One call of the state. @typedef {{mask: Uint8Array, s: number, y: number[]}} Call */

/** @param {Numbers} state @returns {Call} in double precision */
export function called({ x, p, seed }) {
  const mask = new TorchStream(BigInt(seed)).mask(x.length, p);
  const s = scale(p);
  return { mask, s, y: x.map((value, i) => value * mask[i] * s) };
}

/** @param {ArrayLike<number>} values @returns {number} */
const sum = (values) => Array.from(values).reduce((total, value) => total + value, 0);

/** @param {number[]} values @returns {number} */
const length = (values) => Math.sqrt(sum(values.map((value) => value * value)));

/** @type {Record<string, (state: Numbers, call: Call) => number | string>} */
export const READINGS = {
  q: ({ p }) => 1 - p,
  scale: (_, { s }) => s,
  standard_error: ({ p, n }) => moments(p, { n }).standardError,
  low: ({ p, n }) => moments(p, { n }).interval95[0],
  high: ({ p, n }) => moments(p, { n }).interval95[1],
  norm: ({ p }) => Math.sqrt(scale(p)),
  angle: ({ p }) => (Math.acos(Math.sqrt(1 - p)) * 180) / Math.PI,
  kept(_, { mask }) {
    const count = sum(mask);
    return `${count || "none"} ${count > 1 ? "are" : "is"} kept`;
  },
  mean_input: ({ x }) => sum(x) / x.length,
  mean_output: ({ x }, { y }) => sum(y) / x.length,
  mean_misses: ({ x, p }, { s }) => (length(x) * Math.sqrt(p * s)) / x.length,
  longer: ({ x }, { y }) => length(y) / length(x),
  batch: ({ batch }) => batch,
  zero_columns: ({ p, batch }) => p ** batch,
  made: () => "computed by your browser as torch would",
};

/** @type {Record<string, (state: Numbers, call: Call) => ArrayLike<number>>} */
export const ROWS = {
  x: ({ x }) => x,
  mask: (_, { mask }) => mask,
  scale: ({ x }, { s }) => x.map(() => s),
  y: (_, { y }) => y,
  gradient: ({ x }, { mask, s, y }) => y.map((value, i) => ((2 * value) / x.length) * mask[i] * s),
  average: ({ x }, { s }) => x.map((value) => ((2 * value) / x.length) * s),
};

/**
 * Write a number as the built page does.
 * @param {number | string} value
 * @param {string} [form] as Python has it: three decimals are ".3f", three significant digits and no idle zeros ".3g"
 */
export function written(value, form = ".3g") {
  if (typeof value === "string") return value;
  const digits = Number(form[1]);
  return form.endsWith("f") ? value.toFixed(digits) : String(Number(value.toPrecision(digits)));
}
