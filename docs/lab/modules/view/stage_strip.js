/**
 * The rows under the dots where no cell has room: bars for x and for y, and between them a mark for what is kept.
 *
 * @module stage_strip
 */

import { roomInside, setAttributes, svg } from "./dom.js";
import { extent, finite } from "./panel.js";
import { KNOB, LABELS } from "./stage_plot.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {[number, number]} Row its top and its bottom, in pixels */

/** @type {Record<string, Row>} */
const ROWS = { x: [1, 20], m: [25, 34], y: [39, 64] };
const HEIGHT = 66;

export class StageStrip {
  #root = svg("svg", { class: "stage-strip", role: "img", height: HEIGHT });
  #paths = ["x", "m", "gone", "y veil"].map((name) => svg("path", { class: `strip ${name}` }));
  #parent;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#parent = parent;
    for (const [text, [top, bottom]] of Object.entries(ROWS))
      this.#root.append(svg("text", { x: LABELS - 8, y: (top + bottom) / 2 + 4, "text-anchor": "end" }, text));
    this.#root.append(...this.#paths);
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
    const gone = mask.map((m) => 1 - m);
    [bars(x, ROWS.x, step), bars(mask, ROWS.m, step), bars(gone, [31, 34], step), bars(y, ROWS.y, step)].forEach(
      (d, i) => setAttributes(this.#paths[i], { d, "stroke-width": Math.max(0.7, step * 0.8) }),
    );
  }
}

/**
 * Bars from zero to each value, as the path of a row that the greatest fills.
 * @param {ArrayLike<number>} values
 * @param {Row} row
 * @param {number} step between columns
 */
function bars(values, [top, bottom], step) {
  const all = Array.from(values, finite);
  const [low, high] = extent(all);
  const tenths = (/** @type {number} */ at) => Math.round(10 * at) / 10;
  const Y = (/** @type {number} */ value) => tenths(top + ((high - value) / (high - low)) * (bottom - top));
  let d = "";
  for (let i = 0; i < all.length; i++) if (all[i]) d += `M${tenths(LABELS + (i + 0.5) * step)} ${Y(0)}V${Y(all[i])}`;
  return d;
}
