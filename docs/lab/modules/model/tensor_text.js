/**
 * Tensors as text: as torch prints them, and as Python writes them.
 *
 * @module tensor_text
 */

/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/** @typedef {import("./tensor_input.js").Written} Written */
/**
 * A tensor with its own rounding.
 * @typedef {{values: ArrayLike<number>, shape: number[], dtype: Dtype}} Tensor
 */

const PRECISION = 4;
const LINE_WIDTH = 80;

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
  const written = tie ? longer.replace("5e", "e") : magnitude.toExponential(digits);
  const [text, exponent] = written.split("e");
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

/** @param {number[]} shape @param {number} index row-major @returns {string} where an element stands, as in Python */
export function place(shape, index) {
  const indices = [];
  for (const length of [...shape].reverse()) {
    indices.unshift(index % length);
    index = Math.floor(index / length);
  }
  return `[${indices.join(",")}]`;
}

/**
 * A number for people: enough digits, none idle; what is not finite as torch prints it.
 * @param {number} value
 * @param {number} [digits] significant
 */
export function shown(value, digits = 4) {
  if (!Number.isFinite(value)) return special(value);
  return Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(digits)));
}
