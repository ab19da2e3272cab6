/**
 * What dropout draws on a CPU when torch.compile has compiled it: from a seed to a key, to words, to a mask.
 *
 * An element is kept where u lies ABOVE p as its kernel has it, `threshold(p, dtype)`; eager code keeps what lies below
 * 1 - p. A picture that is true to the last bit compares u with that threshold: 1 - u need not be a double.
 *
 * Source: `inductor_seeds` in torch/_inductor/inductor_prims.py, `normalized_rand_cpu` in
 * torch/csrc/inductor/cpp_prefix.h, `native_dropout` in torch/_decomp/decompositions.py.
 *
 * @module compiled_stream
 */

import { checkProbability } from "./arguments.js";
import { rounded, scale, values } from "./dropout_model.js";
import { TorchStream } from "./torch_stream.js";

/** @typedef {import("./dropout_model.js").Dtype} Dtype */

// The 31 low bits of a word count. Times this, their greatest is below 1.
const BITS = 0x7fffffff;
const UNIT = Math.fround(4.6566127342e-10);

/** The stream of compiled dropout calls, each of which takes one seed from torch's generator, whatever its size. */
export class CompiledStream {
  #seeds;

  /**
   * @param {bigint} seed what torch.manual_seed would get, -2^63 to 2^64 - 1
   * @throws {RangeError} if the seed is out of range
   */
  constructor(seed) {
    this.#seeds = new TorchStream(seed);
  }

  /**
   * Draw the words of a call. torch.randint leaves out the last of 2^64 seeds; the low half of one is the key.
   * @param {number} count how many, at least 1
   */
  #words(count) {
    const [high, low] = this.#seeds.pair();
    return philox((high & low) >>> 0 === 0xffffffff ? 0 : low, count);
  }

  /**
   * Draw the u of the next call, one for each element in memory order.
   * @param {number} count how many
   * @returns {Float32Array} in [0, 1)
   */
  uniforms(count) {
    return count ? Float32Array.from(this.#words(count), uniform) : new Float32Array(0);
  }

  /**
   * Draw the mask of the next call, in memory order: kept where u > p.
   * @param {number} count how many elements
   * @param {number} p drop probability in [0, 1]; nothing is drawn at its ends, nor for no element
   * @param {Dtype} [dtype] of the input: p is rounded to it
   * @returns {Uint8Array} 1 where kept
   */
  // #region mask
  mask(count, p, dtype = "float32") {
    checkProbability(p);
    const mask = new Uint8Array(count);
    if (p === 0) mask.fill(1);
    if (p === 0 || p === 1 || count === 0) return mask;
    const words = this.#words(count);
    const lowest = lowestKept(threshold(p, dtype));
    for (let j = 0; j < count; j++) mask[j] = +((words[j] & BITS) >= lowest);
    return mask;
  }
  // #endregion mask
}

// #region uniform
/** @param {number} word @returns {number} its u: bits and product are each rounded to float32 */
function uniform(word) {
  return Math.fround(Math.fround(word & BITS) * UNIT);
}

/**
 * What u must exceed to be kept: p as a kernel for a dtype has it.
 * @param {number} p drop probability in [0, 1]
 * @param {Dtype} dtype of the input
 */
export function threshold(p, dtype) {
  checkProbability(p);
  return rounded(p, dtype);
}
// #endregion uniform

/** @param {number} p @returns {number} the least bits whose u exceeds p, 2^31 if none does; u grows with its bits */
function lowestKept(p) {
  let lowest = 0;
  for (let step = 2 ** 30; step >= 1; step /= 2) if (uniform(lowest + step - 1) <= p) lowest += step;
  return uniform(lowest) > p ? lowest : lowest + 1;
}

/**
 * The factor of what is kept. A kernel gets 1 / (1 - p) as a number, rounded once; eager code divides in the dtype.
 * @param {number} p drop probability in [0, 1]
 * @param {Dtype} dtype of the input
 */
export function compiledScale(p, dtype) {
  return rounded(scale(p), dtype);
}

/**
 * y = (m x) s as a kernel computes it: at p = 1 all zeros, where eager code multiplies by 0 and keeps signs and NaN.
 * @template {import("./dropout_model.js").Values} V
 * @param {V} x
 * @param {Uint8Array} mask 1 = kept
 * @param {number} p drop probability in [0, 1]
 * @returns {V} in the dtype of x
 */
export function compiledOutput(x, mask, p) {
  const dtype = x instanceof Float32Array ? "float32" : "float64";
  const factor = compiledScale(p, dtype);
  const y = /** @type {V} */ (values(x.length, dtype));
  if (p < 1) for (let i = 0; i < x.length; i++) y[i] = mask[i] * x[i] * factor;
  return y;
}

// #region philox
const A = 0xd2511f53;
const B = 0xcd9e8d57;

/** @param {number} c @returns {number} the high half of A c, from products of halves */
function highA(c) {
  const low = c & 0xffff;
  const high = c >>> 16;
  const middle = Math.imul(0xd251, low) + (Math.imul(0x1f53, low) >>> 16);
  return Math.imul(0xd251, high) + (middle >>> 16) + ((Math.imul(0x1f53, high) + (middle & 0xffff)) >>> 16);
}

/** @param {number} c @returns {number} the high half of B c */
function highB(c) {
  const low = c & 0xffff;
  const high = c >>> 16;
  const middle = Math.imul(0xcd9e, low) + (Math.imul(0x8d57, low) >>> 16);
  return Math.imul(0xcd9e, high) + (middle >>> 16) + ((Math.imul(0x8d57, high) + (middle & 0xffff)) >>> 16);
}

/**
 * Word 0 of Philox 4x32-10 for the counters (j, 0, 0, 0) and the key (key, 0).
 *
 * Salmon, Moraes, Dror and Shaw, SC 2011. A round takes c to (high(B c2) ^ c1 ^ k0, low(B c2), high(A c0) ^ c3 ^ k1,
 * low(A c0)). Three zeros of the counter shorten rounds 1 and 2, and one word is all that is asked of rounds 9 and 10.
 * @param {number} key
 * @param {number} count
 * @returns {Int32Array}
 */
function philox(key, count) {
  const words = new Int32Array(count);
  const k = Int32Array.from({ length: 20 }, (_, i) => (i % 2 ? (i >> 1) * 0xbb67ae85 : key + (i >> 1) * 0x9e3779b9));
  const c2OfRound2 = highA(k[0]) ^ k[3];
  const c3OfRound2 = Math.imul(A, k[0]);
  for (let j = 0; j < count; j++) {
    let c2 = highA(j);
    let d0 = highB(c2) ^ k[2];
    let d1 = Math.imul(B, c2);
    let d2 = Math.imul(A, j) ^ c2OfRound2;
    let d3 = c3OfRound2;
    // Two rounds at a time.
    for (let i = 4; i < 16; i += 4) {
      const c0 = highB(d2) ^ d1 ^ k[i];
      const c1 = Math.imul(B, d2);
      c2 = highA(d0) ^ d3 ^ k[i + 1];
      const c3 = Math.imul(A, d0);
      d0 = highB(c2) ^ c1 ^ k[i + 2];
      d1 = Math.imul(B, c2);
      d2 = highA(c0) ^ c3 ^ k[i + 3];
      d3 = Math.imul(A, c0);
    }
    words[j] = highB(highA(d0) ^ d3 ^ k[17]) ^ Math.imul(B, d2) ^ k[18];
  }
  return words;
}
// #endregion philox
