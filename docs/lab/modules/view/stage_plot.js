/**
 * The picture of one call: each element a dot at height u, and a line at 1 − p under which dots are kept.
 *
 * A seed fixes the dots; the line is the handle of p, for a mouse, a finger and the keyboard.
 *
 * @module stage_plot
 */

import { roomInside, setAttributes, setText, shown, steered, svg } from "./dom.js";
import { heightOf } from "../model/streams.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

/** The column of words at the left, as wide as that of the rows beneath. */
export const LABELS = 44;
/** The column of the knob at the right, where it covers no dot. */
export const KNOB = 30;
/** With more elements than these, dots are marks of one path each for the kept and the dropped. */
const MOST_CIRCLES = 60;
const INSET = 12;
const REACH = 22;
// of what a finger can place: p itself may have any digits
const DIGITS = 3;

/** @param {number} p @returns {number} p at its nearest place, in [0, 1] */
const placed = (p) => Number(Math.max(0, Math.min(1, p)).toFixed(DIGITS));

export class StagePlot {
  #root = svg("svg", { class: "stage-plot" });
  #kept = svg("rect", { class: "grid region", x: LABELS });
  #column = svg("rect", { class: "grid column", y: 0 });
  #dots = svg("g", {});
  #many = [svg("path", { class: "dots kept" }), svg("path", { class: "dots dropped" })];
  #rule = svg("line", { class: "rule", x1: LABELS - 4 });
  #hit = svg("rect", { class: "hit", x: 0, y: -REACH, height: 2 * REACH });
  #knob = svg("g", { class: "knob" });
  #threshold = svg("text", { class: "threshold", x: LABELS - 8, y: 4, "text-anchor": "end" });
  #handle = svg("g", {
    class: "handle",
    role: "slider",
    tabindex: 0,
    "aria-label": "Threshold 1 − p: what lies under it is kept",
    "aria-orientation": "vertical",
    "aria-valuemin": 0,
    "aria-valuemax": 1,
  });
  #words = ["1", "0", "u"].map((text) => svg("text", { "text-anchor": "end", x: LABELS - 8 }, text));
  /** @type {SVGCircleElement[]} */
  #circles = [];
  /** The marks of many elements, dropped and kept, and for which uniforms and which step they were written. @type {string[][]} */
  #places = [];
  /** @type {Float64Array | undefined} */
  #placedFor;
  #placedBy = 0;
  #width = 0;
  #height = 0;
  #count = 1;
  #p = 0.5;
  #parent;

  /**
   * @param {HTMLElement} parent that it fills
   * @param {(p: number) => void} move
   * @param {(index: number) => void} select
   */
  constructor(parent, move, select) {
    this.#parent = parent;
    this.#knob.append(svg("circle", { r: 13 }), svg("path", { d: "M-4-3l4-4l4 4M-4 3l4 4l4-4" }));
    this.#handle.append(this.#hit, this.#rule, this.#knob, this.#threshold);
    const regions = [this.#kept, this.#column, ...this.#words];
    this.#root.append(...regions, ...this.#many, this.#dots, this.#handle);
    parent.append(this.#root);
    this.#handle.addEventListener("keydown", (event) => this.#onKey(event, move));
    this.#handle.addEventListener("pointerdown", (event) => this.#onGrab(event, move));
    // Else a finger that drags the line scrolls the page: browsers heed touch-action on few elements of a drawing.
    this.#handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    const nearest = (/** @type {PointerEvent | MouseEvent} */ event) => {
      const x = event.clientX - this.#root.getBoundingClientRect().left;
      const index = Math.floor(((x - LABELS) / (this.#width - LABELS - KNOB)) * this.#count);
      if (index >= 0 && index < this.#count) select(index);
    };
    this.#root.addEventListener("click", nearest);
    this.#root.addEventListener(
      "pointermove",
      (event) => event.pointerType === "mouse" && !event.buttons && nearest(event),
    );
  }

  /** @param {number} u @returns {number} its place in pixels */
  #Y(u) {
    return INSET + (1 - u) * (this.#height - 2 * INSET);
  }

  /** @param {KeyboardEvent} event @param {(p: number) => void} move */
  #onKey(event, move) {
    const p = this.#p;
    // The value is 1 − p: up is up for eyes and for ears.
    const [less, more] = [p - 0.01, p + 0.01];
    const ends = { PageUp: p - 0.1, PageDown: p + 0.1, Home: 1, End: 0 };
    const to = steered(event, { ArrowUp: less, ArrowRight: less, ArrowDown: more, ArrowLeft: more, ...ends });
    if (to !== undefined) move(placed(to));
  }

  /** @param {PointerEvent} event @param {(p: number) => void} move */
  #onGrab(event, move) {
    if (event.button !== 0) return;
    const held = this.#handle;
    const { top } = this.#root.getBoundingClientRect();
    const offset = event.clientY - top - this.#Y(1 - this.#p);
    const follow = (/** @type {PointerEvent} */ { clientY }) =>
      move(placed((clientY - top - offset - INSET) / (this.#height - 2 * INSET)));
    held.setPointerCapture(event.pointerId);
    held.addEventListener("pointermove", follow);
    held.addEventListener("lostpointercapture", () => held.removeEventListener("pointermove", follow), { once: true });
  }

  /** @param {Derived} derived @param {number} lit the element that is looked at */
  show(derived, lit) {
    const { x, state, kept } = derived;
    this.#fit(x.length);
    this.#p = state.p;
    const y = this.#Y(1 - state.p);
    setAttributes(this.#root, { class: `stage-plot${state.training ? "" : " idle"}${derived.held ? " held" : ""}` });
    setAttributes(this.#kept, { y, height: this.#height - INSET - y });
    setAttributes(this.#handle, {
      transform: `translate(0 ${y})`,
      "aria-valuenow": 1 - state.p,
      "aria-valuetext": `p = ${state.p.toFixed(2)}, ${kept} of ${x.length} kept`,
    });
    setText(this.#threshold, shown(1 - state.p, 3));
    for (const word of this.#words)
      setAttributes(word, { visibility: Math.abs(Number(word.getAttribute("y")) - 4 - y) < 16 ? "hidden" : "visible" });
    const step = (this.#width - LABELS - KNOB) / this.#count;
    setAttributes(this.#column, { x: LABELS + lit * step, width: Math.max(2, step), height: this.#height });
    if (x.length > MOST_CIRCLES) this.#drawMany(derived, step);
    else this.#drawCircles(derived, step, lit);
  }

  /** Follow the size of the window and the number of elements. @param {number} count */
  #fit(count) {
    const { width, height } = roomInside(this.#parent);
    if (width === 0 || (count === this.#count && width === this.#width && height === this.#height)) return;
    [this.#count, this.#width, this.#height, this.#placedFor] = [count, width, height, undefined];
    setAttributes(this.#root, { viewBox: `0 0 ${width} ${height}`, width, height });
    setAttributes(this.#kept, { width: width - LABELS - KNOB });
    setAttributes(this.#rule, { x2: width });
    setAttributes(this.#hit, { width });
    setAttributes(this.#knob, { transform: `translate(${width - KNOB / 2} 0)` });
    [INSET, height - INSET, height / 2].forEach((y, i) => setAttributes(this.#words[i], { y: y + 4 }));
    const circles = count > MOST_CIRCLES ? 0 : count;
    this.#circles = Array.from({ length: circles }, () => svg("circle"));
    this.#dots.replaceChildren(...this.#circles);
    if (circles) for (const path of this.#many) path.setAttribute("d", "");
  }

  /** @param {Derived} derived @param {number} step between columns @param {number} lit */
  #drawCircles({ uniforms, mask, state }, step, lit) {
    const r = Math.max(3, Math.min(9, step * 0.3));
    this.#circles.forEach((circle, i) =>
      setAttributes(circle, {
        class: `dot-u ${mask[i] ? "kept" : "dropped"}${i === lit ? " lit" : ""}`,
        cx: LABELS + (i + 0.5) * step,
        cy: this.#Y(heightOf(state.stream, uniforms[i])),
        r,
      }),
    );
  }

  /**
   * Two marks for many elements. A seed fixes where they stand: while p is dragged, places are not written again.
   * @param {Derived} derived
   * @param {number} step between columns
   */
  #drawMany({ uniforms, mask, state }, step) {
    if (this.#placedFor !== uniforms || this.#placedBy !== step) {
      [this.#placedFor, this.#placedBy] = [uniforms, step];
      this.#places = Array.from(uniforms, (u, i) => {
        const [x, y] = [LABELS + (i + 0.5) * step, this.#Y(heightOf(state.stream, u))].map((at) => at.toFixed(1));
        return [`M${x} ${y}m-2-2l4 4m0-4l-4 4`, `M${x} ${y}h0`];
      });
    }
    const paths = ["", ""];
    this.#places.forEach((place, i) => (paths[mask[i]] += place[mask[i]]));
    paths.forEach((d, kept) => this.#many[1 - kept].setAttribute("d", d));
  }
}
