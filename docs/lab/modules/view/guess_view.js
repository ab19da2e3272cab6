/**
 * Guess before the reveal: what will become of an element? The answer is explained, whichever it was.
 *
 * @module guess_view
 */

import { button, html, setAttributes, setText, shown } from "./dom.js";
import { createPanel } from "./panel.js";
import { nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */
/** A guess: what one multiplies x by. @typedef {{words: string, factor: (p: number) => number}} Guess */

/** @type {Guess[]} */
const GUESSES = [
  { words: "x stays", factor: () => 1 },
  { words: "x / (1 − p)", factor: (p) => (p < 1 ? 1 / (1 - p) : Infinity) },
  { words: "(1 − p) x", factor: (p) => 1 - p },
  { words: "0", factor: () => 0 },
];

/** @param {HTMLElement} parent @param {Lab} lab */
export function createGuess(parent, { change, veil }) {
  /** @type {Derived | undefined} */
  let derived;
  let asked = "";
  let isChosen = false;
  const again = button("Another", () => change({ seed: BigInt(crypto.getRandomValues(new Uint32Array(1))[0]) }));
  const { told, picture } = createPanel(parent, "Guess first", again);
  const answers = GUESSES.map((guess) => button(guess.words, () => answer(guess)));
  const verdict = html("p", { role: "status", class: "lab-verdict" });
  picture.append(html("div", { class: "lab-guesses" }, ...answers), verdict);

  /** @param {Guess} guess */
  const answer = (guess) => {
    if (!derived) return;
    veil(false);
    const right = GUESSES.map((one) => isRight(one, derived));
    answers.forEach((one, i) => {
      one.disabled = true;
      one.classList.toggle("right", right[i]);
      one.classList.toggle("wrong", GUESSES[i] === guess && !right[i]);
    });
    setText(verdict, explained(guess, derived));
  };
  /** @param {Derived} next */
  const render = (next) => {
    derived = next;
    const { seed, p, training, scaling, call, held } = next.state;
    const now = [seed, p, training, scaling, call, held, next.state.numbers.join()].join(" ");
    if (now === asked) return;
    asked = now;
    setText(told, question(next));
    setText(verdict, "");
    const i = subject(next);
    answers.forEach((one, k) => {
      one.disabled = false;
      one.classList.remove("right", "wrong");
      const value = next.x[i] * GUESSES[k].factor(p);
      setText(one, k < 3 && Number.isFinite(value) ? `${GUESSES[k].words} = ${shown(value)}` : GUESSES[k].words);
      setAttributes(one, { "aria-label": one.textContent ?? "" });
    });
    if (isChosen) veil(true);
  };
  return {
    render,
    /** @param {boolean} chosen */
    chosen(chosen) {
      if (chosen === isChosen) return;
      isChosen = chosen;
      veil(chosen && verdict.textContent === "");
    },
  };
}

/** The element that is asked about: the first that is kept and not 0. @param {Derived} derived */
function subject({ x, mask }) {
  const kept = x.findIndex((value, i) => mask[i] === 1 && value !== 0);
  return Math.max(0, kept);
}

/** @param {Derived} derived @returns {string} */
function question(derived) {
  const i = subject(derived);
  const { state, mask } = derived;
  const name = `${nameOf(derived, i)} = ${shown(derived.x[i])}`;
  if (!state.training) return `The model is in evaluation, p = ${shown(state.p)}. What will become of ${name}?`;
  const fate = mask[i] ? "a survivor" : "dropped";
  return `In training, p = ${shown(state.p)}, ${name} is ${fate}. What will become of it?`;
}

/** @param {Guess} guess @param {Derived | undefined} derived */
function isRight({ factor }, derived) {
  if (!derived) return false;
  const i = subject(derived);
  const { kept, dropped } = derived.factors;
  const right = derived.mask[i] ? kept : dropped;
  return Math.abs(factor(derived.state.p) - right) < 1e-6 * Math.max(1, right);
}

/** @param {Guess} guess @param {Derived} derived @returns {string} */
function explained(guess, derived) {
  const { state, x, y, mask } = derived;
  const i = subject(derived);
  const [value, p] = [x[i], state.p];
  const verdict = isRight(guess, derived) ? "Right" : "No";
  if (!mask[i]) return `${verdict}: it is ${shown(y[i])}. What is dropped is multiplied by 0.`;
  if (!state.training) {
    const why = state.scaling === "vanilla" ? "vanilla dropout makes up for training here, by × (1 − p)" : "evaluation drops nothing, and inverted dropout has scaled in training already";
    return `${verdict}: it is ${shown(y[i])}; ${why}.`;
  }
  if (state.scaling !== "inverted") return `${verdict}: it is ${shown(y[i])}. This scaling leaves survivors as they are, so that y is (1 − p) x = ${shown((1 - p) * value)} on average.`;
  const average = shown((1 - p) * value * guess.factor(p));
  const wrong = verdict === "Right" ? "" : ` With ${guess.words}, y would be ${average} on average.`;
  return `${verdict}: it is ${shown(value)} / ${shown(1 - p)} = ${shown(y[i])}. Kept with probability 1 − p = ${shown(1 - p)}, it is x = ${shown(value)} on average over masks.${wrong}`;
}
