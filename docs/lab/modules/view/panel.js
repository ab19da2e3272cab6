/**
 * What every consequence consists of: its name, controls, a sentence, and a picture of a few marks. A library of charts
 * would outweigh them many times.
 *
 * @module panel
 */

import { html, roomInside, setText, svg } from "./dom.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */
/**
 * What a consequence may ask of the lab.
 * @typedef {object} Lab
 * @property {(changes: Partial<LabState>) => void} change
 * @property {() => LabState} now
 * @property {() => number} lit the element that is looked at
 * @property {(on: boolean) => void} veil hides y, or shows it again
 */
/**
 * A consequence: it shows what follows from a state.
 * @typedef {object} Panel
 * @property {(derived: Derived) => void} render
 * @property {(chosen: boolean) => void} [chosen] is told when it is looked at, and when no longer
 * @property {import("./calls.js").Calls} [calls] what it shows more of with every frame, until that is done
 */
/** What the module of a consequence gives. @typedef {{create: (parent: HTMLElement, lab: Lab) => Panel}} PanelModule */

/**
 * @param {HTMLElement} parent
 * @param {string} title
 * @param {(derived: Derived) => string} tell
 * @param {(picture: HTMLElement, derived: Derived) => Node | null} draw what fills the picture; null leaves what is there
 * @param {...Node} controls
 * @returns {Panel["render"]}
 */
export function createPanel(parent, title, tell, draw, ...controls) {
  const told = html("p", { class: "lab-told" });
  const picture = html("div", { class: "lab-picture" });
  parent.append(
    html("div", { class: "lab-head" }, html("p", { class: "lab-title" }, title), ...controls),
    told,
    picture,
  );
  return (derived) => {
    setText(told, tell(derived));
    const drawn = draw(picture, derived);
    if (drawn) picture.replaceChildren(drawn);
  };
}

/** The width that a picture can take, in pixels. @param {Element} parent that it will fill */
export const widthOf = (parent) => Math.max(200, Math.floor(roomInside(parent).width));

/**
 * A drawing without marks.
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @param {string} description what a reader without sight is told
 * @param {string} [className]
 */
export function drawing(width, height, description, className = "lab-chart") {
  return svg("svg", {
    class: className,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": description,
  });
}

/** What an axis can show of a value. @param {number} value */
export const finite = (value) => (Number.isFinite(value) ? value : 0);

/** The least and the greatest of values and 0: an axis of some length. @param {Iterable<number>} of @returns {[number, number]} */
export function extent(of) {
  const all = Array.from(of, finite);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  return [low, high || (low < 0 ? 0 : 1)];
}

/** @param {string} className @param {[number, number][]} points in pixels */
export function line(className, points) {
  return svg("path", { class: className, d: `M${points.map((point) => point.join(" ")).join("L")}` });
}

/** @param {string} className @param {number} left @param {number} right @param {number} top @param {number} bottom in pixels */
export function bar(className, left, right, top, bottom) {
  return svg("rect", {
    class: className,
    x: left + 0.5,
    width: Math.max(0.5, right - left - 1),
    y: top,
    height: Math.max(0, bottom - top),
  });
}

/**
 * A chart with words for its marks.
 * @param {Element} root the chart
 * @param {[string, string][]} marks class and words
 */
export function figure(root, marks) {
  const legend = marks.map(([className, words]) => {
    const solid = className.startsWith("band") || className.startsWith("bar");
    const dot = className.startsWith("dot");
    const mark = solid
      ? bar(className, 0, 16, 1, 11)
      : dot
        ? svg("circle", { class: className, cx: 8, cy: 6, r: 4 })
        : line(className, [
            [0, 6],
            [16, 6],
          ]);
    return html("li", {}, svg("svg", { width: 16, height: 12, "aria-hidden": "true" }, mark), words);
  });
  return html("figure", {}, root, html("figcaption", {}, html("ul", { class: "lab-legend" }, ...legend)));
}
