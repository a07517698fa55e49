// Chat lines on their way. A line keeps its key until the server has numbered it, so that it is said exactly once.

/**
 * @typedef {{key: string, text: string, after: number}} Line  `after`: the log's last number when it was typed
 * @typedef {Line[]} Outbox
 */

export const LONGEST = 2000; // characters the server takes in one line

/**
 * @param {string | null} stored what `store` gave
 * @returns {Outbox} empty for anything unreadable: a broken store must not keep one out of the room
 */
export function restore(stored) {
  try {
    const lines = JSON.parse(stored ?? "[]");
    return Array.isArray(lines) ? lines.filter(isLine) : [];
  } catch {
    return [];
  }
}

/** @param {Outbox} outbox */
export function store(outbox) {
  return JSON.stringify(outbox);
}

/**
 * @param {Outbox} outbox
 * @param {Line} line
 * @returns {Outbox}
 */
export function put(outbox, line) {
  const text = line.text.trim().slice(0, LONGEST);
  return text ? [...outbox, { ...line, text }] : outbox;
}

/**
 * @param {Outbox} outbox
 * @param {string} key of a line the server has numbered, or refused for good
 * @returns {Outbox}
 */
export function settle(outbox, key) {
  return outbox.filter((line) => line.key !== key);
}

/**
 * The line that has come back in the log before its acknowledgement did.
 * @param {Outbox} outbox
 * @param {import("./journal.js").Entry} entry
 * @param {string} me
 * @returns {Line | undefined}
 */
export function cameBack(outbox, { seq, kind, by, body }, me) {
  if (kind !== "chat" || by !== me) return undefined;
  return outbox.find((line) => line.text === body.text && line.after < seq);
}

/** @param {any} line */
function isLine(line) {
  return typeof line?.key === "string" && typeof line?.text === "string" && typeof line?.after === "number";
}
