/**
 * Tensors as text: read what people paste, print as torch prints, write as Python.
 *
 * @module tensor_text
 */

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/**
 * A tensor as it was written: the numbers before any rounding, row-major.
 * @typedef {{numbers: Float64Array, shape: number[], dtype: Dtype}} Written
 */
/**
 * A tensor with its own rounding.
 * @typedef {{values: ArrayLike<number>, shape: number[], dtype: Dtype}} Tensor
 */

/** The most elements of a tensor; torch prints more than these with dots. */
export const MOST_ELEMENTS = 1000;
const MOST_DIMENSIONS = 8;
const PRECISION = 4;
const LINE_WIDTH = 80;

/** What a person wrote cannot be read; the message says what, and what is possible. */
export class InputError extends Error {}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)$/i;
const ONES = /^(?:torch\.)?ones\s*\((.*)\)$/is;
const WRAPPED = /^(?:parameter containing:\s*)?[a-z_][\w.]*\s*\((.*?)\)?$/is;

/** @param {string} token @returns {number} the number that Python would read */
export function readNumber(token) {
  if (!NUMBER.test(token)) {
    const shown = token.length > 24 ? `${token.slice(0, 24)}…` : token;
    if (/\.\.\.|…/.test(token))
      throw new InputError("Values must hold every number; where torch prints ... some are left out");
    throw new InputError(`Values must hold real numbers; got ${shown}`);
  }
  if (!/n/i.test(token)) return Number(token);
  return /nan/i.test(token) ? NaN : token.startsWith("-") ? -Infinity : Infinity;
}

/** @param {number[]} shape */
function size(shape) {
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
  if (rest && !/^[a-z_]+=/i.test(rest))
    throw new InputError(`Values must be one list; got ${rest.slice(0, 24)} after it`);
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
    throw new InputError(`Values must name a shape, as in torch.ones(2, 3); got ${inside.slice(0, 24)}`);
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
    note: known ? "" : `Taken as float32: this page computes in float32 and float64, not in ${named.slice(0, 24)}.`,
  };
}

/**
 * Fixed digits as Python prints them: ties go to the even digit, where JavaScript rounds them up.
 * @param {number} value at most 1e8 in magnitude, or not finite
 * @param {number} digits
 */
function fixed(value, digits) {
  if (!Number.isFinite(value)) return special(value);
  const magnitude = Math.abs(value);
  // What lies halfway is a multiple of 2^-(digits + 1), and one more digit writes it exactly.
  const exact = Number.isInteger(magnitude * 2 ** (digits + 1)) ? magnitude.toFixed(digits + 1) : "";
  const tie = /[02468]\.?5$/.test(exact);
  return minus(value) + (tie ? exact.replace(/\.?5$/, "") : magnitude.toFixed(digits));
}

/**
 * Scientific notation as Python prints it: two digits of exponent or more, ties to the even digit.
 * @param {number} value
 * @param {number} digits
 */
function scientific(value, digits) {
  if (!Number.isFinite(value)) return special(value);
  const magnitude = Math.abs(value);
  const longer = magnitude.toExponential(digits + 1);
  const tie = /[02468]\.?5e/.test(longer) && /^50*e/.test(magnitude.toExponential(100).slice(digits + 2));
  const [text, exponent] = (tie ? longer.replace("5e", "e") : magnitude.toExponential(digits)).split("e");
  const power = Math.abs(Number(exponent));
  return `${minus(value)}${text}e${exponent[0]}${String(power).padStart(2, "0")}`;
}

/** @param {number} value @returns {string} its sign, also of -0 */
function minus(value) {
  return value < 0 || Object.is(value, -0) ? "-" : "";
}

/** @param {number} value nan or an infinity */
function special(value) {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/**
 * How torch prints the elements of a tensor: the digits are chosen for all of them together.
 * Source: _Formatter in torch/_tensor_str.py.
 * @param {ArrayLike<number>} values
 * @returns {{texts: string[], width: number}} padded to the width, which zeros, nan and inf may exceed
 */
function printElements(values) {
  const counted = Array.from(values, (value) => Number.isFinite(value) && value !== 0);
  let greatest = 0;
  let least = Infinity;
  let integral = true;
  for (let i = 0; i < values.length; i++) {
    if (!counted[i]) continue;
    greatest = Math.max(greatest, Math.abs(values[i]));
    least = Math.min(least, Math.abs(values[i]));
    integral &&= Number.isInteger(values[i]);
  }
  const exponential = greatest > 0 && (greatest / least > 1000 || greatest > 1e8 || least < 1e-4);
  const texts = Array.from(values, (value) => {
    if (exponential) return scientific(value, PRECISION);
    if (integral) return fixed(value, 0) + (Number.isFinite(value) ? "." : "");
    return fixed(value, PRECISION);
  });
  const width = texts.reduce((widest, text, i) => (counted[i] ? Math.max(widest, text.length) : widest), 1);
  return { texts: texts.map((text) => text.padStart(width)), width };
}

/**
 * Nest texts as torch nests the elements of a tensor, in lines of at most 80 characters.
 * Source: _tensor_str_with_formatter in torch/_tensor_str.py.
 * @param {string[]} texts row-major
 * @param {number[]} shape
 * @param {number} width that is reckoned for each text
 * @param {number} indent of the lines after the first
 * @returns {string}
 */
function nested(texts, shape, width, indent) {
  if (shape.length === 0) return texts[0];
  const margin = " ".repeat(indent + 1);
  const lines = [];
  const [length, ...inner] = shape;
  if (inner.length > 0) {
    const stride = texts.length / length;
    for (let i = 0; i < length; i++)
      lines.push(nested(texts.slice(i * stride, (i + 1) * stride), inner, width, indent + 1));
    return `[${lines.join(`,${"\n".repeat(inner.length)}${margin}`)}]`;
  }
  const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (width + 2)));
  for (let i = 0; i < length; i += perLine) lines.push(texts.slice(i, i + perLine).join(", "));
  return `[${lines.join(`,\n${margin}`)}]`;
}

/**
 * Print a tensor as torch's print() does, for up to 1000 elements.
 * @param {Tensor} tensor
 */
export function printTensor({ values, shape, dtype }) {
  const { texts, width } = printElements(values);
  const start = "tensor(";
  const body = start + nested(texts, shape, width, start.length);
  if (dtype === "float32") return `${body})`;
  const suffix = "dtype=torch.float64";
  // As _add_suffixes counts: from the last line break, or from one before the start, and one more.
  const lastLine = body.length - body.lastIndexOf("\n") + 1;
  return `${body}${lastLine + suffix.length + 2 > LINE_WIDTH ? `,\n${" ".repeat(start.length)}` : ", "}${suffix})`;
}

/** @param {number} value @returns {string} the shortest text that Python reads as this float */
export function pythonFloat(value) {
  if (!Number.isFinite(value)) return `float("${special(value)}")`;
  const text = minus(value) + String(Math.abs(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Write the Python expression that makes a tensor.
 * @param {Written} tensor
 * @param {number} [before] how far from the margin it will stand
 */
export function pythonTensor({ numbers, shape, dtype }, before = 0) {
  const suffix = dtype === "float64" ? ", dtype=torch.float64" : "";
  if (numbers.length > 8 && numbers.every((number) => number === 1)) return `torch.ones(${shape.join(", ")}${suffix})`;
  const texts = Array.from(numbers, pythonFloat);
  const width = Math.max(...texts.map((text) => text.length));
  const start = "torch.tensor(";
  return `${start}${nested(texts, shape, width, before + start.length)}${suffix})`;
}
