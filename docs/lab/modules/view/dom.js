/**
 * Elements from names, attributes and children. Text stays text: nothing is ever parsed as markup.
 *
 * @module dom
 */

export { shown } from "../model/tensor_text.js";

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */
/** @typedef {(Node | string)[]} Children */

/** @param {Element} made @param {Attributes} attributes @param {Children} children */
function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  filled(made, attributes, children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {Children} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  filled(made, attributes, children);
  return made;
}

/**
 * @param {string} text
 * @param {() => void} action
 * @param {string} [spoken] what it is called where its text is a sign
 */
export function button(text, action, spoken) {
  const made = html("button", { type: "button", "aria-label": spoken, title: spoken }, text);
  made.addEventListener("click", action);
  return made;
}

/**
 * A button that stays pressed.
 * @param {string} text
 * @param {(pressed: boolean) => void} toggle
 */
export function pressable(text, toggle) {
  const made = button(text, () => toggle(made.getAttribute("aria-pressed") !== "true"));
  made.setAttribute("aria-pressed", "false");
  return made;
}

/**
 * Where a key leads; what has another meaning with Ctrl, Alt or ⌘ is left alone.
 * @param {KeyboardEvent} event
 * @param {Record<string, number>} places
 * @returns {number | undefined}
 */
export function steered(event, places) {
  if (!(event.key in places) || event.ctrlKey || event.altKey || event.metaKey) return undefined;
  event.preventDefault();
  return places[event.key];
}

/** Set attributes only where they changed. @param {Element} of @param {Attributes} attributes */
export function setAttributes(of, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (of.getAttribute(name) !== String(value)) of.setAttribute(name, String(value));
  }
}

/**
 * A box for text as Python prints it, which the keyboard reaches because it may scroll.
 * @param {string} id
 * @param {string} spoken what it holds
 */
export function printedBox(id, spoken) {
  return html("pre", { class: "lab-output", id, tabindex: 0, role: "group", "aria-label": spoken });
}

/** @type {WeakMap<Element, {width: number, height: number}>} */
let sizes = new WeakMap();
addEventListener("resize", () => (sizes = new WeakMap()));

/** The room inside an element, asked once a window size: asking makes the browser lay out the page. @param {Element} of */
export function roomInside(of) {
  const known = sizes.get(of);
  if (known?.width) return known;
  const room = { width: of.clientWidth, height: of.clientHeight };
  sizes.set(of, room);
  return room;
}

/** Write text only where it changed: the browser then has nothing to lay out. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A seed that nobody chose, short enough to be read in its field and told to others. */
export const randomSeed = () => BigInt(crypto.getRandomValues(new Uint16Array(1))[0]);
