/**
 * The lab: one state, its address, what can be undone, and the parts that show it.
 *
 * A change is taken at once and shown in frames: what is not done after a few milliseconds waits for the next one.
 * What is fetched at first is the stage and the consequence that is chosen; once they stand there, the rest follows.
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
/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./panel.js").PanelModule} PanelModule */

// ms of work in a frame, so that input and painting have the rest
const BUDGET = 5;
// ms without a change before the address and the announcement follow
const QUIET = 700;
// ms without a change before the Python is written anew, which takes long for a thousand numbers
const PAUSE = 150;

// consequences that stand beside each other where there is room
const TOGETHER = 4;
/** A consequence is a module that is loaded when it is first seen. @param {string} name @returns {Promise<PanelModule>} */
const load = (name) => import(`./${name}_view.js`);

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
let lit = 0;
/** @type {Set<{render: (derived: Derived) => void}>} */
const waiting = new Set();
/** @type {Map<string, Panel>} */
const panels = new Map();
let [loading, quiet] = [0, 0];
// Whether what is looked at first stands there.
let answered = false;
let scheduled = false;
/** The fragment of the address that was followed or written last; another one is still to be followed. */
let address = location.hash;
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
  FIELDS.show.choices.map(({ value, words }, i) => ({ name: value, words, group: Math.floor(i / TOGETHER) })),
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

/** Show the consequences that are looked at, and load what they need: the chosen one first. */
function openPanels() {
  tabs.show(state.show);
  for (const [name, panel] of panels) panel.chosen?.(name === state.show);
  for (const name of answered ? tabs.seen(state.show) : [state.show]) loadPanel(name);
}

/** @param {string} name */
async function loadPanel(name) {
  const parent = tabs.panels.get(name);
  if (!parent || parent.dataset.loading) return;
  parent.dataset.loading = "true";
  loading++;
  const panel = (await load(name)).create(parent, { change: update, now, lit: () => lit, veil });
  panels.set(name, panel);
  loading--;
  panel.chosen?.(name === state.show);
  refresh(seenPanels());
}

/** What was waited for stands there: load what else is in sight, and what is below. */
async function answer() {
  answered = true;
  openPanels();
  const { createTakeAlong } = await import("./take_along_view.js");
  takeAlong = createTakeAlong(part("take-along"));
  due = 0;
  refresh([]);
  document.documentElement.classList.add("has-lab");
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
  const counting = seenPanels().filter(({ calls }) => calls);
  const unfinished = () => counting[0]?.calls?.unfinished ?? false;
  if (waiting.size === 0 && unfinished()) {
    counting[0].calls?.work(deadline - BUDGET / 2);
    for (const panel of counting) waiting.add(panel);
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
  if (!answered && !waiting.size && !loading) answer();
  scheduled = waiting.size > 0 || due < Infinity || unfinished() || loading > 0;
  if (scheduled) requestAnimationFrame(frame);
  else document.documentElement.removeAttribute("aria-busy");
}

/** Once the reader pauses: the address carries the state, and the result is announced. */
function settle() {
  const fragment = writeFragment(state);
  const first = fragment === writeFragment(initialState());
  if (location.hash === address && address !== fragment && !message.textContent && (address || !first)) {
    history.replaceState(null, "", fragment);
    address = location.hash;
  }
  output.settle(derived);
}

/** Follow the address: a state, a heading of this page, or a sentence about what is wrong. */
function follow() {
  const fragment = location.hash;
  address = fragment;
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
// At once, and not in the first frame: what is still empty may be painted before it, and would move.
for (const one of parts) if (waiting.delete(one)) one.render(derived);
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
