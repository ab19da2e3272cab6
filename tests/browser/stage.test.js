/** What a person sees of the lab: what stands on the first screen, what a drag does, what stays where it is. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { readFragment } from "../../docs/lab/modules/model/lab_state.js";
import { starters, withPage } from "./driver.js";
import { SITE, serve } from "./server.js";

const [PHONE, DESK] = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
];
const CONSEQUENCES = ["scalings", "mean", "elements", "gradient", "norm", "depth", "network", "compare", "guess"];
/** Ends of [0, 1], places near them where texts are longest, and places between. */
const PS = [0, 0.025, 0.1, 0.35, 0.5, 0.9, 0.975, 1];
/** Bytes of the lab's scripts that are fetched before the first view stands there, each gzipped. */
const MOST_BYTES_AT_FIRST = 25_000;
/** What cannot be read, by its field. */
const MISTAKES = [
  ["lab-values", "two, 1 and a few more words"],
  ["lab-p", "7"],
  ["lab-seed", "half a dozen, or a dozen and a half"],
];
let site;

before(async () => (site = await serve()));
after(() => site.close());

const text = (page, selector) => page.evaluate((one) => document.querySelector(one).textContent, selector);
/** The fates of the elements, as the cells of the mask say them. */
const mask = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".stage-rows tr:nth-child(2) button")].map((one) => one.textContent).join(""),
  );

/** Whether elements lie wholly on the screen, in front of all else. */
const inSight = (page, selectors) =>
  page.evaluate(
    (all) =>
      all.map((selector) => {
        const one = document.querySelector(selector);
        const { left, right, top, bottom } = one.getBoundingClientRect();
        const within = left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight && bottom > top;
        const front = [0.1, 0.5, 0.9].every((share) => {
          const seen = document.elementFromPoint((left + right) / 2, top + share * (bottom - top));
          return one === seen || one.contains(seen) || seen?.contains(one);
        });
        return within && front;
      }),
    selectors,
  );

/** What modules weigh, each as a server would compress it. */
const weight = (names) =>
  [...new Set(names)].reduce((sum, name) => sum + gzipSync(readFileSync(join(SITE, name)), { level: 9 }).length, 0);

/** Put a text into a field, as who writes it and leaves it; runs in the page. */
function write([id, value]) {
  const field = document.getElementById(id);
  // A field for numbers would hold no word.
  if (field.type === "number") field.type = "text";
  field.value = value;
  field.dispatchEvent(new Event("change"));
}

/** The height of the page, where each picture stands in its place and how large, and what is cut off; runs in the page. */
function layout() {
  const places = [...document.querySelectorAll(".lab-panel, .stage-picture")].filter((one) => one.checkVisibility());
  const pictures = places.flatMap((place) => {
    const { top } = place.getBoundingClientRect();
    const inside = [...place.querySelectorAll(".lab-chart, .stage-plot")].map((one) => one.getBoundingClientRect());
    const cut = Math.max(0, place.scrollHeight - place.clientHeight - 1);
    return [place.id, ...inside.flatMap((one) => [one.top - top, one.width, one.height].map(Math.round)), cut].join(
      " ",
    );
  });
  return [document.documentElement.scrollHeight, ...pictures].join("; ");
}

/** How strongly each of some elements is seen, by all that dims it; runs in the page. */
function strength(selectors) {
  return selectors.map((selector) => {
    let product = 1;
    for (let one = document.querySelector(selector); one; one = one.parentElement)
      product *= Number(getComputedStyle(one).opacity);
    return product;
  });
}

/** Note when the stage, the output and the chosen consequence first stand there; runs before any script of the page. */
function watchFirstView() {
  const all = [".stage-rows tr:nth-child(3) td", "#lab-output", ".lab-panel.chosen .lab-chart"];
  const watcher = new MutationObserver(() => {
    if (!all.every((one) => document.querySelector(one)?.textContent)) return;
    globalThis.answered = performance.now();
    watcher.disconnect();
  });
  watcher.observe(document, { childList: true, subtree: true, characterData: true });
}

test("every page's link to the lab is a state of it", () => {
  const pages = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  const links = pages.flatMap((name) =>
    [...readFileSync(join(SITE, name), "utf8").matchAll(/href="[^"]*lab\/index\.html(#v=[^"]+)"/g)].map(
      (found) => found[1],
    ),
  );
  assert.ok(links.length > 25, String(links.length));
  for (const link of links) readFragment(link.replaceAll("&amp;", "&"));
  assert.ok(links.some((link) => readFragment(link.replaceAll("&amp;", "&")).show === "depth"));
});

test("a finger drags the line, and not the page", { timeout: 60_000 }, async (context) => {
  const browser = await starters[0]();
  context.after(() => browser.close());
  await withPage(browser, PHONE, "touch", async (page) => {
    await page.goto(`${site.address}/lab/index.html`);
    await page.settled();
    const session = await page.page.context().newCDPSession(page.page);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    const { x, y, width, height } = await page.evaluate(() =>
      document.querySelector(".knob").getBoundingClientRect().toJSON(),
    );
    const at = (moved) => [{ x: x + width / 2, y: y + height / 2 - moved }];
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
    for (let moved = 5; moved <= 40; moved += 5) {
      await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(moved) });
      await page.painted();
    }
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.settled();
    const [p, scrolled] = await page.evaluate(() => [Number(document.getElementById("lab-p").value), scrollY]);
    assert.equal(scrolled, 0);
    assert.ok(p > 0.05 && p < 0.2, String(p));
  });
});

test(
  "a finger turns to the next consequence, and scrolls, drags and slides as before",
  { timeout: 60_000 },
  async (context) => {
    const browser = await starters[0]();
    context.after(() => browser.close());
    await withPage(browser, PHONE, "swipe", async (page) => {
      await page.goto(`${site.address}/lab/index.html`);
      await page.settled();
      const session = await page.page.context().newCDPSession(page.page);
      await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
      /** Move a finger over the middle of an element. */
      const swipe = async (selector, [dx, dy]) => {
        const { x, y, width, height } = await page.evaluate(
          (one) => document.querySelector(one).getBoundingClientRect().toJSON(),
          selector,
        );
        const at = (share) => [{ x: x + width / 2 + dx * (share - 0.5), y: y + height / 2 + dy * share }];
        await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
        for (let i = 1; i <= 8; i++) {
          await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(i / 8) });
          await page.painted();
        }
        await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
        await page.settled();
        await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
      };
      const told = ".lab-panel.chosen .lab-told";
      const seen = async (name, why) => {
        const panels = await page.evaluate(() =>
          [...document.querySelectorAll(".lab-panel")].filter((one) => one.checkVisibility()).map(({ id }) => id),
        );
        assert.deepEqual(panels, [`lab-part-${name}`], why);
        assert.equal(await text(page, "[role=tab][aria-selected=true]"), await text(page, `#lab-tab-${name}`));
      };
      await seen("scalings", "at first");
      await swipe(told, [200, 0]);
      await seen("scalings", "nothing comes before the first");
      await swipe(told, [-200, 5]);
      await seen("mean", "to the left, the next");
      await swipe(told, [-20, 0]);
      await seen("mean", "a finger that trembles turns nothing");
      await swipe(told, [-200, 0]);
      await seen("elements", "and the next");
      await swipe(told, [200, 0]);
      await seen("mean", "to the right, back");
      assert.equal(await page.evaluate(() => document.querySelector(".lab-board").style.translate), "");
      await swipe(told, [-30, -150]);
      await seen("mean", "up, the page scrolls");
      assert.ok((await page.evaluate(() => scrollY)) > 60);
      await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
      await swipe(".knob", [-20, -30]);
      await seen("mean", "the line is dragged");
      assert.ok((await page.evaluate(() => Number(document.getElementById("lab-p").value))) < 0.4);
      await page.evaluate(() => (location.hash = "v=1&show=depth"));
      await page.painted();
      await page.settled();
      const layers = () => page.evaluate(() => document.getElementById("lab-layers").value);
      const before = await layers();
      await swipe("#lab-layers", [90, 0]);
      await seen("depth", "a slider slides");
      assert.notEqual(await layers(), before);
      assert.deepEqual(page.errors, []);
    });
  },
);

for (const start of starters) {
  describe(`what a person sees of the lab in ${start.name.replace("start", "")}`, () => {
    let browser;
    before(async () => (browser = await start()));
    after(() => browser?.close());

    /** A test on the lab's page, opened with a state. */
    const onLab = (name, options, action) =>
      test(name, { timeout: 300_000 }, () =>
        withPage(browser, options, name, async (page) => {
          const { addInitScript, evaluateOnNewDocument } = page.page;
          await (addInitScript ?? evaluateOnNewDocument).call(page.page, watchFirstView);
          await page.goto(`${site.address}/lab/index.html${options.state ?? ""}`);
          await page.settled();
          await action(page);
          assert.deepEqual(page.errors, []);
          assert.deepEqual(await page.evaluate(() => globalThis.refused), []);
        }),
      );
    /** Move the mouse from one place to another with its button down. */
    const drag = async ({ page: { mouse } }, from, to) => {
      await mouse.move(from.x, from.y);
      await mouse.down();
      for (let i = 1; i <= 8; i++)
        await mouse.move(from.x + ((to.x - from.x) * i) / 8, from.y + ((to.y - from.y) * i) / 8);
      await mouse.up();
    };
    /** Where the knob of the line and each dot stand. */
    const places = (page) =>
      page.evaluate(() => {
        const middle = (one) => {
          const { left, right, top, bottom } = one.getBoundingClientRect();
          return { x: (left + right) / 2, y: (top + bottom) / 2 };
        };
        return {
          knob: middle(document.querySelector(".stage-plot .knob")),
          dots: [...document.querySelectorAll(".stage-plot .dot-u")].map(middle),
        };
      });

    for (const size of [PHONE, DESK]) {
      const where = `${size.width} by ${size.height}`;

      onLab(`the first screen of ${where} holds the sliders, y and a consequence`, size, async (page) => {
        const wanted = ["#lab-part-dock input[type=range]", ".stage-plot .knob", ".stage-rows tr:nth-child(3)"];
        wanted.push("#lab-seed", "#lab-part-scalings .lab-told", "#lab-part-scalings .lab-chart");
        assert.deepEqual(
          await inSight(page, wanted),
          wanted.map(() => true),
        );
        assert.equal(await page.evaluate(() => scrollY), 0);
      });

      onLab(`no p moves anything: ${where}`, size, async (page) => {
        for (const show of CONSEQUENCES) {
          const seen = new Map();
          for (const p of PS) {
            await page.evaluate((hash) => (location.hash = hash), `v=1&p=${p}&show=${show}`);
            await page.painted();
            await page.settled();
            seen.set(await page.evaluate(layout), p);
          }
          assert.equal(seen.size, 1, `${show}: ${JSON.stringify([...seen])}`);
        }
      });

      onLab(
        `a mistake moves nothing, dims what it does not belong to, and lights it again: ${where}`,
        size,
        async (page) => {
          const parts = [".stage-rows tr:nth-child(3)", "#lab-output", "#lab-summary", ".lab-panel.chosen .lab-chart"];
          const still = await page.evaluate(layout);
          const hold = async (what, least, most) => {
            const strengths = await page.evaluate(strength, parts);
            assert.ok(Math.min(...strengths) >= least && Math.max(...strengths) <= most, `${what}: ${strengths}`);
            assert.equal(await page.evaluate(layout), still, what);
          };
          await hold("before", 1, 1);
          for (const [id, wrong] of MISTAKES) {
            const right = await page.evaluate((one) => document.getElementById(one).value, id);
            await page.evaluate(write, [id, wrong]);
            assert.notEqual(await text(page, `#${id}-problem`), "");
            assert.deepEqual(await inSight(page, size === DESK ? [`#${id}-problem`] : []), size === DESK ? [true] : []);
            await hold(id, 0.1, 0.6);
            await page.evaluate(write, [id, right]);
            await page.settled();
            await hold(`${id}, mended`, 1, 1);
          }
          await page.evaluate(() => (location.hash = "v=1&p=2"));
          await page.page.waitForFunction(() => document.getElementById("lab-message").textContent);
          await hold("a link", 0.1, 0.6);
        },
      );

      onLab(`what is fetched before the first view stands there is little: ${where}`, size, async (page) => {
        const names = await page.evaluate(() =>
          performance
            .getEntriesByType("resource")
            .filter(({ name, responseEnd }) => name.includes("/_static/lab/") && responseEnd <= globalThis.answered)
            .map(({ name }) => new URL(name).pathname),
        );
        assert.ok(names.some((name) => name.endsWith("scalings_view.js")) && names.length > 20, names.join());
        assert.ok(weight(names) < MOST_BYTES_AT_FIRST, `${weight(names)}: ${names}`);
      });
    }

    onLab("a phone that is not touched fetches little, what stands below the screen included", PHONE, async (page) => {
      const names = await page.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .filter(({ name }) => name.includes("/_static/lab/"))
          .map(({ name }) => new URL(name).pathname),
      );
      assert.ok(
        names.some((name) => name.endsWith("take_along_view.js")),
        names.join(),
      );
      assert.ok(weight(names) < MOST_BYTES_AT_FIRST, `${weight(names)}: ${names}`);
    });

    onLab("everything of the first group stands on one screen of a desk", DESK, async (page) => {
      const wanted = ["mean", "elements", "scalings", "gradient"].map((name) => `#lab-part-${name}`);
      wanted.push("#lab-values", "#lab-p", "#lab-output", ".lab-tools", "#lab-part-stage", "[name=lab-scaling]");
      assert.deepEqual(
        await inSight(page, wanted),
        wanted.map(() => true),
      );
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll(".lab-panel")]
          .filter((one) => one.scrollHeight > one.clientHeight + 1)
          .map(({ id }) => id),
      );
      assert.deepEqual(cut, []);
    });

    onLab("the stage and the dock stay in sight on a phone, however far one scrolls", PHONE, async (page) => {
      await page.evaluate(() => scrollTo({ top: 300, behavior: "instant" }));
      await page.painted();
      const wanted = [".stage-rows tr:nth-child(3)", ".stage-plot .knob", "#lab-part-dock input[type=range]"];
      assert.deepEqual(
        await inSight(page, wanted),
        wanted.map(() => true),
      );
    });

    for (const size of [PHONE, DESK])
      onLab(`dragging the line over one dot flips that element alone: ${size.width}`, size, async (page) => {
        assert.equal(await mask(page), "0010");
        const { knob, dots } = await places(page);
        // The second dot lies above the line, and the one next to it in height is far.
        assert.ok(dots[1].y < knob.y - 8 && dots[2].y > knob.y, JSON.stringify({ knob, dots }));
        await drag(page, knob, { x: knob.x, y: dots[1].y + 6 });
        await page.settled();
        assert.equal(await mask(page), "0010");
        await drag(page, (await places(page)).knob, { x: knob.x, y: dots[1].y - 6 });
        await page.settled();
        assert.equal(await mask(page), "0110");
        assert.match(await text(page, "#lab-summary"), /^2 of 4 kept/);
        const [p, slide] = await page.evaluate(() => [
          document.getElementById("lab-p").value,
          document.querySelector("#lab-part-dock input[type=range]").getAttribute("aria-valuetext"),
        ]);
        assert.ok(Number(p) > 0.2 && Number(p) < 0.35, p);
        assert.equal(slide, `p = ${p}, keeps ${Number((100 * (1 - p)).toFixed(1))} %`);
      });

    onLab("a dot and its cells stand in one column", DESK, async (page) => {
      const apart = await page.evaluate(() => {
        const middle = (one) => one.getBoundingClientRect().left + one.getBoundingClientRect().width / 2;
        return [...document.querySelectorAll(".stage-plot .dot-u")].map((dot, i) =>
          Math.max(
            ...[...document.querySelectorAll(".stage-rows tr")].map((row) =>
              Math.abs(middle(row.cells[i + 1]) - middle(dot)),
            ),
          ),
        );
      });
      assert.ok(apart.length === 4 && Math.max(...apart) < 1, JSON.stringify(apart));
    });

    onLab("what is said names p and the seed as they are now", DESK, async (page) => {
      await page.evaluate(() => {
        for (const [id, value] of [
          ["lab-p", "0.25"],
          ["lab-seed", "42"],
        ]) {
          const field = document.getElementById(id);
          field.value = value;
          field.dispatchEvent(new Event("change"));
        }
      });
      await page.page.waitForFunction(() =>
        /^p = 0\.25, seed 42: /.test(document.getElementById("lab-announcement").textContent),
      );
      assert.match(
        await text(page, ".lab-printed"),
        /^x = torch\.tensor\(\[1\.0, .*\]\), p = 0\.25, seed 42, call 1, training/,
      );
      assert.match(await page.evaluate(() => location.hash), /p=0\.25&seed=42/);
    });

    onLab("a click on a cell drops or keeps that element, and undo takes it back", DESK, async (page) => {
      await page.page.click(".stage-rows tr:nth-child(2) td:nth-child(2) button");
      await page.settled();
      assert.equal(await mask(page), "1010");
      assert.equal(await text(page, "#lab-output"), "tensor([2., 0., 6., 0.])");
      assert.match(await text(page, "#lab-python"), /explain\(x, 0\.5, mask=mask\)/);
      await page.evaluate(() =>
        [...document.querySelectorAll(".lab-tools button")].find((one) => one.textContent === "Undo").click(),
      );
      await page.settled();
      assert.equal(await mask(page), "0010");
    });

    onLab(
      "a mask that is held stays while p moves, and only y's factor follows",
      { ...DESK, state: "#v=1&mask=0110" },
      async (page) => {
        for (const [p, printed] of [
          ["0.75", "[ 0.,  8., 12.,  0.]"],
          ["0.9", "[ 0., 20., 30.,  0.]"],
        ]) {
          await page.evaluate((hash) => (location.hash = hash), `v=1&mask=0110&p=${p}`);
          await page.painted();
          await page.settled();
          assert.equal(await mask(page), "0110");
          assert.equal(await text(page, "#lab-output"), `tensor(${printed})`);
        }
      },
    );

    onLab("a step to the next call shows the next mask of the same seed", DESK, async (page) => {
      const seen = [await mask(page)];
      for (let call = 2; call <= 4; call++) {
        await page.page.click('button[aria-label="Call after"]');
        await page.settled();
        assert.equal(await text(page, ".lab-call output"), String(call));
        seen.push(await mask(page));
      }
      assert.ok(new Set(seen).size > 2, seen.join());
      assert.match(await text(page, "#lab-python"), /for _ in range\(3\)/);
    });

    onLab("A stays as it was pinned while B moves, on one pair of axes", DESK, async (page) => {
      await page.evaluate(() =>
        [...document.querySelectorAll(".lab-tools button")].find((one) => one.textContent === "Pin A").click(),
      );
      await page.settled();
      await page.evaluate(() => {
        const field = document.getElementById("lab-p");
        field.value = "0.2";
        field.dispatchEvent(new Event("change"));
      });
      await page.settled();
      const rows = await page.evaluate(() =>
        [...document.querySelectorAll(".lab-facts tbody tr")].map((row) =>
          [...row.cells].slice(1).map((cell) => cell.textContent),
        ),
      );
      assert.deepEqual(rows.slice(0, 3), [
        ["0.5, inverted", "0.2, inverted"],
        ["0, 1", "0, 1"],
        ["1 of 4", "2 of 4"],
      ]);
      const marks = await page.evaluate(() =>
        ["rect.pinned", "circle.seen"].map(
          (one) => document.querySelectorAll(`#lab-part-compare .dot:is(${one})`).length,
        ),
      );
      assert.deepEqual(marks, [4, 4]);
    });

    onLab(
      "y is hidden until it is guessed, and then explained",
      { ...DESK, state: "#v=1&show=guess" },
      async (page) => {
        const hidden = () =>
          page.evaluate(() =>
            [...document.querySelectorAll(".veil")].every((one) => getComputedStyle(one).visibility === "hidden"),
          );
        assert.ok(await hidden());
        await page.evaluate(() => document.querySelectorAll(".lab-guesses button")[0].click());
        assert.ok(!(await hidden()));
        assert.match(await text(page, ".lab-verdict"), /^No: it is 6 = 3 \/ 0\.5\. .* it is 3 on average/);
        const looks = await page.evaluate(() =>
          [...document.querySelectorAll(".lab-guesses button")].map(({ className }) => className),
        );
        assert.deepEqual(looks, ["wrong", "right", "", ""]);
      },
    );

    onLab("a link that is followed while the address is about to be written is not lost", DESK, async (page) => {
      await page.evaluate(() => {
        const field = document.getElementById("lab-p");
        field.value = "0.3";
        field.dispatchEvent(new Event("change"));
        // Longer than the pause after which the address follows.
        for (const start = performance.now(); performance.now() < start + 900;);
        location.hash = "v=1&p=0.9";
      });
      await page.painted();
      await page.settled();
      assert.equal(await page.evaluate(() => document.getElementById("lab-p").value), "0.9");
    });

    onLab(
      "another question takes another seed, which its field shows, and lets a held mask go",
      { ...DESK, state: "#v=1&seed=987654321&mask=0110&show=guess" },
      async (page) => {
        const seed = () => page.evaluate(() => document.getElementById("lab-seed").value);
        assert.equal(await seed(), "987654321");
        await page.evaluate(() => document.querySelector("#lab-part-guess .lab-head button").click());
        await page.settled();
        assert.match(await seed(), /^\d{1,5}$/);
        assert.equal(await page.evaluate(() => document.querySelectorAll(".stage-plot.held").length), 0);
        assert.match(await text(page, "#lab-python"), new RegExp(`manual_seed\\(${await seed()}\\)`));
        await page.evaluate(() => document.querySelector(".lab-tools button").click());
        await page.settled();
        assert.equal(await seed(), "987654321");
      },
    );

    onLab(
      "a thousand elements are dots, bars, and one that can be dropped",
      { ...PHONE, state: "#v=1&x=1*1000&p=0.3" },
      async (page) => {
        const before = Number(/^(\d+) of 1000 kept/.exec(await text(page, "#lab-summary"))[1]);
        const count = (className) =>
          page.evaluate(
            (one) => document.querySelector(`.stage-plot .dots.${one}`).getAttribute("d").split("M").length - 1,
            className,
          );
        assert.deepEqual([await count("kept"), await count("dropped")], [before, 1000 - before]);
        const fate = await text(page, ".stage-turn button:last-child");
        await page.evaluate(() => document.querySelector(".stage-turn button:last-child").click());
        await page.settled();
        assert.equal(await count("kept"), before + (fate === "Drop it" ? -1 : 1));
      },
    );

    onLab("the link of an older page still opens, and a page's link may name a consequence", DESK, async (page) => {
      const old = "v=1&x=1*200&p=0.5&seed=0&mode=train&scaling=none&loss=sum&draws=100&layers=5";
      for (const hash of [old, `${old}&show=depth`]) {
        await page.evaluate((one) => (location.hash = one), hash);
        await page.painted();
        await page.settled();
        assert.equal(await text(page, "#lab-message"), "");
        assert.match(await text(page, "#lab-summary"), /of 200 kept/);
      }
      const seen = await page.evaluate(() => document.querySelector("[role=tab][aria-selected=true]").textContent);
      assert.equal(seen, "Depth");
    });
  });
}
