/**
 * The norm of y for every p at once: a seed fixes u, so that p decides alone who is left.
 *
 * @module norm
 */

import { keeps } from "./streams.js";

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./dropout_model.js").Values} Values */

/** @param {Values} of @returns {number} the Euclidean norm, accumulated in double precision */
export function norm(of) {
  let squares = 0;
  for (let i = 0; i < of.length; i++) squares += of[i] ** 2;
  return Math.sqrt(squares);
}

/**
 * The norm of y that this call's uniforms give at each of some p.
 * @param {Derived} derived
 * @param {number[]} ps ascending, each in [0, 1]
 * @returns {number[]}
 */
export function normsOf({ x, uniforms, state }, ps) {
  const order = Array.from(uniforms, (u, i) => ({ u, square: x[i] ** 2 }));
  // Who is dropped first comes first.
  order.sort((a, b) => b.u - a.u);
  const after = new Float64Array(order.length + 1);
  for (let i = order.length - 1; i >= 0; i--) after[i] = after[i + 1] + order[i].square;
  let dropped = 0;
  return ps.map((p) => {
    while (dropped < order.length && !keeps(state.stream, order[dropped].u, p)) dropped++;
    const left = Math.sqrt(after[dropped]);
    return state.scaling === "inverted" && p < 1 ? left / (1 - p) : left;
  });
}
