/**
 * The state of the lab. One table drives it, the fragment of the address that carries it, and the controls.
 *
 * Any string is either a state or an InputError with a sentence for the reader.
 *
 * @module lab_state
 */

import { quoted, readCount, readNumbers, readP, readSeed, readShape, writeNumbers } from "./field_text.js";
import { InputError, MOST_DIMENSIONS } from "./tensor_input.js";

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/** @typedef {import("./dropout_model.js").Scaling} Scaling */
/** @typedef {import("./dropout_model.js").Loss} Loss */
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
 * @typedef {{value: T, text: string, words: string}} Choice
 */
/** @template T @typedef {Field<T> & {choices: Choice<T>[]}} ChoiceField */
/** @typedef {Field<number> & {least: number, greatest: number}} CountField */

const VERSION = "1";
const LONGEST = 60_000;

/** What the state consists of, in the order of the address. */
export const FIELDS = {
  /** x as it was written, row-major @type {Field<Float64Array>} */
  numbers: {
    name: "x",
    label: "Values",
    initial: Float64Array.of(1, 2, 3, 4),
    read: readNumbers,
    write: writeNumbers,
  },
  /** of x @type {Field<number[]>} */
  shape: {
    name: "shape",
    label: "Shape",
    initial: [4],
    read: readShape,
    write: (lengths) => lengths.join(","),
    usual: (lengths) => lengths.length === 1,
  },
  /** of x @type {ChoiceField<Dtype>} */
  dtype: {
    ...chosen("dtype", "Dtype", [
      { value: "float32", text: "float32", words: "float32" },
      { value: "float64", text: "float64", words: "float64" },
    ]),
    usual: (dtype) => dtype === "float32",
  },
  /** drop probability @type {Field<number>} */
  p: { name: "p", label: "Drop probability p", initial: 0.5, read: readP, write: String },
  /** @type {Field<bigint>} */
  seed: { name: "seed", label: "Seed", initial: 0n, read: readSeed, write: String },
  /** @type {ChoiceField<boolean>} */
  training: chosen("mode", "Mode", [
    { value: true, text: "train", words: "Training" },
    { value: false, text: "eval", words: "Evaluation" },
  ]),
  /** @type {ChoiceField<Scaling>} */
  scaling: chosen("scaling", "Scaling", [
    { value: "inverted", text: "inverted", words: "Inverted: ÷ (1 − p) in training, as torch" },
    { value: "vanilla", text: "vanilla", words: "Vanilla: × (1 − p) in evaluation" },
    { value: "none", text: "none", words: "None" },
  ]),
  /** @type {ChoiceField<Loss>} */
  loss: chosen("loss", "Loss", [
    { value: "sum", text: "sum", words: "sum of y" },
    { value: "mean_square", text: "mean_square", words: "mean of y²" },
  ]),
  /** how often the layer is called for its mean; links of version 1 say draws */
  calls: counted("draws", "Calls", 100, 100_000),
  /** how many are stacked */
  layers: counted("layers", "Layers L", 10, 20),
};

/** @typedef {{[Key in keyof typeof FIELDS]: (typeof FIELDS)[Key]["initial"]}} LabState */

/** The table without the types of its values, for what treats all rows alike. */
const ROWS = /** @type {[keyof LabState, Field<any>][]} */ (Object.entries(FIELDS));

/**
 * @template T
 * @param {string} name
 * @param {string} label
 * @param {Choice<T>[]} choices the first is the initial one
 * @returns {ChoiceField<T>}
 */
function chosen(name, label, choices) {
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
function counted(name, label, initial, greatest) {
  return { name, label, initial, least: 1, greatest, read: (text) => readCount(name, text, greatest), write: String };
}

/** @returns {LabState} the example of the first page */
export function initialState() {
  return /** @type {LabState} */ (Object.fromEntries(ROWS.map(([key, { initial }]) => [key, initial])));
}

/**
 * Write a state as the fragment of an address.
 * @param {LabState} state
 * @returns {string} starts with #
 */
export function writeFragment(state) {
  const said = ROWS.filter(([key, { usual }]) => !usual?.(state[key]));
  return `#${[`v=${VERSION}`, ...said.map(([key, { name, write }]) => `${name}=${write(state[key])}`)].join("&")}`;
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
  if (text === "") return initialState();
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
  /** @type {Partial<LabState>} */
  const named = {};
  for (const name of new Set(entries.keys())) {
    const [value, ...again] = entries.getAll(name);
    const row = ROWS.find(([, field]) => field.name === name);
    if (!row) throw new InputError(`The link names ${quoted(name)}, which this page does not know`);
    if (again.length) throw new InputError(`The link names ${name} twice`);
    const [key, { read }] = row;
    named[key] = read(value);
  }
  const state = { ...initialState(), ...named };
  // Without a shape x is a vector.
  return named.shape ? fitting(state) : { ...state, shape: [state.numbers.length] };
}

/**
 * @param {LabState} state
 * @returns {LabState} the same
 * @throws {InputError} where the shape does not fit the numbers
 */
function fitting(state) {
  const { numbers, shape } = state;
  const holds = shape.reduce((product, length) => product * length, 1);
  if (shape.length > MOST_DIMENSIONS || holds !== numbers.length) {
    throw new InputError(`shape must fit the ${numbers.length} numbers of x; got ${quoted(FIELDS.shape.write(shape))}`);
  }
  return state;
}
