/**
 * The distribution of the mean of y over masks, for any x.
 *
 * Each element of y is c x_i or 0, so the sum of K calls moves on the multiples of a unit that the x_i share.
 * Its probabilities are the Fourier transform of the K-th power of the characteristic function
 * E[exp(i t S)] = prod_i (p + q exp(i t a_i)), a_i = x_i / unit, taken over a window that holds all but 1e-15 of it.
 *
 * @module mean_law
 */

import { binomial, quantile } from "./binomial.js";

/**
 * The law of the mean over K calls: the means (start + k) step have the probabilities.
 * @typedef {object} MeanLaw
 * @property {number} mean expected
 * @property {number} standardError
 * @property {[number, number]} interval central 95 %
 * @property {boolean} exact false where only the standard error is, and the shape is taken as normal
 * @property {number} start
 * @property {number} step
 * @property {Float64Array} probabilities
 */

// A law is found in one piece, between two looks at the clock. These two hold it to a few milliseconds, so that no
// frame is late: the first the transform, the second a logarithm and an arctangent for each number and frequency.
const LARGEST_WINDOW = 2 ** 14;
const MOST_TERMS = 2 ** 17;
// Standard deviations to each side of the mean: beyond 8.5 a normal law has 2e-17, less than a double of 1 resolves.
const REACH = 8.5;
const NORMAL_95 = 1.959963984540054;
// The shape of a normal law: 51 points, five a standard error, from five of them below the mean to five above.
const STEPS_PER_ERROR = 5;
const MIDDLE = 5 * STEPS_PER_ERROR;

/**
 * Group equal numbers, and find the unit of which all are multiples.
 * @param {ArrayLike<number>} numbers finite
 * @returns {{unit: number, multiples: [number, number][]} | null} [multiple, how many]; null without a usable unit
 */
export function inUnits(numbers) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const number of Array.from(numbers)) if (number !== 0) counts.set(number, (counts.get(number) ?? 0) + 1);
  const distinct = [...counts.entries()];
  if (distinct.length === 0) return { unit: 1, multiples: [] };
  if (distinct.length === 1) return { unit: distinct[0][0], multiples: [[1, distinct[0][1]]] };
  for (let places = 0; places <= 6; places++) {
    const power = 10 ** places;
    const whole = distinct.map(([number]) => Math.round(number * power));
    if (!distinct.every(([number], i) => Math.abs(number * power - whole[i]) <= 1e-9 * Math.abs(whole[i]))) continue;
    // Up to here products with a place in the largest window stay whole numbers of a double.
    if (whole.some((multiple) => Math.abs(multiple) > 2 ** 31)) return null;
    const common = whole.reduce((a, b) => greatestDivisor(a, Math.abs(b)), 0);
    return { unit: common / power, multiples: distinct.map(([, count], i) => [whole[i] / common, count]) };
  }
  return null;
}

/** @param {number} a @param {number} b @returns {number} */
function greatestDivisor(a, b) {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * The law of the mean of K outputs of n elements each, where each element is c x_i with probability q, else 0.
 * @param {ArrayLike<number>} numbers x, finite
 * @param {number} q probability to be kept, in (0, 1)
 * @param {number} c factor of what is kept
 * @param {number} calls K, at least 1
 * @param {number} [mostTerms] of the transform: with fewer the law is found faster, and more often taken as normal
 * @returns {MeanLaw}
 */
export function meanLaw(numbers, q, c, calls, mostTerms = MOST_TERMS) {
  const all = Array.from(numbers);
  const n = all.length;
  const sum = all.reduce((total, x) => total + x, 0);
  const squares = all.reduce((total, x) => total + x * x, 0);
  const mean = (c * q * sum) / n;
  const standardError = (c / n) * Math.sqrt((squares * q * (1 - q)) / calls);
  const shared = inUnits(all);
  const distribution = shared && sumOfCalls(shared.multiples, q, calls, mostTerms);
  if (!shared || !distribution) return normalLaw(mean, standardError);
  const step = (shared.unit * c) / (n * calls);
  const [low, high] = [0.025, 0.975].map((level) => quantile(distribution, level) * step);
  return {
    mean,
    standardError,
    interval: [Math.min(low, high), Math.max(low, high)],
    exact: true,
    step,
    ...distribution,
  };
}

/**
 * The law of a mean whose shape is taken as normal.
 * @param {number} mean
 * @param {number} standardError
 * @returns {MeanLaw}
 */
function normalLaw(mean, standardError) {
  const half = NORMAL_95 * standardError;
  const step = standardError / STEPS_PER_ERROR;
  const probabilities = Float64Array.from(
    { length: 2 * MIDDLE + 1 },
    (_, k) => Math.exp(-(((k - MIDDLE) / STEPS_PER_ERROR) ** 2) / 2) / Math.sqrt(2 * STEPS_PER_ERROR ** 2 * Math.PI),
  );
  return {
    mean,
    standardError,
    interval: [mean - half, mean + half],
    exact: false,
    start: mean / step - MIDDLE,
    step,
    probabilities,
  };
}

/**
 * The distribution of the sum of K calls, in units.
 * @param {[number, number][]} multiples [multiple, how many elements have it]
 * @param {number} q
 * @param {number} calls
 * @param {number} mostTerms
 * @returns {{start: number, probabilities: Float64Array} | null} null where that would take too long
 */
function sumOfCalls(multiples, q, calls, mostTerms) {
  if (multiples.length === 0) return { start: 0, probabilities: Float64Array.of(1) };
  // the unit is the number itself
  if (multiples.length === 1) return binomial(multiples[0][1] * calls, q);
  let least = 0;
  let greatest = 0;
  let mean = 0;
  let variance = 0;
  for (const [multiple, count] of multiples) {
    least += Math.min(0, multiple) * count * calls;
    greatest += Math.max(0, multiple) * count * calls;
    mean += multiple * count * calls * q;
    variance += multiple ** 2 * count * calls * q * (1 - q);
  }
  // The tails of a sum are at most as heavy as one element is large.
  const largest = Math.max(...multiples.map(([multiple]) => Math.abs(multiple)));
  const reach = REACH * Math.sqrt(variance) + REACH * largest;
  const start = Math.max(least, Math.floor(mean - reach));
  const end = Math.min(greatest, Math.ceil(mean + reach));
  const window = 2 ** Math.ceil(Math.log2(end - start + 1));
  if (window > LARGEST_WINDOW || window * multiples.length > mostTerms) return null;
  const { real, imaginary } = characteristic(multiples, q, calls, start, window);
  transform(real, imaginary);
  const probabilities = real.subarray(0, end - start + 1).map((sum) => Math.max(0, sum / window));
  return { start, probabilities };
}

/**
 * The characteristic function of S - start at the frequencies 2 pi j / window.
 * @param {[number, number][]} multiples
 * @param {number} q
 * @param {number} calls
 * @param {number} start
 * @param {number} window
 */
function characteristic(multiples, q, calls, start, window) {
  const p = 1 - q;
  const real = new Float64Array(window);
  const imaginary = new Float64Array(window);
  for (let j = 0; j <= window / 2; j++) {
    let logarithm = 0;
    let angle = 0;
    for (const [multiple, count] of multiples) {
      // Angles are taken modulo a turn while they are whole numbers: no digit is lost.
      const turn = (2 * Math.PI * ((multiple * j) % window)) / window;
      const [x, y] = [p + q * Math.cos(turn), q * Math.sin(turn)];
      logarithm += (count * Math.log(x * x + y * y)) / 2;
      angle += count * Math.atan2(y, x);
    }
    const size = Math.exp(calls * logarithm);
    const phase = calls * angle - (2 * Math.PI * (((start % window) * j) % window)) / window;
    real[j] = size * Math.cos(phase);
    imaginary[j] = size * Math.sin(phase);
    if (j > 0 && j < window / 2) {
      real[window - j] = real[j];
      imaginary[window - j] = -imaginary[j];
    }
  }
  return { real, imaginary };
}

/**
 * The discrete Fourier transform sum_j z_j exp(-2 pi i j k / n) in place, n a power of 2 (Cooley and Tukey, 1965).
 * @param {Float64Array} real
 * @param {Float64Array} imaginary
 */
function transform(real, imaginary) {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const turn = (-Math.PI * k) / half;
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      for (let i = k; i < n; i += 2 * half) {
        const [re, im] = [real[i + half] * c - imaginary[i + half] * s, real[i + half] * s + imaginary[i + half] * c];
        real[i + half] = real[i] - re;
        imaginary[i + half] = imaginary[i] - im;
        real[i] += re;
        imaginary[i] += im;
      }
    }
  }
}
