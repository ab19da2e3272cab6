/**
 * Charts as SVG: two axes, and the marks that need them.
 *
 * @module charts
 */

import { shown, svg } from "./dom.js";
import { drawing, finite, line, widthOf } from "./panel.js";
import { place } from "../model/tensor_text.js";

/** @typedef {{from: number, to: number, log?: boolean, ticks?: number[], label: string, text?: (tick: number) => string}} Axis */

/** Places a value, in pixels. @typedef {(value: number) => number} Place */
/** What a chart leaves to others of its room. @typedef {{height?: number, right?: number}} Frame */

const HEIGHT = 168;
const MARGIN = { top: 20, right: 10, bottom: 34, left: 46 };

/** @param {number} from @param {number} to @returns {number[]} about four round numbers between the two */
function roundTicks(from, to) {
  const raw = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((candidate) => candidate >= raw) ?? raw;
  const ticks = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** @param {number} from @param {number} to @returns {number[]} powers of ten between the two, at most five */
export function powerTicks(from, to) {
  const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  const step = Math.max(1, Math.ceil((high - low) / 4));
  const ticks = [];
  for (let k = low; k <= high; k += step) ticks.push(10 ** k);
  return ticks;
}

/**
 * An empty chart: axes, and the functions that place marks on them.
 * @param {Element} parent that it will fill
 * @param {Axis} x
 * @param {Axis} y
 * @param {string} description what a reader without sight is told
 * @param {Frame} [frame]
 */
export function chart(parent, x, y, description, { height = HEIGHT, right: beside = MARGIN.right } = {}) {
  const width = widthOf(parent);
  const right = width - beside;
  const bottom = height - MARGIN.bottom;
  const X = placed(x, MARGIN.left, right);
  const Y = placed(y, bottom, MARGIN.top);
  const root = drawing(width, height, description);
  for (const tick of x.ticks ?? roundTicks(x.from, x.to)) {
    root.append(svg("line", { class: "tick", x1: X(tick), x2: X(tick), y1: bottom, y2: bottom + 4 }));
    root.append(svg("text", { x: X(tick), y: bottom + 17, "text-anchor": "middle" }, (x.text ?? shown)(tick)));
  }
  for (const tick of y.ticks ?? roundTicks(y.from, y.to)) {
    root.append(svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: Y(tick), y2: Y(tick) }));
    root.append(svg("text", { x: MARGIN.left - 6, y: Y(tick) + 4, "text-anchor": "end" }, (y.text ?? shown)(tick)));
  }
  root.append(svg("line", { class: "axis", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }));
  root.append(
    svg("text", { class: "label", x: (MARGIN.left + right) / 2, y: height - 4, "text-anchor": "middle" }, x.label),
    svg("text", { class: "label", x: 4, y: 11 }, y.label),
  );
  return { root, X, Y, bottom, right, width };
}

/**
 * @param {Axis} axis
 * @param {number} start in pixels
 * @param {number} end in pixels
 * @returns {(value: number) => number} clamped, so that no mark leaves the chart
 */
function placed({ from, to, log }, start, end) {
  const [low, high] = log ? [Math.log(from), Math.log(to)] : [from, to];
  return (value) => {
    const share = ((log ? Math.log(value) : value) - low) / (high - low);
    return Math.round((start + Math.max(0, Math.min(1, share)) * (end - start)) * 100) / 100;
  };
}

/** The axis of the elements of a tensor. @param {number[]} shape @param {number} count @returns {Axis} */
export function elementAxis(shape, count) {
  const step = Math.ceil(count / 5);
  const ticks = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return { from: -0.5, to: count - 0.5, ticks, label: "element", text: (i) => place(shape, i) };
}

/** A point for each of many values. @param {string} className @param {ArrayLike<number>} of @param {{X: Place, Y: Place}} chart */
export function points(className, of, { X, Y }) {
  const d = Array.from(of, (value, i) => `M${X(i)} ${Y(finite(value))}h0`).join("");
  return svg("path", { class: `points ${className}`, d });
}

/** @param {string} className @param {[number, number, number][]} points x, lower y, upper y, in pixels */
export function area(className, points) {
  return line(className, [
    ...points.map(([x, low]) => at(x, low)),
    ...points.map(([x, , high]) => at(x, high)).reverse(),
  ]);
}

/** @param {number} x @param {number} y @returns {[number, number]} */
const at = (x, y) => [x, y];
