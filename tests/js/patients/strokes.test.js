import assert from "node:assert/strict";
import { test } from "node:test";
import { packed, parsed, unpacked } from "../../../static/js/ui/patients/strokes.js";

const WRITTEN = [
  { points: [{ x: 10.4, y: 20.6, time: 1000, pressure: 0.5 }, { x: 200, y: 120, time: 1300 }] },
  { points: [{ x: 220, y: 30, time: 1500 }] },
];
const STROKES = { width: 600, height: 200, lines: [[[10, 21, 0], [200, 120, 300]], [[220, 30, 500]]] };

test("strokes are sent as whole pixels and milliseconds since the first", () => {
  assert.deepEqual(packed(WRITTEN, { width: 600, height: 200 }), STROKES);
});

test("an empty pad sends no lines", () => {
  assert.deepEqual(packed([], { width: 600, height: 200 }), { width: 600, height: 200, lines: [] });
});

test("strokes are drawn again on a narrower pad at the same shape", () => {
  const [first, second] = unpacked(STROKES, { width: 300, height: 200 });
  assert.deepEqual(first.points.map(({ x, y }) => [x, y]), [[5, 10.5], [100, 60]]);
  assert.deepEqual(second.points.map(({ x, y, time }) => [x, y, time]), [[110, 15, 500]]);
});

test("what cannot be read is no signature", () => {
  for (const sent of ["", "x", "[]", "{}", '{"width":0,"height":1,"lines":[]}', '{"width":1,"height":1,"lines":"M"}']) {
    assert.equal(parsed(sent), null, sent);
  }
  assert.deepEqual(parsed(JSON.stringify(STROKES)), STROKES);
});
