/**
 * Aligned rows, one column an element: hovering or focusing one lights its column and says its sentence.
 *
 * @module rows_table
 */

import { button, html, setText, widthInside } from "./dom.js";

/** @typedef {{cells: string[], kept: boolean | null, name: string, sentence: string}} Column */
/** @typedef {{count: number, column: (index: number) => Column}} Columns */

const COLUMN_WIDTH = 64;
const HEADER_WIDTH = 78;

/**
 * @param {HTMLElement} parent where the rows are shown
 * @param {{labels: string[], fateRows: number[], sentences: boolean, caption: string}} options fateRows: the
 *   rows whose cells show whether the element was kept
 */
export function createRows(parent, { labels, fateRows, sentences, caption }) {
  const head = html("tr", {}, html("th", { scope: "col" }, sentences ? "element" : ""));
  const rows = labels.map((label) => html("tr", {}, html("th", { scope: "row" }, label)));
  const table = html("table", { class: "lab-rows" }, html("caption", { class: "lab-hidden" }, caption));
  table.append(html("thead", sentences ? {} : { hidden: true }, head), html("tbody", {}, ...rows));
  const sentence = html("p", { class: "lab-sentence" });
  const back = button("‹ Previous", () => turn(first - perPage));
  const on = button("Next ›", () => turn(first + perPage));
  const where = html("span");
  const pager = html("div", { class: "lab-pager" }, back, where, on);
  parent.append(table, ...(sentences ? [pager, sentence] : []));

  /** @type {Column} */
  const nothing = { cells: labels.map(() => ""), kept: null, name: "", sentence: "" };
  /** @type {Columns} */
  let columns = { count: 0, column: () => nothing };
  let first = 0;
  let perPage = 1;
  let lit = 0;
  /** @type {HTMLButtonElement[]} */
  let buttons = [];

  /** @param {number} wanted the element that the page starts with */
  function turn(wanted) {
    first = Math.max(0, Math.min(wanted, columns.count - 1));
    first -= first % perPage;
    lit = Math.min(Math.max(lit, first), Math.min(first + perPage, columns.count) - 1);
    update();
  }

  /** @param {number} index */
  function light(index) {
    lit = index;
    update();
  }

  /** @param {number} index of an element on any page */
  function focus(index) {
    lit = Math.max(0, Math.min(index, columns.count - 1));
    turn(lit);
    buttons[lit - first]?.focus();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const places = /** @type {Record<string, number>} */ ({
      ArrowRight: lit + 1,
      ArrowLeft: lit - 1,
      Home: 0,
      End: columns.count - 1,
    });
    if (event.key in places && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      focus(places[event.key]);
    }
  }
  head.addEventListener("keydown", onKey);
  table.addEventListener("mouseover", (event) => {
    const cell = /** @type {Element} */ (event.target).closest("td, th");
    const index = first + /** @type {HTMLTableCellElement} */ (cell)?.cellIndex - 1;
    if (sentences && cell && index >= first && index !== lit) light(index);
  });

  /** Have as many columns as fit, and no more than there are elements. */
  function fit() {
    const room = Math.max(1, Math.floor((widthInside(parent) - HEADER_WIDTH) / COLUMN_WIDTH));
    const wanted = Math.min(room, columns.count);
    perPage = room;
    while (rows[0].cells.length - 1 > wanted) for (const row of [head, ...rows]) row.deleteCell(-1);
    while (rows[0].cells.length - 1 < wanted) {
      const place = head.cells.length - 1;
      const choose = button("", () => focus(first + place));
      choose.addEventListener("focus", () => lit !== first + place && light(first + place));
      head.append(html("th", { scope: "col" }, choose));
      for (const row of rows) row.append(html("td"));
    }
    buttons = [...head.querySelectorAll("button")];
  }

  /** Write what this page shows. */
  function update() {
    const width = rows[0].cells.length - 1;
    for (let place = 0; place < width; place++) {
      const index = first + place;
      const exists = index < columns.count;
      const { cells, kept, name, sentence: said } = exists ? columns.column(index) : nothing;
      rows.forEach((row, i) => {
        const cell = row.cells[place + 1];
        setText(cell, cells[i]);
        const fate = fateRows.includes(i) && kept !== null ? (kept ? "kept" : "dropped") : "";
        const look = [exists ? "cell" : "", fate, sentences && index === lit ? "lit" : ""].filter(Boolean).join(" ");
        if (cell.className !== look) cell.className = look;
      });
      const choose = buttons[place];
      setText(choose, name);
      choose.hidden = !exists;
      choose.tabIndex = index === lit ? 0 : -1;
      const spoken = `${name} ${said}`;
      if (choose.getAttribute("aria-label") !== spoken) choose.setAttribute("aria-label", spoken);
      if (index === lit) setText(sentence, said);
    }
    pager.hidden = columns.count <= perPage;
    back.disabled = first === 0;
    on.disabled = first + perPage >= columns.count;
    setText(where, `${first} to ${Math.min(first + perPage, columns.count) - 1} of ${columns.count}`);
  }

  /** @param {Columns} next */
  function show(next) {
    columns = next;
    fit();
    turn(first);
  }
  new ResizeObserver(() => show(columns)).observe(parent);
  return { show };
}
