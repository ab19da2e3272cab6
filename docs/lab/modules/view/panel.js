/**
 * What every consequence consists of: its name, its controls, a sentence, a picture.
 *
 * @module panel
 */

import { html } from "./dom.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */
/** @typedef {import("./calls.js").Calls} Calls */
/**
 * What a consequence may ask of the lab.
 * @typedef {object} Lab
 * @property {(changes: Partial<LabState>) => void} change
 * @property {Calls} calls
 * @property {() => number} lit the element that is looked at
 * @property {(on: boolean) => void} veil hides y, or shows it again
 */
/**
 * A consequence: it shows what follows from a state, and may have work left that waits for the next frame.
 * @typedef {object} Panel
 * @property {(derived: Derived) => void} render
 * @property {(chosen: boolean) => void} [chosen] is told when it is looked at, and when no longer
 */
/** @typedef {(parent: HTMLElement, lab: Lab) => Panel} CreatePanel */

/**
 * @param {HTMLElement} parent
 * @param {string} title
 * @param {...Node} controls
 */
export function createPanel(parent, title, ...controls) {
  const told = html("p", { class: "lab-told" });
  const picture = html("div", { class: "lab-picture" });
  parent.append(html("div", { class: "lab-head" }, html("h3", {}, title), ...controls), told, picture);
  return { told, picture };
}
