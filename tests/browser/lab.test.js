/** The lab in real browsers, served under its strict policy, against what torch says in this run. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";

import { initialState, readFragment } from "../../docs/lab/modules/model/lab_state.js";
import { arbitraryLinks, LONGEST_SENTENCE, SENTENCE } from "../lab/arbitrary_links.js";
import { starters, withPage } from "./driver.js";
import { serve } from "./server.js";

const states = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
const LAB = "lab/index.html";
// Node reads all of these links; each browser shows others of them, because it draws the lab anew for each.
const SHARES = 7;
const shareOf = (start) => arbitraryLinks().filter((_, i) => i % SHARES === starters.indexOf(start));
// states whose Python is compiled, which takes seconds
const COMPILED = 4;
let site;

/** What scripts printed: each is run once, whichever browsers showed it. */
const printed = new Map();

/** Run Python scripts as a reader would, and return what they print. */
function execute(scripts) {
  const unknown = [...new Set(scripts)].filter((one) => !printed.has(one));
  const run = spawnSync(process.env.PYTHON, [fileURLToPath(new URL("execute.py", import.meta.url))], {
    input: JSON.stringify(unknown),
    encoding: "utf8",
  });
  assert.equal(run.status, 0, run.stderr);
  JSON.parse(run.stdout).forEach((one, i) => printed.set(unknown[i], one));
  return scripts.map((one) => printed.get(one));
}

const text = (page, selector) => page.evaluate((one) => document.querySelector(one).textContent, selector);
const focused = (page) =>
  page.evaluate(() => {
    const { id, name, value, type, textContent, tagName, role } = document.activeElement;
    return {
      role: role ?? document.activeElement.getAttribute("role"),
      valuetext: document.activeElement.getAttribute("aria-valuetext"),
      tag: tagName,
      id,
      name,
      value,
      type,
      text: textContent.trim(),
      part: document.activeElement.closest(".lab-part")?.id,
    };
  });

/** Follow a link within the page, and wait until all is shown. */
async function follow(page, fragment) {
  await page.evaluate(async (one) => {
    const [changed, old] = [
      new Promise((resolve) => addEventListener("hashchange", resolve, { once: true })),
      location.hash,
    ];
    location.hash = one;
    if (location.hash !== old) await changed;
  }, fragment);
  await page.settled();
}

/** Press a key until the focus is where it should be. */
async function tabTo(page, found, key = "Tab") {
  for (let presses = 0; presses < 60; presses++) {
    await page.press(key);
    const now = await focused(page);
    if (found(now)) return now;
  }
  return assert.fail(`${key} never reached ${found}`);
}

before(async () => (site = await serve()));
after(() => site.close());

for (const start of starters) {
  describe(`the lab in ${start.name.replace("start", "")}`, () => {
    let browser;
    before(async () => (browser = await start()));
    after(() => browser?.close());
    /** A test on the lab's page, after which nothing may have been thrown or refused. */
    const onLab = (name, action, options = {}) =>
      test(name, { timeout: 600_000, skip: options.skip }, () =>
        withPage(browser, options, name, async (page) => {
          await page.goto(`${site.address}/${options.at ?? LAB}`);
          if (!options.at) await page.settled();
          await action(page);
          assert.deepEqual(page.errors, []);
          assert.deepEqual(await page.evaluate(() => globalThis.refused), []);
        }),
      );

    onLab("fifty random states show what torch prints, and their Python prints what they show", async (page) => {
      const scripts = [];
      const shown = [];
      for (const state of states) {
        await follow(page, state.fragment);
        assert.equal(await text(page, "#lab-message"), "");
        assert.equal(await text(page, "#lab-output"), state.output, state.fragment);
        assert.equal(await text(page, "#lab-gradient"), state.gradient, state.fragment);
        const [script, prints] = [await text(page, "#lab-python"), await text(page, "#lab-prints")];
        assert.equal(prints, `${state.output}\n${state.gradient}`);
        const cells = ".stage-rows:not([hidden]) tr:nth-child(2) button";
        const mask = await page.evaluate(
          (all) => [...document.querySelectorAll(all)].map((one) => one.textContent),
          cells,
        );
        if (mask.length > 0 && mask[0] !== "–") assert.equal(mask.join(""), state.mask, state.fragment);
        // To compile takes seconds: a test of its own does so with a few.
        if (state.stream === "compiled") continue;
        scripts.push(script);
        shown.push(prints);
      }
      execute(scripts).forEach((printed, i) => assert.equal(printed, `${shown[i]}\n`, scripts[i]));
    });

    const compiling = states.filter(({ stream, runs }) => stream === "compiled" && runs).slice(0, COMPILED);
    onLab(
      "the Python of a compiled layer, compiled and run, prints what the lab shows",
      async (page) => {
        const scripts = [];
        const shown = [];
        for (const state of compiling) {
          await follow(page, state.fragment);
          scripts.push(await text(page, "#lab-python"));
          shown.push(`${await text(page, "#lab-prints")}\n`);
        }
        assert.ok(scripts.filter((script) => script.includes("torch.compile(")).length > 1, scripts.join("\n"));
        assert.deepEqual(execute(scripts), shown);
      },
      { skip: compiling.length === 0 && "needs a C++ compiler and Python.h" },
    );

    onLab("running means and stacked layers are those of torch", async (page) => {
      // The bits of each are compared in both browsers, above; what is summed of them, in one of the two.
      const mine = (_, i) => i % starters.length === starters.indexOf(start);
      for (const state of states.filter(({ stream }) => stream === "eager").filter(mine)) {
        await follow(page, state.fragment);
        const mean = await text(page, "#lab-part-mean .lab-told");
        if (state.random) {
          const running = Number(/running mean of y is (\S+):/.exec(mean)[1]);
          // Four significant digits are shown.
          assert.ok(
            Math.abs(running - Number(state.running_mean)) <= 0.51e-3 * Math.abs(running),
            `${running}, ${state.running_mean}, ${state.fragment}`,
          );
        } else assert.match(mean, /^(Nothing is random here|The mask is held|Not every value is finite)/);
        await follow(page, `${state.fragment}&show=depth`);
        const depth = await text(page, "#lab-part-depth .lab-told");
        assert.ok(depth.includes(`: ${state.left} of `), `${depth}, ${state.left}, ${state.fragment}`);
      }
    });

    onLab(`${shareOf(start).length} arbitrary links give a state or a sentence, and never markup`, async (page) => {
      const result = await page.evaluate(
        async ([fragments, sentence, longest]) => {
          const said = new RegExp(sentence, "s");
          const inside = () =>
            document.querySelectorAll(
              "#lab-message *, #lab-output *, #lab-python *, #lab-prints *, #lab-gradient *, .lab-problem *",
            ).length;
          const active = () => document.querySelectorAll("script, img, iframe, object, embed, link, style").length;
          const [before, title] = [active(), document.title];
          const counts = { states: 0, sentences: 0, wrong: [] };
          for (const fragment of fragments) {
            const old = location.hash;
            const changed = new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
            location.hash = fragment;
            if (location.hash === old) continue;
            await changed;
            const message = document.getElementById("lab-message").textContent;
            if (message) counts.sentences++;
            else counts.states++;
            const fine = message === "" || said.test(message);
            if (!fine || message.length > longest || inside() || active() !== before || document.title !== title)
              counts.wrong.push([fragment, message]);
          }
          return counts;
        },
        [shareOf(start), SENTENCE.source, LONGEST_SENTENCE],
      );
      assert.deepEqual(result.wrong, []);
      assert.ok(result.states > 40 && result.sentences > 1000, JSON.stringify(result));
      await follow(page, states[0].fragment);
      assert.equal(await text(page, "#lab-output"), states[0].output);
    });

    onLab("the keyboard alone does everything", async (page) => {
      await page.evaluate(() => document.querySelector(".mobile-header .theme-toggle").focus());
      const on = (found, key) => tabTo(page, found, key);
      await on(({ id }) => id === "lab-values");
      await page.press("Control+a");
      await page.type("2, -4, 6");
      await on(({ name }) => name === "lab-mode");
      await on(({ name }) => name === "lab-scaling");
      await page.press("ArrowDown");
      await page.press("ArrowUp");
      await on(({ id }) => id === "lab-p");
      await page.press("Control+a");
      await page.type("0.2");
      await on(({ type, part }) => type === "range" && part === "lab-part-dock");
      await page.press("ArrowRight");
      await on(({ id }) => id === "lab-seed");
      await page.press("Control+a");
      await page.type("-5");
      await page.settled();
      // The line of the stage is a slider of 1 − p: up keeps more.
      const line = await on(({ role }) => role === "slider");
      assert.match(line.valuetext, /^p = 0\.21, \d of 3 kept$/);
      await page.press("ArrowDown");
      await page.press("ArrowUp");
      await page.press("Home");
      await page.settled();
      assert.match((await focused(page)).valuetext, /^p = 1\.00, 0 of 3 kept$/);
      await page.press("Control+z");
      await page.settled();
      assert.match((await focused(page)).valuetext, /^p = 0\.21/);
      // In the row of the mask one stop leads to all elements.
      await on(({ part, text }) => part === "lab-part-stage" && /^[01]$/.test(text));
      for (const key of ["Home", "ArrowRight", "End", "Home", "End"]) await page.press(key);
      const sentence = await text(page, ".lab-sentence");
      assert.match(sentence, /^x\[2\]: u = \S+ is (not )?below 0\.79, so x = 6 (is kept|becomes)/);
      const before = (await focused(page)).text;
      await page.press("Enter");
      await page.settled();
      assert.equal((await focused(page)).text, String(1 - Number(before)));
      assert.match(await text(page, "#lab-python"), /explain\(x, 0\.21, mask=mask\)/);
      await on(({ text }) => text === "Undo");
      await page.press("Enter");
      await page.settled();
      await on(({ role }) => role === "tab");
      await page.press("ArrowRight");
      await page.press("End");
      await page.press("Home");
      await on(({ text }) => text === "+1");
      await page.press("Enter");
      await on(({ text }) => text === "+100");
      await page.press("Enter");
      await on(({ name }) => name === "lab-loss");
      await page.press("ArrowDown");
      await page.settled();
      assert.match(await text(page, "#lab-part-mean"), /After 201 calls/);
      await tabTo(page, ({ role }) => role === "tab", "Shift+Tab");
      for (let i = 0; i < 5; i++) await page.press("ArrowRight");
      await page.settled();
      await on(({ id }) => id === "lab-layers");
      await page.press("End");
      await page.settled();
      assert.match(await text(page, "#lab-part-depth"), /Through 20 layers/);
      await on(({ text }) => text === "Copy the Python");
      await page.press("Enter");
      await page.page.waitForFunction(() => document.querySelector(".lab-copied").textContent);
      assert.match(await text(page, ".lab-copied"), /Copied|Selected/);
      await on(({ id }) => id === "lab-link");
      const link = await page.evaluate(() => document.activeElement.href);
      const carried = { numbers: Float64Array.of(2, -4, 6), shape: [3], p: 0.21, seed: -5n, loss: "mean_square" };
      const looked = { calls: 201, layers: 20, show: "depth" };
      assert.deepEqual(readFragment(new URL(link).hash), { ...initialState(), ...carried, ...looked });

      // What was copied, pasted by the keyboard, and run, prints what the page shows.
      const [script, prints] = [await text(page, "#lab-python"), await text(page, "#lab-prints")];
      assert.match(script, /x = torch\.tensor\(\[2\.0, -4\.0, 6\.0\]\)[^]*manual_seed\(-5\)[^]*p=0\.21/);
      assert.equal(execute([script])[0], `${prints}\n`);
      await tabTo(page, ({ id }) => id === "lab-values", "Shift+Tab");
      await page.press("Control+a");
      await page.press("Control+v");
      assert.equal(await page.evaluate(() => document.activeElement.value.trim()), script.trim());

      // The link restores the state on a fresh page.
      await withPage(browser, {}, "restored", async (fresh) => {
        await fresh.goto(link);
        await fresh.settled();
        assert.equal(await text(fresh, "#lab-prints"), prints);
        assert.equal(await fresh.evaluate(() => document.getElementById("lab-values").value), "2, -4, 6");
        assert.match(await text(fresh, "#lab-part-depth"), /Through 20 layers/);
      });
    });

    onLab("hovering an element lights its column and says its sentence", async (page) => {
      await page.page.hover(".stage-rows tr:nth-child(3) td:nth-child(4)");
      assert.equal(
        await text(page, ".lab-sentence"),
        "x[2]: u = 0.4594 is below 0.5, so x = 3 is kept and times 2 becomes 6.",
      );
      const lit = await page.evaluate(() =>
        [...document.querySelectorAll(".lab-rows td.lit")].map((cell) => cell.textContent),
      );
      assert.deepEqual(lit, ["3", "1", "6"]);
    });

    // Who asks for calm has the page jump to each stop. A page that glides there takes a time that nobody can tell: where
    // frames are late it has not even begun to move when it already looks still.
    const everyStop = async (page) => {
      await page.evaluate(() => document.querySelector(".mobile-header .theme-toggle").focus());
      let stops = 0;
      for (let presses = 0; presses < 60; presses++) {
        await page.press("Tab");
        await page.painted();
        const style = await page.evaluate(() => {
          const { activeElement } = document;
          const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
          const box = activeElement.getClientRects()[0] ?? new DOMRect();
          const top = document.elementFromPoint(
            box.x + Math.min(box.width / 2, 20),
            box.y + Math.min(box.height / 2, 20),
          );
          return {
            within: document.hasFocus() && activeElement !== document.body,
            lab: Boolean(activeElement.closest(".lab-part")),
            outline: `${outlineStyle} ${outlineWidth}`,
            seen: activeElement === top || activeElement.contains(top),
            what: activeElement.outerHTML.slice(0, 80),
          };
        });
        // Behind the last stop some browsers leave the page.
        if (!style.within) break;
        if (!style.lab) continue;
        stops++;
        // A choice is as large as its label, which wears the outline.
        if (!/type="radio"/.test(style.what)) assert.match(style.outline, /^(solid|auto) [1-9]/, style.what);
        assert.ok(style.seen, `hidden behind something: ${style.what}`);
      }
      assert.ok(stops >= 20, String(stops));
    };
    onLab("every stop of the keyboard shows where it is", everyStop, { calm: true });

    onLab("a mistake is explained beside its field, and loses nothing", async (page) => {
      for (const [id, wrong, reason] of [
        ["lab-values", "two, 1", /^Values must hold real numbers; got two\.$/],
        ["lab-p", "7", /^Drop probability p must be a number from 0 to 1; got 7\.$/],
        ["lab-seed", "half", /^Seed must be a whole number from −2\^63 to 2\^64 − 1; got half\.$/],
      ]) {
        const before = await text(page, "#lab-output");
        await page.evaluate((one) => {
          document.getElementById(one).focus();
          document.getElementById(one).select();
        }, id);
        await page.type(wrong);
        await page.press("Tab");
        assert.match(await text(page, `#${id}-problem`), reason);
        assert.deepEqual(
          await page.evaluate(
            (one) => [document.getElementById(one).value, document.getElementById(one).getAttribute("aria-invalid")],
            id,
          ),
          [wrong, "true"],
        );
        assert.equal(await text(page, "#lab-output"), before);
        // What is shown is not what was typed, and looks it.
        const opacity = () =>
          Math.max(
            ...[...document.getElementById("lab-part-stage").children].map((one) => getComputedStyle(one).opacity),
          );
        assert.ok(Number(await page.evaluate(opacity)) < 0.6, id);
      }
      await follow(page, "#v=7");
      assert.match(await text(page, "#lab-message"), /version 7; this page reads version 1/);
    });

    onLab("a heading's link is no state, and changes none", async (page) => {
      await follow(page, states[0].fragment);
      await follow(page, "#layer-upon-layer");
      assert.equal(await text(page, "#lab-output"), states[0].output);
      assert.equal(await text(page, "#lab-message"), "");
    });

    onLab("a link that is opened just when the address would be written is followed", async (page) => {
      const [before, wanted] = states.filter(({ stream }) => stream === "eager");
      await page.page.waitForFunction(() => !document.documentElement.hasAttribute("aria-busy"));
      // The timer that writes the address, held back until a link was opened and nobody has been told of it.
      await page.evaluate(
        async ([first, second]) => {
          const [set, held] = [globalThis.setTimeout, []];
          globalThis.setTimeout = (action, after) => (after === 700 ? held.push(action) : set(action, after));
          const changed = () => new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
          let told = changed();
          location.hash = first;
          await told;
          told = changed();
          location.hash = second;
          for (const action of held) action();
          await told;
          globalThis.setTimeout = set;
        },
        [before.fragment, wanted.fragment],
      );
      await page.settled();
      assert.equal(await text(page, "#lab-output"), wanted.output);
    });

    onLab("results are announced once the reader pauses, not at every step", async (page) => {
      const announced = await page.evaluate(async () => {
        const region = document.querySelector("#lab-announcement");
        const said = [];
        new MutationObserver(() => said.push(region.textContent)).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        });
        // A slow machine: each look at the clock finds a frame's share of time used up.
        const clock = performance.now.bind(performance);
        let used = 0;
        performance.now = () => clock() + (used += 5);
        // What waits for a pause stands still: a busy machine makes pauses of its own.
        const [set, clear, waiting] = [globalThis.setTimeout, globalThis.clearTimeout, new Map()];
        let last = 0;
        globalThis.setTimeout = (action, after) => {
          if (after !== 700) return set(action, after);
          waiting.set(--last, action);
          return last;
        };
        globalThis.clearTimeout = (one) => waiting.delete(one) || clear(one);
        const slide = document.querySelector("#lab-part-dock input[type=range]");
        for (let p = 10; p < 90; p++) {
          slide.value = String(p / 100);
          slide.dispatchEvent(new Event("input"));
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        if (said.length > 0 || waiting.size !== 1) said.push(`${said.length} and ${waiting.size} before the pause`);
        for (const action of waiting.values()) action();
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        [globalThis.setTimeout, globalThis.clearTimeout, performance.now] = [set, clear, clock];
        return said;
      });
      assert.equal(announced.length, 1);
      assert.match(announced[0], /^p = 0\.89, seed 0: \d of 4 kept; the mean of x is 2\.5/);
    });
  });
}
