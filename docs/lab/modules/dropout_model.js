/**
 * Dropout as torch computes it on a CPU: seed, uniforms, mask, scale, output, gradient, moments.
 *
 * Pure computation: no DOM, no globals, no clock. Letters as on the whole site: x input, m mask
 * (1 = kept), p DROP probability, q = 1 - p, s = 1/q scale, y = s m x output.
 *
 * @module dropout_model
 */

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

const WORDS = 624;
const SHIFT = 397;
const HIGH_BITS = 0x1fffff;

/** The range of seeds that torch.manual_seed takes. */
export const LEAST_SEED = -(2n ** 63n);
export const GREATEST_SEED = 2n ** 64n - 1n;

/**
 * Refuse what is no probability.
 * @param {number} p
 * @throws {RangeError} naming the argument, its value and its range
 */
function check(p) {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must lie in [0, 1]; got p = ${p}`);
}

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
  constructor(seed) {
    if (seed < LEAST_SEED || seed > GREATEST_SEED) {
      throw new RangeError(`seed must lie in [-2^63, 2^64 - 1]; got seed = ${seed}`);
    }
    const state = this.#state;
    state[0] = Number(BigInt.asIntN(32, seed));
    for (let i = 1; i < WORDS; i++) {
      const previous = state[i - 1];
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

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
  mask(count, p) {
    check(p);
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
}

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
export function scale(p, dtype = "float64") {
  check(p);
  if (p === 1) return 0;
  return rounded(1 / rounded(1 - p, dtype), dtype);
}

/**
 * The factors by which a call multiplies what it keeps and what it drops.
 * @param {Call} call
 * @param {Dtype} dtype
 * @returns {{kept: number, dropped: number}}
 */
export function factors({ p, scaling, training }, dtype) {
  check(p);
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
 * @returns {V} in the dtype of x
 */
export function applyMask(x, mask, call) {
  const { kept, dropped } = factors(call, dtypeOf(x));
  const factor = Float64Array.of(dropped, kept);
  const y = /** @type {V} */ (values(x.length, dtypeOf(x)));
  for (let i = 0; i < x.length; i++) y[i] = x[i] * factor[mask[i]];
  return y;
}

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
 * How many of n ones are left after each of a stack of layers, called in order.
 *
 * Scaled, their mean is kept s^L / n and their mean of squares kept s^(2 L) / n after L layers; unscaled, both
 * are kept / n. The number kept is binomial with probability q^L.
 * @param {bigint} seed
 * @param {number} p drop probability in [0, 1]
 * @param {number} n how many ones
 * @param {number} layers
 * @returns {number[]} one count a layer
 */
export function keptByDepth(seed, p, n, layers) {
  const stream = new TorchStream(seed);
  const left = new Uint8Array(n).fill(1);
  return Array.from({ length: layers }, () => {
    // torch draws for what is already 0 as well
    const mask = stream.mask(n, p);
    let kept = 0;
    for (let i = 0; i < n; i++) kept += left[i] &= mask[i];
    return kept;
  });
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
 * @returns {V} in the dtype of y
 */
export function gradient(y, mask, call, loss) {
  const dtype = dtypeOf(y);
  const upstream = /** @type {V} */ (values(y.length, dtype));
  const share = rounded(1 / y.length, dtype);
  for (let i = 0; i < y.length; i++) upstream[i] = loss === "sum" ? 1 : share * rounded(2 * y[i], dtype);
  return applyMask(upstream, mask, call);
}

/**
 * Exact moments of inverted dropout of n equal values: docs, understand/scaling.
 *
 * E[y] = x, Var[y] = x^2 p/q, E[y^2] = x^2/q, and the mean of n has the standard error |x| sqrt(p/(q n)).
 * @param {number} p drop probability in [0, 1]
 * @param {{value?: number, n?: number}} [of] the value x, and how many of them are averaged
 */
export function moments(p, { value = 1, n = 1 } = {}) {
  const s = scale(p);
  const [fewest, most] = binomialInterval(n, 1 - p).map((kept) => (value * s * kept) / n);
  return {
    mean: p < 1 ? value : 0,
    variance: value ** 2 * p * s,
    secondMoment: value ** 2 * s,
    standardError: Math.abs(value) * Math.sqrt((p * s) / n),
    interval95: [Math.min(fewest, most), Math.max(fewest, most)],
  };
}

/**
 * The exact distribution of how many of n are kept, where it is not negligible.
 *
 * Weights grow outwards from the mode by the ratio of neighbours, P(k+1)/P(k) = (n-k)/(k+1) q/p, and are
 * divided by their sum: nothing can overflow, and no factorial is needed.
 * @param {number} n how many, at least 1
 * @param {number} q probability of each to be kept, in [0, 1]
 * @returns {{start: number, probabilities: Float64Array}} of start, start + 1, ...
 */
export function binomial(n, q) {
  check(q);
  if (q === 0 || q === 1) return { start: q * n, probabilities: Float64Array.of(1) };
  const mode = Math.min(n, Math.floor((n + 1) * q));
  const odds = q / (1 - q);
  const negligible = 1e-22;
  const above = [];
  for (let k = mode, w = 1; k < n && w > negligible; k++) above.push((w *= ((n - k) / (k + 1)) * odds));
  const below = [];
  for (let k = mode, w = 1; k > 0 && w > negligible; k--) below.push((w *= k / ((n - k + 1) * odds)));
  const weights = Float64Array.from([...below.reverse(), 1, ...above]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { start: mode - below.length, probabilities: weights.map((weight) => weight / total) };
}

/**
 * The least number whose cumulative probability reaches a level.
 * @param {{start: number, probabilities: Float64Array}} distribution
 * @param {number} level in (0, 1)
 */
export function quantile({ start, probabilities }, level) {
  let cumulative = 0;
  let index = 0;
  while (index < probabilities.length - 1 && (cumulative += probabilities[index]) < level) index++;
  return start + index;
}

/**
 * The central 95 % interval of how many of n are kept, from the exact binomial distribution.
 * @param {number} n how many, at least 1
 * @param {number} q probability of each to be kept, in [0, 1]
 * @returns {[number, number]}
 */
export function binomialInterval(n, q) {
  const distribution = binomial(n, q);
  return [quantile(distribution, 0.025), quantile(distribution, 0.975)];
}
