import assert from "node:assert/strict";
import { test } from "node:test";
import { dueOf, dueWords, waitedWords } from "../../../static/js/lib/due.js";
import { fill } from "../../../static/js/lib/words.js";

const NOON = Date.parse("2026-11-22T04:00:00Z");
const minutes = (/** @type {number} */ n) => NOON + n * 60_000;
const said = (/** @type {number} */ at) => dueWords(dueOf(at, NOON), fill);

test("a deadline says what is left, and what it is over", () => {
  assert.equal(said(minutes(38)), "还剩 38 分");
  assert.equal(said(minutes(0)), "时限已到");
  assert.equal(said(minutes(-12)), "已超时 12 分");
  assert.equal(said(minutes(125)), "还剩 2 小时 5 分");
  assert.equal(said(minutes(3 * 1440 + 150)), "还剩 3 天 2 小时");
});

test("it is soon within the hour, or within what the case allows, and danger once it is past", () => {
  assert.deepEqual(dueOf(minutes(60), NOON), { tone: "soon", minutes: 60, over: false });
  assert.equal(dueOf(minutes(61), NOON).tone, "idle");
  assert.equal(dueOf(minutes(20), NOON, 10).tone, "idle");
  assert.deepEqual(dueOf(NOON, NOON), { tone: "danger", minutes: 0, over: true });
});

test("the minute that has begun counts as left", () => {
  assert.equal(dueOf(NOON + 1_000, NOON).minutes, 1);
  assert.equal(dueOf(minutes(2) + 1_000, NOON).minutes, 3);
});

test("a wait is told by its whole minutes, and never less than none", () => {
  assert.equal(waitedWords(minutes(-125) - 59_000, NOON, fill), "已等 2 小时 5 分");
  assert.equal(waitedWords(minutes(3), NOON, fill), "已等 0 分");
});
