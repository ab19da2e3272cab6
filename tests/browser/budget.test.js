/** What a page weighs on the wire, how often it asks, and how far it moves while it loads: each page within its limits. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";
import { renew } from "./record.js";

const PAGES = readdirSync(SITE, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".html"))
  .sort();
// Bytes with headers, gzipped, with nothing in the cache. A page of text may have figures on top.
const TEXT = { bytes: 110_000, requests: 20, shift: 0.02 };
const GALLERY = { ...TEXT, requests: 60, withFigures: true };
const LIMITS = {
  "index.html": { ...TEXT, bytes: 70_000, withFigures: true },
  "auto_examples/index.html": GALLERY,
  "auto_examples/article/index.html": GALLERY,
  "auto_examples/deeper/index.html": GALLERY,
  "auto_examples/pitfalls/index.html": GALLERY,
  // Its modules are files of their own, which its parts ask for when they are seen.
  "lab/index.html": { ...TEXT, requests: 50 },
  // The words of every section come when it is asked.
  "search.html": TEXT,
};
const PHONE = 390;
const WIDTHS = [PHONE, 1280];
// What is called slow 4G: 1.6 Mbit/s, and 150 ms from a question to its answer. Of a page comes all that precedes its
// own text at once, and what one sees first in pieces so small, and so slowly, that whatever moves as it grows is painted
// before it moves.
const SLOW_4G = {
  latency: 150,
  rate: 1.6e6 / 8 / 1000,
  pieces: { from: 5_500, to: 10_000, bytes: 60, ms: 25, wait: 700 },
};
const AT_ONCE = 12;

/** Add up, from the first paint on, how far what one looks at is moved. */
function watchShifts() {
  globalThis.shifted = 0;
  const add = (entries) => entries.getEntries().forEach(({ value }) => (globalThis.shifted += value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
}

/** Load one page over a slow network, with nothing in the cache. */
async function measured(browser, site, name, width) {
  site.asked.length = 0;
  return withPage(browser, { width }, `budget-${width}`, async (page) => {
    await page.page.addInitScript(watchShifts);
    await page.page.goto(`${site.address}/${name}`, { waitUntil: "networkidle" });
    await page.painted();
    const shift = await page.evaluate(() => globalThis.shifted);
    const sum = (answers) => answers.reduce((all, { bytes }) => all + bytes, 0);
    const figures = site.asked.filter(({ url }) => url.startsWith("/_images/"));
    return {
      bytes: sum(site.asked),
      figures: sum(figures),
      requests: site.asked.length,
      shift: Number(shift.toFixed(4)),
    };
  });
}

/** What is measured: every page on a phone; on a desk those with limits of their own, and for the record all. */
function planned() {
  // What takes longest is not left for the end.
  const names = [...new Set([...Object.keys(LIMITS), ...PAGES])];
  return names.flatMap((name) =>
    WIDTHS.filter((width) => width === PHONE || name in LIMITS || process.env.RECORD).map((width) => ({ name, width })),
  );
}

/** Measure every page, several at once: most of the time all of them wait. */
async function measureAll(browser) {
  const jobs = planned();
  const found = new Map(PAGES.map((name) => [name, { bytes: 0, figures: 0, requests: 0, shift: 0 }]));
  const work = async () => {
    const site = await serve(0, SLOW_4G);
    try {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const now = await measured(browser, site, job.name, job.width);
        const before = found.get(job.name);
        for (const what of Object.keys(now)) before[what] = Math.max(before[what], now[what]);
      }
    } finally {
      jobs.length = 0; // one page that fails is enough
      site.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** What counts of a page's bytes. */
const weight = ({ bytes, figures }, { withFigures }) => (withFigures ? bytes : bytes - figures);

/** For the record: the pages with limits of their own, and the highest of all others. */
function highest(pages) {
  const row = (what, measured, limit) => ({ what, measured, limit });
  const kilo = (what, bytes, limit) => ({ ...row(what, bytes / 1000, limit / 1000), unit: "kB" });
  const highestOf = (value, among) =>
    among.map(([name, page]) => [name, value(page)]).reduce((one, other) => (other[1] > one[1] ? other : one));
  const rows = Object.entries(LIMITS).flatMap(([name, limits]) => [
    kilo(`weight of ${name}`, weight(pages.get(name), limits), limits.bytes),
    row(`requests of ${name}`, pages.get(name).requests, limits.requests),
  ]);
  const others = [...pages].filter(([name]) => !(name in LIMITS));
  const [heaviest, bytes] = highestOf((page) => weight(page, TEXT), others);
  const [asking, requests] = highestOf((page) => page.requests, others);
  const [moving, shift] = highestOf((page) => page.shift, [...pages]);
  return [
    ...rows,
    kilo(`weight of the heaviest other page without its figures, ${heaviest}`, bytes, TEXT.bytes),
    row(`most requests of another page, ${asking}`, requests, TEXT.requests),
    row(`largest layout shift on a slow network, ${moving}`, shift, TEXT.shift),
  ];
}

describe("on a slow network, with nothing in the cache", () => {
  let browser;
  let pages;
  before(async () => (browser = await starters[0]()));
  before(
    async () => {
      pages = await measureAll(browser);
      if (process.env.RECORD) renew("site", highest(pages), { chromium: browser.version });
    },
    { timeout: 600_000 },
  );
  after(() => browser?.close());

  /** Every page beyond a limit, in words. */
  const beyond = (what, value) =>
    [...pages].flatMap(([name, page]) => {
      const limits = LIMITS[name] ?? TEXT;
      const now = value(page, limits);
      return now > limits[what] ? [`${name}: ${what} ${now}, at most ${limits[what]}`] : [];
    });

  test("no page weighs more than it may", () => {
    assert.deepEqual(beyond("bytes", weight), []);
  });

  test("no page asks more often than it may", () => {
    const asked = ({ requests }) => requests;
    assert.deepEqual(beyond("requests", asked), []);
  });

  test("no page moves under the reader's eyes", () => {
    const moved = ({ shift }) => shift;
    assert.deepEqual(beyond("shift", moved), []);
  });
});
