/**
 * What torch prints, and the call in one sentence: on the page, for ears, and on paper.
 *
 * @module output_view
 */

import { html, printedBox, setText, shown } from "./dom.js";
import { mean, norm } from "../model/dropout_model.js";
import { pythonTensor } from "../model/tensor_text.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

/** @param {HTMLElement} parent */
export function createOutput(parent) {
  const output = printedBox("lab-output", "The output y as torch prints it");
  const summary = html("p", { id: "lab-summary" });
  const printed = html("p", { class: "lab-printed" });
  const announcement = html("p", { class: "lab-hidden", role: "status", id: "lab-announcement" });
  output.classList.add("veil");
  summary.classList.add("veil");
  parent.append(printed, summary, html("p", { class: "lab-help" }, "torch prints:"), output, announcement);
  return {
    /** @param {Derived} derived */
    render(derived) {
      setText(output, derived.outputText());
      setText(summary, sentence(derived));
    },
    /** Say and keep what was settled on, whether or not it is shown yet. @param {Derived} derived */
    settle(derived) {
      setText(announcement, `p = ${shown(derived.state.p)}, seed ${derived.state.seed}: ${sentence(derived)}`);
      setText(printed, inputs(derived));
    },
  };
}

/** @param {Derived} derived @returns {string} */
function sentence({ x, y, kept }) {
  const times = norm(y) / norm(x);
  const growth = Number.isFinite(times) ? `; ‖y‖ is ${shown(times, 3)} times ‖x‖` : "";
  return `${kept} of ${x.length} kept; the mean of x is ${shown(mean(x))}, of y ${shown(mean(y))}${growth}.`;
}

/** @param {Derived} derived @returns {string} the inputs in one sentence */
function inputs({ state, held }) {
  const { p, seed, call, training, scaling } = state;
  const mask = held ? `mask set by hand to ${state.held}` : `seed ${seed}, call ${call}`;
  return `x = ${pythonTensor(state)}, p = ${p}, ${mask}, ${training ? "training" : "evaluation"}, scaling ${scaling}.`;
}
