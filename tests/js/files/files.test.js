import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { crc32, zipOf } from "../../../static/js/ui/files/zip.js";
import { Sha256, sha256Of } from "../../../static/js/ui/files/sha256.js";

test("a file read in pieces of any size sums to its SHA-256", () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_001]) {
    const content = randomBytes(size);
    const summed = new Sha256();
    for (let at = 0; at < size; ) {
      const piece = content.subarray(at, at + 1 + ((at * 7) % 97));
      summed.update(piece);
      at += piece.length;
    }
    assert.equal(summed.hex(), createHash("sha256").update(content).digest("hex"));
  }
});

test("a large file is summed slice by slice", async () => {
  const content = randomBytes(3 * 1024 * 1024 + 17);
  assert.equal(await sha256Of(new Blob([content])), createHash("sha256").update(content).digest("hex"));
});

test("summing stops when the upload is given up", async () => {
  const given = new AbortController();
  given.abort();
  await assert.rejects(sha256Of(new Blob([randomBytes(10)]), given.signal), { name: "AbortError" });
});

test("the cyclic sum of a known text is known", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("a folder becomes one zip, its Chinese names and its bytes whole", async () => {
  const film = randomBytes(5000);
  const blob = await zipOf([
    { path: "影像/IM0001", file: new Blob([film]) },
    { path: "DICOMDIR", file: new Blob(["directory"]) },
  ]);
  const bytes = Buffer.from(await blob.arrayBuffer());
  const end = bytes.indexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  assert.equal(bytes.readUInt16LE(end + 10), 2);
  const directory = bytes.readUInt32LE(end + 16);
  assert.equal(bytes.readUInt32LE(directory), 0x02014b50);
  assert.equal(bytes.readUInt32LE(directory + 16), crc32(film));
  assert.equal(bytes.subarray(directory + 46, directory + 46 + bytes.readUInt16LE(directory + 28)).toString(), "影像/IM0001");
  assert.ok(bytes.includes(film));
});
