/**
 * The pipeline of one call, element by element: x, u against 1 - p, m, the factor, y.
 *
 * @module pipeline_view
 */

import { html, setText, shown } from "./dom.js";
import { RowsTable } from "./rows_table.js";
import { place } from "../model/tensor_text.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

/** Enough digits to see on which side of the threshold u lies. @param {number} u @param {number} threshold */
function shownUniform(u, threshold) {
  for (let digits = 4; digits < 17; digits++) {
    const text = u.toFixed(digits);
    if (Number(text) < threshold === u < threshold) return text;
  }
  return String(u);
}

/** @param {Derived} derived @param {number} i @returns {string} what happens to one element, as a sentence */
function sentence({ state, x, uniforms, mask, factors, y }, i) {
  const [input, output] = [shown(x[i]), shown(y[i])];
  const { p, training, scaling } = state;
  if (!training) {
    return scaling === "vanilla"
      ? `Evaluation draws nothing: x = ${input} times 1 − p = ${shown(1 - p)} is ${output}.`
      : `Evaluation draws nothing: x = ${input} stays ${output}.`;
  }
  if (!uniforms)
    return p === 0
      ? `At p = 0 nothing is drawn: x = ${input} stays ${output}.`
      : `At p = 1 nothing is drawn: x = ${input} times 0 is ${output}.`;
  const drawn = `u = ${shownUniform(uniforms[i], 1 - p)}`;
  if (!mask[i]) return `${drawn} is not below ${shown(1 - p)}, so x = ${input} becomes ${output}.`;
  const what = scaling === "inverted" ? `times ${shown(factors.kept)} becomes ${output}` : `stays ${output}`;
  return `${drawn} is below ${shown(1 - p)}, so x = ${input} is kept and ${what}.`;
}

/** @param {HTMLElement} parent */
export function createPipeline(parent) {
  const rule = html("p");
  const table = html("div");
  parent.append(rule, table);
  const rows = new RowsTable(table, {
    labels: ["input x", "uniform u", "mask m", "factor", "output y"],
    fateRows: [2, 4],
    sentences: true,
    caption: "Input, uniform, mask, factor and output of each element",
  });
  /** @param {Derived} derived */
  const render = (derived) => {
    const { state, x, uniforms, mask, factors, y } = derived;
    const q = shown(1 - state.p);
    setText(
      rule,
      uniforms
        ? `An element is kept where its u is below 1 − p = ${q}. What is kept is multiplied by ${shown(factors.kept)}, what is dropped by 0.`
        : "Nothing is drawn: every element has the same factor.",
    );
    rows.show({
      count: x.length,
      column: (i) => ({
        cells: [
          shown(x[i]),
          uniforms ? shownUniform(uniforms[i], 1 - state.p) : "–",
          state.training ? String(mask[i]) : "–",
          shown(mask[i] ? factors.kept : factors.dropped),
          shown(y[i]),
        ],
        kept: state.training ? mask[i] === 1 : null,
        name: place(state.shape, i),
        sentence: sentence(derived, i),
      }),
    });
  };
  return { render };
}
