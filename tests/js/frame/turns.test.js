import assert from "node:assert/strict";
import { test } from "node:test";

import { Turns } from "../../../static/js/lib/turns.js";

test("an address is fetched once, however often it was wanted", () => {
  const turns = new Turns();
  for (const address of ["/centre", "/centre", "/"]) turns.want(address);
  assert.deepEqual(turns.take(), ["/centre", "/"]);
  assert.equal(turns.ready, false);
  assert.deepEqual(turns.take(), []);
});

test("wanted while it is under way, it is fetched again only when that is over", () => {
  const turns = new Turns();
  turns.want("/centre");
  turns.take();
  turns.want("/centre");
  turns.want("/");
  assert.deepEqual(turns.take(), ["/"]);
  assert.equal(turns.ready, false);
  turns.over("/centre");
  assert.equal(turns.ready, true);
  assert.deepEqual(turns.take(), ["/centre"]);
});
