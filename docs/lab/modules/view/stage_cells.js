/**
 * The rows under the dots, one column an element: x, the mask as buttons that drop or keep, and y.
 *
 * @module stage_cells
 */

import { html, setAttributes, setText, shown, steered } from "./dom.js";
import { fateOf, nameOf } from "../model/sentences.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

const ROWS = ["x", "m", "y"];

export class StageCells {
  #rows = ROWS.map((label) => html("tr", {}, html("th", { scope: "row" }, label)));
  #table = html(
    "table",
    { class: "lab-rows stage-rows" },
    html("caption", { class: "lab-hidden" }, "Input, mask and output of each element"),
    html("colgroup", {}, html("col", { class: "stage-names" })),
    html("tbody", {}, ...this.#rows),
  );
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  /** @type {(index: number) => void} */
  #toggle;
  /** @type {(index: number) => void} */
  #select;

  /**
   * @param {HTMLElement} parent
   * @param {(index: number) => void} toggle drop or keep an element
   * @param {(index: number) => void} select look at an element
   */
  constructor(parent, toggle, select) {
    [this.#toggle, this.#select] = [toggle, select];
    parent.append(this.#table);
    this.#table.addEventListener("mouseover", (event) => {
      const cell = /** @type {HTMLTableCellElement | null} */ (/** @type {Element} */ (event.target).closest("td"));
      if (cell) select(cell.cellIndex - 1);
    });
    this.#rows[1].addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const at = this.#buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const last = this.#buttons.length - 1;
    const to = steered(event, { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last });
    if (to !== undefined) this.#buttons[Math.max(0, Math.min(last, to))].focus();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.#table.hidden = hidden;
  }

  /** @param {Derived} derived @param {number} lit */
  show(derived, lit) {
    const { x, mask, y, state } = derived;
    const free = state.training && state.p > 0 && state.p < 1;
    this.#fit(x.length);
    this.#buttons.forEach((toggle, i) => {
      const [input, decided, output] = this.#rows.map((row) => row.cells[i + 1]);
      const fate = state.training ? (mask[i] ? " kept" : " dropped") : "";
      const look = `cell${i === lit ? " lit" : ""}`;
      setText(input.firstChild ?? input, shown(x[i], 3));
      setText(toggle, state.training ? String(mask[i]) : "–");
      setText(output.firstChild ?? output, shown(y[i], 3));
      setAttributes(input, { class: look });
      setAttributes(decided, { class: look + fate });
      setAttributes(output, { class: look + fate });
      setAttributes(toggle, {
        tabindex: i === lit ? 0 : -1,
        "aria-disabled": !free,
        "aria-label": `${toggle.textContent}, ${nameOf(derived, i)}: ${fateOf(derived, i)}${free ? ` Press to ${mask[i] ? "drop" : "keep"} it.` : ""}`,
      });
    });
  }

  /** @param {number} count */
  #fit(count) {
    if (count === this.#buttons.length) return;
    this.#buttons = Array.from({ length: count }, (_, i) => {
      const toggle = html("button", { type: "button" });
      toggle.addEventListener("click", () => this.#toggle(i));
      toggle.addEventListener("focus", () => this.#select(i));
      return toggle;
    });
    this.#rows.forEach((row, k) => {
      const head = row.cells[0];
      const cells = this.#buttons.map((toggle) =>
        html("td", {}, k === 1 ? toggle : html("span", k === 2 ? { class: "veil" } : {}, "")),
      );
      row.replaceChildren(head, ...cells);
    });
  }
}
