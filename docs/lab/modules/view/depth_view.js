/**
 * Depth: a stack of dropout layers, with the scale and without.
 *
 * @module depth_view
 */

import { area, chart, figure, line, powerTicks } from "./charts.js";
import { slider } from "./controls.js";
import { html, setText, shown, svg } from "./dom.js";
import { binomialInterval } from "../model/closed_forms.js";
import { keptByDepth } from "../model/dropout_model.js";
import { FIELDS } from "../model/lab_state.js";

/** @typedef {import("../model/derived.js").Derived} Derived */
/** @typedef {import("../model/lab_state.js").LabState} LabState */
/**
 * What a stack does to ones: how many are left after each layer, and the central 95 % of that number.
 * @typedef {{q: number, layers: number, kept: number[], intervals: [number, number][]}} Stack
 */
/** @typedef {ReturnType<typeof chart>} Chart */

const ONES = 10_000;

/**
 * @param {HTMLElement} parent
 * @param {(changes: Partial<LabState>) => void} change
 */
export function createDepth(parent, change) {
  const control = slider(FIELDS.layers, (layers) => change({ layers }));
  const told = html("p");
  const pictures = html("div", { class: "lab-charts" });
  parent.append(control.element, told, pictures);

  let key = "";
  /** @type {Stack} */
  let stack;

  /** @param {Derived} derived */
  const render = ({ state: { p, seed, layers } }) => {
    control.show(layers);
    if (p === 1) {
      setText(told, "At p = 1 the first layer drops everything: no scale brings it back.");
      return pictures.replaceChildren();
    }
    if (key !== `${seed} ${p} ${layers}`) {
      key = `${seed} ${p} ${layers}`;
      stack = stacked(seed, p, layers);
    }
    setText(told, sentence(stack));
    pictures.replaceChildren(
      drawn(pictures, stack, "The mean", "mean of y", 1),
      drawn(pictures, stack, "The second moment", "mean of y²", 2),
    );
  };
  return { render };
}

/** @param {bigint} seed @param {number} p @param {number} layers @returns {Stack} */
function stacked(seed, p, layers) {
  const kept = keptByDepth(seed, p, ONES, layers);
  const intervals = kept.map((_, i) => binomialInterval(ONES, (1 - p) ** (i + 1)));
  return { q: 1 - p, layers, kept, intervals };
}

/** @param {Stack} stack @returns {string} */
function sentence({ q, layers, kept }) {
  const left = kept[layers - 1];
  return (
    `${ONES} ones through ${layers} ${layers === 1 ? "layer" : "layers"}: ${left} are left, (1 − p)^L = ${shown(q ** layers, 3)} of them on average. ` +
    `Scaled, their mean is ${shown(left / ONES / q ** layers)} (law: 1) and their mean of squares ${shown(left / ONES / q ** (2 * layers))} (law: 1/(1 − p)^L = ${shown(q ** -layers)}). ` +
    `Unscaled, both are ${shown(left / ONES)} (law: ${shown(q ** layers)}).`
  );
}

/**
 * @param {Element} parent that the chart will fill
 * @param {Stack} stack
 * @param {string} title
 * @param {string} label of the vertical axis
 * @param {number} power of y whose mean is shown
 */
function drawn(parent, stack, title, label, power) {
  const { q, layers } = stack;
  const depths = Array.from({ length: layers }, (_, i) => i + 1);
  const [least, most] = [q ** layers / 3, Math.max(1, q ** (layers * (1 - power))) * 3];
  const made = chart(
    parent,
    { from: 0, to: layers, ticks: depths.filter((depth) => depth % Math.ceil(layers / 10) === 0), label: "layers" },
    {
      from: least,
      to: most,
      log: true,
      ticks: powerTicks(least, most),
      label,
      text: (tick) => (tick >= 1e-3 && tick < 1e5 ? shown(tick) : tick.toExponential(0)),
    },
    `${title} by depth: scaled it follows ${power === 1 ? "1" : "1/(1 - p)^L"}, unscaled (1 - p)^L`,
  );
  drawSeries(made, stack, depths, "scaled", q ** -power);
  drawSeries(made, stack, depths, "unscaled", 1);
  return figure(title, made.root, [
    ["law scaled", "scaled: ● seen, line law, band 95 %"],
    ["law unscaled", "unscaled: ■ seen, line law, band 95 %"],
  ]);
}

/**
 * @param {Chart} chart
 * @param {Stack} stack
 * @param {number[]} depths
 * @param {"scaled" | "unscaled"} name
 * @param {number} scale of each layer
 */
function drawSeries({ root, X, Y, bottom }, { q, kept, intervals }, depths, name, scale) {
  /** @param {number} depth */
  const factor = (depth) => scale ** depth / ONES;
  const band = depths.map((depth) => {
    const [low, high] = intervals[depth - 1];
    return /** @type {[number, number, number]} */ ([X(depth), Y(low * factor(depth)), Y(high * factor(depth))]);
  });
  root.append(
    area(`band ${name}`, [[X(0), Y(1), Y(1)], ...band]),
    line(
      `law ${name}`,
      [0, ...depths].map((depth) => [X(depth), Y((q * scale) ** depth)]),
    ),
  );
  for (const depth of depths) {
    const seen = kept[depth - 1];
    const [cx, cy] = [X(depth), seen ? Y(seen * factor(depth)) : bottom];
    const className = `dot ${name}${seen ? "" : " none"}`;
    // Two shapes: the two must differ without colour.
    root.append(
      name === "scaled"
        ? svg("circle", { class: className, cx, cy, r: 4 })
        : svg("rect", { class: className, x: cx - 3.5, y: cy - 3.5, width: 7, height: 7 }),
    );
  }
}
