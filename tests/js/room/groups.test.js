import assert from "node:assert/strict";
import { test } from "node:test";

import { clockLeft, leftOver, partition } from "../../../static/js/lib/groups.js";

test("each group has its own, by name; who is back in the hall is in none", () => {
  const people = [
    { id: "c", name: "王芳", group: 2 },
    { id: "b", name: "刘强", group: 1 },
    { id: "a", name: "陈瑜", group: 1 },
    { id: "d", name: "唐力", group: 0 },
  ];
  assert.deepEqual(partition(people, 3).map((group) => group.map(({ id }) => id)), [["a", "b"], ["c"], []]);
});

test("who came later and who was sent back are in no group", () => {
  const members = [{ id: "c", name: "王芳", group: 2 }, { id: "d", name: "唐力", group: 0 }];
  const people = [{ id: "c", name: "王芳" }, { id: "d", name: "唐力" }, { id: "e", name: "贾欣" }];
  assert.deepEqual(leftOver(people, members).map(({ id }) => id), ["e", "d"]);
});

test("the time left is told in minutes and seconds, and never less than none", () => {
  const now = Date.parse("2026-11-23T01:00:00Z");
  assert.equal(clockLeft("2026-11-23T01:09:05Z", now), "9:05");
  assert.equal(clockLeft("2026-11-23T00:59:00Z", now), "0:00");
});
