/** Every page in real browsers: what everybody needs of it, and what its policy refuses. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";

import { SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LIVE = ["index.html", "lab/index.html"];
const PAGES = readdirSync(SITE, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".html"))
  .sort();
let site;

before(async () => (site = await serve()));
after(() => site.close());

/** Open a page of the site, and wait until its live parts stand. */
async function show(page, name) {
  await page.goto(`${site.address}/${name}`);
  if (name === "lab/index.html") await page.settled();
  if (name === "index.html")
    await page.page.waitForFunction(() => document.documentElement.classList.contains("has-numbers"));
}

/** How far a page reaches beyond its window. */
const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What axe finds on a page: a live one in light and dark, on a phone and on a desk, each other one in one of the four. */
async function examine(page, name, k) {
  await page.evaluate(AXE);
  const settings = [1280, 390].flatMap((width) => [false, true].map((dark) => ({ width, dark })));
  for (const { width, dark } of LIVE.includes(name) ? settings : [settings[k % settings.length]]) {
    await page.scheme(dark);
    await page.resize(width, 900);
    if (name === "lab/index.html") await page.settled();
    await page.painted();
    const violations = await page.evaluate(async () => {
      // What passes is looked at as well, and not told of in full.
      const told = await globalThis.axe.run({ resultTypes: ["violations"], selectors: false });
      return told.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) }));
    });
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`,
    );
    assert.deepEqual(found, [], `${name}, ${width} wide, ${dark ? "dark" : "light"}`);
  }
}

for (const start of starters) {
  describe(`every page in ${start.name.replace("start", "")}`, () => {
    let browser;
    before(async () => (browser = await start()));
    after(() => browser?.close());

    // Axe sees what a browser has computed, which is the same in both.
    const examined = start === starters[0];
    const what = `asks for nothing that its policy refuses, throws nothing, and fits${examined ? "; axe finds nothing" : ""}`;
    test(what, { timeout: 900_000 }, async () => {
      assert.ok(PAGES.length >= 18, String(PAGES.length));
      await withPage(browser, {}, "every-page", async (page) => {
        for (const [k, name] of PAGES.entries()) {
          await page.resize(1280, 900);
          await show(page, name);
          const policy = () => document.querySelector("meta[http-equiv=Content-Security-Policy]").content;
          assert.equal(await page.evaluate(policy), "default-src 'self'", name);
          assert.equal(await overflow(page), 0, name);
          if (examined) await examine(page, name, k);
          await page.resize(360, 640);
          assert.equal(await overflow(page), 0, `${name} made narrow`);
          // In either width, and on the way.
          assert.deepEqual(page.errors, [], name);
          assert.deepEqual(await page.evaluate(() => globalThis.refused), [], name);
        }
      });
    });

    test("fits a narrow phone, and twice the size of text, from the start", { timeout: 600_000 }, async () => {
      // 200 % zoom of a window of 720 and of 1280 pixels leaves 360 and 640.
      for (const width of [360, 640]) {
        await withPage(browser, { width, height: 640 }, `narrow-${width}`, async (page) => {
          for (const name of LIVE) {
            await show(page, name);
            assert.equal(await overflow(page), 0, `${name} at ${width}`);
          }
        });
      }
    });
  });
}

describe("in Chromium", () => {
  let browser;
  before(async () => (browser = await starters[0]()));
  after(() => browser?.close());

  test("a long tensor with huge numbers widens nothing either", async () => {
    for (const width of [360, 1280]) {
      await withPage(browser, { width }, `long-${width}`, async (page) => {
        const numbers = Array.from({ length: 500 }, (_, i) => (i % 7 ? -1.23456789e-7 * i : 9.87654321e30));
        await page.goto(
          `${site.address}/lab/index.html#v=1&x=${numbers.join(",")}&dtype=float64&p=0.123456789012345&seed=-9223372036854775808`,
        );
        await page.settled();
        assert.equal(await overflow(page), 0, String(width));
      });
    }
  });

  test("all that one can press in the lab and on the first page's rows is 44 pixels high and wide", async () => {
    await withPage(browser, { width: 390 }, "targets", async (page) => {
      const small = () =>
        page.evaluate(() => {
          const parts = ":is(.lab-part, #live-rows)";
          const controls = `${parts} :is(button, input:not([type=radio]), textarea, label:has(input), .hit)`;
          const boxes = [...document.querySelectorAll(controls)]
            .filter((one) => one.checkVisibility())
            .map((one) => ({ ...one.getBoundingClientRect().toJSON(), what: one.outerHTML.slice(0, 90) }));
          return { count: boxes.length, small: boxes.filter(({ width, height }) => width < 44 || height < 44) };
        });
      await page.goto(`${site.address}/lab/index.html#v=1&x=1*1000`);
      await page.settled();
      const inLab = await small();
      assert.deepEqual(inLab.small, []);
      assert.ok(inLab.count >= 20, String(inLab.count));
      await show(page, "index.html");
      assert.deepEqual(await small(), { count: 2, small: [] });
    });
  });

  test("without JavaScript the lab shows the computed example, and the first page its picture", async () => {
    await withPage(browser, { script: false }, "no-script", async (page) => {
      await page.goto(`${site.address}/lab/index.html`);
      const article = page.page.locator("article");
      assert.match(
        await article.innerText(),
        /The lab needs JavaScript\. Without it, this page shows one example, x = \[1\.0, 2\.0, 3\.0, 4\.0\] at p = 0\.5/,
      );
      assert.match(
        await article.innerText(),
        /tensor\(\[0\., 0\., 6\., 0\.\]\)[^]*u = 0\.4594 is below 0\.5, so x = 3 becomes 6[^]*x\.grad: tensor\(\[0\., 0\., 2\., 0\.\]\)/,
      );
      assert.equal(await article.locator("img").isVisible(), true);
      await page.goto(`${site.address}/index.html`);
      assert.equal(await page.page.locator("img.four-rows").isVisible(), true);
      assert.equal(await page.page.locator("#live-rows").isVisible(), false);
    });
  });

  test("where modules do not load, the computed examples stand in", async () => {
    await withPage(browser, {}, "no-modules", async (page) => {
      await page.page.route("**/_static/lab/**/*.js", (route) => route.abort());
      await page.goto(`${site.address}/lab/index.html`);
      assert.equal(await page.page.locator(".tag_without-lab").first().isVisible(), true);
      await page.goto(`${site.address}/index.html`);
      assert.equal(await page.page.locator("img.four-rows").isVisible(), true);
      assert.equal(await page.page.locator("#live-rows").isVisible(), false);
    });
  });

  test("nothing on a page jumps when its live parts come", async () => {
    for (const width of [390, 1280]) {
      for (const name of LIVE) {
        await withPage(browser, { width }, `jumps-${width}`, async (page) => {
          await page.page.addInitScript(() => {
            globalThis.shifted = 0;
            const sum = (entries) => entries.getEntries().forEach(({ value }) => (globalThis.shifted += value));
            new PerformanceObserver(sum).observe({ type: "layout-shift", buffered: true });
          });
          await show(page, name);
          const shifted = await page.evaluate(() => globalThis.shifted);
          // What Core Web Vitals call good is 0.1.
          assert.ok(shifted < 0.02, `${name} at ${width}: ${shifted}`);
        });
      }
    }
  });

  test("with JavaScript the live parts take the place of the computed ones", async () => {
    await withPage(browser, {}, "live", async (page) => {
      await show(page, "lab/index.html");
      assert.equal(await page.page.locator(".without-lab:visible, .tag_without-lab:visible").count(), 0);
      await show(page, "index.html");
      assert.equal(await page.page.locator("img.four-rows").isVisible(), false);
      assert.equal(await page.page.locator("#live-rows td").first().isVisible(), true);
    });
  });

  test("who asks for calm gets it: nothing moves by itself, and calls are shown at once", async () => {
    await withPage(browser, { calm: true }, "calm", async (page) => {
      await show(page, "lab/index.html");
      const frames = await page.evaluate(async () => {
        [...document.querySelectorAll("#lab-part-mean button")].find((one) => one.textContent === "+10 000").click();
        let count = 0;
        for (; !/After 10100 calls/.test(document.getElementById("lab-part-mean").textContent); count++)
          await new Promise((resolve) => requestAnimationFrame(resolve));
        return {
          count,
          moving: document.getAnimations().length,
          scroll: getComputedStyle(document.documentElement).scrollBehavior,
        };
      });
      assert.deepEqual({ ...frames, count: 0 }, { count: 0, moving: 0, scroll: "auto" });
      assert.ok(frames.count < 40, `${frames.count} frames`);
    });
    await withPage(browser, {}, "lively", async (page) => {
      await show(page, "lab/index.html");
      const seen = await page.evaluate(async () => {
        const said = new Set();
        [...document.querySelectorAll("#lab-part-mean button")].find((one) => one.textContent === "+10 000").click();
        for (let i = 0; i < 120; i++) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          said.add(document.querySelector("#lab-part-mean .lab-told").textContent);
        }
        return said.size;
      });
      assert.ok(seen > 20, `watched ${seen} steps`);
    });
  });

  test("kept and dropped differ without colour", async () => {
    await withPage(browser, {}, "colour", async (page) => {
      await show(page, "lab/index.html");
      const looks = await page.evaluate(() =>
        ["kept", "dropped"].map(
          (fate) => getComputedStyle(document.querySelector(`.lab-rows td.${fate}`)).backgroundImage,
        ),
      );
      assert.equal(looks[0], "none");
      assert.match(looks[1], /gradient/);
    });
  });
});
