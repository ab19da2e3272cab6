/**
 * A small network: which of its weights have a gradient that is exactly zero.
 *
 * @module network_view
 */

import { shown, svg } from "./dom.js";
import { createPanel, drawing, figure, widthOf } from "./panel.js";
import { pass } from "../model/network.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

const HEIGHT = 180;
const R = 17;

/** @param {HTMLElement} parent */
export function create(parent) {
  return { render: createPanel(parent, "4-5-1 network", sentence, drawn) };
}

/** @param {Derived} derived @returns {string} */
function sentence({ state }) {
  const { y, mask, gradientW, gradientV } = pass(state);
  const all = [...gradientW.flat(), ...gradientV];
  const zero = all.filter((gradient) => gradient === 0).length;
  const dropped = mask.filter((m) => !m).length;
  return `Output ${shown(y)}; ${dropped} of 5 hidden units dropped: ${zero} of ${all.length} weights have a gradient of exactly 0.`;
}

/** @param {number} count @param {number} i @returns {number} where a node of a layer stands */
const place = (count, i) => (HEIGHT * (i + 0.5)) / count;

/**
 * A weight as a line, the thicker the larger its gradient; broken where that is exactly 0.
 * @param {[number, number, number, number]} ends
 * @param {number} gradient
 * @param {number} most
 */
function weight([x1, y1, x2, y2], gradient, most) {
  const zero = gradient === 0;
  const width = zero ? 1.2 : 1.2 + 3 * Math.min(1, Math.abs(gradient) / most);
  return svg("line", { class: `weight ${zero ? "zero" : "alive"}`, x1, y1, x2, y2, "stroke-width": width.toFixed(2) });
}

/** @param {number} x @param {number} y @param {number} value @param {string} className */
function node(x, y, value, className) {
  return [
    svg("circle", { class: `node ${className}`, cx: x, cy: y, r: R }),
    svg("text", { x, y: y + 4, "text-anchor": "middle" }, shown(value + 0, 2)),
  ];
}

/** @param {Element} parent that the picture will fill @param {Derived} derived */
function drawn(parent, { state }) {
  const { x, mask, dropped, y, gradientW, gradientV } = pass(state);
  const width = widthOf(parent);
  const [first, second, third] = [R + 4, width * 0.52, width - R - 4];
  const most = Math.max(...[...gradientW.flat(), ...gradientV].map(Math.abs).filter(Number.isFinite), 1e-300);
  const description = "Four inputs, five hidden units and one output, with the gradient of each weight";
  const root = drawing(width, HEIGHT, description, "lab-chart network");
  gradientW.forEach((row, j) => {
    row.forEach((gradient, i) => root.append(weight([first, place(4, i), second, place(5, j)], gradient, most)));
    root.append(weight([second, place(5, j), third, HEIGHT / 2], gradientV[j], most));
  });
  x.forEach((value, i) => root.append(...node(first, place(4, i), value, "input")));
  dropped.forEach((value, j) => root.append(...node(second, place(5, j), value, mask[j] ? "kept" : "dropped")));
  root.append(...node(third, HEIGHT / 2, y, "output"));
  return figure(root, [
    ["weight alive", "gradient"],
    ["weight zero", "exactly 0"],
    ["dot dropped", "dropped"],
  ]);
}
