/**
 * The rows of the table of the state: what each reads and writes, and how rows of one kind are made.
 *
 * @module fields
 */

import { quoted, readCount } from "./field_text.js";
import { InputError } from "./tensor_input.js";

/**
 * One property of the state.
 * @template T
 * @typedef {object} Field
 * @property {string} name in the address
 * @property {string} label of its control
 * @property {T} initial in the example of the first page
 * @property {(text: string) => T} read throws InputError
 * @property {(value: T) => string} write as read() reads it
 * @property {(value: T) => boolean} [usual] where the address need not say it
 */
/**
 * One of a few values.
 * @template T
 * @typedef {{value: T, text: string, words: string, help?: string}} Choice
 */
/** @template T @typedef {Field<T> & {choices: Choice<T>[]}} ChoiceField */
/** @typedef {Field<number> & {least: number, greatest: number}} CountField */

/**
 * @template T
 * @param {string} name
 * @param {string} label
 * @param {Choice<T>[]} choices the first is the initial one
 * @returns {ChoiceField<T>}
 */
export function chosen(name, label, choices) {
  return {
    name,
    label,
    choices,
    initial: choices[0].value,
    read(text) {
      const found = choices.find((choice) => choice.text === text);
      if (found) return found.value;
      throw new InputError(`${name} must be ${choices.map((one) => one.text).join(" or ")}; got ${quoted(text)}`);
    },
    write: (value) => choices.find((choice) => choice.value === value)?.text ?? "",
  };
}

/** @param {string} name @param {string} label @param {number} initial @param {number} greatest @returns {CountField} */
export function counted(name, label, initial, greatest) {
  return { name, label, initial, least: 1, greatest, read: (text) => readCount(name, text, greatest), write: String };
}
