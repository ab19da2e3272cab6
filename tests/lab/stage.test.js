/** What the stage shows: later calls, masks set by hand, both streams, words, Python, and what can be undone. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { derive } from "../../docs/lab/modules/model/derived.js";
import { History } from "../../docs/lab/modules/model/history.js";
import { initialState } from "../../docs/lab/modules/model/lab_state.js";
import { pythonCode } from "../../docs/lab/modules/model/python_code.js";
import { fateOf, nameOf } from "../../docs/lab/modules/model/sentences.js";
import { heightOf } from "../../docs/lab/modules/model/streams.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

const stated = ({ x = [1, 2, 3, 4], seed = "0", ...changes } = {}) => ({
  ...initialState(),
  numbers: Float64Array.from(x, Number),
  shape: [x.length],
  seed: BigInt(seed),
  ...changes,
});
const same = (ours, theirs, what) =>
  assert.deepEqual([...ours], [...ours.constructor.from(theirs, Number)], JSON.stringify(what));

test("a later call has the output of torch's later call", () => {
  assert.equal(vectors.later_calls.length, 27);
  for (const { y, ...state } of vectors.later_calls) same(derive(stated(state)).y, y, { ...state, x: undefined });
});

test("a compiled call has the output and the mask of torch.compile", () => {
  let compared = 0;
  for (const { masks, y, ...state } of vectors.compiled_calls) {
    if (state.x.length === 0) continue;
    const derived = derive(stated({ ...state, stream: "compiled" }));
    same(derived.mask, masks[0], state);
    same(derived.y, y, state);
    // The picture has it on the right side of its line, but for what no eye can tell apart.
    derived.uniforms.forEach((u, i) => {
      const height = heightOf("compiled", u);
      if (Math.abs(height - (1 - state.p)) > 1e-6) assert.equal(height < 1 - state.p, masks[0][i] === 1);
    });
    compared++;
  }
  assert.ok(compared > 50, String(compared));
});

test("a mask that is set by hand gives what explain() gives, with its gradient", () => {
  assert.equal(vectors.by_hand.length, 40);
  for (const { y, gradient, ...state } of vectors.by_hand) {
    for (const stream of ["eager", "compiled"]) {
      const derived = derive(stated({ ...state, stream, loss: "mean_square" }));
      assert.ok(derived.held && !derived.draws);
      same(derived.y, y, state);
      same(derived.gradient, gradient, state);
    }
  }
});

test("a mask waits where torch draws none: at p = 0, at p = 1 and in evaluation", () => {
  for (const [change, mask] of [
    [{ p: 0 }, [1, 1, 1, 1]],
    [{ p: 1 }, [0, 0, 0, 0]],
    [{ training: false }, [1, 1, 1, 1]],
  ]) {
    const derived = derive(stated({ held: "0110", ...change }));
    assert.deepEqual([derived.held, [...derived.mask]], [false, mask]);
  }
});

test("p moves the threshold and nothing else: elements are dropped in the order of their u", () => {
  const { uniforms } = derive(stated({ x: Array(200).fill(1) }));
  let before = new Uint8Array(200).fill(1);
  for (let k = 0; k <= 100; k++) {
    const { mask, uniforms: same } = derive(stated({ x: Array(200).fill(1), p: k / 100 }));
    assert.equal(same, uniforms);
    mask.forEach((m, i) => assert.ok(m <= before[i], "what was dropped stays dropped"));
    before = mask;
  }
  assert.equal(Math.max(...before), 0);
});

for (const [changes, sentence] of [
  [{}, "u = 0.4594 is below 0.5, so x = 3 is kept and times 2 becomes 6."],
  [{ scaling: "none" }, "u = 0.4594 is below 0.5, so x = 3 is kept and stays 3."],
  [{ p: 0.6 }, "u = 0.4594 is not below 0.4, so x = 3 becomes 0."],
  [{ held: "1110" }, "Kept by hand: x = 3 times 2 becomes 6."],
  [{ held: "1101" }, "Dropped by hand: x = 3 becomes 0."],
  [{ p: 0 }, "At p = 0 nothing is drawn: x = 3 stays 3."],
  [{ p: 1 }, "At p = 1 nothing is drawn: x = 3 times 0 is 0."],
  [{ training: false }, "Evaluation draws nothing: x = 3 stays 3."],
  [{ training: false, scaling: "vanilla" }, "Evaluation draws nothing: x = 3 times 1 − p = 0.5 is 1.5."],
]) {
  test(`says of an element: ${sentence}`, () => assert.equal(fateOf(derive(stated(changes)), 2), sentence));
}

test("says of a compiled call which side of p keeps", () => {
  for (const i of [0, 1, 2, 3]) {
    const derived = derive(stated({ stream: "compiled" }));
    const said = /^u = (\S+) is (not )?above 0\.5, so/.exec(fateOf(derived, i));
    assert.equal(said[2] === undefined, derived.mask[i] === 1);
  }
});

test("enough digits are shown to see on which side of the line an element lies", () => {
  const [u] = derive(stated()).uniforms;
  const derived = derive(stated({ p: 1 - u }));
  assert.match(fateOf(derived, 0), /^u = 0\.\d{5,} is not below/);
});

test("an element is named as Python names it", () => {
  assert.equal(nameOf(derive(stated({ x: [1, 2, 3, 4, 5, 6], shape: [2, 3] })), 4), "x[1,1]");
  assert.equal(nameOf(derive(stated({ x: [1], shape: [] })), 0), "x");
});

test("the Python of a mask set by hand passes it on", () => {
  const code = pythonCode(stated({ held: "0110", p: 0.25 }));
  assert.match(code, /from dropout_explained import explain/);
  assert.match(code, /mask = torch\.tensor\(\[0\.0, 1\.0, 1\.0, 0\.0\]\)\ntold = explain\(x, 0\.25, mask=mask\)/);
  assert.doesNotMatch(code, /manual_seed/);
  assert.match(pythonCode(stated({ held: "0110", scaling: "none" })), /y = mask \* x\n/);
  assert.match(pythonCode(stated({ held: "0110", p: 1 })), /manual_seed/);
});

test("the Python of a later call makes the calls before it", () => {
  const code = pythonCode(stated({ call: 3 }));
  assert.match(code, /for _ in range\(2\): {2}# the calls before\n {4}F\.dropout\(x, p=0\.5, training=True\)\ny = F/);
  assert.doesNotMatch(pythonCode(stated({ call: 3, training: false })), /range/);
});

test("the Python of a compiled call compiles it", () => {
  assert.match(
    pythonCode(stated({ stream: "compiled" })),
    /dropout = torch\.compile\(lambda x: F\.dropout\(x, p=0\.5.*\n[^]*y = dropout\(x\)\n/,
  );
});

test("what is done within a second to the same thing is undone at once", () => {
  const history = new History();
  history.keep("first", { p: 0.1 }, 0);
  history.keep("dragged", { p: 0.2 }, 500);
  history.keep("dragged on", { p: 0.3 }, 1400);
  history.keep("seeded", { seed: 1n }, 1500);
  history.keep("later", { seed: 2n }, 9000);
  assert.ok(history.any);
  assert.deepEqual(
    [history.undo(), history.undo(), history.undo(), history.undo()],
    ["later", "seeded", "first", undefined],
  );
  assert.ok(!history.any);
});

test("after something was undone the next change is one of its own", () => {
  const history = new History();
  history.keep("first", { p: 0.1 }, 0);
  history.undo();
  history.keep("first", { p: 0.1 }, 1);
  assert.equal(history.undo(), "first");
});
