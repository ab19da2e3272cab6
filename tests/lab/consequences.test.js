/** What follows from a call beside its output: scalings, norms, layers, a network. node --test, with VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { lawBehind, normsOf, stacked } from "../../docs/lab/modules/model/consequences.js";
import { compared } from "../../docs/lab/modules/model/scalings.js";
import { derive } from "../../docs/lab/modules/model/derived.js";
import { mean, norm } from "../../docs/lab/modules/model/dropout_model.js";
import { initialState } from "../../docs/lab/modules/model/lab_state.js";
import { meanLaw } from "../../docs/lab/modules/model/mean_law.js";
import { pass } from "../../docs/lab/modules/model/network.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

const close = (ours, theirs, what) =>
  assert.ok(Math.abs(ours - theirs) <= 1e-12 * Math.max(1, Math.abs(theirs)), `${what}: ${ours} is not ${theirs}`);

/** A state with values of double precision. */
const stated = ({ x, seed = "0", ...changes }) => ({
  ...initialState(),
  dtype: "float64",
  numbers: Float64Array.from(x, Number),
  shape: [x.length],
  seed: BigInt(seed),
  ...changes,
});

test("the norm at every p is that of torch's calls with one seed", () => {
  assert.equal(vectors.norms.length, 6);
  for (const { seed, x, ps, norms } of vectors.norms)
    normsOf(derive(stated({ seed, x })), ps).forEach((one, i) => close(one, norms[i], `p = ${ps[i]}, seed ${seed}`));
});

test("the norm at the p of a call is that of the call, for each scaling and stream", () => {
  for (const scaling of ["inverted", "vanilla", "none"])
    for (const stream of ["eager", "compiled"])
      for (const p of [0, 0.25, 0.7, 1]) {
        const derived = derive(stated({ x: [3, -1, 4, 1, -5, 9], p, scaling, stream }));
        close(normsOf(derived, [p])[0], norm(derived.y), `${scaling}, ${stream}, ${p}`);
      }
});

test("training and evaluation agree in the mean where there is a factor, and only there", () => {
  for (const p of [0.1, 0.5, 0.9]) {
    const derived = derive(stated({ x: [1, 2, 3, 4], p }));
    const [inverted, vanilla, none] = compared(derived);
    close(inverted.expected, 2.5, "inverted, training");
    close(inverted.evaluation, 2.5, "inverted, evaluation");
    close(vanilla.expected, vanilla.evaluation, "vanilla");
    close(none.evaluation, none.expected / (1 - p), "none");
    close(inverted.seen, mean(derived.y), "this call");
  }
});

test("a scaling's training mean is the average over all masks of four elements", () => {
  const p = 0.3;
  const sums = { inverted: 0, vanilla: 0, none: 0 };
  for (let k = 0; k < 16; k++) {
    const mask = Uint8Array.from({ length: 4 }, (_, i) => (k >> i) & 1);
    const kept = mask.reduce((sum, m) => sum + m, 0);
    const weight = (1 - p) ** kept * p ** (4 - kept);
    for (const { scaling, seen } of compared({ ...derive(stated({ x: [1, -2, 3, 5], p })), mask }))
      sums[scaling] += weight * seen;
  }
  for (const { scaling, expected } of compared(derive(stated({ x: [1, -2, 3, 5], p }))))
    close(sums[scaling], expected, scaling);
});

test("a stack of layers leaves what a stack of torch's leaves, from the call that is looked at on", () => {
  assert.equal(vectors.stacks.length, 30);
  for (const { seed, p, call, x, kept, means } of vectors.stacks) {
    const stack = stacked(derive(stated({ seed, p, call, x })), 20);
    const what = JSON.stringify({ seed, p, call, n: x.length });
    assert.deepEqual(stack.kept.slice(1), kept, what);
    // Torch multiplies layer by layer, and rounds each time.
    stack.means
      .slice(1)
      .forEach((one, i) =>
        close(one / Math.max(1, Math.abs(means[i])), means[i] / Math.max(1, Math.abs(means[i])), what),
      );
  }
});

test("a stack in evaluation drops nothing, and vanilla dropout shrinks it there", () => {
  const { kept, means } = stacked(derive(stated({ x: [1, 3], training: false, scaling: "vanilla" })), 3);
  assert.deepEqual(
    [kept, means],
    [
      [2, 2, 2, 2],
      [2, 1, 0.5, 0.25],
    ],
  );
});

test("the law of the mean behind some layers is that of one layer that keeps (1 - p)^L", () => {
  const derived = derive(stated({ x: [1, 2, 3, 4], p: 0.4 }));
  const stack = stacked(derived, 5);
  assert.deepEqual(lawBehind(derived, stack, 3), meanLaw([1, 2, 3, 4], stack.q ** 3, stack.factor ** 3, 1));
  close(lawBehind(derived, stack, 3).mean, 2.5, "its mean");
  for (const change of [{ p: 0 }, { p: 1 }, { training: false }]) {
    const still = derive(stated({ x: [1, 2, 3, 4], ...change }));
    assert.equal(lawBehind(still, stacked(still, 2), 2), null);
  }
});

test("the network gives torch's output and gradients, exactly 0 where torch's are", () => {
  assert.equal(vectors.networks.length, 48);
  let zeros = 0;
  for (const { x, y, gradientW, gradientV, ...state } of vectors.networks) {
    const ours = pass(stated({ x, ...state }));
    close(ours.y, y, "output");
    const [mine, theirs] = [
      [...ours.gradientW.flat(), ...ours.gradientV],
      [...gradientW.flat(), ...gradientV],
    ];
    theirs.forEach((one, i) => {
      close(mine[i], one, `gradient ${i}`);
      assert.equal(mine[i] === 0, one === 0, `${JSON.stringify(state)}, gradient ${i}`);
      if (one === 0) zeros++;
    });
  }
  assert.ok(zeros > 200, String(zeros));
});

test("a network with few values has 0 for the others", () => {
  assert.deepEqual(pass(stated({ x: [1] })).x, [1, 0, 0, 0]);
});
