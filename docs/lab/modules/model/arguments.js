/**
 * Refuse what dropout does not take, in one sentence that names the argument, its value and its range.
 *
 * @module arguments
 */

/** The range of seeds that torch.manual_seed takes. */
export const LEAST_SEED = -(2n ** 63n);
export const GREATEST_SEED = 2n ** 64n - 1n;

/**
 * Refuse what is no probability.
 * @param {number} p
 * @throws {RangeError} naming the argument, its value and its range
 */
export function checkProbability(p) {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must lie in [0, 1]; got p = ${p}`);
}

/**
 * Refuse what torch.manual_seed refuses.
 * @param {bigint} seed
 * @throws {RangeError} naming the argument, its value and its range
 */
export function checkSeed(seed) {
  if (seed < LEAST_SEED || seed > GREATEST_SEED) {
    throw new RangeError(`seed must lie in [-2^63, 2^64 - 1]; got seed = ${seed}`);
  }
}
