/**
 * Tensors as people paste them: from torch, NumPy, nested lists or CSV.
 *
 * @module tensor_input
 */

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/**
 * A tensor as it was written: the numbers before any rounding, row-major.
 * @typedef {{numbers: Float64Array, shape: number[], dtype: Dtype}} Written
 */

/** The most elements of a tensor; torch prints more than these with dots. */
export const MOST_ELEMENTS = 1000;
export const MOST_DIMENSIONS = 8;

/** What a person wrote cannot be read; the message says what, and what is possible. */
export class InputError extends Error {}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)$/i;
const ONES = /^(?:torch\.)?ones\s*\((.*)\)$/is;
const WRAPPED = /^(?:parameter containing:\s*)?[a-z_][\w.]*\s*\((.*?)\)?$/is;

/** @param {string} text @returns {string} short enough to be quoted */
export function quoted(text) {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text || "nothing";
}

/** @param {string} token @returns {number} the number that Python would read */
export function readNumber(token) {
  if (!NUMBER.test(token)) {
    if (/\.\.\.|…/.test(token))
      throw new InputError("Values must hold every number; where torch prints ... some are left out");
    throw new InputError(`Values must hold real numbers; got ${quoted(token)}`);
  }
  if (!/n/i.test(token)) return Number(token);
  return /nan/i.test(token) ? NaN : token.startsWith("-") ? -Infinity : Infinity;
}

/** How many numbers a shape holds. @param {number[]} shape */
export function size(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

/** @param {number} count */
function checkSize(count) {
  if (count < 1 || count > MOST_ELEMENTS) {
    throw new InputError(`Values must hold 1 to ${MOST_ELEMENTS} numbers; got ${count}`);
  }
}

/**
 * Read nested lists, with commas or with blanks between the numbers.
 * @param {string} text that starts with a bracket
 * @returns {{numbers: number[], shape: number[]}}
 */
function readNested(text) {
  const tokens = text.match(/[[\]()]|[^[\](),;\s]+/g) ?? [];
  /** @type {number[]} */
  const numbers = [];
  let at = 0;
  /** @param {number} depth @returns {number[]} the shape of the list that starts here */
  const readList = (depth) => {
    if (depth > MOST_DIMENSIONS) throw new InputError(`Values must have at most ${MOST_DIMENSIONS} dimensions`);
    // the opening bracket
    at++;
    /** @type {number[] | undefined} */
    let first;
    let length = 0;
    for (; at < tokens.length && !/[\])]/.test(tokens[at]); length++) {
      const opens = /[[(]/.test(tokens[at]);
      const shape = opens ? readList(depth + 1) : [];
      if (!opens) numbers.push(readNumber(tokens[at++]));
      first ??= shape;
      if (first.join() !== shape.join()) {
        throw new InputError(`Values must be rectangular; got ${described(first)} beside ${described(shape)}`);
      }
    }
    if (at === tokens.length) throw new InputError("Values must close every bracket");
    at++;
    return [length, ...(first ?? [])];
  };
  const shape = readList(1);
  const rest = tokens.slice(at).join(" ");
  if (rest && !/^[a-z_]+=/i.test(rest)) throw new InputError(`Values must be one list; got ${quoted(rest)} after it`);
  return { numbers, shape };
}

/** @param {number[]} shape of an item of a list */
function described(shape) {
  return shape.length ? `a list of ${shape.join(" × ")}` : "a number";
}

/**
 * Read numbers without brackets: one line is a vector, several lines are the rows of a matrix.
 * @param {string} text
 * @returns {{numbers: number[], shape: number[]}}
 */
function readLines(text) {
  // a vector that was broken into lines
  const continued = /[,;]\s*\n/.test(text);
  const lines = (continued ? [text] : text.split("\n"))
    .map((line) => line.split(/[\s,;]+/).filter((token) => token !== ""))
    .filter((tokens) => tokens.length > 0);
  const numbers = lines.flat().map(readNumber);
  const columns = lines.length > 0 ? lines[0].length : 0;
  if (lines.length < 2 || lines.every((line) => line.length === 1)) return { numbers, shape: [numbers.length] };
  const other = lines.findIndex((line) => line.length !== columns);
  if (other > 0) {
    throw new InputError(
      `Values must be rectangular; got ${columns} numbers in line 1 and ${lines[other].length} in line ${other + 1}`,
    );
  }
  return { numbers, shape: [lines.length, columns] };
}

/** @param {string} inside of the parentheses of torch.ones() @returns {{numbers: number[], shape: number[]}} */
function readOnes(inside) {
  // dtype=..., read elsewhere
  const places = inside.replace(/,?\s*\b\w+\s*=\s*[\w.]+/g, "");
  const tokens = places.split(/[\s,()[\]]+/).filter((token) => token !== "");
  if (!tokens.every((token) => /^\d{1,9}$/.test(token)) || tokens.length > MOST_DIMENSIONS) {
    throw new InputError(`Values must name a shape, as in torch.ones(2, 3); got ${quoted(inside)}`);
  }
  const shape = tokens.map(Number);
  checkSize(size(shape));
  return { numbers: Array(size(shape)).fill(1), shape };
}

/**
 * Read what a person typed or pasted.
 * @param {string} text tensor([...]), array([...]), nested lists, CSV, numbers between blanks, torch.ones(2, 3)
 * @returns {Written & {note: string}} the note says what was taken differently from how it was written
 * @throws {InputError}
 */
export function readTensor(text) {
  let body = text.trim().replace(/float\(["']([\w-]+)["']\)/g, "$1");
  const named = /dtype\s*=\s*(?:torch\.|np\.|numpy\.)?(\w+)/.exec(body)?.[1] ?? "float32";
  if (/complex|[\d.]j\b/.test(body)) throw new InputError("Values must be real; got complex numbers");
  const ones = ONES.exec(body);
  const wrapped = ones ? null : WRAPPED.exec(body);
  if (wrapped) body = wrapped[1].trim();
  const read = ones
    ? readOnes(ones[1])
    : /^[[(]/.test(body)
      ? readNested(body)
      : readLines(body.replace(/,\s*[a-z_]+\s*=.*$/is, ""));
  // tensor(3.)
  if (wrapped && !/^[[(]/.test(body) && read.numbers.length === 1) read.shape = [];
  checkSize(read.numbers.length);
  const dtype = named === "float64" || named === "double" ? "float64" : "float32";
  const known = ["float32", "float", "float64", "double"].includes(named);
  return {
    numbers: Float64Array.from(read.numbers),
    shape: read.shape,
    dtype,
    note: known ? "" : `Taken as float32: this page computes in float32 and float64, not in ${quoted(named)}.`,
  };
}
