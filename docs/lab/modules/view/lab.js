/**
 * The lab: one state, its address, and the parts that show it.
 *
 * A change is taken at once and shown in frames: what is not done after a few milliseconds waits for the next one.
 *
 * @module lab
 */

import { createDepth } from "./depth_view.js";
import { html, printedBox, setText, shown } from "./dom.js";
import { createGradient } from "./gradient_view.js";
import { createInputs } from "./inputs_view.js";
import { createMean } from "./mean_view.js";
import { createPipeline } from "./pipeline_view.js";
import { createTakeAlong } from "./take_along_view.js";
import { derive } from "../model/derived.js";
import { mean } from "../model/dropout_model.js";
import { FIELDS, initialState, readFragment, writeFragment } from "../model/lab_state.js";
import { InputError } from "../model/tensor_input.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */

// ms of work in a frame, so that input and painting have the rest
const BUDGET = 5;
// ms without a change before the address and the announcement follow
const QUIET = 700;

/** @param {string} name @returns {HTMLElement} the place of a part on the page */
function part(name) {
  return /** @type {HTMLElement} */ (document.getElementById(`lab-part-${name}`));
}

const output = printedBox("lab-output", "The output y as torch prints it");
const summary = html("p", { id: "lab-summary" });
const message = html("p", { id: "lab-message", role: "alert" });
const announcement = html("p", { class: "lab-hidden", role: "status" });

part("inputs").append(message);
const inputs = createInputs(part("inputs"), update);
part("inputs").append(html("p", { class: "lab-help" }, "torch prints:"), output, summary, announcement);
const means = createMean(part("mean"), requestCalls);
const parts = [
  { render: renderOutput },
  createPipeline(part("pipeline")),
  createTakeAlong(part("take-along")),
  means,
  createGradient(part("gradient"), update),
  createDepth(part("depth"), update),
];

let state = initialState();
let derived = derive(state);
/** @type {Set<{render: (derived: Derived) => void}>} */
let waiting = new Set();
let scheduled = false;
let quiet = 0;

/** @param {Derived} now */
function renderOutput(now) {
  setText(output, now.outputText());
  const { x, mask, y } = now;
  const kept = mask.reduce((sum, m) => sum + m, 0);
  setText(summary, `${kept} of ${x.length} kept; the mean of x is ${shown(mean(x))}, of y ${shown(mean(y))}.`);
}

/** Take a change of the state. @param {Partial<LabState>} changes */
function update(changes) {
  state = { ...state, ...changes };
  derived = derive(state);
  setText(message, "");
  refresh();
}

/** @param {number} more calls, or 0 to start again */
function requestCalls(more) {
  update({ calls: more ? Math.min(FIELDS.calls.greatest, state.calls + more) : 1 });
}

/** Have every part shown again. */
function refresh() {
  for (const one of parts) waiting.add(one);
  document.documentElement.setAttribute("aria-busy", "true");
  clearTimeout(quiet);
  quiet = setTimeout(settle, QUIET);
  if (!scheduled) requestAnimationFrame(frame);
  scheduled = true;
}

/** Show as much as fits into a frame. */
function frame() {
  const deadline = performance.now() + BUDGET;
  for (const one of waiting) {
    one.render(derived);
    waiting.delete(one);
    if (performance.now() > deadline) break;
  }
  if (waiting.size === 0 && means.unfinished()) means.work(deadline);
  scheduled = waiting.size > 0 || means.unfinished();
  if (scheduled) requestAnimationFrame(frame);
  else document.documentElement.removeAttribute("aria-busy");
}

/** Once the reader pauses: the address carries the state, and the result is announced. */
function settle() {
  const fragment = writeFragment(state);
  if (
    location.hash !== fragment &&
    !message.textContent &&
    (location.hash || fragment !== writeFragment(initialState()))
  )
    history.replaceState(null, "", fragment);
  setText(announcement, summary.textContent ?? "");
}

/** Follow the address: a state, a heading of this page, or a sentence about what is wrong. */
function follow() {
  const fragment = location.hash;
  if (document.getElementById(fragment.slice(1)) && fragment !== "") return;
  try {
    state = readFragment(fragment);
    update({});
    inputs.show(state);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    setText(message, `${error.message}. Nothing was changed.`);
  }
}

inputs.show(state);
update({});
follow();
addEventListener("hashchange", follow);
let width = innerWidth;
addEventListener("resize", () => {
  // A phone changes its height whenever its address bar comes or goes.
  if (width !== innerWidth) refresh();
  width = innerWidth;
});
document.documentElement.classList.add("has-lab");
