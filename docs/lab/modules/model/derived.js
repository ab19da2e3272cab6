/**
 * What follows from a state: all that the page shows of one call.
 *
 * @module derived
 */

import { applyMask, gradient, values } from "./dropout_model.js";
import { holds } from "./lab_state.js";
import { factorsOf, maskOf, streamOf } from "./streams.js";
import { printTensor } from "./tensor_text.js";

/** @typedef {import("./dropout_model.js").Values} Values */
/** @typedef {import("./lab_state.js").LabState} LabState */
/**
 * @typedef {object} Derived
 * @property {LabState} state
 * @property {Values} x rounded to its dtype
 * @property {Float64Array} uniforms that decide, or would: torch draws them only where `draws`
 * @property {boolean} draws whether torch draws in this call
 * @property {boolean} held whether the mask is one that was set by hand
 * @property {Uint8Array} mask all 1 in evaluation
 * @property {number} kept how many the mask keeps
 * @property {{kept: number, dropped: number}} factors
 * @property {Values} y
 * @property {Values} gradient dL/dx
 * @property {() => string} outputText y as torch prints it
 * @property {() => string} gradientText
 */

/** @param {LabState} state @returns {Derived} */
export function derive(state) {
  const { p, shape, dtype, training, loss } = state;
  const x = values(state.numbers, dtype);
  const uniforms = uniformsOf(state, x.length);
  const held = holds(state);
  const mask = training ? (held ? Uint8Array.from(state.held, Number) : maskOf(state, uniforms)) : allKept(x.length);
  // What is held is put on by explain(), which rounds as an eager call does.
  const factors = factorsOf(held ? { ...state, stream: "eager" } : state);
  // At p = 1 a compiled kernel writes zeros, where an eager one multiplies by 0 and keeps signs and NaN.
  const zeros = training && p === 1 && state.stream === "compiled";
  const y = zeros ? values(x.length, dtype) : applyMask(x, mask, state, factors);
  const backward = gradient(y, mask, state, loss, factors);
  return {
    state,
    x,
    uniforms,
    draws: training && !held && p > 0 && p < 1,
    held,
    mask,
    kept: mask.reduce((sum, m) => sum + m, 0),
    factors,
    y,
    gradient: backward,
    outputText: once(() => printTensor({ values: y, shape, dtype })),
    gradientText: once(() => printTensor({ values: backward, shape, dtype })),
  };
}

/** @param {number} n */
const allKept = (n) => new Uint8Array(n).fill(1);

/** The uniforms of the last calls. @type {Map<string, Float64Array>} */
const known = new Map();
const MOST_KNOWN = 4;

/** The uniforms of a call, which p does not move: drawn once while it is dragged. @param {LabState} state @param {number} n */
function uniformsOf(state, n) {
  const key = [state.stream, state.seed, state.call, n].join(" ");
  // At the ends of [0, 1] torch draws nothing: what is seen there is what any p between them draws.
  const uniforms = known.get(key) ?? streamOf({ ...state, p: 0.5 }, n, state.call - 1).uniforms();
  if (known.size >= MOST_KNOWN && !known.has(key)) known.clear();
  known.set(key, uniforms);
  return uniforms;
}

/**
 * Compute when first asked, and then no more.
 * @template T
 * @param {() => T} compute
 * @returns {() => T}
 */
export function once(compute) {
  /** @type {T | undefined} */
  let known;
  return () => (known ??= compute());
}
