/**
 * Layer upon layer: the same values through a stack of dropout layers, each with a mask of its own.
 *
 * @module depth
 */

import { mean } from "./dropout_model.js";
import { inUnits, meanLaw } from "./mean_law.js";
import { streamAt } from "./streams.js";

// A law for each of twenty layers in a frame: each may take a thirtieth of what a law alone may.
const MOST_TERMS = 2 ** 12;

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./mean_law.js").MeanLaw} MeanLaw */
/**
 * What each layer leaves, the input first.
 * @typedef {object} Stack
 * @property {Uint8Array[]} left 1 where an element is left
 * @property {number[]} kept how many are left
 * @property {number[]} means of the values
 * @property {number[]} squares means of their squares
 * @property {number} factor of each layer for what it keeps
 * @property {number} q probability to be kept in a layer
 */

/**
 * Stack the layer of a state on itself: the first has its mask, the others those of the calls that follow.
 * @param {Derived} derived
 * @param {number} layers
 * @returns {Stack}
 */
export function stacked({ state, x, mask, factors }, layers) {
  const n = x.length;
  const { p, training } = state;
  const stream = streamAt({ ...state, call: state.call + 1 }, n);
  const left = [new Uint8Array(n).fill(1)];
  for (let layer = 1; layer <= layers; layer++) {
    const drawn = layer === 1 || !training ? mask : stream.mask(n, p);
    left.push(left[layer - 1].map((one, i) => one & drawn[i]));
  }
  const factor = factors.kept;
  const power = left.map((_, layer) => factor ** layer);
  const total = (/** @type {Uint8Array} */ alive, /** @type {number} */ exponent) =>
    mean(Float64Array.from(x, (value, i) => (alive[i] ? value ** exponent : 0)));
  return {
    left,
    kept: left.map((alive) => alive.reduce((sum, one) => sum + one, 0)),
    means: left.map((alive, layer) => power[layer] * total(alive, 1)),
    squares: left.map((alive, layer) => power[layer] ** 2 * total(alive, 2)),
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
