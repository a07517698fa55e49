import assert from "node:assert/strict";
import { test } from "node:test";
import { hallFaces, hallStage, heard, sourceOf } from "../../../static/js/lib/hall.js";
import { HallLine } from "../../../static/js/media/hall-line.js";

const peer = (id, more = {}) => ({ id, name: id, host: false, cam: true, screen: false, ...more });
const me = { id: "me", screen: false };
const keys = (faces) => faces.map(({ key }) => key);

test("a listener sees the stage; whoever stands on it sees themselves last", () => {
  const peers = [peer("a"), peer("b", { screen: true })];
  assert.deepEqual(keys(hallFaces({ me, peers, stage: false })), ["a/camera", "b/screen", "b/camera"]);
  assert.equal(keys(hallFaces({ me, peers, stage: true })).at(-1), "me/camera");
});

test("large is what one chose, else a screen, else the host, and nobody by coughing", () => {
  const peers = [peer("a"), peer("z", { host: true })];
  const faces = hallFaces({ me, peers, stage: false });
  assert.equal(hallStage(faces, { pinned: null, peers }), "z/camera");
  assert.equal(hallStage(faces, { pinned: "a/camera", peers }), "a/camera");
  const shared = [peer("a", { screen: true }), peer("z", { host: true })];
  assert.equal(hallStage(hallFaces({ me, peers: shared, stage: false }), { pinned: null, peers: shared }), "a/screen");
  assert.equal(hallStage([], { pinned: null, peers: [] }), "");
});

test("a host with the camera off leaves the stage to a picture", () => {
  const peers = [peer("a"), peer("z", { host: true, cam: false })];
  assert.equal(hallStage(hallFaces({ me, peers, stage: false }), { pinned: null, peers }), "a/camera");
});

test("sources are named as the protocol names them, and who is heard is a person", () => {
  assert.equal(sourceOf({ id: "a:b", kind: "camera" }), "a:b:face");
  assert.deepEqual(heard({ "a:b:voice": 20, "c:voice": 90 }), new Set(["a:b"]));
});

test("what a recording kept out is sent once this person agreed; a word taken back interrupts nothing", () => {
  const line = new HallLine(/** @type {any} */ ({}));
  const told = (/** @type {boolean} */ on, /** @type {boolean} */ agreed) => line.isLetIn({ on, asked: false, agreed });
  assert.deepEqual([told(true, false), told(true, true), told(true, true)], [false, true, false]);
  assert.deepEqual([told(true, false), told(false, false)], [false, false]);
});
