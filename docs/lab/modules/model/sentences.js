/**
 * What happens to an element, in words.
 *
 * @module sentences
 */

import { shown } from "./number_text.js";
import { place } from "./tensor_text.js";

/** @typedef {import("./derived.js").Derived} Derived */

/** Enough digits to see on which side of the threshold u lies. @param {number} u @param {number} threshold */
function shownUniform(u, threshold) {
  for (let digits = 4; digits < 17; digits++) {
    const text = u.toFixed(digits);
    if (Number(text) < threshold === u < threshold) return text;
  }
  return String(u);
}

/** @param {Derived} derived @param {number} i @returns {string} what happens to one element, as a sentence */
export function fateOf({ state, x, uniforms, held, mask, factors, y }, i) {
  const [input, output] = [shown(x[i]), shown(y[i])];
  const { p, training, scaling } = state;
  if (!training) {
    return scaling === "vanilla"
      ? `Evaluation draws nothing: x = ${input} times 1 − p = ${shown(1 - p)} is ${output}.`
      : `Evaluation draws nothing: x = ${input} stays ${output}.`;
  }
  if (p === 0) return `At p = 0 nothing is drawn: x = ${input} stays ${output}.`;
  if (p === 1) return `At p = 1 nothing is drawn: x = ${input} times 0 is ${output}.`;
  const becomes = scaling === "inverted" ? `times ${shown(factors.kept)} becomes ${output}` : `stays ${output}`;
  if (held) return mask[i] ? `Kept by hand: x = ${input} ${becomes}.` : `Dropped by hand: x = ${input} becomes ${output}.`;
  const drawn = `u = ${shownUniform(uniforms[i], 1 - p)}`;
  return mask[i]
    ? `${drawn} is below ${shown(1 - p)}, so x = ${input} is kept and ${becomes}.`
    : `${drawn} is not below ${shown(1 - p)}, so x = ${input} becomes ${output}.`;
}

/** @param {Derived} derived @param {number} i @returns {string} what an element is called */
export function nameOf({ state }, i) {
  return state.shape.length ? `x${place(state.shape, i)}` : "x";
}
