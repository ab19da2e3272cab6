/**
 * The state of the lab, and the fragment of the address that carries it.
 *
 * Any string is either a state or an InputError with a sentence for the reader.
 *
 * @module lab_state
 */

import { GREATEST_SEED, LEAST_SEED } from "./dropout_model.js";
import { InputError, MOST_ELEMENTS, readNumber } from "./tensor_text.js";

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/** @typedef {import("./dropout_model.js").Scaling} Scaling */
/** @typedef {import("./dropout_model.js").Loss} Loss */
/**
 * @typedef {object} LabState
 * @property {Float64Array} numbers x as it was written, row-major
 * @property {number[]} shape of x
 * @property {Dtype} dtype of x
 * @property {number} p drop probability
 * @property {bigint} seed
 * @property {boolean} training
 * @property {Scaling} scaling
 * @property {Loss} loss
 * @property {number} draws how often the layer is called for its mean
 * @property {number} layers how many are stacked
 */

const VERSION = "1";
const LONGEST = 60_000;
export const MOST_DRAWS = 100_000;
export const MOST_LAYERS = 20;
/** @type {Record<string, Scaling>} */
const SCALINGS = { inverted: "inverted", vanilla: "vanilla", none: "none" };
/** @type {Record<string, Loss>} */
const LOSSES = { sum: "sum", mean_square: "mean_square" };

/** @returns {LabState} the example of the first page */
export function initialState() {
  return {
    numbers: Float64Array.of(1, 2, 3, 4),
    shape: [4],
    dtype: "float32",
    p: 0.5,
    seed: 0n,
    training: true,
    scaling: "inverted",
    loss: "sum",
    draws: 100,
    layers: 10,
  };
}

/** @param {string} text @returns {string} short enough to be quoted */
function quoted(text) {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text || "nothing";
}

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
function readCount(name, text, greatest) {
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > greatest) {
    throw new InputError(`${name} must be a whole number from 1 to ${greatest}; got ${quoted(text)}`);
  }
  return Number(text);
}

/**
 * @template T
 * @param {string} name
 * @param {string} text
 * @param {Record<string, T>} choices
 */
function readChoice(name, text, choices) {
  if (!Object.hasOwn(choices, text)) {
    throw new InputError(`${name} must be ${Object.keys(choices).join(" or ")}; got ${quoted(text)}`);
  }
  return choices[text];
}

/** @param {string} text numbers between commas, 1*1000 for a thousand ones */
function readNumbers(text) {
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
function writeNumbers(numbers) {
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
 * Write a state as the fragment of an address.
 * @param {LabState} state
 * @returns {string} starts with #
 */
export function writeFragment(state) {
  const parts = [`v=${VERSION}`, `x=${writeNumbers(state.numbers)}`];
  if (state.shape.length !== 1) parts.push(`shape=${state.shape.join(",")}`);
  if (state.dtype !== "float32") parts.push(`dtype=${state.dtype}`);
  parts.push(`p=${state.p}`, `seed=${state.seed}`, `mode=${state.training ? "train" : "eval"}`);
  parts.push(`scaling=${state.scaling}`, `loss=${state.loss}`, `draws=${state.draws}`, `layers=${state.layers}`);
  return `#${parts.join("&")}`;
}

/**
 * Read a state from the fragment of an address; what it does not name stays as in the first example.
 * @param {string} fragment with or without its #
 * @returns {LabState}
 * @throws {InputError}
 */
export function readFragment(fragment) {
  const text = fragment.replace(/^#/, "");
  if (text.length > LONGEST)
    throw new InputError(`The link must be shorter than ${LONGEST} characters; got ${text.length}`);
  const state = initialState();
  if (text === "") return state;
  const entries = new URLSearchParams(text.replaceAll("+", "%2B"));
  const version = entries.get("v");
  if (version !== VERSION) {
    throw new InputError(
      version === null
        ? `The link must start with v=${VERSION}; got ${quoted(text)}`
        : `The link is of version ${quoted(version)}; this page reads version ${VERSION}`,
    );
  }
  entries.delete("v");
  /** @type {string | undefined} */
  let shape;
  /** @type {Record<string, (text: string) => void>} */
  const readers = {
    x: (value) => (state.numbers = readNumbers(value)),
    shape: (value) => (shape = value),
    dtype: (value) => (state.dtype = readChoice("dtype", value, { float32: "float32", float64: "float64" })),
    p: (value) => (state.p = readP(value)),
    seed: (value) => (state.seed = readSeed(value)),
    mode: (value) => (state.training = readChoice("mode", value, { train: true, eval: false })),
    scaling: (value) => (state.scaling = readChoice("scaling", value, SCALINGS)),
    loss: (value) => (state.loss = readChoice("loss", value, LOSSES)),
    draws: (value) => (state.draws = readCount("draws", value, MOST_DRAWS)),
    layers: (value) => (state.layers = readCount("layers", value, MOST_LAYERS)),
  };
  for (const name of new Set(entries.keys())) {
    const [value, ...again] = entries.getAll(name);
    if (!Object.hasOwn(readers, name))
      throw new InputError(`The link names ${quoted(name)}, which this page does not know`);
    if (again.length) throw new InputError(`The link names ${name} twice`);
    readers[name](value);
  }
  state.shape = readShape(shape, state.numbers.length);
  return state;
}

/**
 * @param {string | undefined} text lengths between commas; nothing for a single number; undefined for a vector
 * @param {number} count of the numbers
 */
function readShape(text, count) {
  if (text === undefined) return [count];
  const lengths = text === "" ? [] : text.split(",").map((length) => readCount("shape", length, MOST_ELEMENTS));
  if (lengths.length > 8 || lengths.reduce((product, length) => product * length, 1) !== count) {
    throw new InputError(`shape must fit the ${count} numbers of x; got ${quoted(text)}`);
  }
  return lengths;
}
