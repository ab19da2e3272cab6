/**
 * What torch draws on a CPU: from a seed to words, to uniforms, to the masks of dropout calls.
 *
 * @module torch_stream
 */

import { checkProbability, checkSeed } from "./arguments.js";

const WORDS = 624;
const SHIFT = 397;
const HIGH_BITS = 0x1fffff;

/**
 * The stream of torch's CPU generator, for dropout calls in call order.
 *
 * The Mersenne twister mt19937, seeded with the low 32 bits of the seed (aten/src/ATen/core/MT19937RNGEngine.h;
 * M. Matsumoto, T. Nishimura, ACM TOMACS 8(1), 1998). Each element takes two words, whatever its dtype.
 */
export class TorchStream {
  #state = new Int32Array(WORDS);
  #block = new Uint32Array(WORDS);
  #position = WORDS;

  /**
   * @param {bigint} seed what torch.manual_seed would get, -2^63 to 2^64 - 1
   * @throws {RangeError} if the seed is out of range
   */
  // #region constructor
  constructor(seed) {
    checkSeed(seed);
    const state = this.#state;
    state[0] = Number(BigInt.asIntN(32, seed));
    for (let i = 1; i < WORDS; i++) {
      const previous = state[i - 1];
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }
  // #endregion constructor

  /**
   * Return the block of words and where the next pair stands in it; make a new block if this one is used up.
   * 624 is even, so that the two words of an element never lie in different blocks.
   * @param {number} wanted how many elements are still to be drawn
   * @returns {{words: Uint32Array, from: number, to: number}}
   */
  #next(wanted) {
    if (this.#position === WORDS) {
      twist(this.#state);
      temper(this.#state, this.#block);
      this.#position = 0;
    }
    const from = this.#position;
    const to = Math.min(WORDS, from + 2 * wanted);
    this.#position = to;
    return { words: this.#block, from, to };
  }

  /**
   * Draw a 64-bit number as its two words, the higher first.
   * @returns {[number, number]}
   */
  pair() {
    const { words, from } = this.#next(1);
    return [words[from], words[from + 1]];
  }

  /**
   * Draw u = (2^32 h + l mod 2^53) / 2^53, one for each element (random64 of CPUGeneratorImpl.cpp).
   * @param {number} count how many
   * @returns {Float64Array} in [0, 1)
   */
  uniforms(count) {
    const drawn = new Float64Array(count);
    for (let i = 0; i < count;) {
      const { words, from, to } = this.#next(count - i);
      for (let k = from; k < to; k += 2, i++) {
        drawn[i] = ((words[k] & HIGH_BITS) * 2 ** 32 + words[k + 1]) * 2 ** -53;
      }
    }
    return drawn;
  }

  /**
   * Draw the mask of the next call, in memory order: kept where u < 1 - p.
   * @param {number} count how many elements
   * @param {number} p drop probability in [0, 1]; nothing is drawn at its ends, as in torch
   * @returns {Uint8Array} 1 where kept
   */
  // #region mask
  mask(count, p) {
    checkProbability(p);
    const mask = new Uint8Array(count);
    if (p === 0) mask.fill(1);
    if (p === 0 || p === 1) return mask;
    // u 2^53 < (1 - p) 2^53, compared as integers.
    const threshold = Math.ceil((1 - p) * 2 ** 53);
    const highest = Math.floor(threshold / 2 ** 32);
    const lowest = threshold % 2 ** 32;
    for (let i = 0; i < count;) {
      const { words, from, to } = this.#next(count - i);
      for (let k = from; k < to; k += 2, i++) {
        const high = words[k] & HIGH_BITS;
        // Without a branch: a coin is what no processor predicts.
        mask[i] = +(high < highest) | (+(high === highest) & +(words[k + 1] < lowest));
      }
    }
    return mask;
  }
  // #endregion mask
}

// #region twist
/** @param {number} upper @param {number} lower two neighbouring words @returns {number} their twist */
function twisted(upper, lower) {
  return (((upper & 0x80000000) | (lower & 0x7fffffff)) >>> 1) ^ (-(lower & 1) & 0x9908b0df);
}

/** Make the next 624 words in place. @param {Int32Array} state */
function twist(state) {
  let i = 0;
  for (; i < WORDS - SHIFT; i++) state[i] = state[i + SHIFT] ^ twisted(state[i], state[i + 1]);
  for (; i < WORDS - 1; i++) state[i] = state[i + SHIFT - WORDS] ^ twisted(state[i], state[i + 1]);
  state[i] = state[SHIFT - 1] ^ twisted(state[i], state[0]);
}
// #endregion twist

/** Mix the bits of each word as it is handed out. @param {Int32Array} state @param {Uint32Array} block */
function temper(state, block) {
  for (let i = 0; i < WORDS; i++) {
    let word = state[i];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    block[i] = word ^ (word >>> 18);
  }
}
