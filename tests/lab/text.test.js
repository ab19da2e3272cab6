/** What people paste and what torch prints: node --test, with VECTORS set. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { values } from "../../docs/lab/modules/model/dropout_model.js";
import { InputError, readTensor } from "../../docs/lab/modules/model/tensor_input.js";
import { place, printTensor, pythonTensor, shown } from "../../docs/lab/modules/model/tensor_text.js";

const folder = process.env.VECTORS ?? assert.fail("VECTORS names no folder");
const vectors = JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8"));

test("tensors are printed as torch prints them", () => {
  assert.ok(vectors.printed.length > 300);
  for (const { values: numbers, shape, dtype, printed } of vectors.printed) {
    assert.equal(printTensor({ values: values(numbers.map(Number), dtype), shape, dtype }), printed);
  }
  for (const { y, dtype, y_printed: printed } of vectors.short_calls) {
    assert.equal(printTensor({ values: values(y.map(Number), dtype), shape: [y.length], dtype }), printed);
  }
});

test("what torch prints can be pasted back", () => {
  for (const { values: numbers, shape, dtype, printed } of vectors.printed) {
    const read = readTensor(printed);
    assert.deepEqual(read.shape, shape, printed);
    assert.equal(read.dtype, dtype, printed);
    // Printed with four decimals or four digits: half of the last one is lost.
    read.numbers.forEach((number, i) => {
      const [value, digit] = [Number(numbers[i]), /e[+-]\d/.test(printed) ? Math.abs(Number(numbers[i])) : 1];
      assert.ok(Object.is(number, value) || Math.abs(number - value) <= 0.51e-4 * digit, `${number} for ${value}`);
    });
  }
});

test("Python's text of a tensor reads back as the same tensor", () => {
  for (const { values: numbers, shape, dtype } of vectors.printed) {
    const written = { numbers: Float64Array.from(numbers, Number), shape, dtype };
    const read = readTensor(pythonTensor(written));
    assert.deepEqual({ numbers: read.numbers, shape: read.shape, dtype: read.dtype }, written);
  }
});

test("an element is named by its indices, as in Python", () => {
  const shape = [2, 3, 4];
  const indices = Array.from({ length: 24 }, (_, i) => [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4]);
  assert.deepEqual(
    indices.map((_, i) => place(shape, i)),
    indices.map((one) => JSON.stringify(one)),
  );
  assert.equal(place([], 0), "[]");
});

for (const [text, shape, numbers] of [
  ["tensor([1., 2.])", [2], [1, 2]],
  ["tensor([[1., 2.],\n        [3., 4.]], dtype=torch.float64, grad_fn=<MulBackward0>)", [2, 2], [1, 2, 3, 4]],
  ["tensor([0.5, 1.5], device='cuda:0', requires_grad=True)", [2], [0.5, 1.5]],
  ["Parameter containing:\ntensor([1., 2.], requires_grad=True)", [2], [1, 2]],
  ["array([1. , 2.5, 3. ], dtype=float32)", [3], [1, 2.5, 3]],
  ["[[1. 2.]\n [3. 4.]]", [2, 2], [1, 2, 3, 4]],
  ["[1, 2, 3]", [3], [1, 2, 3]],
  ["((1, 2), (3, 4))", [2, 2], [1, 2, 3, 4]],
  ["1, 2, 3", [3], [1, 2, 3]],
  ["1 2\t3", [3], [1, 2, 3]],
  ["1;2;3", [3], [1, 2, 3]],
  ["1,2\n3,4\n\n", [2, 2], [1, 2, 3, 4]],
  ["1\n2\n3", [3], [1, 2, 3]],
  ["1, 2,\n3", [3], [1, 2, 3]],
  ["-.5, +1e-3, 2., nan, -inf", [5], [-0.5, 1e-3, 2, NaN, -Infinity]],
  ["tensor(3.5000)", [], [3.5]],
  ["3.5", [1], [3.5]],
  ["torch.ones(2, 3)", [2, 3], Array(6).fill(1)],
  ["ones((4,), dtype=torch.float64)", [4], Array(4).fill(1)],
  ["tensor([1, 0], dtype=torch.int32)", [2], [1, 0]],
]) {
  test(`reads ${JSON.stringify(text)}`, () => {
    const read = readTensor(text);
    assert.deepEqual([read.shape, [...read.numbers]], [shape, numbers]);
    assert.equal(read.note !== "", text.includes("int32"));
  });
}

for (const [text, reason] of [
  ["", /1 to 1000 numbers; got 0/],
  ["[]", /1 to 1000 numbers; got 0/],
  ["torch.ones(1001)", /1 to 1000 numbers; got 1001/],
  ["torch.ones(two)", /a shape, as in torch.ones\(2, 3\); got two/],
  ["[1, [2]]", /rectangular; got a number beside a list of 1/],
  ["[[1, 2], [3]]", /rectangular; got a list of 2 beside a list of 1/],
  ["1,2\n3", /rectangular; got 2 numbers in line 1 and 1 in line 2/],
  ["[1, 2", /close every bracket/],
  ["tensor([[1., 2.], [oops", /real numbers; got oops/],
  ["tensor([1., 2.", /close every bracket/],
  ["[1] of them", /one list; got of them after it/],
  ["tensor([1., ..., 2.])", /some are left out/],
  ["tensor([1.+2.j])", /must be real/],
  ["[True, False]", /real numbers; got True/],
  ["one, two", /real numbers; got one/],
  ["[".repeat(100_000), /at most 8 dimensions/],
  ["<img src=x onerror=alert(1)>", /real numbers; got <img/],
]) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(
      () => readTensor(text),
      (error) => error instanceof InputError && reason.test(error.message),
    );
  });
}

test("a number for people has no idle digits, keeps its sign, and is written as torch does where it is not finite", () => {
  const written = [2, 0.5, 1 / 3, 1234567, -0, NaN, Infinity, -Infinity].map((value) => shown(value));
  assert.deepEqual(written, ["2", "0.5", "0.3333", "1235000", "-0", "nan", "inf", "-inf"]);
  assert.equal(shown(2 / 3, 2), "0.67");
});
