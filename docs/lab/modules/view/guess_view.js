/**
 * Guess before the reveal: what will become of an element? The answer is explained, whichever it was.
 *
 * @module guess_view
 */

import { button, html, randomSeed, setText, shown } from "./dom.js";
import { createPanel } from "./panel.js";
import { nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("./panel.js").Lab} Lab */

/** What one may think that x is multiplied by. @type {[string, (p: number) => number][]} */
const GUESSES = [
  ["x stays", () => 1],
  ["x / (1 − p)", (p) => 1 / (1 - p)],
  ["(1 − p) x", (p) => 1 - p],
  ["0", () => 0],
];

/** @param {HTMLElement} parent @param {Lab} lab */
export function create(parent, { change, veil }) {
  /** @type {Derived} */
  let derived;
  let asked = "";
  let isChosen = false;
  const again = button("Another", () => change({ seed: randomSeed(), held: "" }));
  const answers = GUESSES.map(([, factor]) => button("", () => answer(factor)));
  const verdict = html("p", { role: "status", class: "lab-verdict" });

  /** @param {(p: number) => number} guess */
  const answer = (guess) => {
    veil(false);
    answers.forEach((one, k) => {
      const factor = GUESSES[k][1];
      one.disabled = true;
      one.className = isRight(factor, derived) ? "right" : factor === guess ? "wrong" : "";
    });
    setText(verdict, `${isRight(guess, derived) ? "Right" : "No"}: ${explained(derived)}`);
  };
  /** @param {Derived} next */
  const tell = (next) => {
    derived = next;
    const { seed, p, training, scaling, call, held, stream, numbers } = next.state;
    const now = [seed, p, training, scaling, call, held, stream, numbers].join(" ");
    if (now !== asked) ask(next);
    asked = now;
    return question(next);
  };
  /** @param {Derived} next */
  const ask = (next) => {
    setText(verdict, "");
    answers.forEach((one, k) => {
      const [words, factor] = GUESSES[k];
      const value = next.x[subject(next)] * factor(next.state.p);
      [one.disabled, one.className] = [false, ""];
      setText(one, Number.isFinite(value) && words !== "0" ? `${words} = ${shown(value)}` : words);
    });
    if (isChosen) veil(true);
  };
  const render = createPanel(parent, "Guess first", tell, () => null, again);
  parent.append(html("div", { class: "lab-guesses" }, ...answers), verdict);
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
const subject = ({ x, mask }) =>
  Math.max(
    0,
    x.findIndex((value, i) => mask[i] === 1 && value !== 0),
  );

/** @param {Derived} derived @returns {string} */
function question(derived) {
  const { state, mask, x } = derived;
  const i = subject(derived);
  const fate = state.training ? `In training ${mask[i] ? "a survivor" : "what is dropped"}` : "In evaluation";
  return `p = ${shown(state.p)}. ${fate}: what will become of ${nameOf(derived, i)} = ${shown(x[i])}?`;
}

/** @param {(p: number) => number} factor @param {Derived} derived */
function isRight(factor, derived) {
  const { state, factors, mask } = derived;
  const right = mask[subject(derived)] ? factors.kept : factors.dropped;
  return Math.abs(factor(state.p) - right) < 1e-6 * Math.max(1, right);
}

/** @param {Derived} derived @returns {string} */
function explained(derived) {
  const { state, x, y, mask } = derived;
  const { training, scaling, p } = state;
  const i = subject(derived);
  const [value, q] = [x[i], 1 - p];
  const is = `it is ${shown(y[i])}`;
  if (!mask[i]) return `${is}. What is dropped is multiplied by 0.`;
  if (!training)
    return `${is}. Evaluation drops nothing${scaling === "vanilla" ? ", and vanilla dropout scales here" : ""}.`;
  if (scaling !== "inverted") return `${is}: unscaled. On average over masks it is ${shown(q * value)}.`;
  return `${is} = ${shown(value)} / ${shown(q)}. As it is kept with probability ${shown(q)}, it is ${shown(value)} on average over masks, as x is; left as it was, it would be ${shown(q * value)}.`;
}
