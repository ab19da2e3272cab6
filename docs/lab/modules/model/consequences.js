/**
 * What the consequences compute beside the call itself: the norm of y at every p, and a stack of layers.
 *
 * @module consequences
 */

import { mean } from "./dropout_model.js";
import { inUnits, meanLaw } from "./mean_law.js";
import { heightOf, streamOf } from "./streams.js";

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./mean_law.js").MeanLaw} MeanLaw */

/**
 * What each layer leaves, the input first.
 * @typedef {object} Stack
 * @property {Uint8Array[]} left 1 where an element is left
 * @property {number[]} kept how many are left
 * @property {number[]} means of the values
 * @property {number} factor of each layer for what it keeps
 * @property {number} q probability to be kept in a layer
 */

// A law for each of twenty layers in a frame: each may take a thirtieth of what a law alone may.
const MOST_TERMS = 2 ** 12;

/**
 * The norm of y that this call's uniforms give at each of some p.
 * @param {Derived} derived
 * @param {number[]} ps ascending, each in [0, 1]
 * @returns {number[]}
 */
export function normsOf({ x, uniforms, state }, ps) {
  const order = Array.from(uniforms, (u, i) => ({ u: heightOf(state.stream, u), square: x[i] ** 2 }));
  // Who is dropped first comes first.
  order.sort((a, b) => b.u - a.u);
  const after = new Float64Array(order.length + 1);
  for (let i = order.length - 1; i >= 0; i--) after[i] = after[i + 1] + order[i].square;
  let dropped = 0;
  return ps.map((p) => {
    while (dropped < order.length && order[dropped].u >= 1 - p) dropped++;
    const left = Math.sqrt(after[dropped]);
    return state.scaling === "inverted" && p < 1 ? left / (1 - p) : left;
  });
}

/**
 * Stack the layer of a state on itself: the first has its mask, the others those of the calls that follow.
 * @param {Derived} derived
 * @param {number} layers
 * @returns {Stack}
 */
export function stacked({ state, x, mask, factors }, layers) {
  const n = x.length;
  const { p, training } = state;
  const stream = streamOf(state, n, state.call);
  const left = [new Uint8Array(n).fill(1)];
  for (let layer = 1; layer <= layers; layer++) {
    const drawn = layer === 1 || !training ? mask : stream.mask();
    left.push(left[layer - 1].map((one, i) => one & drawn[i]));
  }
  const factor = factors.kept;
  const total = (/** @type {Uint8Array} */ alive) => mean(Float64Array.from(x, (value, i) => (alive[i] ? value : 0)));
  return {
    left,
    kept: left.map((alive) => alive.reduce((sum, one) => sum + one, 0)),
    means: left.map((alive, layer) => factor ** layer * total(alive)),
    factor,
    q: training ? 1 - p : 1,
  };
}

/**
 * The law of the mean behind a number of layers: an element is left with probability q^L, and then has c^L times its value.
 * @param {Derived} derived
 * @param {Stack} stack
 * @param {number} layer at least 1
 * @returns {MeanLaw | null} null where nothing is random
 */
export function lawBehind({ state, x }, { q, factor }, layer) {
  const left = q ** layer;
  if (left === 0 || left === 1) return null;
  return meanLaw(inUnits(state.numbers) ? state.numbers : x, left, factor ** layer, 1, MOST_TERMS);
}
