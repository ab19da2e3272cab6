/**
 * Depth: the reader's own values through a stack of dropout layers, with one element traced.
 *
 * @module depth_view
 */

import { area, chart } from "./charts.js";
import { html, setText, shown, svg } from "./dom.js";
import { createPanel, drawing, extent, figure, finite, line, widthOf } from "./panel.js";
import { lawBehind, stacked } from "../model/consequences.js";
import { squarable } from "../model/experiment.js";
import { FIELDS } from "../model/lab_state.js";
import { nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/consequences.js").Stack} Stack */
/** @typedef {import("./panel.js").Lab} Lab */

const HEIGHT = 128;
// rows of dots, the traced element among them
const MOST_ROWS = 4;
const ROW = 13;
const [LEFT, RIGHT] = [46, 10];

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { change, lit }) {
  const control = createLayers(change);
  /** @type {Stack} */
  let stack;
  /** @param {Derived} derived */
  const tell = (derived) => {
    const { layers } = derived.state;
    control.show(layers);
    stack = stacked(derived, layers);
    return `${leftSentence(derived, stack)} ${traceSentence(derived, stack, lit())}`;
  };
  /** @param {Element} picture @param {Derived} derived */
  const draw = (picture, derived) =>
    html("div", {}, traced(picture, derived, stack, lit()), means(picture, derived, stack));
  return { render: createPanel(parent, "Depth", tell, draw, control.element) };
}

/** How many layers, by a slider. @param {Lab["change"]} change */
function createLayers(change) {
  const { name, label, least, greatest } = FIELDS.layers;
  const id = `lab-${name}`;
  const slide = html("input", { type: "range", id, min: least, max: greatest, step: 1 });
  const number = html("output", { for: id });
  slide.addEventListener("input", () => change({ layers: Number(slide.value) }));
  const element = html(
    "div",
    { class: "lab-field" },
    html("label", { for: id }, label),
    html("div", { class: "lab-tied" }, slide, number),
  );
  /** @param {number} layers */
  const show = (layers) => {
    slide.value = String(layers);
    slide.setAttribute("aria-valuetext", `${layers} of ${greatest}`);
    setText(number, slide.value);
  };
  return { element, show };
}

/** @param {Derived} derived @param {Stack} stack */
function leftSentence({ x, state: { layers, training } }, { kept, q }) {
  const through = `Through ${layers} ${layers === 1 ? "layer" : "layers"}: ${kept[layers]} of ${x.length} are left`;
  if (!training) return `${through}: evaluation drops nothing.`;
  return `${through}; in ${percent((1 - q ** layers) ** x.length)} of all stacks none.`;
}

/** @param {number} share */
const percent = (share) => (share > 0 && share < 1e-4 ? "less than 0.01 %" : `${shown(100 * share, 3)} %`);

/** @param {Derived} derived @param {Stack} stack @param {number} lit */
function traceSentence(derived, { left, factor }, lit) {
  const died = left.findIndex((alive) => !alive[lit]);
  const last = (died < 0 ? left.length : died) - 1;
  const value = shown(derived.x[lit] * factor ** last, 3);
  return died < 0
    ? `${nameOf(derived, lit)} became ${value}.`
    : `${nameOf(derived, lit)} was ${value} until layer ${died}.`;
}

/** @param {number} width @param {number} layers @returns {(layer: number) => number} where a layer stands, in pixels */
const columns = (width, layers) => (layer) => LEFT + (layer / layers) * (width - LEFT - RIGHT);

/**
 * Rows of elements, columns of layers: a dot while an element is left.
 * @param {Element} parent
 * @param {Derived} derived
 * @param {Stack} stack
 * @param {number} lit
 */
function traced(parent, derived, { left }, lit) {
  const width = widthOf(parent);
  const n = derived.x.length;
  const first = Math.max(0, Math.min(lit - 1, n - MOST_ROWS));
  const shownRows = Array.from({ length: Math.min(n, MOST_ROWS) }, (_, i) => first + i);
  const height = ROW * MOST_ROWS + 2;
  const X = columns(width, left.length - 1);
  const root = drawing(width, height, "Which elements are left after each layer");
  shownRows.forEach((index, row) => {
    const y = ROW * (row + 0.5) + 1;
    const died = left.findIndex((alive) => !alive[index]);
    const end = died < 0 ? left.length - 1 : died;
    const isLit = index === lit;
    root.append(
      svg(
        "text",
        { class: isLit ? "chosen" : "", x: LEFT - 8, y: y + 4, "text-anchor": "end" },
        nameOf(derived, index),
      ),
    );
    root.append(
      line(`life${isLit ? " lit" : ""}`, [
        [X(0), y],
        [X(end), y],
      ]),
    );
    for (let layer = 0; layer <= end; layer++) {
      const gone = layer === died;
      root.append(
        svg("circle", { class: `dot-u ${gone ? "dropped" : "kept"}`, cx: X(layer), cy: y, r: isLit ? 4.5 : 3.5 }),
      );
    }
  });
  return root;
}

/** @param {Element} parent @param {Derived} derived @param {Stack} stack */
function means(parent, derived, stack) {
  const layers = stack.means.length - 1;
  const lawful = derived.x.every(squarable);
  const laws = stack.means.map((_, layer) => (layer && lawful ? lawBehind(derived, stack, layer) : null));
  const first = finite(stack.means[0]);
  const expected = stack.means.map((_, layer) => finite(first * (stack.q * stack.factor) ** layer));
  const ends = laws.flatMap((law) => (law ? law.interval : []));
  const [low, high] = extent([first * 1.5, ...ends]);
  const depths = stack.means.map((_, layer) => layer);
  const made = chart(
    parent,
    { from: 0, to: layers, ticks: depths.filter((depth) => depth % Math.ceil(layers / 5) === 0), label: "layers" },
    { from: low, to: high, label: "mean" },
    `The mean by depth, with its 95 % band around ${shown(expected[layers])}`,
    { height: HEIGHT },
  );
  const { root, X, Y } = made;
  const band = depths.map((depth) => {
    const [least, most] = laws[depth]?.interval ?? [expected[depth], expected[depth]];
    return /** @type {[number, number, number]} */ ([X(depth), Y(least), Y(most)]);
  });
  root.append(
    area("band", band),
    line(
      "expected",
      depths.map((depth) => [X(depth), Y(expected[depth])]),
    ),
    ...depths.map((depth) =>
      svg("circle", { class: "dot seen", cx: X(depth), cy: Y(finite(stack.means[depth])), r: 3.5 }),
    ),
  );
  return figure(root, [
    ["band", "95 %"],
    ["expected", "on average"],
    ["dot seen", "seen"],
  ]);
}
