/**
 * What follows from a state: all that the page shows of one call.
 *
 * @module derived
 */

import { applyMask, factors, gradient, values } from "./dropout_model.js";
import { holds } from "./lab_state.js";
import { keeps, streamAt } from "./streams.js";
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
  const mask = training ? (held ? Uint8Array.from(state.held, Number) : maskOf(uniforms, state)) : allKept(x.length);
  const y = applyMask(x, mask, state);
  const backward = gradient(y, mask, state, loss);
  return {
    state,
    x,
    uniforms,
    draws: training && !held && p > 0 && p < 1,
    held,
    mask,
    kept: mask.reduce((sum, m) => sum + m, 0),
    factors: factors(state, dtype),
    y,
    gradient: backward,
    outputText: once(() => printTensor({ values: y, shape, dtype })),
    gradientText: once(() => printTensor({ values: backward, shape, dtype })),
  };
}

/** @param {number} n */
const allKept = (n) => new Uint8Array(n).fill(1);

/** @param {Float64Array} uniforms @param {LabState} state @returns {Uint8Array} the mask of the call that draws them */
function maskOf(uniforms, { stream, p }) {
  return Uint8Array.from(uniforms, (u) => Number(keeps(stream, u, p)));
}

/** The uniforms of the last calls. @type {Map<string, Float64Array>} */
const known = new Map();
const MOST_KNOWN = 4;

/** The uniforms of a call, which p does not move: drawn once while it is dragged. @param {LabState} state @param {number} n */
function uniformsOf(state, n) {
  const key = [state.stream, state.seed, state.call, n].join(" ");
  // At the ends of [0, 1] torch draws nothing: what is seen there is what any p between them draws.
  const uniforms = known.get(key) ?? streamAt({ ...state, p: 0.5 }, n).uniforms(n);
  if (known.size >= MOST_KNOWN && !known.has(key)) known.clear();
  known.set(key, uniforms);
  return uniforms;
}

/** @param {() => string} compute @returns {() => string} computes when first asked */
export function once(compute) {
  /** @type {string | undefined} */
  let known;
  return () => (known ??= compute());
}
