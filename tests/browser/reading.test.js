/** What a reader meets before any mathematics: the picture's caption, the drawers, the search, paper. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { serve } from "./server.js";
import { starters, withPage } from "./driver.js";

let site;
before(async () => (site = await serve()));
after(() => site.close());

describe("reading, in Chromium", () => {
  let browser;
  before(async () => (browser = await starters[0]()));
  after(() => browser?.close());

  /** Open the first page, and wait until its rows are live. */
  async function first(page) {
    await page.goto(`${site.address}/index.html`);
    await page.page.waitForFunction(() => document.documentElement.classList.contains("has-numbers"));
  }

  test("the caption under the live rows says their numbers, and the list of pages keeps its headings", async () => {
    for (const width of [390, 1280]) {
      await withPage(browser, { width, height: 900 }, `caption-${width}`, async (page) => {
        await first(page);
        const headings = () =>
          page.evaluate(() => [...document.querySelectorAll(".sidebar-tree .caption")].map((one) => one.textContent));
        const before = await headings();
        assert.ok(before.length >= 3);
        await page.page.getByRole("button", { name: "Resample" }).click();
        await page.page.locator("#live-p").press("ArrowRight");
        // What a reader sees as the caption: the text whose box begins next below the controls.
        const caption = await page.evaluate(() => {
          const bottom = document.querySelector(".live-controls").getBoundingClientRect().bottom;
          const below = [...document.querySelectorAll("article p")]
            .map((one) => ({ top: one.getBoundingClientRect().top, text: one.textContent }))
            .filter(({ top }) => top >= bottom - 1);
          return below.sort((a, b) => a.top - b.top)[0].text;
        });
        assert.match(caption, /p = 0\.55, seed \d+, computed by your browser/);
        assert.doesNotMatch(caption, /when this page was built/);
        assert.deepEqual(await headings(), before);
      });
    }
  });

  test("the four rows, the rule and the answer stand on the first screen of a phone", async () => {
    await withPage(browser, { width: 390, height: 844 }, "first-screen", async (page) => {
      await first(page);
      const bottoms = await page.evaluate(() =>
        [".answer", ".hero math", "#live-rows table", "#live-p"].map(
          (one) => document.querySelector(one).getBoundingClientRect().bottom,
        ),
      );
      for (const bottom of bottoms) assert.ok(bottom > 0 && bottom <= 844, String(bottoms));
      assert.equal(await page.page.locator("#live-rows tr:last-child td").count(), 4);
    });
  });

  test("drawers open by keyboard, and closed ones hold no stop", { timeout: 120_000 }, async () => {
    await withPage(browser, { width: 390, height: 844 }, "drawers", async (page) => {
      await page.goto(`${site.address}/understand/scaling.html`);
      for (let stop = 0; stop < 25; stop++) {
        await page.page.keyboard.press("Tab");
        const seen = await page.evaluate(() => {
          const one = document.activeElement;
          const { left, right } = one.getBoundingClientRect();
          return { inside: right > 0 && left < innerWidth, what: one.outerHTML.slice(0, 100) };
        });
        assert.ok(seen.inside, seen.what);
      }
      for (const [name, drawer] of [
        ["Pages", ".sidebar-drawer"],
        ["On this page", ".toc-drawer"],
      ]) {
        const button = page.page.locator(`.mobile-header button[aria-label="${name}"]`);
        await button.focus();
        await page.page.keyboard.press("Enter");
        assert.equal(await button.getAttribute("aria-expanded"), "true");
        await page.page.waitForFunction((one) => document.querySelector(one).contains(document.activeElement), drawer);
        await page.page.keyboard.press("Escape");
        assert.equal(await button.getAttribute("aria-expanded"), "false");
        assert.ok(await button.evaluate((one) => one === document.activeElement));
      }
    });
  });

  test("copy buttons are seen when a key reaches them", async () => {
    await withPage(browser, { width: 1280 }, "copy", async (page) => {
      await page.goto(`${site.address}/understand/scaling.html`);
      const copy = page.page.locator("button.copybtn:visible").first();
      await copy.focus();
      await page.page.keyboard.press("Shift+Tab");
      await page.page.keyboard.press("Tab");
      // It fades in.
      await copy.evaluate((one) => Promise.all(one.getAnimations().map(({ finished }) => finished)));
      assert.equal(await copy.evaluate((one) => getComputedStyle(one).opacity), "1");
      const { width, height } = await copy.boundingBox();
      assert.ok(width >= 32 && height >= 32, `${width} x ${height}`);
    });
  });

  test("what is copied is what one would type, without prompts and what was printed", async () => {
    await withPage(browser, { width: 1280 }, "copied", async (page) => {
      const copied = async (name, block) => {
        await page.goto(`${site.address}/${name}`);
        const place = page.page.locator(block).first();
        await place.hover();
        await place.locator("button.copybtn").click();
        await place.locator("button.copybtn.success").waitFor();
        assert.equal(await place.locator("button.copybtn").getAttribute("aria-label"), "Copied");
        return page.evaluate(() => navigator.clipboard.readText());
      };
      const session = await copied("reference/api/explain.html", ".doctest");
      assert.match(session, /^from dropout_explained import explain\nprint\(explain\(/);
      assert.doesNotMatch(session, />>>|scale/);
      const command = await copied("reference/cli.html", ".printed");
      assert.match(command, /^dropout-explained explain [^\n$]*$/);
      const code = await copied("index.html", ".cell_input");
      assert.match(code, /^import torch\n[^]*\n\ntorch\.manual_seed\(0\)\nprint\([^\n]*\)$/);
    });
  });

  test("the search answers as one types, on a phone too, and its links lead to the passage", async () => {
    await withPage(browser, { width: 390, height: 844 }, "search", async (page) => {
      await page.goto(`${site.address}/search.html`);
      const field = page.page.locator("#search-question");
      assert.ok(await field.isVisible());
      await field.fill("values doubled after dropout");
      const links = page.page.locator("#search-answers a");
      await links.first().waitFor();
      assert.match(page.page.url(), /q=values/);
      assert.match(await page.page.locator("#search-said").textContent(), /sections/);
      await field.fill("qqqq xxxx");
      assert.match(await page.page.locator("#search-said").textContent(), /Nothing here/);
      await field.fill("vmap: called random operation while in randomness error mode");
      const address = await links.first().evaluate((one) => one.href);
      await links.first().click();
      await page.page.waitForURL(address);
      await page.page.waitForFunction(
        () => Math.abs(document.querySelector(":target").getBoundingClientRect().top) < innerHeight,
      );
    });
  });

  test("the search asks for its sections when it is about to be asked, and says if they do not come", async () => {
    await withPage(browser, { width: 390, height: 844 }, "search-waits", async (page) => {
      const asked = [];
      await page.page.route("**/search/sections.js", (route) =>
        asked.push(route) > 1 ? route.continue() : route.abort(),
      );
      await page.page.goto(`${site.address}/search.html`, { waitUntil: "networkidle" });
      assert.equal(asked.length, 0);
      const field = page.page.locator("#search-question");
      await field.fill("p");
      await page.page.getByText("The list of sections did not come.").waitFor();
      await field.fill("p and q");
      await page.page.locator("#search-answers a").first().waitFor();
      assert.match(await page.page.locator("#search-said").textContent(), /sections\.$/);
      page.errors.length = 0; // the browser's own word on the script that did not come
    });
  });

  test("on paper there are no buttons, and what is folded stands open", async () => {
    await withPage(browser, { width: 800 }, "paper", async (page) => {
      await page.goto(`${site.address}/understand/scaling.html`);
      const closed = () => page.evaluate(() => document.querySelectorAll("article details:not([open])").length);
      assert.ok((await closed()) > 3);
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      await page.page.emulateMedia({ media: "print" });
      assert.equal(await closed(), 0);
      for (const one of [".skip-to-content", "button.copybtn", ".mobile-header"])
        assert.equal(await page.page.locator(`${one}:visible`).count(), 0, one);
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
      assert.ok((await closed()) > 3);
    });
  });
});
