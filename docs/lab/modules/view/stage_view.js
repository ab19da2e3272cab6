/**
 * The stage: the dots and their line, under it x → m → y, and what happens to the element that is looked at.
 *
 * @module stage_view
 */

import { button, html, roomInside, setText, svg } from "./dom.js";
import { StageCells } from "./stage_cells.js";
import { KNOB, LABELS, StagePlot } from "./stage_plot.js";
import { once } from "../model/derived.js";
import { fateOf, nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */

// pixels: what a finger can hit, and what a mouse can and three digits need
const [FINGER, MOUSE] = [44, 36];

/** What the dots say. */
function createLegend() {
  const [height, kept] = [html("span"), html("b")];
  const entry = (/** @type {string} */ fate, /** @type {Node | string} */ words) => {
    const dot = svg("circle", { class: `dot-u ${fate}`, cx: 7, cy: 7, r: 5 });
    return html("span", {}, svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, dot), words);
  };
  const element = html("p", { class: "stage-legend" }, height, entry("kept", kept), entry("dropped", "dropped"));
  /** @param {LabState["stream"]} stream */
  const show = (stream) => {
    const eager = stream === "eager";
    setText(height, `${eager ? "u" : "1 − u"}, fixed by the seed`);
    setText(kept, `kept: ${eager ? "u < 1 − p" : "u > p"}`);
  };
  return { element, show };
}

/** Whether a mask decides at all: in evaluation and at the ends of [0, 1] none does. @param {Derived} derived */
const free = ({ state: { training, p } }) => training && p > 0 && p < 1;

/** The element that is looked at first: one that is kept tells more. @param {Uint8Array} mask */
const first = (mask) => Math.max(0, mask.indexOf(1));

/**
 * @param {HTMLElement} parent
 * @param {(changes: Partial<LabState>) => void} change
 * @param {(index: number) => void} look is told which element is looked at
 */
export function createStage(parent, change, look) {
  const [picture, rows] = ["stage-picture", "stage-under"].map((name) => html("div", { class: name }));
  const told = html("p", { class: "lab-sentence veil" });
  const fate = button("", () => toggle(lit));
  const back = button("‹", () => select(lit - 1), "Element before");
  const on = button("›", () => select(lit + 1), "Element after");
  const turn = html("span", { class: "stage-turn" }, back, on, fate);
  const legend = createLegend();
  parent.append(legend.element, picture, rows, told);

  /** @type {Derived | undefined} */
  let derived;
  let lit = -1;
  const coarse = matchMedia("(pointer: coarse)");

  /** @param {number} index */
  const select = (index) => {
    if (!derived || index === lit || index < 0 || index >= derived.x.length) return;
    lit = index;
    look(lit);
    render(derived);
  };
  /** Drop what is kept or keep what is dropped, and hold the mask from then on. @param {number} index */
  const toggle = (index) => {
    if (!derived || !free(derived)) return;
    const mask = Array.from(derived.mask, (m, i) => (i === index ? 1 - m : m));
    change({ held: mask.join("") });
  };
  const plot = new StagePlot(picture, (p) => change({ p }), select);
  const cells = new StageCells(rows, toggle, select);
  /** @type {import("./stage_strip.js").StageStrip | undefined} */
  let strip;
  /** Bars are loaded once a tensor needs them. */
  const loadStrip = once(async () => {
    const { StageStrip } = await import("./stage_strip.js");
    strip = new StageStrip(rows);
    rows.append(turn);
    if (derived) render(derived);
  });

  /** @param {Derived} next */
  function render(next) {
    derived = next;
    const { x, mask } = next;
    if (lit < 0 || lit >= x.length) look((lit = first(mask)));
    const few = (roomInside(picture).width - LABELS - KNOB) / x.length >= (coarse.matches ? FINGER : MOUSE);
    cells.hide(!few);
    strip?.hide(few);
    turn.hidden = few;
    legend.show(next.state.stream);
    plot.show(next, lit);
    if (few) cells.show(next, lit);
    else if (strip) strip.show(next);
    else loadStrip();
    fate.disabled = !free(next);
    setText(fate, mask[lit] ? "Drop it" : "Keep it");
    setText(told, `${nameOf(next, lit)}: ${fateOf(next, lit)}`);
  }
  return { render };
}
