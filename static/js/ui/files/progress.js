// What a running upload says of itself. Pure.

/** @typedef {"waiting" | "sending" | "paused" | "offline" | "retrying" | "proving" | "failed"} State */
/** @typedef {{at: number, bytes: number}} Mark  at: ms */

const WATCHED = 8000; // ms of the past by which the speed is told

/**
 * @param {Mark[]} marks
 * @param {Mark} mark
 * @returns {Mark[]} those of the last seconds, this one last
 */
export function marked(marks, mark) {
  return [...marks.filter(({ at }) => mark.at - at < WATCHED), mark];
}

/**
 * @param {Mark[]} marks
 * @returns {number} bytes a second; 0 while it is not known
 */
export function speedOf(marks) {
  const first = marks[0];
  const last = marks.at(-1);
  if (!first || !last || last.at - first.at < 500) return 0;
  return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at));
}

/**
 * @param {number} sent
 * @param {number} size
 * @returns {number} 0 to 100; 100 only when all is there
 */
export function percent(sent, size) {
  if (sent >= size) return 100;
  return Math.min(99, Math.floor((100 * sent) / size));
}

/** @param {number} bytes */
export function sizeWord(bytes) {
  if (bytes < 1024 ** 2) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  if (bytes < 100 * 1024 ** 2) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}

/**
 * @param {number} sent
 * @param {number} size
 * @param {number} speed
 * @returns {number | null} seconds left; null while nobody can tell
 */
export function secondsLeft(sent, size, speed) {
  return speed > 0 ? Math.ceil((size - sent) / speed) : null;
}
