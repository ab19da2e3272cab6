/** Numbers in sentences: dragged, typed and stepped where they stand, and what follows from them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { READINGS, ROWS, called, written } from "../../docs/lab/modules/model/readings.js";
import { SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

const PAGES = ["index.html", "understand/scaling.html", "understand/variance.html", "understand/gradients.html"];
const MOST_BYTES = 8_000;
const SAID = ".numbers-said";
let site;

before(async () => (site = await serve()));
after(() => site.close());

/** Open a page, and wait until its numbers answer. */
async function open(page, name) {
  await page.goto(`${site.address}/${name}`);
  await page.page.waitForFunction(() => document.documentElement.classList.contains("has-numbers"));
}

/** What a reader sees of a group: its numbers, readings, cells and links, by the names that the markup gives them. */
const seen = (page, group) =>
  page.evaluate((group) => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const table = document.getElementById(group);
    return {
      state: JSON.parse(table.dataset.state),
      numbers: all(`.number[data-of="${group}"]`).map((one) => [one.dataset.number, one.textContent]),
      readings: all(`.reading[data-of="${group}"]`).map((one) => [
        one.dataset.reading,
        one.dataset.form,
        one.textContent,
      ]),
      rows: [...table.querySelectorAll("tr")].map((row) => [
        row.dataset.row,
        [...row.cells].slice(1).map((cell) => cell.textContent),
        [...row.cells].slice(1).map((cell) => /kept|dropped/.exec(cell.className)?.[0] ?? ""),
      ]),
      links: all(`a[data-of="${group}"]`).map((one) => one.href),
    };
  }, group);

/** Compare what a group shows with the model, whose numbers Node's tests hold to Python's. */
function assertFollows({ state, numbers, readings, rows, links }, changed, what) {
  const now = { ...state, ...changed };
  const call = called(now);
  for (const [name, text] of numbers) assert.equal(text, String(now[name]), `${name}, ${what}`);
  for (const [name, form, text] of readings)
    if (name !== "made") assert.equal(text, written(READINGS[name](now, call), form), `${name}, ${what}`);
  for (const [name, cells, fates] of rows) {
    assert.deepEqual(cells, Array.from(ROWS[name](now, call), (one) => written(one)), `${name}, ${what}`); // prettier-ignore
    if (fates.some(Boolean))
      assert.deepEqual(
        fates,
        Array.from(call.mask, (one) => (one ? "kept" : "dropped")),
        what,
      );
  }
  for (const link of links) {
    const told = new URLSearchParams(new URL(link).hash.slice(1));
    assert.equal(told.get("p"), String(now.p), what);
    if (told.has("seed")) assert.equal(told.get("seed"), String(now.seed), what);
  }
}

const groups = (page) => page.evaluate(() => [...document.querySelectorAll(".numbers")].map(({ id }) => id));
/** The middle of the first number of a group and a name, scrolled to. */
const middle = (page, group, name) =>
  page.evaluate(
    ([group, name]) => {
      const number = document.querySelector(`.number[data-of="${group}"][data-number="${name}"]`);
      number.scrollIntoView({ block: "center", behavior: "instant" });
      const { x, y, width, height } = number.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    },
    [group, name],
  );
const focus = (page, group, name) =>
  page.evaluate(
    ([group, name]) => document.querySelector(`.number[data-of="${group}"][data-number="${name}"]`).focus(),
    [group, name],
  );
const text = (page, selector) => page.evaluate((one) => document.querySelector(one)?.textContent, selector);

for (const start of starters) {
  describe(`numbers in sentences in ${start.name.replace("start", "")}`, () => {
    let browser;
    before(async () => (browser = await start()));
    after(() => browser?.close());

    /** A test at both widths, at whose end nothing was refused and nothing thrown. */
    const atBothWidths = (name, action) =>
      test(name, { timeout: 300_000 }, async () => {
        for (const width of [390, 1280])
          await withPage(browser, { width, height: 844 }, `numbers-${width}-${name}`, async (page) => {
            await action(page, width);
            assert.deepEqual(page.errors, []);
            assert.deepEqual(await page.evaluate(() => globalThis.refused), []);
          });
      });

    atBothWidths(
      "at first the script's numbers are those that Python computed when the page was built",
      async (page) => {
        for (const name of PAGES) {
          await open(page, name);
          const built = await page.evaluate(async () => {
            const parsed = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
            const marked = ".number, .reading, .numbers td";
            const texts = (of) => [...of.querySelectorAll(marked)].map((one) => one.textContent);
            return { before: texts(parsed), now: texts(document) };
          });
          assert.ok(built.now.length > 5, name);
          assert.deepEqual(built.now, built.before, name);
          for (const group of await groups(page)) assertFollows(await seen(page, group), {}, `${name}, ${group}`);
        }
      },
    );

    atBothWidths("arrow keys step p, and the sentence, the rows and the link to the lab follow", async (page) => {
      for (const name of PAGES) {
        await open(page, name);
        for (const group of await groups(page)) {
          const { state } = await seen(page, group);
          await focus(page, group, "p");
          await page.press(state.p > 0.5 ? "ArrowLeft" : "ArrowRight");
          const p = Number((state.p + (state.p > 0.5 ? -0.05 : 0.05)).toFixed(2));
          assertFollows(await seen(page, group), { p }, `${name}, ${group}`);
          await page.press("Home");
          assertFollows(await seen(page, group), { p: 0 }, `${name}, ${group}, Home`);
          await page.press("End");
          const greatest = await page.evaluate(() => Number(document.activeElement.getAttribute("aria-valuemax")));
          assertFollows(await seen(page, group), { p: greatest }, `${name}, ${group}, End`);
          await page.press("PageDown");
          assertFollows(
            await seen(page, group),
            { p: Number((greatest - 0.5).toFixed(2)) },
            `${name}, ${group}, PageDown`,
          );
        }
      }
    });

    atBothWidths("n goes 1, 2, 5, and a seed goes by one", async (page) => {
      await open(page, "index.html");
      await focus(page, "many", "n");
      await page.press("ArrowDown");
      assertFollows(await seen(page, "many"), { n: 500 }, "500");
      await page.press("ArrowLeft");
      await page.press("ArrowLeft");
      assertFollows(await seen(page, "many"), { n: 100 }, "100");
      await focus(page, "ones", "seed");
      for (let seed = 2; seed <= 11; seed++) {
        await page.press("ArrowUp");
        assertFollows(await seen(page, "ones"), { seed }, `seed ${seed}`);
      }
    });

    atBothWidths("a drag by the mouse steps p, and leaves no field to type in", async (page) => {
      await open(page, "understand/scaling.html");
      const { x, y } = await middle(page, "call", "p");
      await page.page.mouse.move(x, y);
      await page.page.mouse.down();
      for (const far of [9, 17, 25]) await page.page.mouse.move(x + far, y);
      assertFollows(await seen(page, "call"), { p: 0.65 }, "in mid-drag");
      await page.page.mouse.move(x - 25, y + 40);
      await page.page.mouse.up();
      assertFollows(await seen(page, "call"), { p: 0.35 }, "dropped");
      assert.equal(await page.evaluate(() => document.querySelectorAll(".number-typed").length), 0);
      await page.page.mouse.move(x + 60, y);
      assertFollows(await seen(page, "call"), { p: 0.35 }, "after the drag");
    });

    atBothWidths(
      "a number is typed where it stands, and garbage leaves the last good one and says so",
      async (page) => {
        await open(page, "understand/scaling.html");
        const { x, y } = await middle(page, "call", "p");
        await page.page.mouse.click(x, y);
        await page.type("0.123");
        assertFollows(await seen(page, "call"), { p: 0.123 }, "while it is typed");
        await page.type("abc");
        assertFollows(await seen(page, "call"), { p: 0.123 }, "garbage");
        assert.equal(await text(page, SAID), "p must be a number from 0 to 0.95; got 0.123abc. It stays at 0.123.");
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-invalid")), "true");
        const box = await page.evaluate((said) => document.querySelector(said).getBoundingClientRect().toJSON(), SAID);
        assert.ok(box.left >= 0 && box.height > 20 && box.bottom <= 844, JSON.stringify(box));
        await page.press("Enter");
        assert.equal(await page.evaluate(() => document.activeElement.textContent), "0.123");
        assert.match(await text(page, SAID), /It stays at 0\.123/);
        // A digit opens the field, too; Escape takes back what was typed.
        await page.type("0.9");
        assertFollows(await seen(page, "call"), { p: 0.9 }, "typed on the number");
        await page.press("Escape");
        assertFollows(await seen(page, "call"), { p: 0.123 }, "taken back");
        assert.equal(await text(page, SAID), "");
        for (const wrong of ["1.5", "-1", "1e9", "0x1"]) {
          await page.press("Enter");
          await page.type(wrong);
          await page.press("Enter");
          assert.match(await text(page, SAID), new RegExp(`got ${wrong.replace(".", "\\.")}\\.`));
        }
        await focus(page, "call", "seed");
        await page.type("1.5");
        assert.match(
          await text(page, SAID),
          /^seed must be a whole number from 0 to 4294967295; got 1\.5\. It stays at 1\.$/,
        );
      },
    );

    atBothWidths("a number says its name, its range and its value to who does not see it", async (page) => {
      await open(page, "index.html");
      const told = await page.evaluate(() =>
        [...document.querySelectorAll(".number")].map((one) => ({
          role: one.getAttribute("role"),
          stop: one.tabIndex,
          name: one.getAttribute("aria-label"),
          text: one.getAttribute("aria-valuetext"),
          now: Number(one.getAttribute("aria-valuenow")),
          // The visible label is the word before the number.
          before: one.previousSibling?.textContent ?? "",
          shown: one.textContent,
        })),
      );
      assert.ok(told.length >= 6);
      for (const { role, stop, name, text, now, before, shown } of told) {
        assert.deepEqual([role, stop, now], ["spinbutton", 0, Number(shown)]);
        assert.ok(text.endsWith(` = ${shown}`), text);
        const label = /(\w+)( =)?\s*$/.exec(before)?.[1];
        if (["p", "seed", "n"].includes(label?.toLowerCase())) assert.ok(name.startsWith(label.toLowerCase()), name);
      }
    });

    atBothWidths(
      "after a change the caption does not say that the build computed it, and back it does",
      async (page) => {
        await open(page, "index.html");
        await focus(page, "live-rows", "p");
        await page.press("ArrowUp");
        assert.match(await text(page, ".live-caption"), /p = 0\.55, seed 0, computed by your browser as torch would/);
        assert.equal(await page.evaluate(() => document.getElementById("live-p").value), "0.55");
        await page.press("ArrowDown");
        assert.match(
          await text(page, ".live-caption"),
          /p = 0\.5, seed 0, run by torch [\d.]+ when this page was built/,
        );
      },
    );
  });
}

describe("numbers in sentences in Chromium alone", () => {
  let browser;
  before(async () => (browser = await starters[0]()));
  after(() => browser?.close());

  test("a finger drags, scrolls past and types, on 44 pixels", async () => {
    const context = await (await browser.open()).page.context().browser().newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }); // prettier-ignore
    try {
      const page = await context.newPage();
      await page.goto(`${site.address}/understand/variance.html`);
      const number = page.locator('.number[data-of="vector"][data-number="p"]');
      await number.scrollIntoViewIfNeeded();
      for (const one of await page.locator(".number").all()) {
        const { width, height } = await one.boundingBox();
        assert.ok(width >= 44 && height >= 44, `${width} x ${height}`);
      }
      const { x, y, width, height } = await number.boundingBox();
      const touch = await context.newCDPSession(page);
      const at = (type, dx, dy) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: x + width / 2 + dx, y: y + height / 2 + dy }] }); // prettier-ignore
      await at("touchStart", 0, 0);
      for (const dx of [10, 20, 33]) await at("touchMove", dx, 0);
      await at("touchEnd");
      await page.waitForFunction((one) => one.textContent === "0.7", await number.elementHandle());
      const before = await page.evaluate(() => scrollY);
      await at("touchStart", 0, 0);
      for (const dy of [-20, -60, -120, -200]) await at("touchMove", 0, dy);
      await at("touchEnd");
      await page.waitForTimeout(300);
      assert.ok((await page.evaluate(() => scrollY)) > before + 50);
      assert.equal(await number.textContent(), "0.7");
      await number.tap();
      assert.equal(await page.locator(".number-typed").getAttribute("inputmode"), "decimal");
      assert.ok((await page.locator(".number-typed").boundingBox()).height >= 44);
    } finally {
      await context.close();
    }
  });

  test("without JavaScript the numbers are text, and no control is shown", async () => {
    await withPage(browser, { script: false }, "numbers-no-script", async (page) => {
      for (const name of PAGES) {
        await page.goto(`${site.address}/${name}`);
        const shown = page.page.locator("article");
        assert.equal(await shown.locator('[role="spinbutton"]').count(), 0);
        assert.equal(await shown.locator(".live-controls:visible").count(), 0);
      }
      const article = await page.page.locator("article").innerText();
      assert.match(article, /With 8 samples and p = 0\.5 the share is 0\.00391/);
    });
  });

  test("nothing jumps when the numbers begin to answer", { timeout: 120_000 }, async () => {
    /** How far the parts of a page jump while it loads, with its numbers or without their script. */
    const shift = (width, name, answers) =>
      withPage(browser, { width }, `numbers-jump-${width}`, async (page) => {
        if (!answers) await page.page.route("**/_static/lab/**/*.js", (route) => route.abort());
        await page.page.addInitScript(() => {
          globalThis.shifted = 0;
          const sum = (entries) => entries.getEntries().forEach(({ value }) => (globalThis.shifted += value));
          new PerformanceObserver(sum).observe({ type: "layout-shift", buffered: true });
        });
        await page.goto(`${site.address}/${name}`);
        await page.page.evaluate(() => document.fonts.ready.then(() => {}));
        await page.painted();
        return page.evaluate(() => globalThis.shifted);
      });
    for (const width of [390, 1280])
      for (const name of PAGES.slice(1)) {
        const [with_, without] = [await shift(width, name, true), await shift(width, name, false)];
        assert.ok(with_ < without + 0.01, `${name} at ${width}: ${with_}, and ${without} without`);
      }
  });

  test("paper shows the numbers that the reader left", async () => {
    await withPage(browser, {}, "numbers-print", async (page) => {
      await open(page, "understand/scaling.html");
      await focus(page, "call", "p");
      await page.press("ArrowUp");
      await page.page.emulateMedia({ media: "print" });
      assert.match(
        await page.page.locator(".numbers-caption").innerText(),
        /At p = 0\.55 every survivor is multiplied by 2\.22\./,
      );
      assert.equal(await page.page.locator(".numbers-said").isVisible(), false);
    });
  });

  test("a page with numbers loads little script for them", async () => {
    await withPage(browser, {}, "numbers-weight", async (page) => {
      for (const name of PAGES) {
        await open(page, name);
        const loaded = await page.evaluate(() =>
          performance
            .getEntriesByType("resource")
            .map((one) => new URL(one.name).pathname)
            .filter((path) => path.includes("/_static/lab/") && path.endsWith(".js")),
        );
        const weight = loaded.reduce(
          (sum, path) => sum + gzipSync(readFileSync(join(SITE, path)), { level: 9 }).length,
          0,
        );
        assert.ok(loaded.length > 3 && weight < MOST_BYTES, `${name}: ${weight} bytes in ${loaded.length} files`);
      }
    });
  });
});
