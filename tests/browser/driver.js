/** Two browsers behind the same few verbs: Chromium by Playwright, Firefox by WebDriver BiDi through Puppeteer. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const FAILURES = fileURLToPath(new URL("failures/", import.meta.url));
// Nothing that a browser does in the background may reach the network from a test.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nor may what a page asks of another machine: this one, behind which nothing answers, has to pass it on.
  "--proxy-server=127.0.0.1:9",
];
const PREFERENCES = {
  // The focus takes the page along at once, as in Chromium for who asks for calm.
  "general.smoothScroll": false,
  // Ten thousand links in a row are more than a person opens.
  "dom.navigation.navigationRateLimit.count": 0,
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "app.update.enabled": false,
  "browser.region.network.url": "",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

/** Collect what the policy refuses, before any script of the page runs. */
function watchPolicy() {
  globalThis.refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    globalThis.refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
  );
}

// Firefox says it of a formula of which one part has arrived and the other has not; that each has all is tested in Python.
const WHILE_LOADING = /^Invalid markup: Incorrect number of children for <m/;

/** What both drivers' pages share: their errors, and a picture of what went wrong. */
function verbs(page, rest) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !WHILE_LOADING.test(message.text())) errors.push(message.text());
  });
  return {
    errors,
    goto: (address) => page.goto(address),
    evaluate: (action, argument) => page.evaluate(action, argument),
    /** Press a key, or several at once, as Control+a. */
    async press(keys) {
      const names = keys.split("+");
      for (const key of names) await page.keyboard.down(key);
      for (const key of names.reverse()) await page.keyboard.up(key);
    },
    type: (text) => page.keyboard.type(text),
    screenshot: (path) => page.screenshot({ path, fullPage: true }),
    /** Wait until what was just done is on the screen: the frame after the one that is being made. */
    painted: () =>
      page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))),
    /** Wait until the lab has nothing left to do. */
    settled: () =>
      page.waitForFunction(
        () =>
          document.documentElement.classList.contains("has-lab") && !document.documentElement.hasAttribute("aria-busy"),
      ),
    ...rest,
  };
}

async function startChromium() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: QUIET });
  return {
    name: "chromium",
    version: browser.version(),
    async open({ width = 1280, height = 900, dark = false, calm = false, script = true } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? "dark" : "light",
        reducedMotion: calm ? "reduce" : "no-preference",
        javaScriptEnabled: script,
      });
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      if (script) await context.addInitScript(watchPolicy);
      const page = await context.newPage();
      return verbs(page, {
        page,
        resize: async (width, height) => {
          await page.setViewportSize({ width, height });
          await page.waitForFunction((wanted) => innerWidth === wanted, width);
        },
        scheme: (dark) => page.emulateMedia({ colorScheme: dark ? "dark" : "light" }),
        close: () => context.close(),
      });
    },
    close: () => browser.close(),
  };
}

async function startFirefox() {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX,
    extraPrefsFirefox: PREFERENCES,
  });
  return {
    name: "firefox",
    version: await browser.version(),
    async open({ width = 1280, height = 900 } = {}) {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      await page.evaluateOnNewDocument(watchPolicy);
      return verbs(page, {
        page,
        resize: async (width, height) => {
          await page.setViewport({ width, height });
          await page.waitForFunction((wanted) => innerWidth === wanted, {}, width);
        },
        close: () => page.close(),
      });
    },
    close: () => browser.close(),
  };
}

export const starters = [startChromium, startFirefox];

/** Run an action on a page; if it fails, leave a picture of the page. */
export async function withPage(browser, options, name, action) {
  const page = await browser.open(options);
  try {
    return await action(page);
  } catch (error) {
    mkdirSync(FAILURES, { recursive: true });
    const picture = `${FAILURES}${browser.name}-${name.replace(/\W+/g, "-")}.png`;
    await page.screenshot(picture).catch(() => {});
    error.message += `\nScreenshot: ${picture}`;
    throw error;
  } finally {
    await page.close();
  }
}
