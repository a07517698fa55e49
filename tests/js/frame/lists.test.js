import assert from "node:assert/strict";
import { test } from "node:test";
import { markAfter, optionsOf } from "../../../static/js/lib/options.js";
import { rowAfter } from "../../../static/js/lib/rows.js";
import { concerns } from "../../../static/js/lib/topics.js";

test("j and k walk through a list and stop at its ends", () => {
  assert.equal(rowAfter("j", -1, 3), 0);
  assert.equal(rowAfter("j", 2, 3), 2);
  assert.equal(rowAfter("k", 2, 3), 1);
  assert.equal(rowAfter("k", -1, 3), 0);
  assert.equal(rowAfter("x", 1, 3), null);
  assert.equal(rowAfter("j", -1, 0), null);
});

test("arrows go round through what is offered", () => {
  assert.equal(markAfter("ArrowDown", -1, 2), 0);
  assert.equal(markAfter("ArrowDown", 1, 2), 0);
  assert.equal(markAfter("ArrowUp", -1, 2), 1);
  assert.equal(markAfter("Enter", 0, 2), null);
  assert.equal(markAfter("ArrowDown", -1, 0), null);
});

test("an answer without options offers nothing", () => {
  for (const told of [null, {}, { options: "x" }, { options: [{ value: 1, label: "a" }, null] }]) assert.deepEqual(optionsOf(told), []);
});

test("a region hears of its own topics, or of all of a kind", () => {
  assert.equal(concerns("post:a1 centre:c", "post:a1"), true);
  assert.equal(concerns("post:a1 centre:c", "post:a2"), false);
  assert.equal(concerns("post:*  consultation:7", "post:a2"), true);
  assert.equal(concerns("", "post:a2"), false);
});
