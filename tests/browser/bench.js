/** Time the lab: its model against torch, and the script of each frame while p is dragged. Prints ratios of one run. */

import { spawnSync } from "node:child_process";

import { dropout, values } from "../../docs/lab/modules/model/dropout_model.js";
import { starters, withPage } from "./driver.js";
import { renew } from "./record.js";
import { serve } from "./server.js";

const ELEMENTS = 1_000_000;
const REPETITIONS = 15;
// ms of script in a frame: as it is, and with the processor slowed as on a cheap phone.
const FRAMES = [
  [1, 16],
  [4, 32],
];

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** Median milliseconds of torch's dropout of a million elements on one thread. */
function torch() {
  const script = [
    "import statistics, time, torch",
    "torch.set_num_threads(1)",
    `x = torch.ones(${ELEMENTS})`,
    "times = []",
    `for seed in range(${REPETITIONS}):`,
    "    start = time.perf_counter()",
    "    torch.manual_seed(seed)",
    "    torch.nn.functional.dropout(x, 0.5)",
    "    times.append(1e3 * (time.perf_counter() - start))",
    "print(statistics.median(times))",
  ];
  return Number(spawnSync(process.env.PYTHON, ["-c", script.join("\n")], { encoding: "utf8" }).stdout);
}

/** Median milliseconds of the model, from the seed to the output. */
function model(call, made) {
  const times = [];
  for (let seed = 0; seed < REPETITIONS; seed++) {
    const start = performance.now();
    call(made, 0.5, BigInt(seed));
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The name of a browser, with its version. */
const named = ({ name, version }) => `${name} ${version.replace(/^\w+\//, "")}`;

function report(where, ours) {
  const theirs = torch();
  console.log(
    `${where.padEnd(44)} ${ours.toFixed(1).padStart(8)} ms ${theirs.toFixed(1).padStart(8)} ms ${(ours / theirs).toFixed(2).padStart(7)}`,
  );
}

/** Note how long the callbacks of each frame run, before any script of the page is loaded. */
function watchFrames() {
  const original = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.frames_ = new Map();
  globalThis.requestAnimationFrame = (callback) =>
    original((time) => {
      const start = performance.now();
      callback(time);
      const measure = performance.measure("frame", { start, end: performance.now() });
      globalThis.frames_.set(time, (globalThis.frames_.get(time) ?? 0) + measure.duration);
    });
}

/** Drag p from 0 to 1 and back, a step a frame; return milliseconds of script of each frame. */
function drag() {
  return new Promise((resolve) => {
    const slide = document.querySelector("#lab-part-dock input[type=range]");
    globalThis.frames_.clear();
    let step = 0;
    const move = () => {
      slide.value = String(Math.abs(100 - step) / 100);
      slide.dispatchEvent(new Event("input"));
      if (step++ < 200) requestAnimationFrame(move);
      else setTimeout(() => resolve([...globalThis.frames_.values()]), 500);
    };
    requestAnimationFrame(move);
  });
}

/** Time a drag over some values, with the processor slowed; print and return it. */
async function dragged(browser, what, x, slower, most) {
  return withPage(browser, {}, "drag", async (page) => {
    if (browser.name === "chromium") await page.page.addInitScript(watchFrames);
    else await page.page.evaluateOnNewDocument(watchFrames);
    await page.goto(`${site.address}/lab/index.html#v=1&x=${x}&draws=10000`);
    await page.settled();
    if (slower > 1) {
      const session = await page.page.context().newCDPSession(page.page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
    }
    const times = await page.evaluate(drag);
    const late = times.filter((time) => time > most).length;
    const longest = Math.max(...times);
    // One frame in a hundred is that in which the machine does something else.
    const nearlyAll = times.sort((a, b) => a - b)[Math.floor(0.99 * (times.length - 1))];
    const numbers = [median([...times]), longest].map((time) => `${time.toFixed(1).padStart(6)} ms`).join(" ");
    const name = `${named(browser)}, ${what}${slower > 1 ? `, ${slower} times slower` : ""}`;
    console.log(`${name.padEnd(68)} ${numbers} ${String(late).padStart(4)} of ${times.length} over ${most} ms`);
    const slowed = slower > 1 ? `, processor slowed ${slower} times` : "";
    return {
      what: `script of 99 in 100 frames while p is dragged, ${what}, ${browser.name}${slowed}`,
      measured: nearlyAll,
      limit: most,
      unit: "ms",
    };
  });
}

const versions = {};
console.log(`${"seed to output, a million elements".padEnd(44)} ${"lab".padStart(11)} ${"torch".padStart(11)}   ratio`);
report(`Node.js ${process.versions.node}`, model(dropout, values(ELEMENTS, "float32").fill(1)));
const site = await serve();
const frames = [];
for (const start of starters) {
  const browser = await start();
  versions[browser.name] = browser.version;
  await withPage(browser, {}, "bench", async (page) => {
    await page.goto(`${site.address}/lab/index.html`);
    await page.settled();
    const ours = await page.evaluate(
      async (settings) => {
        const { dropout, values } = await import("/_static/lab/model/dropout_model.js");
        const x = values(settings.elements, "float32").fill(1);
        const times = [];
        for (let seed = 0; seed < settings.repetitions; seed++) {
          const start = performance.now();
          dropout(x, 0.5, BigInt(seed));
          times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
      },
      { elements: ELEMENTS, repetitions: REPETITIONS },
    );
    report(named(browser), ours);
  });
  console.log(`${"script of a frame while p is dragged".padEnd(68)} ${"median".padStart(9)} ${"longest".padStart(9)}`);
  for (const [what, x] of [
    ["a thousand ones", "1*1000"],
    ["a thousand different numbers", Array.from({ length: 1000 }, (_, i) => Math.sin(i)).join(",")],
  ])
    for (const [slower, most] of FRAMES) {
      // Only Chromium can be slowed.
      if (slower === 1 || browser.name === "chromium") frames.push(await dragged(browser, what, x, slower, most));
    }
  await browser.close();
}
site.close();
process.exitCode = renew("lab", frames, versions) ? 0 : 1;
