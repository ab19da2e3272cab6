/**
 * Depth: a stack of dropout layers, with the scale and without.
 *
 * @module depth_view
 */

import { area, chart, figure, line, powerTicks } from "./charts.js";
import { html, setText, shown, svg } from "./dom.js";
import { binomialInterval, keptByDepth } from "./dropout_model.js";
import { MOST_LAYERS } from "./lab_state.js";

/** @typedef {import("./lab.js").Derived} Derived */

const ONES = 10_000;

/**
 * @param {HTMLElement} parent
 * @param {(layers: number) => void} choose
 */
export function createDepth(parent, choose) {
  const slide = html("input", { type: "range", id: "lab-layers", min: 1, max: MOST_LAYERS, step: 1 });
  const number = html("output", { for: "lab-layers" });
  slide.addEventListener("input", () => choose(Number(slide.value)));
  const told = html("p");
  const pictures = html("div", { class: "lab-charts" });
  parent.append(
    html(
      "div",
      { class: "lab-field" },
      html("label", { for: "lab-layers" }, "Layers L"),
      html("div", { class: "lab-tied" }, slide, number),
    ),
    told,
    pictures,
  );

  let key = "";
  /** @type {number[]} */
  let kept = [];
  /** @type {[number, number][]} */
  let intervals = [];

  /** @param {Derived} derived */
  const render = ({ state }) => {
    const { p, seed, layers } = state;
    slide.value = String(layers);
    setText(number, String(layers));
    if (p === 1) {
      setText(told, "At p = 1 the first layer drops everything: no scale brings it back.");
      return pictures.replaceChildren();
    }
    if (key !== `${seed} ${p} ${layers}`) {
      key = `${seed} ${p} ${layers}`;
      kept = keptByDepth(seed, p, ONES, layers);
      intervals = kept.map((_, i) => binomialInterval(ONES, (1 - p) ** (i + 1)));
    }
    const q = 1 - p;
    const left = kept[layers - 1];
    setText(
      told,
      `${ONES} ones through ${layers} ${layers === 1 ? "layer" : "layers"}: ${left} are left, (1 − p)^L = ${shown(q ** layers, 3)} of them on average. ` +
        `Scaled, their mean is ${shown(left / ONES / q ** layers)} (law: 1) and their mean of squares ${shown(left / ONES / q ** (2 * layers))} (law: 1/(1 − p)^L = ${shown(q ** -layers)}). ` +
        `Unscaled, both are ${shown(left / ONES)} (law: ${shown(q ** layers)}).`,
    );
    pictures.replaceChildren(
      drawn("The mean", "mean of y", layers, q, 1),
      drawn("The second moment", "mean of y²", layers, q, 2),
    );
  };

  /** @param {string} title @param {string} label @param {number} layers @param {number} q @param {number} power of the scale */
  function drawn(title, label, layers, q, power) {
    const depths = Array.from({ length: layers }, (_, i) => i + 1);
    const [least, most] = [q ** layers / 3, Math.max(1, q ** (layers * (1 - power))) * 3];
    const { root, X, Y, bottom } = chart(
      pictures,
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
    for (const [name, scale] of /** @type {[string, number][]} */ ([
      ["scaled", q ** -power],
      ["unscaled", 1],
    ])) {
      /** @param {number} depth */
      const factor = (depth) => scale ** depth / ONES;
      root.append(
        area(`band ${name}`, [
          [X(0), Y(1), Y(1)],
          ...depths.map(
            (depth) =>
              /** @type {[number, number, number]} */ ([
                X(depth),
                Y(intervals[depth - 1][0] * factor(depth)),
                Y(intervals[depth - 1][1] * factor(depth)),
              ]),
          ),
        ]),
      );
      root.append(
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
    return figure(title, root, [
      ["law scaled", "scaled: ● seen, line law, band 95 %"],
      ["law unscaled", "unscaled: ■ seen, line law, band 95 %"],
    ]);
  }
  return { render };
}
