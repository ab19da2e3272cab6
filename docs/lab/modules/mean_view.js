/**
 * The mean of y: call after call, it settles inside its exact band.
 *
 * @module mean_view
 */

import { area, bar, chart, figure, line, powerTicks } from "./charts.js";
import { button, html, setText, shown } from "./dom.js";
import { TorchStream, mean } from "./dropout_model.js";
import { MOST_DRAWS } from "./lab_state.js";
import { inUnits, meanLaw } from "./mean_law.js";

/** @typedef {import("./lab.js").Derived} Derived */
/** @typedef {import("./mean_law.js").MeanLaw} MeanLaw */

const LAWS_PER_DECADE = 8;
const POINTS_PER_DECADE = 40;
const MOST_BARS = 40;

/** Whether a variance can be computed with it. @param {number} value */
const squarable = (value) => Math.abs(value) < 1e150;

/** @param {MeanLaw} law */
const kindOf = (law) => (law.exact ? "exact" : "normal");

/** @param {number} last @param {number} perDecade @returns {number[]} numbers of calls, evenly spaced as logarithms */
function checkpoints(last, perDecade) {
  const places = new Set([1, last]);
  for (let k = 0; 10 ** (k / perDecade) < last; k++) places.add(Math.round(10 ** (k / perDecade)));
  return [...places].sort((a, b) => a - b);
}

/**
 * @param {HTMLElement} parent
 * @param {(more: number) => void} draw asks for so many calls more, or, for 0, to start again
 */
export function createMean(parent, draw) {
  const told = html("p");
  const pictures = html("div", { class: "lab-charts" });
  let total = 1;
  const more = ["1", "100", "10 000"].map((count) =>
    button(`Draw ${count}`, () => draw(Number(count.replace(" ", "")))),
  );
  const again = button("Start again", () => draw(0));
  parent.append(html("div", { class: "lab-buttons" }, ...more, again), told, pictures);

  /** @type {Derived | undefined} */
  let derived;
  let key = "";
  /** @type {TorchStream} */
  let stream;
  let means = new Float64Array(0);
  let done = 0;
  let sum = 0;
  /** @type {[number, number][]} */
  let path = [];
  /** @type {Map<number, MeanLaw>} */
  let laws = new Map();
  /** @type {ArrayLike<number>} */
  let numbers = [];
  /** @type {Float64Array | undefined} */
  let written;
  let pace = Infinity;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Derived} next */
  function render(next) {
    derived = next;
    const { state } = next;
    total = state.draws;
    // What decides the calls; the number of calls only says how many of them are wanted.
    const nextKey = [state.seed, state.p, state.training, state.scaling, state.dtype].join(" ");
    if (nextKey !== key || written !== state.numbers || total < done) {
      [key, written] = [nextKey, state.numbers];
      stream = new TorchStream(state.seed);
      [done, sum, path] = [0, 0, []];
      laws = new Map();
      numbers = inUnits(state.numbers) ? state.numbers : next.x;
    }
    if (means.length < total) {
      const longer = new Float64Array(Math.max(total, 128));
      longer.set(means.subarray(0, done));
      means = longer;
    }
    // Calls that were asked for one by one are shown as they come; a second is enough to watch them.
    pace = done > 0 && !calm.matches ? Math.ceil((total - done) / 60) : Infinity;
    for (const control of more) control.disabled = total >= MOST_DRAWS;
    draws();
  }

  /** Whether calls are still to be made, or laws to be found. */
  function unfinished() {
    return derived !== undefined && random(derived) && (done < total || wanted().length > 0);
  }

  /** @param {Derived} of */
  function random({ state, x }) {
    return state.training && state.p > 0 && state.p < 1 && x.every(squarable) && x.some(Boolean);
  }

  /** @returns {number[]} numbers of calls whose law is still to be found */
  function wanted() {
    return checkpoints(Math.max(total, 100), LAWS_PER_DECADE).filter((count) => !laws.has(count));
  }

  /** Call the layer, and find laws, until the deadline. @param {number} deadline */
  function work(deadline) {
    if (!derived || !random(derived)) return;
    const { state, x, factors } = derived;
    const ys = x.map((value) => value * factors.kept);
    const most = Math.min(total, done + pace);
    const marks = new Set(checkpoints(total, POINTS_PER_DECADE));
    do {
      // Several calls between two looks at the clock.
      for (let i = 0; i < Math.max(1, 500 / x.length) && done < most; i++) {
        const mask = stream.mask(x.length, state.p);
        let total = 0;
        for (let k = 0; k < x.length; k++) total += mask[k] * ys[k];
        sum += means[done++] = total / x.length;
        if (marks.has(done)) path.push([done, sum / done]);
      }
      const [count] = done < total ? [] : wanted();
      if (count) laws.set(count, meanLaw(numbers, 1 - state.p, factors.kept, count));
    } while (unfinished() && (done < most || done === total) && performance.now() < deadline);
    draws();
  }

  function draws() {
    if (!derived) return;
    const { x, y } = derived;
    if (!random(derived)) {
      setText(
        told,
        `${x.every(squarable) ? "Nothing is random here" : "Not every value is finite and below 1e150"}: the mean of y is ${shown(mean(y))} in this call.`,
      );
      pictures.replaceChildren();
      return;
    }
    const law = laws.get(total);
    if (!law || done < total) {
      setText(told, `Drawing: ${done} of ${total} calls.`);
      if (done === 0 || laws.size < 3) return;
    } else {
      const [low, high] = law.interval;
      const running = sum / done;
      const where = running >= low - 1e-12 && running <= high + 1e-12 ? "inside" : "outside";
      setText(
        told,
        `After ${done} ${done === 1 ? "call" : "calls"} the running mean of y is ${shown(running)}: ${where} the ${kindOf(law)} 95 % band from ${shown(low)} to ${shown(high)} around ${shown(law.mean)}.` +
          (law.exact
            ? ""
            : " (The values share no coarse unit: the standard error is exact, the shape taken as normal.)"),
      );
    }
    pictures.replaceChildren(settling(), ...histogram());
  }

  function settling() {
    const shownLaws = [...laws.entries()].sort(([a], [b]) => a - b);
    const last = Math.max(total, 100);
    const { mean: centre, interval, standardError } = shownLaws[0][1];
    const reach = Math.max(centre - interval[0], interval[1] - centre, 2 * standardError, 1e-300) * 1.15;
    const { root, X, Y } = chart(
      pictures,
      { from: 1, to: last, log: true, ticks: powerTicks(1, last), label: "calls", text: String },
      { from: centre - reach, to: centre + reach, label: "running mean of y" },
      `The running mean over ${done} calls, with its 95 % band around ${shown(centre)}`,
    );
    root.append(
      area(
        "band",
        shownLaws.map(([count, { interval }]) => [X(count), Y(interval[0]), Y(interval[1])]),
      ),
    );
    root.append(
      line("expected", [
        [X(1), Y(centre)],
        [X(last), Y(centre)],
      ]),
    );
    root.append(
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

  /** @returns {HTMLElement[]} */
  function histogram() {
    const law = laws.get(1);
    if (!law) return [];
    const { start, probabilities } = law;
    const step = Math.abs(law.step);
    const origin = start * law.step;
    // Edges halfway between attainable means: bars that hold unequal numbers of them would comb.
    const perBar = Math.max(1, Math.ceil((9 * law.standardError) / step / MOST_BARS));
    /** @param {number} value @returns {number} */
    const barOf = (value) => Math.floor(((value - origin) / step + 0.5) / perBar + 1e-9);
    /** @type {Map<number, {seen: number, expected: number}>} */
    const bars = new Map();
    /** @param {number} index */
    const at = (index) => {
      const found = bars.get(index) ?? { seen: 0, expected: 0 };
      bars.set(index, found);
      return found;
    };
    for (let i = 0; i < done; i++) at(barOf(means[i])).seen += 1 / done;
    probabilities.forEach((probability, i) => (at(barOf((start + i) * law.step)).expected += probability));
    const drawn = [...bars.entries()]
      .filter(([, { seen, expected }]) => seen > 0 || expected > 1e-4)
      .sort(([a], [b]) => a - b);
    /** @param {number} index @returns {number} the lower edge of a bar */
    const edge = (index) => origin + (index * perBar - 0.5) * step;
    const [from, to] = [edge(drawn[0][0]), edge(drawn[drawn.length - 1][0] + 1)];
    const tallest = Math.max(...drawn.map(([, { seen, expected }]) => Math.max(seen, expected)));
    const { root, X, Y, bottom } = chart(
      pictures,
      { from, to, label: "mean of y in one call" },
      { from: 0, to: tallest * 1.08, label: "share of calls" },
      `The mean of y in ${done} calls, over its ${kindOf(law)} distribution around ${shown(law.mean)}`,
    );
    for (const [index, { seen, expected }] of drawn) {
      const [left, right] = [X(edge(index)), X(edge(index + 1))];
      if (seen > 0) root.append(bar("bar", left, right, Y(seen), bottom));
      if (expected > 0)
        root.append(
          line("law", [
            [left, Y(expected)],
            [right, Y(expected)],
          ]),
        );
    }
    return [
      figure("Each call's mean", root, [
        ["bar", `share of the ${done} calls`],
        ["law", `${kindOf(law)} probability`],
      ]),
    ];
  }

  return { render, unfinished, work };
}
