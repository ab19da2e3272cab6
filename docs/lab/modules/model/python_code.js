/**
 * The Python whose output is what the lab shows.
 *
 * @module python_code
 */

import { holds } from "./lab_state.js";
import { pythonFloat, pythonTensor } from "./tensor_text.js";

/** @typedef {import("./lab_state.js").LabState} LabState */

/** @param {LabState} state @returns {string} a training call of torch, without its factor if it has none */
function drawn({ p, scaling, training }) {
  const drop = pythonFloat(p);
  if (scaling === "inverted") return `F.dropout(x, p=${drop}, training=${training ? "True" : "False"})`;
  return `torch.empty_like(x).bernoulli_(1 - ${drop})`;
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

/** @param {LabState} state @param {string} x @returns {string[]} y from the seed, and the gradient by autograd */
function seeded(state, x) {
  const { seed, scaling, training } = state;
  // In evaluation nothing is drawn, so that no call comes before another.
  const before = training ? state.call - 1 : 0;
  const skip = `for _ in range(${before}):  # the calls before`;
  return [
    "import torch",
    ...(scaling === "inverted" ? ["import torch.nn.functional as F"] : []),
    "",
    `x = ${x}.requires_grad_()`,
    `torch.manual_seed(${seed})`,
    ...(before > 0 ? [skip, `    ${drawn(state)}`] : []),
    call(state),
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

/** @param {LabState} state @param {string} x @returns {string[]} y from a mask and no factor, by autograd */
function unscaled(state, x) {
  return [
    "import torch",
    "",
    `x = ${x}.requires_grad_()`,
    maskTensor(state),
    "y = mask * x",
    `${loss(state)}.backward()`,
    "print(y.detach())",
    "print(x.grad)",
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
  if (!holds(state)) return seeded(state, x).join("\n");
  return (state.scaling === "inverted" ? explained(state, x) : unscaled(state, x)).join("\n");
}
