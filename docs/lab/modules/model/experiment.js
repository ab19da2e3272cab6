/**
 * The experiment with the mean: call the layer again and again, and hold the running mean to its law.
 *
 * It works in steps of some microseconds, or of one law: whoever looks at a clock decides how many.
 *
 * @module experiment
 */

import { inUnits, meanLaw } from "./mean_law.js";
import { streamOf } from "./streams.js";

/** @typedef {import("./derived.js").Derived} Derived */
/** @typedef {import("./mean_law.js").MeanLaw} MeanLaw */
/** @typedef {{left: number, right: number, seen: number, expected: number}} Bar shares between two edges */

const LAWS_PER_DECADE = 8;
const POINTS_PER_DECADE = 40;
// The axis of the calls goes at least so far: before, a band has no shape to see.
const SHORTEST_AXIS = 100;
const MOST_BARS = 40;
// Standard errors that the bars share: beyond 4.5 to each side a normal law has 7e-6, less than a bar shows.
const SHARED_ERRORS = 9;
const LEAST_SHOWN = 1e-4;
// Elements of a step, some microseconds: a look at the clock after each costs next to nothing, and no frame is late.
const STEP = 500;

/** Whether a variance can be computed with it. @param {number} value */
export const squarable = (value) => Math.abs(value) < 1e150;

/** @param {number} last @param {number} perDecade @returns {number[]} numbers of calls, evenly spaced as logarithms */
function checkpoints(last, perDecade) {
  const places = new Set([1, last]);
  for (let k = 0; 10 ** (k / perDecade) < last; k++) places.add(Math.round(10 ** (k / perDecade)));
  return [...places].sort((a, b) => a - b);
}

export class Experiment {
  /** Whether anything is random: where nothing is, there is nothing to do. */
  random = false;
  /** Calls that are wanted, and calls that were made. */
  wanted = 1;
  done = 0;
  /** The running mean after some numbers of calls. @type {[number, number][]} */
  path = [];
  /** The law of the running mean after some numbers of calls. @type {Map<number, MeanLaw>} */
  laws = new Map();
  #key = "";
  #stream = streamOf({ stream: "eager", seed: 0n, p: 0, dtype: "float32" }, 0);
  #sum = 0;
  #means = new Float64Array(128);
  /** @type {Float64Array | undefined} */
  #written;
  /** @type {ArrayLike<number>} */
  #numbers = [];
  /** What a call gives where it keeps an element. @type {ArrayLike<number>} */
  #kept = [];
  #p = 0;
  #factor = 1;
  /** How often each element was kept. */
  #counts = new Uint32Array(0);
  #marks = new Set([1]);

  /** Each call's mean. */
  get means() {
    return this.#means.subarray(0, this.done);
  }

  /** The mean of all calls. */
  get running() {
    return this.#sum / this.done;
  }

  /** Each element of y, averaged over all calls. */
  get averages() {
    return Float64Array.from(this.#counts, (count, i) => (count * this.#kept[i]) / this.done);
  }

  /** Whether calls are still to be made, or laws to be found. */
  get unfinished() {
    return this.random && (this.done < this.wanted || this.#missing().length > 0);
  }

  /** Go on with a state, or start again if it calls another layer. @param {Derived} derived */
  take({ state, x, factors, draws }) {
    const { seed, p, scaling, dtype, numbers, calls, stream } = state;
    this.random = draws && x.every(squarable) && x.some(Boolean);
    this.wanted = calls;
    this.#marks = new Set(checkpoints(calls, POINTS_PER_DECADE));
    // What decides the calls; how many of them are wanted does not.
    const key = [stream, seed, p, draws, scaling, dtype].join(" ");
    if (key !== this.#key || this.#written !== numbers || calls < this.done) {
      [this.#key, this.#written] = [key, numbers];
      this.#stream = streamOf(state, x.length);
      this.#counts = new Uint32Array(x.length);
      [this.done, this.#sum, this.path] = [0, 0, []];
      this.laws = new Map();
      this.#numbers = inUnits(numbers) ? numbers : x;
      [this.#p, this.#factor] = [p, factors.kept];
      this.#kept = x.map((value) => value * factors.kept);
    }
    if (this.#means.length < calls) {
      const longer = new Float64Array(calls);
      longer.set(this.means);
      this.#means = longer;
    }
  }

  /** Call the layer some times; once all calls are made, find a law. @param {number} most calls to have made then */
  step(most) {
    if (!this.random) return;
    const [kept, counts] = [this.#kept, this.#counts];
    const n = kept.length;
    for (let i = 0; i < Math.max(1, STEP / n) && this.done < Math.min(most, this.wanted); i++) {
      const mask = this.#stream.mask();
      let total = 0;
      for (let k = 0; k < n; k++) {
        total += mask[k] * kept[k];
        counts[k] += mask[k];
      }
      this.#sum += this.#means[this.done++] = total / n;
      if (this.#marks.has(this.done)) this.path.push([this.done, this.running]);
    }
    const [count] = this.done < this.wanted ? [] : this.#missing();
    if (count) this.laws.set(count, meanLaw(this.#numbers, 1 - this.#p, this.#factor, count));
  }

  /** @returns {number[]} numbers of calls whose law is still to be found */
  #missing() {
    const last = Math.max(this.wanted, SHORTEST_AXIS);
    return checkpoints(last, LAWS_PER_DECADE).filter((count) => !this.laws.has(count));
  }
}

/**
 * The running mean on its way, and the band that it settles in; null before the first law is found.
 * @param {Experiment} experiment
 */
export function settling({ laws, path, wanted }) {
  const found = [...laws.entries()].sort(([a], [b]) => a - b);
  if (found.length === 0) return null;
  const { mean: centre, interval, standardError } = found[0][1];
  return {
    last: Math.max(wanted, SHORTEST_AXIS),
    centre,
    // A law with one value alone still needs an axis of some length.
    reach: Math.max(centre - interval[0], interval[1] - centre, 2 * standardError, 1e-300) * 1.15,
    band: found.map(([count, law]) => /** @type {[number, number, number]} */ ([count, ...law.interval])),
    path,
  };
}

/**
 * How the means of single calls are spread, beside their law; null before that is found.
 * @param {Experiment} experiment
 * @returns {{law: MeanLaw, bars: Bar[]} | null} bars from left to right
 */
export function histogram({ laws, means, done }) {
  const law = laws.get(1);
  if (!law) return null;
  const { start, probabilities } = law;
  const step = Math.abs(law.step);
  const origin = start * law.step;
  // Edges halfway between attainable means: bars that hold unequal numbers of them would comb.
  const perBar = Math.max(1, Math.ceil((SHARED_ERRORS * law.standardError) / step / MOST_BARS));
  /** @param {number} value @returns {number} */
  const indexOf = (value) => Math.floor(((value - origin) / step + 0.5) / perBar + 1e-9);
  /** @param {number} index @returns {number} the lower edge of a bar */
  const edge = (index) => origin + (index * perBar - 0.5) * step;
  /** @type {Map<number, Bar>} */
  const bars = new Map();
  /** @param {number} index */
  const at = (index) => {
    const found = bars.get(index) ?? { left: edge(index), right: edge(index + 1), seen: 0, expected: 0 };
    bars.set(index, found);
    return found;
  };
  means.forEach((mean) => (at(indexOf(mean)).seen += 1 / done));
  probabilities.forEach((probability, i) => (at(indexOf((start + i) * law.step)).expected += probability));
  const shown = [...bars.values()].filter(({ seen, expected }) => seen > 0 || expected > LEAST_SHOWN);
  return { law, bars: shown.sort((a, b) => a.left - b.left) };
}
