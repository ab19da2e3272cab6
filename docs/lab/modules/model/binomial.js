/**
 * How many of n are kept, exactly.
 *
 * @module binomial
 */

import { checkProbability } from "./arguments.js";

// A share of the weight at the mode. What lies beyond holds less than that of the sum, a millionth of what a double of
// 1 resolves: leaving it out changes no digit.
const NEGLIGIBLE = 1e-22;

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
