/**
 * A number for people.
 *
 * @module number_text
 */

/**
 * Enough digits, none idle.
 * @param {number} value
 * @param {number} [digits] significant
 */
export function shown(value, digits = 4) {
  return Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(digits)));
}
