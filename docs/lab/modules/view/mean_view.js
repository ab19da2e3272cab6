/**
 * The mean of y: call after call, it settles inside its exact band; beside it the means of single calls.
 *
 * @module mean_view
 */

import { calls } from "./calls.js";
import { area, chart, powerTicks } from "./charts.js";
import { button, html, shown } from "./dom.js";
import { bar, createPanel, figure, line } from "./panel.js";
import { mean } from "../model/dropout_model.js";
import { histogram, settling, squarable } from "../model/experiment.js";
import { FIELDS } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/experiment.js").Experiment} Experiment */
/** @typedef {import("./panel.js").Lab} Lab */
/** @typedef {NonNullable<ReturnType<typeof settling>>} Way */

// With fewer laws the band has no shape yet: until then the picture of before stays.
const FEWEST_LAWS = 3;
// pixels for the means of single calls, at the right of their running mean
const [BESIDE, GAP] = [76, 10];

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { change, now }) {
  const more = ["+1", "+100", "+10 000"].map((text) => {
    const by = Number(text.replace(" ", ""));
    const add = () => change({ calls: Math.min(FIELDS.calls.greatest, now().calls + by) });
    return button(text, add, `${text} ${by === 1 ? "call" : "calls"}`);
  });
  const again = button("↺", () => change({ calls: 1 }), "Start again");
  /** @param {Derived} derived */
  const tell = (derived) => {
    calls.take(derived);
    for (const control of more) control.disabled = derived.state.calls >= FIELDS.calls.greatest;
    return sentence(calls.experiment, derived);
  };
  /** @param {Element} picture @param {Derived} derived */
  const draw = (picture, { y }) => {
    const { experiment } = calls;
    if (!experiment.random) return drawn(picture, still(mean(y)), null, 0);
    const { done, wanted, laws } = experiment;
    const complete = done === wanted && laws.has(wanted);
    const [way, spread] = [settling(experiment), histogram(experiment)];
    if (!way || !spread || (!complete && laws.size < FEWEST_LAWS)) return null;
    return drawn(picture, way, spread, done);
  };
  const buttons = html("div", { class: "lab-buttons" }, ...more, again);
  return { render: createPanel(parent, "Mean", tell, draw, buttons), calls };
}

/** Where nothing is random the band is a line. @param {number} value @returns {Way} */
function still(value) {
  const centre = Number.isFinite(value) ? value : 0;
  return {
    last: 100,
    centre,
    reach: Math.abs(centre) || 1,
    band: [
      [1, centre, centre],
      [100, centre, centre],
    ],
    path: [
      [1, centre],
      [100, centre],
    ],
  };
}

/** @param {Experiment} experiment @param {Derived} derived @returns {string} how far the experiment is */
function sentence({ random, done, wanted, running, laws }, { x, y, held }) {
  if (!random) {
    const finite = x.every(squarable);
    const why = held
      ? "The mask is held"
      : finite
        ? "Nothing is random here"
        : "Not every value is finite and below 1e150";
    return `${why}: the mean of y is ${shown(mean(y))} in every call.`;
  }
  const law = laws.get(wanted);
  if (!law || done < wanted) return `Drawing: ${done} of ${wanted} calls.`;
  const [low, high] = law.interval;
  // The ends are means that can occur, and the running mean is rounded in every call.
  const where = running >= low - 1e-12 && running <= high + 1e-12 ? "inside" : "outside";
  // Where values share no coarse unit, its width is exact and its shape that of a normal law.
  const kind = law.exact ? "exact" : "normal";
  return `After ${done} ${done === 1 ? "call" : "calls"} the running mean of y is ${shown(running)}: ${where} the ${kind} 95 % band, ${shown(low)} to ${shown(high)}.`;
}

/**
 * @param {Element} parent that the chart will fill
 * @param {Way} way
 * @param {ReturnType<typeof histogram>} spread of the means of single calls, if they differ
 * @param {number} done
 */
function drawn(parent, { last, centre, reach, band, path }, spread, done) {
  const made = chart(
    parent,
    { from: 1, to: last, log: true, ticks: powerTicks(1, last), label: "calls", text: String },
    { from: centre - reach, to: centre + reach, label: "running mean of y" },
    `The running mean over ${done} calls, with its 95 % band around ${shown(centre)}`,
    { right: BESIDE + GAP },
  );
  const { root, X, Y, right } = made;
  root.append(
    area(
      "band",
      band.map(([count, low, high]) => [X(count), Y(low), Y(high)]),
    ),
    line("expected", [
      [X(1), Y(centre)],
      [right + BESIDE, Y(centre)],
    ]),
    line(
      "observed",
      path.map(([count, mean]) => [X(count), Y(mean)]),
    ),
  );
  if (spread) drawSpread(made, spread, [centre - reach, centre + reach]);
  return figure(root, [
    ["band", "95 %"],
    ["expected", "expected"],
    ["observed", "seen"],
    ["bar", "calls"],
  ]);
}

/**
 * The means of single calls, lying on the same axis.
 * @param {ReturnType<typeof chart>} chart
 * @param {NonNullable<ReturnType<typeof histogram>>} spread
 * @param {[number, number]} ends of the axis
 */
function drawSpread({ root, Y, right, bottom }, { bars }, [low, high]) {
  const from = right + GAP;
  const tallest = Math.max(...bars.map(({ seen, expected }) => Math.max(seen, expected)));
  const at = (/** @type {number} */ share) => from + (share / tallest) * (BESIDE - GAP);
  for (const { left, right: end, seen, expected } of bars) {
    if (end < low || left > high) continue;
    const [top, under] = [Y(end), Y(left)];
    if (seen > 0) root.append(bar("bar", from, at(seen), top, Math.max(top + 1, under)));
    if (expected > 0)
      root.append(
        line("law", [
          [at(expected), top],
          [at(expected), under],
        ]),
      );
  }
  root.append(
    line("axis", [
      [from, Y(high)],
      [from, bottom],
    ]),
  );
}
