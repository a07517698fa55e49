import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, REJOIN } from "../../../static/js/lib/backoff.js";
import { cameBack, LONGEST, put, restore, settle, store } from "../../../static/js/lib/outbox.js";
import { entrySays, refusalSays, standing, testSays, troubleSays } from "../../../static/js/lib/sayings.js";
import { idOf } from "../../../static/js/lib/ids.js";
import { fill } from "../../../static/js/lib/words.js";

const line = (key, text, after = 0) => ({ key, text, after });
const said = (seq, text, by = "me") => ({ seq, at: "", kind: "chat", by, body: { text } });

test("lines wait in the order they were typed, trimmed, never blank, never longer than the server takes", () => {
  const outbox = put(put(put([], line("1", " 您好 ")), line("2", "  \n ")), line("3", "长".repeat(3000)));
  assert.deepEqual(outbox.map(({ key, text }) => [key, text.length]), [["1", 2], ["3", LONGEST]]);
});

test("a numbered line leaves the outbox, and only that one", () => {
  assert.deepEqual(settle([line("1", "a"), line("2", "a")], "1"), [line("2", "a")]);
});

test("the outbox survives the page, and a broken store is an empty one", () => {
  assert.deepEqual(restore(store([line("1", "血压多少")])), [line("1", "血压多少")]);
  for (const broken of [null, "", "{", "null", "{}", '[{"key": 1}]', "[null]"]) assert.deepEqual(restore(broken), []);
});

test("one's own line that comes back before its acknowledgement is known again", () => {
  assert.equal(cameBack([line("1", "好", 4)], said(5, "好"), "me")?.key, "1");
});

test("the same words said earlier, or by somebody else, are another line", () => {
  assert.equal(cameBack([line("1", "好", 4)], said(3, "好"), "me"), undefined);
  assert.equal(cameBack([line("1", "好", 4)], said(5, "好", "other"), "me"), undefined);
});

test("the wait before the next try doubles to a ceiling and is anywhere below it", () => {
  assert.deepEqual([0, 1, 2, 3, 50].map((attempt) => delay(attempt, 0.999999)), [999, 1999, 1999, 1999, 1999]);
  assert.equal(delay(3, 0), 0);
  assert.ok(REJOIN.most <= 2000);
});

const nameOf = () => "王医生";
for (const [kind, body, expected] of [
  ["joined", { who: "a", name: "李医生" }, "李医生 进入"],
  ["left", { who: "a", reason: "left" }, "王医生 离开"],
  ["left", { who: "a", reason: "lost" }, "王医生 掉线"],
  ["left", { who: "a", reason: "removed" }, null],
  ["removed", { who: "a", name: "李医生" }, "李医生 被主持人请出"],
  ["shared", { on: true }, "王医生 开始共享屏幕"],
  ["ended", { reason: "host" }, "会诊结束"],
  ["asked", { of: "recording" }, "王医生 询问大家是否同意录制"],
  ["agreed", { of: "recording", on: true, name: "李医生" }, "李医生 同意被录制"],
  ["recording", { on: true }, "录制开始"],
  ["recording", { on: false, why: "withdrawn" }, "有人撤回了同意，录制已停止"],
  ["signed", { on: true }, null],
]) {
  test(`the log's ${kind} ${JSON.stringify(body)} reads ${expected}`, () => {
    assert.equal(entrySays({ seq: 1, at: "", kind, by: "a", body }, nameOf), expected);
  });
}

test("every refusal and every way out has words", () => {
  assert.equal(refusalSays("room.not_host"), "只有主持人可以这样做");
  assert.equal(refusalSays("what.is_this"), "没有完成，请再试一次");
  for (const reason of ["waiting", "left", "moved", "elsewhere", "removed", "denied", "ended", "revoked", "full"]) assert.ok(standing(reason).title);
  assert.deepEqual(standing("refused", "会诊还没有开始"), { title: "现在不能进入", words: "会诊还没有开始", icon: "info", again: "再试一次" });
});

test("each trouble says which of four it is and what to do in this browser", () => {
  assert.equal(troubleSays("refused", "video", "firefox").how, "请点地址栏左侧划掉的图标，清除对摄像头的阻止，再点“重试”。");
  assert.equal(troubleSays("unplugged", "audio", "chromium").title, "没有找到麦克风");
  assert.equal(troubleSays("taken", "video", "chromium").title, "摄像头被另一个程序占用");
  assert.equal(troubleSays("insecure", "video", "safari").title, "浏览器不允许这个页面使用摄像头和麦克风");
});

test("the sentence about the line names the worst first", () => {
  assert.equal(testSays({ rtt: null, relay: "unknown", direct: false }).tone, "danger");
  assert.equal(testSays({ rtt: 30, relay: "none", direct: false }).tone, "danger");
  assert.equal(testSays({ rtt: 30, relay: "none", direct: true }).words, "中转服务器不通，个别网络下可能接不通");
  assert.equal(testSays({ rtt: 30, relay: "tcp", direct: true }).words, "线路较弱：将优先保证声音");
  assert.deepEqual(testSays({ rtt: 30, relay: "udp", direct: true }), { tone: "done", words: "线路良好" });
});

test("a sentence's places are filled, an unknown place stays to be seen", () => {
  assert.equal(fill("还剩 %(minutes)s 分 %(what)s", { minutes: 3 }), "还剩 3 分 %(what)s");
});

test("an id is its random bytes in hex", () => {
  assert.equal(idOf(new Uint8Array([0, 10, 255])), "000aff");
});
