/**
 * What follows from a state: all that the page shows of one call.
 *
 * @module derived
 */

import { applyMask, factors, gradient, values } from "./dropout_model.js";
import { printTensor } from "./tensor_text.js";
import { TorchStream } from "./torch_stream.js";

/** @typedef {import("./dropout_model.js").Values} Values */
/** @typedef {import("./lab_state.js").LabState} LabState */
/**
 * @typedef {object} Derived
 * @property {LabState} state
 * @property {Values} x rounded to its dtype
 * @property {Float64Array | null} uniforms null where torch draws nothing
 * @property {Uint8Array} mask all 1 where nothing is drawn and nothing dropped
 * @property {{kept: number, dropped: number}} factors
 * @property {Values} y
 * @property {Values} gradient dL/dx
 * @property {() => string} outputText y as torch prints it
 * @property {() => string} gradientText
 */

/** @param {LabState} state @returns {Derived} */
export function derive(state) {
  const { p, seed, shape, dtype, training, loss } = state;
  const x = values(state.numbers, dtype);
  const n = x.length;
  const mask = training ? new TorchStream(seed).mask(n, p) : new Uint8Array(n).fill(1);
  const y = applyMask(x, mask, state);
  const backward = gradient(y, mask, state, loss);
  return {
    state,
    x,
    uniforms: training && p > 0 && p < 1 ? new TorchStream(seed).uniforms(n) : null,
    mask,
    factors: factors(state, dtype),
    y,
    gradient: backward,
    outputText: once(() => printTensor({ values: y, shape, dtype })),
    gradientText: once(() => printTensor({ values: backward, shape, dtype })),
  };
}

/** @param {() => string} compute @returns {() => string} computes when first asked */
export function once(compute) {
  /** @type {string | undefined} */
  let known;
  return () => (known ??= compute());
}
