/**
 * Tabs: one panel is looked at; where there is room, its neighbours in the same group stand beside it, and where there is
 * none a finger turns from one to the next.
 *
 * @module tabs
 */

import { html, setAttributes, steered } from "./dom.js";

/** @typedef {{name: string, words: string, group: number}} Tab */

// pixels: a finger that moves less touches, and one that moves more turns to the next panel
const [TOUCH, TURN] = [8, 56];

export class Tabs {
  /** The panels by name. @type {Map<string, HTMLElement>} */
  panels = new Map();
  #tabs;
  #list;
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #roomy = matchMedia("(min-width: 78em)");

  /**
   * @param {HTMLElement} parent
   * @param {Tab[]} tabs
   * @param {(name: string) => void} choose
   */
  constructor(parent, tabs, choose) {
    this.#tabs = tabs;
    this.#list = html("div", { class: "lab-tabs", role: "tablist", "aria-label": "Consequences" });
    const board = html("div", { class: "lab-board" });
    for (const { name, words } of tabs) {
      const tab = html(
        "button",
        { type: "button", role: "tab", id: `lab-tab-${name}`, "aria-controls": `lab-part-${name}` },
        words,
      );
      tab.addEventListener("click", () => choose(name));
      const panel = html("section", {
        class: "lab-panel",
        role: "tabpanel",
        id: `lab-part-${name}`,
        "aria-labelledby": tab.id,
      });
      this.#buttons.set(name, tab);
      this.panels.set(name, panel);
      this.#list.append(tab);
      board.append(panel);
    }
    this.#list.addEventListener("keydown", (event) => this.#onKey(event, choose));
    this.#followFinger(board, choose);
    parent.append(this.#list, board);
  }

  /** @param {(event: Event) => void} follow is called when there is more room, or less */
  onRoom(follow) {
    this.#roomy.addEventListener("change", follow);
  }

  /** @param {string} chosen @returns {string[]} the names of the panels that are seen with it */
  seen(chosen) {
    const group = this.#tabs.find(({ name }) => name === chosen)?.group;
    return this.#tabs
      .filter((tab) => tab.name === chosen || (this.#roomy.matches && tab.group === group))
      .map(({ name }) => name);
  }

  /** @param {string} chosen */
  show(chosen) {
    const seen = this.seen(chosen);
    for (const { name } of this.#tabs) {
      const [tab, panel] = [this.#buttons.get(name), this.panels.get(name)];
      if (!tab || !panel) continue;
      const selected = name === chosen;
      if (selected && tab.getAttribute("aria-selected") !== "true") this.#reveal(tab);
      setAttributes(tab, { "aria-selected": selected, tabindex: selected ? 0 : -1 });
      panel.hidden = !seen.includes(name);
      panel.classList.toggle("chosen", selected);
      panel.classList.toggle("alone", seen.length === 1);
    }
  }

  /** Scroll the row of tabs, and nothing else. @param {HTMLElement} tab */
  #reveal(tab) {
    const start = tab.offsetLeft - this.#list.offsetLeft;
    const middle = start - (this.#list.clientWidth - tab.offsetWidth) / 2;
    this.#list.scrollLeft = Math.max(0, middle);
  }

  /**
   * A finger that moves sideways takes the panel along; up and down, the browser scrolls and cancels the pointer.
   * @param {HTMLElement} board
   * @param {(name: string) => void} choose
   */
  #followFinger(board, choose) {
    let start = NaN;
    board.addEventListener("pointerdown", ({ isPrimary, pointerType, target, clientX }) => {
      const slides = target instanceof HTMLInputElement;
      start = isPrimary && pointerType === "touch" && !slides && !this.#roomy.matches ? clientX : NaN;
    });
    const follow = (/** @type {PointerEvent} */ { type, clientX }) => {
      const moved = clientX - start;
      if (type === "pointermove" && Math.abs(moved) > TOUCH) board.style.translate = `${moved}px`;
      if (type === "pointermove") return;
      start = NaN;
      const at = this.#tabs.findIndex(({ name }) => !this.panels.get(name)?.hidden);
      const next = this.#tabs[at - Math.sign(moved)];
      if (type === "pointerup" && Math.abs(moved) > TURN && next) {
        choose(next.name);
        // It comes in from the other side.
        board.style.translate = `${-moved}px`;
        board.getBoundingClientRect();
      }
      board.style.translate = "";
    };
    for (const type of /** @type {const} */ (["pointermove", "pointerup", "pointercancel"]))
      board.addEventListener(type, follow);
  }

  /** @param {KeyboardEvent} event @param {(name: string) => void} choose */
  #onKey(event, choose) {
    const at = this.#tabs.findIndex(({ name }) => this.#buttons.get(name) === event.target);
    const count = this.#tabs.length;
    const [on, back] = [(at + 1) % count, (at + count - 1) % count];
    const to = steered(event, { ArrowRight: on, ArrowLeft: back, Home: 0, End: count - 1 });
    if (to === undefined) return;
    const { name } = this.#tabs[to];
    this.#buttons.get(name)?.focus();
    choose(name);
  }
}
