/**
 * The four rows of the first page, live: another p, another seed, the same rule.
 *
 * @module live_rows
 */

import { button, html, setText, shown } from "./dom.js";
import { RowsTable } from "./rows_table.js";
import { derive } from "../model/derived.js";
import { FIELDS, initialState, writeFragment } from "../model/lab_state.js";

/** @typedef {import("../model/lab_state.js").LabState} LabState */

const place = /** @type {HTMLElement} */ (document.getElementById("live-rows"));
const caption = /** @type {HTMLElement} */ (document.querySelector(".live-caption"));
const number = html("output", { for: "live-p" });
const slide = html("input", { id: "live-p", type: "range", min: 0, max: 1, step: 0.05, value: initialState().p });
const said = html("span", { role: "status" });
const link = html("a", {}, "Try your own tensor in the lab");
let state = initialState();

const rows = new RowsTable(place, {
  labels: ["input x", "mask m", "1/(1 − p)", "output y"],
  fateRows: [1, 3],
  sentences: false,
  caption: "Input, mask, scale and output of each element",
});
const resample = button("Resample", () => change({ seed: BigInt(crypto.getRandomValues(new Uint32Array(1))[0]) }));
place.append(
  html(
    "div",
    { class: "live-controls" },
    html("label", { for: "live-p" }, "Drop probability p"),
    slide,
    number,
    resample,
  ),
);
slide.addEventListener("input", () => change({ p: FIELDS.p.read(slide.value) }));

/** @param {Partial<LabState>} changes */
function change(changes) {
  show(changes);
  setText(
    said,
    `x = [${state.numbers.join(", ")}], p = ${state.p}, seed ${state.seed}, computed by your browser as torch would. `,
  );
  link.href = place.dataset.lab + writeFragment(state);
  caption.replaceChildren(said, link);
}

/** @param {Partial<LabState>} changes */
function show(changes) {
  state = { ...state, ...changes };
  const { x, mask, y, factors } = derive(state);
  const scale = shown(factors.kept, 3);
  rows.show({
    count: x.length,
    column: (i) => ({
      cells: [shown(x[i]), String(mask[i]), scale, shown(y[i], 3)],
      kept: mask[i] === 1,
      name: "",
      sentence: "",
    }),
  });
  setText(number, state.p.toFixed(2));
}

document.documentElement.classList.add("has-live-rows");
show({});
