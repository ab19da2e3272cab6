/**
 * The inputs: values, p, seed, mode and scaling. Each reads back what is typed, or says what it needs.
 *
 * @module inputs_view
 */

import { choice, typed } from "./controls.js";
import { button, html } from "./dom.js";
import { FIELDS } from "../model/lab_state.js";
import { readTensor } from "../model/tensor_input.js";
import { pythonFloat, pythonTensor } from "../model/tensor_text.js";

/** @typedef {import("../model/lab_state.js").LabState} LabState */
/** @typedef {(changes: Partial<LabState>) => void} Change */
/**
 * @template T
 * @typedef {import("../model/lab_state.js").ChoiceField<T>} ChoiceField
 */

/** The fields with choices that stand here, in their order. */
const CHOICES = /** @type {const} */ (["training", "scaling"]);

/** @param {LabState} state @returns {string} x as a person would write it */
function writtenValues(state) {
  const plain = state.shape.length === 1 && state.dtype === "float32" && state.numbers.length <= 8;
  return plain
    ? Array.from(state.numbers, (number) => pythonFloat(number).replace(/\.0$/, "")).join(", ")
    : pythonTensor(state);
}

/**
 * Put a text into a field as if it had been typed there.
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {string} text
 * @param {"input" | "change"} event whether more may follow
 */
function fill(input, text, event) {
  input.value = text;
  input.dispatchEvent(new Event(event));
}

/** @param {Change} change */
function createValues(change) {
  const input = html("textarea", {
    id: "lab-values",
    rows: 2,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-describedby": "lab-values-help",
  });
  const help = html(
    "p",
    { id: "lab-values-help", class: "lab-help" },
    "Type numbers, or paste tensor([...]), nested lists or CSV; up to 1000 elements.",
  );
  const note = html("p", { class: "lab-note" });
  const examples = html(
    "div",
    { class: "lab-buttons" },
    button("Four numbers", () => fill(input, "1, 2, 3, 4", "change")),
    button("A 2-d tensor", () => fill(input, "tensor([[ 0.3, -1.2, 0.8],\n        [ 2.5,  0.0, -0.4]])", "change")),
    button("A thousand ones", () => fill(input, "torch.ones(1000)", "change")),
  );
  /** @param {string} text */
  const read = (text) => {
    const { note: taken, ...tensor } = readTensor(text);
    note.textContent = taken;
    change(tensor);
  };
  const field = typed(FIELDS.numbers.label, input, read, {
    look: "wide",
    body: [input, help],
    after: [note, examples],
  });
  return {
    element: field.element,
    /** @param {LabState} state */
    show(state) {
      field.show(writtenValues(state));
      input.rows = Math.min(6, input.value.split("\n").length + 1);
      note.textContent = "";
    },
  };
}

/**
 * A slider that moves p by way of its field.
 * @param {HTMLInputElement} input
 * @param {string} spoken
 */
function createSlide(input, spoken) {
  const slide = html("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": spoken });
  slide.addEventListener("input", () => fill(input, slide.value, "input"));
  return slide;
}

/** p by number and by slider, and by a second slider at the edge of the window while the first is out of sight. @param {Change} change */
function createP(change) {
  const { label, read, write } = FIELDS.p;
  const input = html("input", { id: "lab-p", type: "number", min: 0, max: 1, step: 0.05, autocomplete: "off" });
  const slide = createSlide(input, "p, from keeping all to dropping all");
  const again = createSlide(input, "p, for what is in sight");
  const number = html("output");
  /** @param {string} text */
  const follow = (text) => {
    slide.value = again.value = text;
    number.textContent = text;
  };
  /** @param {string} text */
  const take = (text) => {
    change({ p: read(text) });
    follow(text);
  };
  const field = typed(label, input, take, {
    look: "lab-p",
    body: [html("div", { class: "lab-tied" }, input, slide)],
  });
  const bar = html("div", { class: "lab-bar", hidden: true }, "p", again, number);
  const above = new IntersectionObserver(([seen]) => {
    bar.hidden = seen.isIntersecting || seen.boundingClientRect.top > 0;
  });
  above.observe(input);
  return {
    element: field.element,
    bar,
    /** @param {LabState} state */
    show({ p }) {
      field.show(write(p));
      follow(write(p));
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
  const another = button("Another", () => fill(input, String(crypto.getRandomValues(new Uint32Array(1))[0]), "change"));
  const field = typed(label, input, (text) => change({ seed: read(text) }), {
    body: [html("div", { class: "lab-tied" }, input, another)],
  });
  return {
    element: field.element,
    /** @param {LabState} state */
    show({ seed }) {
      field.show(write(seed));
    },
  };
}

/** @param {(typeof CHOICES)[number]} key @param {Change} change */
function createChoice(key, change) {
  const field = /** @type {ChoiceField<any>} */ (FIELDS[key]);
  const control = choice(field, (value) => change({ [key]: value }));
  return {
    element: control.element,
    /** @param {LabState} state */
    show(state) {
      control.show(state[key]);
    },
  };
}

/**
 * @param {HTMLElement} parent
 * @param {Change} change
 */
export function createInputs(parent, change) {
  const p = createP(change);
  const choices = CHOICES.map((key) => createChoice(key, change));
  const controls = [createValues(change), p, createSeed(change), ...choices];
  const elements = controls.map(({ element }) => element);
  const form = html("form", { class: "lab-inputs", novalidate: true }, ...elements);
  form.addEventListener("submit", (event) => event.preventDefault());
  parent.append(form, p.bar);
  /** Write a whole state into the fields, as after a link. @param {LabState} state */
  const show = (state) => {
    for (const control of controls) control.show(state);
  };
  return { show };
}
