/** What a reader types, drags, copies or searches for stays in the browser. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { HEADERS, SITE, serve } from "./server.js";
import { starters, withPage } from "./driver.js";

// Numbers that no file of the site has in its name.
const [VALUES, P, SEED, QUESTION] = ["31.4159, 27.1828", "0.377", "8675309", "my secret tensor 31.4159"];
const TYPED = /31\.?4159|27\.?1828|377|8675309|secret|tensor/;
const KEPT = ["theme"];
let site;

before(async () => (site = await serve()));
after(() => site.close());

/** Note every request that a page makes, from now on. */
function noted(page) {
  const requests = [];
  page.page.on("request", (request) =>
    requests.push({ method: request.method(), url: request.url(), body: request.postData() ?? "" }),
  );
  return requests;
}

/** The requests that are for anything but a file of the site, or that say what a reader typed. */
function telling(requests) {
  return requests.filter(({ method, url, body }) => {
    const { origin, pathname, search } = new URL(url);
    const file = join(SITE, decodeURIComponent(pathname));
    const ours = origin === site.address && statSync(file, { throwIfNoEntry: false })?.isFile();
    // A fragment is not sent; a query is, and the site's own is the version of a file.
    return method !== "GET" || body || !ours || !/^(\?v=[\da-f]+)?$/.test(search) || TYPED.test(pathname + search);
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
  await page.page.waitForFunction(() => /^#q=my\+secret/.test(location.hash));
}

for (const start of starters) {
  describe(`in ${start.name.replace("start", "")}`, () => {
    let browser;
    before(async () => (browser = await start()));
    after(() => browser?.close());

    test(
      "nothing that a reader enters is in a request, and nothing is kept but the theme",
      { timeout: 120_000 },
      async () => {
        await withPage(browser, {}, "privacy", async (page) => {
          const requests = noted(page);
          for (const use of [useLab, useNumbers, search]) {
            const before = requests.length;
            await use(page);
            assert.ok(requests.length > before, "requests are noted");
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

          // The notes would have it: a value in an address, in a body, and for another host, which the policy refuses.
          await page.evaluate(() => fetch("?x=31.4159").catch(() => {}));
          await page.evaluate(() => fetch("index.html", { method: "POST", body: "0.377" }).catch(() => {}));
          assert.equal(telling(requests).length, 2);
          await page.evaluate(() => fetch("https://example.org/31.4159").catch(() => {}));
          assert.ok(telling(requests).length === 3 || (await page.evaluate(() => globalThis.refused)).length === 1);
        });
      },
    );

    test("a page may not be framed, and no sensor is open to it", async () => {
      const { headers } = await fetch(`${site.address}/index.html`);
      for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers.get(name), value);
      assert.ok(Object.keys(HEADERS).length >= 7);
      await withPage(browser, {}, "headers", async (page) => {
        await page.goto(`${site.address}/index.html`);
        const denied = await page.evaluate(
          () =>
            new Promise((resolve) =>
              navigator.geolocation.getCurrentPosition(
                () => resolve("told"),
                ({ code }) => resolve(code),
              ),
            ),
        );
        assert.equal(denied, 1);
      });
    });
  });
}
