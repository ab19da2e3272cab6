/** Ten thousand arbitrary fragments of an address, the same on every day, from pieces that links are made of or broken by. */

import { FIELDS } from "../../docs/lab/modules/model/lab_state.js";

const COUNT = 10_000;
const PIECES = [
  "v=1",
  "v=2",
  "&",
  "&",
  "=",
  "x=",
  "p=",
  "seed=",
  "shape=",
  "draws=",
  "layers=20",
  "mode=eval",
  "scaling=vanilla",
  "loss=sum",
  "call=3",
  "mask=0110",
  "stream=compiled",
  "show=compare",
  "pin=0.5~0~train~none~1~",
  "dtype=float64",
  "1",
  "2,3",
  "-",
  "*",
  "*999",
  "e9",
  "%",
  "%3Cscript%3E",
  "%00",
  "é",
  "<img src=x onerror=\"document.title='run'\">",
  "nan",
  "inf",
  "0.5",
  "9".repeat(30),
  "__proto__",
  "javascript:",
  "'",
  '"',
  "\\",
  "your-tensor",
  " ",
  "#",
];

/** @returns {string[]} the fragments, without their # */
export function arbitraryLinks() {
  let random = 20_261_123;
  const next = (/** @type {number} */ below) => (random = (random * 48271) % 2147483647) % below;
  return Array.from({ length: COUNT }, (_, i) => {
    const pieces = Array.from({ length: 1 + next(9) }, () => PIECES[next(PIECES.length)]);
    return (i % 3 ? "v=1&" : "") + pieces.join(i % 2 ? "" : "&") + (i % 5 ? "" : i);
  });
}

/** What the lab says of a link that is no state: it names what is wrong, and what is allowed. */
export const SENTENCE = new RegExp(
  `^(The link|${Object.values(FIELDS)
    .flatMap(({ name, label }) => [name, label])
    .join("|")}) (must|is|names) .*\\. Nothing was changed\\.$`,
  "s",
);
export const LONGEST_SENTENCE = 220;
