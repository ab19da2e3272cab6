/**
 * What dropout does on average, in closed form.
 *
 * @module closed_forms
 */

import { binomialInterval } from "./binomial.js";
import { scale } from "./dropout_model.js";

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
