/**
 * What dropout does on average, in closed form: its moments, and how many of n are kept.
 *
 * @module closed_forms
 */

import { checkProbability } from "./arguments.js";
import { scale } from "./dropout_model.js";

// A share of the weight at the mode. What lies beyond holds less than that of the sum, a millionth of what a double of
// 1 resolves: leaving it out changes no digit.
const NEGLIGIBLE = 1e-22;

/**
 * Exact moments of inverted dropout of n equal values: docs, understand/scaling.
 *
 * E[y] = x, Var[y] = x^2 p/q, E[y^2] = x^2/q, and the mean of n has the standard error |x| sqrt(p/(q n)).
 * @param {number} p drop probability in [0, 1]
 * @param {{value?: number, n?: number}} [of] the value x, and how many of them are averaged
 */
// #region moments
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
// #endregion moments

/**
 * The exact distribution of how many of n are kept, where it is not negligible.
 *
 * Weights grow outwards from the mode by the ratio of neighbours, P(k+1)/P(k) = (n-k)/(k+1) q/p, and are
 * divided by their sum: nothing can overflow, and no factorial is needed.
 * @param {number} n how many, at least 1
 * @param {number} q probability of each to be kept, in [0, 1]
 * @returns {{start: number, probabilities: Float64Array}} of start, start + 1, ...
 */
// #region binomial
export function binomial(n, q) {
  checkProbability(q);
  if (q === 0 || q === 1) return { start: q * n, probabilities: Float64Array.of(1) };
  const mode = Math.min(n, Math.floor((n + 1) * q));
  const odds = q / (1 - q);
  const above = [];
  for (let k = mode, w = 1; k < n && w > NEGLIGIBLE; k++) above.push((w *= ((n - k) / (k + 1)) * odds));
  const below = [];
  for (let k = mode, w = 1; k > 0 && w > NEGLIGIBLE; k--) below.push((w *= k / ((n - k + 1) * odds)));
  const weights = Float64Array.from([...below.reverse(), 1, ...above]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { start: mode - below.length, probabilities: weights.map((weight) => weight / total) };
}
// #endregion binomial

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
