/** The fragment of the address: every string is a state or a sentence. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changed,
  FIELDS,
  initialState,
  pinnable,
  readFragment,
  writeFragment,
} from "../../docs/lab/modules/model/lab_state.js";
import { pythonCode } from "../../docs/lab/modules/model/python_code.js";
import { derive } from "../../docs/lab/modules/model/derived.js";
import { InputError, readTensor } from "../../docs/lab/modules/model/tensor_input.js";
import { arbitraryLinks, LONGEST_SENTENCE, SENTENCE } from "./arbitrary_links.js";

/** For each field: changes of the state that an address carries, and texts that are no value of the field. */
const CASES = {
  numbers: {
    carried: [
      { numbers: Float64Array.of(-0, 1e300, 1 / 3, NaN, -Infinity, 5e-324), shape: [6] },
      { numbers: new Float64Array(1000).fill(1), shape: [1000] },
      { numbers: Float64Array.of(2, 2, 2, 2, 3), shape: [5] },
    ],
    refused: ["", "1,", "one", "1*1001", "1*0", "1*600,2*600"],
  },
  shape: { carried: [{ shape: [2, 2] }, { shape: [1, 4, 1] }], refused: ["2,", "0", "1001", "-4", "3", "2,3"] },
  dtype: { carried: [{ dtype: "float64" }], refused: ["", "float16", "toString"] },
  p: {
    carried: [{ p: 0 }, { p: 1e-12 }, { p: 1 / 3 }, { p: 1 }],
    refused: ["", "2", "-0.1", "1e400", "0,5", "half", "NaN", "0x1"],
  },
  seed: {
    carried: [{ seed: -(2n ** 63n) }, { seed: 2n ** 64n - 1n }],
    refused: ["", "1.5", "1e3", "0x10", "--1", "9".repeat(21), String(2n ** 64n), String(-(2n ** 63n) - 1n)],
  },
  training: { carried: [{ training: false }], refused: ["", "test", "constructor", "true"] },
  scaling: { carried: [{ scaling: "vanilla" }, { scaling: "none" }], refused: ["", "__proto__", "Inverted"] },
  loss: { carried: [{ loss: "mean_square" }], refused: ["", "mean", "hasOwnProperty"] },
  calls: { carried: [{ calls: 1 }, { calls: 100_000 }], refused: ["", "0", "-1", "1.5", "100001"] },
  layers: { carried: [{ layers: 1 }, { layers: 20 }], refused: ["", "0", "21", "two"] },
  call: { carried: [{ call: 2 }, { call: 100 }], refused: ["", "0", "101", "1.5"] },
  held: { carried: [{ held: "0110" }, { held: "0000" }], refused: ["2", "011", "01100", "x", "0 1"] },
  stream: { carried: [{ stream: "compiled" }], refused: ["", "cuda", "Eager"] },
  pinned: {
    carried: [
      { pinned: { p: 0.9, seed: -5n, training: false, scaling: "vanilla", call: 3, held: "" } },
      { pinned: { p: 1, seed: 2n ** 64n - 1n, training: true, scaling: "none", call: 1, held: "01" } },
    ],
    refused: [
      "0.5",
      "0.5~0~train~inverted~1",
      "2~0~train~inverted~1~",
      "0.5~x~train~inverted~1~",
      "0.5~0~train~inverted~1~7",
    ],
  },
  show: { carried: [{ show: "depth" }, { show: "guess" }], refused: ["", "Depth", "toString"] },
};

test("every field of the state has its cases here", () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(FIELDS).sort());
  assert.deepEqual(Object.keys(initialState()), Object.keys(FIELDS));
});

for (const [key, { carried, refused }] of Object.entries(CASES)) {
  const { name, read, write, initial } = FIELDS[key];

  test(`an address carries ${key} as ${name}`, () => {
    assert.deepEqual(read(write(initial)), initial);
    for (const change of carried) {
      const state = { ...initialState(), ...change };
      assert.match(writeFragment(state), new RegExp(`[#&]${name}=`));
      assert.deepEqual(readFragment(writeFragment(state)), state);
      // The other fields say nothing about this one.
      assert.notDeepEqual(readFragment(writeFragment(state))[key], initialState()[key]);
    }
  });

  test(`what is no value of ${key} is refused with a sentence`, () => {
    for (const text of refused) {
      assert.throws(
        () => readFragment(`#v=1&${name}=${text}`),
        (error) => error instanceof InputError && / must /.test(error.message) && error.message.length < 200,
        `${name}=${text}`,
      );
    }
  });

  test(`the choices of ${key}, if it has any, are read, written and told apart`, () => {
    const { choices = [] } = FIELDS[key];
    for (const { value, text, words } of choices) {
      assert.deepEqual([read(text), write(value)], [value, text]);
      assert.ok(words);
    }
    for (const of of ["value", "text", "words"])
      assert.equal(new Set(choices.map((one) => one[of])).size, choices.length);
  });
}

test("the labels that readers know stay", () => {
  const labels = [FIELDS.numbers, FIELDS.p, FIELDS.seed].map(({ label }) => label);
  assert.deepEqual(labels, ["Values", "Drop probability p", "Seed"]);
});

test("an address of version 1 keeps its meaning, and the state its address", () => {
  const first = "#v=1&x=1,2,3,4&p=0.5&seed=0&mode=train&scaling=inverted&loss=sum&draws=100&layers=10";
  // It says no consequence, and showed the mean.
  const old = { ...initialState(), show: "mean" };
  assert.deepEqual(readFragment(first), old);
  const missing = (of, state) => of.split("&").filter((part) => !writeFragment(state).split("&").includes(part));
  assert.equal(writeFragment(old), first);
  assert.deepEqual(missing(first, initialState()), []);
  const full =
    "#v=1&x=0.1*4,-2,inf&shape=2,3&dtype=float64&p=0.9&seed=-5&mode=eval&scaling=vanilla&loss=mean_square&draws=201&layers=20";
  assert.deepEqual(readFragment(full), {
    ...initialState(),
    numbers: Float64Array.of(0.1, 0.1, 0.1, 0.1, -2, Infinity),
    shape: [2, 3],
    dtype: "float64",
    p: 0.9,
    seed: -5n,
    training: false,
    scaling: "vanilla",
    loss: "mean_square",
    calls: 201,
    layers: 20,
    show: "mean",
  });
  assert.deepEqual(missing(full, readFragment(full)), []);
});

test("what came after the first links is named only where it is not as usual", () => {
  assert.doesNotMatch(writeFragment(initialState()), /call|mask|stream|pin/);
});

test("a mask that is held is let go where the values no longer fit it, and stays where they do", () => {
  const state = { ...initialState(), held: "0110" };
  assert.equal(changed(state, { p: 0.9 }).held, "0110");
  assert.equal(changed(state, { numbers: Float64Array.of(4, 3, 2, 1) }).held, "0110");
  assert.equal(changed(state, { numbers: Float64Array.of(1, 2), shape: [2] }).held, "");
});

test("a pinned call is what decides its mask, and is read as it was written", () => {
  const state = { ...initialState(), p: 1 / 3, seed: -1n, call: 7 };
  const again = readFragment(writeFragment({ ...initialState(), pinned: pinnable(state) }));
  assert.deepEqual(again.pinned, { p: 1 / 3, seed: -1n, training: true, scaling: "inverted", call: 7, held: "" });
});

test("an empty fragment is the first example", () => {
  assert.deepEqual(readFragment(""), initialState());
  assert.deepEqual(readFragment("#"), initialState());
  assert.deepEqual(initialState().numbers, readTensor("1, 2, 3, 4").numbers);
});

test("a single number may have no dimension", () => {
  const state = { ...initialState(), numbers: Float64Array.of(7), shape: [] };
  assert.deepEqual(readFragment(writeFragment(state)), state);
});

test("a thousand ones make a short address", () => {
  const state = { ...initialState(), numbers: new Float64Array(1000).fill(1), shape: [1000] };
  assert.match(writeFragment(state), /x=1\*1000&/);
});

test("what a link does not name stays as in the first example; without a consequence it shows the mean", () => {
  assert.deepEqual(readFragment("#v=1&p=0.9"), { ...initialState(), p: 0.9, show: "mean" });
  assert.equal(initialState().show, "scalings");
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
    else assert.deepEqual(readFragment(fragment), { ...initialState(), show: "mean" });
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

test("ten thousand arbitrary links give a state that is computed and printed, or a sentence", () => {
  const counts = { states: 0, sentences: 0 };
  for (const fragment of arbitraryLinks()) {
    // As a browser writes what it is given behind the # of an address.
    const { hash } = new URL(`https://example.org/lab/#${fragment}`);
    try {
      const state = readFragment(hash);
      assert.deepEqual(readFragment(writeFragment(state)), state, fragment);
      const derived = derive(state);
      assert.match(derived.outputText(), /^tensor\(/, fragment);
      assert.match(pythonCode(state), /^import torch\n/, fragment);
      counts.states++;
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(fragment, { cause: error });
      const said = `${error.message}. Nothing was changed.`;
      assert.match(said, SENTENCE, fragment);
      assert.ok(said.length <= LONGEST_SENTENCE, said);
      counts.sentences++;
    }
  }
  assert.ok(counts.states > 300 && counts.sentences > 4000, JSON.stringify(counts));
});

test("a person may write blanks, signs and no leading zero", () => {
  assert.equal(FIELDS.p.read(" .25 "), 0.25);
  assert.ok(Object.is(FIELDS.p.read("-0"), 0));
  assert.equal(FIELDS.seed.read(" +5 "), 5n);
  assert.equal(FIELDS.seed.read("-9223372036854775808"), -(2n ** 63n));
});
