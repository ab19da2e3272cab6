/**
 * Dropout as torch computes it on a CPU: mask, scale, output, gradient.
 *
 * Pure computation: no DOM, no globals, no clock. Letters as on the whole site: x input, m mask
 * (1 = kept), p DROP probability, q = 1 - p, s = 1/q scale, y = s m x output.
 *
 * @module dropout_model
 */

import { checkProbability } from "./arguments.js";
import { TorchStream } from "./torch_stream.js";

/** @typedef {"float32" | "float64"} Dtype */
/** @typedef {Float32Array | Float64Array} Values */
/**
 * What is done with the mask. "inverted" is torch's dropout: survivors times 1/q while training.
 * "vanilla" multiplies by q in evaluation instead. "none" never scales.
 * @typedef {"inverted" | "vanilla" | "none"} Scaling
 */
/** @typedef {"sum" | "mean_square"} Loss */
/**
 * One call: how the mask is used, and whether the model trains.
 * @typedef {{p: number, scaling: Scaling, training: boolean}} Call
 */

/**
 * Round a number to a dtype.
 * @param {number} value
 * @param {Dtype} dtype
 */
export function rounded(value, dtype) {
  return dtype === "float32" ? Math.fround(value) : value;
}

/**
 * Allocate or copy values of a dtype, rounding each once.
 * @param {ArrayLike<number> | number} from the values, or how many zeros
 * @param {Dtype} dtype
 * @returns {Values}
 */
export function values(from, dtype) {
  const Kind = dtype === "float32" ? Float32Array : Float64Array;
  return typeof from === "number" ? new Kind(from) : Kind.from(from);
}

/** @param {Values} x @returns {Dtype} */
function dtypeOf(x) {
  return x instanceof Float32Array ? "float32" : "float64";
}

/**
 * The factor 1 / (1 - p) of the survivors, as torch computes it in a dtype; 0 at p = 1.
 * Source: _dropout_impl in aten/src/ATen/native/Dropout.cpp, which divides in the dtype of x.
 * @param {number} p drop probability in [0, 1]
 * @param {Dtype} [dtype]
 */
// #region scale
export function scale(p, dtype = "float64") {
  checkProbability(p);
  if (p === 1) return 0;
  return rounded(1 / rounded(1 - p, dtype), dtype);
}
// #endregion scale

/**
 * The factors by which a call multiplies what it keeps and what it drops.
 * @param {Call} call
 * @param {Dtype} dtype
 * @returns {{kept: number, dropped: number}}
 */
export function factors({ p, scaling, training }, dtype) {
  checkProbability(p);
  if (!training) {
    const weight = scaling === "vanilla" ? rounded(1 - p, dtype) : 1;
    return { kept: weight, dropped: weight };
  }
  return { kept: scaling === "inverted" ? scale(p, dtype) : 1, dropped: 0 };
}

/**
 * y = s m x: each element times the factor of its fate, rounded once to the dtype of x.
 *
 * Multiplied and not chosen: like torch, a dropped -1 gives -0 and a dropped infinity gives NaN.
 * @template {Values} V
 * @param {V} x
 * @param {Uint8Array} mask 1 = kept
 * @param {Call} call
 * @param {{kept: number, dropped: number}} [by] other factors than those of an eager call
 * @returns {V} in the dtype of x
 */
// #region applyMask
export function applyMask(x, mask, call, by = factors(call, dtypeOf(x))) {
  const { kept, dropped } = by;
  const factor = Float64Array.of(dropped, kept);
  const y = /** @type {V} */ (values(x.length, dtypeOf(x)));
  for (let i = 0; i < x.length; i++) y[i] = x[i] * factor[mask[i]];
  return y;
}
// #endregion applyMask

/**
 * The mean of values, accumulated in double precision.
 * @param {Values} of at least one
 */
export function mean(of) {
  let sum = 0;
  for (let i = 0; i < of.length; i++) sum += of[i];
  return sum / of.length;
}

/**
 * The Euclidean norm of values, accumulated in double precision.
 * @param {Values} of
 */
export function norm(of) {
  let squares = 0;
  for (let i = 0; i < of.length; i++) squares += of[i] ** 2;
  return Math.sqrt(squares);
}

/**
 * The output of torch.manual_seed(seed); F.dropout(x, p), bit for bit.
 * @template {Values} V
 * @param {V} x
 * @param {number} p drop probability in [0, 1]
 * @param {bigint} seed
 * @returns {V} in the dtype of x
 */
export function dropout(x, p, seed) {
  const mask = new TorchStream(seed).mask(x.length, p);
  return applyMask(x, mask, { p, scaling: "inverted", training: true });
}

/**
 * dL/dx of a loss of y, with the roundings of torch's backward pass.
 *
 * The sum sends a gradient of 1 to each y, the mean of squares (1/n) (2 y); dropout multiplies either by
 * the factor that it multiplied x by (_dropout_impl: the output is input * noise).
 * @template {Values} V
 * @param {V} y the output
 * @param {Uint8Array} mask 1 = kept
 * @param {Call} call
 * @param {Loss} loss
 * @param {{kept: number, dropped: number}} [by] other factors than those of an eager call
 * @returns {V} in the dtype of y
 */
// #region gradient
export function gradient(y, mask, call, loss, by) {
  const dtype = dtypeOf(y);
  const upstream = /** @type {V} */ (values(y.length, dtype));
  const share = rounded(1 / y.length, dtype);
  for (let i = 0; i < y.length; i++) upstream[i] = loss === "sum" ? 1 : share * rounded(2 * y[i], dtype);
  return applyMask(upstream, mask, call, by);
}
// #endregion gradient
