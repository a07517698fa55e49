import assert from "node:assert/strict";
import { test } from "node:test";
import { restored, runFrom } from "../../../static/js/ui/files/frames.js";
import { fitted, panned, zoomed } from "../../../static/js/ui/files/view.js";
import { dragged, grey, greyTable } from "../../../static/js/ui/files/windowing.js";

const SOFT = { name: "", center: 40, width: 400, shape: /** @type {const} */ ("LINEAR") };

test("a window is black below, white above, and half grey at its middle", () => {
  assert.equal(grey(-161, SOFT), 0);
  assert.equal(grey(240, SOFT), 1);
  assert.ok(Math.abs(grey(39.5, SOFT) - 0.5) < 1e-9);
});

test("a window one wide is a threshold", () => {
  const one = { ...SOFT, center: 100, width: 1 };
  assert.deepEqual([grey(99, one), grey(101, one)], [0, 1]);
});

test("a sigmoid is half grey at its middle and never quite white", () => {
  const soft = { ...SOFT, shape: /** @type {const} */ ("SIGMOID") };
  assert.equal(grey(40, soft), 0.5);
  assert.ok(grey(400, soft) < 1);
});

test("a film that says lowest is white is shown so, and inverted the other way", () => {
  const scale = { slope: 1, intercept: 0, photometric: "MONOCHROME1", format: "u16" };
  const window = { ...SOFT, center: 15000, width: 30000 };
  assert.deepEqual([greyTable(scale, window, false)[0], greyTable(scale, window, false)[30000]], [255, 0]);
  assert.deepEqual([greyTable(scale, window, true)[0], greyTable(scale, window, true)[30000]], [0, 255]);
});

test("signed values and their Hounsfield scale reach the right grey", () => {
  const table = greyTable({ slope: 1, intercept: -1024, photometric: "MONOCHROME2", format: "i16" }, SOFT, false);
  assert.equal(table[65535], 0); // -1 → -1025 HU
  assert.equal(table[1024 + 240], 255);
});

test("dragging right widens, dragging down brightens", () => {
  const after = dragged(SOFT, 10, 10, 600);
  assert.ok(after.width > SOFT.width && after.center < SOFT.center);
  assert.ok(dragged(SOFT, -100000, 0, 600).width > 0);
});

test("a frame comes back from its planes of differences, rows by themselves", () => {
  const rows = [[5, 4, 65535], [0, 300, 299]];
  const folded = rows.flatMap((row) => row.map((value, at) => fold(value - (row[at - 1] ?? 0))));
  const planes = Uint8Array.from([...folded.map((one) => one & 255), ...folded.map((one) => one >> 8)]);
  assert.deepEqual([...restored(planes, 2, 3)], rows.flat());
  assert.throws(() => restored(planes, 3, 3));
});

function fold(step) {
  const wrapped = (step << 16) >> 16;
  return ((wrapped << 1) ^ (wrapped >> 15)) & 65535;
}

test("neighbours are fetched together, up to a megabyte and to what is kept", () => {
  const small = Array.from({ length: 10 }, (_, at) => [0, at, at * 100, 100]);
  assert.equal(runFrom(small, 3, () => false), 7);
  assert.equal(runFrom(small, 3, (at) => at === 5), 2);
  assert.equal(runFrom([[0, 0, 0, 100], [0, 1, 900, 100]], 0, () => false), 1);
  assert.equal(runFrom([[0, 0, 0, 900_000], [0, 1, 900_000, 900_000]], 0, () => false), 1);
});

test("what lies under the pointer stays there while zooming", () => {
  const picture = { width: 1000, height: 500 };
  const fit = fitted(picture, { width: 500, height: 500 });
  assert.equal(fit.zoom, 0.5);
  const at = { x: 100, y: 50 };
  const after = zoomed(fit, 2, at, fit);
  const before = { x: (at.x - fit.x) / fit.zoom, y: (at.y - fit.y) / fit.zoom };
  assert.deepEqual({ x: (at.x - after.x) / after.zoom, y: (at.y - after.y) / after.zoom }, before);
});

test("a turned picture is fitted by its other side", () => {
  assert.equal(fitted({ width: 1000, height: 500 }, { width: 500, height: 500 }, 1).zoom, 0.5);
  assert.equal(fitted({ width: 1000, height: 500 }, { width: 250, height: 1000 }, 1).zoom, 0.5);
});

test("a picture cannot be pushed out of sight", () => {
  const stage = { width: 400, height: 300 };
  const away = panned(fitted(stage, stage), 9999, -9999, stage, stage);
  assert.deepEqual([away.x, away.y], [368, -268]);
});
