/**
 * What a reader sees of a drawing: how large its letters are, and how its marks stand out.
 *
 * A figure of the site is an image, and its letters are outlines. So it is opened as a document of its own, in the
 * size at which its page shows it, and each letter is measured by the matrix that places it.
 */

/** Letters of at least this many pixels, and colours at least this far apart, as WCAG has them. */
export const LEAST = { letter: 12, text: 4.5, graphics: 3 };

/**
 * Describe the letters and the marks of one drawing; runs in the page.
 * @param {string} selector of the svg
 */
export function parts(selector) {
  // Matplotlib draws its letters with this many units an em.
  const OUTLINE = 100;
  const drawing = document.querySelector(selector);
  const hidden = "defs, clipPath, pattern, marker, symbol";
  const isLetter = (one) => one.localName === "use" && /^#(DejaVu|STIX|Cmr)/i.test(one.getAttribute("xlink:href"));

  /** How many pixels one unit of an element is high on the screen. */
  const scale = (one) => {
    const { a, b, c, d } = one.getScreenCTM();
    return Math.sqrt(Math.abs(a * d - b * c));
  };
  const opacity = (one) => {
    let product = 1;
    for (let at = one; at && at !== drawing.parentElement; at = at.parentElement)
      product *= Number(getComputedStyle(at).opacity);
    return product;
  };
  /** A colour as four numbers from 0 to 255 and 0 to 1, or nothing. */
  const colour = (one, kind) => {
    const style = getComputedStyle(one);
    const pattern = /url\("?#([^")]+)/.exec(style[kind]);
    if (pattern) return colour(document.getElementById(pattern[1]).lastElementChild, "stroke");
    const numbers = style[kind].match(/[\d.]+/g)?.map(Number);
    if (!numbers || style[kind] === "none") return null;
    if (style[kind].startsWith("color(")) for (let i = 0; i < 3; i++) numbers[i] *= 255;
    const [red, green, blue, alpha = 1] = numbers;
    if (kind === "stroke" && parseFloat(style.strokeWidth) === 0) return null;
    return [red, green, blue, alpha * Number(style[`${kind}Opacity`]) * opacity(one)];
  };
  const box = (one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return { x, y, width, height };
  };
  const letters = [...drawing.querySelectorAll("use, text")]
    .filter((one) => !one.closest(hidden) && (one.localName === "text" || isLetter(one)))
    .map((one) => ({
      what: one.localName === "text" ? one.textContent : one.closest("[id]:not(use)")?.id,
      size: scale(one) * (one.localName === "text" ? parseFloat(getComputedStyle(one).fontSize) : OUTLINE),
      fill: colour(one, "fill"),
      box: box(one),
    }))
    .filter(({ box }) => box.width > 0);
  const marks = [...drawing.querySelectorAll("path, use, rect, circle, line, polyline, polygon")]
    .filter((one) => !one.closest(hidden) && !isLetter(one) && one.checkVisibility())
    .map((one) => ({
      what: `${one.localName}.${one.getAttribute("class") ?? ""} in ${one.closest("g[id]")?.id}`,
      colours: [colour(one, "fill"), colour(one, "stroke")].filter((one) => one?.[3] > 0),
      box: box(one),
    }))
    .filter(({ box }) => box.width + box.height > 0);
  return { letters, marks };
}

/** @param {number[]} over @param {number[]} under @returns {number[]} the colour that is seen */
const blended = ([...over], under) => under.slice(0, 3).map((value, i) => value + (over[i] - value) * (over[3] ?? 1));

/** @param {number[]} colour @returns {number} its relative luminance, as WCAG 2.2 defines it */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {number[]} one perhaps with an opacity @param {number[]} paper @returns {number} from 1 to 21 */
export function contrast(one, paper) {
  const [dark, light] = [luminance(blended(one, paper)), luminance(paper)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Whether two boxes are the same up to a pixel. */
const same = (one, other) => ["x", "y", "width", "height"].every((side) => Math.abs(one[side] - other[side]) < 1.5);

/**
 * The marks that no eye can be sure of, those of one contrast in one line. A tint needs a line around it, which may be
 * a mark of its own; what has the colour of the paper is paper.
 */
export function faint(marks, paper) {
  const far = ({ colours }) => Math.max(...colours.map((colour) => contrast(colour, paper)));
  const meant = marks.filter((mark) => mark.colours.length > 0 && far(mark) > 1.01);
  const clear = meant.filter((mark) => far(mark) >= LEAST.graphics);
  const found = new Map();
  for (const mark of meant) {
    if (clear.some((outline) => outline === mark || same(outline.box, mark.box))) continue;
    const ratio = `${far(mark).toFixed(2)}:1`;
    found.set(ratio, [...(found.get(ratio) ?? []), mark.what]);
  }
  return [...found].map(([ratio, names]) => `${ratio}, ${names.length} marks: ${names[0]}`);
}
