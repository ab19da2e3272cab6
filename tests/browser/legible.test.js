/** What the pages show can be read: letters of figures, their colours in light and dark, words of tables. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { LEAST, contrast, faint, parts } from "./drawing.js";
import { SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

const PAGES = readdirSync(SITE, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".html"))
  .sort();
const PHONE = { width: 390, height: 844 };
const SCHEMES = [false, true];
let site;
let browser;

before(async () => (site = await serve()));
before(async () => (browser = await starters[0]()));
after(() => site.close());
after(() => browser?.close());

/** Every table of a page that is cut, and every word that one breaks; both in a window as wide as it is now. */
const inTables = () => {
  const tables = [...document.querySelectorAll("article table")].filter((one) => one.checkVisibility());
  const broken = [];
  const word = document.createRange();
  for (const table of tables) {
    const walker = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      // A name in code is cut into pieces where it may break, by <wbr>; prose may break at a hyphen or a slash.
      for (const { 0: letters, index } of text.data.matchAll(/[^\s/\u2013\u2014-]+/g)) {
        word.setStart(text, index);
        word.setEnd(text, index + letters.length);
        const lines = new Set([...word.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(letters);
      }
    }
  }
  const cut = tables.filter((one) => {
    const box = one.closest(".table-wrapper, .told-as-table, .lab-cells") ?? one.parentElement;
    return (
      one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5 ||
      (box.scrollWidth > box.clientWidth + 0.5 && !one.matches(".lab-rows"))
    );
  });
  return { tables: tables.length, cut: cut.map((one) => one.className), broken };
};

/** The words of code on a page that are underlined, and how many names of modules it has. */
const inCode = () => {
  const words = [...document.querySelectorAll(".highlight span:not(a span)")];
  const lined = words.filter((one) => getComputedStyle(one).textDecorationLine !== "none");
  return {
    modules: words.filter(({ className }) => className === "nn").length,
    lined: lined.map((one) => one.textContent),
  };
};

/** The figures of a page that are files, with the width of each in pixels. */
const inFigures = () => {
  // The computed figures of the live pages stand where no script runs.
  document.documentElement.classList.add("no-modules");
  return [...document.querySelectorAll("article img")].map((one) => [
    new URL(one.src).pathname,
    one.getBoundingClientRect().width,
  ]);
};

/** What tests below ask of every page, which is opened once. */
async function walk(page) {
  const seen = { figures: new Map(), tables: { 390: [], 1280: [] }, code: [] };
  for (const name of PAGES) {
    await page.goto(`${site.address}/${name}`);
    if (name === "lab/index.html") await page.settled();
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    for (const width of [1280, 390]) {
      await page.resize(width, PHONE.height);
      if (name === "lab/index.html") await page.settled();
      seen.tables[width].push({ name, ...(await page.evaluate(inTables)) });
    }
    for (const dark of [true, false]) {
      await page.scheme(dark);
      seen.code.push({ name, dark, ...(await page.evaluate(inCode)) });
    }
    for (const [path, width] of await page.evaluate(inFigures))
      seen.figures.set(path, Math.min(width, seen.figures.get(path) ?? Infinity));
  }
  return seen;
}

let walked;
/** Look at the pages once, for whichever test comes first. */
const seen = () => (walked ??= withPage(browser, PHONE, "every-page", walk));

/** Open one figure alone, where no policy forbids to look into it. */
async function open(page, path, width) {
  await page.page.setContent(`<body style="margin: 0">${readFileSync(join(SITE, path), "utf8")}</body>`);
  await page.evaluate((width) => {
    const drawing = document.querySelector("svg");
    drawing.removeAttribute("height");
    drawing.setAttribute("width", width);
    document.body.style.width = `${width}px`;
  }, width);
}

/** The colours under a text, by the share of its box that each has. */
async function coloursUnder(page, boxes) {
  const picture = await page.page.screenshot({ fullPage: true });
  return page.evaluate(
    async ([picture, boxes]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      return boxes.map(({ x, y, width, height }) => {
        const { data } = canvas.getImageData(x, y, Math.max(1, width), Math.max(1, height));
        const counts = new Map();
        for (let i = 0; i < data.length; i += 4) {
          const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
          counts.set(key, (counts.get(key) ?? 0) + 4 / data.length);
        }
        return [...counts].filter(([, share]) => share > 0.1).map(([key]) => key.split(",").map(Number));
      });
    },
    [picture.toString("base64"), boxes],
  );
}

describe("figures on a phone", () => {
  test("are drawings, and there are many", { timeout: 300_000 }, async () => {
    const { figures: widths } = await seen();
    assert.ok(widths.size > 40, String(widths.size));
    assert.deepEqual(
      [...widths.keys()].filter((path) => !path.endsWith(".svg")),
      [],
    );
    assert.deepEqual(
      [...widths].filter(([, width]) => width < 100),
      [],
    );
  });

  test("have no letter below 12 pixels, and none that is cut", { timeout: 300_000 }, async () => {
    const { figures: widths } = await seen();
    const found = [];
    await withPage(browser, PHONE, "letters", async (page) => {
      for (const [path, width] of widths) {
        await open(page, path, width);
        const { letters } = await page.evaluate(parts, "svg");
        const size = Math.min(...letters.map(({ size }) => size));
        if (size < LEAST.letter - 0.01) found.push(`${path}, ${width.toFixed(0)} wide: ${size.toFixed(1)}`);
        const height = await page.evaluate(() => document.querySelector("svg").getBoundingClientRect().height);
        const inside = (from, size, room) => from > -0.5 && from + size < room + 0.5;
        const cut = letters.filter(({ box }) => !inside(box.x, box.width, width) || !inside(box.y, box.height, height));
        if (cut.length > 0) found.push(`${path}: ${cut.length} letters cut, in ${cut[0].what}`);
      }
    });
    assert.deepEqual(found, []);
  });

  test("have letters whose size is what it is said to be", async () => {
    const [path, width] = [...(await seen()).figures].find(([path]) => path.includes("plot_1_one_call"));
    await withPage(browser, PHONE, "unit", async (page) => {
      await open(page, path, width);
      const { letters } = await page.evaluate(parts, "svg");
      // A digit of DejaVu Sans is 0.74 em high.
      const [digit] = letters.filter(({ what, box }) => /^text/.test(what) && box.height > box.width);
      const share = digit.box.height / digit.size;
      assert.ok(0.6 < share && share < 1, String(share));
    });
  });

  for (const dark of SCHEMES) {
    test(`stand out where it is ${dark ? "dark" : "light"}`, { timeout: 600_000 }, async () => {
      const { figures: widths } = await seen();
      const weak = [];
      await withPage(browser, { ...PHONE, dark }, "contrast", async (page) => {
        for (const [path, width] of widths) {
          await open(page, path, width);
          const { letters, marks } = await page.evaluate(parts, "svg");
          const paper = await page.evaluate(() => {
            const first = document.querySelector("svg path");
            return getComputedStyle(first).fill.match(/\d+/g).map(Number);
          });
          for (const mark of faint(marks, paper)) weak.push(`${path}: ${mark}`);
          await page.evaluate(() => {
            for (const one of document.querySelectorAll("use"))
              if (/^#(DejaVu|STIX|Cmr)/i.test(one.getAttribute("xlink:href"))) one.style.visibility = "hidden";
          });
          const under = await coloursUnder(
            page,
            letters.map(({ box }) => box),
          );
          for (const [i, { what, fill }] of letters.entries()) {
            const least = Math.min(...under[i].map((ground) => contrast(fill, ground)));
            if (least < LEAST.text) weak.push(`${path}: ${what} ${least.toFixed(2)}:1`);
          }
        }
      });
      assert.deepEqual([...new Set(weak)], []);
    });
  }
});

for (const [width, dark] of [390, 1280].flatMap((width) => SCHEMES.map((dark) => [width, dark]))) {
  const where = `${width} pixels wide, ${dark ? "dark" : "light"}`;
  test(`the lab's charts have letters of 12 pixels and stand out: ${where}`, { timeout: 120_000 }, async () => {
    await withPage(browser, { width, height: 844, dark }, "charts", async (page) => {
      const weak = [];
      let count = 0;
      for (const state of [
        "",
        "&show=elements",
        "&show=scalings",
        "&show=gradient",
        "&show=norm",
        "&show=depth",
      ].concat(["&show=network", "&pin=0.5~7~train~none~1~&show=compare", "&x=1*1000", "&x=1*1000&show=elements"])) {
        await page.goto(`${site.address}/lab/index.html#v=1${state}`);
        await page.evaluate(() => location.reload());
        await page.settled();
        const drawings = await page.evaluate(() => {
          const seen = [...document.querySelectorAll(".lab-app svg")].filter((one) => one.checkVisibility());
          for (const [i, drawing] of seen.entries()) drawing.id = `drawing-${i}`;
          return seen.length;
        });
        count += drawings;
        const paper = await page.evaluate(() =>
          getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number),
        );
        for (let i = 0; i < drawings; i++) {
          const { letters, marks } = await page.evaluate(parts, `#drawing-${i}`);
          for (const { what, size, fill } of letters)
            if (size < LEAST.letter - 0.01 || contrast(fill, paper) < LEAST.text)
              weak.push(`${state}: ${what}, ${size}`);
          // A line of the grid says nothing that the axis does not say, and what is not drawn cannot be faint.
          const meant = marks.filter(({ what }) => !/\.grid|\.hit/.test(what));
          for (const mark of faint(meant, paper)) weak.push(`${state}, ${i}: ${mark}`);
        }
      }
      assert.ok(count > 50, String(count));
      assert.deepEqual(weak, []);
    });
  });
}

for (const width of [390, 1280]) {
  test(`no table is cut, and none breaks a word: ${width} pixels wide`, { timeout: 300_000 }, async () => {
    const tables = (await seen()).tables[width];
    const count = tables.reduce((sum, { tables }) => sum + tables, 0);
    assert.ok(count > 30, String(count));
    assert.deepEqual(
      tables.filter(({ cut, broken }) => cut.length + broken.length > 0),
      [],
    );
  });
}

test("no word of code is underlined as a link is, in light or dark", { timeout: 300_000 }, async () => {
  for (const dark of SCHEMES) {
    const code = (await seen()).code.filter((one) => one.dark === dark);
    const modules = code.reduce((sum, { modules }) => sum + modules, 0);
    assert.ok(modules > 100, String(modules));
    for (const { name, lined } of code) assert.deepEqual(lined, [], name);
  }
});
