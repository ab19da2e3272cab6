/** What a reader types, drags, copies or searches for stays in the browser. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { HEADERS, SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

// Numbers that no file of the site has in its name.
const [VALUES, P, SEED, QUESTION] = ["31.4159, 27.1828", "0.377", "8675309", "values doubled unheardof 31.4159"];
const TYPED = /31\.?4159|27\.?1828|377|8675309|unheardof/;
const KEPT = ["theme"];
let site;

before(async () => (site = await serve()));
after(() => site.close());

/** Note every request that a page makes, from now on: as its browser tells, and as the server sees. */
function noted(page) {
  const requests = [];
  site.asked.push = (...all) => requests.push(...all.map((one) => ({ ...one, url: site.address + one.url })));
  page.page.on("request", (request) => requests.push({ method: request.method(), url: request.url() }));
  return requests;
}

/** The requests that are for anything but a file of the site, or that say what a reader typed. */
function telling(requests) {
  return requests.filter(({ method, url }) => {
    const { origin, pathname, protocol, search } = new URL(url);
    // Firefox tells of a font that it brings along.
    if (protocol === "data:") return false;
    const file = join(SITE, decodeURIComponent(pathname));
    const ours = origin === site.address && statSync(file, { throwIfNoEntry: false })?.isFile();
    // A fragment is not sent; a query is, and the site's own is the version of a file.
    return method !== "GET" || !ours || !/^(\?v=[\da-f]+)?$/.test(search) || TYPED.test(pathname + search);
  });
}

/** Drag what stands in the middle of an element to its right. */
async function drag(page, selector, far) {
  const { x, y } = await page.evaluate((one) => {
    const element = document.querySelector(one);
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }, selector);
  await page.page.mouse.move(x, y);
  await page.page.mouse.down();
  for (const share of [0.3, 0.7, 1]) await page.page.mouse.move(x + share * far, y);
  await page.page.mouse.up();
}

/** Type in place of what a field has. */
async function fill(page, selector, text) {
  await page.evaluate((one) => {
    document.querySelector(one).focus();
    document.querySelector(one).select();
  }, selector);
  await page.type(text);
}

const press = (page, label) =>
  page.evaluate(
    (name) => [...document.querySelectorAll("button")].find((one) => one.textContent === name).click(),
    label,
  );

/** Everything that one can do in the lab with one's own numbers. */
async function useLab(page) {
  await page.goto(`${site.address}/lab/index.html`);
  await page.settled();
  await fill(page, "#lab-values", VALUES);
  await fill(page, "#lab-p", P);
  await fill(page, "#lab-seed", SEED);
  await page.page.waitForFunction(
    ([p, seed]) => [p, seed].every((one) => location.hash.includes(`=${one}`)),
    ...(page.page.setViewport ? [{}, [P, SEED]] : [[P, SEED]]),
  );
  for (const show of await page.evaluate(() => [...document.querySelectorAll("[role=tab]")].map(({ id }) => id))) {
    await page.evaluate((id) => document.getElementById(id).click(), show);
    await page.settled();
  }
  await press(page, "Copy the Python");
  await press(page, "Copy the link");
  await drag(page, "#lab-part-dock input[type=range]", 40);
  await page.settled();
}

/** The numbers of the first page: typed, dragged, drawn anew. */
async function useNumbers(page) {
  await page.goto(`${site.address}/index.html`);
  await page.page.waitForFunction(() => document.documentElement.classList.contains("has-numbers"));
  await drag(page, ".number[data-number=p]", 25);
  await page.evaluate(() => document.querySelector(".number[data-number=seed]").focus());
  await page.type(SEED);
  await page.press("Enter");
  await press(page, "Resample");
}

/** From the field beside every page to the answers, and on. */
async function search(page) {
  await page.goto(`${site.address}/understand/scaling.html`);
  await page.evaluate(() => document.querySelector("button.copybtn").click());
  await page.evaluate(() => document.querySelector(".content-icon-container .theme-toggle").click());
  await page.evaluate(() => document.querySelector(".sidebar-search").focus());
  await page.type(QUESTION);
  await page.press("Enter");
  await page.page.waitForFunction(() => document.querySelectorAll("#search-answers a").length > 0);
  assert.equal(await page.evaluate(() => document.querySelector("#search-question").value), QUESTION);
  await page.type(" again");
  await page.evaluate(() => location.reload());
  await page.page.waitForFunction(() => /^#q=values\+doubled\+unheardof/.test(location.hash));
}

for (const start of starters) {
  const browserName = start.name.replace("start", "");
  test(
    `nothing that a reader enters leaves ${browserName}, which keeps the theme alone`,
    { timeout: 120_000 },
    async () => {
      const browser = await start();
      const close = () => browser.close();
      await withPage(browser, {}, "privacy", async (page) => {
        const requests = noted(page);
        for (const use of [useLab, useNumbers, search]) {
          const before = requests.length;
          await use(page);
          assert.ok(requests.length > before, `requests are noted: ${use.name}`);
          assert.deepEqual(telling(requests), [], use.name);
          assert.deepEqual(await page.evaluate(() => globalThis.refused), [], use.name);
          assert.deepEqual(page.errors, [], use.name);
        }
        const kept = await page.evaluate(async () => ({
          local: Object.keys(localStorage),
          session: Object.keys(sessionStorage),
          cookies: document.cookie,
          databases: (await indexedDB.databases()).length,
          workers: (await navigator.serviceWorker.getRegistrations()).length,
          caches: (await caches.keys()).length,
        }));
        assert.deepEqual(kept, { local: KEPT, session: [], cookies: "", databases: 0, workers: 0, caches: 0 });
        assert.equal(await page.evaluate(() => document.referrer), "");

        // The notes would have it: a value in an address, and one in what is sent; another host is refused.
        await page.evaluate(() => fetch("?x=31.4159").catch(() => {}));
        await page.evaluate(() => fetch("index.html", { method: "POST", body: "0.377" }).catch(() => {}));
        const told = telling(requests);
        assert.ok(told.some(({ url }) => url.endsWith("?x=31.4159")) && told.some(({ method }) => method === "POST"));
        await page.evaluate(() => fetch("https://example.org/31.4159").catch(() => {}));
        const refused = await page.evaluate(() => globalThis.refused);
        assert.ok(refused.length > 0 && refused.every((one) => one.includes("example.org")), String(refused));
      }).finally(close);
    },
  );
}

test("a page may not be framed, and no sensor is open to it", { timeout: 60_000 }, async () => {
  const { headers } = await fetch(`${site.address}/index.html`);
  for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers.get(name), value);
  assert.ok(Object.keys(HEADERS).length >= 7);
  // Chromium says what the header leaves of it.
  const browser = await starters[0]();
  const close = () => browser.close();
  await withPage(browser, {}, "headers", async (page) => {
    await page.goto(`${site.address}/index.html`);
    const left = await page.evaluate(() => document.featurePolicy.allowedFeatures());
    for (const feature of ["camera", "geolocation", "microphone", "payment", "usb"])
      assert.ok(!left.includes(feature), feature);
    assert.ok(left.includes("clipboard-write"), "what copies still may");
  }).finally(close);
});
