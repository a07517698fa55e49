// Moving through a list by keys.

/**
 * @param {string} key
 * @param {number} at the row one is on, -1 for none
 * @param {number} count rows in the list
 * @returns {number | null} the row to go to; null when the key moves nothing
 */
export function rowAfter(key, at, count) {
  if (count === 0) return null;
  if (key === "j") return Math.min(at + 1, count - 1);
  if (key === "k") return Math.max(at - 1, 0);
  return null;
}
