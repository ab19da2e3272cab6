/**
 * Training beside evaluation, for the three scalings: one sees why one divides.
 *
 * @module scalings_view
 */

import { shown, svg } from "./dom.js";
import { bar, createPanel, drawing, extent, figure, finite, widthOf } from "./panel.js";
import { FIELDS } from "../model/lab_state.js";
import { compared } from "../model/scalings.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/scalings.js").Compared} Compared */

const HEIGHT = 168;
const [ROW, BAR] = [57, 15];
const [LEFT, RIGHT] = [2, 58];
// An eye goes from a bar to its number.
const WIDEST = 460;
// times the longest bar: the room for calls whose mean lies beyond
const ROOM = 1.6;

/** @param {HTMLElement} parent */
export function create(parent) {
  return { render: createPanel(parent, "Training beside evaluation", sentence, drawn) };
}

/** Up to the digits that float32 has. @param {Compared} row */
const agree = ({ expected, evaluation }) => Math.abs(expected - evaluation) <= 1e-6 * Math.abs(evaluation);

/** @param {Derived} derived */
function sentence(derived) {
  const { p } = derived.state;
  const none = compared(derived)[2];
  if (p === 0) return "At p = 0 nothing is dropped: training and evaluation are the same for all three.";
  if (p === 1) return "At p = 1 nothing is left in training, whatever the scaling: no factor brings it back.";
  if (!Number.isFinite(none.evaluation)) return `The mean of x is ${shown(none.evaluation)}, and so are all of these.`;
  if (agree(none)) return "The mean of x is 0, and so are all of these: try values with another mean.";
  const times = shown(none.evaluation / none.expected, 3);
  return `Without a factor evaluation gives ${times} times the mean of training. One factor, in either, makes them agree.`;
}

/** @param {Element} parent that the picture will fill @param {Derived} derived */
function drawn(parent, derived) {
  const { state, draws } = derived;
  const rows = compared(derived);
  const width = Math.min(WIDEST, widthOf(parent));
  const [low, high] = extent(rows.flatMap(({ expected, evaluation }) => [expected, evaluation]));
  const X = (/** @type {number} */ value) =>
    LEFT + ((finite(value) / ROOM - low) / (high - low)) * (width - LEFT - RIGHT);
  const told = rows.map(
    (row) => `${row.scaling}: ${shown(row.expected)} in training, ${shown(row.evaluation)} in evaluation`,
  );
  const root = drawing(width, HEIGHT, told.join("; "));
  rows.forEach((row, i) => {
    const top = i * ROW;
    const { words } = FIELDS.scaling.choices[i];
    const chosen = row.scaling === state.scaling;
    const verdict = agree(row) ? "equal ✓" : "not equal ✗";
    root.append(
      svg(
        "text",
        { class: chosen ? "chosen" : "", x: LEFT, y: top + 14 },
        `${words}${chosen ? " (chosen)" : ""}: ${verdict}`,
      ),
    );
    [row.expected, row.evaluation].forEach((value, k) => {
      const y = top + 19 + k * (BAR + 1);
      const ends = [X(0), X(value)];
      root.append(
        bar(k ? "bar evaluation" : "bar training", Math.min(...ends), Math.max(...ends), y, y + BAR),
        svg("text", { x: width, y: y + 12, "text-anchor": "end" }, shown(value)),
      );
    });
    if (draws && row.seen >= ROOM * low && row.seen <= ROOM * high)
      root.append(svg("circle", { class: "dot call", cx: X(row.seen), cy: top + 19 + BAR / 2, r: 5 }));
  });
  return figure(root, [
    ["bar training", "training"],
    ["bar evaluation", "evaluation"],
    ["dot call", "this call"],
  ]);
}
