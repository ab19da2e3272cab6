/**
 * The Python whose output is what the lab shows.
 *
 * @module python_code
 */

import { pythonFloat, pythonTensor } from "./tensor_text.js";

/** @typedef {import("./lab_state.js").LabState} LabState */

/** @param {LabState} state @returns {string} the line that computes y */
function call({ p, training, scaling }) {
  const drop = pythonFloat(p);
  if (scaling === "inverted") return `y = F.dropout(x, p=${drop}, training=${training ? "True" : "False"})`;
  if (training) return `y = torch.empty_like(x).bernoulli_(1 - ${drop}) * x  # the mask that F.dropout draws, unscaled`;
  return scaling === "vanilla" ? `y = (1 - ${drop}) * x` : "y = 1 * x";
}

/**
 * Write a script that prints y, and then the gradient of the loss.
 * @param {LabState} state
 */
export function pythonCode(state) {
  const x = pythonTensor(state, "x = ".length);
  const loss = state.loss === "sum" ? "y.sum()" : "y.square().mean()";
  return [
    "import torch",
    ...(state.scaling === "inverted" ? ["import torch.nn.functional as F"] : []),
    "",
    `x = ${x}.requires_grad_()`,
    `torch.manual_seed(${state.seed})`,
    call(state),
    `${loss}.backward()`,
    "print(y.detach())",
    "print(x.grad)",
    "",
  ].join("\n");
}
