/**
 * The lab: one state, its address, and the parts that show it.
 *
 * A change is taken at once and shown in frames: what is not done after a few milliseconds waits for the next one.
 *
 * @module lab
 */

import { createDepth } from "./depth_view.js";
import { html, setText, shown } from "./dom.js";
import { TorchStream, applyMask, factors, gradient, mean, values } from "./dropout_model.js";
import { createGradient } from "./gradient_view.js";
import { createInputs } from "./inputs_view.js";
import { MOST_DRAWS, initialState, readFragment, writeFragment } from "./lab_state.js";
import { createMean } from "./mean_view.js";
import { createPipeline } from "./pipeline_view.js";
import { createTakeAlong } from "./take_along_view.js";
import { InputError, printTensor } from "./tensor_text.js";

/** @typedef {import("./lab_state.js").LabState} LabState */
/** @typedef {import("./dropout_model.js").Values} Values */
/**
 * What follows from a state.
 * @typedef {object} Derived
 * @property {LabState} state
 * @property {Values} x rounded to its dtype
 * @property {Float64Array | null} uniforms null where torch draws nothing
 * @property {Uint8Array} mask all 1 where nothing is drawn and nothing dropped
 * @property {{kept: number, dropped: number}} factors
 * @property {Values} y
 * @property {Values} gradient dL/dx
 * @property {() => string} outputText y as torch prints it
 * @property {() => string} gradientText
 */

// ms of work in a frame, so that input and painting have the rest
const BUDGET = 5;
// ms without a change before the address and the announcement follow
const QUIET = 700;

/** @param {LabState} state @returns {Derived} */
function derive(state) {
  const { p, seed, shape, dtype, training, loss } = state;
  const x = values(state.numbers, dtype);
  const n = x.length;
  const mask = training ? new TorchStream(seed).mask(n, p) : new Uint8Array(n).fill(1);
  const y = applyMask(x, mask, state);
  const backward = gradient(y, mask, state, loss);
  return {
    state,
    x,
    uniforms: training && p > 0 && p < 1 ? new TorchStream(seed).uniforms(n) : null,
    mask,
    factors: factors(state, dtype),
    y,
    gradient: backward,
    outputText: once(() => printTensor({ values: y, shape, dtype })),
    gradientText: once(() => printTensor({ values: backward, shape, dtype })),
  };
}

/** @param {() => string} compute @returns {() => string} computes when first asked */
function once(compute) {
  /** @type {string | undefined} */
  let known;
  return () => (known ??= compute());
}

/** @param {string} name @returns {HTMLElement} the place of a part on the page */
function part(name) {
  return /** @type {HTMLElement} */ (document.getElementById(`lab-part-${name}`));
}

const output = html("pre", {
  class: "lab-output",
  id: "lab-output",
  tabindex: 0,
  role: "group",
  "aria-label": "The output y as torch prints it",
});
const summary = html("p", { id: "lab-summary" });
const message = html("p", { id: "lab-message", role: "alert" });
const announcement = html("p", { class: "lab-hidden", role: "status" });

part("inputs").append(message);
const inputs = createInputs(part("inputs"), update);
part("inputs").append(html("p", { class: "lab-help" }, "torch prints:"), output, summary, announcement);
const means = createMean(part("mean"), (more) =>
  update({ draws: more ? Math.min(MOST_DRAWS, state.draws + more) : 1 }),
);
const parts = [
  { render: renderOutput },
  createPipeline(part("pipeline")),
  createTakeAlong(part("take-along")),
  means,
  createGradient(part("gradient"), (loss) => update({ loss })),
  createDepth(part("depth"), (layers) => update({ layers })),
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
