import assert from "node:assert/strict";
import { test } from "node:test";

import { beginsLight, isAmple, stoodStill } from "../../../static/js/lib/quality.js";

test("one begins with little on slow and dear lines, and where the original does not play", () => {
  const lines = [[{}, true], [{ effectiveType: "4g" }, true], [{ effectiveType: "3g" }, true], [{ saveData: true }, true], [{}, false]];
  assert.deepEqual(lines.map(([line, plays]) => beginsLight(line, plays)), [false, false, true, true, true]);
});

test("what stood still long ago is forgotten", () => {
  const stalls = [{ from: 10, to: 13 }, { from: 100, to: 101.5 }];
  assert.deepEqual([102, 300].map((now) => stoodStill(stalls, now)), [1.5, 0]);
});

test("the original comes back only to a line with room to spare", () => {
  assert.deepEqual([900_000, 2_600_000].map((line) => isAmple(line, 1_000_000)), [false, true]);
});
