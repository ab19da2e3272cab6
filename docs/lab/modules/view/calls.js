/**
 * Calls as they come: the experiment that all panels about many calls share, at a pace that can be watched.
 *
 * @module calls
 */

import { Experiment } from "../model/experiment.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

// frames in which calls come that were asked for at once: a second is enough to watch them
const FRAMES = 60;

export class Calls {
  experiment = new Experiment();
  #pace = Infinity;
  /** @type {Derived | undefined} */
  #taken;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  get unfinished() {
    return this.experiment.unfinished;
  }

  /** Go on with a state, of which any panel may tell. @param {Derived} derived */
  take(derived) {
    if (derived === this.#taken) return;
    this.#taken = derived;
    this.experiment.take(derived);
    const { done, wanted } = this.experiment;
    // Calls that were asked for one by one are shown as they come.
    this.#pace = done > 0 && !this.#calm.matches ? Math.ceil((wanted - done) / FRAMES) : Infinity;
  }

  /** Go on with the calls of this frame, and then with laws. @param {number} deadline */
  work(deadline) {
    const { experiment } = this;
    const most = Math.min(experiment.wanted, experiment.done + this.#pace);
    const waits = () => experiment.done === most && most < experiment.wanted;
    do experiment.step(most);
    while (experiment.unfinished && !waits() && performance.now() < deadline);
  }
}

/** Those that all panels share. */
export const calls = new Calls();
