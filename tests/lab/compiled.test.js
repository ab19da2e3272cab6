/** The compiled stream against what Python and torch.compile drew: node --test, with VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import {
  CompiledStream,
  compiledOutput,
  compiledScale,
  threshold,
} from "../../docs/lab/modules/model/compiled_stream.js";
import { scale, values } from "../../docs/lab/modules/model/dropout_model.js";
import { TorchStream } from "../../docs/lab/modules/model/torch_stream.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

/** Compare bit by bit, but for the payload of a NaN. */
function assertSame(ours, theirs, what) {
  assert.equal(ours.length, theirs.length, what);
  for (let i = 0; i < ours.length; i++)
    if (!Object.is(ours[i], theirs[i])) assert.fail(`${what}: element ${i} is ${ours[i]} and not ${theirs[i]}`);
}

test("masks of successive calls and outputs equal Python's replay, for every seed, p, size and dtype", () => {
  assert.ok(vectors.compiled_calls.length >= 90);
  for (const { seed, p, dtype, masks, x, y } of vectors.compiled_calls) {
    const what = JSON.stringify({ seed, p, dtype, n: x.length });
    const stream = new CompiledStream(BigInt(seed));
    const drawn = masks.map(({ length }) => stream.mask(length, p, dtype));
    drawn.forEach((mask, i) => assert.deepEqual([...mask], masks[i], `call ${i}, ${what}`));
    const input = values(x.map(Number), dtype);
    assertSame(compiledOutput(input, drawn[0], p), values(y.map(Number), dtype), what);
  }
});

test("a million uniform numbers a seed equal Python's", () => {
  for (const { seed, first, last, sum, kept } of vectors.compiled_uniforms) {
    const drawn = new CompiledStream(BigInt(seed)).uniforms(1e6);
    assertSame(drawn.subarray(0, first.length), first, `first of seed ${seed}`);
    assertSame(drawn.subarray(-last.length), last, `last of seed ${seed}`);
    // A sum of doubles in order; Python's is rounded once.
    const ours = drawn.reduce((total, u) => total + u, 0);
    assert.ok(Math.abs(ours - sum) < 1e-6, `sum of seed ${seed}: ${ours} is not ${sum}`);
    for (const [p, count] of Object.entries(kept)) {
      const mask = new CompiledStream(BigInt(seed)).mask(1e6, Number(p));
      assert.equal(
        mask.reduce((total, one) => total + one, 0),
        count,
        `kept of seed ${seed} at ${p}`,
      );
    }
  }
});

test("outputs equal those of torch.compile, where there is a compiler", ({ skip }) => {
  if (!vectors.compiled_by_torch.length) return skip("no C++ compiler wrote vectors");
  for (const { seed, p, dtype, x, y } of vectors.compiled_by_torch) {
    const mask = new CompiledStream(BigInt(seed)).mask(x.length, p, dtype);
    assertSame(compiledOutput(values(x, dtype), mask, p), values(y, dtype), JSON.stringify({ seed, p, dtype }));
  }
});

test("a mask is the comparison of the uniforms with the threshold of its dtype", () => {
  for (let seed = 0n; seed < 10n; seed++)
    for (const dtype of ["float32", "float64"])
      for (const p of [0.1, 0.7, 1 / 3, 1e-9]) {
        const uniforms = new CompiledStream(seed).uniforms(5001);
        assert.deepEqual(
          [...new CompiledStream(seed).mask(5001, p, dtype)],
          Array.from(uniforms, (u) => Number(u > threshold(p, dtype))),
        );
      }
});

test("a uniform that equals p is dropped", () => {
  for (let seed = 0n; seed < 10n; seed++) {
    const [u] = new CompiledStream(seed).uniforms(1);
    assert.equal(new CompiledStream(seed).mask(1, u)[0], 0);
    assert.equal(new CompiledStream(seed).mask(1, u * (1 - 2 ** -24))[0], 1);
    // Between two numbers of float32 the kernel of float64 tells p apart, that of float32 does not.
    assert.equal(new CompiledStream(seed).mask(1, u * (1 - 2 ** -40), "float64")[0], 1);
    assert.equal(new CompiledStream(seed).mask(1, u * (1 - 2 ** -40), "float32")[0], 0);
  }
});

test("each call takes one pair of words, whatever its size, and none at p = 0 or 1", () => {
  const stream = new CompiledStream(4n);
  for (const [count, p] of [[1000, 0.5], [5, 0], [5, 1], [0, 0.5]]) stream.mask(count, p); // prettier-ignore
  const twister = new TorchStream(4n);
  twister.pair();
  const [, key] = twister.pair();
  const again = new CompiledStream(4n);
  again.uniforms(3);
  assert.notEqual(key, 0);
  assert.deepEqual([...stream.uniforms(9)], [...again.uniforms(9)]);
});

test("the scale of float32 is rounded once, where eager code rounds twice", () => {
  assert.equal(compiledScale(0.1, "float32"), Math.fround(1 / 0.9));
  const differ = [...Array(99)].filter(
    (_, i) => compiledScale((i + 1) / 100, "float32") !== scale((i + 1) / 100, "float32"),
  );
  assert.ok(differ.length > 5, String(differ.length));
  assert.equal(compiledScale(1, "float32"), 0);
});

test("what is no probability and no seed is refused with its value and range", () => {
  assert.throws(() => new CompiledStream(2n ** 64n), /seed must lie in .*; got seed = 18446744073709551616/);
  assert.throws(() => new CompiledStream(0n).mask(3, 2), /p must lie in \[0, 1\]; got p = 2/);
  assert.throws(() => threshold(-1, "float64"), /p must lie in \[0, 1\]; got p = -1/);
});
