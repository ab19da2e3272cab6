/**
 * The lab: one state, its address, what can be undone, and the parts that show it.
 *
 * A change is taken at once and shown in frames: what is not done after a few milliseconds waits for the next one.
 *
 * @module lab
 */

import { createDock, createTools } from "./dock_view.js";
import { html, setText } from "./dom.js";
import { createInputs } from "./inputs_view.js";
import { createOutput } from "./output_view.js";
import { createStage } from "./stage_view.js";
import { Tabs } from "./tabs.js";
import { derive } from "../model/derived.js";
import { History } from "../model/history.js";
import { changed, FIELDS, initialState, readFragment, writeFragment } from "../model/lab_state.js";
import { InputError } from "../model/tensor_input.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */
/** @typedef {import("./charts.js").CreatePanel} CreatePanel */
/** @typedef {import("./charts.js").Panel} Panel */

// ms of work in a frame, so that input and painting have the rest
const BUDGET = 5;
// ms without a change before the address and the announcement follow
const QUIET = 700;
// ms without a change before the Python is written anew, which takes long for a thousand numbers
const PAUSE = 150;

/** The consequences in groups of at most four; each is loaded when it is first seen. @type {[string, number, () => Promise<CreatePanel>][]} */
const PANELS = [
  ["mean", 0, async () => (await import("./mean_view.js")).createMean],
  ["elements", 0, async () => (await import("./elements_view.js")).createElements],
  ["scalings", 0, async () => (await import("./scalings_view.js")).createScalings],
  ["gradient", 0, async () => (await import("./gradient_view.js")).createGradient],
  ["norm", 1, async () => (await import("./norm_view.js")).createNorm],
  ["depth", 1, async () => (await import("./depth_view.js")).createDepth],
  ["network", 1, async () => (await import("./network_view.js")).createNetwork],
  ["compare", 1, async () => (await import("./compare_view.js")).createCompare],
  ["guess", 2, async () => (await import("./guess_view.js")).createGuess],
];
/** What averages over calls is shown again whenever some have come. */
const OF_CALLS = ["mean", "elements"];

/** The state as it is now, where what is shown may be a frame behind. */
const now = () => state;

/** @param {string} name @returns {HTMLElement} the place of a part on the page */
function part(name) {
  return /** @type {HTMLElement} */ (document.getElementById(`lab-part-${name}`));
}

let state = initialState();
let derived = derive(state);
/** @type {History<LabState>} */
const history_ = new History();
/** @type {import("./calls.js").Calls | undefined} */
let calls;
const callsReady = import("./calls.js").then(({ Calls }) => {
  calls = new Calls();
  calls.take(derived);
  return calls;
});
let lit = 0;
/** @type {Set<{render: (derived: Derived) => void}>} */
const waiting = new Set();
/** @type {Map<string, Panel>} */
const panels = new Map();
let [loading, quiet] = [0, 0];
let scheduled = false;
/** The fragment of the address that was followed or written last; another one is still to be followed. */
let known = location.hash;
/** @type {{render: (derived: Derived) => void} | undefined} */
let takeAlong;
let due = Infinity;

const message = html("p", { id: "lab-message", role: "alert" });
part("inputs").before(message);
const inputs = createInputs(part("inputs"), update);
const dock = createDock(part("dock"), update, now);
const stage = createStage(part("stage"), update, (index) => {
  lit = index;
  refresh(seenPanels());
});
const tools = createTools(part("tools"), update, { undo, any: () => history_.any });
const output = createOutput(part("output"));
const tabs = new Tabs(
  part("consequences"),
  PANELS.map(([name, group], i) => ({ name, group, words: FIELDS.show.choices[i].words })),
  (show) => update({ show }),
);
/** @type {{render: (derived: Derived) => void}[]} */
const parts = [stage, dock, output, tools, inputs];

/** Take a change of the state. @param {Partial<LabState>} changes */
function update(changes) {
  history_.keep(state, changes, performance.now());
  take(changed(state, changes));
}

/** @param {LabState} next */
function take(next) {
  state = next;
  derived = derive(state);
  if (takeAlong) due = performance.now() + PAUSE;
  calls?.take(derived);
  setText(message, "");
  openPanels();
  refresh([...parts, ...seenPanels()]);
}

/** Go back to before the last change. */
function undo() {
  const before = history_.undo();
  if (!before) return;
  take(before);
  restore();
}

/** Write the whole state into the fields. */
function restore() {
  inputs.restore(state);
  dock.restore(state);
}

/** @returns {Panel[]} those that are looked at and loaded */
function seenPanels() {
  return tabs.seen(state.show).flatMap((name) => panels.get(name) ?? []);
}

/** Show the consequences that are looked at, and load what they need. */
function openPanels() {
  tabs.show(state.show);
  for (const [name, , load] of PANELS) {
    if (!tabs.seen(state.show).includes(name)) panels.get(name)?.chosen?.(false);
    else if (panels.has(name)) panels.get(name)?.chosen?.(name === state.show);
    else loadPart(name, load);
  }
}

/** @param {string} name @param {() => Promise<CreatePanel>} load */
async function loadPart(name, load) {
  const parent = tabs.panels.get(name);
  if (!parent || parent.dataset.loading) return;
  parent.dataset.loading = "true";
  loading++;
  const [create, shared] = await Promise.all([load(), callsReady]);
  const panel = create(parent, { change: update, now, calls: shared, lit: () => lit, veil });
  panels.set(name, panel);
  loading--;
  panel.chosen?.(name === state.show);
  refresh(seenPanels());
}

/** @param {boolean} on whether y is hidden until it is guessed */
function veil(on) {
  document.documentElement.classList.toggle("lab-veiled", on);
}

/** Have some parts shown again. @param {{render: (derived: Derived) => void}[]} which */
function refresh(which) {
  for (const one of which) waiting.add(one);
  document.documentElement.setAttribute("aria-busy", "true");
  clearTimeout(quiet);
  quiet = setTimeout(settle, QUIET);
  if (!scheduled) requestAnimationFrame(frame);
  scheduled = true;
}

/** Show as much as fits into a frame. */
function frame() {
  const deadline = performance.now() + BUDGET;
  if (waiting.size === 0 && calls?.unfinished) {
    calls.work(deadline - BUDGET / 2);
    for (const name of OF_CALLS) if (tabs.seen(state.show).includes(name)) waiting.add(panels.get(name) ?? output);
  }
  // What is held by the hand follows it in every frame; the others share what is left.
  if (waiting.delete(stage)) stage.render(derived);
  for (const one of waiting) {
    one.render(derived);
    waiting.delete(one);
    if (performance.now() > deadline) break;
  }
  if (performance.now() > due) {
    takeAlong?.render(derived);
    due = Infinity;
  }
  scheduled = waiting.size > 0 || due < Infinity || calls?.unfinished || loading > 0;
  if (scheduled) requestAnimationFrame(frame);
  else document.documentElement.removeAttribute("aria-busy");
}

/** Once the reader pauses: the address carries the state, and the result is announced. */
function settle() {
  const fragment = writeFragment(state);
  const first = fragment === writeFragment(initialState());
  if (location.hash === known && known !== fragment && !message.textContent && (known || !first)) {
    history.replaceState(null, "", fragment);
    known = location.hash;
  }
  output.settle();
}

/** Follow the address: a state, a heading of this page, or a sentence about what is wrong. */
function follow() {
  const fragment = (known = location.hash);
  if (document.getElementById(fragment.slice(1)) && fragment !== "") return;
  try {
    take(readFragment(fragment));
    restore();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    setText(message, `${error.message}. Nothing was changed.`);
  }
}

/** Undo by the keyboard, but for what a text field undoes by itself. @param {KeyboardEvent} event */
function onKey(event) {
  const { target, key } = event;
  const types = target instanceof Element && target.matches("textarea, input:not([type=range], [type=radio])");
  if (key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || types) return;
  event.preventDefault();
  undo();
}

take(state);
restore();
if (location.hash) follow();
addEventListener("hashchange", () => {
  const before = state;
  follow();
  if (state !== before) history_.keep(before, state, performance.now());
});
addEventListener("keydown", onKey);
tabs.onRoom(() => take(state));
let width = innerWidth;
addEventListener("resize", () => {
  // A phone changes its height whenever its address bar comes or goes.
  if (width !== innerWidth) refresh([...parts, ...seenPanels()]);
  width = innerWidth;
});
// What stands below the first screen comes when that is there.
import("./take_along_view.js").then(({ createTakeAlong }) => {
  takeAlong = createTakeAlong(part("take-along"));
  due = 0;
  refresh([]);
  document.documentElement.classList.add("has-lab");
});
