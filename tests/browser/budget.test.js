/** What a page weighs on the wire, how often it asks, and how far it moves while it loads: each page within its limits. */

import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

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
  // It brings the words of every section, which it looks through without a server.
  "search.html": { ...TEXT, bytes: 270_000 },
};
const WIDTHS = [390, 1280];
// What is called slow 4G: 1.6 Mbit/s down, 0.75 up, and 150 ms from a question to its answer.
const BYTES_IN_MBIT = 1e6 / 8;
const SLOW_4G = {
  offline: false,
  latency: 150,
  downloadThroughput: 1.6 * BYTES_IN_MBIT,
  uploadThroughput: 0.75 * BYTES_IN_MBIT,
};
const AT_ONCE = 8;

/** Add up, from the first paint on, how far what one looks at is moved. */
function watchShifts() {
  globalThis.shifted = 0;
  const add = (entries) => entries.getEntries().forEach(({ value }) => (globalThis.shifted += value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
}

/** Load one page over a slow network, with nothing in the cache. */
async function measured(browser, site, name, width) {
  site.answers.length = 0;
  return withPage(browser, { width }, `budget-${width}`, async (page) => {
    const session = await page.page.context().newCDPSession(page.page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", SLOW_4G);
    await page.page.addInitScript(watchShifts);
    await page.page.goto(`${site.address}/${name}`, { waitUntil: "networkidle" });
    await page.painted();
    const shift = await page.evaluate(() => globalThis.shifted);
    const sum = (answers) => answers.reduce((all, { bytes }) => all + bytes, 0);
    const figures = site.answers.filter(({ path }) => path.startsWith("/_images/"));
    return {
      bytes: sum(site.answers),
      figures: sum(figures),
      requests: site.answers.length,
      shift: Number(shift.toFixed(4)),
    };
  });
}

/** Measure every page at every width, several at once: most of the time all of them wait. */
async function measureAll(browser) {
  // What takes longest is not left for the end.
  const names = [...new Set([...Object.keys(LIMITS), ...PAGES])];
  const jobs = names.flatMap((name) => WIDTHS.map((width) => ({ name, width })));
  const found = new Map(PAGES.map((name) => [name, { bytes: 0, figures: 0, requests: 0, shift: 0 }]));
  const work = async () => {
    const site = await serve();
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

describe("on a slow network, with nothing in the cache", () => {
  let browser;
  let pages;
  before(async () => (browser = await starters[0]()));
  before(
    async () => {
      pages = await measureAll(browser);
      const to = process.env.BUDGET_JSON;
      if (to) writeFileSync(to, `${JSON.stringify(Object.fromEntries(pages), null, 1)}\n`);
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
    const weight = ({ bytes, figures }, { withFigures }) => (withFigures ? bytes : bytes - figures);
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
