/**
 * What is turned most: p, the seed, and which call is looked at, on a phone within reach of the thumb. And what one can
 * do with a call: undo, hold its mask, pin it to compare others with it.
 *
 * @module dock_view
 */

import { typed } from "./controls.js";
import { button, html, pressable, randomSeed, setAttributes, setText } from "./dom.js";
import { FIELDS, pinnable } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */
/** @typedef {(changes: Partial<LabState>) => void} Change */

/**
 * Put a text into a field as if it had been typed there.
 * @param {HTMLInputElement} input
 * @param {string} text
 * @param {"input" | "change"} event whether more may follow
 */
function fill(input, text, event) {
  input.value = text;
  input.dispatchEvent(new Event(event));
}

/** p by number and by slider. @param {Change} change */
function createP(change) {
  const { label, read, write } = FIELDS.p;
  const input = html("input", { id: "lab-p", type: "number", min: 0, max: 1, step: 0.05, autocomplete: "off" });
  const slide = html("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": `${label}, slider` });
  slide.addEventListener("input", () => fill(input, slide.value, "input"));
  /** @param {string} text */
  const take = (text) => {
    change({ p: read(text) });
    // At once: who leaves the field by a key may turn the slider before the next frame.
    slide.value = text;
  };
  const field = typed(label, input, take, {
    look: "lab-p",
    body: [html("div", { class: "lab-tied" }, input, slide)],
  });
  return {
    element: field.element,
    /** @param {LabState} state */
    show({ p }) {
      // What is being typed is left as it is typed.
      if (document.activeElement !== input) field.show(write(p));
      slide.value = String(p);
      setAttributes(slide, { "aria-valuetext": `p = ${write(p)}, keeps ${Number((100 * (1 - p)).toFixed(1))} %` });
    },
    /** @param {LabState} state */
    restore({ p }) {
      field.show(write(p));
    },
  };
}

/** @param {Change} change */
function createSeed(change) {
  const { label, read, write } = FIELDS.seed;
  const input = html("input", {
    id: "lab-seed",
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    spellcheck: "false",
  });
  const draw = () => fill(input, String(randomSeed()), "change");
  const another = button("↻", draw, "Another seed");
  /** @type {bigint | undefined} */
  let known;
  const take = (/** @type {string} */ text) => change({ seed: (known = read(text)) });
  const field = typed(label, input, take, {
    look: "lab-seed",
    body: [html("div", { class: "lab-tied" }, input, another)],
  });
  /** @param {LabState} state */
  const restore = ({ seed }) => field.show(write((known = seed)));
  return {
    element: field.element,
    restore,
    /** What others changed is shown; what was typed here stays as it was typed. @param {LabState} state */
    show(state) {
      if (state.seed !== known) restore(state);
    },
  };
}

/** Step from call to call. @param {Change} change @param {() => LabState} now */
function createCall(change, now) {
  const { label, least, greatest } = FIELDS.call;
  const number = html("output", { "aria-live": "off" });
  const steps = [
    button("‹", () => change({ call: now().call - 1 }), "Call before"),
    button("›", () => change({ call: now().call + 1 }), "Call after"),
  ];
  const element = html(
    "div",
    { class: "lab-field lab-call", role: "group", "aria-label": label },
    html("span", { class: "lab-name" }, label),
    html("div", { class: "lab-tied" }, steps[0], number, steps[1]),
  );
  return {
    element,
    /** @param {LabState} state */
    show({ call }) {
      setText(number, String(call));
      setAttributes(number, { "aria-label": `${label} ${call} after seeding` });
      [steps[0].disabled, steps[1].disabled] = [call <= least, call >= greatest];
    },
  };
}

/**
 * @param {HTMLElement} parent
 * @param {Change} change
 * @param {() => LabState} now
 */
export function createDock(parent, change, now) {
  const [p, seed, call] = [createP(change), createSeed(change), createCall(change, now)];
  const form = html("form", { novalidate: true }, p.element, seed.element, call.element);
  form.addEventListener("submit", (event) => event.preventDefault());
  parent.append(form);
  return {
    /** Follow what other controls changed. @param {{state: LabState}} derived */
    render({ state }) {
      for (const control of [p, seed, call]) control.show(state);
    },
    /** Write a whole state into the fields, as after a link. @param {LabState} state */
    restore(state) {
      p.restore(state);
      seed.restore(state);
    },
  };
}

/**
 * @param {HTMLElement} parent
 * @param {Change} change
 * @param {{undo: () => void, any: () => boolean}} history
 */
export function createTools(parent, change, { undo, any }) {
  /** @type {Derived | undefined} */
  let derived;
  const back = button("Undo", undo);
  const hold = pressable("Hold mask", (held) => derived && change({ held: held ? derived.mask.join("") : "" }));
  const pin = pressable(
    "Pin A",
    (pinned) => derived && change({ pinned: pinned ? pinnable(derived.state) : null, show: "compare" }),
  );
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
