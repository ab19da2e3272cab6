/**
 * What can be undone: the states before, one for each thing that was done and not for each pixel of a drag.
 *
 * @module history
 */

const MOST = 100;
// ms within which changes of the same fields are one
const TOGETHER = 1000;

/** @template {object} State */
export class History {
  /** @type {State[]} */
  #states = [];
  #what = "";
  #when = -Infinity;

  /** Whether there is anything to undo. */
  get any() {
    return this.#states.length > 0;
  }

  /**
   * Keep the state before a change.
   * @param {State} before
   * @param {Partial<State>} changes
   * @param {number} now ms
   */
  keep(before, changes, now) {
    const what = Object.keys(changes).sort().join();
    if (what !== this.#what || now - this.#when > TOGETHER) this.#states.push(before);
    if (this.#states.length > MOST) this.#states.shift();
    [this.#what, this.#when] = [what, now];
  }

  /** @returns {State | undefined} the state before the last thing that was done */
  undo() {
    [this.#what, this.#when] = ["", -Infinity];
    return this.#states.pop();
  }
}
