/**
 * The Python whose output is what the lab shows.
 *
 * @module python_code
 */

import { holds } from "./lab_state.js";
import { pythonFloat, pythonTensor } from "./tensor_text.js";

/** @typedef {import("./lab_state.js").LabState} LabState */

/** @param {LabState} state @returns {boolean} whether it draws what torch.compile draws */
const isCompiled = ({ stream, scaling, training }) => stream === "compiled" && (training || scaling === "inverted");

/** @param {LabState} state @returns {string} torch's own call */
const dropout = ({ p, training }) => `F.dropout(x, p=${pythonFloat(p)}, training=${training ? "True" : "False"})`;

/** @param {LabState} state @returns {string} a training call of torch, without its factor if it has none */
function drawn(state) {
  const { p, scaling } = state;
  if (isCompiled(state)) return scaling === "inverted" ? "dropout(x)" : "dropout(torch.ones_like(x)).ne(0)";
  return scaling === "inverted" ? dropout(state) : `torch.empty_like(x).bernoulli_(1 - ${pythonFloat(p)})`;
}

/** @param {LabState} state @returns {string} what computes y */
function call(state) {
  const { p, training, scaling } = state;
  if (scaling === "inverted") return `y = ${drawn(state)}`;
  if (training) return `y = ${drawn(state)} * x  # the mask that F.dropout draws, unscaled`;
  return scaling === "vanilla" ? `y = (1 - ${pythonFloat(p)}) * x` : "y = 1 * x";
}

/** @param {LabState} state @returns {string} the mask as Python writes it */
function maskTensor({ held, shape }) {
  const numbers = Float64Array.from(held, Number);
  return `mask = ${pythonTensor({ numbers, shape, dtype: "float32" }, "mask = ".length)}`;
}

/** @param {LabState} state @param {string} x @returns {string[]} y from the seed, or a mask without a factor, and the gradient by autograd */
function seeded(state, x) {
  const { seed, scaling, training } = state;
  const compiled = isCompiled(state) && !holds(state);
  // In evaluation nothing is drawn, so that no call comes before another.
  const before = training ? state.call - 1 : 0;
  const skip = `for _ in range(${before}):  # the calls before`;
  return [
    "import torch",
    ...(scaling === "inverted" || compiled ? ["import torch.nn.functional as F"] : []),
    "",
    ...(compiled ? [`dropout = torch.compile(lambda x: ${dropout(state)})`] : []),
    `x = ${x}.requires_grad_()`,
    ...(holds(state)
      ? [maskTensor(state), "y = mask * x"]
      : [`torch.manual_seed(${seed})`, ...(before > 0 ? [skip, `    ${drawn(state)}`] : []), call(state)]),
    `${loss(state)}.backward()`,
    "print(y.detach())",
    "print(x.grad)",
    "",
  ];
}

/** @param {LabState} state @param {string} x @returns {string[]} y from a mask, by the package */
function explained(state, x) {
  const upstream = state.loss === "sum" ? [] : ["y = told.output.requires_grad_()", `${loss(state)}.backward()`];
  return [
    "import torch",
    "from dropout_explained import explain",
    "",
    `x = ${x}`,
    maskTensor(state),
    `told = explain(x, ${pythonFloat(state.p)}, mask=mask)`,
    "print(told.output)",
    ...upstream,
    `print(told.gradient(${state.loss === "sum" ? "torch.ones_like(x)" : "y.grad"}))`,
    "",
  ];
}

/** @param {LabState} state */
const loss = (state) => (state.loss === "sum" ? "y.sum()" : "y.square().mean()");

/**
 * Write a script that prints y, and then the gradient of the loss.
 * @param {LabState} state
 */
export function pythonCode(state) {
  const x = pythonTensor(state, "x = ".length);
  return (holds(state) && state.scaling === "inverted" ? explained(state, x) : seeded(state, x)).join("\n");
}
