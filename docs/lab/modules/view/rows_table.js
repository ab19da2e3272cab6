/**
 * Aligned rows, one column an element: hovering or focusing one lights its column and says its sentence.
 *
 * @module rows_table
 */

import { button, html, setText, roomInside } from "./dom.js";

/** @typedef {{cells: string[], kept: boolean | null, name: string, sentence: string}} Column */
/** @typedef {{count: number, column: (index: number) => Column}} Columns */
/**
 * @typedef {object} Options
 * @property {string[]} labels of the rows
 * @property {number[]} fateRows the rows whose cells show whether the element was kept
 * @property {boolean} sentences whether elements are named, lit and explained
 * @property {string} caption
 */

const COLUMN_WIDTH = 64;
const HEADER_WIDTH = 78;

export class RowsTable {
  /** @type {HTMLElement} */
  #parent;
  /** @type {Options} */
  #options;
  #head;
  #rows;
  #sentence = html("p", { class: "lab-sentence" });
  #back = button("‹ Previous", () => this.#turn(this.#first - this.#perPage));
  #on = button("Next ›", () => this.#turn(this.#first + this.#perPage));
  #where = html("span");
  #pager = html("div", { class: "lab-pager" }, this.#back, this.#where, this.#on);
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  /** @type {Column} */
  #nothing;
  /** @type {Columns} */
  #columns;
  #first = 0;
  #perPage = 1;
  #lit = 0;

  /**
   * @param {HTMLElement} parent where the rows are shown
   * @param {Options} options
   */
  constructor(parent, options) {
    const { labels, sentences, caption } = options;
    this.#parent = parent;
    this.#options = options;
    this.#head = html("tr", {}, html("th", { scope: "col" }, sentences ? "element" : ""));
    this.#rows = labels.map((label) => html("tr", {}, html("th", { scope: "row" }, label)));
    const nothing = { cells: labels.map(() => ""), kept: null, name: "", sentence: "" };
    this.#nothing = nothing;
    this.#columns = { count: 0, column: () => nothing };
    const table = html("table", { class: "lab-rows" }, html("caption", { class: "lab-hidden" }, caption));
    table.append(html("thead", sentences ? {} : { hidden: true }, this.#head), html("tbody", {}, ...this.#rows));
    parent.append(table, ...(sentences ? [this.#pager, this.#sentence] : []));
    this.#head.addEventListener("keydown", (event) => this.#onKey(event));
    if (sentences) table.addEventListener("mouseover", (event) => this.#onHover(event));
    new ResizeObserver(() => this.show(this.#columns)).observe(parent);
  }

  /** @param {Columns} columns */
  show(columns) {
    this.#columns = columns;
    this.#fit();
    this.#turn(this.#first);
  }

  /** @param {number} wanted the element that the page starts with */
  #turn(wanted) {
    const { count } = this.#columns;
    this.#first = Math.max(0, Math.min(wanted, count - 1));
    this.#first -= this.#first % this.#perPage;
    this.#lit = Math.min(Math.max(this.#lit, this.#first), Math.min(this.#first + this.#perPage, count) - 1);
    this.#update();
  }

  /** @param {number} index */
  #light(index) {
    this.#lit = index;
    this.#update();
  }

  /** @param {number} index of an element on any page */
  #focus(index) {
    this.#lit = Math.max(0, Math.min(index, this.#columns.count - 1));
    this.#turn(this.#lit);
    this.#buttons[this.#lit - this.#first]?.focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const places = /** @type {Record<string, number>} */ ({
      ArrowRight: this.#lit + 1,
      ArrowLeft: this.#lit - 1,
      Home: 0,
      End: this.#columns.count - 1,
    });
    if (event.key in places && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#focus(places[event.key]);
    }
  }

  /** @param {MouseEvent} event */
  #onHover(event) {
    const cell = /** @type {Element} */ (event.target).closest("td, th");
    const index = this.#first + /** @type {HTMLTableCellElement} */ (cell)?.cellIndex - 1;
    if (cell && index >= this.#first && index !== this.#lit) this.#light(index);
  }

  /** Have as many columns as fit, and no more than there are elements. */
  #fit() {
    const [head, rows] = [this.#head, this.#rows];
    const room = Math.max(1, Math.floor((roomInside(this.#parent).width - HEADER_WIDTH) / COLUMN_WIDTH));
    const wanted = Math.min(room, this.#columns.count);
    this.#perPage = room;
    while (rows[0].cells.length - 1 > wanted) for (const row of [head, ...rows]) row.deleteCell(-1);
    while (rows[0].cells.length - 1 < wanted) {
      const place = head.cells.length - 1;
      const choose = button("", () => this.#focus(this.#first + place));
      choose.addEventListener("focus", () => {
        if (this.#lit !== this.#first + place) this.#light(this.#first + place);
      });
      head.append(html("th", { scope: "col" }, choose));
      for (const row of rows) row.append(html("td"));
    }
    this.#buttons = [...head.querySelectorAll("button")];
  }

  /** Write what this page shows. */
  #update() {
    const { count } = this.#columns;
    const end = Math.min(this.#first + this.#perPage, count);
    this.#buttons.forEach((_, place) => this.#write(place));
    this.#pager.hidden = count <= this.#perPage;
    this.#back.disabled = this.#first === 0;
    this.#on.disabled = this.#first + this.#perPage >= count;
    setText(this.#where, `${this.#first} to ${end - 1} of ${count}`);
  }

  /** Write one column of this page. @param {number} place */
  #write(place) {
    const { fateRows, sentences } = this.#options;
    const index = this.#first + place;
    const exists = index < this.#columns.count;
    const lit = index === this.#lit;
    const { cells, kept, name, sentence } = exists ? this.#columns.column(index) : this.#nothing;
    this.#rows.forEach((row, i) => {
      const cell = row.cells[place + 1];
      setText(cell, cells[i]);
      const fate = fateRows.includes(i) && kept !== null ? (kept ? "kept" : "dropped") : "";
      const look = [exists ? "cell" : "", fate, sentences && lit ? "lit" : ""].filter(Boolean).join(" ");
      if (cell.className !== look) cell.className = look;
    });
    const choose = this.#buttons[place];
    setText(choose, name);
    choose.hidden = !exists;
    choose.tabIndex = lit ? 0 : -1;
    const spoken = `${name} ${sentence}`;
    if (choose.getAttribute("aria-label") !== spoken) choose.setAttribute("aria-label", spoken);
    if (lit) setText(this.#sentence, sentence);
  }
}
