/**
 * The fields of the state: what each is, how the address and its control write it, and what is wrong with any other text.
 *
 * @module fields
 */

import { GREATEST_SEED, LEAST_SEED } from "./arguments.js";
import { InputError, MOST_ELEMENTS, quoted, readNumber } from "./tensor_input.js";

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
 * @param {string} text
 * @returns {number}
 * @throws {InputError}
 */
export function readP(text) {
  const p = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : NaN;
  if (!(p >= 0 && p <= 1)) throw new InputError(`Drop probability p must be a number from 0 to 1; got ${quoted(text)}`);
  // -0 is 0
  return p + 0;
}

/**
 * @param {string} text
 * @returns {bigint}
 * @throws {InputError}
 */
export function readSeed(text) {
  const seed = /^\s*[+-]?\d{1,20}\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, "")) : GREATEST_SEED + 1n;
  if (seed < LEAST_SEED || seed > GREATEST_SEED) {
    throw new InputError(`Seed must be a whole number from −2^63 to 2^64 − 1; got ${quoted(text)}`);
  }
  return seed;
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} greatest
 */
export function readCount(name, text, greatest) {
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > greatest) {
    throw new InputError(`${name} must be a whole number from 1 to ${greatest}; got ${quoted(text)}`);
  }
  return Number(text);
}

/** @param {string} text lengths between commas; nothing for a single number */
export function readShape(text) {
  return text === "" ? [] : text.split(",").map((length) => readCount("shape", length, MOST_ELEMENTS));
}

/** @param {string} text a 0 or 1 for each element, 1 = kept; nothing where the mask is drawn */
export function readMask(text) {
  if (/^[01]*$/.test(text) && text.length <= MOST_ELEMENTS) return text;
  throw new InputError(`mask must hold a 0 or 1 for each number of x; got ${quoted(text)}`);
}

/** @param {string} text numbers between commas, 1*1000 for a thousand ones */
export function readNumbers(text) {
  /** @type {number[]} */
  const numbers = [];
  for (const part of text.split(",")) {
    const [number, count = "1"] = part.split("*");
    const repeated = readCount("x", count, MOST_ELEMENTS);
    if (numbers.length + repeated > MOST_ELEMENTS) throw new InputError(`x must hold at most ${MOST_ELEMENTS} numbers`);
    const value = readNumber(number.trim());
    for (let i = 0; i < repeated; i++) numbers.push(value);
  }
  return Float64Array.from(numbers);
}

/** @param {Float64Array} numbers */
export function writeNumbers(numbers) {
  const parts = [];
  for (let i = 0; i < numbers.length;) {
    let end = i + 1;
    while (end < numbers.length && Object.is(numbers[end], numbers[i])) end++;
    const text = Object.is(numbers[i], -0) ? "-0" : String(numbers[i]).replace("Infinity", "inf").replace("e+", "e");
    if (end - i > 3) parts.push(`${text}*${end - i}`);
    else for (let k = i; k < end; k++) parts.push(text);
    i = end;
  }
  return parts.join(",");
}

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
