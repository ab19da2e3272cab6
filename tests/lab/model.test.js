/** The model of the lab against what torch, SciPy and enumeration wrote: node --test, with VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { binomial, binomialInterval } from "../../docs/lab/modules/model/binomial.js";
import { moments } from "../../docs/lab/modules/model/closed_forms.js";
import { applyMask, dropout, gradient, scale, values } from "../../docs/lab/modules/model/dropout_model.js";
import { meanLaw } from "../../docs/lab/modules/model/mean_law.js";
import { TorchStream } from "../../docs/lab/modules/model/torch_stream.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

/** Read bytes that NumPy wrote. */
function stored(file, dtype) {
  const bytes = readFileSync(join(folder, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return dtype === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
}

/** Compare bit by bit, but for the payload of a NaN, which JavaScript cannot see. */
function assertSame(ours, theirs, what) {
  assert.equal(ours.length, theirs.length, what);
  for (let i = 0; i < ours.length; i++) {
    if (!Object.is(ours[i], theirs[i])) assert.fail(`${what}: element ${i} is ${ours[i]} and not ${theirs[i]}`);
  }
}

function assertClose(ours, theirs, tolerance, what) {
  assert.ok(Math.abs(ours - theirs) <= tolerance, `${what}: ${ours} is not ${theirs} within ${tolerance}`);
}

test("a million elements equal torch's in every bit, for every seed, p and dtype", () => {
  assert.ok(vectors.long_calls.length >= 20);
  for (const { seed, p, dtype, x, y } of vectors.long_calls) {
    const input = stored(x, dtype);
    assert.equal(input.length, 1e6);
    assertSame(dropout(input, p, BigInt(seed)), stored(y, dtype), `seed ${seed}, p ${p}, ${dtype}`);
  }
});

test("every scaling and both losses equal torch's output and gradient in every bit", () => {
  for (const vector of vectors.short_calls) {
    const { seed, p, dtype, scaling, training, loss } = vector;
    const x = values(vector.x.map(Number), dtype);
    const mask = new TorchStream(BigInt(seed)).mask(x.length, p);
    const call = { p, scaling, training };
    const y = applyMask(x, mask, call);
    const what = JSON.stringify({ seed, p, dtype, scaling, training, loss });
    assertSame(y, values(vector.y.map(Number), dtype), what);
    assertSame(gradient(y, mask, call, loss), values(vector.gradient.map(Number), dtype), `gradient, ${what}`);
  }
});

test("successive calls go on in torch's stream", () => {
  for (const { seed, p, masks, uniforms } of vectors.streams) {
    const stream = new TorchStream(BigInt(seed));
    for (const mask of masks) assert.deepEqual([...stream.mask(mask.length, p)], mask);
    assertSame(new TorchStream(BigInt(seed)).uniforms(uniforms.length), uniforms, `uniforms of seed ${seed}`);
  }
});

test("a mask is the comparison of the uniforms with 1 - p", () => {
  const mask = new TorchStream(9n).mask(5000, 0.7);
  const uniforms = new TorchStream(9n).uniforms(5000);
  assert.deepEqual(
    [...mask],
    Array.from(uniforms, (u) => Number(u < 1 - 0.7)),
  );
});

test("a uniform that equals the keep probability is dropped", () => {
  for (let seed = 0n; seed < 20n; seed++) {
    const [u] = new TorchStream(seed).uniforms(1);
    if (u < 0.5) continue;
    // Both differences are exact: p is a number whose 1 - p is u.
    assert.equal(1 - (1 - u), u);
    assert.equal(new TorchStream(seed).mask(1, 1 - u)[0], 0);
    assert.equal(new TorchStream(seed).mask(1, 1 - u - 2 ** -53)[0], 1);
  }
});

test("moments and intervals equal SciPy's", () => {
  for (const vector of vectors.intervals) {
    const { n, p, value } = vector;
    const what = JSON.stringify({ n, p, value });
    assert.deepEqual(binomialInterval(n, 1 - p), vector.kept, what);
    const ours = moments(p, { value, n });
    for (const name of ["mean", "variance", "secondMoment", "standardError"]) {
      assertClose(ours[name], vector[name], 1e-12 * Math.abs(vector[name]), `${name}, ${what}`);
    }
    ours.interval95.forEach((end, i) => assertClose(end, vector.interval95[i], 1e-12 * Math.abs(end), what));
  }
});

test("binomial probabilities sum to 1 and have the binomial's mean and variance", () => {
  for (const [n, q] of [
    [1, 0.5],
    [10, 0.1],
    [1000, 0.999],
    [10_000_000, 0.3],
  ]) {
    const { start, probabilities } = binomial(n, q);
    let [sum, mean, square] = [0, 0, 0];
    probabilities.forEach((probability, i) => {
      sum += probability;
      mean += probability * (start + i - n * q);
      square += probability * (start + i - n * q) ** 2;
    });
    assertClose(sum, 1, 1e-12, "sum");
    assertClose(mean, 0, 1e-9 * n * q, "mean");
    assertClose(square, n * q * (1 - q), 1e-9 * n * q, "variance");
  }
});

test("the law of the mean equals the enumeration of all masks", () => {
  for (const { x, q, factor, draws, at, probabilities, ...expected } of vectors.means) {
    const what = JSON.stringify({ x, q, draws });
    const law = meanLaw(x, q, factor, draws);
    assert.ok(law.exact, what);
    const width = Math.max(...at.map(Math.abs), 1);
    assertClose(law.mean, expected.mean, 1e-12 * width, `mean, ${what}`);
    // The expected one is a difference of squares: half of the digits are lost in its root.
    assertClose(law.standardError, expected.standardError, 1e-7 * width, `standard error, ${what}`);
    if (expected.interval) law.interval.forEach((end, i) => assertClose(end, expected.interval[i], 1e-9 * width, what));
    const ours = new Map();
    const key = (mean) => Math.round((mean / width) * 1e9);
    law.probabilities.forEach((probability, i) => {
      const mean = key((law.start + i) * law.step);
      ours.set(mean, (ours.get(mean) ?? 0) + probability);
    });
    at.forEach((mean, i) => assertClose(ours.get(key(mean)) ?? 0, probabilities[i], 1e-11, `P(${mean}), ${what}`));
  }
});

test("where no unit is coarse enough the standard error is exact and the shape normal", () => {
  const x = [Math.PI, Math.E, Math.SQRT2];
  const law = meanLaw(x, 0.5, 2, 9);
  assert.equal(law.exact, false);
  let [sum, variance] = [0, 0];
  law.probabilities.forEach((probability, i) => {
    sum += probability;
    variance += probability * ((law.start + i) * law.step - law.mean) ** 2;
  });
  assertClose(sum, 1, 1e-5, "sum"); // 5 standard errors to each side
  assertClose(Math.sqrt(variance), law.standardError, 1e-4 * law.standardError, "width of the shape");
  const squares = x.reduce((sum, value) => sum + value * value, 0);
  assertClose(law.standardError, Math.sqrt(squares / 9) / 3, 1e-12, "standard error");
  assertClose(law.interval[1] - law.interval[0], 2 * 1.959963984540054 * law.standardError, 1e-12, "width");
});

test("bad arguments are refused with their name, value and range", () => {
  assert.throws(() => scale(1.5), /p must lie in \[0, 1\]; got p = 1\.5/);
  assert.throws(() => new TorchStream(0n).mask(3, NaN), /p must lie in \[0, 1\]; got p = NaN/);
  assert.throws(() => new TorchStream(2n ** 64n), /seed must lie in .*; got seed = 18446744073709551616/);
  assert.throws(() => new TorchStream(-(2n ** 63n) - 1n), RangeError);
});

test("nothing is mutated: a call leaves its arguments as they were", () => {
  const x = values([1, -2, 3], "float32");
  const mask = Uint8Array.of(1, 0, 1);
  applyMask(x, mask, { p: 0.5, scaling: "inverted", training: true });
  assert.deepEqual(
    [[...x], [...mask]],
    [
      [1, -2, 3],
      [1, 0, 1],
    ],
  );
});
