/** The experiment with the mean, and all that follows from a state: node --test, with VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { derive, once } from "../../docs/lab/modules/model/derived.js";
import { applyMask, dropout, mean } from "../../docs/lab/modules/model/dropout_model.js";
import { Experiment, histogram, settling } from "../../docs/lab/modules/model/experiment.js";
import { initialState } from "../../docs/lab/modules/model/lab_state.js";
import { meanLaw } from "../../docs/lab/modules/model/mean_law.js";
import { TorchStream } from "../../docs/lab/modules/model/torch_stream.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

/** What follows from the first example with some changes. */
const derived = (changes = {}) => derive({ ...initialState(), ...changes });

/** Give an experiment a state, and let it work until it is done; return how many steps that took. */
function finish(experiment, changes = {}) {
  experiment.take(derived(changes));
  let steps = 0;
  for (; experiment.unfinished; steps++) experiment.step(Infinity);
  return steps;
}

/** The mean of each call, from successive masks of one stream. */
function meansOf({ numbers, p, seed, calls }) {
  const stream = new TorchStream(seed);
  return Array.from({ length: calls }, () => {
    const mask = stream.mask(numbers.length, p);
    return mean(applyMask(Float64Array.from(numbers), mask, { p, scaling: "inverted", training: true }));
  });
}

test("what follows from a state is one call of torch, with its gradient and its texts", () => {
  for (const { seed, p, dtype, scaling, training, loss, x, ...torch } of vectors.short_calls) {
    const numbers = Float64Array.from(x, Number);
    const state = { ...initialState(), seed: BigInt(seed), p, dtype, scaling, training, loss };
    const { y, gradient, outputText, uniforms, mask, kept, draws } = derive({
      ...state,
      numbers,
      shape: [numbers.length],
    });
    assert.deepEqual([...y], [...y.constructor.from(torch.y, Number)]);
    assert.deepEqual([...gradient], [...gradient.constructor.from(torch.gradient, Number)]);
    assert.equal(outputText(), torch.y_printed);
    assert.equal(draws, training && p > 0 && p < 1);
    // Of what is drawn p moves the threshold alone: at its ends all lie on one side.
    if (training)
      assert.deepEqual(
        [...mask],
        Array.from(uniforms, (u) => Number(u < 1 - p)),
      );
    assert.equal(
      kept,
      mask.reduce((sum, m) => sum + m, 0),
    );
  }
});

test("a text is printed once, and only when it is asked for", () => {
  let printed = 0;
  const text = once(() => `printed ${++printed}`);
  assert.equal(printed, 0);
  assert.deepEqual([text(), text(), printed], ["printed 1", "printed 1", 1]);
});

test("the calls are successive calls of torch's stream, and their mean is the running mean", () => {
  const experiment = new Experiment();
  const state = { numbers: Float64Array.of(1, -2, 5), p: 0.3, seed: -7n, calls: 700 };
  finish(experiment, { ...state, dtype: "float64", shape: [3] });
  const means = meansOf(state);
  assert.deepEqual([...experiment.means], means);
  const running = means.reduce((sum, one) => sum + one, 0) / 700;
  assert.ok(Math.abs(experiment.running - running) < 1e-12);
  assert.deepEqual(experiment.path[0], [1, means[0]]);
  const stream = new TorchStream(state.seed);
  const sums = [0, 0, 0];
  for (let call = 0; call < 700; call++)
    stream.mask(3, state.p).forEach((m, i) => (sums[i] += (m * state.numbers[i]) / (1 - state.p)));
  experiment.averages.forEach((average, i) => assert.ok(Math.abs(average - sums[i] / 700) < 1e-12, String(i)));
  assert.deepEqual(experiment.path.at(-1), [700, experiment.running]);
  assert.equal(experiment.means[0], mean(dropout(state.numbers, 0.3, -7n)));
});

test("more calls go on from those that were made; fewer, or another layer, start again", () => {
  const [whole, parts] = [new Experiment(), new Experiment()];
  finish(whole, { calls: 5000 });
  for (const calls of [1, 40, 5000]) finish(parts, { calls });
  assert.deepEqual([...parts.means], [...whole.means]);
  assert.equal(parts.running, whole.running);
  assert.ok(parts.path.length > 100 && parts.path.length < 300, String(parts.path.length));
  for (const change of [
    { calls: 4999 },
    { seed: 1n },
    { p: 0.4 },
    { dtype: "float64" },
    { scaling: "none" },
    { numbers: Float64Array.of(1, 2, 3, 4) },
  ]) {
    const again = new Experiment();
    finish(again, { calls: 5000 });
    again.take(derived({ calls: 5000, ...change }));
    assert.deepEqual([again.done, again.path, again.laws.size], [0, [], 0], Object.keys(change)[0]);
  }
});

test("a step stops at the call that it is given, and a law waits for the last call", () => {
  const experiment = new Experiment();
  experiment.take(derived({ calls: 10_000 }));
  experiment.step(3);
  assert.equal(experiment.done, 3);
  experiment.step(3);
  assert.deepEqual([experiment.done, experiment.laws.size], [3, 0]);
  experiment.step(Infinity);
  // 500 elements are 125 calls of four.
  assert.deepEqual([experiment.done, experiment.laws.size], [128, 0]);
  while (experiment.done < experiment.wanted) experiment.step(Infinity);
  assert.equal(experiment.laws.size, 1);
});

test("nothing is drawn, and no law looked for, where nothing is random", () => {
  const still = [
    { training: false },
    { p: 0 },
    { p: 1 },
    { held: "0110" },
    { numbers: new Float64Array(4) },
    { numbers: Float64Array.of(1, NaN, 2, 3) },
    { numbers: Float64Array.of(1e200, 1, 2, 3), dtype: "float64" },
  ];
  for (const change of still) {
    const experiment = new Experiment();
    experiment.take(derived(change));
    assert.equal(experiment.unfinished, false, JSON.stringify(change));
    experiment.step(Infinity);
    assert.deepEqual([experiment.done, settling(experiment), histogram(experiment)], [0, null, null]);
  }
});

test("the band is that of the laws, as far as a hundred calls at least", () => {
  const experiment = new Experiment();
  finish(experiment, { calls: 7 });
  const { band, last, centre, reach, path } = settling(experiment);
  assert.deepEqual([last, centre, path.at(-1)[0]], [100, 2.5, 7]);
  assert.deepEqual([band[0][0], band.at(-1)[0]], [1, 100]);
  assert.ok(band.some(([count]) => count === 7) && band.length > 12);
  for (const [count, ...interval] of band)
    assert.deepEqual(interval, meanLaw([1, 2, 3, 4], 0.5, 2, count).interval, String(count));
  assert.ok(band.every(([, low, high]) => low > centre - reach && high < centre + reach));
});

test("the law is that of the numbers as written, which share a unit that float32 rounds away", () => {
  const experiment = new Experiment();
  finish(experiment, { numbers: Float64Array.of(0.3, -1.2, 2.5), shape: [3] });
  assert.ok([...experiment.laws.values()].every(({ exact }) => exact));
  finish(experiment, { numbers: Float64Array.of(Math.PI, -1, Math.E), shape: [3] });
  assert.ok([...experiment.laws.values()].every(({ exact }) => !exact));
});

test("the bars share out all calls and all probability, each to where it belongs", () => {
  for (const numbers of [[1, 2, 3, 4], [-3, 0.5, 2.25, -1], Array(300).fill(1), [Math.PI, Math.E, -Math.SQRT2, 1]]) {
    const experiment = new Experiment();
    const state = { numbers: Float64Array.from(numbers), shape: [numbers.length], p: 0.4, dtype: "float64" };
    finish(experiment, { ...state, calls: 2000 });
    const { bars, law } = histogram(experiment);
    const sum = (of) => bars.reduce((total, bar) => total + bar[of], 0);
    assert.ok(Math.abs(sum("seen") - 1) < 1e-9, `${numbers}: ${sum("seen")}`);
    // Bars without calls are left out where the law has less than 1e-4 for them.
    assert.ok(sum("expected") > 0.99 && sum("expected") < 1 + 1e-5, `${numbers}: ${sum("expected")}`);
    assert.equal(law.exact, numbers[0] !== Math.PI);
    bars.forEach(({ left, right, seen }, i) => {
      const within = [...experiment.means].filter((one) => one > left && one <= right).length / 2000;
      assert.ok(Math.abs(within - seen) < 1e-9, `bar from ${left} to ${right}: ${seen} and not ${within}`);
      assert.ok(right > left && (i === 0 || left >= bars[i - 1].right - 1e-9));
    });
    assert.ok(bars.length <= 60, String(bars.length));
  }
});
