/**
 * The mean of y: call after call, it settles inside its exact band.
 *
 * @module mean_view
 */

import { area, bar, chart, figure, line, powerTicks } from "./charts.js";
import { button, html, setText, shown } from "./dom.js";
import { mean } from "../model/dropout_model.js";
import { Experiment, histogram, settling, squarable } from "../model/experiment.js";
import { FIELDS } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/mean_law.js").MeanLaw} MeanLaw */

// frames in which calls come that were asked for at once: a second is enough to watch them
const FRAMES = 60;
// With fewer laws the band has no shape yet: until then the pictures of before stay.
const FEWEST_LAWS = 3;

/**
 * @param {HTMLElement} parent
 * @param {(more: number) => void} requestCalls asks for so many calls more, or, for 0, to start again
 */
export function createMean(parent, requestCalls) {
  const told = html("p");
  const pictures = html("div", { class: "lab-charts" });
  const more = ["1", "100", "10 000"].map((count) =>
    button(`Draw ${count}`, () => requestCalls(Number(count.replace(" ", "")))),
  );
  const again = button("Start again", () => requestCalls(0));
  parent.append(html("div", { class: "lab-buttons" }, ...more, again), told, pictures);

  const experiment = new Experiment();
  /** @type {Derived | undefined} */
  let derived;
  let pace = Infinity;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Derived} next */
  function render(next) {
    derived = next;
    experiment.take(next);
    const { done, wanted } = experiment;
    // Calls that were asked for one by one are shown as they come.
    pace = done > 0 && !calm.matches ? Math.ceil((wanted - done) / FRAMES) : Infinity;
    for (const control of more) control.disabled = wanted >= FIELDS.calls.greatest;
    paint();
  }

  /** Go on with the calls of this frame, and then with laws. @param {number} deadline */
  function work(deadline) {
    const most = Math.min(experiment.wanted, experiment.done + pace);
    const waits = () => experiment.done === most && most < experiment.wanted;
    do experiment.step(most);
    while (experiment.unfinished && !waits() && performance.now() < deadline);
    paint();
  }

  function paint() {
    if (!derived) return;
    setText(told, sentence(experiment, derived));
    if (!experiment.random) return pictures.replaceChildren();
    const { done, wanted, laws } = experiment;
    const complete = done === wanted && laws.has(wanted);
    const [way, spread] = [settling(experiment), histogram(experiment)];
    if (!way || !spread || (!complete && laws.size < FEWEST_LAWS)) return;
    pictures.replaceChildren(drawnSettling(pictures, way, done), drawnHistogram(pictures, spread, done));
  }

  return { render, unfinished: () => experiment.unfinished, work };
}

/** @param {MeanLaw} law */
const kindOf = (law) => (law.exact ? "exact" : "normal");

/** @param {Experiment} experiment @param {Derived} derived @returns {string} how far the experiment is */
function sentence({ random, done, wanted, running, laws }, { x, y }) {
  if (!random) {
    const why = x.every(squarable) ? "Nothing is random here" : "Not every value is finite and below 1e150";
    return `${why}: the mean of y is ${shown(mean(y))} in this call.`;
  }
  const law = laws.get(wanted);
  if (!law || done < wanted) return `Drawing: ${done} of ${wanted} calls.`;
  const [low, high] = law.interval;
  // The ends are means that can occur, and the running mean is rounded in every call.
  const where = running >= low - 1e-12 && running <= high + 1e-12 ? "inside" : "outside";
  return (
    `After ${done} ${done === 1 ? "call" : "calls"} the running mean of y is ${shown(running)}: ${where} the ${kindOf(law)} 95 % band from ${shown(low)} to ${shown(high)} around ${shown(law.mean)}.` +
    (law.exact ? "" : " (The values share no coarse unit: the standard error is exact, the shape taken as normal.)")
  );
}

/**
 * @param {Element} parent that the chart will fill
 * @param {NonNullable<ReturnType<typeof settling>>} way
 * @param {number} done
 */
function drawnSettling(parent, { last, centre, reach, band, path }, done) {
  const made = chart(
    parent,
    { from: 1, to: last, log: true, ticks: powerTicks(1, last), label: "calls", text: String },
    { from: centre - reach, to: centre + reach, label: "running mean of y" },
    `The running mean over ${done} calls, with its 95 % band around ${shown(centre)}`,
  );
  const { root, X, Y } = made;
  root.append(
    area(
      "band",
      band.map(([count, low, high]) => [X(count), Y(low), Y(high)]),
    ),
    line("expected", [
      [X(1), Y(centre)],
      [X(last), Y(centre)],
    ]),
    line(
      "observed",
      path.map(([count, mean]) => [X(count), Y(mean)]),
    ),
  );
  return figure("The running mean", root, [
    ["band", "95 % band"],
    ["expected", "expected mean"],
    ["observed", "running mean"],
  ]);
}

/**
 * @param {Element} parent that the chart will fill
 * @param {NonNullable<ReturnType<typeof histogram>>} spread
 * @param {number} done
 */
function drawnHistogram(parent, { law, bars }, done) {
  const tallest = Math.max(...bars.map(({ seen, expected }) => Math.max(seen, expected)));
  const made = chart(
    parent,
    { from: bars[0].left, to: bars[bars.length - 1].right, label: "mean of y in one call" },
    { from: 0, to: tallest * 1.08, label: "share of calls" },
    `The mean of y in ${done} calls, over its ${kindOf(law)} distribution around ${shown(law.mean)}`,
  );
  const { root, X, Y, bottom } = made;
  for (const { left, right, seen, expected } of bars) {
    const [start, end] = [X(left), X(right)];
    if (seen > 0) root.append(bar("bar", start, end, Y(seen), bottom));
    if (expected > 0)
      root.append(
        line("law", [
          [start, Y(expected)],
          [end, Y(expected)],
        ]),
      );
  }
  return figure("Each call's mean", root, [
    ["bar", `share of the ${done} calls`],
    ["law", `${kindOf(law)} probability`],
  ]);
}
