/**
 * The rows under the dots where no cell has room: bars for x and for y, and between them a mark for what is kept.
 *
 * @module stage_strip
 */

import { roomInside, setAttributes, svg } from "./dom.js";
import { KNOB, LABELS } from "./stage_plot.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

const [X_ROW, M_ROW, Y_ROW] = [
  { top: 1, bottom: 20 },
  { top: 25, bottom: 34 },
  { top: 39, bottom: 64 },
];
const HEIGHT = 66;

/** @param {ArrayLike<number>} values @returns {number} the greatest finite magnitude, or 1 */
function greatest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

export class StageStrip {
  #root = svg("svg", { class: "stage-strip", role: "img", height: HEIGHT });
  #marks = ["x", "m", "y"].map((name) => svg("path", { class: `strip ${name}` }));
  #gone = svg("path", { class: "strip gone" });
  #words = ["x", "m", "y"].map((text) => svg("text", { x: LABELS - 8, "text-anchor": "end" }, text));
  #parent;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#parent = parent;
    [X_ROW, M_ROW, Y_ROW].forEach(({ top, bottom }, i) => setAttributes(this.#words[i], { y: (top + bottom) / 2 + 4 }));
    this.#root.append(...this.#words, ...this.#marks, this.#gone);
    this.#marks[2].classList.add("veil");
    parent.append(this.#root);
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.#root.toggleAttribute("hidden", hidden);
  }

  /** @param {Derived} derived */
  show({ x, mask, y, kept }) {
    const { width } = roomInside(this.#parent);
    const step = (width - LABELS - KNOB) / x.length;
    setAttributes(this.#root, {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      width,
      "aria-label": `Input, mask and output of ${x.length} elements, ${kept} of them kept`,
    });
    const thick = Math.max(0.7, step * 0.8);
    for (const path of [...this.#marks, this.#gone]) path.setAttribute("stroke-width", thick.toFixed(2));
    const at = (/** @type {number} */ i) => (LABELS + (i + 0.5) * step).toFixed(1);
    this.#marks[0].setAttribute("d", bars(x, X_ROW, at));
    this.#marks[2].setAttribute("d", bars(y, Y_ROW, at));
    const [left, gone] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    const { top, bottom } = M_ROW;
    mask.forEach((m, i) => (m ? left.push(`M${at(i)} ${top}V${bottom}`) : gone.push(`M${at(i)} ${bottom - 3}V${bottom}`)));
    this.#marks[1].setAttribute("d", left.join(""));
    this.#gone.setAttribute("d", gone.join(""));
  }
}

/**
 * Bars from the zero between the extremes of a row.
 * @param {ArrayLike<number>} values
 * @param {{top: number, bottom: number}} row
 * @param {(index: number) => string} at
 */
function bars(values, { top, bottom }, at) {
  const most = greatest(values);
  const signed = Array.from(values).some((value) => value < 0);
  const zero = signed ? (top + bottom) / 2 : bottom;
  const room = signed ? (bottom - top) / 2 : bottom - top;
  const made = [];
  for (let i = 0; i < values.length; i++) {
    const share = Number.isFinite(values[i]) ? values[i] / most : Math.sign(values[i]) || 0;
    if (share) made.push(`M${at(i)} ${zero}V${(zero - share * room).toFixed(1)}`);
  }
  return made.join("");
}
