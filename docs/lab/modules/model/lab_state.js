/**
 * The state of the lab. One table drives it, the fragment of the address that carries it, and the controls.
 *
 * Any string is either a state or an InputError with a sentence for the reader.
 *
 * @module lab_state
 */

import { chosen, counted, readMask, readNumbers, readP, readSeed, readShape, writeNumbers } from "./fields.js";
import { STREAM_CHOICES } from "./streams.js";
import { InputError, MOST_DIMENSIONS, quoted, size } from "./tensor_input.js";

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/** @typedef {import("./dropout_model.js").Scaling} Scaling */
/** @typedef {import("./dropout_model.js").Loss} Loss */
/** @template T @typedef {import("./fields.js").Field<T>} Field */
/** @template T @typedef {import("./fields.js").ChoiceField<T>} ChoiceField */
/**
 * A call that others are compared with.
 * @typedef {{p: number, seed: bigint, training: boolean, scaling: Scaling, call: number, held: string}} Pinned
 */
/** @typedef {import("./streams.js").StreamName} StreamName */

const VERSION = "1";
const LONGEST = 60_000;
// What an address without a consequence has shown since version 1 had none.
const UNNAMED = "mean";

/** What of the call is looked at, by its name in the address. The first page shows the first: why one divides. */
const CONSEQUENCES = {
  scalings: "Train|Eval",
  mean: "Mean",
  elements: "Elements",
  gradient: "Gradient",
  norm: "Norm",
  depth: "Depth",
  network: "Network",
  compare: "A|B",
  guess: "Guess",
};

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
    { value: "inverted", text: "inverted", words: "Inverted", help: "÷ (1 − p) in training, as torch does" },
    { value: "vanilla", text: "vanilla", words: "Vanilla", help: "× (1 − p) in evaluation instead" },
    { value: "none", text: "none", words: "None", help: "no factor in either" },
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
  /** which of the calls after seeding is looked at */
  call: { ...counted("call", "Call", 1, 100), usual: (/** @type {number} */ call) => call === 1 },
  /** the mask, if it is held and no longer drawn: a 0 or 1 for each number @type {Field<string>} */
  held: { name: "mask", label: "Mask", initial: "", read: readMask, write: String, usual: (held) => held === "" },
  /** who draws @type {ChoiceField<StreamName>} */
  stream: { ...chosen("stream", "Stream", STREAM_CHOICES), usual: (stream) => stream === "eager" },
  /** the call to compare with @type {Field<Pinned | null>} */
  pinned: {
    name: "pin",
    label: "Pinned call",
    initial: null,
    read: readPinned,
    write: writePinned,
    usual: (pinned) => pinned === null,
  },
  /** the consequence that is looked at @type {ChoiceField<string>} */
  show: {
    ...chosen(
      "show",
      "Consequence",
      Object.entries(CONSEQUENCES).map(([text, words]) => ({ value: text, text, words })),
    ),
    usual: (/** @type {string} */ show) => show === UNNAMED,
  },
};

/** @typedef {{[Key in keyof typeof FIELDS]: (typeof FIELDS)[Key]["initial"]}} LabState */

/** The table without the types of its values, for what treats all rows alike. */
const ROWS = /** @type {[keyof LabState, Field<any>][]} */ (Object.entries(FIELDS));

/** What of a call is compared, in the order of its text. */
const PINNED = /** @type {const} */ (["p", "seed", "training", "scaling", "call", "held"]);
const BETWEEN = "~";

/** @param {string} text @returns {Pinned | null} */
function readPinned(text) {
  if (text === "") return null;
  const parts = text.split(BETWEEN);
  if (parts.length !== PINNED.length) {
    throw new InputError(`pin must be ${PINNED.length} values between ${BETWEEN}; got ${quoted(text)}`);
  }
  return /** @type {Pinned} */ (Object.fromEntries(PINNED.map((key, i) => [key, FIELDS[key].read(parts[i])])));
}

/** @param {Pinned | null} pinned @returns {string} */
function writePinned(pinned) {
  if (!pinned) return "";
  const row = /** @type {Record<string, Field<any>>} */ (FIELDS);
  return PINNED.map((key) => row[key].write(pinned[key])).join(BETWEEN);
}

/**
 * Whether the mask is one that was set by hand. At p = 0 torch keeps everything, and at p = 1 there is no factor for
 * what a mask would keep: there it waits.
 * @param {LabState} state
 */
export function holds({ held, training, p }) {
  return held !== "" && training && p > 0 && p < 1;
}

/** @param {LabState} state @returns {Pinned} what of it is compared */
export function pinnable({ p, seed, training, scaling, call, held }) {
  return { p, seed, training, scaling, call, held };
}

/**
 * The state after a change: a mask that is held is let go where it no longer fits the values.
 * @param {LabState} state
 * @param {Partial<LabState>} changes
 * @returns {LabState}
 */
export function changed(state, changes) {
  const next = { ...state, ...changes };
  return next.held.length === next.numbers.length ? next : { ...next, held: "" };
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
  const state = { ...initialState(), show: UNNAMED, ...named };
  // Without a shape x is a vector.
  return fitting(named.shape ? state : { ...state, shape: [state.numbers.length] });
}

/**
 * @param {LabState} state
 * @returns {LabState} the same
 * @throws {InputError} where the shape or the mask does not fit the numbers
 */
function fitting(state) {
  const { numbers, shape, held } = state;
  if (shape.length > MOST_DIMENSIONS || size(shape) !== numbers.length) {
    throw new InputError(`shape must fit the ${numbers.length} numbers of x; got ${quoted(FIELDS.shape.write(shape))}`);
  }
  if (held && held.length !== numbers.length) {
    throw new InputError(`mask must fit the ${numbers.length} numbers of x; got ${quoted(held)}`);
  }
  return state;
}
