/**
 * Controls of single fields of the state: each shows a value, and hands over what it is changed to.
 *
 * @module controls
 */

import { html, setText } from "./dom.js";
import { InputError } from "../model/tensor_input.js";

/** @typedef {import("./dom.js").Children} Children */
/**
 * @template T
 * @typedef {import("../model/fields.js").ChoiceField<T>} ChoiceField
 */

// ms before an unfinished number is called wrong
const PATIENCE = 500;

/**
 * Radio buttons in one row for a field with choices, and a line about the chosen one.
 * @template T
 * @param {ChoiceField<T>} field
 * @param {(value: T) => void} change
 */
export function choice({ name, label, choices }, change) {
  const radios = choices.map(({ value, text, words }) => {
    const radio = html("input", { type: "radio", name: `lab-${name}`, value: text });
    radio.addEventListener("change", () => change(value));
    return { value, radio, labelled: html("label", {}, radio, words) };
  });
  const helps = choices.some(({ help }) => help);
  const help = html("p", { class: "lab-help", id: `lab-${name}-help` });
  const element = html(
    "fieldset",
    { class: "lab-choice", "aria-describedby": helps ? help.id : undefined },
    html("legend", {}, label),
    html("div", { class: "lab-segments" }, ...radios.map(({ labelled }) => labelled)),
    ...(helps ? [help] : []),
  );
  /** @param {T} chosen */
  const show = (chosen) => {
    for (const { value, radio } of radios) radio.checked = value === chosen;
    setText(help, choices.find(({ value }) => value === chosen)?.help ?? "");
  };
  return { element, show };
}

/**
 * A field that is read as it is typed, with its label, and with what is wrong once its writer pauses.
 * @param {string} label
 * @param {HTMLInputElement | HTMLTextAreaElement} input with an id
 * @param {(text: string) => void} read throws InputError
 * @param {{look?: string, body?: Children, after?: Children}} [around] body: what stands in place of the input alone
 */
export function typed(label, input, read, { look = "", body = [input], after = [] } = {}) {
  const problem = html("p", { id: `${input.id}-problem`, class: "lab-problem", role: "alert" });
  const described = input.getAttribute("aria-describedby");
  input.setAttribute("aria-describedby", described ? `${described} ${problem.id}` : problem.id);
  readAsTyped(input, problem, read);
  const element = html(
    "div",
    { class: `lab-field ${look}`.trim() },
    html("label", { for: input.id }, label),
    ...body,
    problem,
    ...after,
  );
  /** @param {string} text that is right */
  const show = (text) => {
    input.value = text;
    input.removeAttribute("aria-invalid");
    problem.textContent = "";
  };
  return { element, show };
}

/**
 * Read a field as it is typed, and explain what is wrong once its writer pauses.
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {HTMLElement} problem where to explain
 * @param {(text: string) => void} read throws InputError
 */
function readAsTyped(input, problem, read) {
  let waiting = 0;
  const attempt = (/** @type {number} */ patience) => {
    clearTimeout(waiting);
    let message = "";
    try {
      read(input.value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      message = `${error.message}.`;
    }
    const tell = () => {
      input.setAttribute("aria-invalid", String(message !== ""));
      setText(problem, message);
    };
    if (message && patience) waiting = setTimeout(tell, patience);
    else tell();
  };
  input.addEventListener("input", () => attempt(PATIENCE));
  input.addEventListener("change", () => attempt(0));
}
