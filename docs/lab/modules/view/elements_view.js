/**
 * Each element of y, averaged over the calls: it settles at its x, whatever the mask does to the others.
 *
 * @module elements_view
 */

import { calls } from "./calls.js";
import { chart, elementAxis, points } from "./charts.js";
import { shown, svg } from "./dom.js";
import { bar, createPanel, extent, figure, line } from "./panel.js";
import { binomialInterval } from "../model/binomial.js";
import { nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */

const MOST_BANDS = 40;

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { lit }) {
  /** @type {Float64Array} */
  let means;
  let [count, random] = [1, false];
  /** @param {Derived} derived */
  const tell = (derived) => {
    calls.take(derived);
    const { done, averages } = calls.experiment;
    ({ random } = calls.experiment);
    // Before the first call there is nothing to average, and where nothing is random every call is this one.
    means = random && done > 0 ? averages : Float64Array.from(derived.y);
    count = random ? Math.max(1, done) : 1;
    return sentence(derived, means, count, random, lit());
  };
  /** @param {Element} picture @param {Derived} derived */
  const draw = (picture, derived) => drawn(picture, derived, means, count, random);
  return { render: createPanel(parent, "Each element, averaged", tell, draw), calls };
}

/** @param {Derived} derived @param {number} i @returns {number} what the element is on average */
const expected = ({ x, factors, state: { p } }, i) => (1 - p) * factors.kept * x[i];

/** @param {Derived} derived @param {Float64Array} means @param {number} count @param {boolean} random @param {number} lit */
function sentence(derived, means, count, random, lit) {
  const name = nameOf(derived, lit);
  const x = shown(derived.x[lit]);
  if (!random) return `Every call gives ${name} = ${x} the same y = ${shown(means[lit])}.`;
  const settles = derived.state.scaling === "inverted" ? `x = ${x}` : `(1 − p) x = ${shown(expected(derived, lit))}`;
  return `Averaged over ${count} ${count === 1 ? "call" : "calls"}, y of ${name} is ${shown(means[lit])}: it settles at ${settles}.`;
}

/**
 * @param {Element} parent that the chart will fill
 * @param {Derived} derived
 * @param {Float64Array} means
 * @param {number} count of calls
 * @param {boolean} random
 */
function drawn(parent, derived, means, count, random) {
  const { x, state } = derived;
  const n = x.length;
  const aims = means.map((mean, i) => (random ? expected(derived, i) : mean));
  const [low, high] = extent([...aims, ...(random ? [] : means)]);
  const made = chart(
    parent,
    elementAxis(state.shape, n),
    { from: 1.5 * low, to: 1.5 * high, label: "average of y" },
    `The average of each of ${n} elements over ${count} calls, beside what it is on average`,
  );
  const { root, X, Y } = made;
  const few = n <= MOST_BANDS;
  const kept = random && few ? binomialInterval(count, 1 - state.p).map((k) => k / count / (1 - state.p)) : [1, 1];
  aims.forEach((aim, i) => {
    if (!few || !Number.isFinite(aim)) return;
    const ends = kept.map((share) => Y(aim * share));
    const [left, right] = [X(i - 0.3), X(i + 0.3)];
    if (random) root.append(bar("band", left, right, Math.min(...ends), Math.max(...ends)));
    root.append(
      line("expected", [
        [left - 3, Y(aim)],
        [right + 3, Y(aim)],
      ]),
    );
    root.append(svg("circle", { class: "dot seen", cx: X(i), cy: Y(means[i]), r: 4 }));
  });
  if (!few) root.append(points("seen", means, made), points("expected", aims, made));
  return figure(root, [
    ...(few ? [/** @type {[string, string]} */ (["band", "95 %"])] : []),
    ["expected", "on average"],
    ["dot seen", "seen"],
  ]);
}
