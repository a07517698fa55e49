import assert from "node:assert/strict";
import { test } from "node:test";

import { between, isSlip, moved, resized } from "../../../static/js/lib/boxes.js";

test("a box lies between two corners, whichever was first, and inside the picture", () => {
  assert.deepEqual(between({ x: 0.6, y: 0.5 }, { x: 0.2, y: 0.1 }), [0.2, 0.1, 0.4, 0.4]);
  assert.deepEqual(between({ x: 0.9, y: 0.9 }, { x: 1.4, y: -2 }), [0.9, 0, 0.1, 0.9]);
});

test("a slip of the finger is no box", () => {
  assert.equal(isSlip(between({ x: 0.5, y: 0.5 }, { x: 0.502, y: 0.9 })), true);
  assert.equal(isSlip([0, 0, 0.05, 0.02]), false);
});

test("moved beyond an edge it stops there and keeps its size", () => {
  assert.deepEqual(moved([0.8, 0.1, 0.15, 0.1], 0.3, -0.3), [0.85, 0, 0.15, 0.1]);
});

test("made larger it ends with the picture, made smaller it can still be grasped", () => {
  assert.deepEqual(resized([0.5, 0.5, 0.1, 0.1], 0.9, 0.05), [0.5, 0.5, 0.5, 0.15]);
  assert.deepEqual(resized([0.5, 0.5, 0.1, 0.1], -0.5, -0.5), [0.5, 0.5, 0.008, 0.008]);
});
