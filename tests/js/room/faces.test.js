import assert from "node:assert/strict";
import { test } from "node:test";
import { facesOf, noteOf, rowsOf, stageOf } from "../../../static/js/lib/faces.js";
import { actionOf } from "../../../static/js/lib/shortcuts.js";
import { emptyFloor, isDead, listen, newEar } from "../../../static/js/lib/speaking.js";
import { clockOffset, elapsed, hour, minutesLeft } from "../../../static/js/lib/times.js";
import { browserOf, deviceToOpen, troubleOf } from "../../../static/js/lib/trouble.js";

const peer = (id, screen = false) => ({ id, screen });
const room = (...peers) => facesOf({ me: { id: "me", screen: false }, peers });
const stage = (faces, wish = {}) => stageOf(faces, { pinned: null, speaker: null, ...wish });

test("the others come first, a shared screen before its owner, oneself last", () => {
  assert.deepEqual(room(peer("a", true), peer("b")).map(({ key }) => key), ["a/screen", "a/camera", "b/camera", "me/camera"]);
});

test("the stage belongs to what was pinned, else a screen, else who speaks, else who is there, else oneself", () => {
  const faces = room(peer("a"), peer("b"), peer("c", true));
  assert.equal(stage(faces, { pinned: "a/camera", speaker: "b" }), "a/camera");
  assert.equal(stage(faces, { speaker: "b" }), "c/screen");
  assert.equal(stage(room(peer("a"), peer("b")), { speaker: "b" }), "b/camera");
  assert.equal(stage(room(peer("a"), peer("b")), { speaker: "me" }), "a/camera");
  assert.equal(stage(room()), "me/camera");
  assert.equal(stage(room(peer("a")), { pinned: "gone/camera" }), "a/camera");
});

test("many small tiles stand in rows, as even as can be", () => {
  assert.deepEqual([0, 4, 5, 11].map((tiles) => Object.values(rowsOf(tiles, 4))), [[1, 1], [1, 4], [2, 3], [3, 4]]);
  assert.deepEqual(rowsOf(7, 6), { rows: 2, columns: 4 });
});

const SEEN = { mine: false, here: true, connected: true, everConnected: true, away: 0, cam: true, still: 0, dead: false, spared: false, changed: false, grade: "good" };
for (const [facts, words] of [
  [{}, undefined],
  [{ connected: false, everConnected: false }, "正在接通…"],
  [{ connected: false, everConnected: false, away: 6000 }, "正在接通… 6 秒"],
  [{ connected: false, away: 8000 }, "重新连接中… 8 秒"],
  [{ connected: false, away: 31_000 }, "断开 31 秒，可改用电话联系"],
  [{ here: false, away: 3000 }, "重新连接中… 3 秒"],
  [{ still: 4000 }, "对方网络弱，暂无画面"],
  [{ still: 4000, cam: false }, undefined],
  [{ grade: "weak" }, "对方网络弱"],
  [{ mine: true, dead: true }, "麦克风无声"],
  [{ mine: true, spared: true }, "线路弱，已暂停画面，优先保证声音"],
  [{ mine: true, changed: true, dead: true }, "网络已切换，正在重新连接…"],
]) {
  test(`a tile with ${JSON.stringify(facts)} says ${words ?? "nothing"}`, () => assert.equal(noteOf({ ...SEEN, ...facts })?.words, words));
}

test("the ring is worn while one speaks and a moment longer", () => {
  const floor = emptyFloor();
  assert.deepEqual([...listen(floor, [{ id: "a", level: 0.1 }], 0).speaking], ["a"]);
  assert.deepEqual([...listen(floor, [{ id: "a", level: 0 }], 800).speaking], ["a"]);
  assert.deepEqual([...listen(floor, [{ id: "a", level: 0 }], 1000).speaking], []);
});

test("a word in between does not take the stage; speaking on does", () => {
  const floor = emptyFloor();
  const talk = (loud, now) => listen(floor, ["a", "b"].map((id) => ({ id, level: loud.includes(id) ? (id === "b" ? 0.2 : 0.1) : 0 })), now).stage;
  assert.equal(talk("a", 0), "a");
  assert.equal(talk("ab", 200), "a");
  assert.equal(talk("a", 400), "a");
  assert.equal(talk("ab", 600), "a");
  assert.equal(talk("ab", 2200), "b");
});

test("when the speaker has stopped, the next one has the stage soon", () => {
  const floor = emptyFloor();
  const talk = (id, now) => listen(floor, [{ id, level: 0.1 }], now).stage;
  assert.deepEqual([talk("a", 0), talk("b", 1000), talk("b", 1200)], ["a", "a", "b"]);
});

test("five seconds of nothing at all is a dead microphone; a quiet room and a muted one are not", () => {
  const ear = newEar();
  assert.deepEqual([isDead(ear, 0, 0), isDead(ear, 0, 4900), isDead(ear, 0, 5000)], [false, false, true]);
  assert.equal(isDead(ear, 0.001, 5200), false);
  assert.deepEqual([isDead(ear, 0, 6000), isDead(ear, null, 10_000), isDead(ear, 0, 11_500)], [false, false, false]);
});

test("times are written as a clock writes them", () => {
  assert.deepEqual([elapsed(0), elapsed(751_900), elapsed(36_000_000), elapsed(-5)], ["00:00:00", "00:12:31", "10:00:00", "00:00:00"]);
  assert.equal(hour("2026-11-22T06:30:00Z", "Asia/Shanghai"), "14:30");
  assert.deepEqual([minutesLeft(600_000, 0), minutesLeft(600_001, 0), minutesLeft(61_000, 0), minutesLeft(0, 60_000)], [10, null, 2, 0]);
});

test("a wrong clock of this machine is corrected by half the round trip", () => {
  assert.equal(clockOffset(1000, 1200, new Date(5100).toISOString()), 4000);
});

const press = (key, facts = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...facts });
test("letters act outside of fields, alone, and once", () => {
  assert.deepEqual(["m", "V", "s", "c", "h", "f", "?"].map((key) => actionOf(press(key), false)), ["microphone", "camera", "screen", "chat", "hand", "full", "keys"]);
  assert.equal(actionOf(press("m"), true), null);
  assert.equal(actionOf(press("c", { ctrlKey: true }), false), null);
  assert.equal(actionOf(press("m", { repeat: true }), false), null);
  assert.equal(actionOf(press("x"), false), null);
});

for (const [name, trouble] of [["NotAllowedError", "refused"], ["NotReadableError", "taken"], ["AbortError", "taken"], ["NotFoundError", "unplugged"], ["OverconstrainedError", "unplugged"]]) {
  test(`${name} means ${trouble}`, () => assert.equal(troubleOf({ secure: true, supported: true, error: { name } }), trouble));
}

test("a page without https, or a browser without cameras, is told apart from the rest", () => {
  assert.equal(troubleOf({ secure: false, supported: true }), "insecure");
  assert.equal(troubleOf({ secure: true, supported: false }), "insecure");
  assert.equal(troubleOf({ secure: true, supported: true }), null);
});

test("the device used before is opened again while it is there", () => {
  const present = [{ deviceId: "x", kind: "audioinput" }, { deviceId: "y", kind: "videoinput" }];
  assert.deepEqual([deviceToOpen(present, "videoinput", "y"), deviceToOpen(present, "videoinput", "x"), deviceToOpen(present, "audioinput", undefined)], ["y", undefined, undefined]);
});

test("the way to allow a camera is that of one's own browser", () => {
  const chromium = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";
  assert.equal(browserOf(chromium), "chromium");
  assert.equal(browserOf(`${chromium} MicroMessenger/8.0`), "wechat");
  assert.equal(browserOf("Mozilla/5.0 Gecko/20100101 Firefox/130.0"), "firefox");
  assert.equal(browserOf("Mozilla/5.0 (iPhone) AppleWebKit/605 Version/17.0 Safari/604.1"), "safari");
});
