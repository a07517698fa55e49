import assert from "node:assert/strict";
import { test } from "node:test";
import { catchUp, hasHole, openJournal, take } from "../../../static/js/lib/journal.js";

const entry = (seq) => ({ seq, at: "2026-11-22T06:00:00Z", kind: "chat", by: "a", body: { text: String(seq) } });
const numbers = (entries) => entries.map(({ seq }) => seq);

test("entries come out once and in order, in whatever order they came in", () => {
  const journal = openJournal();
  assert.deepEqual(numbers(take(journal, [entry(1)])), [1]);
  assert.deepEqual(numbers(take(journal, [entry(3)])), []);
  assert.equal(hasHole(journal), true);
  assert.deepEqual(numbers(take(journal, [entry(2)])), [2, 3]);
  assert.deepEqual(numbers(take(journal, [entry(2), entry(3), entry(1)])), []);
  assert.equal(hasHole(journal), false);
});

test("a page that comes back sees only what it missed", () => {
  assert.deepEqual(numbers(take(openJournal(7), [entry(6), entry(7), entry(8)])), [8]);
});

test("what the server has not given for a stretch it was asked about does not exist", () => {
  const journal = openJournal(2);
  take(journal, [entry(6)]);
  assert.deepEqual(numbers(catchUp(journal, [entry(3), entry(5)], 5)), [3, 5, 6]);
  assert.equal(journal.last, 6);
});

test("in a hall an entry names the one before it: what was not told is no hole", () => {
  const journal = openJournal(4);
  assert.deepEqual(numbers(take(journal, [{ ...entry(12), after: 9 }])), []);
  assert.equal(hasHole(journal), true);
  assert.deepEqual(numbers(take(journal, [{ ...entry(9), after: 3 }])), [9, 12]);
  assert.equal(hasHole(journal), false);
});

test("any arrival order of any duplicates gives the log", () => {
  for (let round = 0; round < 200; round += 1) {
    const journal = openJournal();
    const deliveries = Array.from({ length: 60 }, () => entry(1 + Math.floor(Math.random() * 12)));
    const seen = deliveries.flatMap((one) => take(journal, [one]));
    seen.push(...catchUp(journal, Array.from({ length: 12 }, (_, index) => entry(index + 1)), 12));
    assert.deepEqual(numbers(seen), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  }
});
