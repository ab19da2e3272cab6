/**
 * Numbers in a sentence: dragged, typed or stepped where they stand; what follows from them follows.
 *
 * The page's markup says all there is to know of a number (docs/site_extensions/numbers.py).
 *
 * @module numbers
 */

import { READINGS, ROWS, called, written } from "../model/readings.js";

/** @typedef {import("../model/readings.js").Numbers} Numbers */
/** @typedef {"p" | "n" | "batch" | "seed"} Name */

const PIXELS_A_STEP = 8;
const HINT = "Drag sideways, type, or use the arrow keys";
const STEPS = /** @type {Record<string, number>} */ ({
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
});

const said = document.createElement("div");
said.className = "numbers-said";
said.setAttribute("role", "status");
document.body.append(said);

/** Write text only where it changed. @param {Element} of @param {string} text */
function write(of, text) {
  if (of.textContent !== text) of.textContent = text;
}

/** A state, and all of the page that shows it. */
class Group {
  /** @type {Element[]} */
  #readings;
  /** @type {HTMLTableRowElement[]} */
  #rows;
  /** @type {HTMLAnchorElement[]} */
  #links;
  /** @type {Spin[]} */
  #spins;
  #made;

  /** @param {HTMLElement} holder */
  constructor(holder) {
    const members = [...document.querySelectorAll(`[data-of="${holder.id}"]`)];
    /** @param {string} selector @returns {any[]} */
    const those = (selector) => members.filter((one) => one.matches(selector));
    this.holder = holder;
    /** @type {Numbers} */
    this.state = { p: 0, n: 1, batch: 1, seed: 0, ...JSON.parse(holder.dataset.state ?? "{}") };
    this.#readings = those("[data-reading]");
    this.#links = those("a");
    this.#rows = [...holder.querySelectorAll("tr")];
    this.#made = this.#readings.map((one) => (one.getAttribute("data-reading") === "made" ? one.textContent : null));
    this.#spins = those("[data-number]").map((one) => new Spin(one, this));
    this.initial = JSON.stringify(this.state);
    if (holder.querySelector(".live-controls")) this.#control();
  }

  /** Show other numbers everywhere. @param {Partial<Numbers>} changes */
  change(changes) {
    const state = Object.assign(this.state, changes);
    const call = called(state);
    const isInitial = JSON.stringify(state) === this.initial;
    write(said, "");
    for (const spin of this.#spins) spin.show();
    this.#readings.forEach((one, i) => {
      const { reading = "", form } = /** @type {HTMLElement} */ (one).dataset;
      // What the page was built with it says in its own words.
      write(one, (isInitial && this.#made[i]) || written(READINGS[reading](state, call), form));
    });
    for (const row of this.#rows) {
      const numbers = ROWS[row.dataset.row ?? ""](state, call);
      [...row.cells].slice(1).forEach((cell, i) => {
        write(cell, written(numbers[i]));
        const told = /kept|dropped/.test(cell.className);
        if (told) cell.className = `cell ${call.mask[i] ? "kept" : "dropped"}`;
      });
    }
    const fragment = this.holder.dataset.lab?.replace(/\{(\w+)\}/g, (_, name) =>
      String(state[/** @type {Name} */ (name)]),
    );
    for (const link of this.#links) link.hash = fragment ?? "";
  }

  /** Let the slider and the button change the state. */
  #control() {
    const [slide, number, resample] = ["input", "output", "button"].map((tag) => this.holder.querySelector(tag));
    const change = this.change.bind(this);
    this.change = (changes) => {
      change(changes);
      /** @type {HTMLInputElement} */ (slide).value = String(this.state.p);
      write(/** @type {Element} */ (number), written(this.state.p, ".2f"));
    };
    slide?.addEventListener("input", () => this.change({ p: Number(/** @type {HTMLInputElement} */ (slide).value) }));
    resample?.addEventListener("click", () => this.change({ seed: crypto.getRandomValues(new Uint32Array(1))[0] }));
  }
}

/** One number that a reader can change. */
class Spin {
  #at;
  #group;
  /** @type {Name} */
  #name;
  #label;
  #least = 0;
  #greatest = 0;
  #step = 0;

  /** @param {HTMLElement} at @param {Group} group */
  constructor(at, group) {
    const { number, name = "", least, greatest, step } = at.dataset;
    this.#at = at;
    this.#group = group;
    this.#name = /** @type {Name} */ (number);
    [this.#least, this.#greatest, this.#step] = [least, greatest, step].map(Number);
    this.#label = name;
    const attributes = { role: "spinbutton", tabindex: 0, title: HINT, "aria-label": name };
    const limits = { "aria-valuemin": least, "aria-valuemax": greatest };
    for (const [key, value] of Object.entries({ ...attributes, ...limits })) at.setAttribute(key, String(value));
    at.addEventListener("keydown", (event) => this.#onKey(event));
    at.addEventListener("pointerdown", (event) => this.#onPointer(event));
    this.show();
  }

  show() {
    const text = String(this.#group.state[this.#name]);
    write(this.#at, text);
    this.#at.setAttribute("aria-valuenow", text);
    this.#at.setAttribute("aria-valuetext", `${this.#name === "batch" ? "samples" : this.#name} = ${text}`);
  }

  /** Change the number, within its range. @param {number} value */
  #set(value) {
    this.#group.change({ [this.#name]: Math.min(Math.max(value, this.#least), this.#greatest) });
  }

  /** The number that is some steps away. @param {number} from @param {number} by */
  #stepped(from, by) {
    if (this.#step) return Number(((Math.round(from / this.#step) + by) * this.#step).toFixed(6));
    // 1, 2, 5, 10, ...: three steps to a power of ten.
    const place = Math.round(3 * Math.log10(from)) + by;
    return Number.isFinite(place) ? [1, 2, 5][((place % 3) + 3) % 3] * 10 ** Math.floor(place / 3) : by;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in STEPS) this.#set(this.#stepped(this.#group.state[this.#name], STEPS[event.key]));
    else if (event.key === "Enter" || event.key === "F2") this.#edit("");
    else if (/^[\d.+-]$/.test(event.key)) this.#edit(event.key);
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} down */
  #onPointer(down) {
    if (down.button) return;
    const at = this.#at;
    const from = this.#group.state[this.#name];
    let steps = 0;
    let wasDragged = false;
    at.setPointerCapture(down.pointerId);
    const ends = new AbortController();
    /** @param {string} type @param {(event: any) => void} action */
    const on = (type, action) => at.addEventListener(type, action, { signal: ends.signal });
    on("pointermove", ({ clientX }) => {
      const moved = Math.trunc((clientX - down.clientX) / PIXELS_A_STEP);
      if (moved === steps) return;
      steps = moved;
      wasDragged = true;
      at.classList.add("dragged");
      this.#set(this.#stepped(from, moved));
    });
    on("pointercancel", () => ends.abort());
    on("pointerup", () => {
      ends.abort();
      if (!wasDragged) this.#edit("");
    });
    ends.signal.addEventListener("abort", () => at.classList.remove("dragged"));
  }

  /** Let the number be typed in its place. @param {string} first what was typed already */
  #edit(first) {
    const before = this.#group.state[this.#name];
    const input = document.createElement("input");
    const attributes = { class: "number-typed", inputmode: "decimal", "aria-label": this.#label, size: 6 };
    for (const [key, value] of Object.entries(attributes)) input.setAttribute(key, String(value));
    input.value = first || String(before);
    input.addEventListener("input", () => this.#read(input));
    const end = () => {
      this.#at.hidden = false;
      // The number takes the focus back, which ends the field by its blur.
      if (document.activeElement === input) this.#at.focus();
      else input.remove();
    };
    input.addEventListener("blur", end);
    input.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#set(before);
      if (key === "Escape" || key === "Enter") end();
    });
    this.#at.after(input);
    this.#at.hidden = true;
    input.focus();
    if (first) this.#read(input);
    else input.select();
  }

  /** Take what is typed, or say what is possible and stay. @param {HTMLInputElement} input */
  #read(input) {
    const text = input.value.trim();
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    const isWhole = this.#name !== "p";
    const isGood = value >= this.#least && value <= this.#greatest && (!isWhole || Number.isInteger(value));
    input.setAttribute("aria-invalid", String(!isGood));
    // -0 is 0
    if (isGood) this.#set(value + 0);
    else
      write(
        said,
        `${this.#label.split(",")[0]} must be a ${isWhole ? "whole " : ""}number from ${this.#least} to ${this.#greatest}; ` +
          `got ${text.slice(0, 24) || "nothing"}. It stays at ${this.#group.state[this.#name]}.`,
      );
  }
}

for (const holder of document.querySelectorAll(".numbers")) new Group(/** @type {HTMLElement} */ (holder));
document.documentElement.classList.add("has-numbers");
