import assert from "node:assert/strict";
import { test } from "node:test";
import { MARGIN, PULSE, layoutsFor, measured, ordered, sheetOf } from "../../../static/js/ui/files/ecg-layout.js";

const LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
const RECORD = { sample_rate: 500, leads: LEADS, samples: 5000 };
const USUAL = { layout: /** @type {const} */ ("3x4"), speed: 25, gain: 10, start: 0 };

test("three rows of four leads, and lead II below for ten seconds", () => {
  const { strips, rows } = sheetOf(RECORD, USUAL);
  assert.equal(rows.length, 4);
  const grid = rows.map((y) => strips.filter((strip) => strip.y === y).map((strip) => strip.label));
  assert.deepEqual(grid, [["I", "aVR", "V1", "V4"], ["II", "aVL", "V2", "V5"], ["III", "aVF", "V3", "V6"], ["II"]]);
});

test("ten seconds at 25 mm/s are 250 mm, at 50 mm/s 500", () => {
  assert.equal(sheetOf(RECORD, USUAL).width, 250 + PULSE + 2 * MARGIN);
  assert.equal(sheetOf(RECORD, { ...USUAL, speed: 50 }).width, 500 + PULSE + 2 * MARGIN);
});

test("each column shows the next 2.5 seconds", () => {
  const first = sheetOf(RECORD, USUAL).strips.slice(0, 4);
  assert.deepEqual(first.map(({ from, to }) => [from, to]), [[0, 1251], [1250, 2501], [2500, 3751], [3750, 5000]]);
  assert.deepEqual(first.map(({ begins }) => begins), [true, false, false, false]);
});

test("twelve rows show every lead for the whole ten seconds", () => {
  const { strips } = sheetOf(RECORD, { ...USUAL, layout: "12x1" });
  assert.deepEqual(strips.map(({ label, from, to }) => [label, from, to]), LEADS.map((label) => [label, 0, 5000]));
});

test("a record in another order is drawn in the usual one", () => {
  assert.deepEqual(ordered([...LEADS].reverse()), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  assert.deepEqual(ordered(["i", "II", "iii", "AVR", "AVL", "AVF", "v1", "V2", "V3", "V4", "V5", "V6"]), [...LEADS.keys()]);
});

test("a strip of two leads is drawn one under the other", () => {
  const holter = { sample_rate: 250, leads: ["CM5", "V1"], samples: 1000 };
  assert.deepEqual(layoutsFor(holter.leads), ["12x1"]);
  assert.deepEqual(sheetOf(holter, { ...USUAL, layout: "12x1" }).strips.map(({ label }) => label), ["CM5", "V1"]);
});

test("a later part of a long record begins where it is asked to", () => {
  const long = { ...RECORD, samples: 500 * 60 };
  assert.equal(sheetOf(long, { ...USUAL, start: 50 }).strips.at(-1)?.from, 25000);
});

test("the caliper reads milliseconds, millivolts and the rate from millimetres", () => {
  const read = measured({ x: 10, y: 30 }, { x: 30, y: 20 }, { speed: 25, gain: 10 });
  assert.deepEqual(read, { ms: 800, mv: 1, rate: 75 });
  assert.equal(measured({ x: 0, y: 0 }, { x: 2, y: 5 }, { speed: 50, gain: 20 }).rate, null);
  assert.equal(measured({ x: 0, y: 0 }, { x: 2, y: 5 }, { speed: 50, gain: 20 }).mv, -0.25);
});
