/** The numbers of sentences against what Python computes and writes when it builds a page: node --test, VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { READINGS, ROWS, called, written } from "../../docs/lab/modules/model/readings.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const { sentences } = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

/** Compare numbers to a relative 1e-12, and texts. */
function assertClose(ours, theirs, what) {
  if (typeof theirs === "string") return assert.equal(ours, theirs, what);
  assert.ok(Math.abs(ours - theirs) <= 1e-12 * Math.max(1, Math.abs(theirs)), `${what}: ${ours} is not ${theirs}`);
}

test("every reading equals Python's, at sixty settings", () => {
  assert.ok(sentences.length >= 60);
  assert.ok(sentences.filter(({ state }) => state.seed > 2 ** 31).length > 5);
  for (const { state, said } of sentences) {
    const call = called(state);
    assert.deepEqual(
      Object.keys(READINGS).filter((name) => name !== "made"),
      Object.keys(said),
    );
    for (const [name, theirs] of Object.entries(said))
      assertClose(READINGS[name](state, call), theirs, `${name}, ${JSON.stringify(state)}`);
  }
});

test("every reading is written as Python writes it, in every form", () => {
  for (const { state, said, written: forms } of sentences) {
    const call = called(state);
    for (const [form, texts] of Object.entries(forms))
      Object.keys(said).forEach((name, i) =>
        assert.equal(
          written(READINGS[name](state, call), form),
          texts[i],
          `${name} as ${form}, ${JSON.stringify(state)}`,
        ),
      );
  }
});

test("every row equals Python's, and every cell is written as Python writes it", () => {
  for (const { state, rows, cells } of sentences) {
    assert.deepEqual(Object.keys(ROWS), Object.keys(rows));
    for (const [name, theirs] of Object.entries(rows)) {
      const ours = Array.from(ROWS[name](state, called(state)));
      assert.equal(ours.length, theirs.length);
      ours.forEach((value, i) => assertClose(value, theirs[i], `${name}, ${JSON.stringify(state)}`));
      assert.deepEqual(
        ours.map((value) => written(value)),
        cells[name],
        `${name}, ${JSON.stringify(state)}`,
      );
    }
  }
});

test("halves are rounded away from zero, small numbers have exponents, and idle zeros go", () => {
  for (const [value, form, text] of [
    [0.125, ".2f", "0.13"],
    [2.5, ".1g", "3"],
    [1e-7, ".3g", "1e-7"],
    [0.5, ".3g", "0.5"],
    [1234.5, ".3g", "1230"],
    [0, ".3g", "0"],
  ])
    // prettier-ignore
    assert.equal(written(value, form), text);
});

test("one is kept, and none is; two are", () => {
  const kept = (seed, p) => READINGS.kept({ seed, p }, called({ x: [1, 1], p, seed }));
  assert.equal(kept(0, 0), "2 are kept");
  assert.equal(kept(0, 1), "none is kept");
  const seed = [...Array(20).keys()].find((one) => called({ x: [1, 1], p: 0.5, seed: one }).mask.join("") === "10");
  assert.equal(kept(seed, 0.5), "1 is kept");
});
