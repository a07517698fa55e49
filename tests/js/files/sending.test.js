import assert from "node:assert/strict";
import { test } from "node:test";
import { Bookmarks, fingerprintOf, forgetBookmarks } from "../../../static/js/ui/files/bookmarks.js";
import { marked, percent, secondsLeft, sizeWord, speedOf } from "../../../static/js/ui/files/progress.js";

function storage() {
  const kept = {};
  const hidden = { enumerable: false };
  return Object.defineProperties(kept, {
    getItem: { ...hidden, value: (key) => kept[key] ?? null },
    setItem: { ...hidden, value: (key, value) => void (kept[key] = value) },
    removeItem: { ...hidden, value: (key) => void delete kept[key] },
  });
}

test("speed is that of the last seconds, and unknown at first", () => {
  let marks = [];
  assert.equal(speedOf(marks), 0);
  for (let second = 0; second <= 20; second++) marks = marked(marks, { at: second * 1000, bytes: second < 10 ? 0 : (second - 10) * 1000 });
  assert.equal(speedOf(marks), 1000);
  assert.equal(marks[0].at, 13_000);
});

test("a hundred per cent is said only of a whole file", () => {
  assert.deepEqual([percent(0, 10), percent(999_999, 1_000_000), percent(10, 10)], [0, 99, 100]);
});

test("what is left is told in seconds once the speed is known", () => {
  assert.deepEqual([secondsLeft(0, 1000, 0), secondsLeft(500, 1000, 100)], [null, 5]);
});

test("sizes are short words", () => {
  assert.deepEqual([10, 50_000, 3_500_000, 400_000_000].map(sizeWord), ["1 KB", "49 KB", "3.3 MB", "381 MB"]);
});

test("the same file for the same case by the same person is known again, and by nobody else", () => {
  const film = { name: "张三.dcm", size: 5, lastModified: 7 };
  const known = fingerprintOf(film, "consultation:1", "lin");
  assert.equal(fingerprintOf({ ...film }, "consultation:1", "lin"), known);
  for (const other of [
    fingerprintOf({ ...film, size: 6 }, "consultation:1", "lin"),
    fingerprintOf(film, "consultation:2", "lin"),
    fingerprintOf(film, "consultation:1", "wang"),
  ]) assert.notEqual(other, known);
});

test("a bookmark keeps an address and no name, and goes when it is told to", async () => {
  const kept = storage();
  const bookmarks = new Bookmarks(kept);
  const upload = { size: 5, creationTime: "now", uploadUrl: "/files/uploads/1", metadata: { filename: "张三.dcm" }, parallelUploadUrls: null, urlStorageKey: "" };
  const key = await bookmarks.addUpload("abc", upload);
  assert.ok(!JSON.stringify(kept).includes("张三"));
  const [found] = await bookmarks.findUploadsByFingerprint("abc");
  assert.deepEqual([found.uploadUrl, found.size, found.urlStorageKey], ["/files/uploads/1", 5, key]);
  assert.deepEqual(await bookmarks.findUploadsByFingerprint("other"), []);
  kept.setItem("theme", "dark");
  forgetBookmarks(kept);
  assert.deepEqual(Object.keys(kept), ["theme"]);
});

test("a bookmark that somebody mangled is none", async () => {
  const kept = storage();
  kept.setItem("lianzhen:upload:abc", "{not json");
  assert.deepEqual(await new Bookmarks(kept).findAllUploads(), []);
});
