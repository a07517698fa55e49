import assert from "node:assert/strict";
import { test } from "node:test";

import { askedFor, chapterAt, clockOf, goesOnAt, meaning, worthSaying } from "../../../static/js/lib/film.js";

const STARTS = [0, 120, 600];
const film = (at, speed = 1) => ({ at, seconds: 900, starts: STARTS, speed });

test("the chapter that plays is the last that has begun", () => {
  assert.deepEqual([0, 119, 120, 899].map((at) => chapterAt(STARTS, at)), [0, 0, 1, 2]);
  assert.equal(chapterAt([5], 1), -1);
});

test("arrows go ten seconds, never beyond the ends", () => {
  assert.deepEqual(meaning("ArrowLeft", film(4)), { to: 0 });
  assert.deepEqual(meaning("ArrowRight", film(895)), { to: 900 });
});

test("brackets go by chapters; back first to the beginning of the one that plays", () => {
  assert.deepEqual(meaning("]", film(10)), { to: 120 });
  assert.equal(meaning("]", film(700)), null);
  assert.deepEqual(meaning("[", film(300)), { to: 120 });
  assert.deepEqual(meaning("[", film(121)), { to: 0 });
  assert.deepEqual(meaning("[", film(1)), { to: 0 });
});

test("speeds stay on the ladder", () => {
  assert.deepEqual(meaning("+", film(0, 1)), { speed: 1.25 });
  assert.deepEqual(meaning("+", film(0, 2)), { speed: 2 });
  assert.deepEqual(meaning("-", film(0, 0.75)), { speed: 0.75 });
});

test("space plays, f fills, other keys are somebody else's", () => {
  assert.deepEqual([" ", "f", "x"].map((key) => meaning(key, film(0))), [{ deed: "toggle" }, { deed: "full" }, null]);
});

test("one goes on where one stopped, but not from the first or the last seconds", () => {
  assert.deepEqual([3, 300, 895].map((at) => goesOnAt(at, 900)), [0, 300, 0]);
});

test("a link leads to its moment, never beyond the end", () => {
  assert.deepEqual(["#t=90.5", "#t=5000", "", "#t=x"].map((hash) => askedFor(hash, 900)), [90.5, 900, null, null]);
});

test("where one is, is said every quarter of a minute, and after a jump", () => {
  assert.deepEqual([worthSaying(20, 10), worthSaying(26, 10), worthSaying(0, 300)], [false, true, true]);
});

test("clocks as one reads them", () => {
  assert.deepEqual([5, 751, 3725].map(clockOf), ["0:05", "12:31", "1:02:05"]);
});
