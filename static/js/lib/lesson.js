// What stands in a lesson, from what the server tells in parts. Pure.

/**
 * @typedef {{id: string, until: string, answered?: number}} Check
 * @typedef {{id: string, text: string, options: string[], many: boolean, marks: number, shown: boolean,
 *   counts?: number[], answered?: number, right?: number[]}} Poll  the last three to hosts, and to all once it is shown
 * @typedef {{id: number, by: string, name: string, text: string, at: string, votes: number,
 *   state: "open" | "answered" | "hidden"}} Question
 * @typedef {{id: string, by: string, colour: string, points: number[]}} Stroke
 * @typedef {{file: string, page: number, strokes: Stroke[]}} Sheet  all that is drawn on a page
 * @typedef {{answered: string | null, chose: {poll: string, choice: number[]} | null, supported: number[], hushed: boolean}} Mine
 * @typedef {{id: number, by: string, name: string, text: string, at: string}} Caption
 * @typedef {object} Lesson
 * @property {Check | null} check
 * @property {Poll | null} poll
 * @property {Question[]} questions
 * @property {{open: boolean, hushed?: string[]}} chat
 * @property {{file: string, page: number, by: string}} slide
 * @property {Map<string, Stroke[]>} sheets  by `sheetOf`
 * @property {import("./groups.js").Groups | null} groups
 * @property {Caption[]} captions  the newest last
 * @property {Mine} mine
 */

const CAPTIONS = 100; // kept on the page, for a host to put right

/** @returns {Lesson} */
export function emptyLesson() {
  return {
    check: null,
    poll: null,
    questions: [],
    chat: { open: true },
    slide: { file: "", page: 1, by: "" },
    sheets: new Map(),
    groups: null,
    captions: [],
    mine: { answered: null, chose: null, supported: [], hushed: false },
  };
}

/**
 * @param {Lesson} before
 * @param {Record<string, any>} told  `lesson` of PROTOCOL.md
 * @returns {Lesson}
 */
export function learn(before, told) {
  const { whole, questions, strokes, drawn, captions, mine, ...parts } = told;
  const known = whole ? emptyLesson() : before;
  return {
    ...known,
    ...parts,
    questions: merged(known.questions, questions ?? []),
    sheets: drawnOn(strokes ? new Map(known.sheets).set(sheetOf(strokes), strokes.strokes) : known.sheets, drawn ?? []),
    captions: spoken(known.captions, captions ?? []),
    mine: { ...known.mine, ...mine },
  };
}

/**
 * New lines, lines put right (of which one may know nothing any more), and lines taken away, which have no text.
 * @param {Caption[]} known
 * @param {({id: number, text: string} & Partial<Caption>)[]} told
 */
function spoken(known, told) {
  const all = new Map(known.map((one) => [one.id, one]));
  for (const one of told) {
    const line = { ...all.get(one.id), ...one };
    if (line.text && line.name !== undefined) all.set(line.id, /** @type {Caption} */ (line));
    else all.delete(line.id);
  }
  return [...all.values()].sort((one, other) => one.id - other.id).slice(-CAPTIONS);
}

/** @param {{file: string, page: number}} page */
export function sheetOf({ file, page }) {
  return `${file} ${page}`;
}

/**
 * @param {Question[]} known
 * @param {Question[]} changed
 */
function merged(known, changed) {
  if (!changed.length) return known;
  const all = new Map([...known, ...changed].map((one) => [one.id, one]));
  return [...all.values()].sort(
    (one, other) => Number(one.state !== "open") - Number(other.state !== "open") || other.votes - one.votes || one.id - other.id,
  );
}

/**
 * @param {Map<string, Stroke[]>} sheets
 * @param {({file: string, page: number} & Stroke)[]} drawn
 */
function drawnOn(sheets, drawn) {
  if (!drawn.length) return sheets;
  const changed = new Map(sheets);
  for (const { file, page, ...stroke } of drawn) {
    const before = changed.get(sheetOf({ file, page })) ?? [];
    if (!before.some(({ id }) => id === stroke.id)) changed.set(sheetOf({ file, page }), [...before, stroke]);
  }
  return changed;
}

/**
 * @param {Check | null} check
 * @param {number} now the server's ms
 * @returns {number} whole seconds left to answer; 0 when there is no check or it is over
 */
export function secondsLeft(check, now) {
  return check ? Math.max(0, Math.ceil((Date.parse(check.until) - now) / 1000)) : 0;
}

/**
 * @param {Poll} poll
 * @returns {{count: number, percent: number}[]} by option, of those who answered
 */
export function shares({ options, counts = [], answered = 0 }) {
  return options.map((_, option) => {
    const count = counts[option] ?? 0;
    return { count, percent: answered ? Math.round((100 * count) / answered) : 0 };
  });
}

/**
 * @param {Poll} poll shown, with marks
 * @param {number[] | undefined} choice
 * @returns {number} marks earned
 */
export function earned({ right = [], marks }, choice = []) {
  return choice.length === right.length && choice.every((one) => right.includes(one)) ? marks : 0;
}

/**
 * A question as a teacher types it: an option a line, a right one marked by `*`.
 * @param {string} typed
 * @returns {{options: string[], right: number[]}}
 */
export function optionsOf(typed) {
  const lines = typed.split("\n").map((line) => line.trim()).filter((line) => line.replace(/^\*/, "").trim());
  const right = lines.flatMap((line, place) => (line.startsWith("*") ? [place] : []));
  return { options: lines.map((line) => line.replace(/^\*/, "").trim()), right };
}
