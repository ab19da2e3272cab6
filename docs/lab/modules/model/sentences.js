/**
 * What happens to an element, in words.
 *
 * @module sentences
 */

import { place, shown } from "./tensor_text.js";

/** @typedef {import("./derived.js").Derived} Derived */

/** Enough digits to see on which side of the limit u lies. @param {number} u @param {number} limit */
function shownUniform(u, limit) {
  for (let digits = 4; digits < 17; digits++) {
    const text = u.toFixed(digits);
    if (Math.sign(Number(text) - limit) === Math.sign(u - limit)) return text;
  }
  return String(u);
}

/** @param {Derived} derived @param {number} i @returns {string} what happens to one element, as a sentence */
export function fateOf({ state, x, uniforms, held, mask, factors, y }, i) {
  const [input, output] = [shown(x[i]), shown(y[i])];
  const { p, training, scaling, stream } = state;
  if (!training) {
    return scaling === "vanilla"
      ? `Evaluation draws nothing: x = ${input} times 1 − p = ${shown(1 - p)} is ${output}.`
      : `Evaluation draws nothing: x = ${input} stays ${output}.`;
  }
  if (p === 0) return `At p = 0 nothing is drawn: x = ${input} stays ${output}.`;
  if (p === 1) return `At p = 1 nothing is drawn: x = ${input} times 0 is ${output}.`;
  const becomes = scaling === "inverted" ? `times ${shown(factors.kept)} becomes ${output}` : `stays ${output}`;
  if (held)
    return mask[i] ? `Kept by hand: x = ${input} ${becomes}.` : `Dropped by hand: x = ${input} becomes ${output}.`;
  const [side, limit] = stream === "eager" ? ["below", 1 - p] : ["above", p];
  const drawn = `u = ${shownUniform(uniforms[i], limit)}`;
  return mask[i]
    ? `${drawn} is ${side} ${shown(limit)}, so x = ${input} is kept and ${becomes}.`
    : `${drawn} is not ${side} ${shown(limit)}, so x = ${input} becomes ${output}.`;
}

/** @param {Derived} derived @param {number} i @returns {string} what an element is called */
export function nameOf({ state }, i) {
  return state.shape.length ? `x${place(state.shape, i)}` : "x";
}
