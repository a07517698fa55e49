import assert from "node:assert/strict";
import { test } from "node:test";
import { earned, emptyLesson, learn, optionsOf, secondsLeft, shares, sheetOf } from "../../../static/js/lib/lesson.js";

const question = (id, more = {}) => ({ id, by: "li", name: "李", text: `问 ${id}`, at: "", votes: 0, state: "open", ...more });
const told = (...parts) => parts.reduce(learn, emptyLesson());

test("a part replaces what stood, questions are merged, the most wanted and the open ones first", () => {
  const lesson = told({ questions: [question(1), question(2)] }, { questions: [question(2, { votes: 3 })] }, { questions: [question(3, { state: "answered", votes: 9 })] });
  assert.deepEqual(lesson.questions.map(({ id }) => id), [2, 1, 3]);
  assert.equal(told({ check: { id: "a", until: "" } }, { check: null }).check, null);
});

test("one's own is told in parts, and all of it anew makes good what was lost", () => {
  const before = told({ mine: { answered: "c1" } }, { mine: { supported: [4] } }, { questions: [question(1)] });
  assert.deepEqual(before.mine, { answered: "c1", chose: null, supported: [4], hushed: false });
  const after = learn(before, { whole: true, questions: [question(5)], mine: { hushed: true } });
  assert.deepEqual([after.questions.map(({ id }) => id), after.mine.supported, after.mine.hushed], [[5], [], true]);
});

test("lines are added to their page once, and a page told whole is as told", () => {
  const line = { id: "a:1", by: "a", colour: "red", points: [0, 0, 1, 1] };
  const page = { file: "f", page: 2 };
  const drawn = told({ strokes: { ...page, strokes: [] } }, { drawn: [{ ...page, ...line }] }, { drawn: [{ ...page, ...line }] });
  assert.deepEqual(drawn.sheets.get(sheetOf(page)), [line]);
  assert.deepEqual(learn(drawn, { strokes: { ...page, strokes: [] } }).sheets.get(sheetOf(page)), []);
});

test("time is the server's, and there is none left when nothing is asked", () => {
  const check = { id: "c", until: "2026-11-23T00:01:00.000Z" };
  assert.equal(secondsLeft(check, Date.parse("2026-11-23T00:00:30.500Z")), 30);
  assert.equal(secondsLeft(check, Date.parse("2026-11-23T00:02:00.000Z")), 0);
  assert.equal(secondsLeft(null, 0), 0);
});

test("a result is of those who answered, and exactly the right options earn the marks", () => {
  const poll = { id: "p", text: "", options: ["甲", "乙", "丙"], many: true, marks: 20, shown: true, counts: [1, 3], answered: 3, right: [0, 2] };
  assert.deepEqual(shares(poll).map(({ percent }) => percent), [33, 100, 0]);
  assert.deepEqual([earned(poll, [2, 0]), earned(poll, [0]), earned(poll, [0, 1]), earned(poll)], [20, 0, 0, 0]);
  assert.deepEqual(shares({ ...poll, answered: 0, counts: undefined }).map(({ percent }) => percent), [0, 0, 0]);
});

test("a question is typed with an option a line, and a star marks a right one", () => {
  assert.deepEqual(optionsOf(" 窦性心动过速\n\n* 室速 \n*\n房颤"), { options: ["窦性心动过速", "室速", "房颤"], right: [1] });
  assert.deepEqual(optionsOf("是\n否").right, []);
});

test("captions stand in the order in which they were said, as hosts left them", () => {
  const said = (id, text) => ({ id, by: "cai", name: "蔡明", text, at: "" });
  const lesson = told({ captions: [said(4, "阿司匹灵")] }, { captions: [said(9, "咳嗽"), said(7, "嗯")] }, { captions: [{ id: 4, text: "阿司匹林" }, { id: 7, text: "" }, { id: 2, text: "早就不在了" }] });
  assert.deepEqual(lesson.captions.map(({ id, text }) => [id, text]), [[4, "阿司匹林"], [9, "咳嗽"]]);
  assert.deepEqual(learn(lesson, { poll: null }).captions.length, 2);
  assert.equal(told({ captions: Array.from({ length: 150 }, (_, id) => said(id + 1, "话")) }).captions.length, 100);
});
