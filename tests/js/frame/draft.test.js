import assert from "node:assert/strict";
import { test } from "node:test";
import { differing, draftKey, fieldsOf, isDraftKey, meeting, pack, unpack } from "../../../static/js/lib/draft.js";

const NOW = Date.parse("2026-11-22T06:02:00Z");
const copy = { fields: { story: ["胸痛 3 小时"], uses: ["consult", "teach"] }, base: "3", at: "2026-11-22T06:00:00Z" };

test("a form's fields are kept with all their values, without its own marks and files", () => {
  const pairs = [["csrf", "x"], ["idempotency_key", "y"], ["version", "3"], ["uses", "consult"], ["uses", "teach"], ["photo", {}], ["story", "一\r\n二"]];
  assert.deepEqual(fieldsOf(/** @type {[string, unknown][]} */ (pairs)), { uses: ["consult", "teach"], story: ["一\n二"] });
});

test("a copy comes back as it was put away", () => {
  assert.deepEqual(unpack(pack(copy), NOW), copy);
});

test("no copy, an unreadable one and one of last week are all none", () => {
  for (const stored of [null, "", "{", "[]", "7", '{"fields": {"a": "b"}, "base": "1", "at": "2026-11-22T06:00:00Z"}', '{"fields": {}, "base": "1", "at": "then"}']) {
    assert.equal(unpack(stored, NOW), null);
  }
  assert.equal(unpack(pack(copy), NOW + 8 * 86_400_000), null);
});

test("a copy belongs to one person and one form", () => {
  assert.notEqual(draftKey("a", "/opinions/1/draft"), draftKey("b", "/opinions/1/draft"));
  assert.equal(isDraftKey(draftKey("a", "/x")), true);
  assert.equal(isDraftKey("camera"), false);
});

test("only what differs is asked about; empty and absent are the same", () => {
  assert.deepEqual(differing({ a: ["1"], b: [""], c: ["x"] }, { a: ["1"], c: ["y"], d: ["z"] }), ["c", "d"]);
});

test("a copy meets the server's form", () => {
  assert.equal(meeting(copy, copy.fields, "9"), "same", "the save had arrived, only its answer was lost");
  assert.equal(meeting(copy, { story: ["旧"] }, "3"), "restore");
  assert.equal(meeting(copy, { story: ["别人的"] }, "4"), "both");
});
