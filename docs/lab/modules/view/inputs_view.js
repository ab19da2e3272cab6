/**
 * The inputs: values, mode, scaling and stream. Values are read as they are typed, or the field says what it needs.
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
 * @typedef {import("../model/fields.js").ChoiceField<T>} ChoiceField
 */

/** The fields with choices that stand here, in their order. */
const CHOICES = /** @type {const} */ (["training", "scaling", "stream"]);
const EXAMPLES = [
  ["1, 2, 3, 4", "1, 2, 3, 4"],
  ["2-d", "tensor([[ 0.3, -1.2, 0.8],\n        [ 2.5,  0.0, -0.4]])"],
  ["1000 ones", "torch.ones(1000)"],
];

/** @param {LabState} state @returns {string} x as a person would write it */
function writtenValues(state) {
  const plain = state.shape.length === 1 && state.dtype === "float32" && state.numbers.length <= 8;
  return plain
    ? Array.from(state.numbers, (number) => pythonFloat(number).replace(/\.0$/, "")).join(", ")
    : pythonTensor(state);
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
  const help = html("p", { id: "lab-values-help", class: "lab-help" }, "Up to 1000; or paste tensor([...]).");
  const note = html("p", { class: "lab-note" });
  const examples = EXAMPLES.map(([name, text]) =>
    button(name, () => {
      input.value = text;
      input.dispatchEvent(new Event("change"));
    }),
  );
  /** @param {string} text */
  const read = (text) => {
    const { note: taken, ...tensor } = readTensor(text);
    note.textContent = taken;
    change(tensor);
  };
  const field = typed(FIELDS.numbers.label, input, read, {
    look: "wide",
    after: [help, note, html("div", { class: "lab-buttons" }, ...examples)],
  });
  return {
    element: field.element,
    /** @param {LabState} state */
    show(state) {
      field.show(writtenValues(state));
      note.textContent = "";
    },
  };
}

/**
 * @param {HTMLElement} parent
 * @param {Change} change
 */
export function createInputs(parent, change) {
  const values = createValues(change);
  const choices = CHOICES.map((key) =>
    choice(/** @type {ChoiceField<any>} */ (FIELDS[key]), (value) => change({ [key]: value })),
  );
  const elements = [values, ...choices].map(({ element }) => element);
  const form = html("form", { class: "lab-inputs", novalidate: true }, ...elements);
  form.addEventListener("submit", (event) => event.preventDefault());
  parent.append(form);
  return {
    /** Follow what other controls changed. @param {{state: LabState}} derived */
    render({ state }) {
      choices.forEach(({ show }, i) => show(state[CHOICES[i]]));
    },
    /** Write a whole state into the fields, as after a link. @param {LabState} state */
    restore: (state) => values.show(state),
  };
}
