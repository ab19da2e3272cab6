/** The fragment of the address: every string is a state or a sentence. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState, readFragment, readP, readSeed, writeFragment } from "../../docs/lab/modules/lab_state.js";
import { InputError } from "../../docs/lab/modules/tensor_text.js";

test("an empty fragment is the first example", () => {
  assert.deepEqual(readFragment(""), initialState());
  assert.deepEqual(readFragment("#"), initialState());
});

test("what is written is read back as the same state", () => {
  const states = [
    initialState(),
    { ...initialState(), numbers: Float64Array.of(-0, 1e300, 1 / 3, NaN, -Infinity, 5e-324), shape: [2, 3] },
    { ...initialState(), numbers: new Float64Array(1000).fill(1), shape: [10, 100], dtype: "float64" },
    { ...initialState(), numbers: Float64Array.of(7), shape: [] },
    { ...initialState(), p: 1e-12, seed: -(2n ** 63n), training: false, scaling: "vanilla", loss: "mean_square" },
    { ...initialState(), p: 1, seed: 2n ** 64n - 1n, scaling: "none", draws: 100_000, layers: 20 },
  ];
  for (const state of states) assert.deepEqual(readFragment(writeFragment(state)), state);
});

test("a thousand ones make a short address", () => {
  const state = { ...initialState(), numbers: new Float64Array(1000).fill(1), shape: [1000] };
  assert.match(writeFragment(state), /x=1\*1000&/);
});

test("what a link does not name stays as in the first example", () => {
  assert.deepEqual(readFragment("#v=1&p=0.9"), { ...initialState(), p: 0.9 });
});

test("escaped and unescaped signs read the same", () => {
  assert.deepEqual(readFragment("#v=1&x=1%2C2&p=1e-3"), readFragment("#v=1&x=1,2&p=1e-3"));
  assert.equal(readFragment("#v=1&x=1e+2").numbers[0], 100);
});

for (const [fragment, reason] of [
  ["#p=0.5", /must start with v=1; got p=0.5/],
  ["#v=2", /version 2; this page reads version 1/],
  ["#v=1&p=2", /Drop probability p must be a number from 0 to 1; got 2/],
  ["#v=1&p=", /from 0 to 1; got nothing/],
  ["#v=1&p=0x1", /from 0 to 1; got 0x1/],
  ["#v=1&seed=1.5", /Seed must be a whole number/],
  ["#v=1&seed=18446744073709551616", /Seed must be a whole number/],
  ["#v=1&mode=test", /mode must be train or eval; got test/],
  ["#v=1&mode=constructor", /mode must be train or eval/],
  ["#v=1&scaling=__proto__", /scaling must be inverted or vanilla or none/],
  ["#v=1&__proto__=1", /names __proto__, which this page does not know/],
  ["#v=1&p=0.5&p=0.6", /names p twice/],
  ["#v=1&v=1", null],
  ["#v=1&x=1*1001", /x must be a whole number from 1 to 1000; got 1001/],
  ["#v=1&x=1*600,2*600", /x must hold at most 1000 numbers/],
  ["#v=1&x=1,2&shape=3", /shape must fit the 2 numbers of x; got 3/],
  ["#v=1&draws=100001", /draws must be a whole number from 1 to 100000/],
  ["#v=1&layers=0", /layers must be a whole number from 1 to 20/],
  [`#v=1&x=${"1,".repeat(40_000)}`, /shorter than 60000 characters/],
  ["#%ff%fe", /must start with v=1/],
]) {
  test(`reads ${fragment.slice(0, 40)}`, () => {
    if (reason)
      assert.throws(
        () => readFragment(fragment),
        (error) => error instanceof InputError && reason.test(error.message),
      );
    else assert.deepEqual(readFragment(fragment), initialState());
  });
}

test("random strings are states or sentences, never other errors", () => {
  const pieces = [
    "v=1",
    "&",
    "=",
    "x",
    "p",
    "seed",
    "shape",
    "1",
    "-",
    ",",
    "*",
    "e9",
    "%",
    "%00",
    "é",
    "<b>",
    "nan",
    "0.5",
    "#",
    "\u0000",
    "layers",
    "9".repeat(30),
  ];
  let random = 1;
  const next = (below) => (random = (random * 48271) % 2147483647) % below;
  for (let i = 0; i < 20_000; i++) {
    const fragment =
      (i % 2 ? "v=1&" : "") + Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join("");
    try {
      const state = readFragment(fragment);
      assert.deepEqual(readFragment(writeFragment(state)), state);
    } catch (error) {
      assert.ok(error instanceof InputError && error.message.length < 200, `${fragment}: ${error.stack}`);
    }
  }
});

test("numbers of the fields are read strictly", () => {
  assert.equal(readP(" .25 "), 0.25);
  assert.ok(Object.is(readP("-0"), 0));
  assert.equal(readSeed(" +5 "), 5n);
  assert.equal(readSeed("-9223372036854775808"), -(2n ** 63n));
  for (const text of ["", "1e400", "0,5", "half", "NaN", "-0.1"]) assert.throws(() => readP(text), InputError);
  for (const text of ["", "1e3", "0x10", "--1", "9".repeat(21)]) assert.throws(() => readSeed(text), InputError);
});
