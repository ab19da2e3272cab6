/**
 * What one can do with a call: undo, hold its mask, pin it to compare others with it.
 *
 * @module tools_view
 */

import { button, html, pressable, setAttributes } from "./dom.js";
import { pinnable } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */

/**
 * @param {HTMLElement} parent
 * @param {(changes: Partial<LabState>) => void} change
 * @param {{undo: () => void, any: () => boolean}} history
 */
export function createTools(parent, change, { undo, any }) {
  /** @type {Derived | undefined} */
  let derived;
  const back = button("Undo", undo);
  back.title = "Ctrl+Z";
  const hold = pressable("Hold mask", (held) => derived && change({ held: held ? derived.mask.join("") : "" }));
  hold.title = "Keep this mask while you move p, the seed or x";
  const pin = pressable("Pin A", (pinned) => derived && change({ pinned: pinned ? pinnable(derived.state) : null, show: "compare" }));
  pin.title = "Compare what you set next with this";
  parent.append(html("div", { class: "lab-tools" }, back, hold, pin));
  return {
    /** @param {Derived} next */
    render(next) {
      derived = next;
      const { training, p, held, pinned } = next.state;
      back.disabled = !any();
      hold.disabled = held === "" && !(training && p > 0 && p < 1);
      setAttributes(hold, { "aria-pressed": held !== "" });
      setAttributes(pin, { "aria-pressed": pinned !== null });
    },
  };
}
