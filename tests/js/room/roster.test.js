import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyRoster, hear, hearLeniently, resume } from "../../../static/js/lib/roster.js";

const peer = (id, facts = {}) => ({ id, name: id, title: "", role: "", host: false, page: `${id}-page`, mic: true, cam: true, screen: false, hand: false, line: "good", state: "here", ...facts });
const told = (version, ...peers) => ({ version, peers, waiting: [] });
const ids = (peers) => peers.map(({ id }) => id);
const all = () => true;
const none = () => false;

test("the roster is what the server last said", () => {
  const { roster, came, went } = hear(told(1, peer("a"), peer("b")), told(2, peer("b"), peer("c")));
  assert.deepEqual([ids(roster.peers), ids(came), ids(went)], [["b", "c"], ["c"], ["a"]]);
});

test("a roster that was overtaken on the way changes nothing", () => {
  const now = told(5, peer("a"));
  assert.deepEqual(hear(now, told(4)), { roster: now, came: [], went: [], back: [] });
});

test("a new page load of a known person is a newcomer, the same page is not", () => {
  const before = told(1, peer("a"));
  assert.deepEqual(ids(hear(before, told(2, peer("a"))).came), []);
  assert.deepEqual(ids(hear(before, told(2, peer("a", { page: "another" }))).came), ["a"]);
});

test("who was reconnecting and is here again is told apart", () => {
  const before = told(1, peer("a", { state: "reconnecting" }), peer("b"));
  assert.deepEqual(ids(hear(before, told(2, peer("a"), peer("b"))).back), ["a"]);
});

test("a server that has just come back takes nobody away whose media still flows", () => {
  const { roster, went } = resume(told(9, peer("a"), peer("b")), told(1), all);
  assert.deepEqual(roster.peers.map(({ id, state }) => [id, state]), [["a", "reconnecting"], ["b", "reconnecting"]]);
  assert.deepEqual(went, []);
});

test("but one whose media has stopped is gone", () => {
  assert.deepEqual(ids(resume(told(9, peer("a")), told(1), none).went), ["a"]);
});

test("the count of versions begins anew with a rejoin", () => {
  const { roster } = resume(told(900, peer("a")), told(1, peer("a")), all);
  assert.equal(hear(roster, told(2)).roster.version, 2);
});

test("while everybody is on the way back, a roster still bridges; afterwards it does not", () => {
  const bridged = resume(told(9, peer("a"), peer("b")), told(1), all).roster;
  const halfway = hearLeniently(bridged, told(2, peer("a")), all).roster;
  assert.deepEqual(halfway.peers.map(({ id, state }) => [id, state]), [["a", "here"], ["b", "reconnecting"]]);
  assert.deepEqual(ids(hear(halfway, told(2, peer("a"))).went), ["b"]);
});

test("an empty room has nobody and takes any roster", () => {
  assert.deepEqual(ids(hear(emptyRoster(), told(0, peer("a"))).came), ["a"]);
});
